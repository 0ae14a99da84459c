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
"""What goes wrong in a data plane, and that nothing acknowledged is lost."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

import flasharray_sim
from tests import arrays
from tests.simulator.data_plane import conftest

MIB = conftest.MIB
IQN = conftest.IQN
_TIMEOUT_S = 60


class Attached:
    """A qemu-io that stays logged in, and is told what to do."""

    def __init__(self, initiator, lun=1):
        self._process = subprocess.Popen(
            initiator.qemu_io(lun), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def do(self, command):
        """Wait for the answer, which is a line that tells of bytes."""
        self._process.stdin.write(f'{command}\n')
        self._process.stdin.flush()
        said = ''
        for line in self._process.stdout:
            said += line
            if re.search(r'(read|wrote) \d+/\d+ bytes|failed:', line):
                return said
        raise AssertionError(said)

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()


@pytest.fixture
def attach():
    with contextlib.ExitStack() as stack:
        def made(initiator, lun=1):
            attached = Attached(initiator, lun)
            stack.callback(attached.close)
            return attached
        yield made


def prepare(client, size='1G'):
    client.create_volume('v1', size)
    client.create_host('h1', iqnlist=[IQN])
    client.connect_host('h1', 'v1')
    return conftest.Initiator(client)


def client_of(simulator):
    return arrays.client_of(simulator.arrays[0], simulator.certificate_path)


def served_by(pid):
    """The processes that a process has started."""
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):
            if path.read_text().rpartition(')')[2].split()[1] == str(pid):
                found.append(int(path.parent.name))
    return found


def tgtds(pid):
    return [child for child in served_by(pid)
            if pathlib.Path(f'/proc/{child}/comm').read_text() == 'tgtd\n']


def until(is_so):
    deadline = time.monotonic() + _TIMEOUT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def small_disk(tmp_path):
    """A directory with room for 16 MiB."""
    conftest.needs_tgt()
    place = tmp_path / 'small'
    place.mkdir()
    done = subprocess.run(
        ['mount', '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', place],
        capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f'no file system can be mounted: {done.stderr.strip()}')
    yield place
    subprocess.run(['umount', place], check=True)


def test_a_full_disk_is_an_error_to_the_initiator(small_disk, make_simulator):
    simulator = make_simulator(data_dir=small_disk)
    client = client_of(simulator)
    initiator = prepare(client)
    initiator.write(1, 0x11, 0, 8 * MIB)
    said = initiator.io(1, f'write -P 0x22 {16 * MIB} {32 * MIB}')
    assert 'wrote' not in said
    assert 'failed' in said
    assert initiator.holds(1, 0x11, 0, 8 * MIB)
    with pytest.raises(Exception, match='No space left'):
        client.create_snapshot('v1', suffix='s')
    assert client.list_volumes(snap=True) == []
    assert initiator.holds(1, 0x11, 0, 8 * MIB)
    # There is room again.
    initiator.io(1, f'discard {16 * MIB} {32 * MIB}', f'discard {MIB} {7*MIB}')
    client.create_snapshot('v1', suffix='s')
    initiator.write(1, 0x33, 0, MIB)
    client.copy_volume('v1.s', 'v2')
    client.connect_host('h1', 'v2')
    assert initiator.holds(2, 0x11, 0, MIB)
    assert initiator.holds(1, 0x33, 0, MIB)


def test_a_killed_target_comes_back_with_all_it_acknowledged(simulator,
                                                             client):
    initiator = prepare(client)
    count, size = 800, 65536
    writing = subprocess.Popen(
        initiator.qemu_io(1, *(
            f'write -P {number % 250 + 1} {number * size} {size}'
            for number in range(count))),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    acknowledged, kills = [], 0
    for line in writing.stdout:
        found = re.match(r'wrote \d+/\d+ bytes at offset (\d+)', line)
        if not found:
            continue
        acknowledged.append(int(found[1]) // size)
        if len(acknowledged) % 250 == 100:
            [pid] = tgtds(os.getpid())
            os.kill(pid, signal.SIGKILL)
            kills += 1
    assert writing.wait(_TIMEOUT_S) == 0
    assert kills == 3
    # libiscsi logs in again; it may give up what was under way.
    assert len(acknowledged) >= count - kills
    said = initiator.io(1, *(
        f'read -P {number % 250 + 1} {number * size} {size}'
        for number in acknowledged))
    assert said.count(f'read {size}/{size}') == len(acknowledged)
    assert 'verification failed' not in said


def test_a_killed_target_serves_what_was_changed_meanwhile(simulator,
                                                           client):
    initiator = prepare(client)
    initiator.write(1, 0x11, 0, 4096)
    [pid] = tgtds(os.getpid())
    os.kill(pid, signal.SIGKILL)
    client.create_volume('v2', '1G')
    client.connect_host('h1', 'v2')
    initiator.write(2, 0x22, 0, 4096)
    assert initiator.holds(1, 0x11, 0, 4096)


def test_targets_come_back_after_a_restart(make_simulator, tmp_path, attach):
    options = {'state_dir': tmp_path / 'state'}
    first = make_simulator(**options)
    initiator = prepare(client_of(first))
    attached = attach(initiator)
    assert 'wrote' in attached.do(f'write -P 0x11 0 {MIB}')
    client_of(first).create_snapshot('v1', suffix='s')
    assert 'wrote' in attached.do(f'write -P 0x22 0 {MIB}')
    first.stop()
    second = make_simulator(**options)
    client = client_of(second)
    assert conftest.Initiator(client).portals == initiator.portals
    said = attached.do(f'read -P 0x22 0 {MIB}')
    assert f'read {MIB}/{MIB}' in said
    assert 'verification' not in said
    assert 'wrote' in attached.do(f'write -P 0x33 {MIB} {MIB}')
    client.copy_volume('v1.s', 'v2')
    client.connect_host('h1', 'v2')
    assert initiator.holds(2, 0x11, 0, MIB)
    assert initiator.holds(1, 0x33, MIB, MIB)


def test_two_hosts_write_to_one_volume(simulator, client):
    one = prepare(client)
    other_iqn = 'iqn.1994-05.org.example:host2'
    client.create_host('h2', iqnlist=[other_iqn])
    client.connect_host('h2', 'v1')
    two = conftest.Initiator(client, iqn=other_iqn)
    writers = [subprocess.Popen(
        host.qemu_io(1, *(
            f'write -P {at + 1} {(2 * number + at) * 4096} 4096'
            for number in range(200))),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for at, host in enumerate((one, two))]
    for writer in writers:
        assert writer.communicate(timeout=_TIMEOUT_S)[0].count(
            'wrote 4096/4096') == 200
    for host in (one, two):
        said = host.io(1, *(
            f'read -P {number % 2 + 1} {number * 4096} 4096'
            for number in range(400)))
        assert said.count('read 4096/4096') == 400
        assert 'verification failed' not in said


@pytest.fixture
def run(tmp_path):
    """Start pure-flasharray-sim: run('--arrays', '2') -> (process, ready)."""
    conftest.needs_tgt()
    (tmp_path / 'tmp').mkdir()
    ready_file = tmp_path / 'ready.json'
    with contextlib.ExitStack() as stack:
        def start(*arguments):
            process = subprocess.Popen(
                [sys.executable, '-m', 'flasharray_sim', '--ready-file',
                 str(ready_file), '--data-plane', 'tgt', *arguments],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=os.environ | {'TMPDIR': str(tmp_path / 'tmp')})
            stack.callback(process.communicate)
            stack.callback(process.kill)
            for line in process.stdout:
                if line.startswith('certificate '):
                    return process, json.loads(ready_file.read_text())
            raise AssertionError(process.stderr.read())
        yield start


def sdk(ready):
    class Array:
        address = ready['arrays'][0]['address']
        api_token = ready['arrays'][0]['api_token']
    return arrays.client_of(Array, ready['certificate'])


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_it_ends(run, tmp_path, number, attach):
    data = tmp_path / 'data'
    process, ready = run('--arrays', '2', '--data-dir', str(data))
    attached = attach(prepare(sdk(ready)))
    attached.do('write 0 4096')
    served = tgtds(process.pid)
    assert len(served) == 1
    process.send_signal(number)
    _output, said = process.communicate(timeout=_TIMEOUT_S)
    assert process.returncode == 0
    assert 'Error' not in said and 'Traceback' not in said
    assert not any(os.path.exists(f'/proc/{pid}') for pid in served)
    assert os.listdir(tmp_path / 'tmp') == []
    assert [path for path in data.rglob('*.img')] == []


def test_no_target_outlives_a_killed_simulator(run, tmp_path):
    arguments = ('--data-dir', str(tmp_path / 'data'),
                 '--state-dir', str(tmp_path / 'state'))
    process, ready = run(*arguments)
    initiator = prepare(sdk(ready))
    initiator.write(1, 0x11, 0, MIB)
    served = tgtds(process.pid)
    process.kill()
    process.wait()
    until(lambda: not any(os.path.exists(f'/proc/{pid}') for pid in served))
    _process, ready = run(*arguments)
    assert sdk(ready).list_volumes()[0]['name'] == 'v1'
    assert initiator.holds(1, 0x11, 0, MIB)
    assert sdk(ready).get_volume('v1', space=True)['volumes'] == MIB


def test_secrets_are_in_no_log(run, tmp_path):
    process, ready = run('--verbose', '--data-dir', str(tmp_path / 'data'))
    client = sdk(ready)
    prepare(client)
    client.set_host('h1', host_user='user', host_password='secret-0123456',
                    target_user='array', target_password='secret-6543210')
    process.terminate()
    _output, said = process.communicate(timeout=_TIMEOUT_S)
    assert "PUT 'host/h1'" in said
    assert 'secret-0123456' not in said
    assert 'secret-6543210' not in said


def test_without_programs_it_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(ValueError, match='tgtd, tgtadm, setpriv; Debian'):
        with flasharray_sim.Simulator(data_plane='tgt'):
            pass


def test_state_of_files_is_refused_without_them(make_simulator, tmp_path):
    state_dir = tmp_path / 'state'
    make_simulator(state_dir=state_dir).stop()
    with pytest.raises(ValueError, match='contents in a data directory'):
        with flasharray_sim.Simulator(arrays=1, state_dir=state_dir):
            pass


def test_a_start_that_fails_says_why(make_simulator, tmp_path):
    options = {'state_dir': tmp_path / 'state', 'arrays': 2}
    first = make_simulator(**options)
    prepare(client_of(first)).write(1, 0x11, 0, 4096)
    first.stop()
    [path] = (tmp_path / 'data' / 'working').iterdir()
    path.unlink()
    with pytest.raises(FileNotFoundError, match='pure01 has written it'):
        make_simulator(**options)


def test_a_data_directory_has_one_simulator(make_simulator, tmp_path):
    make_simulator()
    with pytest.raises(BlockingIOError, match='in use by another'):
        make_simulator()
