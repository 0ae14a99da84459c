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
"""`app`, `software/app`, `maintenance_window` (2.10); most is inferred."""

from flasharray_sim import errors
from flasharray_sim.resources import administration
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.rules import administration_kinds
from flasharray_sim.rules import apps
from flasharray_sim.rules import array as arrays
from flasharray_sim.wire import routing

_APP = administration_kinds.KINDS['app']
_VNC_PORT = 5900


def list_software(array: arrays.Array, call: routing.Call):
    """GET software/app."""
    return listing.reply(array, call, array.apps.catalog(), _software)


def get_software(array: arrays.Array, call: routing.Call):
    """GET software/app/A: a list (SDK)."""
    return [_software(array.apps.software(call.names['app']))]


def install(array: arrays.Array, call: routing.Call):
    """POST software/app/A."""
    return _software(array.apps.install(call.names['app']))


def uninstall(array: arrays.Array, call: routing.Call):
    """DELETE software/app/A."""
    return _software(array.apps.uninstall(call.names['app']))


def list_apps(array: arrays.Array, call: routing.Call):
    """GET app."""
    return listing.reply(
        array, call, listing.chosen(
            call, array.items.every('app'),
            lambda name: array.items.get('app', name)),
        lambda item: _app(array, item))


def get_app(array: arrays.Array, call: routing.Call):
    """GET app/A: a dict, as Ansible reads it."""
    return _app(array, array.items.get('app', call.names['app']))


def change_app(array: arrays.Array, call: routing.Call):
    """PUT app/A with `enabled` or `vnc_enabled`."""
    values = administration.given(_APP, call)
    if not values:
        raise errors.refuse('no_attribute', ctx=call.names['app'])
    return _app(array, array.items.change(
        'app', call.names['app'], values))


def list_nodes(array: arrays.Array, call: routing.Call):
    """GET app/nodes: one node for each app."""
    return listing.reply(array, call, array.items.every('app'),
                         lambda item: _node(array, item))


def get_nodes(array: arrays.Array, call: routing.Call):
    """GET app/A/nodes."""
    return [_node(array, array.items.get('app', call.names['app']))]


def list_windows(array: arrays.Array, call: routing.Call):
    """GET maintenance_window."""
    return listing.reply(array, call, array.windows.every(), _window)


def schedule(array: arrays.Array, call: routing.Call):
    """POST maintenance_window with `timeout` in seconds."""
    return _window(array.windows.schedule(
        _window_name(call), call.get('timeout')))


def unschedule(array: arrays.Array, call: routing.Call):
    """DELETE maintenance_window."""
    return {'name': array.windows.unschedule(_window_name(call)).name}


def _software(software):
    return {'name': software.name, 'description': software.description,
            'version': software.version, 'details': None,
            'progress': 1.0 if software.is_installed else None,
            'status': 'installed' if software.is_installed
            else 'available'}


def _app(array, item):
    values = dict(item.values)
    return {'name': item.name, 'version': values['version'],
            'description': apps.CATALOG[item.name],
            'enabled': values['enabled'],
            'vnc_enabled': values['vnc_enabled'],
            'status': 'healthy' if values['enabled'] else 'unhealthy',
            'details': None}


def _node(array, item):
    body = _app(array, item)
    address = array.network.interface('vir0').address
    return {'name': body['name'], 'index': 0, 'version': body['version'],
            'status': body['status'], 'details': None,
            'vnc': [f'{address}:{_VNC_PORT}'] if body['vnc_enabled']
            else None}


def _window(item):
    values = dict(item.values)
    return {'name': item.name, 'created': shapes.iso(values['created_s']),
            'expires': shapes.iso(values['expires_s'])}


def _window_name(call):
    return call.get('name') or apps.DEFAULT_WINDOW


_WINDOW = parameters.texts('name')

ROUTES = (
    routing.Route('GET', 'software/app', list_software, parameters.PAGING,
                  since='1.10'),
    routing.Route('GET', 'software/app/{app}', get_software, since='1.10'),
    routing.Route('POST', 'software/app/{app}', install, since='1.10'),
    routing.Route('DELETE', 'software/app/{app}', uninstall, since='1.10'),
    routing.Route('GET', 'app', list_apps, parameters.COLLECTION,
                  since='1.10'),
    routing.Route('GET', 'app/nodes', list_nodes, parameters.PAGING,
                  since='1.10'),
    routing.Route('GET', 'app/{app}', get_app, since='1.10'),
    routing.Route('PUT', 'app/{app}', change_app,
                  administration.field_parameters(_APP), since='1.10'),
    routing.Route('GET', 'app/{app}/nodes', get_nodes, since='1.10'),
    routing.Route('GET', 'maintenance_window', list_windows,
                  parameters.PAGING, since='1.17'),
    routing.Route('POST', 'maintenance_window', schedule,
                  (*_WINDOW, routing.Parameter('timeout', 'integer')),
                  since='1.17'),
    routing.Route('DELETE', 'maintenance_window', unschedule, _WINDOW,
                  since='1.17'),
)
