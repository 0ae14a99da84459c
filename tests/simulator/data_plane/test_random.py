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
"""Random requests, and hosts that write meanwhile: the files stay sound."""

import os

from hypothesis import stateful

from flasharray_sim.data_plane import files
from flasharray_sim.rules import containers
from tests.simulator.fuzz import effort
from tests.simulator.fuzz import fleet_machine

SECTOR_BYTES = 512
SECTORS = 16


class FleetOfFiles(fleet_machine.Fleet):
    """The fleet of the other random tests, with its contents in files.

    :cvar write_count: how often hosts wrote, in all runs together
    """
    write_count = 0

    def make_store(self):
        self.files = files.Files(str(self.directory / 'data'))
        return self.files

    def __init__(self):
        super().__init__()
        for name in ('v1', 'p1::v1', 'p2::v1'):
            self.clients[0].post(f'host/h1/volume/{name}')

    def hosts_write(self):
        """Each to one sector of each volume that it may write to."""
        number = self.request_count
        for array in self.arrays:
            for volume in list(array.db.volumes.select('working', 'any')):
                if not self.is_writable(array, volume):
                    continue
                with open(self.files.path(volume), 'r+b') as stream:
                    os.pwrite(
                        stream.fileno(), bytes([number % 256]) * SECTOR_BYTES,
                        number % SECTORS * SECTOR_BYTES)
                type(self).write_count += 1

    def is_writable(self, array, volume):
        pod = containers.pod_of(array.db, volume.name)
        return (array.fleet.is_online(array)
                and array.db.connections.select('volume', volume.id)
                and containers.pod_status(array.core, volume.name)
                == 'online' and (pod is None or pod.is_promoted))

    def ask(self, side, method, *path, **params):
        self.hosts_write()
        # A refused request puts nothing back of what they have written.
        with self.arrays[0].transaction():
            self.arrays[0].tick()
        super().ask(side, method, *path, **params)

    @stateful.invariant()
    def files_are_those_that_rows_tell_of(self):
        wanted = set()
        for array in self.arrays:
            db = array.db
            for volume in db.volumes.select('working', 'any'):
                path = self.files.path(volume)
                assert os.stat(path).st_size == volume.size_bytes
                wanted.add(path)
            contents = [row.content_id for row in (
                *db.snapshots._rows.values(), *db.volumes._rows.values())
                if row.content_id is not None
                and getattr(row, 'working', None) is None]
            wanted.update(
                str(self.directory / 'data' / 'contents' / f'{number}.img')
                for number in contents)
        present = {str(path) for path in self.directory.rglob('*.img')}
        assert wanted <= present
        # One whose rows are gone may wait for the next start.
        assert len(present - wanted) <= 2


def test_random_requests_leave_files_sound():
    stateful.run_state_machine_as_test(
        FleetOfFiles, settings=effort.bounded(25, stateful_step_count=60))
    assert FleetOfFiles.write_count > 100
