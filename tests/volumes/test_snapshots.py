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
"""Snapshots on the array."""

from oslo_utils import units
import pytest

from pure_cinder.array import errors
from tests import groups as groups_module
from tests import world as world_module


def array_snapshots(client):
    return [row['name'] for row in client.list_volumes(snap=True)]


def test_snapshot_has_the_in_tree_name(world, client):
    volume = world.create()
    snapshot = world.snapshot(volume)
    assert array_snapshots(client) == [
        '%s.snapshot-%s' % (volume.provider_id, snapshot.id)]


def test_delete_leaves_the_other_snapshots(world, client):
    volume = world.create()
    deleted, kept = world.snapshot(volume), world.snapshot(volume)
    world.driver.delete_snapshot(deleted)
    assert array_snapshots(client) == [
        '%s.%s' % (volume.provider_id, kept.name)]


def test_delete_twice_succeeds(world):
    snapshot = world.snapshot(world.create())
    world.driver.delete_snapshot(snapshot)
    world.driver.delete_snapshot(snapshot)


def test_delete_of_a_snapshot_that_vanished_succeeds(world, client):
    volume = world.create()
    snapshot = world.snapshot(volume)
    name = '%s.%s' % (volume.provider_id, snapshot.name)
    client.destroy_volume(name)
    client.eradicate_volume(name)
    world.driver.delete_snapshot(snapshot)


def test_snapshot_outlives_what_happens_to_the_volume(world, client):
    volume = world.create(size=1)
    snapshot = world.snapshot(volume)
    world.extend(volume, 2)
    assert client.get_volume('%s.%s' % (volume.provider_id, snapshot.name),
                             snap=True)[0]['size'] == 1024 ** 3


def test_same_snapshot_twice_is_refused(world):
    snapshot = world.snapshot(world.create())
    with pytest.raises(errors.ArrayAlreadyExistsError):
        world.driver.create_snapshot(snapshot)


def test_snapshot_tells_where_it_is_and_keeps_the_users_metadata(
        world, client):
    volume = world.create()
    snapshot = world.snapshot(volume, metadata={'owner': 'alice'})

    name = '%s.%s' % (volume.provider_id, snapshot.name)
    [row] = client.get_volume(name, snap=True)
    assert snapshot.metadata == {
        'owner': 'alice', 'array_snapshot_name': name,
        'array_name': client.get()['array_name']}
    assert snapshot.provider_location == '%s:%s' % (
        client.get()['id'], row['serial'])


def write(array, volume):
    """:returns: what the volume holds after that"""
    array.model.write(volume.provider_id, 0, 4096)
    return array.model.read(volume.provider_id)


def test_revert_gives_the_volume_what_the_snapshot_holds(world, array):
    volume = world.create()
    before = write(array, volume)
    snapshot = world.snapshot(volume)
    assert write(array, volume) != before

    world.revert(volume, snapshot)

    assert array.model.read(volume.provider_id) == before
    assert array.model.read(
        snapshot.metadata['array_snapshot_name']) == before


def test_revert_keeps_serial_and_limits_and_puts_away_what_was(
        world, client):
    volume = world.create(volume_type_id=world_module.new_type(
        qos={'maxIOPS': '500'}).id)
    snapshot = world.snapshot(volume)
    serial = client.get_volume(volume.provider_id)['serial']

    world.revert(volume, snapshot)

    assert client.get_volume(volume.provider_id)['serial'] == serial
    assert client.get_volume(volume.provider_id, qos=True)[
        'iops_limit'] == 500
    assert len(client.list_volumes(snap=True, pending_only=True)) == 1


def test_revert_of_a_volume_that_grew_keeps_its_size(world, client):
    volume = world.create(size=1)
    snapshot = world.snapshot(volume)
    world.extend(volume, 3)

    world.revert(volume, snapshot)

    assert client.get_volume(volume.provider_id)['size'] == 3 * units.Gi


