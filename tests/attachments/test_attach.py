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
"""Attach and detach over iSCSI, with the host handling behind it."""

import concurrent.futures
import socket

from cinder import exception
from cinder import objects
from os_brick.initiator.connectors import iscsi as brick_iscsi
from oslo_context import context as oslo_context
import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder import exceptions
from tests import world as world_module

IQN = 'iqn.1993-08.org.debian:01:%012x'


def hosts(client):
    return {row['name']: row['iqn'] for row in client.list_hosts()}


def connections(client, volume):
    return {row['host']: row['lun'] for row in
            client.list_volume_private_connections(volume.provider_id)}


def test_connection_info_names_every_path(world, client):
    volume = world.create()

    info = world.attach(volume, world_module.connector())

    ports = [row for row in client.list_ports() if row['iqn']]
    [lun] = connections(client, volume).values()
    serial = client.get_volume(volume.provider_id)['serial']
    assert len(ports) > 1
    assert info == {
        'driver_volume_type': 'iscsi',
        'data': {
            'target_discovered': False,
            'discard': True,
            'addressing_mode': 'SAM2',
            'target_iqns': [row['iqn'] for row in ports],
            'target_portals': [row['portal'] for row in ports],
            'target_luns': [lun] * len(ports),
            'wwn': '3624a9370' + serial.lower(),
        }}


def test_os_brick_reads_every_path(world, client):
    volume = world.create()
    info = world.attach(volume, world_module.connector())

    paths = brick_iscsi.ISCSIConnector('sudo')._get_ips_iqns_luns(
        info['data'], discover=False)

    [lun] = connections(client, volume).values()
    assert paths == [(row['portal'], row['iqn'], lun)
                     for row in client.list_ports() if row['iqn']]


def test_host_is_made_for_the_machine_and_found_again(world, client):
    first, second = world.create(), world.create()
    world.attach(first, world_module.connector())
    world.attach(second, world_module.connector())

    [(name, iqns)] = hosts(client).items()
    assert name == 'compute-1-%032x-cinder' % (0x4c4c4544 << 96 | 1)
    assert iqns == [IQN % 1]
    assert {row['vol'] for row in client.list_host_connections(name)} == {
        first.provider_id, second.provider_id}


def test_host_that_another_made_is_used_and_kept(world, client):
    client.create_host('esx-7', iqnlist=[(IQN % 1).upper()])
    volume = world.create()

    world.attach(volume, world_module.connector())
    assert list(connections(client, volume)) == ['esx-7']

    world.detach(volume, world_module.connector())
    assert connections(client, volume) == {}
    assert hosts(client) == {'esx-7': [(IQN % 1).upper()]}


def test_host_of_the_in_tree_driver_is_used(world, client):
    name = 'compute-1-0123456789abcdef0123456789abcdef-cinder'
    client.create_host(name, iqnlist=[IQN % 1])
    volume = world.create()

    world.attach(volume, world_module.connector())
    assert list(connections(client, volume)) == [name]

    world.detach(volume, world_module.connector())
    assert hosts(client) == {}


def test_attachment_of_the_in_tree_driver_is_detached(world, client):
    name = 'compute-1-0123456789abcdef0123456789abcdef-cinder'
    client.create_host(name, iqnlist=[IQN % 1])
    volume = world.create()
    client.connect_host(name, volume.provider_id)

    world.detach(volume, world_module.connector())

    assert connections(client, volume) == {}
    assert hosts(client) == {}


def test_machine_with_another_machines_uuid_gets_its_own_host(world, client):
    volume = world.create()
    twin = world_module.connector(
        initiator=IQN % 99)  # same name and system UUID, other initiator
    world.attach(volume, world_module.connector())
    world.attach(volume, twin)

    assert sorted(hosts(client).values()) == [[IQN % 1], [IQN % 99]]

    world.detach(volume, twin)
    assert list(hosts(client).values()) == [[IQN % 1]]
    assert len(connections(client, volume)) == 1


