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
"""Which host sees which volume at which LUN.

Private LUNs count up from 1 per host; shared ones count down from 254 per
host group, and go on above 255 (observed in real listings).
"""

from collections.abc import Iterator
import itertools

from flasharray_sim import errors
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import lookup
from flasharray_sim.state import rows

FIRST_LUN = 1
FIRST_SHARED_LUN = 254


class Connections:
    """The connections of one array."""

    def __init__(self, core: cores.Core):
        self._core = core
        self._db = core.db

    def connect_host(self, host_name: str, volume_name: str,
                     lun: int | None = None) -> rows.Connection:
        """Connect privately; a host in a group may be, too."""
        host = lookup.host(self._db, host_name)
        volume = lookup.live_volume(self._db, volume_name)
        if self.of_host(host, volume):
            raise errors.refuse('connection_exists', ctx=volume_name)
        lun = self._choose(lun, self._private_luns(), [host], volume_name)
        return self._db.connections.insert(rows.Connection(
            self._db.next_id(), volume.id, lun, host_id=host.id))

    def disconnect_host(self, host_name: str,
                        volume_name: str) -> rows.Connection:
        host = lookup.host(self._db, host_name)
        return self._remove(('host', host.id), volume_name)

    def connect_hgroup(self, hgroup_name: str, volume_name: str,
                       lun: int | None = None) -> rows.Connection:
        """Connect to all hosts of a group, at one LUN."""
        hgroup = lookup.hgroup(self._db, hgroup_name)
        volume = lookup.live_volume(self._db, volume_name)
        members = self.members(hgroup.id)
        if self._pair('hgroup', hgroup.id, volume) or any(
                self._pair('host', host.id, volume) for host in members):
            raise errors.refuse('connection_exists', ctx=volume_name)
        lun = self._choose(
            lun, self._shared_luns(), members, volume_name, hgroup.id)
        return self._db.connections.insert(rows.Connection(
            self._db.next_id(), volume.id, lun, hgroup_id=hgroup.id))

    def disconnect_hgroup(self, hgroup_name: str,
                          volume_name: str) -> rows.Connection:
        hgroup = lookup.hgroup(self._db, hgroup_name)
        return self._remove(('hgroup', hgroup.id), volume_name)

    def of_host(self, host: rows.Host,
                volume: rows.Volume) -> rows.Connection | None:
        """The connection by which a host sees a volume, private or not."""
        return self._pair('host', host.id, volume) or self._pair(
            'hgroup', host.hgroup_id, volume)

    def private(self, host_id: int):
        """Selection of a host's own connections."""
        return self._db.connections.select('owner', ('host', host_id))

    def shared(self, hgroup_id: int | None):
        """Selection of a group's connections; None has none."""
        return self._db.connections.select('owner', ('hgroup', hgroup_id))

    def members(self, hgroup_id: int) -> list[rows.Host]:
        return list(self._db.hosts.select('hgroup', hgroup_id))

    def check_joining(self, host: rows.Host, hgroup: rows.HostGroup):
        """Refuse a host that cannot take over a group's connections."""
        for connection in self.private(host.id):
            volume = self._db.volumes.get(connection.volume_id)
            if self._pair('hgroup', hgroup.id, volume):
                raise errors.refuse('connection_exists', ctx=host.name)
            if self._is_taken('hgroup', hgroup.id, connection.lun):
                raise errors.refuse('lun_in_use', ctx=host.name)

    def _remove(self, owner, volume_name):
        volume = lookup.any_volume(self._db, volume_name)
        found = self._pair(*owner, volume)
        if found is None:
            raise errors.refuse('connection_missing', ctx=volume_name)
        self._db.connections.remove(found)
        return found

    def _choose(self, lun, candidates, hosts, ctx, hgroup_id=None):
        """The wanted LUN or the first free one, for all hosts alike."""
        def is_free(number):
            return not any(
                self._is_taken(*owner, number)
                for owner in owners)

        owners = {('hgroup', hgroup_id)} | {
            owner for host in hosts for owner in (
                ('host', host.id), ('hgroup', host.hgroup_id))}
        if lun is None:
            for number in candidates:
                if is_free(number):
                    return number
            raise errors.refuse('limit_reached', ctx=ctx, noun='Connection')
        highest = self._core.config.limit('lun')
        if not FIRST_LUN <= lun <= highest:
            raise errors.refuse('lun_invalid', ctx=ctx, highest=highest)
        if not is_free(lun):
            raise errors.refuse('lun_in_use', ctx=ctx)
        return lun

    def _private_luns(self) -> Iterator[int]:
        return iter(range(FIRST_LUN, self._core.config.limit('lun') + 1))

    def _shared_luns(self) -> Iterator[int]:
        highest = self._core.config.limit('lun')
        return itertools.chain(
            range(min(FIRST_SHARED_LUN, highest), FIRST_LUN - 1, -1),
            range(FIRST_SHARED_LUN + 2, highest + 1))

    def _pair(self, kind, owner_id, volume):
        return self._db.connections.find('pair', (kind, owner_id, volume.id))

    def _is_taken(self, kind, owner_id, lun):
        return self._db.connections.find(
            'lun', (kind, owner_id, lun)) is not None
