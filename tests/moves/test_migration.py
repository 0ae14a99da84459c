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
"""Volumes that move between backends of one array without a copy."""

from cinder import exception
from cinder import objects
import pytest

import flasharray_sim
from pure_cinder import driver
from pure_cinder.moves import location_info
from tests import world as world_module


@pytest.fixture
def other(conf, world, array, simulator):
    """Another backend of the same array: other protocol, other names."""
    return world_module.World(world_module.backend_configuration(
        conf, 'other', volume_backend_name='other', san_ip=array.address,
        pure_api_token=array.api_token, driver_ssl_cert_verify=True,
        driver_ssl_cert_path=str(simulator.certificate_path),
        pure_replication_pg_name='other-group'),
        driver.PureFCDriver).start()


def host_of(world):
    """What the scheduler knows of a backend, as the manager passes it."""
    stats = world.driver.get_volume_stats(refresh=True)
    [pool] = stats['pools']
    return {'host': 'node@be#be', 'cluster_name': None,
            'capabilities': {**stats, **pool}}


def migrate(world, volume, host):
    moved, update = world.driver.migrate_volume(world_module.CONTEXT, volume,
                                                host)
    if moved:
        volume.update(update)
        volume.save()
    return moved


def test_volume_moves_to_another_backend_of_its_array(
        world, other, client, array):
    volume = world.create()
    array.model.write(volume.provider_id, 0, 4096)
    before = client.get_volume(volume.provider_id)
    array.requests.clear()
    assert migrate(world, volume, host_of(other))
    assert client.get_volume(volume.provider_id) == before
    other.attach(volume, world_module.connector())
    other.detach(volume, world_module.connector())
    other.driver.delete_volume(volume)
    assert client.list_volumes() == []


def test_attached_volume_is_not_moved(world, other, client):
    """The other backend would not know how to detach it."""
    volume = world.create()
    world.attach(volume, world_module.connector())
    assert not migrate(world, volume, host_of(other))
    world.detach(volume, world_module.connector())
    assert client.list_volumes(connect=True) == []
    assert migrate(world, volume, host_of(other))


def test_volume_of_another_array_is_left_to_a_copy(world, fleet_of):
    elsewhere = fleet_of().start()
    assert not migrate(world, world.create(), host_of(elsewhere))


@pytest.mark.parametrize('capabilities', [
    {}, {'location_info': None}, {'location_info': 'LVMVolumeDriver:x:y'},
    {'location_info': 'PureFlashArray|short'}])
def test_backend_that_is_no_such_array_is_left_to_a_copy(world, capabilities):
    assert not migrate(world, world.create(),
                       {'host': 'a@b#c', 'capabilities': capabilities})


def test_replicated_volume_goes_to_the_groups_of_the_other_backend(
        async_fleet):
    world = async_fleet.start()
    there = async_fleet.start(pure_replication_pg_name='other-group')
    client = async_fleet.client(async_fleet.primary)
    kind = world_module.replicated_type('async')
    volume = world.create(volume_type_id=kind.id)
    assert migrate(world, volume, host_of(there))
    assert {row['name']: row['volumes'] for row in client.list_pgroups()} == {
        'cinder-group': None, 'other-group': [volume.provider_id]}


def test_replicated_volume_goes_to_the_pod_of_the_other_backend(sync_fleet):
    world = sync_fleet.start()
    there = sync_fleet.start(pure_replication_pod_name='other-pod')
    kind = world_module.replicated_type('sync')
    volume = world.create(volume_type_id=kind.id)
    sync_fleet.primary.model.write(volume.provider_id, 0, 4096)
    content = sync_fleet.primary.model.read(volume.provider_id)
    assert migrate(world, volume, host_of(there))
    assert volume.provider_id == 'other-pod::%s-cinder' % volume.name
    for array in sync_fleet.arrays:
        assert array.model.read(volume.provider_id) == content


