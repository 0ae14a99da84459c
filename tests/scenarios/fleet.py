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
"""The arrays of a scenario: who replicates to whom, and what they hold.

Content is looked at where it lies, in the simulator's model: no REST call
tells it.
"""

import contextlib
import dataclasses


import flasharray_sim
from flasharray_sim.rules import lookup
from tests import arrays as arrays_module

# Names that no message has by chance, by what the arrays are to the backend.
ROLES = {'site1': 'primary', 'site2': 'secondary', 'site3': 'third'}
# No REST 2, so that all drivers speak REST 1.
PURITY_VERSION = '6.4.10'
REPLICATION_INTERVAL_S = 3600


@dataclasses.dataclass(frozen=True)
class Device:
    """One ``replication_device``.

    :ivar site: name of the array
    :ivar kind: 'async' or 'sync'
    """

    site: str
    kind: str
    is_uniform: bool = False


@dataclasses.dataclass(frozen=True)
class Kind:
    """A way to replicate.

    :ivar replication: of the volume type: 'async', 'sync' or 'trisync'
    """

    name: str
    replication: str
    devices: tuple[Device, ...]

    @property
    def is_synchronous(self):
        return self.replication != 'async'


KINDS = {kind.name: kind for kind in (
    Kind('async', 'async', (Device('site2', 'async'),)),
    Kind('sync', 'sync', (Device('site2', 'sync'),)),
    Kind('sync uniform', 'sync', (Device('site2', 'sync', True),)),
    Kind('trisync', 'trisync', (Device('site2', 'sync', True),
                                Device('site3', 'async'))))}


@contextlib.contextmanager
def running(kind):
    """The arrays of a Kind, connected to each other; a Fleet."""
    sites = ['site1', *(device.site for device in kind.devices)]
    configs = [{'name': site, 'purity_version': PURITY_VERSION}
               for site in sites]
    with flasharray_sim.Simulator(arrays=configs, strict=True,
                                  is_clock_frozen=True) as running_arrays:
        fleet = Fleet(running_arrays, kind)
        fleet.connect()
        yield fleet


class Fleet:
    """The arrays of one scenario, by their names."""

    def __init__(self, running_arrays, kind):
        self.kind = kind
        self.certificate_path = running_arrays.certificate_path
        self.clock = running_arrays.clock
        self.arrays = {array.name: array for array in running_arrays.arrays}
        self.primary = self.arrays['site1']
        self.secondary = self.arrays['site2']

    def connect(self):
        """Connect the arrays, as an operator does before Cinder starts."""
        for device in self.kind.devices:
            self._connect('site1', device)
            if device.site == 'site3':
                self._connect('site2', device)

    def _connect(self, source, device):
        arrays_module.connect(
            self._client(source), self._client(device.site),
            self.arrays[device.site].address, device.kind)

    def _client(self, site):
        return arrays_module.client_of(self.arrays[site],
                                       self.certificate_path)

    def replicate(self):
        """Let time pass until what is there now has arrived everywhere."""
        for _number in range(3):
            self.pass_time(REPLICATION_INTERVAL_S)

    def pass_time(self, seconds):
        self.clock.advance(seconds)
        for array in self.arrays.values():
            with array.model.transaction():
                array.model.tick()

    def active(self, active_backend_id):
        """The array that serves, as Cinder has remembered it."""
        return self.arrays.get(active_backend_id, self.primary)

    def serving(self, active_backend_id, volume):
        """The arrays that are meant to serve a volume.

        That is one, but for volumes in a pod.
        """
        return (list(self.arrays.values()) if '::' in volume.provider_id
                else [self.active(active_backend_id)])

    def copies(self, volume):
        """Where a live volume of that name is, in a pod or not.

        :returns: {array: full name}
        """
        base_name = volume.provider_id.rpartition('::')[2]
        return {array: row.name for array in self.arrays.values()
                for row in array.model.db.volumes.select(
                    'state', ('volume', 'live'))
                if row.name.rpartition('::')[2] == base_name}

    def serves(self, array, volume_name):
        """Whether hosts can use a volume there: it is live and online."""
        db = array.model.db
        if not array.is_online or not self.is_live(array, volume_name):
            return False
        pod, _colons, base_name = volume_name.rpartition('::')
        return not pod or array.model.stretch.member(
            lookup.live_pod(db, pod)).status != 'offline'

    @staticmethod
    def is_live(array, volume_name):
        """Whether a volume is there and not destroyed."""
        row = lookup.find_volume(array.model.db, volume_name)
        return row is not None and not row.is_destroyed

    @staticmethod
    def content(array, name):
        """What a volume or snapshot holds; None if it is not there.

        :returns: {(offset, length): what was written}; the same write is
            told by the same text on all arrays
        """
        model = array.model
        row = (lookup.find_volume(model.db, name)
               or lookup.find_snapshot(model.db, name))
        return row and {
            (offset, length): model.contents.identity(
                model.db.writes.get(write_id))
            for offset, length, write_id in model.contents.extents(
                row.content_id)}

    def left(self):
        """What volumes leave behind, once all are gone; in words."""
        found = []
        for array in self.arrays.values():
            db = array.model.db
            counts = {
                'volume': len(db.volumes), 'host': len(db.hosts),
                'snapshot': sum(row.pgroup_snapshot_id is None for row in
                                db.snapshots.select('state', 'all')),
                'connection': len(db.connections)}
            found += ['%d %s%s on %s' % (
                count, name, 's' * (count > 1), ROLES[array.name])
                for name, count in counts.items() if count]
        return ', '.join(found)

    @staticmethod
    def roles(arrays):
        """What arrays are to the backend, in words."""
        return ' and '.join(ROLES[site] for site in sorted(
            array.name for array in arrays))
