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
"""A simulator killed while it writes has all that it acknowledged."""

import json
import pathlib
import random
import signal
import subprocess
import sys
import threading

import purestorage
import pytest

import flasharray_sim

_BATCH = 3


class Process:
    """pure-flasharray-sim with two arrays, on a directory that stays."""

    def __init__(self, directory: pathlib.Path):
        ready_file = directory / 'ready.json'
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'flasharray_sim', '--arrays', '2',
             '--state-dir', str(directory / 'state'),
             '--ready-file', str(ready_file)],
            stdout=subprocess.PIPE, text=True)
        for line in self._process.stdout:
            if line.startswith('certificate '):
                break
        else:
            raise AssertionError(f'ended with {self._process.wait()}')
        self._ready = json.loads(ready_file.read_text())

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        with self._process:
            self._process.wait(timeout=60)
        assert self._process.returncode == -signal.SIGKILL

    def client(self, position: int) -> purestorage.FlashArray:
        array = self._ready['arrays'][position]
        return purestorage.FlashArray(
            array['address'], api_token=array['api_token'],
            request_kwargs={'verify': self._ready['certificate'],
                            'timeout': 30})


class Writer(threading.Thread):
    """Makes volumes, hosts and joint snapshots until nobody answers.

    :ivar acknowledged: names of what was answered with 200
    """

    def __init__(self, client, prefix: str, is_enough):
        super().__init__()
        self._client = client
        self._prefix = prefix
        self._is_enough = is_enough
        self.acknowledged: list[str] = []
        self.failure = None

    def run(self):
        for number in range(100000):
            name = f'{self._prefix}-{number}'
            try:
                self._write(name)
            except purestorage.PureHTTPError as exc:
                self.failure = exc
                return
            except purestorage.PureError:
                return

    def _write(self, name):
        volumes = [f'{name}-{part}' for part in range(_BATCH)]
        for volume in volumes:
            self._client.create_volume(volume, '1G')
            self._done(volume)
        self._client.create_snapshots(volumes, suffix='s')
        self._done(*(f'{volume}.s' for volume in volumes))
        self._client.create_host(name, iqnlist=[f'iqn.{name}'],
                                 personality='esxi')
        self._client.connect_host(name, volumes[0])
        self._done(name)
        # The volume takes its snapshot along.
        self._client.destroy_volume(volumes[1])
        self._done(f'destroyed {volumes[1]}')

    def _done(self, *names):
        self.acknowledged.extend(names)
        self._is_enough()


def check(client, acknowledged):
    """What was acknowledged is there, and nothing by half."""
    volumes = {row['name']: row['time_remaining']
               for row in client.list_volumes(pending=True)}
    snapshots = {row['name']: row['time_remaining'] for row in
                 client.list_volumes(snap=True, pending=True)}
    hosts = {row['name']: row['iqn'] for row in client.list_hosts()}
    connections = {row['name']: row['vol']
                   for row in client.list_hosts(connect=True)}
    personalities = {row['name']: row['personality'] for row in
                     client.list_hosts(personality=True)}
    for name in acknowledged:
        if name.startswith('destroyed '):
            assert volumes[name.removeprefix('destroyed ')] is not None
        else:
            assert name in volumes or name in snapshots or (
                connections[name] == f'{name}-0')
    for name, time_remaining in snapshots.items():
        volume = name.removesuffix('.s')
        # The clock goes on between the two lists.
        assert (volumes[volume] is None) == (time_remaining is None)
        stem = volume.rpartition('-')[0]
        assert {f'{stem}-{part}.s' for part in range(_BATCH)} <= {*snapshots}
    for name, iqns in hosts.items():
        assert iqns == [f'iqn.{name}']
        assert personalities[name] == 'esxi'
    assert len({row['serial'] for row in client.list_volumes(
        pending=True)}) == len(volumes)


_HALF = """
import os, signal, sys
import flasharray_sim
from flasharray_sim.state import store
left = int(sys.argv[2])
def save(self, changes, save=store.Store.save):
    global left
    if changes and not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= bool(changes)
    save(self, changes)
with flasharray_sim.Simulator(arrays=2, state_dir=sys.argv[1]) as running:
    first, second = (array.model for array in running.arrays)
    store.Store.save = save
    with first.transaction():
        first.volumes.create('v1', '1G')
        second.volumes.create('v1', '1G')
"""


@pytest.mark.parametrize('saved', [0, 1])
def test_a_kill_between_the_files_of_two_arrays_is_made_good(tmp_path, saved):
    process = subprocess.run([sys.executable, '-c', _HALF, tmp_path,
                              str(saved)], timeout=60)
    assert process.returncode == -signal.SIGKILL
    with flasharray_sim.Simulator(
            arrays=2, state_dir=tmp_path) as simulator:
        assert [array.model.has_volume('v1')
                for array in simulator.arrays] == [True, True]
    assert not (tmp_path / 'unfinished.json').exists()


@pytest.mark.parametrize('kills', [
    5, pytest.param(20, marks=pytest.mark.exhaustive)])
def test_kills_in_the_middle_of_writes(tmp_path, kills):
    chance = random.Random(20)
    acknowledged = {0: [], 1: []}
    for kill in range(kills):
        process = Process(tmp_path)
        left = chance.randint(5, 60)
        enough, lock = threading.Event(), threading.Lock()

        def count():
            nonlocal left
            with lock:
                left -= 1
            if left <= 0:
                enough.set()

        writers = {}
        for position in (0, 1):
            client = process.client(position)
            check(client, acknowledged[position])
            writers[position] = Writer(client, f'w{kill}', count)
        for writer in writers.values():
            writer.start()
        assert enough.wait(timeout=60)
        process.kill()
        for position, writer in writers.items():
            writer.join(timeout=60)
            assert writer.failure is None
            acknowledged[position].extend(writer.acknowledged)
    process = Process(tmp_path)
    for position in (0, 1):
        check(process.client(position), acknowledged[position])
    process.kill()
    assert min(map(len, acknowledged.values())) > kills
