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
"""The small administrative objects, made from the table of kinds (2.10)."""

import pytest

from flasharray_sim.rules import administration_kinds

MIXED = 'Invalid combination of parameters specified.'
# Kind -> what it takes to make one, a change, and what is a bad value.
MADE = {
    'alert': ({}, {'enabled': False}, None),
    'snmp': ({'host': '10.0.0.1'}, {'version': 'v3', 'user': 'u'},
             {'version': 'v1'}),
    'kmip': ({'uri': ['k:5696'], 'certificate': 'management'},
             {'uri': ['a:1', 'b:2']}, {'uri': ['a'] * 6}),
    'subnet': ({'prefix': '10.9.0.0/24'}, {'mtu': 9000}, {'mtu': 9001}),
    'nfs_offload': ({'address': '10.0.0.1', 'mount_point': '/x'}, None,
                    None),
    's3_offload': ({'access_key_id': 'a', 'bucket': 'b',
                    'secret_access_key': 's'}, None, None),
    'azure_offload': ({'account_name': 'a', 'secret_access_key': 's'},
                      None, None),
}
SINGLE = {
    'dns': {'domain': 'example.com', 'nameservers': ['10.0.0.1']},
    'smtp': {'relay_host': 'mail', 'sender_domain': 'example.com',
             'user_name': 'u', 'password': 'p'},
    'directoryservice': {'enabled': True, 'uri': ['ldap://d'],
                         'base_dn': 'DC=d', 'bind_user': 'u',
                         'bind_password': 'p', 'check_peer': True,
                         'user_login_attribute': 'uid',
                         'user_object_class': 'person'},
}


def name_of(key):
    return 'someone@example.com' if key == 'alert' else 'One'


def rows_of(client, path):
    found = client.get(path)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize('key', MADE)
def test_life_of_an_object(client, key):
    made, changes, bad = MADE[key]
    kind = administration_kinds.KINDS[key]
    path = f'{kind.path}/{name_of(key)}'
    before = client.get(kind.path)
    created = client.post(path, **made)
    row = created[0] if key == 'kmip' else created
    shown = {field.name for field in kind.fields if field.is_shown}
    assert {'name', *shown} <= set(row)
    other_case = f'{kind.path}/{name_of(key).swapcase()}'
    assert rows_of(client, other_case) == [row]
    assert client.get(kind.path) == [*before, row]
    assert client.refusal('POST', path, **made) == (
        f'{kind.noun} already exists.')
    if changes:
        client.put(path, **changes)
        assert rows_of(client, path) == [row | changes]
        assert client.refusal('PUT', path) == 'No attribute specified.'
    if bad:
        assert client.refusal('PUT', path, **bad) == (
            f'Invalid value for parameter {next(iter(bad))}.')
    assert client.delete(path) == {'name': name_of(key)}
    assert client.get(kind.path) == before
    for method in ('GET', 'DELETE'):
        assert client.refusal(method, path) == (
            f'{kind.noun} does not exist.')


@pytest.mark.parametrize('key', MADE)
def test_what_is_required_has_to_be_there(client, key):
    kind = administration_kinds.KINDS[key]
    path = f'{kind.path}/{name_of(key)}'
    for field in kind.fields:
        if field.is_required:
            given = {name: value for name, value in MADE[key][0].items()
                     if name != field.name}
            assert client.refusal('POST', path, **given) in (
                MIXED, f'Invalid value for parameter {field.name}.')
    assert client.names(kind.path) in ([], list(kind.initial))


@pytest.mark.parametrize('key', SINGLE)
def test_what_there_is_one_of(client, key):
    before = client.get(key)
    values = SINGLE[key]
    secret = {name: '****' for name in values if 'password' in name}
    assert client.put(key, **values) == values | secret
    assert client.get(key) == values | secret
    client.put(key, **{name: [] if isinstance(value, list) else None
                       for name, value in values.items()})
    assert client.get(key) == before
    assert client.refusal('PUT', key) == 'No attribute specified.'


def test_dns_without_servers_shows_an_empty_one(client):
    assert client.get('dns') == {'domain': '', 'nameservers': ['']}
    assert client.refusal('PUT', 'dns', nameservers=list('abcd')) == (
        'Invalid value for parameter nameservers.')


def test_the_built_in_alert_recipient_stays(client):
    address = administration_kinds.ALERT_ADDRESS
    assert client.get('alert') == [{'name': address, 'enabled': True}]
    assert client.refusal('DELETE', f'alert/{address}') == (
        'Alert recipient is built in and cannot be deleted.')
    assert client.refusal('POST', 'alert/nobody') == (
        'Invalid Alert recipient name.')


def test_tests_tell_an_outcome(client):
    client.post('snmp/m1', host='h')
    client.post('kmip/k1', uri=['k'], certificate='management')
    [alert] = client.put('alert', action='test')
    assert alert == client.put(f'alert/{alert["name"]}', action='test')
    assert client.put('snmp/m1', action='test')['name'] == 'm1'
    assert client.put('kmip/k1', action='test')[0]['name'] == 'k1'
    assert client.put('directoryservice', action='test') == {
        'output': 'Directory service is disabled.'}
    for path in ('snmp/m1', 'alert', 'directoryservice'):
        assert client.refusal('PUT', path, action='x') == MIXED


