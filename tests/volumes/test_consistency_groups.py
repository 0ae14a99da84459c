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
"""Generic groups: protection groups on the array."""

import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder import exceptions
from tests import groups as groups_module
from tests import world as world_module


@pytest.fixture
def groups(world):
    return groups_module.Groups(world)


def pgroup_name(group):
    return 'consisgroup-%s-cinder' % group.id


def members(client, group):
    return client.get_pgroup(pgroup_name(group))['volumes']


def array_pgroups(client):
    return [row['name'] for row in client.list_pgroups()]


def array_pgroup_snapshots(client):
    return [row['name'] for row in client.list_pgroups(snap=True)]


def array_volumes(client):
    return sorted(row['name'] for row in client.list_volumes())


def test_group_is_a_protection_group(groups, client):
    group = groups.create(world_module.new_type())
    assert group.status == 'available'
    assert array_pgroups(client) == [pgroup_name(group)]


def test_group_that_need_not_be_consistent_is_cinders_business(
        groups, client, world):
    group, volumes = groups.filled(specs={'any': 'thing'})
    group_snapshot = groups.snapshot(group)
    copy = groups.from_snapshot(group_snapshot)
    assert array_pgroups(client) == []
    assert len(array_volumes(client)) == 4
    assert sorted(row['name'] for row in client.list_volumes(snap=True)) == (
        sorted('%s.%s' % (snapshot.volume.provider_id, snapshot.name)
               for snapshot in groups.snapshots(group_snapshot)))
    groups.delete_snapshot(group_snapshot)
    groups.update(group, remove=volumes)
    groups.delete(group)
    groups.delete(copy)
    assert array_volumes(client) == sorted(
        volume.provider_id for volume in volumes)


def test_volume_created_in_a_group_is_a_member(groups, client):
    group, volumes = groups.filled(3)
    assert sorted(members(client, group)) == sorted(
        volume.provider_id for volume in volumes)


def test_clone_and_copy_of_a_snapshot_can_be_created_in_a_group(
        groups, client, world):
    group, [volume] = groups.filled(1)
    other = world.create()
    cloned = world.clone(other, group_id=group.id)
    copied = world.from_snapshot(world.snapshot(other), group_id=group.id)
    assert sorted(members(client, group)) == sorted(
        each.provider_id for each in (volume, cloned, copied))


def test_volume_that_cannot_join_its_group_is_not_left_behind(
        groups, client, world):
    volume_type = world_module.new_type()
    group = groups.create(volume_type)
    client.destroy_pgroup(pgroup_name(group))
    with pytest.raises(errors.ArrayPendingEradicationError):
        world.create(group_id=group.id, volume_type_id=volume_type.id)
    assert array_volumes(client) == []


def test_update_moves_volumes_in_and_out_at_once(groups, client, world,
                                                 array):
    volume_type = world_module.new_type()
    group, [leaving, staying] = groups.filled(2, volume_type)
    joining = [world.create(volume_type_id=volume_type.id)
               for _number in range(3)]
    array.requests.clear()
    groups.update(group, add=joining, remove=[leaving])
    assert [record.method for record in array.requests] == ['PUT']
    assert sorted(members(client, group)) == sorted(
        volume.provider_id for volume in joining + [staying])
    assert group.status == 'available'


def test_update_of_the_name_alone_asks_nothing(groups, array):
    group, _volumes = groups.filled()
    array.requests.clear()
    groups.update(group)
    assert len(array.requests) == 0


def test_update_of_what_is_so_already_succeeds(groups, client, world):
    group, [volume] = groups.filled(1)
    client.set_pgroup(pgroup_name(group), remvollist=[volume.provider_id])
    groups.update(group, remove=[volume])
    assert not members(client, group)


def test_deleted_volume_leaves_its_group(groups, client, world):
    group, [deleted, kept] = groups.filled()
    world.driver.delete_volume(deleted)
    assert members(client, group) == [kept.provider_id]


def test_snapshot_holds_every_volume_at_one_point_in_time(
        groups, client, array):
    group, volumes = groups.filled()
    array.requests.clear()
    group_snapshot = groups.snapshot(group)
    assert ['%s %s' % (record.method, record.path.split('/')[0])
            for record in array.requests] == ['POST pgroup', 'GET volume']
    name = '%s.cgsnapshot-%s-cinder' % (pgroup_name(group),
                                        group_snapshot.id)
    assert array_pgroup_snapshots(client) == [name]
    assert sorted(row['name'] for row in client.list_volumes(snap=True)) == (
        sorted('%s.%s' % (name, volume.provider_id) for volume in volumes))
    assert {snapshot.status for snapshot in groups.snapshots(
        group_snapshot)} == {'available'}


def test_snapshot_without_all_volumes_is_refused_and_removed(
        groups, client):
    group, [volume, _other] = groups.filled()
    client.set_pgroup(pgroup_name(group), remvollist=[volume.provider_id])
    with pytest.raises(exceptions.PureGroupError, match=volume.id):
        groups.snapshot(group)
    assert array_pgroup_snapshots(client) == []


