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
"""Hosts, their initiators, CHAP and personality (2.4, 3.5)."""

import pytest

IQN = 'iqn.1994-05.com.redhat:abc'
NQN = 'nqn.2014-08.org.nvmexpress:uuid:1'
WWN = '51402EC0017AA6B4'
MIXED = 'Invalid combination of parameters specified.'


def test_a_host_is_made_with_its_initiators(client):
    assert client.post('host/h1') == {
        'name': 'h1', 'iqn': [], 'wwn': [], 'nqn': []}
    assert client.post('host/h2', iqnlist=[IQN], wwnlist=[WWN],
                       nqnlist=[NQN], personality='esxi') == {
        'name': 'h2', 'iqn': [IQN], 'wwn': [WWN], 'nqn': [NQN]}
    assert client.get('host') == [
        {'name': 'h1', 'hgroup': None, 'iqn': [], 'wwn': [], 'nqn': []},
        {'name': 'h2', 'hgroup': None, 'iqn': [IQN], 'wwn': [WWN],
         'nqn': [NQN]}]
    assert client.get('host/H2', personality=True) == {
        'name': 'h2', 'personality': 'esxi'}


@pytest.mark.parametrize('given', [
    '51:40:2e:c0:01:7a:a6:b4', '51402ec0017aa6b4', WWN])
def test_wwns_are_shown_in_one_form(client, given):
    assert client.post('host/h1', wwnlist=[given])['wwn'] == [WWN]
    assert client.put('host/h1', remwwnlist=[given])['wwn'] == []


def test_initiators_are_replaced_added_and_removed(client):
    client.post('host/h1', iqnlist=['iqn.a', 'iqn.b'])
    assert client.put('host/h1', addiqnlist=['iqn.c'])['iqn'] == [
        'iqn.a', 'iqn.b', 'iqn.c']
    assert client.put('host/h1', remiqnlist=['IQN.B'],
                      addiqnlist=['iqn.d']) == {
        'name': 'h1', 'hgroup': None, 'iqn': ['iqn.a', 'iqn.c', 'iqn.d'],
        'wwn': [], 'nqn': []}
    assert client.put('host/h1', iqnlist=['iqn.d', 'iqn.e'])['iqn'] == [
        'iqn.d', 'iqn.e']
    assert client.refusal(
        'PUT', 'host/h1', iqnlist=[], addiqnlist=['iqn.f']) == MIXED
    assert client.put('host/h1', iqnlist=None)['iqn'] == []


@pytest.mark.parametrize('kind, initiator', [
    ('IQN', IQN), ('WWN', WWN), ('NQN', NQN)])
def test_an_initiator_belongs_to_one_host(client, kind, initiator):
    parameter = f'{kind.lower()}list'
    client.post('host/h1', **{parameter: [initiator]})
    in_use = f'The specified {kind} is already in use.'
    assert client.refusal(
        'POST', 'host/h2', **{parameter: [initiator.swapcase()]}) == in_use
    assert client.names('host') == ['h1']
    client.post('host/h2')
    for prefix in ('', 'add'):
        assert client.refusal('PUT', 'host/h2', **{
            prefix + parameter: [initiator]}) == in_use
    assert client.refusal(
        'PUT', 'host/h2', **{f'rem{parameter}': [initiator]}) == (
            f'The specified {kind} does not exist.')
    client.delete('host/h1')
    client.put('host/h2', **{parameter: [initiator]})


@pytest.mark.parametrize('parameter, given', [
    ('wwnlist', '123'), ('wwnlist', 'x' * 16), ('iqnlist', 'abc'),
    ('iqnlist', 'iqn.a b'), ('iqnlist', 'iqn.' + 'x' * 220),
    ('nqnlist', 'iqn.a')])
def test_bad_initiators_are_refused(client, parameter, given):
    assert client.refusal(
        'POST', 'host/h1', **{parameter: [given]}) == (
            f'Invalid {parameter[:3].upper()}.')
    assert client.get('host') == []


def test_chap_shows_users_and_hides_passwords(client):
    client.post('host/h1')
    unset = {'name': 'h1', 'host_user': None, 'host_password': None,
             'target_user': None, 'target_password': None}
    assert client.get('host/h1', chap=True) == unset
    assert client.put('host/h1', host_user='me', host_password='x' * 12) == (
        unset | {'host_user': 'me', 'host_password': '****'})
    assert client.get('host', chap=True) == [
        unset | {'host_user': 'me', 'host_password': '****'}]
    assert client.put('host/h1', host_user='', host_password='') == unset


def test_chap_passwords_stay_out_of_a_hosts_repr(array, client):
    client.post('host/h1', host_user='me', host_password='secret-secret')
    host = array.db.hosts.find('name', 'h1')
    assert host.host_password == 'secret-secret'
    assert 'secret' not in repr(host)


@pytest.mark.parametrize('length, is_good', [
    (11, False), (12, True), (255, True), (256, False)])
def test_chap_password_lengths(client, length, is_good):
    client.post('host/h1')
    params = {'target_user': 'me', 'target_password': 'x' * length}
    if is_good:
        client.put('host/h1', **params)
    else:
        assert client.refusal('PUT', 'host/h1', **params) == (
            'CHAP password must be between 12 and 255 characters.')


def test_chap_needs_user_and_password(client):
    client.post('host/h1')
    for params in ({'host_user': 'me'}, {'host_password': 'x' * 12}):
        assert client.refusal('PUT', 'host/h1', **params) == (
            'CHAP user and password must be set together.')


