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
"""What an array tells its operators of a disaster: `message`."""

import pytest

_EVERY_POD = frozenset({'*'})


@pytest.fixture
def pair(make_fleet, client_of):
    one, two = make_fleet('one', 'two')
    with one.transaction():
        one.array_connections.connect(
            'two', two.core.setting('connection_key'), ['sync'], None)
    client = client_of(one)
    client.post('pod/pod1')
    client.post('pod/alone')
    client.post('pod/pod1/array/two')
    return client, client_of(two)


def opened(client):
    return [(row['component_type'], row['component_name'], row['event'],
             row['current_severity']) for row in client.get(
                 'message', open=True)]


_LOST_ONE = ('connection', 'one', 'array connection lost', 'warning')
_LOST_TWO = ('connection', 'two', 'array connection lost', 'warning')
_OFFLINE = ('pod', 'pod1', 'pod offline', 'critical')
_UNMEDIATED = ('pod', 'pod1', 'mediator unreachable', 'warning')


def test_a_dead_peer(pair, clock):
    one, two = pair
    two.array.set_online(False)
    assert opened(one) == [_LOST_TWO]
    clock.advance(60)
    two.array.set_online(True)
    assert opened(one) == opened(two) == []
    [row] = one.get('message', timeline=True)
    assert row['opened'] < row['closed']


def test_a_lost_link_is_told_on_both_sides(pair):
    one, two = pair
    one.array.fleet.cut(one.array, two.array)
    assert opened(one) == [_LOST_TWO]
    assert opened(two) == [_LOST_ONE, _OFFLINE]
    one.array.fleet.mend(one.array, two.array)
    assert opened(one) == opened(two) == []


def test_a_lost_mediator(pair):
    one, two = pair
    one.array.fleet.lose_mediator(one.array, _EVERY_POD)
    assert (opened(one), opened(two)) == ([_UNMEDIATED], [])
    one.array.fleet.lose_mediator(two.array, _EVERY_POD)
    one.array.set_online(False)
    assert opened(two) == [_UNMEDIATED, _LOST_ONE, _OFFLINE]
    one.array.fleet.lose_mediator(two.array, frozenset())
    assert opened(two) == [_LOST_ONE, _OFFLINE]


def test_an_alert_is_opened_once_and_again(pair):
    one, two = pair
    for _number in range(2):
        two.array.set_online(False)
        one.array.fleet.cut(one.array, two.array)
        two.array.set_online(True)
        one.array.fleet.mend(one.array, two.array)
    assert [row['event'] for row in one.get('message')] == [
        'array connection lost'] * 2


def test_other_alerts_are_left_alone(pair):
    one, two = pair
    with one.array.transaction():
        one.array.messages.alert('hardware', 'ct1.eth0', 'failure')
    two.array.set_online(False)
    two.array.set_online(True)
    assert [row['event'] for row in one.get('message', open=True)] == [
        'failure']
