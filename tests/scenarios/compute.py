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
"""A machine that uses volumes: what its I/O meets at the end of each path."""

import itertools

BLOCK_BYTES = 1 << 20


class ComputeNode:
    """A machine with an iSCSI initiator.

    :param fleet: the arrays that it can reach
    """

    _offsets = itertools.count()

    def __init__(self, fleet, number=1):
        self._fleet = fleet
        self.connector = {
            'host': 'compute-%d' % number,
            'ip': '127.0.0.1',
            'initiator': 'iqn.1993-08.org.debian:01:%012x' % number,
            'multipath': True,
            'platform': 'x86_64',
            'os_type': 'linux',
            'system uuid': '4c4c4544-0000-0000-0000-%012x' % number,
        }

    def reachable(self, connection):
        """Where I/O of an attached volume gets through.

        :param connection: what Cinder told the machine
        :returns: {array: name of the volume that is found there}
        """
        found = {}
        for path in zip(connection['target_portals'],
                        connection['target_iqns'],
                        connection['target_luns']):
            for array in self._fleet.arrays.values():
                name = self._volume_behind(array, *path)
                if name is not None and self._fleet.serves(array, name):
                    found[array] = name
        return found

    def _volume_behind(self, array, portal, iqn, lun):
        """Name of the volume that the array shows at the end of a path."""
        if not any((port.portal, port.iqn) == (portal, iqn)
                   for port in array.model.cabling.ports):
            return None
        db = array.model.db
        host = db.hosts.find('initiator', (
            'IQN', self.connector['initiator']))
        seen = host and db.connections.find('lun', ('host', host.id, lun))
        return seen and db.volumes.get(seen.volume_id).name

    def connected(self, volume):
        """The arrays that would still show a volume to this machine."""
        return [array for array, name in self._fleet.copies(volume).items()
                if name in self._volumes_of(array)]

    def _volumes_of(self, array):
        db = array.model.db
        host = db.hosts.find('initiator', (
            'IQN', self.connector['initiator']))
        return host and [
            db.volumes.get(connection.volume_id).name
            for connection in array.model.connections.private(host.id)] or []

    def write(self, array, volume_name):
        """Write something new through one of the paths."""
        array.model.write(
            volume_name, next(self._offsets) * BLOCK_BYTES, BLOCK_BYTES)