def test_volume_in_a_volume_group_is_snapshotted_with_its_group(
        groups, client):
    volume_type = world_module.new_type(
        extra_specs={'flasharray:vg_name': 'gold'})
    group, [volume] = groups.filled(1, volume_type)
    assert volume.provider_id.startswith('gold/')
    groups.from_snapshot(groups.snapshot(group))
    assert len(array_volumes(client)) == 2


def test_delete_of_a_snapshot_leaves_the_others(groups, client):
    group, _volumes = groups.filled()
    deleted, kept = groups.snapshot(group), groups.snapshot(group)
    groups.delete_snapshot(deleted)
    assert array_pgroup_snapshots(client) == [
        '%s.cgsnapshot-%s-cinder' % (pgroup_name(group), kept.id)]


@pytest.mark.parametrize('is_eradicated', [False, True])
def test_delete_of_a_snapshot_that_is_gone_succeeds(groups, client,
                                                    is_eradicated):
    group, _volumes = groups.filled()
    group_snapshot = groups.snapshot(group)
    [name] = array_pgroup_snapshots(client)
    client.destroy_pgroup(name)
    if is_eradicated:
        client.eradicate_pgroup(name)
    groups.delete_snapshot(group_snapshot)
    assert not groups.snapshots(group_snapshot)


def test_what_is_deleted_can_be_recovered_unless_asked_otherwise(
        groups, client):
    group, _volumes = groups.filled()
    groups.delete_snapshot(groups.snapshot(group))
    groups.delete(group)
    assert len(client.list_pgroups(pending_only=True)) == 1
    assert len(client.list_pgroups(pending_only=True, snap=True)) == 1


def test_eradication_is_done_when_asked_for(start, client):
    groups = groups_module.Groups(start(pure_eradicate_on_delete=True))
    group, _volumes = groups.filled()
    groups.clone(group)
    assert not client.list_pgroups(pending_only=True, snap=True)
    groups.delete_snapshot(groups.snapshot(group))
    assert not client.list_pgroups(pending_only=True, snap=True)
    groups.delete(group)
    assert not client.list_pgroups(pending_only=True)
    assert not client.list_volumes(pending_only=True)


def test_group_from_a_snapshot(groups, client, array):
    group, _volumes = groups.filled(3)
    group_snapshot = groups.snapshot(group)
    array.requests.clear()
    copy = groups.from_snapshot(group_snapshot)
    assert [record.method for record in array.requests] == (
        ['POST'] + 3 * ['POST'] + ['PUT'])
    assert_is_filled(groups, copy, client)


def test_group_from_a_group(groups, client, array):
    group, _volumes = groups.filled(3)
    array.requests.clear()
    copy = groups.clone(group)
    assert [record.method for record in array.requests] == (
        2 * ['POST'] + 3 * ['POST'] + ['PUT', 'DELETE'])
    assert_is_filled(groups, copy, client)
    assert array_pgroup_snapshots(client) == []


def assert_is_filled(groups, group, client):
    volumes = groups.volumes(group)
    assert group.status == 'available'
    assert sorted(members(client, group)) == sorted(
        'volume-%s-cinder' % volume.id for volume in volumes)
    for volume in volumes:
        assert volume.status == 'available'
        assert volume.provider_id == 'volume-%s-cinder' % volume.id
        assert volume.provider_location.endswith(
            client.get_volume(volume.provider_id)['serial'])
        assert volume.replication_status == 'disabled'
        assert volume.metadata['array_volume_name'] == volume.provider_id


def write(array, volume):
    """:returns: what the array then holds"""
    array.model.write(volume.provider_id, 0, 512)
    return held(array, volume)


def held(array, volume):
    return array.model.read(volume.provider_id)


def test_copies_hold_what_their_sources_held(groups, array):
    group, volumes = groups.filled(2)
    old = {volume.id: write(array, volume) for volume in volumes}
    group_snapshot = groups.snapshot(group)
    origins = {snapshot.id: snapshot.volume_id
               for snapshot in groups.snapshots(group_snapshot)}
    new = {volume.id: write(array, volume) for volume in volumes}

    from_snapshot = groups.volumes(groups.from_snapshot(group_snapshot))
    cloned = groups.volumes(groups.clone(group))
    assert {origins[volume.snapshot_id]: held(array, volume)
            for volume in from_snapshot} == old
    assert {volume.source_volid: held(array, volume)
            for volume in cloned} == new
    assert len(set(old.values()) | set(new.values())) == 4


def test_copies_have_the_limits_of_their_types(groups, client):
    limited = world_module.new_type(qos={'maxIOPS': '1000'})
    group, _volumes = groups.filled(1, limited)
    [volume] = groups.volumes(groups.clone(group))
    assert client.get_volume(volume.provider_id, qos=True)[
        'iops_limit'] == 1000


