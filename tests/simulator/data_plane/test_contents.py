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
"""Contents in files: what the rules do to volumes is done to the bytes.

That files and identities answer alike is what the tests of the model show,
which run with both.
"""

import errno
import logging
import os
import shutil
import subprocess

import pytest

from flasharray_sim.data_plane import sparse
from flasharray_sim import errors
from flasharray_sim.state import keeping
from tests.simulator.data_plane import worlds

MIB = worlds.MIB
ONE, TWO = b'1' * 4096, b'2' * 4096


@pytest.fixture
def world(tmp_path):
    made = worlds.World(tmp_path, 'array-1')
    yield made
    made.close()


@pytest.fixture
def client(world):
    return world.clients[0]


@pytest.fixture
def volume(world, client):
    """v1 of 4 MiB, attached."""
    client.post('volume/v1', size=4 * MIB)
    world.attach('v1')


def test_a_new_volume_is_all_zeros_and_takes_no_space(world, volume):
    assert world.read('v1') == bytes(4 * MIB)
    assert os.stat(world.path('v1')).st_blocks == 0


def test_what_a_host_writes_is_seen_by_the_array(world, client, volume):
    assert client.get('volume/v1/diff') == []
    world.write('v1', MIB, ONE)
    assert client.get('volume/v1/diff') == [{'offset': MIB, 'length': 4096}]
    assert client.get('volume/v1', space=True)['volumes'] == 4096
    [(offset, length, data)] = world.arrays[0].read('v1')
    assert (offset, length) == (MIB, 4096)
    assert world.arrays[0].read('v1') == ((offset, length, data),)
    world.write('v1', MIB, TWO)
    assert world.arrays[0].read('v1')[0][2] != data


def test_what_differs_is_known_to_the_block(world, client, volume):
    world.write('v1', 0, bytes(range(256)) * 16 * 256)
    client.post('volume', snap=True, source=['v1'], suffix='s')
    assert client.get('volume/v1/diff', base='v1.s') == []
    world.write('v1', 8192, ONE)
    world.write('v1', 12288, ONE)
    world.write('v1', 0, bytes(range(256)))
    world.write('v1', 3 * MIB, ONE[:512])
    assert client.get('volume/v1/diff', base='v1.s') == [
        {'offset': 8192, 'length': 8192},
        {'offset': 3 * MIB, 'length': 512}]
    assert client.get('volume/v1/diff', base='v1.s', block_size=MIB) == [
        {'offset': 0, 'length': MIB}, {'offset': 3 * MIB, 'length': MIB}]


def test_trimmed_space_is_given_back(world, client, volume):
    world.write('v1', 0, bytes(range(256)) * 16 * 256)
    assert client.get('volume/v1', space=True)['volumes'] == MIB
    os.truncate(world.path('v1'), 4096)
    os.truncate(world.path('v1'), 4 * MIB)
    assert client.get('volume/v1', space=True)['volumes'] == 4096


def test_snapshots_keep_what_was_there(world, client, volume):
    world.write('v1', 0, ONE)
    client.post('volume', snap=True, source=['v1'], suffix='s')
    world.write('v1', 0, TWO)
    client.post('volume', snap=True, source=['v1'], suffix='t')
    world.write('v1', 8192, TWO)
    assert world.seen_in_copy('v1.s') == worlds.filled(4 * MIB, (0, ONE))
    assert world.seen_in_copy('v1.t') == worlds.filled(4 * MIB, (0, TWO))
    assert world.seen_in_copy('v1') == worlds.filled(
        4 * MIB, (0, TWO), (8192, TWO))


def test_a_copy_and_its_source_are_written_apart(world, client, volume):
    world.write('v1', 0, ONE)
    client.post('volume/v2', source='v1')
    world.attach('v2')
    world.write('v2', 4096, TWO)
    world.write('v1', 0, TWO)
    assert world.read('v1') == worlds.filled(4 * MIB, (0, TWO))
    assert world.read('v2') == worlds.filled(
        4 * MIB, (0, ONE), (4096, TWO))


def test_reverting_brings_back_and_leaves_an_undo(world, client, volume):
    world.write('v1', 0, ONE)
    client.post('volume', snap=True, source=['v1'], suffix='s')
    world.write('v1', 0, TWO)
    client.post('volume/v1', source='v1.s', overwrite=True)
    assert world.read('v1') == worlds.filled(4 * MIB, (0, ONE))
    [undo] = [name for name in client.names('volume', snap=True, pending=True)
              if name != 'v1.s']
    client.put(f'volume/{undo}', action='recover')
    assert world.seen_in_copy(undo) == worlds.filled(4 * MIB, (0, TWO))