def test_revert_to_a_snapshot_that_vanished(world, client):
    volume = world.create()
    snapshot = world.snapshot(volume)
    client.destroy_volume(snapshot.metadata['array_snapshot_name'])
    with pytest.raises(errors.ArrayPendingEradicationError):
        world.revert(volume, snapshot)


@pytest.fixture
def groups(world):
    return groups_module.Groups(world)


def test_revert_to_a_member_of_a_group_snapshot(world, groups, array):
    group, [volume, _other] = groups.filled(2)
    before = write(array, volume)
    [snapshot] = [each for each in groups.snapshots(groups.snapshot(group))
                  if each.volume_id == volume.id]
    assert write(array, volume) != before

    world.revert(volume, snapshot)

    assert array.model.read(volume.provider_id) == before


def test_volume_from_a_member_of_a_group_snapshot_can_grow(
        world, groups, client):
    group, _volumes = groups.filled(1)
    [snapshot] = groups.snapshots(groups.snapshot(group))

    volume = world.from_snapshot(snapshot, size=3)

    row = client.get_volume(volume.provider_id)
    assert row['size'] == 3 * units.Gi


def test_member_of_a_group_snapshot_has_the_in_tree_name(
        world, groups, client):
    group, [volume] = groups.filled(1)
    group_snapshot = groups.snapshot(group)
    assert array_snapshots(client) == [
        'consisgroup-%s-cinder.cgsnapshot-%s-cinder.%s' % (
            group.id, group_snapshot.id, volume.provider_id)]


def test_snapshots_of_a_group_that_is_not_consistent_are_plain(
        world, groups, client):
    group, [volume] = groups.filled(1, specs={'bandwidth': '50'})
    [snapshot] = groups.snapshots(groups.snapshot(group))
    assert array_snapshots(client) == [
        '%s.%s' % (volume.provider_id, snapshot.name)]

    world.revert(volume, snapshot)
    world.driver.delete_snapshot(snapshot)
    assert array_snapshots(client) == []


@pytest.mark.parametrize('name', ['sync', 'trisync'])
def test_member_in_a_pod_has_the_in_tree_name(trisync_fleet, name):
    fleet, world = trisync_fleet, trisync_fleet.start()
    groups = groups_module.Groups(world)
    group, [volume] = groups.filled(
        1, world_module.replicated_type(name),
        specs=groups_module.REPLICATED)
    [snapshot] = groups.snapshots(groups.snapshot(group))

    world.revert(volume, snapshot)
    restored = world.from_snapshot(snapshot)

    client = fleet.client(fleet.primary)
    leaf = 'volume-%s-cinder' % volume.id
    assert 'cinder-pod::consisgroup-%s-cinder.cgsnapshot-%s-cinder.%s' % (
        group.id, snapshot.group_snapshot_id, leaf) in array_snapshots(client)
    assert client.get_volume(restored.provider_id)['source'] == (
        'cinder-pod::' + leaf)


@pytest.mark.parametrize('template', ['snap-%s', 'other-%s-x'])
def test_snapshot_from_before_the_template_was_changed(
        world, conf, client, template):
    """Its row has its serial, by which it is found."""
    volume = world.create()
    snapshots = [world.snapshot(volume) for _number in range(3)]
    conf.set(None, snapshot_name_template=template)
    copy = world.from_snapshot(snapshots[0])
    assert client.get_volume(copy.provider_id)['source'] == volume.provider_id
    world.revert(volume, snapshots[1])
    for snapshot in snapshots:
        world.driver.delete_snapshot(snapshot)
    assert client.list_volumes(snap=True) == []


def test_snapshot_that_is_gone_is_deleted_whatever_it_was_called(
        world, conf, client):
    volume = world.create()
    snapshot, other = world.snapshot(volume), world.snapshot(volume)
    [name] = [row['name'] for row in client.list_volumes(snap=True)
              if row['name'].endswith(snapshot.name)]
    client.destroy_volume(name)
    conf.set(None, snapshot_name_template='snap-%s')
    world.driver.delete_snapshot(snapshot)
    assert [row['name'].rpartition('.')[2] for row in
            client.list_volumes(snap=True)] == ['snapshot-' + other.id]