def test_attach_twice_gives_the_same_lun(world, client):
    volume = world.create()
    info = world.attach(volume, world_module.connector())
    assert world.connect(volume, world_module.connector()) == info
    assert len(connections(client, volume)) == 1


def test_volume_on_two_machines(world, client):
    volume = world.create()
    world.attach(volume, world_module.connector('one', 1))
    world.attach(volume, world_module.connector('two', 2))
    world.detach(volume, world_module.connector('one', 1))
    assert [name.split('-')[0] for name in connections(client, volume)
            ] == ['two']


def shared(world, connector, count=2):
    """A multiattach volume, attached several times on one machine."""
    volume = world.create(multiattach=True)
    for _number in range(count):
        world.attach(volume, connector)
    return volume


def read_anew(volume):
    """The row as one of several requests for it finds it."""
    return objects.Volume.get_by_id(world_module.CONTEXT, volume.id)


def test_second_attachment_on_a_machine_keeps_the_first(world, client):
    connector = world_module.connector()
    volume = shared(world, connector)

    world.detach(volume, connector)
    assert len(connections(client, volume)) == 1

    world.detach(volume, connector)
    assert connections(client, volume) == {}


@pytest.mark.parametrize('count', [2, 3])
def test_the_last_of_several_detached_at_once_disconnects(world, client,
                                                          count):
    """Cinder deletes their rows after the driver has answered."""
    connector = world_module.connector()
    volume = shared(world, connector, count)

    answers = [world.driver.terminate_connection(read_anew(volume), connector)
               for _number in range(count)]

    assert answers == [True] * (count - 1) + [False]
    assert connections(client, volume) == {}
    assert client.list_hosts() == []


def test_attachment_that_stays_outlives_several_that_go(world, client):
    connector = world_module.connector()
    volume = shared(world, connector, count=4)
    for _number in range(3):
        assert world.driver.terminate_connection(
            read_anew(volume), connector) is True
    for attachment in list(volume.volume_attachment)[1:]:
        attachment.destroy()
    assert len(connections(client, volume)) == 1

    world.attach(volume, connector)

    assert world.driver.terminate_connection(
        read_anew(volume), connector) is True
    assert len(connections(client, volume)) == 1


def test_detach_that_is_asked_for_twice_is_one(world, client, monkeypatch):
    """As by Nova, whose requests have a name."""
    connector = world_module.connector()
    volume = shared(world, connector)
    request = world_module.context.RequestContext(
        global_request_id='req-0f0e0d0c-0b0a-4988-8786-858483828180',
        overwrite=False)
    monkeypatch.setattr(oslo_context, 'get_current', lambda: request)
    for _number in range(2):
        assert world.driver.terminate_connection(
            read_anew(volume), connector) is True
    assert len(connections(client, volume)) == 1


def test_row_that_a_request_brings_may_be_old(world, client):
    connector = world_module.connector()
    volume = shared(world, connector, count=1)
    old = read_anew(volume)
    assert len(old.volume_attachment) == 1
    world.attach(volume, connector)

    assert world.driver.terminate_connection(old, connector) is True

    assert len(connections(client, volume)) == 1


def test_volume_that_is_not_shared_has_one_user(world, client):
    volume = world.create()
    for _number in range(2):
        world.attach(volume, world_module.connector())
    assert world.driver.terminate_connection(
        volume, world_module.connector()) is False
    assert connections(client, volume) == {}


def here(number=1, **changes):
    """The connector of the node that cinder-volume is on."""
    return world_module.connector(socket.gethostname(), number, **changes)


@pytest.mark.parametrize('status', ['uploading', 'backing-up'])
def test_cinders_own_copy_leaves_an_instance_on_its_node_alone(
        world, client, status):
    """Cinder attaches a volume to itself without an attachment."""
    volume = world.create()
    world.attach(volume, here())
    volume.status = status
    world.driver.initialize_connection(volume, here())

    assert world.driver.terminate_connection(volume, here()) is True
    assert len(connections(client, volume)) == 1

    volume.status = 'in-use'
    world.detach(volume, here())
    assert connections(client, volume) == {}


