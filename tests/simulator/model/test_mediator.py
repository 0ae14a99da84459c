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
"""Who goes on with a stretched pod, with the mediator and without it."""

import pytest

from flasharray_sim import errors

_EVERY_POD = frozenset({'*'})
_NO_POD = frozenset()


@pytest.fixture
def stretch(make_fleet, client_of):
    """Make a pod on two arrays, with a volume: stretch(**configuration)."""
    def made(**configuration):
        one, two = make_fleet('one', 'two', **configuration)
        with one.transaction():
            one.array_connections.connect(
                'two', two.core.setting('connection_key'), ['sync'], None)
        clients = client_of(one), client_of(two)
        clients[0].post('pod/pod1')
        clients[0].post('pod/pod1/array/two')
        clients[0].post('volume/pod1::v1', size='1G')
        one.write('pod1::v1', 0, 512)
        return clients
    return made


@pytest.fixture
def pair(stretch):
    return stretch()


def lose_mediator(*clients, pods=_EVERY_POD):
    for client in clients:
        client.array.fleet.lose_mediator(client.array, pods)


def happen(event, one, two):
    fleet = one.array.fleet
    {'cut': lambda: fleet.cut(one.array, two.array),
     'one dies': lambda: one.array.set_online(False),
     'two dies': lambda: two.array.set_online(False)}[event]()


def heal(one, two):
    one.array.set_online(True)
    two.array.set_online(True)
    one.array.fleet.mend(one.array, two.array)


def shown(client, key='status'):
    return [member[key] for member in client.get('pod/pod1')['arrays']]


def serving(*clients):
    """Names of the arrays where a host can write to the pod."""
    found = []
    for client in clients:
        try:
            client.array.write('pod1::v1', 4096, 512)
        except errors.PurityError as error:
            assert error.text in ('Pod is offline on this array.',
                                  'Array cannot be reached.')
        else:
            found.append(client.array.name)
    return found


def assert_equal_and_online(clock, one, two):
    clock.advance(60)
    for client in (one, two):
        assert shown(client) == ['online', 'online']
        assert shown(client, 'frozen_at') == [None, None]
    assert one.array.read('pod1::v1') == two.array.read('pod1::v1')


@pytest.mark.parametrize('gone', [(0,), (1,), (0, 1)])
def test_losing_the_mediator_changes_what_is_shown_alone(pair, gone):
    lose_mediator(*(pair[at] for at in gone))
    expected = ['unreachable' if at in gone else 'online' for at in (0, 1)]
    for client in pair:
        assert shown(client) == ['online', 'online']
        assert shown(client, 'mediator_status') == expected
        client.put('volume/pod1::v1', size='2G')
    assert serving(*pair) == ['one', 'two']
    lose_mediator(*pair, pods=_NO_POD)
    assert shown(pair[0], 'mediator_status') == ['online', 'online']


# Which arrays lost the mediator, what happened then, and who goes on.
_OUTCOMES = [
    ((), 'cut', ['one']), ((), 'one dies', ['two']),
    ((), 'two dies', ['one']),
    ((0, 1), 'cut', ['one']), ((0, 1), 'one dies', []),
    ((0, 1), 'two dies', ['one']),
    ((1,), 'cut', ['one']), ((1,), 'one dies', []),
    ((1,), 'two dies', ['one']),
    ((0,), 'cut', ['two']), ((0,), 'one dies', ['two']),
    ((0,), 'two dies', [])]


@pytest.mark.parametrize('unmediated, event, survivors', _OUTCOMES)
def test_who_goes_on(pair, clock, unmediated, event, survivors):
    lose_mediator(*(pair[at] for at in unmediated))
    happen(event, *pair)
    assert serving(*pair) == survivors
    for client in pair:
        if client.array.name in survivors:
            client.put('volume/pod1::v1', size='2G')
            written = client.array.read('pod1::v1')
        elif client.array.fleet.is_online(client.array):
            assert client.refusal('PUT', 'volume/pod1::v1', size='3G') == (
                'Pod is offline on this array.')
    heal(*pair)
    assert_equal_and_online(clock, *pair)
    if survivors:
        assert pair[0].array.read('pod1::v1') == written
        assert len(written) == 2
        assert pair[0].get('volume/pod1::v1')['size'] == 2 << 30
    else:
        assert len(pair[0].array.read('pod1::v1')) == 1


@pytest.mark.parametrize('unmediated, event, survivors', [
    ((), 'cut', ['two']), ((0, 1), 'cut', ['two']), ((1,), 'cut', ['one']),
    ((0, 1), 'one dies', ['two']), ((0, 1), 'two dies', []),
    ((), 'two dies', ['one'])])