def test_personality_is_set_and_cleared(client):
    client.post('host/h1')
    assert client.put('host/h1', personality='aix') == {
        'name': 'h1', 'personality': 'aix'}
    assert client.refusal('PUT', 'host/h1', personality='windows') == (
        'Invalid personality.')
    assert client.put('host/h1', personality='') == {
        'name': 'h1', 'personality': None}


def test_preferred_array(client):
    client.post('host/h1', preferred_array=['array-1'])
    assert client.get('host/h1', preferred_array=True) == {
        'name': 'h1', 'preferred_array': ['array-1']}
    assert client.put('host/h1', preferred_array=[]) == {
        'name': 'h1', 'preferred_array': []}


def test_names_and_renaming(client):
    client.post('host/h1')
    client.post('host/h2')
    assert client.refusal('POST', 'host/H1') == 'Host already exists.'
    assert client.refusal('PUT', 'host/h1', name='H2') == (
        'Host already exists.')
    assert client.put('host/h1', name='H1') == {'name': 'H1'}
    assert client.refusal('PUT', 'host/h1', name='x', iqnlist=[]) == MIXED
    assert client.refusal('PUT', 'host/h1') == 'No attribute specified.'
    for bad in ('a_b', '-a', '1', 'x' * 64):
        assert client.refusal('POST', f'host/{bad}').startswith(
            'Host name must be between 1 and 63 characters')
    for method in ('GET', 'DELETE'):
        assert client.refusal(method, 'host/none') == 'Host does not exist.'


def test_a_connected_host_is_not_deleted(client):
    client.post('volume/v1', size='1G')
    client.post('host/h1', iqnlist=[IQN])
    client.post('hgroup/g1', hostlist=['h1'])
    refused = 'Host cannot be deleted due to existing connections.'
    client.post('host/h1/volume/v1')
    assert client.refusal('DELETE', 'host/h1') == refused
    client.delete('host/h1/volume/v1')
    client.post('hgroup/g1/volume/v1')
    assert client.refusal('DELETE', 'host/h1') == refused
    client.delete('hgroup/g1/volume/v1')
    assert client.delete('host/h1') == {'name': 'h1'}
    assert client.get('hgroup/g1') == {'name': 'g1', 'hosts': []}
    client.post('host/h2', iqnlist=[IQN])


def test_all_rows_tell_initiators_volumes_and_target_ports(client):
    client.post('volume/v1', size='1G')
    client.post('host/h1', iqnlist=[IQN], wwnlist=[WWN])
    client.post('host/h2')
    client.post('host/h1/volume/v1')
    iscsi, fc, bare = client.get('host', all=True)
    assert (iscsi['vol'], iscsi['lun'], iscsi['host_iqn']) == ('v1', 1, IQN)
    assert iscsi['target_port'] == [
        'CT0.ETH4', 'CT0.ETH5', 'CT1.ETH4', 'CT1.ETH5']
    assert (fc['host_wwn'], fc['host_iqn']) == (WWN, None)
    assert fc['target_port'] == ['CT0.FC0', 'CT0.FC1', 'CT1.FC0', 'CT1.FC1']
    assert (bare['name'], bare['vol'], bare['target_port']) == (
        'h2', None, [])
    assert client.get('host/h1', all=True) == [iscsi, fc]


def test_performance_of_one_host_is_a_dict(client):
    client.post('host/h1')
    [row] = client.get('host', action='monitor')
    assert client.get('host/h1', action='monitor') == row
    assert (row['name'], row['reads_per_sec']) == ('h1', 0)
    assert len(client.get('host/h1', action='monitor',
                          historical='1h')) == 120


def test_balance_is_a_row_for_each_initiator(client):
    client.post('host/h1', iqnlist=[IQN], wwnlist=[WWN])
    iscsi, fc = client.get('host/h1', action='monitor', balance=True)
    assert (iscsi['name'], iscsi['host_iqn'], iscsi['host_wwn']) == (
        'h1', IQN, None)
    assert (fc['host_iqn'], fc['host_wwn']) == (None, WWN)
    assert fc['op_count'] == 0
    assert client.get('host', action='monitor', balance=True) == [iscsi, fc]
    assert client.refusal('GET', 'host/h1', balance=True) == MIXED


def test_one_view_at_a_time(client):
    client.post('host/h1')
    assert client.refusal('GET', 'host', chap=True, space=True) == MIXED
    assert client.refusal('GET', 'host/h1', action='explode') == MIXED
    assert client.refusal('GET', 'host/h1', historical='1h') == MIXED
    assert client.refusal('GET', 'host/h1', size=True) == MIXED


def test_remote_hosts_are_those_of_this_array_without_pods(client):
    client.post('host/h1')
    assert client.get('host', remote=True) == client.get('host')


def test_older_versions_know_less(client):
    client.post('host/h1', nqnlist=[NQN])
    old = client.as_version('1.15')
    assert old.get('host/h1') == {
        'name': 'h1', 'hgroup': None, 'iqn': [], 'wwn': []}
    assert 'host_nqn' not in old.get('host/h1', all=True)[0]
    for version, params in (('1.15', {'nqnlist': []}),
                            ('1.13', {'personality': 'aix'}),
                            ('1.14', {'preferred_array': []})):
        assert 'unexpected parameter' in client.as_version(version).refusal(
            'PUT', 'host/h1', **params)


def test_the_number_of_hosts_is_limited(make_array, client_of):
    client = client_of(make_array(limits={'hosts': 1, 'hgroups': 1}))
    client.post('host/h1')
    client.post('hgroup/g1')
    assert client.refusal('POST', 'host/h2') == 'Host limit reached.'
    assert client.refusal('POST', 'hgroup/g2') == 'Host group limit reached.'
