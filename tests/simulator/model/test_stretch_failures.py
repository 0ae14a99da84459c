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
"""Stretched pods when one array is gone, and when it comes back."""

import pytest

from flasharray_sim import errors
from flasharray_sim.rules import pod_rows

_DAY_S = 86400
_OFFLINE = 'Pod is offline on this array.'


@pytest.fixture
def stretched(client_of):
    """Stretch a pod with one volume over two arrays: two clients."""
    def made(first, second):
        with first.transaction():
            first.array_connections.connect(
                second.name, second.core.setting('connection_key'),
                ['sync'], None)
        one, two = client_of(first), client_of(second)
        one.post('pod/pod1')
        one.post(f'pod/pod1/array/{second.name}')
        one.post('volume/pod1::v1', size='1G')
        return one, two
    return made


@pytest.fixture
def pair(make_fleet, stretched):
    return stretched(*make_fleet('one', 'two'))


def statuses(client):
    return [member['status'] for member in client.get('pod/pod1')['arrays']]


def copies(*clients):
    """The pod's rows on each array, without what is an array's own."""
    found = []
    for client in clients:
        db = client.array.db
        found.append([
            (kind, row.id, getattr(row, 'name', None),
             getattr(row, 'due_s', None), getattr(row, 'status', None))
            for kind, row in pod_rows.owned(
                db, db.pods.find('name', 'pod1'))])
    return found


def assert_same_copies(one, two):
    first, second = copies(one, two)
    assert first == second


@pytest.mark.parametrize('gone', [0, 1])
def test_the_survivor_goes_on(pair, clock, gone):
    lost, survivor = pair[gone], pair[1 - gone]
    lost.array.set_online(False)
    assert statuses(survivor)[gone] == 'offline'
    assert statuses(survivor)[1 - gone] == 'online'
    assert survivor.get('pod/pod1')['arrays'][gone]['frozen_at'] is not None
    survivor.post('volume/pod1::v2', size='1G')
    survivor.put('volume/pod1::v1', size='2G')
    assert lost.array.has_volume('pod1::v2') is False


@pytest.mark.parametrize('gone', [0, 1])
def test_who_comes_back_resyncs_on_the_clock(pair, clock, gone):
    lost, survivor = pair[gone], pair[1 - gone]
    survivor.post('volume/pod1::gone', size='1G')
    survivor.post('volume/pod1::old', size='1G')
    lost.array.set_online(False)
    survivor.post('volume/pod1::new', size='100G')
    survivor.array.write('pod1::new', 0, 20 << 30)
    survivor.put('volume/pod1::v1', name='x')
    survivor.put('volume/pod1::old', name='v1')
    survivor.delete('volume/pod1::gone')
    survivor.delete('volume/pod1::gone', eradicate=True)
    clock.advance(3600)
    lost.array.set_online(True)
    for client in pair:
        assert statuses(client)[gone] == 'resyncing'
        assert statuses(client)[1 - gone] == 'online'
    clock.advance(5)
    assert survivor.get('pod/pod1')['arrays'][gone]['progress'] == 0.25
    assert_same_copies(*pair)
    lost.post('volume/pod1::during', size='1G')
    clock.advance(15)
    for client in pair:
        assert statuses(client) == ['online', 'online']
        assert client.get('pod/pod1')['arrays'][gone]['frozen_at'] is None
        assert sorted(client.names('volume')) == [
            'pod1::during', 'pod1::new', 'pod1::v1', 'pod1::x']
    assert_same_copies(*pair)


def test_a_lost_link_leaves_the_pod_with_the_first_array(pair):
    one, two = pair
    one.array.fleet.cut(one.array, two.array)
    assert statuses(one) == ['online', 'offline']
    assert statuses(two) == ['unknown', 'offline']
    one.put('volume/pod1::v1', size='2G')
    for method, path, params in (
            ('PUT', 'volume/pod1::v1', {'size': '3G'}),
            ('POST', 'volume/pod1::v2', {'size': '1G'}),
            ('POST', 'volume', {'snap': True, 'source': ['pod1::v1']}),
            ('DELETE', 'volume/pod1::v1', {}),
            ('PUT', 'pod/pod1', {'mediator': 'other'}),
            ('PUT', 'pod/pod1', {'name': 'pod2'}),
            ('DELETE', 'pod/pod1/array/one', {'with_unknown': True})):
        assert two.refusal(method, path, **params) == _OFFLINE
    two.post('volume/mine', size='1G')
    assert two.get('volume/pod1::v1')['size'] == 1 << 30
    one.array.fleet.mend(one.array, two.array)
    assert two.get('volume/pod1::v1')['size'] == 2 << 30
    assert_same_copies(*pair)


