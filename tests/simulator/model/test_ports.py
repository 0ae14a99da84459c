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
"""Target ports and network interfaces (2.9)."""

import pytest

IQN = 'iqn.1994-05.com.redhat:abc'


def test_ports_of_all_protocols(array, client):
    ports = {row['name']: row for row in client.get('port')}
    tail = array.id.replace('-', '')[:16]
    iscsi = ports['CT0.ETH4']
    assert iscsi == {
        'name': 'CT0.ETH4', 'wwn': None, 'nqn': None, 'failover': None,
        'iqn': f'iqn.2010-06.com.purestorage:flasharray.{tail}',
        'portal': iscsi['portal']}
    assert iscsi['portal'].endswith(':3260')
    nvme = ports['CT1.ETH8']
    assert (nvme['iqn'], nvme['nqn']) == (
        None, f'nqn.2010-06.com.purestorage:flasharray.{tail}')
    assert nvme['portal'].endswith(':4420')
    assert ports['CT0.FC0']['wwn'].startswith('524A937')
    assert len(ports['CT0.FC0']['wwn']) == 16
    assert [sum(row[kind] is not None for row in ports.values())
            for kind in ('iqn', 'wwn', 'nqn')] == [4, 4, 2]


def test_older_versions_have_no_nvme(client):
    ports = client.as_version('1.15').get('port')
    assert len(ports) == 8
    assert all('nqn' not in row for row in ports)


def test_portals_can_be_configured(make_array, client_of):
    client = client_of(make_array(
        iscsi_portals=('127.0.0.1:3260', '[2001:db8::1]:3260'),
        nvme_portals=()))
    assert [(row['name'], row['portal']) for row in client.get('port')
            if row['portal']] == [
        ('CT0.ETH4', '127.0.0.1:3260'), ('CT0.ETH5', '[2001:db8::1]:3260')]
    assert client.get('network/ct0.eth5')['address'] == '2001:db8::1'


def test_wwns_can_be_configured(make_array, client_of):
    client = client_of(make_array(fc_wwns={
        'CT0.FC2': '20:00:52:4a:93:7a:00:00', 'CT1.FC2': '2000524a937a0001'}))
    assert [(row['name'], row['wwn']) for row in client.get('port')
            if row['wwn']] == [
        ('CT0.FC2', '2000524A937A0000'), ('CT1.FC2', '2000524A937A0001')]


def test_every_portal_has_an_interface_found_without_case(client):
    for row in client.get('port'):
        if row['portal'] is None:
            assert client.refusal('GET', f'network/{row["name"]}') == (
                'Network interface does not exist.')
            continue
        interface = client.get(f'network/{row["name"]}')
        assert interface['name'] == row['name'].lower()
        assert interface['address'] == row['portal'].rpartition(':')[0]
        assert interface['services'] == [
            'iscsi' if row['iqn'] else 'nvme-tcp']


def test_management_interfaces(client):
    rows = client.get('network')
    assert [row['name'] for row in rows
            if row['services'] == ['management']] == [
        'ct0.eth0', 'ct1.eth0', 'vir0']
    assert len({row['address'] for row in rows}) == len(rows)
    assert len({row['hwaddr'] for row in rows}) == len(rows)
    assert client.get('network/vir0')['slaves'] == ['ct0.eth0', 'ct1.eth0']
    assert client.names('network', names=['CT0.*']) == [
        'ct0.eth0', 'ct0.eth2', 'ct0.eth4', 'ct0.eth5', 'ct0.eth8']


def test_interface_performance(client):
    row = client.get('network/ct0.eth4', action='monitor')
    assert (row['name'], row['received_bytes_per_sec']) == ('ct0.eth4', 0)
    assert row in client.get('network', action='monitor')
    assert len(client.get('network/ct0.eth4', action='monitor',
                          historical='1h')) == 120


