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
"""A failover and the way back by asynchronous replication."""

import pytest

MIB = 1 << 20


@pytest.fixture
def fleet(make_fleet, client_of):
    """alpha replicates v1 to beta and gamma, beta may to alpha."""
    alpha, beta, gamma = clients = [client_of(array) for array in make_fleet(
        'alpha', 'beta', 'gamma', replication_rate=10 * MIB)]
    for peer in (beta, gamma):
        alpha.post('array/connection', management_address=peer.array.name,
                   connection_key=peer.array.core.setting('connection_key'))
    alpha.post('volume/v1', size='1G')
    alpha.post('pgroup/pg', vollist=['v1'], targetlist=['beta', 'gamma'])
    for peer in (beta, gamma):
        peer.put('pgroup/alpha:pg', allowed=True)
    return clients


def send(client, suffix):
    client.post('pgroup', snap=True, source=['pg'], suffix=suffix,
                replicate_now=True)


def progress(client, name='alpha:pg'):
    return {row['name'].rpartition('.')[2]: row['progress'] for row in
            client.get(f'pgroup/{name}', snap=True, transfer=True)}


def test_there_and_back(fleet, clock):
    alpha, beta, _gamma = fleet
    first = alpha.array.write('v1', 0, MIB)
    serial = alpha.get('volume/v1')['serial']
    send(alpha, 'a')
    clock.advance(10)
    lost = alpha.array.write('v1', MIB, MIB)

    # Failover: alpha is gone, beta serves what has arrived.
    alpha.array.set_online(False)
    beta.post('volume/v1', source='alpha:pg.a.v1')
    assert beta.get('volume/v1')['serial'] != serial
    assert beta.array.read('v1') == ((0, MIB, first),)
    news = beta.array.write('v1', 2 * MIB, MIB)

    # Failback: alpha is there again, and gets only what it does not have.
    alpha.array.set_online(True)
    assert alpha.array.read('v1') == (
        (0, MIB, first), (MIB, MIB, lost))
    beta.post('pgroup/pg', vollist=['v1'], targetlist=['alpha'])
    assert alpha.get('pgroup/beta:pg')['source'] == 'beta'
    alpha.put('pgroup/beta:pg', allowed=True)
    send(beta, 'back')
    clock.advance(10)
    [row] = alpha.get('pgroup/beta:pg', snap=True, transfer=True)
    assert (row['progress'], row['data_transferred']) == (1.0, MIB)
    alpha.post('volume/v1', source='beta:pg.back.v1', overwrite=True)
    assert alpha.array.read('v1') == (
        (0, MIB, first), (2 * MIB, MIB, news))
    assert alpha.get('volume/v1')['serial'] == serial

    # What was overwritten can still be had for a day.
    [undo] = [name for name in alpha.names(
        'volume/v1', snap=True, pending=True)
        if name not in alpha.names('volume/v1', snap=True)]
    alpha.put(f'volume/{undo}', action='recover')
    assert alpha.array.read(undo) == ((0, MIB, first), (MIB, MIB, lost))

    # Replication goes on in the first direction.
    send(alpha, 'again')
    clock.advance(10)
    assert progress(beta) == {'a': 1.0, 'again': 1.0}
    assert beta.array.read('alpha:pg.again.v1') == alpha.array.read('v1')


def test_overwriting_on_the_target(fleet, clock):
    alpha, beta, _gamma = fleet
    data = alpha.array.write('v1', 0, MIB)
    alpha.put('volume/v1', size='2G')
    send(alpha, 'a')
    clock.advance(10)
    beta.post('volume/v1', size='1G')
    beta.post('host/h1')
    beta.post('host/h1/volume/v1')
    beta.array.write('v1', MIB, MIB)
    serial = beta.get('volume/v1')['serial']
    for overwrite in ({}, {'overwrite': False}):
        assert beta.refusal(
            'POST', 'volume/v1', source='alpha:pg.a.v1', **overwrite) == (
                'Volume already exists.')
    shown = beta.post('volume/v1', source='alpha:pg.a.v1', overwrite=True)
    assert (shown['serial'], shown['size']) == (serial, 2 << 30)
    assert beta.array.read('v1') == ((0, MIB, data),)
    assert beta.get('host/h1/volume')[0]['vol'] == 'v1'
    assert len(beta.get('volume/v1', snap=True, pending=True)) == 1


def test_what_has_not_arrived_whole_is_no_source(fleet, clock):
    alpha, beta, _gamma = fleet
    alpha.array.write('v1', 0, MIB)
    send(alpha, 'a')
    clock.advance(10)
    alpha.array.write('v1', 0, 40 * MIB)
    send(alpha, 'b')
    clock.advance(2)
    assert progress(beta) == {'a': 1.0, 'b': 0.5}
    alpha.array.set_online(False)
    clock.advance(3600)
    assert progress(beta) == {'a': 1.0, 'b': 0.5}
    assert beta.refusal('POST', 'volume/v1', source='alpha:pg.b.v1') == (
        'No such volume or snapshot.')
    assert beta.refusal('POST', 'pgroup/restored',
                        source='alpha:pg.b') == (
        'Protection group snapshot is not fully replicated.')
    beta.post('volume/v1', source='alpha:pg.a.v1')
    alpha.array.set_online(True)
    clock.advance(2)
    assert progress(beta) == {'a': 1.0, 'b': 1.0}
    beta.post('volume/v1', source='alpha:pg.b.v1', overwrite=True)


def test_each_target_goes_at_its_own_pace(fleet, clock):
    alpha, beta, gamma = fleet
    alpha.array.write('v1', 0, 40 * MIB)
    alpha.array.fleet.cut(alpha.array, gamma.array)
    send(alpha, 'a')
    clock.advance(4)
    assert (progress(beta), progress(gamma)) == ({'a': 1.0}, {})
    send(alpha, 'b')
    alpha.array.fleet.mend(alpha.array, gamma.array)
    clock.advance(2)
    assert (progress(beta), progress(gamma)) == (
        {'a': 1.0, 'b': 1.0}, {'a': 0.5})
    clock.advance(10)
    assert progress(gamma) == {'a': 1.0, 'b': 1.0}
    assert gamma.array.read('alpha:pg.b.v1') == beta.array.read(
        'alpha:pg.b.v1') == alpha.array.read('v1')


def test_a_group_is_restored_on_the_target_and_over_its_source(fleet, clock):
    alpha, beta, _gamma = fleet
    alpha.post('volume/v2', size='1G')
    alpha.put('pgroup/pg', addvollist=['v2'])
    old = {name: alpha.array.write(name, 0, MIB) for name in ('v1', 'v2')}
    send(alpha, 'a')
    clock.advance(10)
    beta.post('pgroup/pg', source='alpha:pg.a')
    assert beta.get('pgroup/pg')['volumes'] == ['v1', 'v2']
    for name in ('v1', 'v2'):
        alpha.array.write(name, 0, MIB)
    alpha.post('pgroup/pg', source='pg.a', overwrite=True)
    for name, data in old.items():
        assert alpha.array.read(name) == ((0, MIB, data),)
        assert beta.array.read(name) == ((0, MIB, data),)
