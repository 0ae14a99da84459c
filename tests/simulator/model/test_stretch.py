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
"""Stretched pods: one pod on two arrays, also when one is gone."""

import pytest

_DAY_S = 86400
_ONLINE = ['online', 'online']


@pytest.fixture
def pair(make_fleet):
    """Two arrays connected for synchronous replication."""
    one, two = make_fleet('one', 'two')
    with one.transaction():
        one.array_connections.connect(
            'two', two.core.setting('connection_key'), ['sync'], None)
    return one, two


@pytest.fixture
def one(pair, client_of):
    client = client_of(pair[0])
    client.post('pod/pod1')
    return client


@pytest.fixture
def two(pair, one, client_of):
    """The second array, which has the pod, too."""
    one.post('pod/pod1/array/two')
    return client_of(pair[1])


def statuses(client):
    return [member['status'] for member in client.get('pod/pod1')['arrays']]


def test_stretching_shows_the_same_pod_on_both(one, two):
    assert [member['name'] for member in one.get('pod/pod1')['arrays']] == [
        'one', 'two']
    assert two.get('pod/pod1') == one.get('pod/pod1')
    assert statuses(one) == _ONLINE


def test_stretching_twice_is_refused(make_fleet, client_of, one, two):
    assert one.refusal('POST', 'pod/pod1/array/two') == (
        'Array already exists in pod.')
    one.array.reconfigure(purity_version='6.4.10')
    assert one.refusal('POST', 'pod/pod1/array/two') == (
        'Pod array limit reached.')


def test_stretching_needs_a_synchronous_connection(make_fleet, client_of):
    three, four = make_fleet('three', 'four')
    client = client_of(three)
    client.post('pod/pod1')
    assert client.refusal('POST', 'pod/pod1/array/four') == (
        'Array connection does not exist.')
    with three.transaction():
        three.array_connections.connect(
            'four', four.core.setting('connection_key'), ['async'], None)
    assert client.refusal('POST', 'pod/pod1/array/four') == (
        'Array is not connected for synchronous replication.')


def test_stretching_needs_a_free_name_and_a_reachable_array(
        one, pair, client_of):
    other = client_of(pair[1])
    other.post('pod/POD1')
    assert one.refusal('POST', 'pod/pod1/array/two') == (
        'Pod already exists.')
    other.delete('pod/POD1')
    assert 'has been destroyed' in one.refusal(
        'POST', 'pod/pod1/array/two')
    other.delete('pod/POD1', eradicate=True)
    pair[1].set_online(False)
    assert one.refusal('POST', 'pod/pod1/array/two') == (
        'Array cannot be reached.')
    pair[1].set_online(True)
    one.post('pod/pod1/array/two')


def test_both_arrays_manage_what_is_in_it(one, two):
    made = one.post('volume/pod1::v1', size='1G')
    assert two.get('volume/pod1::v1') == made
    assert two.put('volume/pod1::v1', size='2G')['size'] == 2 << 30
    assert one.get('volume/pod1::v1')['size'] == 2 << 30
    taken = two.post('volume', snap=True, source=['pod1::v1'], suffix='s')
    assert one.get('volume/pod1::v1', snap=True) == taken
    one.post('volume/pod1::v1/tags', key='k', value='v')
    assert two.get('volume/pod1::v1', tags=True)[0]['value'] == 'v'
    two.put('volume/pod1::v1', name='v2')
    assert one.names('volume', snap=True) == ['pod1::v2.s']
    two.put('volume/pod1::v2', bandwidth_limit='10M')
    assert one.get('volume/pod1::v2', qos=True)['bandwidth_limit'] == (
        10 << 20)
    two.delete('volume/pod1::v2.s')
    assert one.get('volume', snap=True) == []
    two.delete('volume/pod1::v2')
    assert one.names('volume', pending_only=True) == ['pod1::v2']
    one.delete('volume/pod1::v2', eradicate=True)
    assert two.get('volume', pending=True) == []


def test_a_refusal_leaves_both_as_they_were(one, two):
    one.post('volume/pod1::v1', size='1G')
    one.refusal('POST', 'volume', snap=True, source=['pod1::v1', 'none'])
    assert two.get('volume', snap=True) == []
    assert one.get('volume', snap=True) == []


def test_both_forget_what_is_due_once(one, two, clock):
    one.post('volume/pod1::v1', size='1G')
    one.delete('volume/pod1::v1')
    clock.advance(_DAY_S)
    assert two.get('volume', pending=True) == []
    assert one.get('volume', pending=True) == []


