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
"""The shapes of GET volume, by flag and REST version (2.2.1)."""

import pytest

MIXED = 'Invalid combination of parameters specified.'


@pytest.fixture
def volume(client):
    return client.post('volume/v1', size='1G')


def test_plain_rows_have_five_keys(client, clock, volume):
    assert volume == {
        'name': 'v1', 'serial': volume['serial'], 'size': 1 << 30,
        'created': clock.now().strftime('%Y-%m-%dT%H:%M:%SZ'),
        'source': None}
    assert client.get('volume') == [volume]
    assert client.get('volume/v1') == volume
    assert client.refusal('GET', 'volume/none') == 'Volume does not exist.'


def test_an_empty_array_shows_empty_lists(client):
    for params in ({}, {'snap': True}, {'connect': True}, {'space': True},
                   {'tags': True}, {'pending': True},
                   {'action': 'monitor'}):
        assert client.get('volume', **params) == []


def test_single_objects_are_dicts_or_lists(client, volume):
    for params in ({'space': True}, {'qos': True},
                   {'host_encryption_key': True}, {'pending': True}):
        assert client.get('volume', **params) == [
            client.get('volume/v1', **params)]
    for params in ({'action': 'monitor'}, {'connect': True},
                   {'tags': True}, {'snap': True},
                   {'space': True, 'historical': '1h'}):
        assert client.get('volume', **params) == client.get(
            'volume/v1', **params)


def test_performance_has_no_queue_depth(client, volume):
    [row] = client.get('volume/v1', action='monitor')
    assert 'queue_depth' not in row
    assert row['name'] == 'v1'
    rows = client.get('volume', action='monitor', historical='24h')
    assert len(rows) == 288


def test_views_do_not_mix(client, volume):
    for params in ({'space': True, 'qos': True},
                   {'connect': True, 'tags': True},
                   {'space': True, 'action': 'monitor'},
                   {'action': 'other'}, {'latency': True},
                   {'historical': '1h'}, {'snap': True, 'qos': True},
                   {'snap': True, 'action': 'monitor'}):
        assert client.refusal('GET', 'volume', **params) == MIXED
        assert client.refusal('GET', 'volume/v1', **params) == MIXED


def test_limits_before_iops(client, volume):
    assert client.as_version('1.16').get('volume/v1', qos=True) == {
        'name': 'v1', 'bandwidth_limit': None}
    assert client.as_version('1.16').put(
        'volume/v1', bandwidth_limit='10M') == {
            'name': 'v1', 'bandwidth_limit': 10 << 20}


def test_performance_of_all_has_the_endpoints(client, volume):
    client.post('volume/pe', protocol_endpoint=True)
    client.post('volume/gone', size='1G')
    client.delete('volume/gone')
    assert client.names('volume', action='monitor') == ['v1', 'pe']
    assert client.headers['x-total-item-count'] == '2'
    assert client.names('volume', action='monitor', pending=True) == [
        'v1', 'pe', 'gone']
    assert client.names('volume', action='monitor', names=['p*']) == ['pe']
    assert client.names('volume', action='monitor',
                        protocol_endpoint=True) == ['pe']
    assert client.names('volume') == ['v1']
    client.delete('volume/pe')
    assert client.names('volume', action='monitor') == ['v1']


def test_host_encryption_keys(client, volume, make_array, client_of):
    assert client.get('volume', host_encryption_key=True) == [
        {'name': 'v1', 'host_encryption_key_status': 'none'}]
    assert client.get('volume', host_encryption_key=True,
                      protocol_endpoint=True) == []
    new = client_of(make_array(purity_version='6.4.3'))
    assert new.refusal('GET', 'volume', host_encryption_key=True,
                       protocol_endpoint=True) == MIXED


def test_tags_are_put_listed_and_removed(client, volume):
    tag = {'name': 'v1', 'key': 'k', 'value': 'a', 'namespace': 'default',
           'copyable': True}
    assert client.post('volume/v1/tags', key='k', value='a') == tag
    other = client.post('volume/v1/tags', key='k', value='b',
                        namespace='mine', copyable=False)
    assert other == tag | {'value': 'b', 'namespace': 'mine',
                           'copyable': False}
    assert client.post('volume/v1/tags', key='k', value='c') == (
        tag | {'value': 'c'})
    assert client.get('volume/v1', tags=True) == [tag | {'value': 'c'}]
    assert client.get('volume', tags=True, namespace='mine') == [other]
    assert client.get('volume', tags=True, namespace='*') == [
        tag | {'value': 'c'}, other]
    assert client.delete('volume/v1/tags/k', namespace='mine') == other
    assert client.refusal('DELETE', 'volume/v1/tags/k',
                          namespace='mine') == 'Tag does not exist.'
    assert client.refusal('POST', 'volume/v1/tags', key='k') == MIXED
    client.delete('volume/v1')
    client.delete('volume/v1', eradicate=True)
    client.post('volume/v1', size='1G')
    assert client.get('volume/v1', tags=True) == []


@pytest.mark.parametrize('pending', [{}, {'pending_only': True}])
def test_tags_of_snapshots_can_be_asked_for(client, volume, pending):
    client.post('volume/v1/tags', key='k', value='a')
    client.post('volume', snap=True, source=['v1'], suffix='s')
    asked = {'snap': True, 'tags': True, **pending}
    assert client.get('volume', namespace='*', **asked) == []
    assert client.get('volume/v1', **asked) == []
    assert client.as_version('1.18').refusal(
        'GET', 'volume', **asked) == MIXED


@pytest.mark.parametrize('version, method, path, params', [
    ('1.6', 'GET', 'volume', {'limit': 1}),
    ('1.13', 'GET', 'volume', {'qos': True}),
    ('1.13', 'GET', 'volume', {'tags': True}),
    ('1.13', 'PUT', 'volume/v1', {'bandwidth_limit': '10M'}),
    ('1.16', 'PUT', 'volume/v1', {'iops_limit': 1000}),
    ('1.12', 'PUT', 'volume/v1', {'container': ''}),
    ('1.17', 'PUT', 'volume/v1', {'requested_promotion_state': 'demoted'}),
    ('1.5', 'POST', 'volume/v2', {'protocol_endpoint': True}),
    ('1.16', 'GET', 'volume', {'host_encryption_key': True}),
    ('1.12', 'GET', 'volume/v1/host', {'remote': True}),
    ('1.19', 'GET', 'volume', {'pgroup': True}),
])
def test_parameters_come_with_their_version(client, volume, version, method,
                                            path, params):
    assert 'unexpected parameter' in client.as_version(version).refusal(
        method, path, **params)


def test_older_versions_serve_their_own(client, volume):
    assert client.as_version('1.0').get('volume/v1') == volume
    assert client.as_version('1.3').get('volume/v1/diff') == []