def test_overwriting_by_another_size(world, client, volume):
    world.write('v1', 0, ONE)
    client.post('volume/big', size=8 * MIB)
    world.attach('big')
    world.write('big', 7 * MIB, TWO)
    client.post('volume/v1', source='big', overwrite=True)
    assert world.read('v1') == worlds.filled(8 * MIB, (7 * MIB, TWO))


def test_extending_adds_zeros_and_is_no_write(world, client, volume):
    world.write('v1', 0, ONE)
    before = world.arrays[0].read('v1')
    client.put('volume/v1', size=8 * MIB)
    assert world.read('v1') == worlds.filled(8 * MIB, (0, ONE))
    assert world.arrays[0].read('v1') == before


def test_truncating_drops_what_is_beyond(world, client, volume):
    world.write('v1', 0, ONE)
    world.write('v1', 3 * MIB, TWO)
    client.put('volume/v1', size=MIB, truncate=True)
    assert world.read('v1') == worlds.filled(MIB, (0, ONE))
    client.put('volume/v1', size=4 * MIB)
    assert world.read('v1') == worlds.filled(4 * MIB, (0, ONE))


def test_simulated_writes_are_bytes_too(world, client, volume):
    array = world.arrays[0]
    data = array.write('v1', MIB, 4096)
    seen = world.read('v1')
    assert seen[MIB:MIB + 4096] != bytes(4096)
    assert array.read('v1') == ((MIB, 4096, data),)
    client.post('volume/v2', size=4 * MIB)
    array.write('v2', 0, 8192)
    world.attach('v2')
    assert world.read('v2')[:8192].count(0) < 4096
    assert world.read('v2')[8192:] == bytes(4 * MIB - 8192)


def test_detached_volumes_keep_what_was_written(world, client, volume):
    world.write('v1', 0, ONE)
    client.delete('host/h1/volume/v1')
    client.post('volume', snap=True, source=['v1'], suffix='s')
    world.attach('v1')
    world.write('v1', 0, TWO)
    assert world.read('v1') == worlds.filled(4 * MIB, (0, TWO))
    assert world.seen_in_copy('v1.s') == worlds.filled(4 * MIB, (0, ONE))


def test_copies_that_no_host_sees_cost_nothing(world, client, volume):
    world.write('v1', 0, ONE)
    client.post('volume', snap=True, source=['v1'], suffix='s')
    for number in range(5):
        client.post(f'volume/c{number}', source='v1.s')
    assert world.present() == (1, 1)


def test_what_is_eradicated_leaves_no_file(world, client, clock_day, volume):
    world.write('v1', 0, ONE)
    client.post('volume', snap=True, source=['v1'], suffix='s')
    client.delete('host/h1/volume/v1')
    client.delete('volume/v1')
    assert world.present() != (0, 0)
    clock_day()
    client.get('volume')
    assert world.present() == (0, 0)


@pytest.fixture
def clock_day(world):
    return lambda: world.clock.advance(86400)


def test_contents_are_there_after_a_restart(tmp_path):
    world = worlds.World(tmp_path, 'array-1')
    world.clients[0].post('volume/v1', size=MIB)
    world.attach('v1')
    world.write('v1', 0, ONE)
    world.clients[0].post('volume', snap=True, source=['v1'], suffix='s')
    # The array learns of this write only when it is there again.
    world.write('v1', 0, TWO)
    world.close()
    stray = tmp_path / 'data' / 'contents' / '999999.img'
    stray.write_bytes(b'what a kill left')
    again = worlds.World(tmp_path, 'array-1')
    assert not stray.exists()
    assert again.read('v1') == worlds.filled(MIB, (0, TWO))
    assert again.seen_in_copy('v1.s') == worlds.filled(MIB, (0, ONE))
    assert again.clients[0].get('volume/v1/diff', base='v1.s') == [
        {'offset': 0, 'length': 4096}]
    again.close()


def test_a_data_directory_that_lacks_a_file_is_refused(tmp_path):
    world = worlds.World(tmp_path, 'array-1')
    world.clients[0].post('volume/v1', size=MIB)
    world.attach('v1')
    path = world.path('v1')
    world.close()
    os.unlink(path)
    with pytest.raises(FileNotFoundError, match='array-1 has written it'):
        worlds.World(tmp_path, 'array-1')


