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
"""Volumes: what Cinder gets and what stands on the array."""

from cinder import exception
from oslo_utils import units
import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder.array import volumes
from pure_cinder import exceptions
from tests import world as world_module


def array_volumes(client):
    return {row['name']: row['size'] for row in client.list_volumes()}


def test_created_volume_has_the_in_tree_name_and_size(world, client):
    volume = world.create(size=3)

    name = 'volume-%s-cinder' % volume.id
    assert volume.provider_id == name
    assert array_volumes(client) == {name: 3 * units.Gi}


def test_created_volume_tells_where_it_is_and_keeps_the_users_metadata(
        world, client):
    volume = world.create(metadata={'owner': 'alice'})

    assert volume.metadata == {
        'owner': 'alice',
        'array_name': client.get()['array_name'],
        'array_volume_name': volume.provider_id}
    assert volume.replication_status == 'disabled'


def test_create_does_not_take_over_a_volume_of_that_name(world, client):
    volume = world.new_volume()
    name = 'volume-%s-cinder' % volume.id
    client.create_volume(name, 5 * units.Gi)

    with pytest.raises(errors.ArrayAlreadyExistsError, match=name):
        world.driver.create_volume(volume)

    assert array_volumes(client) == {name: 5 * units.Gi}


def test_clone_is_a_copy_of_the_same_size(world, client):
    source = world.create(size=2)
    clone = world.clone(source)

    row = client.get_volume(clone.provider_id)
    assert (row['size'], row['source']) == (2 * units.Gi, source.provider_id)
    assert row['serial'] != client.get_volume(source.provider_id)['serial']


def test_clone_can_grow(world, client):
    clone = world.clone(world.create(size=2), size=5)
    assert client.get_volume(clone.provider_id)['size'] == 5 * units.Gi


def test_volume_from_snapshot_can_grow(world, client):
    snapshot = world.snapshot(world.create(size=2))
    same = world.from_snapshot(snapshot)
    larger = world.from_snapshot(snapshot, size=3)

    assert client.get_volume(same.provider_id)['size'] == 2 * units.Gi
    assert client.get_volume(larger.provider_id)['size'] == 3 * units.Gi


def test_volume_from_snapshot_ignores_later_growth_of_its_source(
        world, client):
    volume = world.create(size=1)
    snapshot = world.snapshot(volume)
    world.extend(volume, 4)

    restored = world.from_snapshot(snapshot)

    assert client.get_volume(restored.provider_id)['size'] == units.Gi


@pytest.mark.parametrize('make', ['clone', 'from_snapshot'])
def test_copy_cannot_shrink(world, client, make):
    source = world.create(size=2)
    if make == 'from_snapshot':
        copy, source = world.from_snapshot, world.snapshot(source)
    else:
        copy = world.clone
    before = array_volumes(client)

    with pytest.raises(exception.InvalidInput, match='1 GiB'):
        copy(source, size=1)

    assert array_volumes(client) == before


def test_copy_that_cannot_grow_leaves_nothing(world, array, client):
    source = world.create(size=1)
    before = array_volumes(client)
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=403, method='PUT', path='volume/*', count=1))

    with pytest.raises(errors.ArrayPermissionError):
        world.clone(source, size=2)

    assert array_volumes(client) == before


def test_extend(world, client):
    volume = world.create(size=1)
    world.extend(volume, 7)
    assert client.get_volume(volume.provider_id)['size'] == 7 * units.Gi


def test_extend_to_less_is_refused(world, client):
    volume = world.create(size=3)
    with pytest.raises(errors.ArrayRefusedError, match=volume.provider_id):
        world.driver.extend_volume(volume, 2)
    assert client.get_volume(volume.provider_id)['size'] == 3 * units.Gi


def test_deleted_volume_can_be_recovered_on_the_array(world, client):
    volume = world.create()
    world.driver.delete_volume(volume)

    assert array_volumes(client) == {}
    client.recover_volume(volume.provider_id)
    assert list(array_volumes(client)) == [volume.provider_id]


