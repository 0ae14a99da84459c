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
"""Asynchronous replication of groups between two arrays."""

import pytest

from flasharray_sim import errors

MIB = 1 << 20
RATE = 10 * MIB


@pytest.fixture
def fleet(make_fleet, client_of):
    """Three clients: alpha is connected with beta and with gamma."""
    clients = [client_of(array) for array in make_fleet(
        'alpha', 'beta', 'gamma', replication_rate=RATE)]
    for peer in clients[1:]:
        connect(clients[0], peer)
    return clients


def connect(client, peer):
    client.post('array/connection', management_address=peer.array.name,
                connection_key=peer.array.core.setting('connection_key'))


@pytest.fixture
def pair(fleet):
    """Group pg of alpha with volume v1, allowed on beta."""
    alpha, beta, _gamma = fleet
    alpha.post('volume/v1', size='1G')
    alpha.post('pgroup/pg', vollist=['v1'], targetlist=['beta'])
    beta.put('pgroup/alpha:pg', allowed=True)
    return alpha, beta


def send(client, **params):
    return client.post('pgroup', snap=True, source=['pg'],
                       replicate_now=True, **params)[0]['name']


def transfers(client, name='alpha:pg'):
    return {row['name'].rpartition('.')[2]: row for row in client.get(
        f'pgroup/{name}', snap=True, transfer=True)}


def progress(client, name='alpha:pg'):
    return {suffix: row['progress']
            for suffix, row in transfers(client, name).items()}


def test_a_target_sees_the_group(fleet):
    alpha, beta, _gamma = fleet
    alpha.post('volume/v1', size='1G')
    made = alpha.post('pgroup/pg', vollist=['v1'], targetlist=['beta'])
    assert made['targets'] == [{'name': 'beta', 'allowed': False}]
    assert beta.get('pgroup/alpha:pg') == {
        'name': 'alpha:pg', 'source': 'alpha', 'volumes': ['alpha:v1'],
        'hosts': None, 'hgroups': None,
        'targets': [{'name': 'beta', 'allowed': False}]}
    assert beta.names('pgroup') == ['alpha:pg']


def test_the_target_allows_and_the_source_sees_it(pair):
    alpha, beta = pair
    assert alpha.get('pgroup/pg')['targets'] == [
        {'name': 'beta', 'allowed': True}]
    assert beta.refusal('PUT', 'pgroup/alpha:pg', allowed=True) == (
        'Protection group is already allowed on beta.')
    beta.put('pgroup/alpha:pg', allowed=False)
    assert alpha.get('pgroup/pg')['targets'] == [
        {'name': 'beta', 'allowed': False}]


def test_targets_are_added_removed_and_replaced(fleet):
    alpha, beta, gamma = fleet
    alpha.post('pgroup/pg')
    alpha.put('pgroup/pg', addtargetlist=['beta'])
    assert alpha.refusal('PUT', 'pgroup/pg', addtargetlist=['BETA']) == (
        'Protection group already includes beta.')
    alpha.put('pgroup/pg', targetlist=['gamma'])
    assert alpha.get('pgroup/pg')['targets'] == [
        {'name': 'gamma', 'allowed': False}]
    assert beta.names('pgroup') == gamma.names('pgroup') == ['alpha:pg']
    assert alpha.put('pgroup/pg', remtargetlist=['gamma'])[
        'targets'] is None
    assert alpha.refusal('PUT', 'pgroup/pg', addtargetlist=['alpha']) == (
        'Array connection does not exist.')


def test_four_targets_are_the_most(make_fleet, client_of):
    clients = [client_of(array) for array in make_fleet(*'abcdef')]
    for peer in clients[1:]:
        connect(clients[0], peer)
    clients[0].post('pgroup/pg', targetlist=list('bcde'))
    assert clients[0].refusal('PUT', 'pgroup/pg', addtargetlist=['f']) == (
        'Target limit reached.')


def test_content_moves_to_the_target(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 40 * MIB)
    assert send(alpha, suffix='a') == 'pg.a'
    assert progress(beta) == {'a': 0.0}
    assert beta.names('volume', snap=True) == []
    clock.advance(1)
    assert progress(beta) == progress(alpha, 'pg') == {'a': 0.25}
    clock.advance(3)
    assert progress(beta) == {'a': 1.0}
    assert beta.get('volume', snap=True) == [{
        'name': 'alpha:pg.a.v1', 'source': 'alpha:v1', 'size': 1 << 30,
        'created': alpha.get('volume', snap=True)[0]['created'],
        'serial': beta.get('volume', snap=True)[0]['serial']}]
    assert beta.get('volume/alpha:pg.a.v1/diff') == [
        {'offset': 0, 'length': 40 * MIB}]
    assert beta.get('array', space=True)[0]['snapshots'] == 40 * MIB
    made = beta.post('volume/v1', source='alpha:pg.a.v1')
    assert made['size'] == 1 << 30
    assert beta.get('volume/v1/diff', base='alpha:pg.a.v1') == []