def test_a_refused_request_leaves_the_files_alone(world, client, volume):
    world.write('v1', 0, ONE)
    client.get('volume')
    before = world.present()
    with pytest.raises(errors.PurityError):
        client.post('volume', snap=True, source=['v1', 'none'])
    assert world.present() == before
    assert world.read('v1') == worlds.filled(4 * MIB, (0, ONE))


def test_no_room_for_a_snapshot_is_told_and_changes_nothing(
        world, client, volume, monkeypatch):
    world.write('v1', 0, ONE)
    client.get('volume')
    before = world.present()

    def no_room(source, target):
        os.pwrite(target, ONE, 0)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(sparse, 'copy_data', no_room)
    with pytest.raises(keeping.NotKeptError, match='No space left'):
        client.post('volume', snap=True, source=['v1'], suffix='s')
    assert client.names('volume', snap=True) == []
    assert world.present() == before
    assert world.read('v1') == worlds.filled(4 * MIB, (0, ONE))
    monkeypatch.undo()
    client.post('volume', snap=True, source=['v1'], suffix='s')
    assert world.seen_in_copy('v1.s') == worlds.filled(4 * MIB, (0, ONE))


def test_missing_reflinks_are_told_once(world, client, volume, caplog,
                                        monkeypatch):
    def refuse(*_arguments):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    monkeypatch.setattr(sparse.fcntl, 'ioctl', refuse)
    with caplog.at_level(logging.WARNING, 'flasharray_sim.data_plane'):
        for number in range(3):
            world.write('v1', 0, bytes([number]) * 4096)
            client.post('volume', snap=True, source=['v1'])
    assert [record.message.count('no reflinks')
            for record in caplog.records] == [1]


@pytest.fixture
def xfs(tmp_path):
    """A directory of a file system with reflinks."""
    if shutil.which('mkfs.xfs') is None or os.geteuid():
        pytest.skip('it takes root and mkfs.xfs, which make programs '
                    'installs, to have a file system with reflinks')
    image, place = tmp_path / 'image', tmp_path / 'xfs'
    place.mkdir()
    with open(image, 'wb') as stream:
        stream.truncate(512 * MIB)
    subprocess.run(['mkfs.xfs', '-q', image], check=True)
    done = subprocess.run(['mount', '-o', 'loop', image, place],
                          capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f'no file system can be mounted: {done.stderr.strip()}')
    yield place
    subprocess.run(['umount', place], check=True)


def test_reflinks_share_blocks(xfs, caplog):
    def used_bytes():
        os.sync()
        found = os.statvfs(xfs)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    world = worlds.World(xfs, 'array-1')
    client = world.clients[0]
    client.post('volume/v1', size=64 * MIB)
    world.attach('v1')
    world.write('v1', 0, os.urandom(32 * MIB))
    before = used_bytes()
    client.post('volume', snap=True, source=['v1'], suffix='s')
    for number in range(4):
        client.post(f'volume/c{number}', source='v1.s')
        world.attach(f'c{number}')
    assert used_bytes() - before < 8 * MIB
    world.write('c0', MIB, ONE)
    world.write('v1', 0, TWO)
    assert world.read('c0')[MIB:MIB + 4096] == ONE
    assert world.read('c1')[:4096] not in (ONE, TWO)
    assert world.read('c1') == world.seen_in_copy('v1.s')
    assert 'reflinks' not in caplog.text
    world.close()


def test_holes_stay_holes_in_copies(tmp_path):
    source, target = tmp_path / 'source', tmp_path / 'target'
    with open(source, 'wb') as stream:
        stream.truncate(64 * MIB)
        os.pwrite(stream.fileno(), ONE, 32 * MIB)
    with open(source, 'rb') as reader, open(target, 'wb') as writer:
        sparse.copy_data(reader.fileno(), writer.fileno())
    assert target.read_bytes() == source.read_bytes()
    assert os.stat(target).st_blocks * 512 < MIB
    assert sparse.data_map(target) == [(32 * MIB, 4096)]


def test_simulated_data_is_the_same_at_the_same_place(tmp_path):
    def painted(offset, length, **options):
        with open(tmp_path / 'painted', 'w+b') as stream:
            sparse.paint(stream.fileno(), offset, length, 'a/1', **options)
            stream.seek(0, os.SEEK_END)
            return os.pread(stream.fileno(), 8 * MIB, 0)
    whole = painted(0, 2 * MIB)
    assert painted(5000, 7000)[5000:] == whole[5000:12000]
    steps = painted(MIB // 2, 3 * MIB, step_bytes=MIB)
    assert len(steps) == 3 * MIB + 4096
    assert steps[MIB:MIB + 4096] == whole[MIB:MIB + 4096]
    assert not any(steps[:MIB])