def test_delete_eradicates_only_if_told_to(backend, database, coordinator,
                                           client):
    world = world_module.World(backend(pure_eradicate_on_delete=True)).start()
    volume = world.create()
    snapshot = world.snapshot(volume)

    world.driver.delete_snapshot(snapshot)
    world.driver.delete_volume(volume)

    assert client.list_volumes(pending=True) == []
    assert client.list_volumes(snap=True, pending=True) == []


def test_delete_succeeds_when_the_array_does_not_eradicate(
        backend, database, coordinator, client, array, monkeypatch):
    world = world_module.World(backend(pure_eradicate_on_delete=True)).start()
    volume = world.create()
    client.destroy_volume(volume.provider_id)
    # The volume is destroyed already, so that the eradication is refused.
    original = volumes.Volumes.eradicate

    def refused(volumes, name):
        array.faults.add(flasharray_sim.Fault(
            kind='status', status=400, text='Retention lock is ratcheted.',
            count=1))
        original(volumes, name)

    monkeypatch.setattr(volumes.Volumes, 'eradicate', refused)
    world.driver.delete_volume(volume)

    assert [row['name'] for row in client.list_volumes(pending_only=True)
            ] == [volume.provider_id]


def test_delete_twice_succeeds(world):
    volume = world.create()
    world.driver.delete_volume(volume)
    world.driver.delete_volume(volume)


def test_delete_of_a_volume_that_vanished_succeeds(world, client):
    volume = world.create()
    client.destroy_volume(volume.provider_id)
    client.eradicate_volume(volume.provider_id)
    world.driver.delete_volume(volume)


def test_delete_of_a_row_that_never_got_a_name(world, client):
    kept = world.create()
    world.driver.delete_volume(world.new_volume())
    assert list(array_volumes(client)) == [kept.provider_id]


def test_delete_disconnects_first(world, client):
    volume = world.create()
    world.attach(volume, world_module.connector())

    world.driver.delete_volume(volume)

    assert array_volumes(client) == {}
    assert client.list_hosts() == []


@pytest.mark.parametrize('operation', [
    lambda world, volume: world.driver.extend_volume(volume, 9),
    lambda world, volume: world.snapshot(volume),
    lambda world, volume: world.clone(volume),
    lambda world, volume: world.connect(volume, world_module.connector()),
], ids=['extend', 'snapshot', 'clone', 'attach'])
def test_volume_deleted_behind_cinders_back(world, client, operation):
    volume = world.create()
    client.destroy_volume(volume.provider_id)
    client.eradicate_volume(volume.provider_id)

    with pytest.raises(errors.ArrayNotFoundError, match='outside Cinder'):
        operation(world, volume)

    assert array_volumes(client) == {}
    assert client.list_hosts() == []


def test_volume_that_was_moved_before_cinder_kept_its_name_is_deleted(
        world, client):
    """Its service ended in the creation."""
    volume = world.new_volume(status='error')
    world.driver.create_volume(volume)
    [name] = array_volumes(client)
    client.create_vgroup('by-hand')
    client.move_volume(name, 'by-hand')
    world.driver.delete_volume(volume)
    assert array_volumes(client) == {}


def test_volume_that_was_moved_is_deleted_when_an_answer_is_lost(
        world, client, array):
    """That it is not there by its name does not prove that it was deleted."""
    volume = world.create()
    client.create_vgroup('by-hand')
    client.move_volume(volume.provider_id, 'by-hand')
    array.faults.add(flasharray_sim.Fault('reset_after', method='DELETE',
                                          path='volume/*', count=1))
    world.driver.delete_volume(volume)
    assert array_volumes(client) == {}


def test_destroyed_volume_names_the_remedy(world, client):
    volume = world.create()
    client.destroy_volume(volume.provider_id)
    with pytest.raises(errors.ArrayPendingEradicationError, match='Recover'):
        world.driver.extend_volume(volume, 2)