def test_instance_that_goes_leaves_cinders_own_copy_alone(world, client):
    volume = world.create()
    world.attach(volume, here())
    volume.status = 'uploading'
    world.driver.initialize_connection(volume, here())

    world.detach(volume, here())
    assert len(connections(client, volume)) == 1

    world.driver.terminate_connection(volume, here())
    assert connections(client, volume) == {}


def test_cinders_own_copy_on_another_node_is_of_no_concern(world, client):
    volume = world.create()
    world.attach(volume, world_module.connector('elsewhere', 2))
    volume.status = 'uploading'
    world.driver.initialize_connection(volume, here())

    world.detach(volume, world_module.connector('elsewhere', 2))
    assert len(connections(client, volume)) == 1
    world.driver.terminate_connection(volume, here())
    assert connections(client, volume) == {}


@pytest.mark.parametrize('status, is_user', [
    ('attaching', True), ('error_attaching', False),
    ('error_detaching', False), ('reserved', False)])
@pytest.mark.parametrize('index', [0, 1])
def test_unfinished_attachment_counts_unless_it_failed(world, client, status,
                                                       is_user, index):
    volume = shared(world, world_module.connector())
    volume.volume_attachment[index].attach_status = status
    volume.volume_attachment[index].save()

    assert world.driver.terminate_connection(
        volume, world_module.connector()) is is_user

    assert len(connections(client, volume)) == is_user


def test_attachment_recorded_without_a_connector_counts_by_host_name(
        world, client):
    connector = world_module.connector()
    volume = shared(world, connector)
    for attachment in volume.volume_attachment:
        attachment.connector = None
        attachment.save()

    world.driver.terminate_connection(volume, connector)

    assert len(connections(client, volume)) == 1


def test_host_stays_while_it_has_volumes(world, client):
    first, second = world.create(), world.create()
    world.attach(first, world_module.connector())
    world.attach(second, world_module.connector())

    world.detach(first, world_module.connector())
    assert len(hosts(client)) == 1

    world.detach(second, world_module.connector())
    assert hosts(client) == {}


def test_detach_without_a_connector_takes_it_from_everyone(world, client):
    volume = world.create()
    world.attach(volume, world_module.connector('one', 1))
    world.attach(volume, world_module.connector('two', 2))

    world.detach(volume, None)

    assert connections(client, volume) == {}
    assert hosts(client) == {}


def test_detach_twice_succeeds(world):
    volume = world.create()
    world.attach(volume, world_module.connector())
    world.detach(volume, world_module.connector())
    world.driver.terminate_connection(volume, world_module.connector())


@pytest.mark.parametrize('is_everywhere', [False, True])
def test_volume_that_was_renamed_meanwhile_is_detached(world, client,
                                                       is_everywhere):
    volume, connector = world.create(), world_module.connector()
    world.attach(volume, connector)
    client.rename_volume(volume.provider_id, 'renamed')
    world.detach(volume, None if is_everywhere else connector)
    assert client.list_volume_private_connections('renamed') == []
    assert volume.provider_id == 'renamed'


def test_detach_of_a_vanished_host_or_volume_succeeds(world, client):
    volume = world.create()
    world.attach(volume, world_module.connector())
    [name] = hosts(client)
    client.disconnect_host(name, volume.provider_id)
    client.delete_host(name)
    world.driver.terminate_connection(volume, world_module.connector())

    client.destroy_volume(volume.provider_id)
    world.driver.terminate_connection(volume, world_module.connector())
    world.driver.terminate_connection(volume, None)