def test_statistics_of_a_transfer(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 20 * MIB)
    send(alpha, suffix='a')
    clock.advance(1)
    row = transfers(beta)['a']
    assert row == {
        'name': 'alpha:pg.a', 'source': 'alpha:pg',
        'created': row['created'], 'started': row['created'],
        'completed': None, 'progress': 0.5, 'data_transferred': 10 * MIB,
        'logical_data_transferred': 10 * MIB,
        'physical_bytes_written': 10 * MIB}
    clock.advance(100)
    done = transfers(beta)['a']
    assert done['data_transferred'] == 20 * MIB
    assert done['completed'] > done['started']
    assert transfers(alpha, 'pg')['a'] == done | {
        'name': 'pg.a', 'source': 'pg'}


def test_only_new_data_is_sent(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 20 * MIB)
    send(alpha, suffix='a')
    clock.advance(10)
    alpha.array.write('v1', MIB, MIB)
    send(alpha, suffix='b')
    send(alpha, suffix='c')
    clock.advance(10)
    assert {suffix: row['data_transferred']
            for suffix, row in transfers(beta).items()} == {
        'a': 20 * MIB, 'b': MIB, 'c': 0}
    assert beta.get('volume/alpha:pg.b.v1/diff',
                    base='alpha:pg.a.v1') == [
        {'offset': MIB, 'length': MIB}]
    assert beta.get('volume/alpha:pg.c.v1/diff',
                    base='alpha:pg.b.v1') == []


def test_content_is_known_when_it_comes_back(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 20 * MIB)
    send(alpha, suffix='a')
    clock.advance(10)
    beta.post('volume/v1', source='alpha:pg.a.v1')
    beta.array.write('v1', 0, MIB)
    beta.post('pgroup/pg', vollist=['v1'], targetlist=['alpha'])
    alpha.put('pgroup/beta:pg', allowed=True)
    send(beta, suffix='a')
    clock.advance(10)
    assert transfers(alpha, 'beta:pg')['a']['data_transferred'] == MIB
    alpha.post('volume/v1', source='beta:pg.a.v1', overwrite=True)
    assert alpha.get('volume/v1/diff', base='pg.a.v1') == [
        {'offset': 0, 'length': MIB}]


def test_snapshots_of_one_group_arrive_in_order(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 20 * MIB)
    send(alpha, suffix='a')
    send(alpha, suffix='b')
    assert progress(beta) == {'a': 0.0}
    assert progress(alpha, 'pg') == {'a': 0.0, 'b': 0.0}
    clock.advance(2)
    assert progress(beta) == {'a': 1.0, 'b': 0.0}
    clock.advance(1)
    assert progress(beta) == {'a': 1.0, 'b': 1.0}
    created = [row['started'] for row in transfers(beta).values()]
    assert created == sorted(created) and len(set(created)) == 2


def test_nothing_is_sent_to_a_target_that_does_not_allow(fleet, clock):
    alpha, beta, _gamma = fleet
    alpha.post('volume/v1', size='1G')
    alpha.post('pgroup/pg', vollist=['v1'], targetlist=['beta'])
    send(alpha, suffix='a')
    clock.advance(100)
    assert transfers(beta) == {}
    beta.put('pgroup/alpha:pg', allowed=True)
    clock.advance(100)
    assert transfers(beta) == {}


def test_disallowing_stops_the_running_transfer(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 40 * MIB)
    send(alpha, suffix='a')
    clock.advance(1)
    beta.put('pgroup/alpha:pg', allowed=False)
    clock.advance(100)
    assert progress(beta) == {'a': 0.25}
    beta.put('pgroup/alpha:pg', allowed=True)
    clock.advance(2)
    assert progress(beta) == {'a': 0.75}
    clock.advance(1)
    assert progress(beta) == {'a': 1.0}


