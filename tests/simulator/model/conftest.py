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
"""One array on a frozen clock, asked through its routes without HTTP."""

import contextlib
import tempfile

import pytest

from flasharray_sim import clock as clocks
from flasharray_sim.data_plane import files
from flasharray_sim.data_plane import store as content_stores
from flasharray_sim import errors
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import peers
from flasharray_sim.state import store as stores
from flasharray_sim.wire import routing
from tests import direct


class Client:
    """Sends calls to an array as the wire does, strictly.

    :ivar headers: of the last reply
    """

    def __init__(self, array, rest_version=(1, 19), user='pureuser'):
        self.array = array
        self.rest_version = rest_version
        self.user = user
        self.headers = {}

    def get(self, path, **params):
        return self._ask('GET', path, params)

    def post(self, path, **params):
        return self._ask('POST', path, params)

    def put(self, path, **params):
        return self._ask('PUT', path, params)

    def delete(self, path, **params):
        return self._ask('DELETE', path, params)

    def refusal(self, method, path, **params):
        """Text of the refusal, whose status is 400."""
        with pytest.raises(errors.PurityError) as caught:
            self._ask(method, path, params)
        assert caught.value.status == 400
        return caught.value.text

    def names(self, path, **params):
        return [row['name'] for row in self.get(path, **params)]

    def as_version(self, text):
        return Client(self.array, routing.parse_version(text), self.user)

    def _ask(self, method, path, params):
        reply = direct.ask(self.array, method, path, params, _declared,
                           self.rest_version, self.user)
        self.headers = reply.headers
        return reply.body


def _declared(route, params, rest_version):
    """Parameters as they are given, all of which the route must have."""
    served = {parameter.name for parameter in route.parameters
              if parameter.is_served_by(rest_version)}
    for name in params:
        if name not in served:
            raise errors.refuse('parameter_unknown', parameter=name)
    return params


@pytest.fixture
def clock():
    return clocks.Clock(frozen=True)


@pytest.fixture(params=['identities', 'files'])
def make_contents(request):
    """Make stores of contents, of either kind: what is said is the same."""
    with contextlib.ExitStack() as stack:
        def made():
            if request.param == 'identities':
                return content_stores.Identities()
            return files.Files(stack.enter_context(
                tempfile.TemporaryDirectory()))
        yield made


@pytest.fixture
def make_array(make_fleet):
    """Make an array: make_array(path=None, **configuration)."""
    def made(path=None, **configuration):
        name = configuration.pop('name', 'array-1')
        return make_fleet(name, paths={name: path}, **configuration)[0]
    return made


@pytest.fixture
def make_fleet(clock, make_contents):
    """Make arrays that know each other: make_fleet(*names, **config)."""
    def made(*names, paths=None, **configuration):
        fleet = peers.Fleet(store=make_contents())
        return [arrays.Array(
            stores.Store(paths and paths[name]), clock,
            arrays.ArrayConfig(name=name, **configuration), fleet)
            for name in names]
    return made


@pytest.fixture
def array(make_array):
    return make_array()


@pytest.fixture
def client(array):
    return Client(array)


@pytest.fixture
def client_of():
    """The client class, for tests with an array of their own."""
    return Client
