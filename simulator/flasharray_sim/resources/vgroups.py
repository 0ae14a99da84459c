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
"""Volume groups: `vgroup` and `vgroup/VG` (2.8)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.resources import views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import containers
from flasharray_sim.rules import lookup
from flasharray_sim.wire import routing

_SINCE = '1.13'


def list_vgroups(array: arrays.Array, call: routing.Call):
    """GET vgroup."""
    return _VGROUPS.collection(array, call, listing.chosen(
        call, array.db.vgroups.select('state', shapes.wanted_state(call)),
        lambda name: _vgroup_at(array, call, name)))


def get_vgroup(array: arrays.Array, call: routing.Call):
    """GET vgroup/VG."""
    return _VGROUPS.single(
        array, call, _vgroup_at(array, call, call.names['vgroup']))


def create_vgroup(array: arrays.Array, call: routing.Call):
    """POST vgroup/VG; the reply has the limits that were given."""
    vgroup = array.vgroups.create(call.names['vgroup'], **call.params)
    return _member(array, call, vgroup) | {
        limit: getattr(vgroup, limit) for limit in call.params}


def change_vgroup(array: arrays.Array, call: routing.Call):
    """PUT vgroup/VG: a new name, `action=recover`, or limits."""
    name = call.names['vgroup']
    if not call.params:
        raise errors.refuse('no_attribute', ctx=name)
    if set(call.params) <= {'bandwidth_limit', 'iops_limit'}:
        return _qos(array, call, array.vgroups.set_limits(
            name, **call.params))
    if len(call.params) > 1:
        raise errors.refuse('parameters_invalid', ctx=name)
    if call.get('name') is not None:
        return {'name': array.vgroups.rename(name, call.get('name')).name}
    if call.get('action') != 'recover':
        raise errors.refuse('parameters_invalid', ctx=name)
    return {'name': array.vgroups.recover(name).name}


def delete_vgroup(array: arrays.Array, call: routing.Call):
    """DELETE vgroup/VG: destroy, or eradicate what is destroyed."""
    change = (array.vgroups.eradicate if call.flag('eradicate')
              else array.vgroups.destroy)
    return {'name': change(call.names['vgroup']).name}


def _vgroup_at(array, call, name):
    vgroup = lookup.any_vgroup(array.db, name)
    shapes.check_visible(
        call, vgroup, errors.refuse('vgroup_missing', ctx=name),
        errors.refuse('vgroup_not_destroyed', ctx=name))
    return vgroup


def _member(array, call, vgroup):
    return {'name': vgroup.name, 'volumes': [
        volume.name for volume in containers.volumes(array.db, vgroup)]}


def _qos(array, call, vgroup):
    return {'name': vgroup.name, 'bandwidth_limit': vgroup.bandwidth_limit,
            'iops_limit': vgroup.iops_limit}


def _space(array, call, vgroup):
    return shapes.connected_space(
        array, vgroup.name,
        list(containers.volumes(array.db, vgroup, 'all')))


_VGROUPS = views.Views(
    one={views.PLAIN: _member, 'qos': _qos, 'space': _space},
    finish=shapes.add_time_remaining)
_READ = (*parameters.PENDING, *parameters.flags('space'),
         routing.Parameter('qos', 'boolean', since='1.17'),
         *parameters.MONITOR, *parameters.PAGING)
_QOS = (routing.Parameter('bandwidth_limit', 'size', since='1.17'),
        routing.Parameter('iops_limit', 'size', since='1.17'))

ROUTES = (
    routing.Route('GET', 'vgroup', list_vgroups, (*_READ, parameters.NAMES),
                  since=_SINCE),
    routing.Route('GET', 'vgroup/{vgroup}', get_vgroup, _READ, since=_SINCE),
    routing.Route('POST', 'vgroup/{vgroup}', create_vgroup, _QOS,
                  since=_SINCE),
    routing.Route('PUT', 'vgroup/{vgroup}', change_vgroup,
                  (*parameters.texts('name', 'action'), *_QOS),
                  since=_SINCE),
    routing.Route('DELETE', 'vgroup/{vgroup}', delete_vgroup,
                  parameters.flags('eradicate'), since=_SINCE),
)
