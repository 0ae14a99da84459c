# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A simulated array asked without HTTP, for what looks at much of it.

Three quarters of what a request costs are TLS and HTTP on both sides.
"""

import functools
import json

from flasharray_sim import errors as sim_errors
from flasharray_sim import resources
from flasharray_sim.wire import app
from flasharray_sim.wire import decoding
from flasharray_sim.wire import operation
from flasharray_sim.wire import routing
from pure_cinder.array import errors
from pure_cinder.array import sdk

ROUTER = routing.Router(resources.ROUTES)
LATEST = (1, 19)


def ask(model, method, path, params, decode, rest_version=LATEST,
        user='pureuser'):
    """Have a request done as the wire does it.

    :param decode: from a Route, ``params`` and the version to parameters
    :returns: routing.Reply
    :raises PurityError: it is refused
    """
    with model.transaction():
        model.tick()
        route, names = ROUTER.find(method, path, rest_version,
                                   model.has_volume)
        reply = operation.perform(model, route, routing.Call(
            names, decode(route, params, rest_version), rest_version, user))
    return (reply if isinstance(reply, routing.Reply)
            else routing.Reply(reply))


class Client(sdk.FlashArray):
    """The SDK; what it asks is not among the requests of the array.

    It raises what the driver's client raises.
    """

    def __init__(self, model):
        self._model = model
        self._rest_version = '.'.join(map(str, LATEST))

    def _request(self, method, path, data=None, reestablish_session=True):
        try:
            reply = ask(self._model, method, path, data or {},
                        functools.partial(decoding.decode, strict=True))
        except sim_errors.PurityError as error:
            raise errors.from_response(
                error.status, json.dumps(app.error_body(error)),
                array=self._model.name, request='%s %s' % (method, path))
        return json.loads(json.dumps(reply.body))