@pytest.mark.parametrize('kind', ['async', 'sync', 'trisync'])
def test_replication_without_a_device_is_refused(world, client, kind):
    volume_type = world_module.new_type(extra_specs={
        'replication_enabled': '<is> True',
        'replication_type': '<in> ' + kind})
    with pytest.raises(exceptions.PureUnsupportedError, match=kind):
        world.create(volume_type_id=volume_type.id)
    assert array_volumes(client) == {}


def test_front_end_limits_are_none_of_the_arrays_business(world):
    volume_type = world_module.new_type(qos={'read_iops_sec': '500'})
    assert world.create(volume_type_id=volume_type.id).provider_id


def test_full_array(backend, database, coordinator):
    size_bytes = 1024 ** 4
    config = {'name': 'full', 'capacity_bytes': size_bytes,
              'system_bytes': size_bytes}
    with flasharray_sim.Simulator(arrays=[config]) as full:
        [array] = full.arrays
        world = world_module.World(backend(
            san_ip=array.address, pure_api_token=array.api_token,
            driver_ssl_cert_path=full.certificate_path)).start()
        with pytest.raises(errors.ArrayFullError, match='capacity'):
            world.create()


def test_array_that_holds_no_more_volumes(start):
    with flasharray_sim.Simulator(arrays=[
            {'name': 'small', 'limits': {'volumes': 1}}]) as small:
        [array] = small.arrays
        world = start(san_ip=array.address, pure_api_token=array.api_token,
                      driver_ssl_cert_path=small.certificate_path)
        only = world.create()
        for make in (world.create, lambda: world.clone(only)):
            with pytest.raises(errors.ArrayLimitReachedError,
                               match='destroyed objects count'):
                make()


def test_delete_succeeds_on_an_array_in_safe_mode(start):
    with flasharray_sim.Simulator(arrays=[
            {'name': 'safe', 'is_eradication_disabled': True}]) as safe:
        [array] = safe.arrays
        world = start(san_ip=array.address, pure_api_token=array.api_token,
                      driver_ssl_cert_path=safe.certificate_path,
                      pure_eradicate_on_delete=True)
        volume = world.create()
        snapshot = world.snapshot(volume)
        world.driver.delete_snapshot(snapshot)
        world.driver.delete_volume(volume)


def test_clone_without_a_volume_type(world, client):
    volume = world.new_volume(source_volid=world.create().id)
    volume.volume_type_id = volume.volume_type = None
    source = world.create()
    update = world.driver.create_cloned_volume(volume, source)
    assert client.get_volume(update['provider_id'])['source'] == (
        source.provider_id)


@pytest.mark.parametrize('make', ['create', 'clone'])
def test_volume_that_cannot_be_replicated_is_not_there(async_fleet, make):
    world = async_fleet.start()
    replicated = world_module.replicated_type('async').id
    source = world.create()
    client = async_fleet.client(async_fleet.primary)
    client.destroy_pgroup('cinder-group')

    with pytest.raises(errors.ArrayPendingEradicationError):
        if make == 'create':
            world.create(volume_type_id=replicated)
        else:
            world.clone(source, volume_type_id=replicated)

    assert list(array_volumes(client)) == [source.provider_id]
    assert client.list_volumes(pending_only=True) == []


@pytest.mark.parametrize('replication, name', [
    ('async', 'volume-%s-cinder'), ('sync', 'cinder-pod::volume-%s-cinder'),
    ('trisync', 'cinder-pod::volume-%s-cinder')])
def test_replicated_volume_has_the_in_tree_name_and_status(
        trisync_fleet, replication, name):
    world = trisync_fleet.start()
    volume_type = world_module.replicated_type(replication).id
    created = world.create(volume_type_id=volume_type,
                           metadata={'owner': 'alice'})
    cloned = world.clone(created, size=2)
    restored = world.from_snapshot(world.snapshot(created))

    for volume in (created, cloned, restored):
        assert volume.provider_id == name % volume.id
        assert volume.replication_status == 'enabled'
    assert created.metadata == {
        'owner': 'alice', 'array_name': trisync_fleet.primary.name,
        'array_volume_name': created.provider_id}
