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
"""Audit records, logins and alerts (2.10)."""

import pytest

from flasharray_sim.rules import messages

IQN = 'iqn.1994-05.com.redhat:abc'


def trail(client):
    return [(row['component_type'], row['event'], row['component_name'])
            for row in client.get('message', audit=True)]


def test_changes_are_noted_and_reads_are_not(client):
    client.post('volume/v1', size='1G')
    client.post('host/h1', iqnlist=[IQN])
    client.post('host/h1/volume/v1')
    client.get('volume')
    client.refusal('POST', 'volume/v1', size='1G')
    client.post('volume', snap=True, source=['v1'])
    client.delete('host/h1/volume/v1')
    client.put('volume/v1', name='v2')
    client.delete('volume/v2')
    client.put('volume/v2', action='recover')
    client.delete('volume/v2')
    client.delete('volume/v2', eradicate=True)
    client.put('dns', domain='example.com')
    assert trail(client) == [
        ('purevol', 'create', 'v1'), ('purehost', 'create', 'h1'),
        ('purehost', 'connect', 'h1'), ('purevol', 'snap', ''),
        ('purehost', 'disconnect', 'h1'), ('purevol', 'rename', 'v1'),
        ('purevol', 'destroy', 'v2'), ('purevol', 'recover', 'v2'),
        ('purevol', 'destroy', 'v2'), ('purevol', 'eradicate', 'v2'),
        ('puredns', 'setattr', '')]


def test_an_audit_record(client, clock):
    client.post('volume/v1', size='1G')
    assert client.get('message', audit=True) == [{
        'id': 1, 'opened': clock.now().strftime('%Y-%m-%dT%H:%M:%SZ'),
        'event': 'create', 'component_type': 'purevol',
        'component_name': 'v1', 'details': 'size=1G', 'user': 'pureuser'}]


def test_secrets_stay_out_of_the_audit_log(client):
    client.post('admin/bob', password='the-secret')
    client.post('host/h1')
    client.put('host/h1', host_user='u', host_password='the-secret-12')
    client.post('snmp/m1', host='h', community='the-secret')
    client.post('s3_offload/s3', access_key_id='a', bucket='b',
                secret_access_key='the-secret')
    client.put('cert/management', new_key=True)
    assert len(trail(client)) == 5 + 1
    assert 'the-secret' not in str(client.get('message', audit=True))
    assert 'host_password=****' in client.get(
        'message', audit=True)[2]['details']


def test_logins_are_noted(array, client):
    array.authenticate(array.login('pureuser', 'pureuser'))
    array.admins.login('pureuser', 'wrong')
    assert [(row['user'], row['event'])
            for row in client.get('message', login=True)] == [
        ('pureuser', 'login'), ('pureuser', 'failed login')]


def test_alerts_open_and_close(array, client):
    with array.transaction():
        first = array.messages.alert('hardware', 'ct1.eth0', 'failure',
                                     code=42)
        array.messages.alert('array', 'array-1', 'high utilization',
                             'critical', details='full')
        array.messages.close(first)
    rows = client.get('message')
    assert rows[0] == {
        'id': 1, 'category': 'array', 'code': 42, 'actual': '',
        'expected': '', 'opened': rows[0]['opened'], 'details': '',
        'component_type': 'hardware', 'component_name': 'ct1.eth0',
        'event': 'failure', 'current_severity': 'warning'}
    assert [row['id'] for row in client.get('message', open=True)] == [2]
    assert [row['closed'] is None for row in client.get(
        'message', timeline=True)] == [False, True]


def test_messages_are_flagged_and_cleared(array, client):
    with array.transaction():
        array.messages.alert('hardware', 'ct1.eth0', 'failure')
    assert client.put('message/1', flagged=False) == {
        'id': 1, 'flagged': False}
    assert client.get('message', flagged=True) == []
    client.put('message/1', flagged=True)
    assert len(client.get('message', flagged=True)) == 1
    for bad in ('99', '-1', 'x', '٣'):
        assert client.refusal('PUT', f'message/{bad}', flagged=True) == (
            'Message does not exist.')


def test_messages_by_user_and_by_age(client, client_of, clock):
    client.post('admin/bob', password='b', role='array_admin')
    clock.advance(2 * 86400)
    client_of(client.array, user='bob').post('volume/v1', size='1G')
    for params in ({'user': 'bob'}, {'recent': True}):
        [row] = client.get('message', audit=True, **params)
        assert row['component_name'] == 'v1'


@pytest.mark.parametrize('params', [
    {'audit': True, 'login': True}, {'audit': True, 'open': True}])
def test_flags_that_do_not_go_together(client, params):
    assert client.refusal('GET', 'message', **params) == (
        'Invalid combination of parameters specified.')


def test_the_log_is_bounded(array, client):
    with array.transaction():
        for number in range(messages.LONGEST + 5):
            array.messages.audit('u', 'purevol', 'create', f'v{number}', '')
    names = [row['component_name']
             for row in client.get('message', audit=True)]
    assert len(names) == messages.LONGEST
    assert (names[0], names[-1]) == ('v5', f'v{messages.LONGEST + 4}')
