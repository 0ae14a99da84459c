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
"""Host groups: `hgroup` and `hgroup/HG` (2.5)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import pgroup_views
from flasharray_sim.resources import shapes
from flasharray_sim.resources import views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import lookup
from flasharray_sim.wire import routing


def list_hgroups(array: arrays.Array, call: routing.Call):
    """GET hgroup."""
    hgroups = listing.chosen(
        call, array.db.hgroups.select('all', 'all'),
        lambda name: lookup.hgroup(array.db, name))
    return _HGROUPS.collection(array, call, hgroups)


def get_hgroup(array: arrays.Array, call: routing.Call):
    """GET hgroup/HG."""
    return _HGROUPS.single(
        array, call, lookup.hgroup(array.db, call.names['hgroup']))


def create_hgroup(array: arrays.Array, call: routing.Call):
    """POST hgroup/HG."""
    hgroup = array.hgroups.create(call.names['hgroup'])
    array.hgroups.add_hosts(hgroup.name, call.get('hostlist') or [])
    return _member(array, call, hgroup)


def change_hgroup(array: arrays.Array, call: routing.Call):
    """PUT hgroup/HG: new hosts, other hosts, or a new name."""
    name = call.names['hgroup']
    if not call.params:
        raise errors.refuse('no_attribute', ctx=name)
    if len(call.params) > 1 and not set(call.params) <= {
            'addhostlist', 'remhostlist'}:
        raise errors.refuse('parameters_invalid', ctx=name)
    if 'hostlist' in call.params:
        array.hgroups.set_hosts(name, call.get('hostlist'))
    array.hgroups.remove_hosts(name, call.get('remhostlist') or [])
    array.hgroups.add_hosts(name, call.get('addhostlist') or [])
    if call.get('name') is not None:
        name = array.hgroups.rename(name, call.get('name')).name
    return _member(array, call, lookup.hgroup(array.db, name))


def delete_hgroup(array: arrays.Array, call: routing.Call):
    """DELETE hgroup/HG."""
    return {'name': array.hgroups.delete(call.names['hgroup']).name}


def list_connections(array: arrays.Array, call: routing.Call):
    """GET hgroup/HG/volume."""
    hgroup = lookup.hgroup(array.db, call.names['hgroup'])
    return listing.reply(array, call, _connection_rows(array, call, hgroup))


def connect_hgroup(array: arrays.Array, call: routing.Call):
    """POST hgroup/HG/volume/V."""
    connection = array.connections.connect_hgroup(
        call.names['hgroup'], call.names['volume'], call.get('lun'))
    return {**_pair(array, connection), 'lun': connection.lun}


def disconnect_hgroup(array: arrays.Array, call: routing.Call):
    """DELETE hgroup/HG/volume/V."""
    return _pair(array, array.connections.disconnect_hgroup(
        call.names['hgroup'], call.names['volume']))


def _pair(array, connection):
    return {'name': array.db.hgroups.get(connection.hgroup_id).name,
            'vol': array.db.volumes.get(connection.volume_id).name}


def _member(array, call, hgroup):
    return {'name': hgroup.name, 'hosts': [
        host.name for host in array.connections.members(hgroup.id)]}


def _space(array, call, hgroup):
    return shapes.connected_space(array, hgroup.name, [
        array.db.volumes.get(row.volume_id)
        for row in array.connections.shared(hgroup.id)])


def _connection_rows(array, call, hgroup):
    return [{**_pair(array, row), 'lun': row.lun}
            for row in array.connections.shared(hgroup.id)]


_HGROUPS = views.Views(one={views.PLAIN: _member, 'space': _space},
                       many={'connect': _connection_rows,
                             'protect': pgroup_views.hgroups_protected})
_READ = (*parameters.flags('connect', 'space'),
         routing.Parameter('protect', 'boolean', since='1.2'),
         *parameters.MONITOR, *parameters.PAGING)

ROUTES = (
    routing.Route('GET', 'hgroup', list_hgroups,
                  (*_READ, parameters.NAMES)),
    routing.Route('GET', 'hgroup/{hgroup}', get_hgroup, _READ),
    routing.Route('POST', 'hgroup/{hgroup}', create_hgroup,
                  parameters.lists('hostlist')),
    routing.Route('PUT', 'hgroup/{hgroup}', change_hgroup,
                  (*parameters.texts('name'),
                   *parameters.lists('hostlist', 'addhostlist',
                                     'remhostlist'))),
    routing.Route('DELETE', 'hgroup/{hgroup}', delete_hgroup),
    routing.Route('GET', 'hgroup/{hgroup}/volume', list_connections,
                  parameters.PAGING),
    routing.Route('POST', 'hgroup/{hgroup}/volume/{volume}', connect_hgroup,
                  (routing.Parameter('lun', 'integer'),)),
    routing.Route('DELETE', 'hgroup/{hgroup}/volume/{volume}',
                  disconnect_hgroup),
)
