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
"""Hardware, drives, interfaces, subnets (2.9)."""

import pytest


def test_components(client):
    rows = client.get('hardware')
    names = [row['name'] for row in rows]
    assert len(set(names)) == len(names)
    assert {'CH0', 'CT0', 'CT1', 'CT0.ETH0', 'CT0.FC0', 'CT1.FAN0',
            'CT0.TMP0', 'CH0.PWR0', 'CH0.BAY0'} <= set(names)
    assert set(rows[0]) == {
        'name', 'status', 'identify', 'index', 'slot', 'speed',
        'temperature', 'voltage', 'model', 'serial', 'details'}
    assert client.get('hardware/ct0')['model'] == 'FA-X50R3'
    assert client.get('hardware/CH0.BAY23')['status'] == 'not_installed'
    assert client.names('hardware', names=['*.TMP0']) == [
        'CT0.TMP0', 'CT1.TMP0']
    assert client.refusal('GET', 'hardware/CT9') == (
        'Hardware component does not exist.')


def test_lights(client):
    assert client.put('hardware/CT0', identify='on')['identify'] == 'on'
    assert client.get('hardware/CT0')['identify'] == 'on'
    assert client.get('hardware/CT1')['identify'] == 'off'
    assert client.put('hardware/CT0', identify='off')['identify'] == 'off'
    assert client.refusal('PUT', 'hardware/CT0', identify='red') == (
        'Invalid value for parameter identify.')
    assert client.refusal('PUT', 'hardware/CT0.FAN0', identify='on') == (
        'Invalid combination of parameters specified.')


def test_a_controller_that_is_away(array, client):
    array.controllers.fail_over()
    assert client.get('hardware/CT0')['status'] == 'critical'
    assert client.get('hardware/CT1')['status'] == 'ok'
    array.controllers.come_back()
    assert client.get('hardware/CT0')['status'] == 'ok'


def test_drives(client):
    drives = client.get('drive')
    assert {row['type'] for row in drives} == {'NVRAM', 'SSD'}
    assert sum(row['capacity'] for row in drives
               if row['type'] == 'SSD') == 20 << 40
    assert client.get('drive/CH0.BAY0') == drives[0]
    components = {row['name']: row for row in client.get('hardware')}
    assert all(components[row['name']]['serial'] for row in drives)
    assert client.refusal('GET', 'drive/CH0.BAY23') == (
        'Drive does not exist.')


def test_an_interface_is_changed_and_its_portal_follows(client):
    row = client.put('network/CT0.ETH4', address='10.9.0.4', mtu=1500,
                     netmask='255.255.0.0', gateway='10.9.0.1',
                     enabled=False)
    assert row == client.get('network/ct0.eth4')
    assert (row['address'], row['mtu'], row['netmask'], row['gateway'],
            row['enabled']) == (
        '10.9.0.4', 1500, '255.255.0.0', '10.9.0.1', False)
    [port] = [port for port in client.get('port')
              if port['name'] == 'CT0.ETH4']
    assert port['portal'] == '10.9.0.4:3260'
    assert client.put('network/ct0.eth4', enabled=True)['enabled'] is True


@pytest.mark.parametrize('params, text', [
    ({'address': 'x'}, 'Invalid value for parameter address.'),
    ({'mtu': 9217}, 'Invalid value for parameter mtu.'),
    ({'subnet': 'none'}, 'Subnet does not exist.'),
    ({}, 'No attribute specified.')])
def test_bad_changes_of_an_interface(client, params, text):
    before = client.get('network')
    assert client.refusal('PUT', 'network/ct0.eth4', **params) == text
    assert client.get('network') == before


def test_subnets_have_members(client):
    client.post('subnet/s1', prefix='10.9.0.0/24', gateway='10.9.0.1',
                mtu=9000)
    row = client.put('network/ct0.eth4', subnet='s1', address='10.9.0.4')
    assert (row['subnet'], row['netmask'], row['gateway'], row['mtu']) == (
        's1', '255.255.255.0', '10.9.0.1', 9000)
    assert client.put('subnet/s1', name='s2') == {
        'name': 's2', 'prefix': '10.9.0.0/24', 'gateway': '10.9.0.1',
        'vlan': 0, 'mtu': 9000, 'enabled': True, 'services': ['iscsi'],
        'interfaces': ['ct0.eth4']}
    assert client.get('network/ct0.eth4')['subnet'] == 's2'
    assert client.refusal('DELETE', 'subnet/s2') == (
        'Subnet cannot be deleted due to existing interfaces.')
    assert client.put('network/ct0.eth4', subnet='')['subnet'] is None
    assert client.delete('subnet/s2') == {'name': 's2'}


@pytest.mark.parametrize('params, parameter', [
    ({'prefix': 'x'}, 'prefix'), ({'prefix': '10.9.0.1/24'}, 'prefix'),
    ({'prefix': '10.9.0.0/24', 'gateway': '10.8.0.1'}, 'gateway'),
    ({'prefix': '10.9.0.0/24', 'gateway': 'x'}, 'gateway'),
    ({'prefix': '10.9.0.0/24', 'vlan': 4095}, 'vlan')])
def test_bad_subnets(client, params, parameter):
    assert client.refusal('POST', 'subnet/s1', **params) == (
        f'Invalid value for parameter {parameter}.')
    assert client.get('subnet') == []


def test_vlan_interfaces(client):
    client.post('subnet/s1', prefix='10.9.0.0/24', vlan=100)
    row = client.post('network/vif/ct0.eth4.100', subnet='s1',
                      address='10.9.0.4')
    assert (row['name'], row['subnet'], row['services'],
            row['netmask']) == (
        'ct0.eth4.100', 's1', ['iscsi'], '255.255.255.0')
    assert row in client.get('network')
    assert client.get('subnet/s1')['interfaces'] == ['ct0.eth4.100']
    assert client.put('network/ct0.eth4.100', enabled=False)[
        'enabled'] is False
    assert client.delete('network/ct0.eth4.100') == {
        'name': 'ct0.eth4.100'}
    assert client.get('subnet/s1')['interfaces'] == []


@pytest.mark.parametrize('name, subnet, text', [
    ('ct0.eth4.101', 's1', 'VLAN interface name does not fit the subnet.'),
    ('ct0.eth4.100', 's2', 'Subnet does not exist.'),
    ('ct9.eth4.100', 's1', 'Network interface does not exist.'),
    ('ct0.eth4', 's1', 'Network interface does not exist.')])
def test_bad_vlan_interfaces(client, name, subnet, text):
    client.post('subnet/s1', prefix='10.9.0.0/24', vlan=100)
    assert client.refusal('POST', f'network/vif/{name}', subnet=subnet
                          ) == text


def test_cabled_interfaces_stay(client):
    assert client.refusal('DELETE', 'network/ct0.eth4') == (
        'Network interface is built in and cannot be deleted.')


@pytest.mark.parametrize('action', [{}, {'action': 'monitor'}])
def test_error_counters_of_the_network_can_be_asked_for(client, action):
    assert client.get('network', error=True, **action) == client.get(
        'network', **action)
