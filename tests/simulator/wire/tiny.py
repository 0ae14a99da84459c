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
"""The smallest array that the wire can serve, for tests of the wire."""

import contextlib
import threading
import types

from flasharray_sim import errors
from flasharray_sim.wire import routing

API_TOKEN = '5c0f3bba-3d0c-4c1a-9a55-0d3a0a3b7f11'
REST_VERSIONS = tuple(f'1.{minor}' for minor in range(20))


class TinyArray:
    """Volumes that are names with a size, and a transaction lock."""

    name = 'tiny'
    id = 'b75f8356-604b-431d-af5c-64c3ca303749'

    def __init__(self):
        self.config = types.SimpleNamespace(
            served_versions=REST_VERSIONS,
            users=(types.SimpleNamespace(
                name='pureuser', password='pureuser'),))
        self.admins = types.SimpleNamespace(
            check_permission=lambda *_args: None)
        self.messages = types.SimpleNamespace(audit=lambda *_args: None)
        self.sizes = {}
        self.ticks = 0
        self.calls = []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def transaction(self):
        with self._lock:
            kept = dict(self.sizes)
            try:
                yield
            except Exception:
                self.sizes = kept
                raise

    def under(self, conditions):
        """It is never full."""
        return contextlib.nullcontext()

    def set_online(self, is_online):
        """It has no peers to tell."""

    def tick(self):
        self.ticks += 1

    def has_volume(self, name):
        return name in self.sizes

    def authenticate(self, api_token):
        if api_token != API_TOKEN:
            raise errors.refuse('token_invalid')
        return 'pureuser'

    def api_token(self, username):
        return API_TOKEN

    def login(self, username, password):
        if (username, password) != ('pureuser', 'pureuser'):
            raise errors.refuse('credentials_invalid')
        return API_TOKEN


def get_array(array, call):
    array.calls.append(call)
    return {'array_name': array.name, 'id': array.id}


def list_volumes(array, call):
    array.calls.append(call)
    return routing.Reply(
        [{'name': name} for name in sorted(array.sizes)],
        {'x-total-item-count': str(len(array.sizes))})


def get_volume(array, call):
    name = call.names['volume']
    if name not in array.sizes:
        raise errors.refuse('volume_missing', ctx=name)
    return {'name': name, 'size': array.sizes[name]}


def create_volume(array, call):
    name = call.names['volume']
    if name in array.sizes:
        raise errors.refuse('volume_exists', ctx=name)
    array.sizes[name] = call.get('size')
    if call.get('size') == 'boom':
        raise ZeroDivisionError(f'{name} went wrong')
    return get_volume(array, call)


def delete_volume(array, call):
    reply = get_volume(array, call)
    del array.sizes[call.names['volume']]
    return {'name': reply['name']}


def create_snapshots(array, call):
    raise errors.combine([errors.refuse('volume_missing', ctx=name)
                          for name in call.get('source')])


def list_volume_hosts(array, call):
    get_volume(array, call)
    return [{'name': call.names['volume'], 'host': 'h1'}]


def connect_host(array, call):
    return {'name': call.names['host'], 'vol': call.names['volume']}


ROUTES = (
    routing.Route('GET', 'array', get_array, (
        routing.Parameter('space', 'boolean'),
        routing.Parameter('mirrored', 'boolean', since='1.13'))),
    routing.Route('GET', 'volume', list_volumes, (
        routing.Parameter('names', 'list'),
        routing.Parameter('pending', 'boolean'),
        routing.Parameter('pgroup', 'boolean', until='1.3'),
        routing.Parameter('limit', 'integer'),
        routing.Parameter('filter', 'string'),
        routing.Parameter('extra', 'any'))),
    routing.Route('POST', 'volume', create_snapshots, (
        routing.Parameter('snap', 'boolean'),
        routing.Parameter('source', 'list'))),
    routing.Route('GET', 'volume/{volume}', get_volume),
    routing.Route('POST', 'volume/{volume}', create_volume, (
        routing.Parameter('size', 'size'),)),
    routing.Route('DELETE', 'volume/{volume}', delete_volume),
    routing.Route('GET', 'volume/{volume}/host', list_volume_hosts),
    routing.Route('POST', 'host/{host}/volume/{volume}', connect_host, (
        routing.Parameter('lun', 'integer'),)),
    routing.Route('GET', 'pod', get_array, since='1.13'),
)