def test_writes_reach_both(one, two):
    one.post('volume/pod1::v1', size='1G')
    one.array.write('pod1::v1', 0, 4096)
    two.array.write('pod1::v1', 8192, 512)
    for client in (one, two):
        assert client.get('volume/pod1::v1/diff') == [
            {'offset': 0, 'length': 4096}, {'offset': 8192, 'length': 512}]
        assert client.get('volume/pod1::v1', space=True)['volumes'] == 4608
        assert client.array.core.used_bytes() == 4608
    one.post('volume/pod1::copy', source='pod1::v1')
    assert two.get('volume/pod1::copy/diff', base='pod1::v1') == []
    for name in ('v1', 'copy'):
        two.delete(f'volume/pod1::{name}')
        two.delete(f'volume/pod1::{name}', eradicate=True)
    assert one.array.core.used_bytes() == two.array.core.used_bytes() == 0


def test_stretching_a_full_pod_resyncs_on_the_clock(one, pair, client_of,
                                                    clock):
    one.post('volume/pod1::v1', size='100G')
    one.post('volume', snap=True, source=['pod1::v1'], suffix='s')
    one.array.write('pod1::v1', 0, 20 << 30)
    one.post('pod/pod1/array/two')
    two = client_of(pair[1])
    assert statuses(one) == statuses(two) == ['online', 'resyncing']
    assert two.get('volume/pod1::v1') == one.get('volume/pod1::v1')
    clock.advance(10)
    assert one.get('pod/pod1')['arrays'][1]['progress'] == 0.5
    assert one.get('pod/pod1')['arrays'][0]['progress'] is None
    clock.advance(10)
    assert statuses(one) == statuses(two) == _ONLINE
    assert two.get('volume/pod1::v1/diff') == [
        {'offset': 0, 'length': 20 << 30}]


def test_renaming_the_pod_renames_it_on_both(one, two):
    one.post('volume/pod1::v1', size='1G')
    two.post('pod/other')
    assert one.refusal('PUT', 'pod/pod1', name='other') == (
        'Pod already exists.')
    two.put('pod/pod1', name='pod9')
    assert one.names('volume') == two.names('volume') == ['pod9::v1']


def test_no_moves_into_or_out_of_a_stretched_pod(one, two):
    one.post('volume/v1', size='1G')
    one.post('volume/pod1::v2', size='1G')
    for path, container in (('v1', 'pod1'), ('pod1::v2', '')):
        assert one.refusal(
            'PUT', f'volume/{path}', container=container) == (
                'Operation is not permitted on a stretched pod.')
    one.post('volume/pod1::v1', source='v1')
    assert two.get('volume/pod1::v1')['source'] is None
    assert one.get('volume/pod1::v1')['source'] == 'v1'


def test_a_stretched_pod_is_neither_destroyed_nor_demoted(one, two):
    for method, params in (
            ('DELETE', {}),
            ('PUT', {'requested_promotion_state': 'demoted'})):
        assert one.refusal(method, 'pod/pod1', **params) == (
            'Operation is not permitted on a stretched pod.')


@pytest.mark.parametrize('leaving', ['one', 'two'])
def test_taking_an_array_out_leaves_the_other(one, two, leaving):
    one.post('volume/pod1::v1', size='1G')
    for client in (one, two):
        client.post('host/h1')
        client.post('host/h1/volume/pod1::v1')
    two.delete(f'pod/pod1/array/{leaving}')
    left, stays = (one, two) if leaving == 'one' else (two, one)
    assert left.get('pod', pending=True) == []
    assert left.get('volume', pending=True) == []
    assert left.get('host/h1/volume') == []
    assert stays.get('volume/pod1::v1/host')[0]['host'] == 'h1'
    assert len(stays.get('pod/pod1')['arrays']) == 1
    name = stays.get('pod/pod1')['arrays'][0]['name']
    assert stays.refusal('DELETE', f'pod/pod1/array/{name}') == (
        'The last array cannot be removed from a pod.')
    left.post('pod/pod1')


