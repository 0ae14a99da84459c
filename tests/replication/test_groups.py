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
"""Groups that are replicated on their own."""

import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder import exceptions
from tests import failovers
from tests import groups as groups_module
from tests import world as world_module


@pytest.fixture
def world(async_fleet):
    return async_fleet.start()


@pytest.fixture
def groups(world):
    return groups_module.Groups(world)


def new_group(groups, kind, **values):
    """An empty group of volumes that are replicated in one way."""
    return groups.create(world_module.replicated_type(kind),
                         specs=groups_module.REPLICATED, **values)


def filled_group(groups, kind, count=2):
    """:returns: group, list of its volumes"""
    return groups.filled(count, world_module.replicated_type(kind),
                         specs=groups_module.REPLICATED)


def pgroups(client, **flags):
    return {row['name']: row for row in client.list_pgroups(**flags)}


def group_name(group):
    return 'consisgroup-%s-cinder' % group.id


def targets(row):
    return {(target['name'], target['allowed'])
            for target in row['targets'] or ()}


def is_scheduled(client, name):
    return client.get_pgroup(name, schedule=True)['replicate_enabled']


def test_async_group_is_sent_to_every_other_array(fleet_of):
    fleet = fleet_of('async', 'async')
    groups = groups_module.Groups(fleet.start())
    group, volumes = filled_group(groups, 'async')
    client = fleet.client(fleet.primary)
    row = pgroups(client)[group_name(group)]
    assert targets(row) == {('beta', True), ('gamma', True)}
    assert is_scheduled(client, group_name(group))
    assert sorted(row['volumes']) == sorted(
        volume.provider_id for volume in volumes)
    assert group.replication_status == 'enabled'


def test_sync_group_is_in_the_pod_and_needs_no_schedule(sync_fleet):
    groups = groups_module.Groups(sync_fleet.start())
    group, volumes = filled_group(groups, 'sync')
    for array in sync_fleet.arrays:
        row = pgroups(sync_fleet.client(array))[
            'cinder-pod::' + group_name(group)]
        assert sorted(row['volumes']) == sorted(
            volume.provider_id for volume in volumes)
        assert not row['targets']
    assert group.replication_status == 'enabled'


def test_trisync_group_is_in_the_pod_and_sent_to_the_third_site(
        trisync_fleet):
    groups = groups_module.Groups(trisync_fleet.start())
    group, _volumes = filled_group(groups, 'trisync')
    client = trisync_fleet.client(trisync_fleet.primary)
    name = 'cinder-pod::' + group_name(group)
    assert targets(pgroups(client)[name]) == {('gamma', True)}
    assert is_scheduled(client, name)


@pytest.mark.parametrize('kinds', [('async', 'sync'), ('sync', 'trisync'),
                                   ('async', None)])
def test_mixed_types_are_refused_before_anything_is_made(
        trisync_fleet, kinds):
    groups = groups_module.Groups(trisync_fleet.start())
    types = [world_module.replicated_type(kind) if kind
             else world_module.new_type() for kind in kinds]
    trisync_fleet.forget_requests()
    with pytest.raises(exceptions.PureUnsupportedError, match='alike'):
        groups.create(*types, specs=groups_module.REPLICATED)
    assert not any(len(array.requests) for array in trisync_fleet.arrays)


def test_type_that_the_backend_cannot_replicate_is_refused(groups):
    with pytest.raises(exceptions.PureUnsupportedError,
                       match='replication_device'):
        new_group(groups, 'sync')


@pytest.mark.parametrize('kind', ['async', 'sync', 'trisync'])
def test_copies_of_a_group_are_replicated_like_it(trisync_fleet, kind):
    groups = groups_module.Groups(trisync_fleet.start())
    group, _volumes = filled_group(groups, kind)
    client = trisync_fleet.client(trisync_fleet.primary)
    by_name = pgroups(client)
    [original] = [row for name, row in by_name.items()
                  if name.endswith(group_name(group))]
    for copy in (groups.clone(group),
                 groups.from_snapshot(groups.snapshot(group))):
        [row] = [row for name, row in pgroups(client).items()
                 if name.endswith(group_name(copy))]
        assert targets(row) == targets(original)
        volumes = groups.volumes(copy)
        assert {volume.replication_status for volume in volumes} == {
            'enabled'}
        assert sorted(row['volumes']) == sorted(
            volume.provider_id for volume in volumes)
        assert copy.replication_status == 'enabled'
        for backend_pgroup in ('cinder-group', 'cinder-pod::cinder-trisync'):
            before = set(by_name[backend_pgroup]['volumes'] or ())
            added = set(pgroups(client)[backend_pgroup]['volumes']
                        or ()) - before
            assert (added > set()) == bool(before)


def test_group_that_cannot_be_armed_is_not_left_behind(async_fleet, groups):
    client = async_fleet.client(async_fleet.primary)
    before = set(pgroups(client))
    async_fleet.primary.faults.add(flasharray_sim.Fault(
        'status', method='GET', path='pgroup/consisgroup*', status=400,
        text='No.'))
    with pytest.raises(errors.ArrayError):
        new_group(groups, 'async')
    assert set(pgroups(client)) == before


