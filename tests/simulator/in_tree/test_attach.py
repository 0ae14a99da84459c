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
"""Attaching and detaching with iSCSI, Fibre Channel and NVMe."""

import re

from cinder import exception
from cinder.volume.drivers import pure
import pytest

from tests.simulator.in_tree import world

GENERATED = re.compile(r'compute-1-[a-f0-9]{32}-cinder\Z')
INITIATORS = {'iscsi': 'iqn', 'fc': 'wwn', 'nvme': 'nqn'}


def serial(array, volume):
    return array.get_volume(volume.provider_id)['serial']


def initiators_of(node, protocol):
    if protocol == 'fc':
        return [wwn.upper() for wwn in node['wwpns']]
    return [node['initiator' if protocol == 'iscsi' else 'nqn']]


def test_iscsi_connection(backends, array):
    backend = backends('iscsi')
    volume = backend.create()
    info = backend.attach(volume, world.connector())
    ports = [port for port in array.list_ports() if port['iqn']]
    data = info['data']
    assert info['driver_volume_type'] == 'iscsi'
    assert data['target_portals'] == [port['portal'] for port in ports]
    assert data['target_iqns'] == [port['iqn'] for port in ports]
    assert data['target_luns'] == [1] * len(ports)
    assert data['wwn'] == f'3624a9370{serial(array, volume)}'.lower()
    assert len(ports) == 4
    assert 'auth_method' not in data


def test_fc_connection(backends, array):
    backend = backends('fc')
    volume = backend.create()
    node = world.connector()
    info = backend.attach(volume, node)
    wwns = [port['wwn'] for port in array.list_ports() if port['wwn']]
    data = info['data']
    assert info['driver_volume_type'] == 'fibre_channel'
    assert data['target_wwn'] == data['target_wwns'] == wwns
    assert (data['target_lun'], data['target_luns']) == (1, [1] * len(wwns))
    assert data['initiator_target_map'] == dict.fromkeys(node['wwpns'], wwns)
    assert data['wwn'] == f'3624a9370{serial(array, volume)}'.lower()
    assert len(wwns) == 4


def test_nvme_connection(backends, array):
    backend = backends('nvme')
    volume = backend.create()
    info = backend.attach(volume, world.connector())
    ports = [port for port in array.list_ports() if port['nqn']]
    number = serial(array, volume)
    assert info['driver_volume_type'] == 'nvmeof'
    assert info['data'] == {
        'discard': True,
        'portals': [(port['portal'].rpartition(':')[0], 4420, 'tcp')
                    for port in ports],
        'target_nqn': ports[0]['nqn'],
        'volume_nguid': f'00{number[:14]}24a937{number[-10:]}'.lower()}
    assert len(ports) == 2


def test_host_is_made_and_removed(backend, protocol, array):
    volume, node = backend.create(), world.connector()
    backend.attach(volume, node)
    host, = array.list_hosts()
    assert GENERATED.match(host['name'])
    assert host[INITIATORS[protocol]] == initiators_of(node, protocol)
    assert array.list_host_connections(host['name'], private=True) == [
        {'name': host['name'], 'vol': volume.provider_id, 'lun': 1}]
    backend.detach(volume, node)
    assert array.list_hosts() == []
    assert array.list_volume_private_connections(volume.provider_id) == []


def test_second_volume_uses_the_same_host(backend, array):
    first, second = backend.create(), backend.create()
    node = world.connector()
    backend.attach(first, node)
    backend.attach(second, node)
    host, = array.list_hosts()
    assert [row['lun'] for row in array.list_host_connections(
        host['name'])] == [1, 2]
    backend.detach(first, node)
    assert [row['name'] for row in array.list_hosts()] == [host['name']]


def test_attach_again_finds_the_connection(backend, array):
    volume, node = backend.create(), world.connector()
    first = backend.attach(volume, node)
    assert backend.driver.initialize_connection(volume, node) == first
    assert len(array.list_volume_private_connections(
        volume.provider_id)) == 1


def test_operators_host_is_used_and_kept(backend, protocol, array):
    node = world.connector()
    array.create_host('operators-host', **{
        f'{INITIATORS[protocol]}list': initiators_of(node, protocol)})
    volume = backend.create()
    backend.attach(volume, node)
    assert [row['host'] for row in array.list_volume_private_connections(
        volume.provider_id)] == ['operators-host']
    backend.detach(volume, node)
    assert [row['name'] for row in array.list_hosts()] == ['operators-host']


def test_two_nodes_and_force_detach(backend, array):
    volume = backend.create()
    nodes = [world.connector(f'compute-{number}', number)
             for number in (1, 2)]
    for node in nodes:
        backend.attach(volume, node)
    assert len(array.list_volume_private_connections(
        volume.provider_id)) == 2
    backend.detach(volume, None)
    assert array.list_volume_private_connections(volume.provider_id) == []
    assert array.list_hosts() == []


