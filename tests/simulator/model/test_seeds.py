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
"""Objects that an array starts with."""

import pytest

from flasharray_sim import errors


def test_a_seed_is_made_through_the_rules(array, client):
    array.seed({
        'settings': {'banner': 'Hello', 'ntpserver': ['a'],
                     'console_lock': 'enabled', 'remoteassist': 'enabled'},
        'volumes': [
            {'name': 'v1', 'size': '1G', 'used_bytes': 4096,
             'snapshots': ['a', 'b'], 'tags': {'k': 'v'},
             'bandwidth_limit': '10M'},
            {'name': 'v2', 'source': 'v1.a', 'iops_limit': 100},
            {'name': 'v3', 'size': 1 << 20, 'destroyed': True}],
        'hosts': [
            {'name': 'h1', 'iqns': ['iqn.a'], 'personality': 'esxi'},
            {'name': 'h2', 'wwns': ['51:40:2E:C0:01:7A:A6:B4'],
             'nqns': ['nqn.a']}],
        'hgroups': [{'name': 'g1', 'hosts': ['h1']}],
        'connections': [{'host': 'h2', 'volume': 'v1', 'lun': 5},
                        {'hgroup': 'g1', 'volume': 'v2'}]})
    assert client.names('volume', pending=True) == ['v1', 'v2', 'v3']
    assert client.names('volume', pending_only=True) == ['v3']
    assert client.names('volume', snap=True) == ['v1.a', 'v1.b']
    assert client.get('volume/v1', tags=True)[0]['value'] == 'v'
    assert client.get('volume/v2')['source'] == 'v1'
    assert client.get('volume/v1/diff') == [{'offset': 0, 'length': 4096}]
    assert client.get('host', connect=True) == [
        {'name': 'h1', 'vol': 'v2', 'lun': 254, 'hgroup': 'g1'},
        {'name': 'h2', 'vol': 'v1', 'lun': 5, 'hgroup': None}]
    assert client.get('host/h2')['wwn'] == ['51402EC0017AA6B4']
    assert client.get('array', banner=True, ntpserver=True) == {
        'banner': 'Hello', 'ntpserver': ['a']}
    assert client.get('array/console_lock') == {'console_lock': 'enabled'}
    assert client.get('array/remoteassist')['status'] == 'enabled'


@pytest.mark.parametrize('seed', [
    {'hosts': [{'name': 'h1'}, {'name': 'H1'}]},
    {'hosts': [{'name': 'h1'}], 'volumes': [{'name': 'v1', 'size': '1G'}],
     'connections': [{'host': 'h2', 'volume': 'v1'}]},
    *({'hosts': [{'name': 'h1'}], 'settings': {name: 'maybe'}}
      for name in ('phonehome', 'console_lock', 'remoteassist')),
])
def test_what_the_rules_refuse_is_not_planted(array, client, seed):
    with pytest.raises(errors.PurityError):
        array.seed(seed)
    assert client.get('host') == []


@pytest.mark.parametrize('seed', [
    [], {'planets': []}, {'volumes': {}}, {'hosts': ['h1']},
    {'hosts': [{'iqns': []}]}, {'hosts': [{'name': 1}]},
    {'hosts': [{'name': 'h1', 'colour': 'red'}]},
    {'hosts': [{'name': 'h1', 'iqns': [1]}]},
    {'hgroups': [{'name': 'g1', 'hosts': 'h1'}]},
    {'volumes': [{'name': 'v1'}]},
    {'volumes': [{'name': 'v1', 'size': '1G', 'source': 'v2'}]},
    {'volumes': [{'name': 'v1', 'size': '1G', 'tags': {'a': 1}}]},
    {'connections': [{'volume': 'v1'}]},
    {'connections': [{'volume': 'v1', 'host': 'h1', 'hgroup': 'g1'}]},
    {'settings': {'array_id': 'x'}},
])
def test_what_is_no_seed_is_not_planted(array, client, seed):
    with pytest.raises(ValueError, match='not understood'):
        array.seed({'hosts': [{'name': 'h9'}], **seed}
                   if isinstance(seed, dict) else seed)
    assert client.get('host') == []