def test_attach_after_someone_deleted_the_host(world, client):
    first, second = world.create(), world.create()
    world.attach(first, world_module.connector())
    [name] = hosts(client)
    client.disconnect_host(name, first.provider_id)
    client.delete_host(name)

    world.attach(second, world_module.connector())

    assert list(connections(client, second)) == [name]


def refusal(text, **values):
    return flasharray_sim.Fault(**{
        'kind': 'status', 'status': 400, 'text': text, 'method': 'POST',
        'path': 'host/*/volume/*', **values})


def test_connection_that_was_in_the_way_and_went(world, array, client):
    """The array refuses, and a look does not show why."""
    volume = world.create()
    array.faults.add(refusal('Connection already exists.', count=1))
    world.attach(volume, world_module.connector())
    assert len(connections(client, volume)) == 1


def test_connection_that_is_always_in_the_way(world, array, client):
    volume = world.create()
    array.faults.add(refusal('Connection already exists.'))
    with pytest.raises(errors.ArrayAlreadyExistsError):
        world.connect(volume, world_module.connector())
    assert hosts(client) == {}


def test_host_name_that_was_taken_and_is_free_again(world, array, client):
    volume = world.create()
    array.faults.add(refusal('Host already exists.', path='host/*', count=1))
    world.attach(volume, world_module.connector())
    assert list(hosts(client).values()) == [[IQN % 1]]
    world.detach(volume, world_module.connector())
    assert hosts(client) == {}


def test_connector_without_initiator_is_refused(world, client):
    volume = world.create()
    connector = world_module.connector()
    del connector['initiator']

    with pytest.raises(exception.InvalidConnectorException):
        world.connect(volume, connector)
    with pytest.raises(exceptions.PureConnectorError, match='compute-1'):
        world.driver.initialize_connection(volume, connector)

    assert hosts(client) == {}


def test_failed_connection_leaves_no_host(world, array, client):
    volume = world.create()
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=403, method='POST', path='host/*/volume/*',
        count=1))
    with pytest.raises(errors.ArrayPermissionError):
        world.connect(volume, world_module.connector())
    assert hosts(client) == {}


def test_only_portals_of_the_network_are_offered(backend, database,
                                                 coordinator, client):
    ports = [row for row in client.list_ports() if row['iqn']]
    address = ports[0]['portal'].rpartition(':')[0]
    world = world_module.World(
        backend(pure_iscsi_cidr_list=[address + '/32', '203.0.113.0/24',
                                      address + '/32'])).start()

    info = world.attach(world.create(), world_module.connector())

    assert info['data']['target_portals'] == [ports[0]['portal']]
    assert len(info['data']['target_luns']) == 1


def test_personality_of_new_hosts(backend, database, coordinator, client):
    world = world_module.World(
        backend(pure_host_personality='oracle-vm-server')).start()
    world.attach(world.create(), world_module.connector())
    [name] = hosts(client)
    assert client.get_host(name, personality=True)['personality'] == (
        'oracle-vm-server')


def test_row_of_the_in_tree_driver_learns_its_serial(world, client):
    volume = world.create()
    volume.provider_location = None
    volume.save()

    info = world.attach(volume, world_module.connector())

    serial = client.get_volume(volume.provider_id)['serial']
    assert info['data']['wwn'].endswith(serial.lower())
    assert volume.provider_location.endswith(serial)


def test_many_attaches_and_detaches_at_once(world, client):
    volumes = [world.create() for _number in range(16)]
    nodes = [world_module.connector('node-%d' % number, number)
             for number in range(4)]

    def run(index):
        volume, connector = volumes[index], nodes[index % 4]
        return world.driver.initialize_connection(
            volume, connector)['data']['target_luns'][0]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        luns = list(pool.map(run, range(16)))
        assert len(hosts(client)) == 4
        assert len({(index % 4, lun) for index, lun in enumerate(luns)}) == 16
        list(pool.map(lambda index: world.driver.terminate_connection(
            volumes[index], nodes[index % 4]), range(16)))

    assert hosts(client) == {}