def test_multiattach_on_one_node_keeps_the_connection(backend, array):
    volume, node = backend.create(), world.connector()
    backend.attach(volume, node)
    backend.attach(volume, node)
    backend.detach(volume, node)
    assert len(array.list_volume_private_connections(
        volume.provider_id)) == 1
    backend.detach(volume, node)
    assert array.list_volume_private_connections(volume.provider_id) == []


def test_detach_of_what_is_not_attached(backend, array):
    volume, other = backend.create(), backend.create()
    backend.attach(other, world.connector())
    backend.detach(volume, world.connector())
    assert len(array.list_volume_private_connections(
        other.provider_id)) == 1


def test_fc_detach_tells_which_zones_to_remove(backends, array):
    backend = backends('fc')
    first, second = backend.create(), backend.create()
    node = world.connector()
    backend.attach(first, node)
    backend.attach(second, node)
    wwns = [port['wwn'] for port in array.list_ports() if port['wwn']]
    assert backend.detach(first, node) == {
        'driver_volume_type': 'fibre_channel', 'data': {}}
    assert backend.detach(second, node)['data'] == {
        'target_wwn': wwns,
        'initiator_target_map': dict.fromkeys(node['wwpns'], wwns)}


def test_personality(backends, protocol, array):
    backend = backends(protocol, pure_host_personality='esxi')
    backend.attach(backend.create(), world.connector())
    host, = array.list_hosts(personality=True)
    assert host['personality'] == 'esxi'


def test_host_that_disappears_is_made_again(
        backends, protocol, array, polls, monkeypatch):
    backend = backends(protocol, pure_host_personality='aix')
    volume, node = backend.create(), world.connector()
    client = backend.driver._get_current_array()
    create_host, lost = client.create_host, []

    def create_and_lose(name, **kwargs):
        reply = create_host(name, **kwargs)
        if not lost:
            lost.append(name)
            array.delete_host(name)
        return reply
    monkeypatch.setattr(client, 'create_host', create_and_lose)
    backend.attach(volume, node)
    assert polls == [1.0]
    host, = array.list_hosts()
    assert lost != [host['name']]


def test_chap(backends, array):
    backend = backends('iscsi', use_chap_auth=True)
    node = world.connector()
    volume, other = backend.create(), backend.create()
    data = backend.attach(volume, node)['data']
    assert (data['auth_method'], data['auth_username']) == (
        'CHAP', 'compute-1')
    assert len(data['auth_password']) == 16
    host, = array.list_hosts(chap=True)
    assert (host['host_user'], host['host_password']) == (
        'compute-1', '****')
    again = backend.attach(other, node)['data']
    assert again['auth_password'] == data['auth_password']


def test_chap_needs_a_host_of_its_own(backends, array):
    backend = backends('iscsi', use_chap_auth=True)
    node = world.connector()
    array.create_host('operators-host', iqnlist=[node['initiator']])
    with pytest.raises(pure.PureDriverException):
        backend.attach(backend.create(), node)


@pytest.mark.parametrize('protocol,option,taken', [
    ('iscsi', 'pure_iscsi_cidr_list', 'target_portals'),
    ('nvme', 'pure_nvme_cidr_list', 'portals')])
def test_portals_of_a_network(backends, array, protocol, option, taken):
    chosen = [port['portal'].rpartition(':')[0]
              for port in array.list_ports()
              if port['iqn' if protocol == 'iscsi' else 'nqn']][:1]
    backend = backends(protocol, **{option: f'{chosen[0]}/32'})
    data = backend.attach(backend.create(), world.connector())['data']
    assert len(data[taken]) == 1
    assert chosen[0] in str(data[taken])


def test_no_portal_in_the_network_is_no_error_with_iscsi(backends):
    """Defect 18 of the driver: success without any target."""
    backend = backends('iscsi', pure_iscsi_cidr='192.0.2.0/24')
    data = backend.attach(backend.create(), world.connector())['data']
    assert 'target_portals' not in data


def test_networks_that_overlap_duplicate_portals(backends):
    """Defect 19 of the driver."""
    backend = backends('iscsi', pure_iscsi_cidr_list='0.0.0.0/0,10.0.0.0/8')
    data = backend.attach(backend.create(), world.connector())['data']
    assert len(data['target_portals']) == 8
    assert len(set(data['target_portals'])) == 4


@pytest.mark.parametrize('protocol,missing', [
    ('iscsi', 'initiator'), ('fc', 'wwpns')])
def test_connector_without_initiator(backends, protocol, missing):
    node = world.connector()
    del node[missing]
    with pytest.raises(exception.InvalidConnectorException):
        backends(protocol).driver.validate_connector(node)


def test_nvme_does_not_validate_the_connector(backends):
    backend = backends('nvme')
    node = world.connector()
    del node['nqn']
    with pytest.raises(KeyError):
        backend.attach(backend.create(), node)
