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
"""Simulators with all their rules: several arrays, state, seeds."""

from concurrent import futures
import json
import os
import pathlib
import socket
import stat

import pytest

import flasharray_sim
from tests import arrays

GIB = 1024 ** 3
SEED = {'arrays': {'pure01': {
    'volumes': [{'name': 'v1', 'size': GIB, 'snapshots': ['s1']}],
    'hosts': [{'name': 'h1', 'iqns': ['iqn.2020-01.org.example:h1']}],
    'connections': [{'host': 'h1', 'volume': 'v1'}]}}}


def sdk(simulator, position=0):
    return arrays.client_of(simulator.arrays[position],
                            simulator.certificate_path)


def names(client, **flags):
    return [volume['name'] for volume in client.list_volumes(**flags)]


def test_arrays_are_apart():
    with flasharray_sim.Simulator() as simulator:
        first, second = simulator.arrays
        for distinct in ('name', 'id', 'address', 'api_token'):
            assert getattr(first, distinct) != getattr(second, distinct)
        sdk(simulator, 0).create_volume('v1', '1G')
        assert names(sdk(simulator, 0)) == ['v1']
        assert names(sdk(simulator, 1)) == []
        first.stop()
        assert names(sdk(simulator, 1)) == []


def test_stopped_simulator_is_gone():
    simulator = flasharray_sim.Simulator(arrays=1)
    with simulator:
        port = simulator.arrays[0].port
        certificate_path = simulator.certificate_path
        assert os.path.exists(certificate_path)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(('127.0.0.1', port), 30)
    assert not os.path.exists(os.path.dirname(certificate_path))


def test_many_sdk_clients_at_once(simulator):
    def work(number):
        client = sdk(simulator)
        for round_ in range(3):
            client.create_volume(f'v{number}-{round_}', '1G')
        client.create_snapshots([f'v{number}-0'], suffix='s')
        client.destroy_volume(f'v{number}-2')
        return client.get_volume(f'v{number}-0')['serial']

    with futures.ThreadPoolExecutor(32) as pool:
        serials = list(pool.map(work, range(32)))
    client = sdk(simulator)
    assert len(set(serials)) == 32
    assert len(names(client)) == 64
    assert len(names(client, snap=True)) == 32
    assert len(names(client, pending_only=True)) == 32


def test_time_that_is_advanced_eradicates(simulator, client):
    client.create_volume('v1', '1G')
    client.destroy_volume('v1')
    assert names(client, pending=True) == ['v1']
    simulator.clock.advance(86400)
    assert names(sdk(simulator), pending=True) == []


def test_sessions_idle_out_on_the_virtual_clock(simulator, client):
    simulator.clock.advance(31 * 60)
    log = simulator.arrays[0].requests
    log.clear()
    client.get()
    assert [record.status for record in log] == [401, 200, 200]


def test_seed(simulator):
    with flasharray_sim.Simulator(arrays=2, seed=SEED) as seeded:
        client = sdk(seeded)
        assert names(client) == ['v1']
        assert names(client, snap=True) == ['v1.s1']
        assert client.list_host_connections('h1')[0]['vol'] == 'v1'
        assert names(sdk(seeded, 1)) == []


def test_seed_file(tmp_path):
    path = tmp_path / 'seed.json'
    path.write_text(json.dumps(SEED))
    with flasharray_sim.Simulator(arrays=1, seed=path) as seeded:
        assert names(sdk(seeded)) == ['v1']


@pytest.mark.parametrize('seed,match', [
    ({'pure01': {}}, 'arrays'), ([], 'arrays'), ({'arrays': []}, 'arrays'),
    ({'arrays': {'other': {}}}, 'other'),
    ({'arrays': {'pure01': {'nonsense': []}}}, 'nonsense'),
    ({'arrays': {'pure01': {'volumes': [{'size': GIB}]}}}, 'name'),
    ({'arrays': {'pure01': {'volumes': 7}}}, 'pure01'),
    ({'arrays': {'pure01': {'volumes': [
        {'name': 'v', 'size': GIB}, {'name': 'V', 'size': GIB}]}}},
     'already exists')])
def test_bad_seed(seed, match, tmp_path):
    with pytest.raises(ValueError, match=match):
        flasharray_sim.Simulator(
            arrays=1, seed=seed, state_dir=tmp_path).start()
    with flasharray_sim.Simulator(
            arrays=1, seed=SEED, state_dir=tmp_path) as seeded:
        assert names(sdk(seeded)) == ['v1']


