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
    GET               /control/arrays/NAME/objects/KIND
                      ?limit=25&start=50&search=web&sort=-size
    GET               /control/arrays/NAME/data      ?name=web
    POST              /control/arrays/NAME/data      {"name": "web",
                                                      "length": 4096}
    GET               /control/snapshot
    GET               /control/clock
    POST              /control/clock/advance         {"seconds": 86400}

Faults are added to all arrays, or taken from them, with * for NAME. The
same port has the window at /, a page that shows the snapshot and objects.

It asks for no password. These rules keep others out:

- Only a client of this machine, that comes over loopback, may change
  anything; elsewhere, where `--control-listen` lets it be reached from, one
  can only look.
- No page of another site reaches it: what a browser says of where a request
  comes from (Origin, Sec-Fetch-Site) has to be the window itself, and the
  name that it is asked by (Host) an address, localhost, or this machine's
  own: any other name may be one that another site lets lead here.
"""

import dataclasses
import ipaddress
import json
import logging
import socket
import urllib.parse

from werkzeug import exceptions
from werkzeug import routing
from werkzeug import wrappers

from flasharray_sim import errors
from flasharray_sim import faults
from flasharray_sim.state import keeping
from flasharray_sim.window import arrays as window_arrays
from flasharray_sim.window import files
from flasharray_sim.window import objects
from flasharray_sim.window import replication

LOG = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 64 * 1024
_FAULT_FIELDS = frozenset(
    field.name for field in dataclasses.fields(faults.Fault) if field.init)
DEFAULT_LIMIT = 25
_ALL_ARRAYS = '*'
_READING = ('GET', 'HEAD')
# What a browser says of a request that no page of another site has made.
_OWN_SITES = ('same-origin', 'none')
_URLS = routing.Map([
    routing.Rule('/', methods=['GET'], endpoint='window'),
    routing.Rule('/window/<file>', methods=['GET'], endpoint='window'),
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
    routing.Rule('/control/arrays/<name>/objects/<kind>', methods=['GET'],
                 endpoint='objects'),
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
            _check_host(request)
            if endpoint != 'window':
                _check_sender(request)
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

    def _window(self, request, file=files.START):
        return files.response(file)

    def _overview(self, request):
        arrays = self._fleet.arrays
        return {'now': self._fleet.clock.now().isoformat(),
                'may_change': _may_change(request),
                'fault_kinds': faults.KINDS,
                'arrays': [window_arrays.overview(array)
                           for array in arrays],
                **replication.picture(arrays)}

    def _objects(self, request, name, kind):
        array = self._find(name)
        if kind not in objects.KINDS:
            raise exceptions.NotFound(f'there are no {kind}')
        args = request.args.to_dict()
        wanted = objects.Page(
            _whole_number('limit', args.pop('limit', str(DEFAULT_LIMIT))),
            _whole_number('start', args.pop('start', '0')),
            args.pop('search', ''), args.pop('sort', ''))
        if args:
            raise ValueError(f'unknown: {", ".join(sorted(args))}')
        return objects.page(array, kind, wanted)

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


def _check_host(request: wrappers.Request) -> None:
    """Refuse a name that another site may have made lead here."""
    host = urllib.parse.urlsplit(f'//{request.host}').hostname or ''
    if host not in ('localhost', socket.gethostname().lower()) and (
            not _is_address(host)):
        raise exceptions.BadRequest(
            "ask by an address, as localhost, or by this machine's own name")


def _check_sender(request: wrappers.Request) -> None:
    """Let no page but the window ask, and only loopback change anything."""
    own = request.host_url.rstrip('/')
    if (request.headers.get('Origin', own) != own
            or request.headers.get('Sec-Fetch-Site', _OWN_SITES[0])
            not in _OWN_SITES):
        raise exceptions.Forbidden('the page of another site asks')
    if request.method not in _READING and not _may_change(request):
        raise exceptions.Forbidden(
            'only clients on the loopback of this machine change anything')


def _may_change(request: wrappers.Request) -> bool:
    return ipaddress.ip_address(request.remote_addr).is_loopback


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


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
