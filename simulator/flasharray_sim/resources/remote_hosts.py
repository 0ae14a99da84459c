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
"""Hosts of other arrays, as stretched pods show them: `array:host`.

They are for reading, but for disconnecting volumes of shared pods, which
Cinder does with the names that it has read.
"""

import dataclasses

from flasharray_sim.resources import host_views
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import containers
from flasharray_sim.rules import names
from flasharray_sim.state import rows
from flasharray_sim.wire import routing

_PAGING = frozenset(parameter.name for parameter in parameters.PAGING)


def list_all(array: arrays.Array, call: routing.Call) -> routing.Reply:
    """All hosts of this array, then of those that it shares pods with."""
    unpaged = dataclasses.replace(call, params={
        name: value for name, value in call.params.items()
        if name not in _PAGING})
    found = []
    for owner in (array, *array.stretch.neighbours()):
        prefix = '' if owner is array else f'{owner.name}:'
        reply = host_views.HOSTS.collection(
            owner, unpaged, owner.db.hosts.select('all', 'all'))
        found.extend(row | {'name': prefix + row['name']}
                     for row in reply.body)
    return listing.reply(array, call, found)


def private_rows(array: arrays.Array, volume: rows.Volume) -> list[dict]:
    """{name, host, lun, size} of a volume's connections on other arrays."""
    pod = containers.pod_of(array.db, volume.name)
    return [{'name': volume.name,
             'host': f'{peer.name}:{peer.db.hosts.get(row.host_id).name}',
             'lun': row.lun, 'size': volume.size_bytes}
            for peer in (array.stretch.reachable(pod) if pod else ())
            for row in peer.db.connections.select('volume', volume.id)
            if row.host_id is not None]


def owner_of(array: arrays.Array, host_name: str
             ) -> tuple[arrays.Array, str, str]:
    """(array, its host's name, prefix) of a host by its local name."""
    array_name, colon, own_name = host_name.partition(':')
    for peer in array.stretch.neighbours() if colon else ():
        if names.key(peer.name) == names.key(array_name):
            return peer, own_name, f'{peer.name}:'
    return array, host_name, ''


def is_shared(array: arrays.Array, owner: arrays.Array,
              volume_name: str) -> bool:
    """Whether two arrays have a volume together."""
    pod = containers.pod_of(array.db, volume_name)
    return pod is not None and owner in array.stretch.reachable(pod)