def test_snmp_hides_its_secrets_and_has_an_engine(client):
    client.post('snmp/m1', host='h', version='v3', user='u',
                auth_protocol='SHA', auth_passphrase='secret',
                privacy_protocol='AES', privacy_passphrase='secret')
    row = client.get('snmp/m1')
    assert (row['auth_passphrase'], row['privacy_passphrase'],
            row['community'], row['notification']) == (
        '****', '****', None, 'trap')
    assert client.put('snmp/m1', name='m2')['name'] == 'm2'
    client.post('snmp/m1', host='h')
    assert client.refusal('PUT', 'snmp/m1', name='M2') == (
        'SNMP manager already exists.')
    engine = client.get('snmp', engine_id=True)['engine_id']
    assert len(bytes.fromhex(engine)) == 17


def test_groups_of_the_directory_until_roles_came(client):
    old = client.as_version('1.15')
    assert old.put('directoryservice', group_base='OU=g',
                   readonly_group='r') == {
        'group_base': 'OU=g', 'readonly_group': 'r',
        'storage_admin_group': '', 'array_admin_group': ''}
    assert old.get('directoryservice', groups=True)['group_base'] == 'OU=g'
    assert client.put('directoryservice', certificate='PEM') == {
        'certificate': 'PEM'}
    assert client.get('directoryservice', certificate=True) == {
        'certificate': 'PEM'}


def test_roles_of_the_directory(client):
    assert client.names('directoryservice/role') == [
        'array_admin', 'ops_admin', 'readonly', 'storage_admin']
    changed = [{'name': 'ops_admin', 'group': 'g', 'group_base': 'OU=g'}]
    assert client.put('directoryservice/role', names=['ops_admin'],
                      group='g', group_base='OU=g') == changed
    assert client.get('directoryservice/role',
                      names=['ops_admin']) == changed
    assert client.refusal('PUT', 'directoryservice/role', group='g'
                          ) == MIXED
    assert client.refusal(
        'PUT', 'directoryservice/role', names=['king'], group='g') == (
        'Directory service role does not exist.')


def test_offload_targets_of_all_protocols(client):
    for name in ('nfs', 's3', 'azure'):
        client.post(f'{name}_offload/{name}', **MADE[f'{name}_offload'][0])
    assert [(row['name'], row['protocol'], row['status'])
            for row in client.get('offload')] == [
        ('nfs', 'nfs', 'connected'), ('s3', 's3', 'connected'),
        ('azure', 'azure', 'connected')]
    assert client.get('offload/nfs')['protocol'] == 'nfs'
    old = client.as_version('1.14')
    assert old.get('offload/nfs') == [client.get('offload/nfs')]
    assert old.get('nfs_offload/nfs') == [client.get('nfs_offload/nfs')]
    assert client.get('azure_offload/azure')['secret_access_key'] == '****'
    assert client.refusal('POST', 'azure_offload/NFS', **MADE[
        'azure_offload'][0]) == 'Offload target already exists.'
    assert client.refusal('GET', 'offload/none') == (
        'Offload target does not exist.')


def test_apps_are_installed_enabled_and_seen(client):
    assert (client.get('app'), client.get('app/nodes')) == ([], [])
    [software] = client.get('software/app')
    assert (software['name'], software['status'], software['version']) == (
        'offload', 'available', '6.1.11')
    assert client.post('software/app/offload')['status'] == 'installed'
    assert client.get('software/app/offload')[0]['status'] == 'installed'
    [app] = client.get('app')
    assert (app['enabled'], app['vnc_enabled'], app['status']) == (
        True, False, 'healthy')
    client.put('app/offload', vnc_enabled=True)
    [node] = client.get('app/offload/nodes')
    assert node['vnc'][0].endswith(':5900')
    assert client.get('app/nodes') == [node]
    assert client.put('app/offload', enabled=False)['status'] == 'unhealthy'
    assert client.delete('software/app/offload')['status'] == 'available'
    for method, path in (('GET', 'app/offload'), ('GET', 'software/app/x'),
                         ('DELETE', 'software/app/offload')):
        assert client.refusal(method, path) == 'App does not exist.'


def test_maintenance_windows_end(client, clock):
    assert client.get('maintenance_window') == []
    row = client.post('maintenance_window', timeout=7200)
    assert row['name'] == 'environment'
    assert client.get('maintenance_window') == [row]
    assert client.refusal('POST', 'maintenance_window') == (
        'Maintenance window already exists.')
    clock.advance(7200)
    assert client.get('maintenance_window') == []
    assert client.refusal('DELETE', 'maintenance_window') == (
        'Maintenance window does not exist.')
    client.post('maintenance_window')
    assert client.delete('maintenance_window') == {'name': 'environment'}
    assert client.refusal('POST', 'maintenance_window', timeout=1) == (
        'Invalid value for parameter timeout.')


def test_everything_survives_a_restart(make_array, client_of, tmp_path):
    path = tmp_path / 'array.sqlite'
    client = client_of(make_array(path))
    client.post('subnet/s1', prefix='10.9.0.0/24', vlan=100)
    client.post('network/vif/ct0.eth4.100', subnet='s1')
    client.post('admin/bob', password='b', role='readonly')
    client.put('dns', nameservers=['10.0.0.1', '10.0.0.2'])
    paths = ('subnet', 'network', 'admin', 'dns', 'cert')
    before = [client.get(name) for name in paths]
    audit = client.get('message', audit=True)
    again = client_of(make_array(path))
    assert [again.get(name) for name in paths] == before
    assert again.get('message', audit=True) == audit
    assert len(audit) == 4