def test_state_survives(tmp_path):
    state_dir = tmp_path / 'state'
    facts = []
    for _round in range(2):
        with flasharray_sim.Simulator(
                arrays=2, state_dir=state_dir, seed=SEED) as simulator:
            client = sdk(simulator)
            facts.append((
                client.get(), client.list_volumes(snap=True),
                client.get_volume('v1'), client.list_hosts(),
                [array.api_token for array in simulator.arrays],
                pathlib.Path(simulator.certificate_path).read_text()))
            simulator.clock.advance(3600)
            latest = simulator.clock.now()
    assert facts[0] == facts[1]
    with flasharray_sim.Simulator(
            arrays=2, state_dir=state_dir) as simulator:
        assert simulator.clock.now() >= latest


def test_state_has_no_secret_for_others(tmp_path):
    state_dir = tmp_path / 'state'
    with flasharray_sim.Simulator(arrays=1, state_dir=state_dir):
        assert stat.S_IMODE(os.stat(state_dir).st_mode) == 0o700
        for path in state_dir.glob('*.sqlite*'):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_seed_goes_into_new_arrays_only(tmp_path):
    options = {'arrays': 1, 'state_dir': tmp_path, 'seed': SEED}
    with flasharray_sim.Simulator(**options) as simulator:
        sdk(simulator).create_volume('v2', '1G')
    with flasharray_sim.Simulator(**options) as simulator:
        assert names(sdk(simulator)) == ['v1', 'v2']


def test_seeding_that_was_cut_short_starts_over(tmp_path):
    options = {'arrays': 1, 'state_dir': tmp_path}
    with flasharray_sim.Simulator(**options) as simulator:
        sdk(simulator).create_volume('half', '1G')
    (tmp_path / 'pure01.sqlite.unfinished').touch()
    with flasharray_sim.Simulator(seed=SEED, **options) as simulator:
        assert names(sdk(simulator)) == ['v1']
    with flasharray_sim.Simulator(seed=SEED, **options) as simulator:
        assert names(sdk(simulator)) == ['v1']


def test_state_is_used_by_one_simulator_at_a_time(tmp_path):
    with flasharray_sim.Simulator(arrays=1, state_dir=tmp_path):
        with pytest.raises(OSError, match='in use'):
            flasharray_sim.Simulator(
                arrays=1, state_dir=tmp_path).start()
    with flasharray_sim.Simulator(arrays=1, state_dir=tmp_path):
        pass


def test_state_of_something_else_is_refused(tmp_path):
    (tmp_path / 'pure01.sqlite').write_bytes(b'no database' * 100)
    with pytest.raises(OSError, match='pure01.sqlite'):
        flasharray_sim.Simulator(arrays=1, state_dir=tmp_path).start()


def test_start_that_fails_leaves_nothing_listening():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        simulator = flasharray_sim.Simulator(
            arrays=1, control_port=taken.getsockname()[1])
        with pytest.raises(OSError):
            simulator.start()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(
                ('127.0.0.1', simulator.arrays[0].port), 30)


def test_arrays_given_one_by_one():
    with flasharray_sim.Simulator(arrays=[
            {'name': 'old', 'rest_versions': ('1.0', '1.6')},
            {'name': 'new'}]) as simulator:
        assert [array.name for array in simulator.arrays] == ['old', 'new']
        assert sdk(simulator).get_rest_version() == '1.6'
        assert sdk(simulator, 1).get_rest_version() == '1.19'


@pytest.mark.parametrize('purity_version,rest_version', [
    ('4.0.5', '1.4'), ('5.0.0', '1.15'), ('5.3.2', '1.17'),
    ('6.1.11', '1.19'), ('10.0', '1.19')])
def test_purity_version_decides_on_rest_versions(
        purity_version, rest_version):
    with flasharray_sim.Simulator(
            arrays=1, purity_version=purity_version) as simulator:
        client = sdk(simulator)
        assert client.get()['version'] == purity_version
        assert client.get_rest_version() == rest_version


@pytest.mark.parametrize('options', [
    {'arrays': 0}, {'arrays': []}, {'arrays': [{'name': 'a'}, {'name': 'A'}]},
    {'arrays': [{'name': 'a'}], 'purity_version': '6.1'},
    {'purity_version': 'six'}, {'purity_version': '1.0'},
    {'arrays': 3, 'port': 65534}])
def test_simulator_that_makes_no_sense(options):
    with pytest.raises(ValueError):
        flasharray_sim.Simulator(**options)


def test_arrays_see_that_a_peer_is_offline():
    with flasharray_sim.Simulator(arrays=2) as sim:
        first, second = (array.model for array in sim.arrays)
        assert first.fleet.is_linked(first, second)
        sim.arrays[1].faults.add(flasharray_sim.Fault('offline'))
        assert not first.fleet.is_linked(first, second)
        sim.arrays[1].faults.clear()
        assert first.fleet.is_linked(first, second)
