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
"""Control API: what no real array has, on a port of its own.

Plain HTTP on loopback, JSON in and out, errors as {"error": text}:

    GET               /control/ready
    GET               /control/arrays
    GET, POST, DELETE /control/arrays/NAME/faults
    DELETE            /control/arrays/NAME/faults/ID
    GET, DELETE       /control/arrays/NAME/requests
    POST              /control/arrays/NAME/sessions/expire
    POST              /control/arrays/NAME/offline   {"offline": true}
    GET               /control/arrays/NAME/snapshot  ?limit=25&volumes=50
    GET               /control/arrays/NAME/data      ?name=web
    POST              /control/arrays/NAME/data      {"name": "web",
                                                      "length": 4096}
    GET               /control/snapshot
    GET               /control/clock
    POST              /control/clock/advance         {"seconds": 86400}

Faults are added to all arrays, or taken from them, with * for NAME. The
same port has the window at /, a page that shows the snapshots.
"""

import dataclasses
import json
import logging

from werkzeug import exceptions
from werkzeug import routing
from werkzeug import wrappers

from flasharray_sim import errors
from flasharray_sim import faults
from flasharray_sim.state import keeping
from flasharray_sim.window import page
from flasharray_sim.window import snapshot

LOG = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 64 * 1024
_FAULT_FIELDS = frozenset(
    field.name for field in dataclasses.fields(faults.Fault) if field.init)
DEFAULT_LIMIT = 25
_ALL_ARRAYS = '*'
# Pages of other sites must not reach it by a name that leads here.
_TRUSTED_HOSTS = ['127.0.0.1', 'localhost']
_URLS = routing.Map([
    routing.Rule('/', methods=['GET'], endpoint='window'),
    routing.Rule('/control/ready', methods=['GET'], endpoint='ready'),
    routing.Rule('/control/arrays', methods=['GET'], endpoint='arrays'),
    routing.Rule('/control/arrays/<name>/faults', methods=['GET'],
                 endpoint='list_faults'),
    routing.Rule('/control/arrays/<name>/faults', methods=['POST'],
                 endpoint='add_fault'),
    routing.Rule('/control/arrays/<name>/faults', methods=['DELETE'],
                 endpoint='clear_faults'),
    routing.Rule('/control/arrays/<name>/faults/<int:fault_id>',
                 methods=['DELETE'], endpoint='remove_fault'),
    routing.Rule('/control/arrays/<name>/requests', methods=['GET'],
                 endpoint='list_requests'),
    routing.Rule('/control/arrays/<name>/requests', methods=['DELETE'],
                 endpoint='clear_requests'),
    routing.Rule('/control/arrays/<name>/sessions/expire', methods=['POST'],
                 endpoint='expire_sessions'),
    routing.Rule('/control/arrays/<name>/offline', methods=['POST'],
                 endpoint='set_offline'),
    routing.Rule('/control/arrays/<name>/snapshot', methods=['GET'],
                 endpoint='details'),
    routing.Rule('/control/arrays/<name>/data', methods=['GET'],
                 endpoint='read'),
    routing.Rule('/control/arrays/<name>/data', methods=['POST'],
                 endpoint='write'),
    routing.Rule('/control/snapshot', methods=['GET'], endpoint='overview'),
    routing.Rule('/control/clock', methods=['GET'], endpoint='clock'),
    routing.Rule('/control/clock/advance', methods=['POST'],
                 endpoint='advance_clock'),
])