def test_volume_of_a_group_can_be_reverted_and_copied(groups, world, array):
    group, [volume] = groups.filled(1)
    old = write(array, volume)
    [snapshot] = groups.snapshots(groups.snapshot(group))
    assert write(array, volume) != old
    copied = world.from_snapshot(snapshot)
    world.driver.revert_to_snapshot(world_module.CONTEXT, volume, snapshot)
    assert held(array, copied) == held(array, volume) == old


def test_deleted_group_takes_its_volumes_along(groups, client, world):
    group, _volumes = groups.filled(2)
    kept = world.create()
    groups.delete(group)
    assert array_volumes(client) == [kept.provider_id]
    assert array_pgroups(client) == []


def test_delete_of_a_group_that_is_gone_succeeds(groups, client):
    group, [volume] = groups.filled(1)
    client.destroy_volume(volume.provider_id)
    client.destroy_pgroup(pgroup_name(group))
    client.eradicate_pgroup(pgroup_name(group))
    groups.delete(group)
    assert array_volumes(client) == []


def test_group_that_cannot_be_deleted_whole_tells_what_is_left(
        groups, client, array, world):
    group, [deleted, kept] = groups.filled(2)
    array.faults.add(flasharray_sim.Fault(
        'status', method='DELETE', path='volume/' + kept.provider_id,
        status=400, text='No.'))
    with pytest.raises(Exception, match='Delete group failed'):
        groups.delete(group)
    assert {volume.id: volume.status for volume in groups.volumes(group)} == {
        deleted.id: 'deleted', kept.id: 'error_deleting'}
    assert members(client, group) == [kept.provider_id]
    array.faults.clear()
    groups.delete(group)
    assert array_pgroups(client) == array_volumes(client) == []


def test_volume_that_others_use_does_not_keep_its_group_from_being_deleted(
        groups, client):
    group, [kept, deleted] = groups.filled(2)
    client.create_hgroup('cluster')
    client.connect_hgroup('cluster', kept.provider_id)
    with pytest.raises(Exception, match='Delete group failed'):
        groups.delete(group)
    assert {volume.id: volume.status for volume in groups.volumes(group)} == {
        deleted.id: 'deleted', kept.id: 'error_deleting'}
    assert array_volumes(client) == [kept.provider_id]


def test_group_of_replicated_types_needs_a_replicated_group_type(
        groups, array):
    array.requests.clear()
    with pytest.raises(exceptions.PureUnsupportedError,
                       match='replication'):
        groups.create(world_module.replicated_type('async'))
    assert len(array.requests) == 0


def test_any_types_can_be_in_a_group_that_is_not_consistent(groups, array):
    array.requests.clear()
    groups.create(world_module.replicated_type('async'),
                  world_module.new_type(), specs={'any': 'thing'})
    assert len(array.requests) == 0


def test_replicated_group_without_consistency_is_refused(groups, array):
    with pytest.raises(exceptions.PureUnsupportedError,
                       match='consistent_group_snapshot_enabled'):
        groups.create(world_module.new_type(), specs={
            'consistent_group_replication_enabled': '<is> True'})


FAILING_CALLS = {
    'from_snapshot': ['POST pgroup/*', 'POST volume/*', 'PUT pgroup/*'],
    'clone': ['POST pgroup', 'POST pgroup/*', 'POST volume/*',
              'PUT pgroup/*'],
}


@pytest.mark.parametrize('kind', ['status', 'reset_before', 'reset_after'])
@pytest.mark.parametrize('operation,call', [
    (operation, call) for operation, calls in FAILING_CALLS.items()
    for call in calls])
def test_half_made_group_is_whole_or_nothing(groups, client, array,
                                             operation, call, kind):
    group, _volumes = groups.filled(2)
    source = groups.snapshot(group) if operation == 'from_snapshot' else group
    before = (array_volumes(client), array_pgroups(client),
              array_pgroup_snapshots(client))
    method, path = call.split()
    refusal = {'status': 400, 'text': 'No.'} if kind == 'status' else {}
    fault = array.faults.add(flasharray_sim.Fault(
        kind, method=method, path=path, count=1, **refusal))
    try:
        copy = getattr(groups, operation)(source)
    except errors.ArrayError:
        # What is cut off is sent again if its connection had served before.
        assert kind != 'reset_after'
        assert (array_volumes(client), array_pgroups(client),
                array_pgroup_snapshots(client)) == before
    else:
        assert kind != 'status'
        assert_is_filled(groups, copy, client)
    assert fault.hits == 1


def test_temporary_snapshot_that_stays_does_not_fail_the_copy(
        groups, client, array, caplog):
    group, _volumes = groups.filled(1)
    array.faults.add(flasharray_sim.Fault(
        'status', method='DELETE', path='pgroup/*', status=400, text='No.'))
    copy = groups.clone(group)
    assert_is_filled(groups, copy, client)
    [left] = array_pgroup_snapshots(client)
    assert left in caplog.text
