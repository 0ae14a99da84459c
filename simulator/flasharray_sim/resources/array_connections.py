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
"""Connections with other arrays: `array/connection` (2.1)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.rules import array as arrays
from flasharray_sim.wire import routing

_THROTTLE = ('default_limit', 'window_limit', 'window')


def list_connections(array: arrays.Array, call: routing.Call):
    """GET array/connection; `throttle` adds the limits."""
    return listing.reply(
        array, call, array.db.array_connections.select('all', 'all'),
        lambda row: _row(array, call, row) | (
            _limits(row) if call.flag('throttle') else {}))


def connect(array: arrays.Array, call: routing.Call):
    """POST array/connection."""
    address, key = call.get('management_address'), call.get('connection_key')
    if not address or not key:
        raise errors.refuse('parameters_invalid')
    addresses = call.get('replication_address')
    made = array.array_connections.connect(
        address, key, call.get('type'), addresses[0] if addresses else None)
    return _row(array, call, made)


def throttle(array: arrays.Array, call: routing.Call):
    """PUT array/connection/A."""
    name = call.names['array']
    changes = {field: call.params[field] for field in _THROTTLE
               if field in call.params}
    if not changes:
        raise errors.refuse('no_attribute', ctx=name)
    changed = array.array_connections.throttle(name, changes)
    return _row(array, call, changed) | _limits(changed)


def disconnect(array: arrays.Array, call: routing.Call):
    """DELETE array/connection/A, by name or address."""
    return {'name': array.array_connections.disconnect(
        call.names['array']).array_name}


def _row(array, call, row):
    is_connected = array.array_connections.peer(row.array_id) is not None
    body = {'array_name': row.array_name, 'id': row.array_id,
            'version': row.version,
            'management_address': row.management_address,
            'replication_address': row.replication_address,
            'throttled': (row.default_limit or row.window_limit) is not None,
            'type': _type(call, row.kind)}
    if call.rest_version >= (1, 17):
        body['status'] = 'connected' if is_connected else 'connecting'
    else:
        body['connected'] = is_connected
    return body


def _type(call, kind):
    if call.rest_version >= (1, 17):
        return kind
    # Synchronous replication came with the pods of 1.13 (inferred).
    return [kind] if call.rest_version >= (1, 13) else ['replication']


def _limits(row):
    window = row.window and dict(zip(('start', 'end'), row.window))
    return {'default_limit': row.default_limit,
            'window_limit': row.window_limit, 'window': window}


ROUTES = (
    routing.Route(
        'GET', 'array/connection', list_connections,
        (routing.Parameter('throttle', 'boolean', since='1.5'),
         *parameters.PAGING), since='1.2'),
    routing.Route(
        'POST', 'array/connection', connect,
        (*parameters.texts('management_address', 'connection_key'),
         *parameters.lists('type', 'replication_address')), since='1.2'),
    routing.Route(
        'PUT', 'array/connection/{array}', throttle,
        (routing.Parameter('default_limit', 'size'),
         routing.Parameter('window_limit', 'size'),
         routing.Parameter('window', 'any')), since='1.5'),
    routing.Route('DELETE', 'array/connection/{array}', disconnect,
                  since='1.2'),
)