def test_the_favourite_wins_a_lost_link(pair):
    one, two = pair
    one.put('pod/pod1', failover_preference=['two'])
    one.array.fleet.cut(one.array, two.array)
    assert statuses(two) == ['offline', 'online']
    assert one.refusal('PUT', 'volume/pod1::v1', size='2G') == _OFFLINE
    two.put('volume/pod1::v1', size='2G')


def test_an_old_copy_never_takes_over(pair, clock):
    one, two = pair
    one.array.set_online(False)
    two.put('volume/pod1::v1', size='2G')
    two.array.set_online(False)
    one.array.set_online(True)
    assert one.refusal('PUT', 'volume/pod1::v1', size='3G') == _OFFLINE
    two.array.set_online(True)
    clock.advance(60)
    assert statuses(one) == statuses(two) == ['online', 'online']
    assert one.get('volume/pod1::v1')['size'] == 2 << 30


def test_a_second_loss_while_resyncing_makes_it_offline_again(pair, clock):
    one, two = pair
    two.array.set_online(False)
    two.array.set_online(True)
    assert statuses(one) == ['online', 'resyncing']
    one.array.set_online(False)
    assert two.refusal('PUT', 'volume/pod1::v1', size='2G') == _OFFLINE
    one.array.set_online(True)
    clock.advance(60)
    assert statuses(two) == ['online', 'online']


def test_connections_outlast_an_absence(pair, clock):
    one, two = pair
    for client in pair:
        client.post('host/h1')
        client.post('host/h1/volume/pod1::v1')
    two.array.set_online(False)
    one.put('volume/pod1::v1', size='2G')
    two.array.set_online(True)
    assert two.get('host/h1/volume')[0]['vol'] == 'pod1::v1'
    assert two.get('volume/pod1::v1/host')[0]['size'] == 2 << 30


def test_connections_go_with_volumes_that_went(pair):
    one, two = pair
    two.post('host/h1')
    two.post('host/h1/volume/pod1::v1')
    two.array.set_online(False)
    one.delete('volume/pod1::v1')
    one.delete('volume/pod1::v1', eradicate=True)
    two.array.set_online(True)
    assert two.get('host/h1/volume') == []
    two.delete('host/h1')


def test_what_came_due_on_an_old_copy_is_made_good(pair, clock):
    one, two = pair
    one.delete('volume/pod1::v1')
    one.array.fleet.cut(one.array, two.array)
    one.put('volume/pod1::v1', action='recover')
    clock.advance(_DAY_S)
    assert two.get('volume', pending=True) == []
    one.array.fleet.mend(one.array, two.array)
    assert two.names('volume') == ['pod1::v1']
    assert_same_copies(*pair)


def test_a_lost_array_can_be_taken_out(pair):
    one, two = pair
    two.array.set_online(False)
    assert one.refusal('DELETE', 'pod/pod1/array/two') == (
        'Array cannot be reached.')
    one.delete('pod/pod1/array/two', with_unknown=True)
    assert statuses(one) == ['online']
    two.array.set_online(True)
    assert two.get('pod', pending=True) == []
    assert two.get('volume', pending=True) == []


def test_a_restart_changes_nothing(make_fleet, stretched, client_of,
                                   tmp_path):
    paths = {name: tmp_path / name for name in ('one', 'two')}
    one, two = stretched(*make_fleet(*paths, paths=paths))
    one.array.write('pod1::v1', 0, 4096)
    before = copies(one, two)
    one, two = map(client_of, make_fleet(*paths, paths=paths))
    assert statuses(one) == ['online', 'online']
    assert copies(one, two) == before
    two.post('volume/pod1::v2', size='1G')
    assert one.get('volume/pod1::v2') == two.get('volume/pod1::v2')


