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
"""Destroying, recovering and eradicating volumes (3.3)."""

import pytest

DAY_S = 86400
DESTROYED = ('Volume has been destroyed. It can be recovered by purevol '
             'recover and eradicated by purevol eradicate.')


@pytest.fixture
def volume(client):
    return client.post('volume/v1', size='1G')


def test_a_destroyed_volume_waits_a_day(client, clock, volume):
    assert client.delete('volume/v1') == {'name': 'v1'}
    assert client.get('volume') == []
    assert client.refusal('GET', 'volume/v1') == 'Volume does not exist.'
    assert client.get('volume', pending_only=True) == [
        volume | {'time_remaining': DAY_S}]
    clock.advance(DAY_S - 1)
    assert client.get('volume/v1', pending=True)['time_remaining'] == 1
    clock.advance(1)
    assert client.get('volume', pending=True) == []
    assert client.refusal(
        'GET', 'volume/v1', pending=True) == 'Volume does not exist.'


def test_live_volumes_are_pending_nothing(client, volume):
    assert client.get('volume/v1', pending=True) == volume | {
        'time_remaining': None}
    assert client.get('volume', pending=True) == [
        volume | {'time_remaining': None}]
    assert client.get('volume', pending_only=True) == []
    assert client.refusal(
        'GET', 'volume/v1', pending_only=True) == 'Volume is not destroyed.'


def test_a_recovered_volume_is_the_same(client, clock, volume):
    client.delete('volume/v1')
    clock.advance(DAY_S - 1)
    assert client.put('volume/v1', action='recover') == {'name': 'v1'}
    clock.advance(DAY_S)
    assert client.get('volume') == [volume]


def test_a_destroyed_volume_keeps_its_name(client, volume):
    client.delete('volume/v1')
    assert client.refusal('POST', 'volume/V1', size='1G') == DESTROYED
    client.post('volume/v2', size='1G')
    assert client.refusal('PUT', 'volume/v2', name='v1') == DESTROYED
    assert client.refusal('POST', 'volume/v1', source='v2') == DESTROYED
    client.delete('volume/v1', eradicate=True)
    assert client.post('volume/v1', size='1G')['serial'] != volume['serial']


@pytest.mark.parametrize('method, path, params', [
    ('DELETE', 'volume/v1', {}),
    ('PUT', 'volume/v1', {'size': '2G'}),
    ('PUT', 'volume/v1', {'name': 'v2'}),
    ('PUT', 'volume/v1', {'bandwidth_limit': '10M'}),
    ('POST', 'volume/v2', {'source': 'v1'}),
    ('POST', 'volume', {'snap': True, 'source': ['v1']}),
    ('POST', 'host/h1/volume/v1', {}),
    ('POST', 'volume/v1/tags', {'key': 'k', 'value': 'v'}),
])
def test_a_destroyed_volume_is_of_no_use(client, volume, method, path,
                                         params):
    client.post('host/h1')
    client.delete('volume/v1')
    assert client.refusal(method, path, **params) == DESTROYED


def test_only_destroyed_volumes_are_eradicated_or_recovered(client, volume):
    for method, params in (('DELETE', {'eradicate': True}),
                           ('PUT', {'action': 'recover'})):
        assert client.refusal(
            method, 'volume/v1', **params) == 'Volume is not destroyed.'
        assert client.refusal(
            method, 'volume/none', **params) == 'Volume does not exist.'
    client.delete('volume/v1')
    assert client.delete('volume/v1', eradicate=True) == {'name': 'v1'}
    assert client.get('volume', pending=True) == []


def test_snapshots_go_and_come_back_with_their_volume(client, clock,
                                                      volume):
    client.post('volume', snap=True, source=['v1'], suffix='early')
    client.post('volume', snap=True, source=['v1'], suffix='late')
    client.delete('volume/v1.early')
    clock.advance(10)
    client.delete('volume/v1')
    assert client.get('volume', snap=True) == []
    assert [(row['name'], row['time_remaining']) for row in client.get(
        'volume/v1', snap=True, pending=True)] == [
            ('v1.early', DAY_S - 10), ('v1.late', DAY_S)]
    assert client.refusal(
        'PUT', 'volume/v1.late', action='recover') == DESTROYED
    client.put('volume/v1', action='recover')
    assert client.names('volume', snap=True) == ['v1.late']
    clock.advance(DAY_S - 10)
    assert client.names('volume', snap=True, pending=True) == ['v1.late']


def test_eradicating_takes_the_snapshots_along(client, volume):
    client.post('volume', snap=True, source=['v1'], suffix='s')
    client.delete('volume/v1')
    client.delete('volume/v1', eradicate=True)
    assert client.get('volume', snap=True, pending=True) == []
    client.post('volume/v1', size='1G')
    assert client.get('volume/v1', snap=True, pending=True) == []


@pytest.mark.parametrize('connect', ['host/h1', 'hgroup/g1'])
def test_a_connected_volume_is_not_destroyed(client, volume, connect):
    client.post('host/h1')
    client.post('hgroup/g1', hostlist=['h1'])
    client.post(f'{connect}/volume/v1')
    assert client.refusal('DELETE', 'volume/v1') == (
        'Volume cannot be deleted due to existing connections.')
    client.delete(f'{connect}/volume/v1')
    assert client.delete('volume/v1') == {'name': 'v1'}


def test_connections_do_not_come_back(client, volume):
    client.post('host/h1')
    client.post('host/h1/volume/v1')
    client.delete('host/h1/volume/v1')
    client.delete('volume/v1')
    client.put('volume/v1', action='recover')
    assert client.get('volume/v1/host') == []


def test_safemode_leaves_eradication_to_the_clock(clock, make_array,
                                                  client_of):
    client = client_of(make_array(is_eradication_disabled=True))
    client.post('volume/v1', size='1G')
    client.post('volume', snap=True, source=['v1'], suffix='s')
    client.delete('volume/v1.s')
    client.delete('volume/v1')
    for path in ('volume/v1.s', 'volume/v1'):
        assert client.refusal('DELETE', path, eradicate=True) == (
            'Eradication is disabled.')
    clock.advance(DAY_S)
    assert client.get('volume', pending=True) == []


def test_volumes_are_eradicated_in_the_order_of_their_destruction(client,
                                                                  clock):
    for name in ('a1', 'b1', 'c1'):
        client.post(f'volume/{name}', size='1G')
    for name in ('c1', 'a1', 'b1'):
        client.delete(f'volume/{name}')
        clock.advance(100)
    clock.advance(DAY_S - 300)
    assert client.names('volume', pending=True) == ['a1', 'b1']
    clock.advance(100)
    assert client.names('volume', pending=True) == ['b1']