def test_hosts_and_connections_stay_on_their_array(one, two):
    one.post('volume/pod1::v1', size='1G')
    one.post('host/h1', iqnlist=['iqn.a'])
    two.post('host/h2', iqnlist=['iqn.a'])
    one.post('host/h1/volume/pod1::v1')
    two.post('host/h2/volume/pod1::v1', lun=7)
    assert one.names('host') == ['h1']
    assert one.get('volume/pod1::v1/host') == [
        {'name': 'pod1::v1', 'host': 'h1', 'lun': 1, 'size': 1 << 30}]
    assert one.get('volume/pod1::v1/host', remote=True) == [
        {'name': 'pod1::v1', 'host': 'h1', 'lun': 1, 'size': 1 << 30},
        {'name': 'pod1::v1', 'host': 'two:h2', 'lun': 7, 'size': 1 << 30}]
    assert one.names('host', remote=True) == ['h1', 'two:h2']
    assert two.names('host', remote=True) == ['h2', 'one:h1']
    two.array.set_online(False)
    assert one.names('host', remote=True) == ['h1']


def test_a_volume_that_either_array_has_connected_stays(one, two):
    one.post('volume/pod1::v1', size='1G')
    two.post('host/h2')
    two.post('host/h2/volume/pod1::v1')
    assert 'existing connections' in one.refusal(
        'DELETE', 'volume/pod1::v1')
    assert one.names('volume') == two.names('volume') == ['pod1::v1']
    assert one.delete('host/two:h2/volume/pod1::v1') == {
        'name': 'two:h2', 'vol': 'pod1::v1'}
    one.delete('volume/pod1::v1')


@pytest.mark.parametrize('leaving', ['one', 'two'])
def test_stretching_again_to_an_array_that_was_taken_out(
        one, two, clock, leaving):
    one.post('volume/pod1::v1', size='1G')
    one.post('volume/pod1::gone', size='1G')
    one.array.write('pod1::v1', 0, 4096)
    left, stays = (one, two) if leaving == 'one' else (two, one)
    for client in (left, stays):
        client.post('host/h1')
        client.post('host/h1/volume/pod1::v1')
    stays.delete(f'pod/pod1/array/{leaving}')
    stays.delete('volume/pod1::gone')
    stays.delete('volume/pod1::gone', eradicate=True)
    stays.post('volume/pod1::v2', source='pod1::v1')
    data = stays.array.write('pod1::v1', 0, 512)
    stays.post(f'pod/pod1/array/{leaving}')
    assert sorted(statuses(stays)) == ['online', 'resyncing']
    clock.advance(60)
    assert statuses(stays) == _ONLINE
    assert left.names('volume') == stays.names('volume') == [
        'pod1::v1', 'pod1::v2']
    assert left.array.read('pod1::v1') == stays.array.read('pod1::v1')
    assert left.array.read('pod1::v1')[0] == (0, 512, data)
    # Connections went with the copy.
    assert left.get('host/h1/volume') == []
    assert len(stays.get('host/h1/volume')) == 1


def test_a_destroyed_pod_is_not_stretched_until_it_is_back(one, pair,
                                                           client_of):
    two = client_of(pair[1])
    one.delete('pod/pod1')
    assert 'has been destroyed' in one.refusal(
        'POST', 'pod/pod1/array/two')
    assert two.get('pod', pending=True) == []
    one.put('pod/pod1', action='recover')
    one.post('pod/pod1/array/two')
    assert two.get('pod/pod1') == one.get('pod/pod1')


def test_a_destroyed_namesake_is_in_the_way_until_it_is_eradicated(
        one, pair, client_of, clock):
    two = client_of(pair[1])
    two.post('pod/pod1')
    two.delete('pod/pod1')
    assert 'has been destroyed' in one.refusal(
        'POST', 'pod/pod1/array/two')
    two.put('pod/pod1', action='recover')
    assert one.refusal('POST', 'pod/pod1/array/two') == (
        'Pod already exists.')
    two.delete('pod/pod1')
    clock.advance(_DAY_S)
    one.post('pod/pod1/array/two')
    assert statuses(two) == _ONLINE


def test_what_was_left_can_be_destroyed_and_then_stretched_again(one, two):
    one.delete('pod/pod1/array/two')
    one.delete('pod/pod1')
    # The other array has nothing of it, and may use the name.
    two.post('pod/pod1')
    one.put('pod/pod1', action='recover')
    assert one.refusal('POST', 'pod/pod1/array/two') == (
        'Pod already exists.')
    two.delete('pod/pod1')
    two.delete('pod/pod1', eradicate=True)
    one.post('pod/pod1/array/two')
    assert statuses(two) == _ONLINE
