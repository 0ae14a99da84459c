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
"""The userland connector against a real iSCSI target."""

from concurrent import futures
import mmap
import os
import random
import signal
import subprocess
import sys

from os_brick import encryptors
from os_brick import exception
from os_brick.initiator import connector as brick
import psutil
import pytest

from tests.datapath import target as tgt
from tools.initiator import connector
from tools.initiator import lun_connection
from tools.initiator import storage_daemon

MIB = 1024 ** 2
PATTERN = b'written by a host' * 4096
DEAD_PORTAL = '127.0.0.1:1'
CRASH = '''
import os, pathlib, signal, sys
from tools.initiator import connector
host = connector.UserlandISCSIConnector(
    directory=pathlib.Path(sys.argv[1]), initiator=sys.argv[2])
host.connect_volume(eval(sys.argv[3]))
os.kill(os.getpid(), signal.SIGKILL)
'''


def write(path, data, offset=0):
    with open(path, 'r+b') as device:
        device.seek(offset)
        device.write(data)
        device.flush()
        os.fsync(device.fileno())


def read(path, length, offset=0):
    with open(path, 'rb') as device:
        device.seek(offset)
        return device.read(length)


@pytest.mark.parametrize('lun', [1, 255, 300, 16383])
def test_written_bytes_are_on_the_target(target, host, lun):
    behind = target.add_lun(lun, 8 * MIB)
    properties = target.properties(lun)
    device = host.connect_volume(properties)
    assert device['type'] == 'block'
    assert host.check_valid_device(device['path'])
    assert host.get_volume_paths(properties) == [device['path']]
    write(device['path'], PATTERN, MIB)
    host.disconnect_volume(properties, device)
    assert read(behind, len(PATTERN), MIB) == PATTERN
    assert host.get_volume_paths(properties) == []
    assert 'IP Address' not in target.sessions()


def test_portals_are_tried_in_turn(target, host):
    target.add_lun(1, MIB)
    properties = target.properties(
        1, target_portals=[DEAD_PORTAL, target.portal],
        target_iqns=[tgt.IQN] * 2, target_luns=[1, 1])
    device = host.connect_volume(properties)
    assert read(device['path'], 512) == bytes(512)


def test_second_connect_is_the_same_device(target, host):
    target.add_lun(1, MIB)
    properties = target.properties(1)
    assert host.connect_volume(properties) == host.connect_volume(properties)
    assert target.sessions().count('IP Address') == 1


def test_read_only_volume_cannot_be_written(target, host):
    target.add_lun(1, MIB)
    device = host.connect_volume(target.properties(1, access_mode='ro'))
    assert read(device['path'], 512) == bytes(512)
    with pytest.raises(OSError):
        write(device['path'], PATTERN)


@pytest.mark.parametrize('changes', [
    {'auth_password': 'another-secret-1'},
    {'auth_username': 'node-2'},
    {'auth_method': None}])
def test_wrong_credentials_are_refused_and_leave_nothing(
        target, host, host_directory, changes):
    target.add_lun(1, MIB)
    with pytest.raises(exception.VolumeDeviceNotFound) as refused:
        host.connect_volume(target.properties(1, **changes))
    assert target.portal in str(refused.value)
    for secret in (tgt.PASSWORD, *filter(None, changes.values())):
        assert secret not in str(refused.value)
    assert list(host_directory.iterdir()) == []
    assert tgt.left_below(host_directory) == []


def test_every_portal_dead_is_told(target, host):
    with pytest.raises(exception.VolumeDeviceNotFound, match=DEAD_PORTAL):
        host.connect_volume(target.properties(
            1, target_portals=[DEAD_PORTAL]))


def test_extended_volume_is_seen_while_connected(target, host):
    target.add_lun(1, 8 * MIB)
    properties = target.properties(1)
    device = host.connect_volume(properties)['path']
    write(device, PATTERN)
    target.resize_lun(1, 32 * MIB)
    assert host.extend_volume(properties) == 32 * MIB
    assert lun_connection.size_of(device) == 32 * MIB
    assert read(device, len(PATTERN)) == PATTERN
    write(device, PATTERN, 31 * MIB)


def test_extend_without_a_new_size_tells_the_old_one(target, host):
    target.add_lun(1, 8 * MIB)
    properties = target.properties(1)
    host.connect_volume(properties)
    assert host.extend_volume(properties) == 8 * MIB


def test_volume_that_is_not_connected_cannot_be_extended(target, host):
    with pytest.raises(exception.VolumePathsNotFound):
        host.extend_volume(target.properties(1))


def test_disconnecting_what_is_not_connected_is_no_error(target, host):
    host.disconnect_volume(target.properties(1), None)


def test_discarded_blocks_are_freed_on_the_target(target, host):
    behind = target.add_lun(1, 32 * MIB)
    device = host.connect_volume(target.properties(1))['path']
    write(device, os.urandom(16 * MIB))
    assert behind.stat().st_blocks * 512 >= 16 * MIB
    subprocess.run(['blkdiscard', device], check=True)
    assert behind.stat().st_blocks == 0


