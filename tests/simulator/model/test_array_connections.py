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
"""Connections between arrays: both sides, refusals, shapes by version."""

import pytest

from flasharray_sim import errors


@pytest.fixture
def pair(make_fleet, client_of):
    return [client_of(array) for array in make_fleet('alpha', 'beta')]


def key_of(client):
    return client.get('array', connection_key=True)['connection_key']


def connect(client, peer, **params):
    return client.post('array/connection', **{
        'management_address': peer.array.name,
        'connection_key': key_of(peer), 'type': ['async']} | params)


def test_both_sides_see_the_connection(pair):
    alpha, beta = pair
    made = connect(alpha, beta)
    assert made == {
        'array_name': 'beta', 'id': beta.array.id, 'version': '6.1.11',
        'management_address': 'beta', 'throttled': False,
        'replication_address': made['replication_address'],
        'type': 'async-replication', 'status': 'connected'}
    assert made['replication_address'].startswith('10.')
    assert alpha.get('array/connection') == [made]
    assert beta.get('array/connection') == [{
        'array_name': 'alpha', 'id': alpha.array.id, 'version': '6.1.11',
        'management_address': None, 'replication_address': None,
        'throttled': False, 'type': 'async-replication',
        'status': 'connected'}]


@pytest.mark.parametrize('version, shown', [
    ('1.2', {'type': ['replication'], 'connected': True}),
    ('1.12', {'type': ['replication'], 'connected': True}),
    ('1.13', {'type': ['async-replication'], 'connected': True}),
    ('1.16', {'type': ['async-replication'], 'connected': True}),
    ('1.17', {'type': 'async-replication', 'status': 'connected'}),
])
def test_shape_follows_the_version(pair, version, shown):
    alpha, beta = pair
    connect(alpha, beta)
    row = alpha.as_version(version).get('array/connection')[0]
    assert {key: row[key] for key in ('type', 'connected', 'status')
            if key in row} == shown


@pytest.mark.parametrize('sent, shown', [
    (['replication'], 'async-replication'), (['sync'], 'sync-replication'),
    (['sync-replication'], 'sync-replication'), (None, 'async-replication')])
def test_types(pair, sent, shown):
    alpha, beta = pair
    assert connect(alpha, beta, type=sent)['type'] == shown
    assert beta.get('array/connection')[0]['type'] == shown


def test_peer_is_found_by_its_management_address(pair):
    alpha, beta = pair
    address = beta.get('network/vir0')['address']
    made = connect(alpha, beta, management_address=address,
                   replication_address=['10.0.0.9'])
    assert made['management_address'] == address
    assert made['replication_address'] == '10.0.0.9'
    assert alpha.delete(f'array/connection/{address}') == {'name': 'beta'}


def test_key_tells_arrays_at_one_address(make_fleet, client_of):
    alpha, beta, gamma = map(client_of, make_fleet('a1', 'b1', 'c1'))
    for client, port in ((alpha, 1), (beta, 2), (gamma, 3)):
        client.array.address = f'127.0.0.1:{port}'
    made = connect(alpha, gamma, management_address='127.0.0.1')
    assert made['array_name'] == 'c1'
    assert connect(alpha, beta, management_address='127.0.0.1:2')[
        'array_name'] == 'b1'


@pytest.mark.parametrize('params, text', [
    ({'connection_key': 'wrong'}, 'Invalid connection key.'),
    ({'management_address': 'nobody'}, 'Array cannot be reached.'),
    ({'management_address': 'alpha'}, 'Array cannot be reached.'),
    ({'type': ['fax']}, 'Invalid value for parameter type.'),
    ({'type': ['sync', 'async']}, 'Invalid value for parameter type.'),
    ({'connection_key': None},
     'Invalid combination of parameters specified.'),
])
def test_refusals(pair, params, text):
    alpha, beta = pair
    assert alpha.refusal('POST', 'array/connection', **{
        'management_address': 'beta', 'connection_key': key_of(beta)}
        | params) == text
    assert alpha.get('array/connection') == []
    assert beta.get('array/connection') == []


def test_second_connection_is_refused_on_either_side(pair):
    alpha, beta = pair
    connect(alpha, beta)
    for client, peer in ((alpha, beta), (beta, alpha)):
        with pytest.raises(errors.PurityError, match='already exists'):
            connect(client, peer)


def test_unreachable_peer_is_not_connected_with(pair):
    alpha, beta = pair
    beta.array.set_online(False)
    with pytest.raises(errors.PurityError, match='cannot be reached'):
        connect(alpha, beta)


@pytest.mark.parametrize('name', ['BETA', 'beta'])
def test_disconnecting_takes_both_sides(pair, name):
    alpha, beta = pair
    connect(alpha, beta)
    assert alpha.delete(f'array/connection/{name}') == {'name': 'beta'}
    assert alpha.get('array/connection') == []
    assert beta.get('array/connection') == []
    assert alpha.refusal('DELETE', 'array/connection/beta') == (
        'Array connection does not exist.')


def test_passive_side_may_disconnect(pair):
    alpha, beta = pair
    connect(alpha, beta)
    beta.delete('array/connection/alpha')
    assert alpha.get('array/connection') == []


def test_status_tells_of_a_peer_out_of_reach(pair):
    alpha, beta = pair
    connect(alpha, beta)
    beta.array.set_online(False)
    assert alpha.get('array/connection')[0]['status'] == 'connecting'
    old = alpha.as_version('1.16').get('array/connection')[0]
    assert old['connected'] is False
    beta.array.set_online(True)
    assert alpha.get('array/connection')[0]['status'] == 'connected'


def test_disconnected_while_away_ends_when_it_comes_back(pair):
    alpha, beta = pair
    connect(alpha, beta)
    beta.array.set_online(False)
    alpha.delete('array/connection/beta')
    assert len(beta.get('array/connection')) == 1
    beta.array.set_online(True)
    assert beta.get('array/connection') == []


def test_throttle(pair):
    alpha, beta = pair
    connect(alpha, beta)
    changed = alpha.put('array/connection/beta', default_limit='10M',
                        window_limit=1 << 30,
                        window={'start': 3600, 'end': 7200})
    assert changed['throttled'] is True
    assert alpha.get('array/connection', throttle=True) == [changed]
    assert changed['default_limit'] == 10 << 20
    assert changed['window_limit'] == 1 << 30
    assert changed['window'] == {'start': 3600, 'end': 7200}
    assert 'window' not in alpha.get('array/connection')[0]
    assert beta.get('array/connection')[0]['throttled'] is False
    cleared = alpha.put('array/connection/beta', default_limit='',
                        window_limit=None, window=None)
    assert cleared['throttled'] is False and cleared['window'] is None
    assert alpha.refusal('PUT', 'array/connection/beta',
                         window={'start': 1}) == (
        'Invalid value for parameter window.')
    assert alpha.refusal('PUT', 'array/connection/beta') == (
        'No attribute specified.')


def test_renamed_array_is_seen_under_its_new_name(pair):
    alpha, beta = pair
    connect(alpha, beta)
    beta.put('array', name='gamma')
    assert alpha.get('array/connection')[0]['array_name'] == 'gamma'
