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
"""Machines that use volumes: what their I/O meets at the end of each path.

They know what Cinder told them, and nothing else.
"""

import dataclasses
import itertools

from tests import fabric
from tests import world

BLOCK_BYTES = 1 << 20
BLOCKS = 4


@dataclasses.dataclass(frozen=True)
class Path:
    """A way that leads to a volume now.

    :ivar array: flasharray_sim.wire.endpoint.SimulatedArray
    :ivar volume: rows.Volume at its end
    """

    array: object
    volume: object


class Machine:
    """A compute node.

    :param fleet: the arrays that it can reach

    :ivar is_refitted: whether it has other initiators than at first
    """

    def __init__(self, fleet, number):
        self._fleet = fleet
        self.is_refitted = False
        self._adapter = number
        self.connector = world.connector('machine-%d' % number, number)

    def replace_adapter(self):
        """It has other initiators from now on."""
        self.is_refitted = True
        self._adapter += 100
        other = world.connector(number=self._adapter)
        self.connector = {**self.connector, **{
            key: other[key] for key in ('initiator', 'wwpns', 'wwnns',
                                        'nqn')}}

    def paths(self, told):
        """Where I/O gets through.

        :param told: connection information as an attachment has it
        :returns: list of Path
        """
        lookup = {'iscsi': self._iscsi, 'fibre_channel': self._fibre_channel,
                  'nvmeof': self._nvme}[told['driver_volume_type']]
        return [path for path in dict.fromkeys(lookup(told))
                if self._fleet.serves(path.array, path.volume.name)]

    def _iscsi(self, told):
        targets = zip(told['target_portals'], told['target_iqns'],
                      told['target_luns'])
        for portal, iqn, lun in targets:
            for array in self._fleet.arrays.values():
                if any((port.portal, port.iqn) == (portal, iqn)
                       for port in array.model.cabling.ports):
                    yield from self._at_lun(array, lun)

    def _fibre_channel(self, told):
        for wwn, lun in zip(told['target_wwns'], told['target_luns']):
            for array in self._fleet.arrays.values():
                if self._is_zoned(wwn) and any(
                        port.wwn and port.wwn.lower() == wwn.lower()
                        for port in array.model.cabling.ports):
                    yield from self._at_lun(array, lun)

    def _is_zoned(self, wwn):
        return any((initiator, wwn) in fabric.ZONES
                   for initiator in self.connector['wwpns'])

    def _nvme(self, told):
        for address, number, _transport in told['portals']:
            for array in self._fleet.arrays.values():
                if any((port.portal, port.nqn) == (
                        '%s:%s' % (address, number), told['target_nqn'])
                       for port in array.model.cabling.ports):
                    yield from self._namespaces(array, told['volume_nguid'])

    def _at_lun(self, array, lun):
        for connection in self.connections(array):
            if connection.lun == lun:
                yield Path(array, array.model.db.volumes.get(
                    connection.volume_id))

    def _namespaces(self, array, nguid):
        for connection in self.connections(array):
            volume = array.model.db.volumes.get(connection.volume_id)
            serial = volume.serial.lower()
            if nguid == '00%s24a937%s' % (serial[:14], serial[14:]):
                yield Path(array, volume)

    def connections(self, array):
        """What an array has for the initiators of this machine."""
        db = array.model.db
        initiators = {('IQN', self.connector['initiator']),
                      ('NQN', self.connector['nqn']),
                      *(('WWN', wwn.upper())
                        for wwn in self.connector['wwpns'])}
        hosts = {host.id: host for initiator in initiators
                 for host in [db.hosts.find('initiator', initiator)] if host}
        return [connection for host_id in hosts
                for connection in array.model.connections.private(host_id)]


class Writer:
    """Writes something new each time, in turns to a few blocks."""

    def __init__(self):
        self._offsets = itertools.cycle(
            number * BLOCK_BYTES for number in range(BLOCKS))

    def write(self, path):
        path.array.model.write(path.volume.name, next(self._offsets),
                               BLOCK_BYTES)


class Brick:
    """os-brick of the node that runs cinder-volume.

    A device file is a list of paths; what is copied is the same data.
    """

    def __init__(self, machine):
        self._machine = machine
        self.properties = machine.connector

    def connect_volume(self, data):
        kinds = {'volume_nguid': 'nvmeof', 'target_wwns': 'fibre_channel'}
        kind = next((kind for key, kind in kinds.items() if key in data),
                    'iscsi')
        return {'path': self._machine.paths(
            {**data, 'driver_volume_type': kind})}

    @staticmethod
    def check_valid_device(path, _run_as_root=True):
        return bool(path)

    def disconnect_volume(self, data, device, force=False):
        pass

    @staticmethod
    def copy(source, destination, *_args, **_kwargs):
        source, destination = source[0], destination[0]
        to, model = destination.volume, destination.array.model
        content_id = source.volume.content_id
        with model.transaction():
            if source.array is not destination.array:
                content_id = model.contents.adopt(
                    source.array.model.contents, content_id)
            before = to.content_id
            model.db.volumes.change(to, content_id=content_id)
            model.contents.settle(before, content_id)