@pytest.mark.parametrize('fault', ['offline', 'cut'])
def test_a_transfer_stalls_while_the_link_is_down(pair, clock, fault):
    alpha, beta = pair
    fleet = alpha.array.fleet
    alpha.array.write('v1', 0, 40 * MIB)
    send(alpha, suffix='a')
    clock.advance(1)
    if fault == 'offline':
        alpha.array.set_online(False)
    else:
        fleet.cut(alpha.array, beta.array)
    clock.advance(100)
    assert progress(beta) == {'a': 0.25}
    assert beta.names('volume', snap=True) == []
    assert send(alpha, suffix='b') == 'pg.b'
    if fault == 'offline':
        alpha.array.set_online(True)
    else:
        fleet.mend(alpha.array, beta.array)
    clock.advance(3)
    assert progress(beta) == {'a': 1.0, 'b': 0.0}
    clock.advance(1)
    assert progress(beta) == {'a': 1.0, 'b': 1.0}


def test_a_dead_source_leaves_what_has_arrived(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 10 * MIB)
    send(alpha, suffix='a')
    clock.advance(5)
    alpha.array.set_online(False)
    old = beta.as_version('1.3')
    assert old.names('volume/alpha:pg.a', snap=True, pgroup=True) == [
        'alpha:pg.a.v1']
    beta.post('volume/v1', source='alpha:pg.a.v1', overwrite=True)
    assert beta.get('volume/v1/diff') == [
        {'offset': 0, 'length': 10 * MIB}]


def test_changes_reach_the_target_when_the_link_is_back(pair):
    alpha, beta = pair
    beta.array.set_online(False)
    alpha.post('volume/v2', size='1G')
    alpha.put('pgroup/pg', addvollist=['v2'])
    alpha.put('pgroup/pg', name='new')
    assert beta.get('pgroup/alpha:pg')['volumes'] == ['alpha:v1']
    beta.array.set_online(True)
    assert beta.get('pgroup/alpha:new')['volumes'] == [
        'alpha:v1', 'alpha:v2']
    assert alpha.get('pgroup/new')['targets'][0]['allowed'] is True


def test_a_renamed_array_is_known_by_its_new_name(pair, clock):
    alpha, beta = pair
    send(alpha, suffix='a')
    clock.advance(5)
    alpha.put('array', name='omega')
    assert beta.names('pgroup', snap=True) == ['omega:pg.a']
    assert beta.get('pgroup/omega:pg')['source'] == 'omega'
    beta.put('array', name='psi')
    assert alpha.get('pgroup/pg')['targets'] == [
        {'name': 'psi', 'allowed': True}]


def test_a_schedule_replicates_and_the_target_retains(pair, clock):
    alpha, beta = pair
    alpha.put('pgroup/pg', target_all_for=1000, target_days=0,
              replicate_frequency=300, all_for=400, days=0)
    alpha.put('pgroup/pg', replicate_enabled=True)
    assert progress(beta) == {'1': 0.0}
    clock.advance(3002)
    assert list(progress(alpha, 'pg')) == ['10', '11']
    assert list(progress(beta)) == ['8', '9', '10', '11']
    assert len(beta.get('pgroup', snap=True, pending_only=True)) == 7


def test_a_schedule_waits_for_the_unfinished(pair, clock):
    alpha, beta = pair
    alpha.put('pgroup/pg', replicate_frequency=300, replicate_enabled=True)
    alpha.get('pgroup')
    clock.advance(10)
    beta.array.set_online(False)
    clock.advance(3000)
    assert list(progress(alpha, 'pg')) == ['1', '2']
    beta.array.set_online(True)
    clock.advance(301)
    assert list(progress(beta)) == ['1', '2', '3']


def test_a_blackout_puts_replication_off(pair, clock):
    alpha, beta = pair
    now_s = alpha.array.core.now_s()
    clock.advance(-now_s % 86400)
    alpha.put('pgroup/pg', replicate_frequency=3600,
              replicate_blackout={'start': 1800, 'end': 9000})
    alpha.put('pgroup/pg', replicate_enabled=True)
    clock.advance(4 * 3600)
    assert [row['created'][11:] for row in beta.get(
        'pgroup/alpha:pg', snap=True)] == [
        '00:00:00Z', '02:30:00Z', '03:30:00Z']