def test_initiators_meet_the_ports_of_their_protocol(client):
    assert client.get('port', initiators=True) == []
    client.post('host/h1', iqnlist=[IQN], wwnlist=['51402EC0017AA6B4'])
    rows = client.get('port', initiators=True)
    assert [(row['iqn'], row['target']) for row in rows[:4]] == [
        (IQN, port) for port in ('CT0.ETH4', 'CT0.ETH5', 'CT1.ETH4',
                                 'CT1.ETH5')]
    assert [row['target'] for row in rows if row['wwn']] == [
        'CT0.FC0', 'CT0.FC1', 'CT1.FC0', 'CT1.FC1']
    assert rows[0]['target_iqn'] == client.get('port')[0]['iqn']


def target_ports(client):
    return [(row['name'], 'iscsi' if row['iqn'] else 'nvme', row['portal'])
            for row in client.get('port') if row['wwn'] is None]


def test_nvme_ports_can_speak_roce(make_array, client_of):
    client = client_of(make_array(nvme_services=('nvme-roce',)))
    assert client.get('network/ct0.eth8')['services'] == ['nvme-roce']
    assert ('CT0.ETH8', 'nvme') in [row[:2] for row in target_ports(client)]


def test_fc_ports_can_speak_nvme(make_array, client_of):
    client = client_of(make_array(nvme_fc_ports=('CT1.FC0',)))
    assert [row['name'] for row in client.get('port')
            if row['wwn'] and row['nqn']] == ['CT1.FC0']
    assert client.get('port')[-1]['nqn'] is None


def test_interfaces_can_be_configured_whole(make_array, client_of):
    array = make_array(interfaces=(
        {'name': 'CT0.ETH4', 'address': '192.0.2.4',
         'services': ('iscsi', 'nvme-tcp')},
        {'name': 'ct0.eth4.100', 'address': '198.51.100.4',
         'services': ('nvme-roce', 'nvme-tcp'), 'tcp_port': 8009},
        {'name': 'lacp0', 'address': '2001:db8::1', 'services': ('iscsi',),
         'slaves': ('ct0.eth5', 'ct1.eth5')},
        {'name': 'ct1.eth6', 'address': '192.0.2.6',
         'services': ('replication',)}))
    client = client_of(array)
    assert target_ports(client) == [
        ('CT0.ETH4', 'iscsi', '192.0.2.4:3260'),
        ('CT0.ETH4', 'nvme', '192.0.2.4:4420'),
        ('CT0.ETH4.100', 'nvme', '198.51.100.4:8009'),
        ('LACP0', 'iscsi', '[2001:db8::1]:3260')]
    shown = {row['name']: (row['services'], row['slaves'])
             for row in client.get('network')}
    assert shown['ct0.eth4'] == (['iscsi', 'nvme-tcp'], [])
    assert shown['lacp0'] == (['iscsi'], ['ct0.eth5', 'ct1.eth5'])
    assert 'ct0.eth5' not in shown
    assert [name for name in client.names('hardware')
            if 'ETH' in name or 'LACP' in name] == [
                'CT0.ETH0', 'CT0.ETH2', 'CT0.ETH4', 'CT1.ETH0', 'CT1.ETH2',
                'CT1.ETH6']
    with pytest.raises(ValueError, match='nvme-rocket'):
        make_array(interfaces=({'name': 'ct0.eth4', 'address': '192.0.2.4',
                                'services': ('nvme-rocket',)},))


def test_a_vlan_interface_has_the_ports_of_its_parent(client):
    client.post('subnet/s1', prefix='192.0.2.0/24', vlan=100)
    client.post('network/vif/ct0.eth4.100', subnet='s1')
    assert 'CT0.ETH4.100' not in client.names('port')
    client.put('network/ct0.eth4.100', address='192.0.2.9')
    row, = (row for row in client.get('port')
            if row['name'] == 'CT0.ETH4.100')
    assert row == client.get('port')[0] | {
        'name': 'CT0.ETH4.100', 'portal': '192.0.2.9:3260'}
    assert client.get('network/CT0.ETH4.100')['services'] == ['iscsi']
    client.delete('network/ct0.eth4.100')
    assert 'CT0.ETH4.100' not in client.names('port')
