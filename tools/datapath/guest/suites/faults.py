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
"""What befalls the simulator and its disk while volumes are attached."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import types

from flasharray_sim.data_plane import lio
from tests import arrays
from tools.datapath.guest import disks
from tools.datapath.guest import initiator
from tools.datapath.guest import node

PATHS = 4
START_S = 90
NAME = 'restarted'


def full_disk(cloud):
    """A full disk is an error to the host, and damages nothing."""
    with cloud.volumes() as [volume], cloud.host.attached(volume) as [disk]:
        data = disks.write(disk.path, 0)
        with _filled(cloud.data):
            try:
                disks.write(disk.path, 2 * disks.PIECE_BYTES)
            except OSError as exc:
                seen = exc.strerror
            else:
                raise AssertionError('there was no room, and no error')
        cloud.host.wait_for_paths(disk, PATHS)
        assert disks.read(disk.path, 0) == data
        later = disks.write(disk.path, disks.PIECE_BYTES)
        assert (disks.read(disk.path, 0), disks.read(
            disk.path, disks.PIECE_BYTES)) == (data, later)
        return {'error': seen}


def killed_simulator(cloud):
    """The simulator is killed; the next one serves what hosts have written.

    The kernel's target goes on meanwhile.
    """
    simulator = _Simulator(cloud.console, cloud.data.parent / NAME)
    with contextlib.ExitStack() as stack:
        stack.callback(simulator.end)
        simulator.start()
        properties = simulator.connected(cloud.host.properties['initiator'])
        connector = cloud.host.connector
        disk = initiator.Attachment(
            None, properties, connector.connect_volume(properties))
        stack.callback(cloud.host.disconnect, disk)
        cloud.host.wait_for_paths(disk, PATHS)
        before = disks.write(disk.path, 0)
        simulator.kill()
        meanwhile = disks.write(disk.path, disks.PIECE_BYTES)
        simulator.start()
        # All portals were gone for a moment: what was under way has failed.
        after = cloud.console.wait_for(
            'a write of the host',
            lambda: _tried(disk, 2 * disks.PIECE_BYTES))
        cloud.host.wait_for_paths(disk, PATHS)
        assert [disks.read(disk.path, number * disks.PIECE_BYTES)
                for number in range(3)] == [before, meanwhile, after]
    assert not list(pathlib.Path(lio.ROOT, 'iscsi').glob(
        properties['target_iqns'][0]))


def _tried(disk, offset):
    """:returns: what was written, None if there was an error"""
    try:
        return disks.write(disk.path, offset)
    except OSError:
        return None


class _Simulator:
    """A simulator in a process of its own, with state that it keeps."""

    def __init__(self, console, directory):
        self._console = console
        self._directory = directory
        self._ready = directory / 'ready.json'
        directory.mkdir()

    def start(self):
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'flasharray_sim', '--data-plane', 'lio',
             '--state-dir', self._directory / 'state',
             '--data-dir', self._directory / 'data',
             '--ready-file', self._ready])
        self._console.wait_for('the simulator',
                               lambda: self._ready.exists() or None, START_S)

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._ready.unlink()

    def end(self):
        self._process.terminate()
        assert self._process.wait(START_S) == 0

    def connected(self, iqn):
        """Connection properties of a volume that is a host's."""
        told = json.loads(self._ready.read_text())
        client = arrays.client_of(
            types.SimpleNamespace(**told['arrays'][0]), told['certificate'])
        client.create_volume('vol', '1G')
        client.create_host('host', iqnlist=[iqn])
        lun = client.connect_host('host', 'vol')['lun']
        ports = [port for port in client.list_ports() if port['iqn']]
        return {'target_discovered': False, 'addressing_mode': 'SAM2',
                'target_luns': [lun] * len(ports),
                'target_iqns': [port['iqn'] for port in ports],
                'target_portals': [port['portal'] for port in ports]}


@contextlib.contextmanager
def _filled(directory):
    """Leave no room in a file system, for a while."""
    filler = directory / 'filler'
    try:
        with filler.open('wb') as stream:
            facts = os.fstatvfs(stream.fileno())
            os.posix_fallocate(stream.fileno(), 0,
                               facts.f_bavail * facts.f_frsize - (1 << 20))
        node.run('sync', '-f', str(directory))
        yield
    finally:
        filler.unlink(missing_ok=True)