def test_a_snapshot_is_sent_later(pair, clock):
    alpha, beta = pair
    for suffix in ('a', 'b'):
        alpha.post('pgroup', snap=True, source=['pg'], suffix=suffix)
    assert alpha.names('pgroup', snap=True) == ['pg.a', 'pg.b']
    for params in ({'name': ['pg.b']}, {'source': ['pg.a'],
                                        'to': ['beta']}):
        sent = alpha.post('pgroup', action='send', **params)
        assert [row['source'] for row in sent] == ['pg']
    clock.advance(2)
    assert progress(beta) == {'b': 1.0, 'a': 1.0}
    assert 'Target could not be found' in alpha.refusal(
        'POST', 'pgroup', action='send', source=['pg.a'], to=['gamma'])


def test_destroying_a_snapshot_under_way_ends_its_transfer(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 40 * MIB)
    send(alpha, suffix='a')
    send(alpha, suffix='b')
    clock.advance(1)
    alpha.delete('pgroup/pg.a')
    assert progress(beta) == {'b': 0.0}
    clock.advance(4)
    assert progress(beta) == {'b': 1.0}
    assert len(beta.array.db.arrivals) == 1
    assert len(alpha.array.db.transfers) == 1


def test_a_destroyed_source_group_leaves_its_replica(pair, clock):
    alpha, beta = pair
    send(alpha, suffix='7')
    clock.advance(5)
    alpha.delete('pgroup/pg')
    alpha.delete('pgroup/pg', eradicate=True)
    assert progress(beta) == {'7': 1.0}
    alpha.post('pgroup/pg', vollist=['v1'], targetlist=['beta'])
    assert alpha.get('pgroup/pg')['targets'][0]['allowed'] is True
    assert send(alpha) == 'pg.8'
    clock.advance(5)
    assert progress(beta) == {'7': 1.0, '8': 1.0}


def test_a_replica_is_destroyed_and_recovered_on_the_target(pair, clock):
    alpha, beta = pair
    send(alpha, suffix='a')
    clock.advance(5)
    beta.delete('pgroup/alpha:pg')
    assert beta.names('volume', snap=True) == []
    assert alpha.get('pgroup/pg')['targets'][0]['allowed'] is False
    send(alpha, suffix='b')
    clock.advance(5)
    beta.put('pgroup/alpha:pg', action='recover')
    assert alpha.get('pgroup/pg')['targets'][0]['allowed'] is True
    assert progress(beta) == {'a': 1.0}
    beta.delete('pgroup/alpha:pg.a')
    beta.delete('pgroup/alpha:pg.a', eradicate=True)
    assert beta.names('volume', snap=True, pending=True) == []
    beta.delete('pgroup/alpha:pg')
    beta.delete('pgroup/alpha:pg', eradicate=True)
    assert len(beta.array.db.arrivals) == 0
    assert beta.names('pgroup', pending=True) == []


@pytest.mark.parametrize('change', [
    {'addvollist': ['v9']}, {'snap_enabled': True}, {'all_for': 60},
    {'name': 'x'}, {'addtargetlist': ['alpha']}])
def test_a_replica_is_changed_at_its_source_only(pair, change):
    _alpha, beta = pair
    beta.post('volume/v9', size='1G')
    assert beta.refusal('PUT', 'pgroup/alpha:pg', **change) == (
        'Operation is not permitted on a replicated protection group.')
    assert beta.refusal('POST', 'pgroup', snap=True,
                        source=['alpha:pg']) == (
        'Operation is not permitted on a replicated protection group.')


def test_a_replicated_snapshot_is_restored_into_a_group(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 40 * MIB)
    send(alpha, suffix='a')
    clock.advance(1)
    assert 'not fully replicated' in beta.refusal(
        'POST', 'pgroup/mine', source='alpha:pg.a', overwrite=True)
    clock.advance(5)
    restored = beta.post('pgroup/mine', source='alpha:pg.a',
                         overwrite=True)
    assert restored['volumes'] == ['v1']
    assert beta.get('volume/v1/diff', base='alpha:pg.a.v1') == []


def test_a_throttled_connection_is_slower(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 40 * MIB)
    send(alpha, suffix='a')
    clock.advance(1)
    alpha.put('array/connection/beta', default_limit='5M')
    clock.advance(2)
    assert progress(beta) == {'a': 0.5}
    alpha.put('array/connection/beta', default_limit='')
    clock.advance(2)
    assert progress(beta) == {'a': 1.0}


def test_a_full_target_takes_nothing(pair, clock):
    alpha, beta = pair
    beta.array.reconfigure(system_bytes=beta.array.config.capacity_bytes)
    send(alpha, suffix='a')
    clock.advance(5)
    assert transfers(beta) == {}
    beta.array.reconfigure(system_bytes=0)
    send(alpha, suffix='b')
    clock.advance(5)
    assert progress(beta) == {'b': 1.0}


