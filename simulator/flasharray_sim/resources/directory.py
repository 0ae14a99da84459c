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
"""The directory service and the groups of its roles (2.10)."""

from flasharray_sim import errors
from flasharray_sim.resources import administration
from flasharray_sim.resources import parameters
from flasharray_sim.rules import administration as items
from flasharray_sim.rules import administration_kinds
from flasharray_sim.rules import array as arrays
from flasharray_sim.wire import routing

_KINDS = administration_kinds.KINDS
_SERVICE = _KINDS['directoryservice']
_VIEWS = {'groups': _KINDS['directory_groups'],
          'certificate': _KINDS['directory_certificate']}
_ROLE = _KINDS['directory_role']


def get_service(array: arrays.Array, call: routing.Call):
    """GET directoryservice, or with a flag its groups or certificate."""
    wanted = [kind for flag, kind in _VIEWS.items() if call.flag(flag)]
    if len(wanted) > 1:
        raise errors.refuse('parameters_invalid')
    return administration.get_single(
        wanted[0] if wanted else _SERVICE, array, call)


def change_service(array: arrays.Array, call: routing.Call):
    """PUT directoryservice: the dicts of all that was changed, in one."""
    if call.get('action') is not None:
        if call.params != {'action': 'test'}:
            raise errors.refuse('parameters_invalid')
        return {'output': _outcome(array)}
    if not call.params:
        raise errors.refuse('no_attribute')
    body = {}
    for kind in (_SERVICE, *_VIEWS.values()):
        values = administration.given(kind, call)
        if values:
            body |= administration.shown(kind, call, array.items.change(
                kind.key, items.SINGLE, values))
    return body


def list_roles(array: arrays.Array, call: routing.Call):
    """GET directoryservice/role."""
    return administration.list_items(_ROLE, array, call)


def change_roles(array: arrays.Array, call: routing.Call):
    """PUT directoryservice/role with `names`: those that were changed."""
    values = administration.given(_ROLE, call)
    if not call.get('names') or not values:
        raise errors.refuse('parameters_invalid')
    return [administration.shown(
        _ROLE, call, array.items.change(_ROLE.key, name, values))
        for name in call.get('names')]


def _outcome(array):
    """What a test would tell (inferred)."""
    if not array.items.setting(_SERVICE.key, 'enabled'):
        return 'Directory service is disabled.'
    return 'Directory service is enabled.'


def _group_parameters():
    """Roles took the place of the groups (2.11)."""
    return tuple(routing.Parameter(field.name, field.kind, until='1.15')
                 for field in _VIEWS['groups'].fields)


ROUTES = (
    routing.Route(
        'GET', 'directoryservice', get_service,
        (*parameters.flags('certificate'),
         routing.Parameter('groups', 'boolean', until='1.15'))),
    routing.Route(
        'PUT', 'directoryservice', change_service,
        (*administration.field_parameters(_SERVICE), *_group_parameters(),
         *parameters.texts('certificate', 'action'))),
    routing.Route('GET', 'directoryservice/role', list_roles,
                  parameters.COLLECTION, since='1.16'),
    routing.Route(
        'PUT', 'directoryservice/role', change_roles,
        (parameters.NAMES, *administration.field_parameters(_ROLE)),
        since='1.16'),
)
