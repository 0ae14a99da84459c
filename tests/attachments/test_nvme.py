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
"""Attach and detach over NVMe/RoCE and NVMe/TCP."""

import ipaddress

from cinder import exception
from os_brick.initiator.connectors import nvmeof as brick_nvme
import pytest

from pure_cinder.array import models
from pure_cinder.attachments.protocols import base
from pure_cinder.attachments.protocols import nvme
from pure_cinder import driver
from pure_cinder import exceptions
from tests import world as world_module

NQN = 'nqn.2010-06.com.purestorage:flasharray.1'


def ports(client):
    return [row for row in client.list_ports()
            if row['nqn'] and row['portal']]


@pytest.fixture
def world(start):
    return start(driver.PureNVMEDriver, pure_nvme_transport='tcp')


def test_connection_info(world, client):
    volume = world.create()

    info = world.attach(volume, world_module.connector())

    serial = client.get_volume(volume.provider_id)['serial'].lower()
    addresses = [row['portal'].rpartition(':')[0] for row in ports(client)]
    assert info == {
        'driver_volume_type': 'nvmeof',
        'data': {
            'discard': True,
            'target_nqn': ports(client)[0]['nqn'],
            'portals': [(address, 4420, 'tcp') for address in addresses],
            'volume_nguid': '00%s24a937%s' % (serial[:14], serial[14:]),
        }}
    assert len(info['data']['volume_nguid']) == 32


def test_os_brick_reads_every_portal(world, client):
    info = world.attach(world.create(), world_module.connector())

    [target] = brick_nvme.NVMeOFConnProps(info['data']).targets

    assert target.nqn == ports(client)[0]['nqn']
    assert target.nguid.replace('-', '') == info['data']['volume_nguid']
    assert [(portal.address, int(portal.port), portal.transport)
            for portal in target.portals] == info['data']['portals']


def test_storage_protocol_is_the_transport(world):
    assert world.driver.get_volume_stats(refresh=True)[
        'storage_protocol'] == 'NVMe-TCP'


def test_host_owns_the_nqn(world, client):
    connector = world_module.connector()
    world.attach(world.create(), connector)
    [row] = client.list_hosts()
    assert row['nqn'] == [connector['nqn']]
    assert row['iqn'] == row['wwn'] == []


def test_detach_removes_host_and_connection(world, client):
    volume = world.create()
    world.attach(volume, world_module.connector())
    world.detach(volume, world_module.connector())
    assert client.list_hosts() == []


def test_lun_is_the_arrays_choice_unless_one_cools_down(world, client):
    """A namespace is found by its NGUID, but the LUN is its number."""
    old, new = world.create(), world.create()

    def lun_of(volume):
        [row] = client.list_volume_private_connections(volume.provider_id)
        return row['lun']

    world.attach(old, world_module.connector())
    assert lun_of(old) == 1
    world.detach(old, world_module.connector())
    world.attach(new, world_module.connector())
    assert lun_of(new) != 1


def test_connector_without_nqn_is_refused(world, client):
    volume = world.create()
    connector = world_module.connector()
    del connector['nqn']
    with pytest.raises(exception.InvalidConnectorException):
        world.connect(volume, connector)
    with pytest.raises(exceptions.PureConnectorError, match='nvme-cli'):
        world.driver.initialize_connection(volume, connector)
    assert client.list_hosts() == []


def test_transport_that_no_port_speaks_does_not_start(start):
    with pytest.raises(exceptions.PureNoTargetPortError) as caught:
        start(driver.PureNVMEDriver, pure_nvme_transport='roce')
    assert 'nvme-roce' in str(caught.value)
    assert 'pure_nvme_transport' in str(caught.value)


def port(name, portal='192.0.2.1:4420', nqn=NQN):
    return models.Port(name=name, iqn=None, wwn=None, nqn=nqn, portal=portal)


def select(found, services):
    protocol = nvme.NvmeProtocol('tcp', (
        ipaddress.ip_network('0.0.0.0/0'), ipaddress.ip_network('::/0')))
    return protocol.select_targets(found, lambda: services)


@pytest.mark.parametrize('name, services', [
    ('CT0.ETH4', ('nvme-tcp',)),
    ('CT0.ETH4', ('iscsi', 'nvme-tcp')),
    ('CT0.ETH4', ('nvme-roce', 'nvme-tcp')),
    ('CT0.ETH4.100', ('nvme-tcp',)),
    ('REPLBOND', ('replication', 'nvme-tcp'))])
def test_port_with_the_service_is_chosen(name, services):
    assert select([port(name)], {name.lower(): services}) == [
        nvme.Target(NQN, '192.0.2.1:4420')]


@pytest.mark.parametrize('services', [
    {'ct0.eth4': ('nvme-roce',)}, {'ct0.eth4': ()}, {}])
def test_port_without_the_service_is_not(services):
    with pytest.raises(exceptions.PureNoTargetPortError):
        select([port('CT0.ETH4')], services)


def test_fibre_channel_port_is_not_chosen():
    with pytest.raises(exceptions.PureNoTargetPortError):
        select([port('CT0.FC4', portal=None)], {})


def test_roce_is_what_os_brick_calls_rdma():
    protocol = nvme.NvmeProtocol('roce', ())
    info = protocol.connection_info(
        [base.Side([nvme.Target(NQN, '192.0.2.1:4420')], 1)], 'A' * 24, {})
    assert info['data']['portals'] == [('192.0.2.1', 4420, 'rdma')]
    assert protocol.storage_protocol == 'NVMe-RoCE'


def test_ipv6_portal_and_its_own_port_number():
    protocol = nvme.NvmeProtocol('tcp', ())
    info = protocol.connection_info(
        [base.Side([nvme.Target(NQN, '[2001:db8::1]:8009')], 1)],
        'A' * 24, {})
    assert info['data']['portals'] == [('2001:db8::1', 8009, 'tcp')]