def test_disconnecting_stops_and_connecting_goes_on(pair, clock):
    alpha, beta = pair
    alpha.array.write('v1', 0, 40 * MIB)
    send(alpha, suffix='a')
    clock.advance(1)
    alpha.delete('array/connection/beta')
    clock.advance(100)
    assert progress(beta) == {'a': 0.25}
    connect(alpha, beta)
    clock.advance(3)
    assert progress(beta) == {'a': 1.0}


def test_transfers_survive_a_restart(make_fleet, client_of, clock,
                                     tmp_path):
    paths = {name: tmp_path / name for name in ('alpha', 'beta')}
    alpha, beta = map(client_of, make_fleet(
        *paths, paths=paths, replication_rate=RATE))
    connect(alpha, beta)
    alpha.post('volume/v1', size='1G')
    alpha.post('pgroup/pg', vollist=['v1'], targetlist=['beta'])
    beta.put('pgroup/alpha:pg', allowed=True)
    alpha.array.write('v1', 0, 40 * MIB)
    send(alpha, suffix='a')
    clock.advance(1)
    alpha, beta = map(client_of, make_fleet(
        *paths, paths=paths, replication_rate=RATE))
    assert progress(beta) == {'a': 0.25}
    clock.advance(3)
    assert beta.names('volume', snap=True) == ['alpha:pg.a.v1']


def test_a_group_of_a_pod_is_known_by_the_pods_name(fleet, clock):
    alpha, beta, _gamma = fleet
    alpha.post('pod/pod1')
    alpha.post('volume/pod1::v1', size='1G')
    alpha.post('pgroup/pod1::pg', vollist=['pod1::v1'],
               targetlist=['beta'])
    replica = beta.get('pgroup/pod1:pg')
    assert replica['source'] == 'alpha'
    assert replica['volumes'] == ['pod1:v1']
    beta.put('pgroup/pod1:pg', allowed=True)
    alpha.post('pgroup', snap=True, source=['pod1::pg'], suffix='a',
               replicate_now=True)
    clock.advance(5)
    assert beta.names('volume', snap=True) == ['pod1:pg.a.v1']
    beta.post('volume/v1', source='pod1:pg.a.v1')


def test_a_group_of_a_stretched_pod_has_either_array_as_source(
        make_fleet, client_of, clock):
    alpha, beta, gamma = clients = [
        client_of(array) for array in make_fleet('alpha', 'beta', 'gamma')]
    alpha.post('array/connection', management_address='beta', type=['sync'],
               connection_key=beta.array.core.setting('connection_key'))
    for client in (alpha, beta):
        connect(client, gamma)
    alpha.post('pod/pod1')
    alpha.post('pod/pod1/array/beta')
    clock.advance(1000)
    alpha.post('volume/pod1::v1', size='1G')
    alpha.post('pgroup/pod1::pg', vollist=['pod1::v1'],
               targetlist=['gamma'])
    gamma.put('pgroup/pod1:pg', allowed=True)
    assert all(client.get('pgroup/pod1::pg')['targets'] == [
        {'name': 'gamma', 'allowed': True}] for client in clients[:2])
    alpha.put('pgroup/pod1::pg', replicate_frequency=300,
              replicate_enabled=True)
    clock.advance(299)
    assert list(progress(gamma, 'pod1:pg')) == ['1']
    clock.advance(2)
    assert list(progress(gamma, 'pod1:pg')) == ['1', '2']
    alpha.array.set_online(False)
    clock.advance(300)
    beta.get('array')
    clock.advance(2)
    assert progress(gamma, 'pod1:pg') == {'1': 1.0, '2': 1.0, '3': 1.0}
    assert beta.names('pgroup', snap=True) == [
        'pod1::pg.1', 'pod1::pg.2', 'pod1::pg.3']
    assert alpha.names('pgroup', snap=True) == ['pod1::pg.1', 'pod1::pg.2']


def test_a_foreign_replica_keeps_its_name(fleet):
    alpha, beta, gamma = fleet
    connect(gamma, beta)
    for client in (alpha, gamma):
        client.post('pod/pod1')
    alpha.post('pgroup/pod1::pg', targetlist=['beta'])
    with pytest.raises(errors.PurityError, match='already exists'):
        gamma.post('pgroup/pod1::pg', targetlist=['beta'])
    assert gamma.get('pgroup') == []