class ControlApp:
    """WSGI application over the arrays and the clock of one simulator.

    :param fleet: has arrays and clock
    """

    def __init__(self, fleet):
        self._fleet = fleet

    def __call__(self, environ, start_response):
        request = wrappers.Request(environ)
        request.max_content_length = BODY_LIMIT_BYTES
        try:
            endpoint, values = _URLS.bind_to_environ(environ).match()
            _check_origin(request)
            body = getattr(self, f'_{endpoint}')(request, **values)
            response = body if isinstance(body, wrappers.Response) else (
                _reply(body, 200))
        except exceptions.HTTPException as exc:
            response = _reply({'error': exc.description}, exc.code)
        except (ValueError, errors.PurityError) as exc:
            response = _reply({'error': str(exc)}, 400)
        except keeping.NotKeptError as exc:
            response = _reply({'error': f'cannot keep the state: {exc}'}, 500)
        except Exception:
            LOG.exception('%s %r failed', request.method, request.path)
            response = _reply({'error': 'internal error'}, 500)
        return response(environ, start_response)

    def _find(self, name: str):
        for array in self._fleet.arrays:
            if array.name.lower() == name.lower():
                return array
        raise exceptions.NotFound(f'no array is called {name!r}')

    def _find_all(self, name: str) -> list:
        return (list(self._fleet.arrays) if name == _ALL_ARRAYS
                else [self._find(name)])

    def _window(self, request):
        return page.response()

    def _overview(self, request):
        return {'now': self._fleet.clock.now().isoformat(),
                'arrays': [snapshot.overview(array)
                           for array in self._fleet.arrays]}

    def _details(self, request, name):
        """All kinds of objects, a page of each; KIND=START moves one."""
        array = self._find(name)
        numbers = {key: _whole_number(key, text)
                   for key, text in request.args.items()}
        limit = numbers.pop('limit', DEFAULT_LIMIT)
        unknown = sorted(set(numbers) - set(snapshot.KINDS))
        if unknown:
            raise ValueError(f'unknown: {", ".join(unknown)}')
        return snapshot.details(array, {
            kind: snapshot.Page(limit, numbers.get(kind, 0))
            for kind in snapshot.KINDS})

    def _read(self, request, name):
        """What a host finds in a volume or snapshot."""
        if list(request.args) != ['name']:
            raise ValueError('give the name of a volume or snapshot, only')
        return [dict(zip(('offset', 'length', 'data'), extent))
                for extent in self._find(name).model.read(
                    request.args['name'])]

    def _write(self, request, name):
        """A host writes new data; the answer is what tells it from other."""
        fields = _fields(request, {'name', 'offset', 'length'})
        offset, length = fields.get('offset', 0), fields.get('length')
        if not isinstance(fields.get('name'), str) or any(
                not isinstance(number, int) or isinstance(number, bool)
                for number in (offset, length)):
            raise ValueError('give the name of a volume, and length and '
                             'offset as numbers of bytes')
        return {'data': self._find(name).model.write(
            fields['name'], offset, length)}

    def _ready(self, request):
        return {'ready': True}

    def _arrays(self, request):
        return [_describe(array) for array in self._fleet.arrays]

    def _list_faults(self, request, name):
        return [dataclasses.asdict(fault)
                for fault in self._find(name).faults]

    def _add_fault(self, request, name):
        arrays = self._find_all(name)
        fields = _fields(request, _FAULT_FIELDS)
        if 'kind' not in fields:
            raise ValueError('kind is missing')
        added = [dataclasses.asdict(array.faults.add(faults.Fault(**fields)))
                 for array in arrays]
        return added if name == _ALL_ARRAYS else added[0]

    def _clear_faults(self, request, name):
        for array in self._find_all(name):
            array.faults.clear()
        return []

    def _remove_fault(self, request, name, fault_id):
        present = self._find(name).faults
        for fault in present:
            if fault.id == fault_id:
                present.remove(fault)
                return dataclasses.asdict(fault)
        raise exceptions.NotFound(f'{name} has no fault {fault_id}')

    def _list_requests(self, request, name):
        return [dataclasses.asdict(record)
                for record in self._find(name).requests]

    def _clear_requests(self, request, name):
        self._find(name).requests.clear()
        return []

    def _expire_sessions(self, request, name):
        self._find(name).sessions.expire_all()
        return {}

    def _set_offline(self, request, name):
        """Offline is a fault like the others, at most once."""
        array = self._find(name)
        wanted = _fields(request, {'offline'}).get('offline')
        if not isinstance(wanted, bool):
            raise ValueError('offline must be true or false')
        present = [fault for fault in array.faults
                   if fault.kind == 'offline']
        if wanted and not present:
            array.faults.add(faults.Fault('offline'))
        if not wanted:
            for fault in present:
                array.faults.remove(fault)
        return _describe(array)

    def _clock(self, request):
        return {'now': self._fleet.clock.now().isoformat()}

    def _advance_clock(self, request):
        seconds = _fields(request, {'seconds'}).get('seconds')
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise ValueError('seconds must be a number')
        self._fleet.clock.advance(seconds)
        return self._clock(request)


def _describe(array) -> dict:
    return {'name': array.name, 'id': array.id, 'address': array.address,
            'offline': not array.is_online,
            'connection_count': array.connection_count,
            'request_count': len(array.requests),
            'session_count': len(array.sessions)}


def _check_origin(request: wrappers.Request) -> None:
    """Let no page but the window, which a browser tells, change anything."""
    request.trusted_hosts = _TRUSTED_HOSTS
    own = request.host_url.rstrip('/')
    if request.headers.get('Origin', own) != own:
        raise exceptions.Forbidden('the page of another site asks')


def _whole_number(key: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(f'{key} must be a number')
    return int(text)


def _fields(request: wrappers.Request, known) -> dict:
    """The JSON object that a request carries; raises ValueError."""
    try:
        fields = json.loads(request.get_data())
    except ValueError:
        raise ValueError('the body is not JSON') from None
    if not isinstance(fields, dict):
        raise ValueError('the body is not a JSON object')
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise ValueError(f'unknown: {", ".join(unknown)}')
    return fields


def _reply(body, status: int) -> wrappers.Response:
    return wrappers.Response(
        json.dumps(body), status, content_type='application/json')
