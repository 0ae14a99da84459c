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
"""Moving volumes between the root, pods and volume groups (3.8)."""

import pytest

_STRETCHED = 'Operation is not permitted on a stretched pod.'


@pytest.fixture
def client(client):
    """An array with two pods and two volume groups."""
    for path in ('pod/pod1', 'pod/pod2', 'vgroup/vg1', 'vgroup/vg2'):
        client.post(path)
    return client


@pytest.fixture
def pair(make_fleet, client_of):
    """Two arrays with two pods on both, and a pod on each alone."""
    one, two = make_fleet('one', 'two')
    with one.transaction():
        one.array_connections.connect(
            'two', two.core.setting('connection_key'), ['sync'], None)
    clients = client_of(one), client_of(two)
    for name in ('both', 'ghost', 'alone'):
        clients[0].post(f'pod/{name}')
    for name in ('both', 'ghost'):
        clients[0].post(f'pod/{name}/array/two')
    return clients


@pytest.mark.parametrize('name, container, moved', [
    ('v1', 'pod1', 'pod1::v1'), ('v1', 'vg1', 'vg1/v1'),
    ('pod1::v1', '', 'v1'), ('pod1::v1', 'pod2', 'pod2::v1'),
    ('pod1::v1', 'vg1', 'vg1/v1'), ('vg1/v1', '', 'v1'),
    ('vg1/v1', 'pod1', 'pod1::v1'), ('vg1/v1', 'vg2', 'vg2/v1'),
    ('v1', '', 'v1'), ('pod1::v1', 'pod1', 'pod1::v1')])
def test_a_move_takes_along_all_that_hangs_on_a_volume(
        client, array, name, container, moved):
    client.post(f'volume/{name}', size='1G', bandwidth_limit='10M')
    client.post('host/h1')
    client.post(f'host/h1/volume/{name}')
    data = array.write(name, 0, 512)
    client.post('volume', snap=True, source=[name], suffix='s')
    client.post('volume', snap=True, source=[name], suffix='old')
    client.delete(f'volume/{name}.old')
    client.post(f'volume/{name}/tags', key='k', value='v')
    before = client.get(f'volume/{name}')
    assert client.put(f'volume/{name}', container=container) == {
        'name': moved}
    assert client.get(f'volume/{moved}') == before | {'name': moved}
    assert client.names('volume') == [moved]
    assert client.names('volume', snap=True, pending=True) == [
        f'{moved}.s', f'{moved}.old']
    assert array.read(moved) == array.read(f'{moved}.s') == (
        (0, 512, data),)
    assert client.get('host/h1/volume')[0]['vol'] == moved
    assert client.get(f'volume/{moved}', qos=True)['bandwidth_limit'] == (
        10 << 20)
    assert client.get(f'volume/{moved}', tags=True)[0]['value'] == 'v'


@pytest.mark.parametrize('name, container, text', [
    ('v1', 'nowhere', 'Volume group or pod does not exist.'),
    ('none', 'pod1', 'Volume does not exist.'),
    ('dead', 'pod1', 'Volume has been destroyed.'),
    ('v1', 'pod1', 'Volume already exists.'),
    ('V1', 'POD1', 'Volume already exists.'),
    ('pod1::v1', '', 'Volume already exists.'),
    ('v1', 'vg1', 'Volume has been destroyed.'),
    ('v1', 'pod2', 'Volume has been destroyed.'),
    ('v1', 'vg2', 'Volume group has been destroyed.'),
    ('v1', 'gone', 'Pod has been destroyed.')])
def test_moves_that_are_refused(client, name, container, text):
    for volume in ('v1', 'dead', 'pod1::v1', 'pod2::v1', 'vg1/v1'):
        client.post(f'volume/{volume}', size='1G')
    client.post('pod/gone')
    for path in ('volume/dead', 'volume/pod2::v1', 'volume/vg1/v1',
                 'vgroup/vg2', 'pod/gone'):
        client.delete(path)
    before = client.get('volume', pending=True)
    assert client.refusal(
        'PUT', f'volume/{name}', container=container).startswith(text)
    assert client.get('volume', pending=True) == before


def test_the_way_is_free_when_what_was_destroyed_is_eradicated(client):
    for volume in ('v1', 'pod1::v1'):
        client.post(f'volume/{volume}', size='1G')
    client.delete('volume/pod1::v1')
    client.delete('volume/pod1::v1', eradicate=True)
    client.put('volume/v1', container='pod1')
    assert client.names('volume') == ['pod1::v1']


@pytest.mark.parametrize('name, container', [
    ('v1', 'pod1'), ('pod1::v2', ''), ('pod1::v2', 'pod2')])
def test_no_moves_into_or_out_of_a_demoted_pod(client, name, container):
    client.post('volume/v1', size='1G')
    client.post('volume/pod1::v2', size='1G')
    client.put('pod/pod1', requested_promotion_state='demoted')
    assert client.refusal('PUT', f'volume/{name}', container=container) == (
        'Operation is not permitted on a demoted pod.')


