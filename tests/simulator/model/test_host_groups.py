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
"""Host groups and their members (2.5)."""

import pytest


@pytest.fixture
def hosts(client):
    for name in ('h1', 'h2', 'h3'):
        client.post(f'host/{name}')


def test_members_are_set_added_and_removed(client, hosts):
    assert client.post('hgroup/g1') == {'name': 'g1', 'hosts': []}
    assert client.post('hgroup/g2', hostlist=['h1', 'H2']) == {
        'name': 'g2', 'hosts': ['h1', 'h2']}
    assert client.get('host/h1')['hgroup'] == 'g2'
    assert client.put('hgroup/g2', addhostlist=['h3'],
                      remhostlist=['h1'])['hosts'] == ['h2', 'h3']
    assert client.put('hgroup/g2', hostlist=['h1', 'h3'])['hosts'] == [
        'h1', 'h3']
    assert client.get('hgroup') == [
        {'name': 'g1', 'hosts': []}, {'name': 'g2', 'hosts': ['h1', 'h3']}]
    assert client.get('hgroup/G2') == {'name': 'g2', 'hosts': ['h1', 'h3']}


@pytest.mark.parametrize('empty', [None, []])
def test_an_empty_list_empties_the_group(client, hosts, empty):
    client.post('hgroup/g1', hostlist=['h1', 'h2'])
    assert client.put('hgroup/g1', hostlist=empty) == {
        'name': 'g1', 'hosts': []}
    assert client.get('host/h1')['hgroup'] is None


def test_a_host_is_in_one_group(client, hosts):
    client.post('hgroup/g1', hostlist=['h1'])
    taken = 'Host is already in a host group.'
    assert client.refusal('POST', 'hgroup/g2', hostlist=['h2', 'h1']) == taken
    assert client.names('hgroup') == ['g1']
    assert client.get('host/h2')['hgroup'] is None
    assert client.refusal('PUT', 'hgroup/g1', addhostlist=['h1']) == taken
    assert client.refusal('PUT', 'hgroup/g1', remhostlist=['h2']) == (
        'Host is not in the host group.')
    assert client.refusal('PUT', 'hgroup/g1', hostlist=['none']) == (
        'Host does not exist.')
    assert client.get('hgroup/g1')['hosts'] == ['h1']


def test_renaming_and_deleting(client, hosts):
    client.post('hgroup/g1', hostlist=['h1'])
    client.post('hgroup/g2')
    assert client.put('hgroup/g1', name='g3') == {
        'name': 'g3', 'hosts': ['h1']}
    assert client.refusal('PUT', 'hgroup/g3', name='G2') == (
        'Host group already exists.')
    assert client.refusal('PUT', 'hgroup/g3', name='g4', hostlist=[]) == (
        'Invalid combination of parameters specified.')
    assert client.refusal('PUT', 'hgroup/g3') == 'No attribute specified.'
    assert client.delete('hgroup/g3') == {'name': 'g3'}
    assert client.get('host/h1')['hgroup'] is None
    assert client.refusal('GET', 'hgroup/g3') == 'Host group does not exist.'
    assert client.refusal('POST', 'hgroup/g2') == (
        'Host group already exists.')
    assert client.refusal('POST', 'hgroup/a_b').startswith(
        'Host group name must be ')


def test_a_connected_group_is_not_deleted(client, hosts):
    client.post('hgroup/g1', hostlist=['h1'])
    client.post('volume/v1', size='1G')
    client.post('hgroup/g1/volume/v1')
    assert client.refusal('DELETE', 'hgroup/g1') == (
        'Host group cannot be deleted due to existing connections.')
    assert client.get('hgroup/g1', connect=True) == [
        {'name': 'g1', 'vol': 'v1', 'lun': 254}]
    client.delete('hgroup/g1/volume/v1')
    client.delete('hgroup/g1')


def test_performance_of_one_group_is_a_dict(client, hosts):
    client.post('hgroup/g1')
    assert client.get('hgroup', action='monitor') == [
        client.get('hgroup/g1', action='monitor')]
