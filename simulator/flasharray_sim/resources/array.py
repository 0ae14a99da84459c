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
"""The array itself: `array` and its services (2.1)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import controllers
from flasharray_sim.rules import settings
from flasharray_sim.wire import routing

_PHONEHOME_ACTIONS = ('send_today', 'send_yesterday', 'send_all', 'cancel')
_ASSIST_ACTIONS = {'connect': True, 'disconnect': False}
_EULA_FIELDS = ('name', 'title', 'company')
_EULA_TEXT = 'Simulated end user agreement.'


def get_array(array: arrays.Array, call: routing.Call):
    """GET array: what it is, or what one flag asks for."""
    wanted = [flag for flag in _VIEWS if call.flag(flag)]
    if shapes.wants_monitor(call):
        wanted.append('action')
    shown_settings = [name for name in settings.SIMPLE if call.flag(name)]
    if len(wanted) + bool(shown_settings) > 1:
        raise errors.refuse('parameters_invalid')
    if call.get('historical') and wanted not in (['space'], ['action']):
        raise errors.refuse('parameters_invalid')
    if shown_settings:
        return {name: _setting(array, name) for name in shown_settings}
    if wanted == ['action']:
        return listing.reply(array, call, shapes.monitor(
            array, call, {}, has_queue=True))
    return _VIEWS[wanted[0]](array, call) if wanted else _identity(array)


def change_array(array: arrays.Array, call: routing.Call):
    """PUT array: a new name, or settings."""
    if not call.params:
        raise errors.refuse('no_attribute', ctx=array.name)
    body = {}
    for name, value in call.params.items():
        if name == 'name':
            array.rename(value or '')
            body['array_name'] = array.name
        else:
            array.settings.change(name, value)
            body[name] = _setting(array, name)
    return body


def get_console_lock(array: arrays.Array, call: routing.Call):
    """GET array/console_lock."""
    return {'console_lock': array.core.setting('console_lock')}


def set_console_lock(array: arrays.Array, call: routing.Call):
    """PUT array/console_lock."""
    array.settings.switch('console_lock', _enabled(call))
    return get_console_lock(array, call)


def get_phonehome(array: arrays.Array, call: routing.Call):
    """GET array/phonehome: the manual transmission, never under way."""
    return {'action': array.core.setting('phonehome_action'),
            'status': None}


def set_phonehome(array: arrays.Array, call: routing.Call):
    """PUT array/phonehome: switch it, or send logs by hand."""
    action = call.get('action')
    if action is None:
        array.settings.switch('phonehome', _enabled(call))
        return {'phonehome': array.core.setting('phonehome')}
    if action not in _PHONEHOME_ACTIONS or 'enabled' in call.params:
        raise errors.refuse('parameter_value', parameter='action')
    array.core.change_setting(
        'phonehome_action', None if action == 'cancel' else action)
    return get_phonehome(array, call)


def get_remote_assist(array: arrays.Array, call: routing.Call):
    """GET array/remoteassist."""
    return {'name': f'{array.name}-ct0', 'port': '',
            'status': array.core.setting('remoteassist')}


def set_remote_assist(array: arrays.Array, call: routing.Call):
    """PUT array/remoteassist."""
    if call.get('action') not in _ASSIST_ACTIONS:
        raise errors.refuse('parameter_value', parameter='action')
    array.settings.switch(
        'remoteassist', _ASSIST_ACTIONS[call.get('action')])
    return get_remote_assist(array, call)


def get_eula(array: arrays.Array, call: routing.Call):
    """GET array/eula."""
    accepted = array.core.setting('eula')
    fields = accepted or [None] * (len(_EULA_FIELDS) + 1)
    return {'agreement': _EULA_TEXT,
            'acceptance': dict(zip((*_EULA_FIELDS, 'accepted'), fields))}


def set_eula(array: arrays.Array, call: routing.Call):
    """PUT array/eula."""
    given = [call.get(field) for field in _EULA_FIELDS]
    if None in given:
        raise errors.refuse('parameters_invalid')
    array.core.change_setting(
        'eula', (*given, shapes.iso(array.core.now_s())))
    return get_eula(array, call)


def _identity(array):
    return {'array_name': array.name, 'id': array.id,
            'revision': array.config.revision,
            'version': array.config.purity_version}


def _space(array, call):
    used = {usage: array.db.writes.total('usage', usage)
            for usage in ('volumes', 'snapshots', 'shared_space')}
    provisioned = array.db.volumes.total('size', 'size')
    body = {
        'capacity': array.config.capacity_bytes, 'hostname': array.name,
        'parity': 1.0, 'system': array.config.system_bytes,
        'total': array.core.used_bytes(), **used,
        **shapes.reductions(provisioned, sum(used.values()))}
    if call.rest_version >= (1, 17):
        body |= {'provisioned': provisioned, 'replication': 0}
    return listing.reply(
        array, call, [body] if call.get('historical') is None
        else shapes.history(array, call, body))


def _controllers(array, call):
    """The mode and status of one that is away are inferred."""
    primary, away = array.controllers.primary, array.controllers.away
    found = [{'mode': 'primary' if name == primary else 'secondary',
              'model': array.config.model, 'name': name,
              'status': 'not ready' if name == away else 'ready',
              'version': array.config.purity_version}
             for name in controllers.NAMES]
    if call.rest_version >= (1, 17):
        for controller in found:
            controller['type'] = 'array_controller'
    return listing.reply(array, call, found)


def _connection_key(array, call):
    return {'connection_key': array.core.setting('connection_key')}


_VIEWS = {'space': _space, 'controllers': _controllers,
          'connection_key': _connection_key}


def _setting(array, name):
    value = array.core.setting(name)
    return list(value) if isinstance(value, tuple) else value


def _enabled(call):
    if call.get('enabled') is None:
        raise errors.refuse('parameters_invalid')
    return call.flag('enabled')


_SETTING_KINDS = {'idle_timeout': 'integer', 'scsi_timeout': 'integer',
                  'ntpserver': 'list', 'syslogserver': 'list'}
_ENABLED = parameters.flags('enabled')
_ACTION = parameters.texts('action')

ROUTES = (
    routing.Route(
        'GET', 'array', get_array,
        (*parameters.flags('space', 'controllers', *settings.SIMPLE),
         routing.Parameter('connection_key', 'boolean', since='1.2'),
         *parameters.MONITOR, *parameters.PAGING)),
    routing.Route(
        'PUT', 'array', change_array,
        (*parameters.texts('name'),
         *(routing.Parameter(name, _SETTING_KINDS.get(name, 'string'))
           for name in settings.SIMPLE))),
    routing.Route('GET', 'array/console_lock', get_console_lock),
    routing.Route('PUT', 'array/console_lock', set_console_lock, _ENABLED),
    routing.Route('GET', 'array/phonehome', get_phonehome, since='1.2'),
    routing.Route('PUT', 'array/phonehome', set_phonehome,
                  (*_ENABLED, *_ACTION), since='1.2'),
    routing.Route('GET', 'array/remoteassist', get_remote_assist,
                  since='1.2'),
    routing.Route('PUT', 'array/remoteassist', set_remote_assist, _ACTION,
                  since='1.2'),
    routing.Route('GET', 'array/eula', get_eula, since='1.17'),
    routing.Route('PUT', 'array/eula', set_eula,
                  parameters.texts(*_EULA_FIELDS), since='1.17'),
)