def test_a_member_of_a_group_stays_where_the_group_is(client):
    client.post('volume/v1', size='1G')
    client.post('pgroup/pg', vollist=['v1'])
    assert 'protection group' in client.refusal(
        'PUT', 'volume/v1', container='pod1')
    client.put('volume/v1', container='vg1')
    assert client.get('pgroup/pg')['volumes'] == ['vg1/v1']
    client.put('pgroup/pg', remvollist=['vg1/v1'])
    client.put('volume/vg1/v1', container='pod1')


def test_a_destroyed_group_is_left_with_the_move(client):
    client.post('volume/v1', size='1G')
    client.post('pgroup/pg', vollist=['v1'])
    client.delete('pgroup/pg')
    client.put('volume/v1', container='pod1')
    client.put('pgroup/pg', action='recover')
    assert client.get('pgroup/pg')['volumes'] is None


@pytest.mark.parametrize('name, container', [
    ('v1', 'both'), ('both::v2', ''), ('alone::v3', 'both'),
    ('both::v2', 'alone'), ('both::v2', 'vg1')])
def test_no_moves_into_or_out_of_a_stretched_pod(pair, name, container):
    one, two = pair
    one.post('vgroup/vg1')
    for volume in ('v1', 'both::v2', 'alone::v3'):
        one.post(f'volume/{volume}', size='1G')
    assert one.refusal('PUT', f'volume/{name}', container=container) == (
        _STRETCHED)
    one.get(f'volume/{name}')
    assert two.names('volume') == ['both::v2']


def test_a_copy_into_a_stretched_pod_is_on_both(pair):
    one, two = pair
    one.post('volume/v1', size='1G')
    data = one.array.write('v1', 0, 512)
    one.post('volume', snap=True, source=['v1'], suffix='s')
    one.post('volume/both::v1', source='v1')
    one.post('volume/both::v2', source='v1.s')
    one.array.write('v1', 0, 512)
    one.post('volume/both::v2', source='both::v1', overwrite=True)
    for name in ('both::v1', 'both::v2'):
        assert one.get(f'volume/{name}')['source'] is not None
        assert two.array.read(name) == ((0, 512, data),)
    two.post('volume/mine', source='both::v1')
    assert two.array.read('mine') == ((0, 512, data),)


def test_moves_between_pods_that_are_stretched_alike(pair):
    one, two = pair
    one.post('volume/ghost::v1', size='1G')
    one.post('volume', snap=True, source=['ghost::v1'], suffix='s')
    two.post('host/h1')
    two.post('host/h1/volume/ghost::v1')
    data = one.array.write('ghost::v1', 0, 512)
    assert one.put('volume/ghost::v1', container='both') == {
        'name': 'both::v1'}
    for client in pair:
        assert client.names('volume') == ['both::v1']
        assert client.names('volume', snap=True) == ['both::v1.s']
        assert client.array.read('both::v1') == ((0, 512, data),)
    assert two.get('host/h1/volume')[0]['vol'] == 'both::v1'
    two.put('volume/both::v1', container='ghost')
    assert one.names('volume') == ['ghost::v1']


def test_no_move_between_pods_that_are_not_in_sync(pair, clock):
    one, two = pair
    one.post('volume/alone::v1', size='1G')
    one.array.write('alone::v1', 0, 512)
    one.post('pod/alone/array/two')
    assert one.refusal('PUT', 'volume/alone::v1', container='both') == (
        _STRETCHED)
    clock.advance(60)
    one.put('volume/alone::v1', container='both')
    assert two.names('volume') == ['both::v1']
    one.post('volume/ghost::v2', size='1G')
    two.array.set_online(False)
    assert one.refusal('PUT', 'volume/ghost::v2', container='both') == (
        _STRETCHED)


@pytest.mark.parametrize('eradicate_at', [0, 1])
def test_group_snapshots_stay_behind_on_the_array_that_moved(
        pair, eradicate_at):
    one, two = pair
    one.post('volume/ghost::v1', size='1G')
    one.post('pgroup/ghost::pg', vollist=['ghost::v1'])
    one.post('pgroup', snap=True, source=['ghost::pg'], suffix='s')
    assert two.names('volume', snap=True) == ['ghost::pg.s.v1']
    one.put('pgroup/ghost::pg', vollist=[])
    one.put('volume/ghost::v1', container='both')
    assert one.names('volume', snap=True) == ['ghost::pg.s.v1']
    assert two.names('volume', snap=True) == []
    client = pair[eradicate_at]
    client.delete('pgroup/ghost::pg.s')
    client.delete('pgroup/ghost::pg.s', eradicate=True)
    for client in pair:
        assert client.names('pgroup', snap=True, pending=True) == []
        assert client.names('volume', snap=True, pending=True) == []