def test_the_favourite_is_pre_elected(pair, unmediated, event, survivors):
    lose_mediator(*(pair[at] for at in unmediated))
    pair[1].put('pod/pod1', failover_preference=['two'])
    happen(event, *pair)
    assert serving(*pair) == survivors


@pytest.mark.parametrize('event', ['cut', 'one dies', 'two dies'])
def test_none_goes_on_before_there_was_a_pre_election(stretch, clock, event):
    pair = stretch(purity_version='5.2.6')
    lose_mediator(*pair)
    happen(event, *pair)
    assert serving(*pair) == []
    heal(*pair)
    # Nobody went on: both have what the other one has.
    for client in pair:
        assert shown(client) == ['online', 'online']
    assert serving(*pair) == ['one', 'two']


def test_who_waits_goes_on_when_the_mediator_is_back(pair, clock):
    one, two = pair
    lose_mediator(two)
    one.array.set_online(False)
    assert shown(two) == ['unknown', 'offline']
    assert shown(two, 'frozen_at')[1] is not None
    lose_mediator(two, pods=_NO_POD)
    assert shown(two) == ['offline', 'online']
    assert serving(*pair) == ['two']
    one.array.set_online(True)
    assert shown(two) == ['resyncing', 'online']
    assert_equal_and_online(clock, one, two)
    assert len(one.array.read('pod1::v1')) == 2


def test_who_was_not_elected_never_goes_on_alone(pair, clock):
    one, two = pair
    lose_mediator(one, two)
    one.array.set_online(False)
    lose_mediator(one, two, pods=_NO_POD)
    assert serving(*pair) == []
    one.array.fleet.cut(one.array, two.array)
    one.array.set_online(True)
    assert serving(*pair) == ['one']
    heal(one, two)
    assert_equal_and_online(clock, one, two)
    assert len(two.array.read('pod1::v1')) == 2


def test_losing_the_mediator_after_the_link_changes_nothing(pair):
    one, two = pair
    happen('cut', one, two)
    lose_mediator(one, two)
    assert serving(*pair) == ['one']
    two.array.set_online(False)
    assert serving(*pair) == ['one']
    assert shown(one) == ['online', 'offline']
    assert shown(one, 'mediator_status') == ['unreachable', 'unknown']


def test_an_old_copy_is_not_elected(pair, clock):
    one, two = pair
    one.array.set_online(False)
    one.array.set_online(True)
    assert shown(one) == ['resyncing', 'online']
    assert serving(*pair) == ['two']
    lose_mediator(one, two)
    happen('cut', one, two)
    assert serving(*pair) == ['two']
    heal(one, two)
    clock.advance(60)
    happen('cut', one, two)
    assert serving(*pair) == ['one']


def test_an_election_is_over_when_the_mediator_is_back(pair):
    one, two = pair
    lose_mediator(one, two)
    lose_mediator(one, two, pods=_NO_POD)
    happen('one dies', one, two)
    assert serving(*pair) == ['two']


def test_some_pods_lose_their_mediator(pair):
    one, two = pair
    one.post('pod/other')
    one.post('pod/other/array/two')
    lose_mediator(one, two, pods=frozenset({'POD*'}))
    status = {row['name']: row['arrays'][0]['mediator_status']
              for row in two.get('pod')}
    assert status == {'pod1': 'unreachable', 'other': 'online'}
    one.array.set_online(False)
    assert [member['status'] for member in two.get('pod/other')['arrays']
            ] == ['offline', 'online']
    assert shown(two) == ['unknown', 'offline']


def test_a_pod_that_is_stretched_without_mediator_has_an_election(
        pair, clock):
    one, two = pair
    one.delete('pod/pod1/array/two')
    lose_mediator(one, two)
    assert shown(one, 'mediator_status') == ['unreachable']
    one.post('pod/pod1/array/two')
    clock.advance(60)
    one.array.set_online(False)
    assert serving(*pair) == []


def test_a_restart_forgets_neither_wait_nor_election(
        make_fleet, stretch, client_of, tmp_path):
    paths = {name: tmp_path / name for name in ('one', 'two')}
    pair = stretch(paths=paths)
    lose_mediator(*pair)
    happen('one dies', *pair)
    one, two = make_fleet(*paths, paths=paths)
    one.fleet.set_online(one, False)
    assert serving(client_of(one), client_of(two)) == []
    one.fleet.set_online(one, True)
    assert shown(client_of(one)) == ['online', 'resyncing']
