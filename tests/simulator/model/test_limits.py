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
"""What a Purity release offers: REST versions and numbers of objects."""

import pytest

from flasharray_sim.rules import config


@pytest.mark.parametrize('purity_version, highest', [
    ('3.4.2', '1.1'), ('4.0', '1.4'), ('4.6.8', '1.6'), ('4.8.0', '1.11'),
    ('4.10.5', '1.11'), ('5.0.0', '1.15'), ('5.1.9', '1.15'),
    ('5.2.1', '1.16'), ('5.3', '1.17'), ('6.0.0', '1.19'),
    ('6.1.11', '1.19'), ('6.9.1', '1.19')])
def test_rest_versions_follow_from_the_release(purity_version, highest):
    versions = config.ArrayConfig(
        'a', purity_version=purity_version).served_versions
    assert versions[-1] == highest
    assert versions == config.ALL_REST_VERSIONS[:len(versions)]


def test_rest_versions_may_be_given():
    assert config.ArrayConfig('a', rest_versions=('1.0', '1.6')
                              ).served_versions == ('1.0', '1.6')


@pytest.mark.parametrize('bad', [
    {'purity_version': 'six'}, {'purity_version': '1.0'},
    {'purity_version': '6'}, {'purity_version': ''},
    {'limits': {'unicorns': 1}}])
def test_configurations_that_make_no_sense(bad):
    with pytest.raises(ValueError):
        config.ArrayConfig('a', **bad)


@pytest.mark.parametrize('name', config.LIMITS)
def test_limits_never_shrink_from_release_to_release(name):
    numbers = [config.ArrayConfig('a', purity_version=release).limit(name)
               for release in ('3.4', '4.0', '4.7', '4.8', '5.0', '5.1',
                               '5.2', '5.3', '6.0', '6.1', '6.9')]
    assert numbers == sorted(numbers)
    assert numbers[0] > 0


def test_purity_4_7_has_500_volumes_and_destroyed_ones_count(
        make_array, client_of):
    client = client_of(make_array(purity_version='4.7.0'), (1, 6))
    for number in range(500):
        client.post(f'volume/v{number}', size='1M')
    client.delete('volume/v0')
    assert client.refusal('POST', 'volume/more', size='1M') == (
        'Volume limit reached.')
    client.delete('volume/v0', eradicate=True)
    assert client.post('volume/more', size='1M')['name'] == 'more'


@pytest.mark.parametrize('limit, text, requests', [
    ('volumes', 'Volume limit reached.',
     [('volume/v1', {'size': '1M'}), ('volume/v2', {'size': '1M'})]),
    ('snapshots', 'Volume snapshot limit reached.',
     [('volume/v1', {'size': '1M'}),
      ('volume', {'snap': True, 'source': ['v1']}),
      ('volume', {'snap': True, 'source': ['v1']})]),
    ('hosts', 'Host limit reached.', [('host/h1', {}), ('host/h2', {})]),
    ('hgroups', 'Host group limit reached.',
     [('hgroup/g1', {}), ('hgroup/g2', {})]),
    ('items', 'SNMP manager limit reached.',
     [('snmp/m1', {'host': 'h'}), ('snmp/m2', {'host': 'h'})])])
def test_a_limit_can_be_configured(make_array, client_of, limit, text,
                                   requests):
    client = client_of(make_array(limits={limit: 1}))
    *first, (path, params) = requests
    for earlier_path, earlier_params in first:
        client.post(earlier_path, **earlier_params)
    assert client.refusal('POST', path, **params) == text


def test_luns_are_limited(make_array, client_of):
    client = client_of(make_array(limits={'lun': 2}))
    client.post('host/h1')
    for name in ('v1', 'v2', 'v3'):
        client.post(f'volume/{name}', size='1M')
    for name in ('v1', 'v2'):
        client.post(f'host/h1/volume/{name}')
    assert 'limit' in client.refusal('POST', 'host/h1/volume/v3').lower()
    assert client.refusal('POST', 'host/h1/volume/v3', lun=3) == (
        'Invalid LUN: must be between 1 and 2.')


def test_an_upgrade_raises_limits_and_versions(make_array, client_of):
    array = make_array(purity_version='5.3.0')
    assert array.config.limit('volumes') == 10_000
    array.reconfigure(purity_version='6.1.0')
    assert array.config.limit('volumes') == 20_000
    assert array.config.served_versions[-1] == '1.19'
    assert client_of(array).get('array')['version'] == '6.1.0'
