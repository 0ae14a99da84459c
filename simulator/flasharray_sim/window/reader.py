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
"""Reading an array as any REST client does, without a request to it."""

from flasharray_sim import errors
from flasharray_sim import resources
from flasharray_sim.wire import routing

_ROUTER = routing.Router(resources.ROUTES)


class Reader:
    """Reads one array inside a transaction of it.

    The array's own resources answer, in its newest REST version, so that
    secrets are as hidden as they are there.

    :param array: an endpoint.SimulatedArray
    """

    def __init__(self, array):
        self._model = array.model
        self._version = max(map(routing.parse_version, array.rest_versions))

    def has(self, path: str) -> bool:
        """Whether the array's newest REST version serves this."""
        try:
            self._find(path)
        except errors.PurityError as exc:
            if exc.status != 404:
                raise
            return False
        return True

    def get(self, path: str, **params) -> dict | list:
        reply = self._find(path).handler(self._model, routing.Call(
            {}, params, self._version))
        return reply.body if isinstance(reply, routing.Reply) else reply

    def _find(self, path):
        route, _names = _ROUTER.find(
            'GET', path, self._version, self._model.has_volume)
        return route
