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
"""Consistency groups without replication."""

from cinder import objects
from cinder.volume.drivers import pure
from oslo_utils import uuidutils
import pytest

from tests.simulator.in_tree import world


@pytest.fixture
def kind(backend):
    return world.new_type()


@pytest.fixture
def group(backend, kind):
    return backend.create_group([kind])


@pytest.fixture
def members(backend, kind, group):
    """Two volumes that were created in the group."""
    return [backend.create(size, kind, group_id=group.id)
            for size in (1, 2)]


def pgroup_of(group):
    return f'consisgroup-{group.id}-cinder'


def names(volumes):
    return sorted(volume.provider_id for volume in volumes)


def in_group(array, group):
    return sorted(array.get_pgroup(pgroup_of(group))['volumes'] or [])


def snapshots_on(array, **flags):
    return sorted(row['name'] for row in array.list_volumes(
        snap=True, **flags))


def test_create_group(array, group):
    assert group.status == 'available'
    row = array.get_pgroup(pgroup_of(group))
    assert (row['source'], row['volumes'], row['targets']) == (
        'primary', None, None)


def test_volumes_created_in_a_group(array, group, members):
    assert in_group(array, group) == names(members)


def test_group_that_is_no_consistency_group_is_left_to_cinder(
        backend, kind):
    group = backend.new_group([kind], 'generic')
    snapshot = objects.GroupSnapshot(group_type_id=group.group_type_id)
    driver = backend.driver
    for method, arguments in (
            (driver.create_group, (group,)),
            (driver.delete_group, (group, [])),
            (driver.update_group, (group,)),
            (driver.create_group_from_src, (group, [])),
            (driver.create_group_snapshot, (snapshot, [])),
            (driver.delete_group_snapshot, (snapshot, []))):
        with pytest.raises(NotImplementedError):
            method(world.CONTEXT, *arguments)


def test_update_group(backend, array, group, members):
    added = backend.create()
    assert backend.driver.update_group(
        world.CONTEXT, group, [added], members[:1]) == (None, None, None)
    assert in_group(array, group) == names([added, members[1]])


def test_group_snapshot(backend, array, group, members):
    group_snapshot, snapshots = backend.snapshot_group(group, members)
    name = f'{pgroup_of(group)}.cgsnapshot-{group_snapshot.id}-cinder'
    rows = array.get_pgroup(pgroup_of(group), snap=True)
    assert [(row['name'], row['source']) for row in rows] == [
        (name, pgroup_of(group))]
    assert snapshots_on(array) == sorted(
        f'{name}.{volume.provider_id}' for volume in members)
    assert backend.driver.delete_group_snapshot(
        world.CONTEXT, group_snapshot, snapshots) == (None, None)
    assert array.get_pgroup(pgroup_of(group), snap=True) == []
    assert snapshots_on(array) == []
    # It has been destroyed now, which is as good as deleted.
    backend.driver.delete_group_snapshot(
        world.CONTEXT, group_snapshot, snapshots)


def test_group_snapshot_eradicated(backends, protocol, array):
    backend = backends(protocol, pure_eradicate_on_delete=True)
    kind = world.new_type()
    group = backend.create_group([kind])
    volume = backend.create(1, kind, group_id=group.id)
    group_snapshot, snapshots = backend.snapshot_group(group, [volume])
    backend.driver.delete_group_snapshot(
        world.CONTEXT, group_snapshot, snapshots)
    assert snapshots_on(array, pending=True) == []
    backend.driver.delete_group(world.CONTEXT, group, [volume])
    assert array.list_pgroups(pending=True) == []
    assert array.list_volumes(pending=True) == []


def test_member_of_a_group_snapshot(backend, array, group, members):
    _group_snapshot, snapshots = backend.snapshot_group(group, members)
    volume = backend.from_snapshot(snapshots[1], size=4)
    row = array.get_volume(volume.provider_id)
    assert (row['size'], row['source']) == (
        4 * world.GIB, members[1].provider_id)
    backend.extend(members[1], 9)
    backend.driver.revert_to_snapshot(
        world.CONTEXT, members[1], snapshots[1])
    assert array.get_volume(members[1].provider_id)['size'] == 2 * world.GIB


def test_group_from_group_snapshot(backend, array, kind, group, members):
    group_snapshot, snapshots = backend.snapshot_group(group, members)
    copy = backend.new_group([kind])
    volumes = [backend.new_volume(snapshot.volume_size, kind,
                                  group_id=copy.id, snapshot_id=snapshot.id)
               for snapshot in snapshots]
    model_update, updates = backend.driver.create_group_from_src(
        world.CONTEXT, copy, volumes, group_snapshot=group_snapshot,
        snapshots=snapshots)
    assert model_update == {'status': 'available'}
    assert [update['id'] for update in updates] == [
        volume.id for volume in volumes]
    assert in_group(array, copy) == sorted(
        update['provider_id'] for update in updates)
    assert [array.get_volume(update['provider_id'])['source']
            for update in updates] == [
        volume.provider_id for volume in members]


def test_group_from_group(backend, array, kind, group, members):
    copy = backend.new_group([kind])
    volumes = [backend.new_volume(volume.size, kind, group_id=copy.id)
               for volume in members]
    model_update, updates = backend.driver.create_group_from_src(
        world.CONTEXT, copy, volumes, source_group=group,
        source_vols=members)
    assert model_update == {'status': 'available'}
    # Defect 14 of the driver: Cinder does not hear of the new names.
    assert updates == []
    assert in_group(array, copy) == sorted(
        f'volume-{volume.id}-cinder' for volume in volumes)
    # The snapshot in between is gone.
    assert array.get_pgroup(pgroup_of(group), snap=True) == []


def test_delete_group(backend, fleet, array, group, members):
    assert backend.driver.delete_group(
        world.CONTEXT, group, members) == (None, None)
    assert array.list_pgroups() == []
    assert array.list_volumes() == []
    assert len(array.list_pgroups(pending=True)) == 1
    # Again: first it has been destroyed, a day later it does not exist.
    backend.driver.delete_group(world.CONTEXT, group, [])
    fleet.clock.advance(86400)
    assert array.list_pgroups(pending=True) == []
    backend.driver.delete_group(world.CONTEXT, group, members)


def test_older_names_of_the_same(backend, array, kind):
    """What Cinder called these before groups were generic."""
    driver = backend.driver
    group = backend.new_group([kind])
    driver.create_consistencygroup(world.CONTEXT, group)
    volume = backend.create()
    driver.update_consistencygroup(world.CONTEXT, group, [volume], [])
    assert in_group(array, group) == [volume.provider_id]
    group_snapshot = objects.GroupSnapshot(
        id=uuidutils.generate_uuid(), group=group)
    driver.create_cgsnapshot(world.CONTEXT, group_snapshot, [])
    copy = backend.new_group([kind])
    driver.create_consistencygroup_from_src(
        world.CONTEXT, copy, [], source_cg=group, source_vols=[])
    driver.delete_cgsnapshot(world.CONTEXT, group_snapshot, [])
    assert snapshots_on(array) == []
    for one in (group, copy):
        driver.delete_consistencygroup(world.CONTEXT, one, [])
    assert array.list_pgroups() == []


def test_replicated_group_needs_replication(backend, kind):
    with pytest.raises(pure.PureDriverException):
        backend.create_group([kind], 'snapshot', 'replication')