def test_migration_that_fails_at_any_request_changes_nothing(async_fleet):
    world = async_fleet.start()
    host = host_of(async_fleet.start(pure_replication_pg_name='other-group'))
    array = async_fleet.primary
    client = async_fleet.client(array)
    kind = world_module.replicated_type('async', qos={'maxIOPS': '500'})
    volume = world.create(volume_type_id=kind.id)

    def state():
        return client.list_volumes(qos=True), [
            (row['name'], row['volumes']) for row in client.list_pgroups()]

    before = state()
    for number in range(20):
        array.faults.add(flasharray_sim.Fault(
            'status', status=400, text='Refused.', count=1, skip=number))
        try:
            assert migrate(world, volume, host)
            break
        except exception.VolumeDriverException:
            array.faults.clear()
            assert state() == before, number
    assert number > 2


def test_location_survives_being_told():
    location = location_info.Location('id', 'pod', 'group', 'pod::trisync')
    assert location_info.parse(location.text()) == location


# After a migration that copied


def copied(source, target):
    """A volume and its copy, at the end of Cinder's generic migration."""
    volume = source.create()
    copy = target.create(migration_status='target:' + volume.id)
    return volume, copy


def finish(target, volume, copy):
    """What the manager does with the rows then.

    :returns: the row of the original, which is to be deleted
    """
    update = {'_name_id': copy.name_id,
              'provider_location': copy.provider_location}
    update.update(target.driver.update_migrated_volume(
        world_module.CONTEXT, volume, copy, 'available'))
    copy.update({key: volume[key] for key in update})
    copy.save()
    volume.update(update)
    volume.save()
    volume = objects.Volume.get_by_id(world_module.CONTEXT, volume.id)
    copy = objects.Volume.get_by_id(world_module.CONTEXT, copy.id)
    volume.finish_volume_migration(copy)
    return (objects.Volume.get_by_id(world_module.CONTEXT, volume.id),
            objects.Volume.get_by_id(world_module.CONTEXT, copy.id))


def test_copy_on_another_array_gets_the_name_of_its_volume(world, fleet_of):
    fleet = fleet_of()
    there = fleet.start()
    client = fleet.client(fleet.primary)
    volume, copy = copied(world, there)
    serial = client.get_volume(copy.provider_id)['serial']
    volume, original = finish(there, volume, copy)
    assert volume.name_id == volume.id
    assert volume.provider_id == volume.name + '-cinder'
    assert client.get_volume(volume.provider_id)['serial'] == serial
    assert volume.provider_location.endswith(serial)
    world.driver.delete_volume(original)
    assert [row['name'] for row in client.list_volumes()] == [
        volume.provider_id]


def test_copy_on_the_same_array_exchanges_names(world, other, client):
    volume, copy = copied(world, other)
    serial = client.get_volume(copy.provider_id)['serial']
    volume, original = finish(other, volume, copy)
    assert volume.name_id == volume.id
    assert client.get_volume(volume.provider_id)['serial'] == serial
    assert original.provider_id != volume.provider_id
    world.driver.delete_volume(original)
    assert [(row['name'], row['serial']) for row in client.list_volumes()
            ] == [(volume.name + '-cinder', serial)]


def test_copy_keeps_its_name_when_the_volumes_is_taken(world, fleet_of):
    """By a destroyed volume, say; nothing is lost."""
    fleet = fleet_of()
    there = fleet.start()
    client = fleet.client(fleet.primary)
    volume, copy = copied(world, there)
    client.create_volume(volume.name + '-cinder', '1G')
    client.destroy_volume(volume.name + '-cinder')
    name = copy.provider_id
    volume, _original = finish(there, volume, copy)
    assert volume.provider_id == name
    assert volume.name_id == copy.id
    there.extend(volume, 2)


def test_names_are_exchanged_wholly_or_not_at_all(world, other, client,
                                                  array):
    volume, copy = copied(world, other)

    def names():
        return {row['serial']: row['name'] for row in client.list_volumes()}

    before = names()
    for number in range(20):
        array.faults.add(flasharray_sim.Fault(
            'status', status=400, text='Refused.', count=1, skip=number))
        update = other.driver.update_migrated_volume(
            world_module.CONTEXT, volume, copy, 'available')
        array.faults.clear()
        if update['_name_id'] is None:
            break
        assert names() == before, number
    assert number > 2
    assert set(names().values()) == set(before.values())
    assert names() != before