def test_a_kill_between_two_files_is_made_good(pair):
    one, two = pair
    with two.array.transaction(), two.array.stretch.paused():
        two.array.volumes.create('pod1::half', '1G')
    with one.array.transaction():
        one.array.fleet.announce(one.array, two.array)
    assert_same_copies(*pair)
    assert two.names('volume') == ['pod1::v1']


@pytest.mark.parametrize('method, path, params', [
    ('POST', 'host/h1/volume/pod1::v2', {}),
    ('DELETE', 'host/h1/volume/pod1::v1', {}),
    ('POST', 'hgroup/hg1/volume/pod1::v1', {}),
    ('POST', 'volume/copy', {'source': 'pod1::v1'}),
    ('POST', 'volume/copy', {'source': 'pod1::v1.s'}),
    ('PUT', 'pgroup/pod1::pg', {'addvollist': ['pod1::v1']}),
    ('POST', 'pgroup', {'snap': True, 'source': ['pod1::pg']}),
    ('DELETE', 'volume/pod1::v1.s', {})])
def test_an_offline_copy_is_not_managed(pair, method, path, params):
    one, two = pair
    two.post('volume/pod1::v2', size='1G')
    two.post('volume', snap=True, source=['pod1::v1'], suffix='s')
    two.post('pgroup/pod1::pg')
    two.post('host/h1')
    two.post('hgroup/hg1')
    two.post('host/h1/volume/pod1::v1')
    one.array.fleet.cut(one.array, two.array)
    assert two.refusal(method, path, **params) == _OFFLINE
    assert two.get('host/h1/volume')[0]['vol'] == 'pod1::v1'


def test_hosts_do_no_io_where_the_pod_is_not_online(pair, clock):
    one, two = pair
    first = one.array.write('pod1::v1', 0, 4096)
    assert two.array.read('pod1::v1') == ((0, 4096, first),)
    one.array.fleet.cut(one.array, two.array)
    for do in (lambda: two.array.write('pod1::v1', 0, 512),
               lambda: two.array.read('pod1::v1')):
        with pytest.raises(errors.PurityError, match=_OFFLINE):
            do()
    second = one.array.write('pod1::v1', 512, 512)
    one.array.fleet.mend(one.array, two.array)
    assert statuses(one) == ['online', 'resyncing']
    with pytest.raises(errors.PurityError, match=_OFFLINE):
        two.array.write('pod1::v1', 0, 512)
    clock.advance(60)
    assert two.array.read('pod1::v1') == one.array.read('pod1::v1') == (
        (0, 512, first), (512, 512, second), (1024, 3072, first))


def test_a_dead_array_is_dead_for_hosts(pair):
    one, two = pair
    one.post('volume/v1', size='1G')
    one.array.set_online(False)
    for do in (lambda: one.array.write('v1', 0, 512),
               lambda: one.array.read('pod1::v1')):
        with pytest.raises(errors.PurityError, match='cannot be reached'):
            do()
    data = two.array.write('pod1::v1', 0, 512)
    one.array.set_online(True)
    assert one.array.read('v1') == ()
    assert two.array.read('pod1::v1') == ((0, 512, data),)


def test_a_dead_array_takes_no_snapshots(pair, clock):
    one, _two = pair
    one.post('volume/v1', size='1G')
    one.post('pgroup/pg', vollist=['v1'])
    one.put('pgroup/pg', snap_enabled=True, snap_frequency=3600)
    clock.advance(1)
    taken = one.names('pgroup', snap=True)
    one.array.set_online(False)
    clock.advance(_DAY_S // 2)
    one.array.set_online(True)
    assert one.names('pgroup', snap=True) == taken
    clock.advance(3600)
    assert len(one.names('pgroup', snap=True)) == len(taken) + 1


def test_who_was_taken_out_of_a_pod_that_is_no_more_keeps_its_own(pair):
    one, two = pair
    two.array.set_online(False)
    one.delete('pod/pod1/array/two', with_unknown=True)
    one.delete('volume/pod1::v1')
    one.delete('volume/pod1::v1', eradicate=True)
    one.delete('pod/pod1')
    one.delete('pod/pod1', eradicate=True)
    two.array.set_online(True)
    assert statuses(two) == ['online']
    two.put('volume/pod1::v1', size='2G')
