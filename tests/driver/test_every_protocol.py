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
"""What is alike for iSCSI, Fibre Channel and NVMe."""

import concurrent.futures

import pytest

from pure_cinder.array import models
from pure_cinder.attachments.protocols import fc
from pure_cinder.attachments.protocols import iscsi
from pure_cinder.attachments.protocols import nvme
from pure_cinder import driver
from pure_cinder import exceptions
from tests import world as world_module

OPTIONS = {
    driver.PureISCSIDriver: {},
    driver.PureFCDriver: {},
    driver.PureNVMEDriver: {'pure_nvme_transport': 'tcp'},
}
CONNECTOR = world_module.connector()


@pytest.fixture(params=OPTIONS, ids=lambda cls: cls.__name__)
def driver_class(request):
    return request.param


@pytest.fixture
def begin(start, driver_class):
    """Start a backend of the protocol: ``begin(**options)``."""
    def make(**values):
        return start(driver_class, **OPTIONS[driver_class], **values)
    return make


@pytest.fixture
def world(begin):
    return begin()


def connections(client):
    return {(row['name'], row['host'], row['lun'])
            for row in client.list_volumes(connect=True)}


def test_attach_twice_is_attach_once(world, client):
    volume = world.create()
    info = world.attach(volume, CONNECTOR)
    once = connections(client)
    assert world.connect(volume, CONNECTOR) == info
    assert connections(client) == once


def test_attach_twice_by_two_processes(world, begin, client):
    volume = world.create()
    info = world.attach(volume, CONNECTOR)
    assert begin().connect(volume, CONNECTOR) == info
    assert len(connections(client)) == 1


def test_last_attachment_on_a_machine_disconnects(world, client):
    volume = world.create(multiattach=True)
    world.attach(volume, CONNECTOR)
    world.attach(volume, CONNECTOR)
    world.detach(volume, CONNECTOR)
    assert len(connections(client)) == 1
    world.detach(volume, CONNECTOR)
    assert connections(client) == set()
    assert client.list_hosts() == []


def test_detach_without_a_connector(world, client):
    volume, other = world.create(), world.create()
    for number in (1, 2):
        world.attach(volume, world_module.connector('n%d' % number, number))
    world.attach(other, world_module.connector('n2', 2))
    world.detach(volume, None)
    assert [name for name, _host, _lun in connections(client)] == [
        other.provider_id]
    assert len(client.list_hosts()) == 1


def test_detach_of_what_is_gone(world, client):
    volume = world.create()
    world.attach(volume, CONNECTOR)
    [host] = [row['name'] for row in client.list_hosts()]
    client.disconnect_host(host, volume.provider_id)
    world.driver.terminate_connection(volume, CONNECTOR)
    assert client.list_hosts() == []

    client.destroy_volume(volume.provider_id)
    client.eradicate_volume(volume.provider_id)
    world.driver.terminate_connection(volume, CONNECTOR)
    world.driver.terminate_connection(volume, None)


def test_detach_of_a_row_without_a_name(world, client):
    """What failed before it got one has no connection."""
    volume = world.new_volume()
    world.driver.terminate_connection(volume, CONNECTOR)
    world.driver.terminate_connection(volume, None)


def test_personality(begin, client):
    world = begin(pure_host_personality='aix')
    world.attach(world.create(), CONNECTOR)
    [row] = client.list_hosts(personality=True)
    assert row['personality'] == 'aix'


def test_host_name_is_the_same_for_every_process_and_fits(world, begin,
                                                          client):
    machine = world_module.connector('-' * 30 + 'a.very.long.name' * 4)
    first, second = world.create(), world.create()
    world.attach(first, machine)
    begin().attach(second, machine)
    [row] = client.list_hosts()
    assert len(row['name']) <= 63
    assert row['name'].endswith(
        machine['system uuid'].replace('-', '') + '-cinder')


def test_many_at_once(world, client):
    """No leaked host or connection, no LUN twice on a machine."""
    volumes = [world.create() for _number in range(12)]
    machines = [world_module.connector('n%d' % number, number)
                for number in range(3)]
    pairs = [(volume, machines[index % 3])
             for index, volume in enumerate(volumes)]

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda pair: world.driver.initialize_connection(*pair),
                      pairs))
        found = connections(client)
        assert len({(host, lun) for _name, host, lun in found}) == 12
        list(pool.map(lambda pair: world.driver.terminate_connection(*pair),
                      pairs))

    assert connections(client) == set()
    assert client.list_hosts() == []


@pytest.mark.parametrize('protocol', [
    iscsi.IscsiProtocol(()), nvme.NvmeProtocol('tcp', ()),
    fc.FibreChannelProtocol()], ids=lambda protocol: type(protocol).__name__)
def test_port_without_an_address_is_passed_over(protocol):
    """An interface that has none yet, or that is down."""
    ports = [models.Port('CT0.ETH4', 'iqn.x', None, None, None),
             models.Port('CT0.ETH5', None, None, 'nqn.x', None)]
    with pytest.raises(exceptions.PureNoTargetPortError):
        protocol.select_targets(ports, lambda: {
            'ct0.eth4': ('iscsi',), 'ct0.eth5': ('nvme-tcp',)})