def test_group_with_its_target_away_can_be_armed_later(async_fleet, groups):
    [target] = async_fleet.targets
    target.stop()
    group = new_group(groups, 'async')
    assert (group.status, group.replication_status) == (
        'available', 'disabled')
    target.start()
    groups.enable_replication(group)
    client = async_fleet.client(async_fleet.primary)
    assert targets(pgroups(client)[group_name(group)]) == {('beta', True)}
    assert is_scheduled(client, group_name(group))
    assert group.replication_status == 'enabled'


@pytest.mark.parametrize('kind', ['async', 'sync', 'trisync'])
def test_deleted_group_leaves_nothing_on_any_array(trisync_fleet, kind):
    groups = groups_module.Groups(trisync_fleet.start())
    group, _volumes = filled_group(groups, kind)
    trisync_fleet.replicate()
    groups.delete(group)
    for array in trisync_fleet.arrays:
        client = trisync_fleet.client(array)
        assert not [name for name in pgroups(client) if group.id in name]
        assert not client.list_volumes()


def test_group_is_deleted_with_its_target_away(async_fleet, groups, caplog):
    group, _volumes = filled_group(groups, 'async')
    async_fleet.targets[0].stop()
    groups.delete(group)
    assert group_name(group) not in pgroups(
        async_fleet.client(async_fleet.primary))
    assert 'at-beta' in caplog.text


# While the backend is failed over as a whole


def fail_over(fleet, world):
    """The primary dies, and all that is replicated goes elsewhere."""
    fleet.replicate()
    fleet.primary.stop()
    service = failovers.Service(world)
    assert service.fail_over() == 'failed-over'
    return service


@pytest.mark.parametrize('kind', ['async', 'trisync'])
def test_group_goes_where_the_backend_goes(trisync_fleet, kind):
    world = trisync_fleet.start()
    groups = groups_module.Groups(world)
    group, _volumes = filled_group(groups, kind)
    service = fail_over(trisync_fleet, world)
    group = failovers.reload(group)
    assert group.replication_status == 'failed-over'

    added = world.create(group_id=group.id,
                         volume_type_id=group.volume_types[0].id)
    group_snapshot = groups.snapshot(group)
    copy = groups.from_snapshot(group_snapshot)
    cloned = groups.clone(group)
    assert [len(groups.volumes(each)) for each in (group, copy, cloned)] == [
        3, 3, 3]
    groups.update(group, remove=[added])
    beta = trisync_fleet.client(trisync_fleet.array('beta'))
    [row] = [row for name, row in pgroups(beta).items()
             if name.endswith(group_name(group)) and ':consis' not in
             name.replace('::', '')]
    assert added.provider_id not in row['volumes']
    for each in (copy, cloned):
        groups.delete(each)

    trisync_fleet.primary.start()
    trisync_fleet.pass_time(3600)
    world.driver.get_volume_stats(refresh=True)
    assert service.fail_back() == 'enabled'
    assert failovers.reload(group).replication_status == 'enabled'
    groups.delete_snapshot(group_snapshot)
    groups.delete(failovers.reload(group))
    for array in trisync_fleet.arrays:
        assert not [name for name in pgroups(trisync_fleet.client(array))
                    if group.id in name]


def test_group_made_while_failed_over_can_be_armed_later(async_fleet, world,
                                                         groups):
    filled_group(groups, 'async')
    fail_over(async_fleet, world)
    group, _volumes = filled_group(groups, 'async')
    assert (group.status, group.replication_status) == (
        'available', 'disabled')
    async_fleet.primary.start()
    groups.enable_replication(group)
    beta = async_fleet.client(async_fleet.array('beta'))
    assert targets(pgroups(beta)[group_name(group)]) == {('alpha', True)}


def test_group_that_is_not_replicated_stays_behind(async_fleet, world,
                                                   groups):
    volume_type = world_module.new_type()
    group, volumes = groups.filled(2, volume_type)
    filled_group(groups, 'async')
    fail_over(async_fleet, world)
    with pytest.raises(exceptions.PureGroupError, match='is on pure'):
        world.create(group_id=group.id, volume_type_id=volume_type.id)
    async_fleet.primary.start()
    for volume in groups.volumes(group):
        if volume.provider_id is None:
            world.driver.delete_volume(volume)
            volume.destroy()
        else:
            # As an administrator resets it, who knows that it is there.
            volume.status = 'available'
            volume.save()
    copy = groups.clone(group)
    alpha = async_fleet.client(async_fleet.primary)
    assert len(pgroups(alpha)[group_name(copy)]['volumes']) == 2
    groups.delete(group)
    groups.delete(copy)
    left = [row['name'] for row in alpha.list_volumes()]
    assert not [volume for volume in volumes if volume.provider_id in left]