def test_writes_that_meet_are_not_mixed_up(target, host):
    """Writers of regions of their own, some of them past the page cache."""
    region, writers = 8 * MIB, 4
    behind = target.add_lun(1, writers * region)
    device = host.connect_volume(target.properties(1))['path']

    def write_region(number):
        rng = random.Random(number)
        data = b''
        flags = os.O_DIRECT if number % 2 else 0
        descriptor = os.open(device, os.O_RDWR | flags)
        with os.fdopen(descriptor, 'r+b', buffering=0), \
                mmap.mmap(-1, MIB) as aligned:
            for _block in range(region // MIB):
                aligned[:] = rng.randbytes(MIB)
                os.pwrite(descriptor, aligned, number * region + len(data))
                data += aligned[:]
            os.fsync(descriptor)
        return data

    with futures.ThreadPoolExecutor(writers) as pool:
        written = b''.join(pool.map(write_region, range(writers)))
    assert behind.read_bytes() == written


def test_zeros_of_an_image_overwrite_what_was_there(target, host, tmp_path):
    behind = target.add_lun(1, 8 * MIB)
    device = host.connect_volume(target.properties(1))['path']
    write(device, os.urandom(8 * MIB))
    image = tgt.sparse_image(tmp_path / 'image', 4 * MIB)
    tgt.convert(image, device)
    assert behind.read_bytes()[:4 * MIB] == image.read_bytes()


def test_two_hosts_write_to_one_volume(target, host, tmp_path):
    """Of a multiattach volume: each finds what the other has written."""
    target.add_lun(1, 8 * MIB)
    other = connector.UserlandISCSIConnector(
        directory=tmp_path / 'other', initiator=tgt.INITIATOR)
    properties = target.properties(1)
    one = host.connect_volume(properties)['path']
    two = other.connect_volume(properties)['path']
    write(one, PATTERN)
    write(two, PATTERN[::-1], MIB)
    host.disconnect_volume(properties)
    other.disconnect_volume(properties)
    for reader in (host, other):
        device = reader.connect_volume(properties)['path']
        assert read(device, len(PATTERN)) == PATTERN
        assert read(device, len(PATTERN), MIB) == PATTERN[::-1]
        reader.disconnect_volume(properties)


def test_what_a_killed_process_left_is_removed(
        target, host_directory, tmp_path):
    target.add_lun(1, MIB)
    crashed = subprocess.run(
        [sys.executable, '-c', CRASH, str(host_directory), tgt.INITIATOR,
         repr(target.properties(1))], timeout=60)
    assert crashed.returncode == -signal.SIGKILL
    assert tgt.left_below(host_directory)
    assert connector.recover(host_directory) == 1
    assert tgt.left_below(host_directory) == []
    assert 'IP Address' not in target.sessions()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGKILL])
def test_ended_daemon_is_no_obstacle(target, host, host_directory, number):
    target.add_lun(1, MIB)
    properties = target.properties(1)
    device = host.connect_volume(properties)
    loop = os.path.realpath(device['path'])
    [pid_path] = host_directory.glob('*/pid')
    daemon = psutil.Process(int(pid_path.read_text()))
    daemon.send_signal(number)
    storage_daemon.wait_ended(daemon)
    host.disconnect_volume(properties, device, force=True)
    assert loop not in lun_connection.backing_files()
    assert tgt.left_below(host_directory) == []
    assert list(host_directory.iterdir()) == []


def test_what_is_abandoned_does_not_wait_for_a_dead_target(
        target, host, host_directory):
    target.add_lun(1, MIB)
    device = host.connect_volume(target.properties(1))
    opened = os.open(device['path'], os.O_RDWR)
    os.write(opened, PATTERN)
    target.stop()
    with futures.ThreadPoolExecutor(1) as pool:
        # It waits for the bytes to be written.
        closing = pool.submit(os.close, opened)
        connector.abandon(host_directory)
        closing.result()
    assert tgt.left_below(host_directory) == []
    assert list(host_directory.iterdir()) == []


def test_connections_of_the_living_are_not_removed(
        target, host, host_directory):
    target.add_lun(1, MIB)
    properties = target.properties(1)
    host.connect_volume(properties)
    assert connector.recover(host_directory) == 0
    assert host.get_volume_paths(properties)


def test_os_brick_is_given_the_connector(monkeypatch, host_directory):
    monkeypatch.setattr(brick, '_connector_mapping_linux',
                        dict(brick._connector_mapping_linux))
    monkeypatch.setattr(brick, 'unix_connector_list',
                        list(brick.unix_connector_list))
    monkeypatch.setattr(encryptors, 'FORMAT_TO_FRONTEND_ENCRYPTOR_MAP',
                        dict(encryptors.FORMAT_TO_FRONTEND_ENCRYPTOR_MAP))
    for name in ('directory', 'initiator'):
        monkeypatch.setattr(connector.UserlandISCSIConnector, name, None)
    connector.install(host_directory, tgt.INITIATOR)
    made = brick.InitiatorConnector.factory(
        'ISCSI', None, use_multipath=True, device_scan_attempts=3, conn={})
    assert isinstance(made, connector.UserlandISCSIConnector)
    assert made.get_connector_properties(None) == {
        'initiator': tgt.INITIATOR}
