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
"""Protection groups inside pods, on one array and on two."""

import pytest

_DAY_S = 86400


@pytest.fixture
def pair(make_fleet, client_of):
    """A stretched pod with a volume and a group of it."""
    one, two, three = make_fleet('one', 'two', 'three')
    for first, second, kind in ((one, two, 'sync'), (one, three, 'async'),
                                (two, three, 'async')):
        with first.transaction():
            first.array_connections.connect(
                second.name, second.core.setting('connection_key'), [kind],
                None)
    client = client_of(one)
    client.post('pod/pod1')
    client.post('volume/pod1::v1', size='1G')
    client.post('pgroup/pod1::pg', vollist=['pod1::v1'])
    client.post('pod/pod1/array/two')
    return client, client_of(two)


def test_a_pod_with_a_group_is_not_empty(client):
    client.post('pod/pod1')
    client.post('pgroup/pod1::pg')
    assert client.names('pgroup') == ['pod1::pg']
    assert 'protection groups' in client.refusal('DELETE', 'pod/pod1')
    client.delete('pgroup/pod1::pg')
    client.delete('pod/pod1')
    assert 'Cannot eradicate pod' in client.refusal(
        'DELETE', 'pod/pod1', eradicate=True)
    client.delete('pgroup/pod1::pg', eradicate=True)
    client.delete('pod/pod1', eradicate=True)


def test_renaming_a_pod_renames_its_groups(client):
    client.post('pod/pod1')
    client.post('volume/pod1::v1', size='1G')
    client.post('pgroup/pod1::pg', vollist=['pod1::v1'])
    client.post('pgroup', snap=True, source=['pod1::pg'], suffix='s')
    client.put('pod/pod1', name='pod2')
    assert client.get('pgroup/pod2::pg')['volumes'] == ['pod2::v1']
    assert client.names('pgroup', snap=True) == ['pod2::pg.s']
    assert client.names('volume', snap=True) == ['pod2::pg.s.v1']


def test_a_protected_volume_stays_in_its_pod(client):
    client.post('pod/pod1')
    client.post('volume/pod1::v1', size='1G')
    client.post('pgroup/pod1::pg', vollist=['pod1::v1'])
    assert 'protection group' in client.refusal(
        'PUT', 'volume/pod1::v1', container='')
    client.put('pgroup/pod1::pg', remvollist=['pod1::v1'])
    client.put('volume/pod1::v1', container='')


def test_a_group_of_a_stretched_pod_is_on_both(pair):
    one, two = pair
    assert two.get('pgroup/pod1::pg')['volumes'] == ['pod1::v1']
    two.post('volume/pod1::v2', size='1G')
    two.put('pgroup/pod1::pg', addvollist=['pod1::v2'])
    assert one.get('pgroup/pod1::pg')['volumes'] == ['pod1::v1', 'pod1::v2']
    two.post('pgroup', snap=True, source=['pod1::pg'], suffix='s')
    for client in pair:
        assert client.names('pgroup', snap=True) == ['pod1::pg.s']
        assert client.names('volume', snap=True) == [
            'pod1::pg.s.v1', 'pod1::pg.s.v2']
    one.delete('pgroup/pod1::pg.s')
    one.delete('pgroup/pod1::pg.s', eradicate=True)
    assert two.get('pgroup', snap=True, pending=True) == []
    assert two.get('volume', snap=True, pending=True) == []


def test_a_schedule_runs_once_for_both(pair, clock):
    one, two = pair
    one.put('pgroup/pod1::pg', snap_frequency=3600, snap_enabled=True)
    clock.advance(2 * 3600)
    for client in pair:
        assert client.names('pgroup', snap=True) == [
            'pod1::pg.1', 'pod1::pg.2', 'pod1::pg.3']
    two.put('pgroup/pod1::pg', snap_enabled=False)
    clock.advance(_DAY_S)
    assert len(one.get('pgroup', snap=True)) == len(
        two.get('pgroup', snap=True)) <= 3


def test_an_old_copy_has_no_schedule(pair, clock):
    one, two = pair
    one.put('pgroup/pod1::pg', snap_frequency=3600, snap_enabled=True)
    one.array.fleet.cut(one.array, two.array)
    clock.advance(7200)
    assert len(one.get('pgroup', snap=True)) == 3
    assert len(two.get('pgroup', snap=True)) == 1
    one.array.fleet.mend(one.array, two.array)
    assert two.names('pgroup', snap=True) == one.names('pgroup', snap=True)


def test_a_third_array_gets_replicas_from_whoever_is_left(pair, clock,
                                                          client_of):
    one, two = pair
    three = client_of(one.array.fleet.peers(one.array)[1])
    assert three.array.name == 'three'
    one.put('pgroup/pod1::pg', targetlist=['three'])
    assert three.names('pgroup') == ['pod1:pg']
    three.put('pgroup/pod1:pg', allowed=True)
    assert two.get('pgroup/pod1::pg')['targets'] == [
        {'name': 'three', 'allowed': True}]
    one.post('pgroup', snap=True, source=['pod1::pg'], suffix='s1',
             replicate_now=True)
    clock.advance(60)
    one.array.set_online(False)
    two.post('pgroup', snap=True, source=['pod1::pg'], suffix='s2',
             replicate_now=True)
    clock.advance(60)
    assert three.names('pgroup', snap=True) == ['pod1:pg.s1', 'pod1:pg.s2']
    assert [row['progress'] for row in three.get(
        'pgroup/pod1:pg', snap=True, transfer=True)] == [1.0, 1.0]
    one.array.set_online(True)
    clock.advance(60)
    assert one.names('pgroup', snap=True) == ['pod1::pg.s1', 'pod1::pg.s2']


def test_a_group_of_hosts_protects_nothing_in_a_pod(client):
    client.post('pod/pod1')
    client.post('host/h1')
    for name in ('v1', 'pod1::v1'):
        client.post(f'volume/{name}', size='1G')
        client.post(f'host/h1/volume/{name}')
    client.post('pgroup/pg', hostlist=['h1'])
    client.post('pgroup', snap=True, source=['pg'], suffix='s')
    assert client.get('volume', snap=True)[0]['source'] == 'v1'
    assert client.names('volume', snap=True) == ['pg.s.v1']
