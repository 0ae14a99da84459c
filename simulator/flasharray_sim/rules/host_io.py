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
"""What hosts do on the data path, which REST does not see.

An array that is off the network is off for hosts, too. One that is resyncing
its copy of a pod can be managed and cannot do I/O (recalled from REST 2).
"""

from flasharray_sim import errors
from flasharray_sim.rules import containers
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names

# (offset in bytes, length in bytes, what tells the data from all other)
Extent = tuple[int, int, str]


class HostIO:
    """Reads and writes of the hosts of one array.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._db = array.db

    def write(self, name: str, offset_bytes: int, length_bytes: int) -> str:
        """Write new data; returns what `read` tells of it."""
        self._check_path(name)
        volume = self._array.contents.write(
            lookup.live_volume(self._db, name), offset_bytes, length_bytes)
        return next(data for offset, _length, data in self._extents(volume)
                    if offset == offset_bytes)

    def read(self, name: str) -> tuple[Extent, ...]:
        """What a volume or a snapshot holds, by offset."""
        self._check_path(name)
        find = (lookup.live_snapshot if names.is_snapshot(name)
                else lookup.live_volume)
        return self._extents(find(self._db, name))

    def _extents(self, row):
        contents = self._array.contents
        return tuple(
            (offset, length, contents.identity(self._db.writes.get(write_id)))
            for offset, length, write_id in contents.extents(row.content_id))

    def _check_path(self, name):
        if not self._array.fleet.is_online(self._array):
            raise errors.refuse('array_unreachable', ctx=self._array.name)
        if containers.pod_status(self._array.core, name) != 'online':
            raise errors.refuse('pod_offline', ctx=name)
