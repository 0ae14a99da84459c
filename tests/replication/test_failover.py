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
"""Another array serves, and the one that did may be dead."""

import collections
import contextlib

from cinder import objects
import purestorage
import pytest

import flasharray_sim
from tests import failovers
from tests import fleet as fleet_module
from tests import groups
from tests import world as world_module

ASYNC = 'async'
SYNC = 'sync'
TRISYNC = 'trisync'


def start(fleet, **values):
    return failovers.Service(fleet.start(**values))


def created(service, replication, count=1, **values):
    volume_type = world_module.replicated_type(replication)
    return [service.world.create(volume_type_id=volume_type.id, **values)
            for _number in range(count)]


def test_async_volumes_are_served_with_what_had_arrived(async_fleet):
    service = start(async_fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta] = async_fleet.arrays
    arrived = failovers.write(alpha, volume)
    async_fleet.replicate()
    failovers.write(alpha, volume, 8 * failovers.MIB)
    alpha.stop()

    assert service.fail_over('at-beta') == 'failed-over'

    volume = failovers.reload(volume)
    assert (volume.status, volume.replication_status) == (
        'available', 'failed-over')
    assert failovers.content(beta, volume.provider_id) == arrived
    assert volume.provider_location.startswith(beta.id)
    assert volume.metadata['array_name'] == 'beta'
    assert 'alpha:cinder-group.' in volume.replication_extended_status
    assert service.row.active_backend_id == 'at-beta'


def test_sync_volumes_are_served_without_touching_data(sync_fleet):
    service = start(sync_fleet)
    [volume] = created(service, SYNC)
    [alpha, beta] = sync_fleet.arrays
    held = failovers.write(alpha, volume)
    alpha.stop()
    name, serial = volume.provider_id, volume.provider_location.split(':')[1]
    beta.requests.clear()

    assert service.fail_over('at-beta') == 'failed-over'

    assert sync_fleet.writes(beta) == ['POST pgroup/cinder-group']
    volume = failovers.reload(volume)
    assert (volume.status, volume.replication_status) == (
        'available', 'failed-over')
    assert volume.provider_id == name
    assert volume.provider_location == '%s:%s' % (beta.id, serial)
    assert failovers.content(beta, name) == held


@pytest.mark.parametrize('kinds, replication, best', [
    (['async'], ASYNC, 'at-beta'),
    (['sync'], SYNC, 'at-beta'),
    (['sync uniform', 'async'], TRISYNC, 'at-beta'),
])
def test_fails_over_with_the_primary_dead_since_before_the_start(
        fleet_of, kinds, replication, best):
    fleet = fleet_of(*kinds)
    service = start(fleet)
    [volume] = created(service, replication)
    held = failovers.write(fleet.primary, volume)
    fleet.replicate()
    fleet.primary.stop()
    service.world.restart()

    assert service.fail_over() == 'failed-over'

    assert service.row.active_backend_id == best
    volume = failovers.reload(volume)
    assert volume.status == 'available'
    serving = fleet.array(best.removeprefix('at-'))
    assert failovers.content(serving, volume.provider_id) == held


@pytest.mark.parametrize('kinds, replication, target', [
    (['async'], ASYNC, 'at-beta'), (['async'], ASYNC, None),
    (['sync'], SYNC, 'at-beta'), (['sync'], SYNC, None),
    (['sync uniform', 'async'], TRISYNC, 'at-gamma'),
])
def test_failover_asks_the_primary_nothing(fleet_of, kinds, replication,
                                           target):
    fleet = fleet_of(*kinds)
    service = start(fleet)
    created(service, replication)
    fleet.replicate()
    fleet.forget_requests()

    assert service.fail_over(target) == 'failed-over'

    assert len(fleet.primary.requests) == 0


def test_trisync_volumes_are_served_by_the_third_array(trisync_fleet):
    service = start(trisync_fleet)
    [volume] = created(service, TRISYNC)
    [alpha, beta, gamma] = trisync_fleet.arrays
    arrived = failovers.write(alpha, volume)
    trisync_fleet.replicate()
    failovers.write(alpha, volume, 8 * failovers.MIB)
    base_name = volume.provider_id.removeprefix('cinder-pod::')
    alpha.stop()
    beta.stop()
    service.world.restart()

    assert service.fail_over() == 'failed-over'

    assert service.row.active_backend_id == 'at-gamma'
    volume = failovers.reload(volume)
    assert (volume.status, volume.provider_id) == ('available', base_name)
    assert failovers.content(gamma, base_name) == arrived
    assert 'cinder-pod:cinder-trisync.' in volume.replication_extended_status


def test_what_cannot_be_served_tells_why(trisync_fleet):
    service = start(trisync_fleet)
    [served] = created(service, TRISYNC)
    [synchronous] = created(service, SYNC)
    trisync_fleet.replicate()
    [late] = created(service, TRISYNC)

    assert service.fail_over('at-gamma') == 'failed-over'

    assert failovers.reload(served).status == 'available'
    for volume, reason in [
            (synchronous, 'Its type is replicated synchronously, and '
             'at-gamma is none of the arrays of its pod.'),
            (late, 'the newest complete snapshot on at-gamma, does not have '
             'it.')]:
        volume = failovers.reload(volume)
        assert (volume.status, volume.replication_status) == (
            'error', 'failover-error')
        assert reason in volume.replication_extended_status


def test_only_complete_snapshots_are_used(fleet_of):
    fleet = fleet_of('async', replication_rate=failovers.MIB // 10)
    service = start(fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta] = fleet.arrays
    arrived = failovers.write(alpha, volume)
    fleet.replicate()
    alpha.model.write(volume.provider_id, 0, 1 << 30)
    fleet.pass_time(fleet_module.INTERVAL_S)
    alpha.stop()
    snapshots = fleet.client(beta).get_pgroup(
        'alpha:cinder-group', snap=True, transfer=True)
    assert snapshots[-1]['progress'] < 1

    assert service.fail_over() == 'failed-over'

    volume = failovers.reload(volume)
    assert failovers.content(beta, volume.provider_id) == arrived


@pytest.mark.parametrize('target, reason', [
    ('pure', 'serves already'), ('at-delta', 'No array with backend_id'),
    ('at-beta', 'No snapshot of protection group'), (None, 'could serve')])
def test_refused_failover_changes_nothing(async_fleet, caplog, target,
                                          reason):
    service = start(async_fleet)
    [volume] = created(service, ASYNC)

    assert service.fail_over(target) == 'enabled'

    assert reason in caplog.text
    assert not service.row.active_backend_id
    volume = failovers.reload(volume)
    assert (volume.status, volume.replication_status) == (
        'available', 'enabled')
    assert service.world.create().provider_location.startswith(
        async_fleet.primary.id)


@pytest.mark.parametrize('count', [0, 1])
def test_failover_to_a_dead_target_is_refused_with_its_cause(
        async_fleet, caplog, count):
    service = start(async_fleet)
    created(service, ASYNC, count)
    async_fleet.replicate()
    [beta] = async_fleet.targets
    beta.stop()

    assert service.fail_over('at-beta') == 'enabled'

    assert beta.address in caplog.text


def test_failover_to_a_pod_that_is_not_online_is_refused(sync_fleet, caplog):
    service = start(sync_fleet)
    created(service, SYNC)
    [alpha, beta] = sync_fleet.arrays
    beta.stop()
    failovers.write(alpha, created(service, SYNC)[0])
    alpha.stop()
    beta.start()
    service.world.restart()

    assert service.fail_over('at-beta') == 'enabled'

    assert 'Its pod cinder-pod is offline on at-beta.' in caplog.text


@pytest.mark.parametrize('kinds, target, replication', [
    (['async'], 'at-beta', ASYNC), (['sync', 'async'], 'at-gamma', SYNC),
    (['sync', 'async'], 'at-gamma', ASYNC)])
def test_volume_can_be_created_where_none_was_taken(fleet_of, kinds, target,
                                                    replication):
    fleet = fleet_of(*kinds)
    service = start(fleet)

    assert service.fail_over(target) == 'failed-over'

    [volume] = created(service, replication)
    assert volume.status == 'available'
    assert volume.provider_location.startswith(fleet.arrays[-1].id)


def test_many_volumes_are_copied_several_at_a_time(async_fleet):
    service = start(async_fleet)
    volumes = created(service, ASYNC, 40)
    async_fleet.replicate()
    [beta] = async_fleet.targets
    beta.faults.add(flasharray_sim.Fault(
        'latency', method='POST', path='volume/*', delay_s=0.05))
    connections = beta.connection_count

    assert service.fail_over() == 'failed-over'

    assert beta.connection_count - connections >= 8
    assert {failovers.reload(volume).status for volume in volumes} == {
        'available'}


def test_failover_costs_one_copy_per_volume_and_little_else(async_fleet):
    service = start(async_fleet)
    created(service, ASYNC, 3)
    async_fleet.replicate()
    service.world.driver.get_volume_stats(refresh=True)
    [beta] = async_fleet.targets
    beta.requests.clear()

    assert service.fail_over('at-beta') == 'failed-over'

    assert collections.Counter(
        '%s %s' % (record.method, record.path.partition('/')[0])
        for record in beta.requests) == {
            'POST volume': 3,
            'GET array': 2,   # is it there; the names of other arrays
            # What has arrived; whether it has a group; whether copies are
            # noted as retired, before and after, also where a "*" finds
            # nothing.
            'GET pgroup': 7,
            'GET volume': 1,  # what is in the snapshot that has arrived
            'POST pgroup': 1,
            'PUT pgroup': 1}


# Failing over again

def test_second_failover_takes_what_changed_in_between(async_fleet):
    service = start(async_fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta] = async_fleet.arrays
    async_fleet.replicate()
    service.fail_over()
    failovers.write(beta, volume)
    service.fail_back()
    held = failovers.write(alpha, volume, 8 * failovers.MIB)
    service.world.driver.get_volume_stats(refresh=True)
    async_fleet.replicate()
    alpha.stop()

    assert service.fail_over() == 'failed-over'

    volume = failovers.reload(volume)
    assert failovers.content(beta, volume.provider_id) == held


def test_failover_that_is_done_again_ends_the_same(async_fleet):
    """The process ended before Cinder had the result."""
    service = start(async_fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta] = async_fleet.arrays
    held = failovers.write(alpha, volume)
    async_fleet.replicate()
    service.world.driver.failover(
        world_module.CONTEXT, [volume], 'at-beta', [])
    service.world.restart()
    assert service.world.create().provider_location.startswith(alpha.id)

    assert service.fail_over('at-beta') == 'failed-over'

    assert failovers.content(beta, volume.provider_id) == held


def test_destroyed_copy_of_an_earlier_failover_is_used_again(async_fleet):
    service = start(async_fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta] = async_fleet.arrays
    async_fleet.replicate()
    service.fail_over()
    service.fail_back()
    async_fleet.client(beta).destroy_volume(volume.provider_id)
    held = failovers.write(alpha, volume)
    service.world.driver.get_volume_stats(refresh=True)
    async_fleet.replicate()

    assert service.fail_over() == 'failed-over'

    assert failovers.content(beta, volume.provider_id) == held


def test_volume_of_the_users_is_not_overwritten(async_fleet):
    service = start(async_fleet)
    [volume, other] = created(service, ASYNC, 2)
    [alpha, beta] = async_fleet.arrays
    async_fleet.client(alpha).rename_volume(volume.provider_id, 'payroll')
    volume.provider_id = 'payroll'
    volume.save()
    async_fleet.client(beta).create_volume('payroll', '1G')
    theirs = failovers.write(beta, volume)
    failovers.write(alpha, volume, 8 * failovers.MIB)
    async_fleet.replicate()

    assert service.fail_over() == 'failed-over'

    assert failovers.content(beta, 'payroll') == theirs
    volume = failovers.reload(volume)
    assert volume.status == 'error'
    assert 'Rename it there' in volume.replication_extended_status
    assert failovers.reload(other).status == 'available'


def test_failover_from_one_secondary_to_another(fleet_of):
    fleet = fleet_of('async', 'async')
    service = start(fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta, gamma] = fleet.arrays
    fleet.replicate()
    alpha.stop()
    assert service.fail_over('at-beta') == 'failed-over'
    service.world.driver.get_volume_stats(refresh=True)
    held = failovers.write(beta, volume)
    fleet.replicate()
    beta.stop()

    assert service.fail_over() == 'failed-over'

    assert service.row.active_backend_id == 'at-gamma'
    assert failovers.content(gamma, volume.provider_id) == held


def test_secondary_that_never_replicated_leaves_what_the_primary_sent(
        fleet_of):
    fleet = fleet_of('async', 'async')
    service = start(fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta, gamma] = fleet.arrays
    held = failovers.write(alpha, volume)
    fleet.replicate()
    alpha.stop()
    service.fail_over('at-beta')
    beta.stop()
    service.world.restart()

    assert service.fail_over() == 'failed-over'

    volume = failovers.reload(volume)
    assert 'alpha:cinder-group.' in volume.replication_extended_status
    assert failovers.content(gamma, volume.provider_id) == held


def test_groups_of_the_same_name_from_other_arrays_do_no_harm(fleet_of):
    """A stranger replicates more recently, and the primary is unknown."""
    fleet = fleet_of('async', 'async')
    service = start(fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta, gamma] = fleet.arrays
    held = failovers.write(alpha, volume)
    fleet.replicate()
    alpha.stop()
    stranger = fleet.client(gamma)
    stranger.create_volume('theirs', '1G')
    with contextlib.suppress(purestorage.PureHTTPError):
        stranger.create_pgroup('cinder-group')
    stranger.set_pgroup('cinder-group', addvollist=['theirs'],
                        addtargetlist=['beta'])
    fleet.client(beta).set_pgroup('gamma:cinder-group', allowed=True)
    stranger.create_pgroup_snapshots(['cinder-group'], suffix='newer',
                                     replicate_now=True)
    fleet.pass_time(600)
    volume.provider_location = None
    volume.save()
    service.world.restart()

    assert service.fail_over('at-beta') == 'failed-over'

    assert failovers.content(beta, volume.provider_id) == held
    assert failovers.reload(volume).status == 'available'


# What a volume is on the other array

def test_limits_and_size_are_those_of_the_volume(async_fleet):
    service = start(async_fleet)
    volume_type = world_module.replicated_type(
        ASYNC, qos={'maxIOPS': '500', 'maxBWS': '10'})
    volume = service.world.create(volume_type_id=volume_type.id)
    async_fleet.replicate()
    service.world.extend(volume, 4)

    assert service.fail_over() == 'failed-over'

    client = async_fleet.client(async_fleet.targets[0])
    assert client.get_volume(volume.provider_id)['size'] == 4 << 30
    limits = client.get_volume(volume.provider_id, qos=True)
    assert (limits['iops_limit'], limits['bandwidth_limit']) == (
        500, 10 * failovers.MIB)


def test_volume_that_cannot_be_limited_is_served_all_the_same(async_fleet,
                                                              caplog):
    service = start(async_fleet)
    volume = service.world.create(
        volume_type_id=world_module.replicated_type(
            ASYNC, qos={'maxIOPS': '500'}).id)
    async_fleet.replicate()
    [beta] = async_fleet.targets
    beta.faults.add(flasharray_sim.Fault(
        'status', method='PUT', path='volume/*', status=400,
        text='Not today.'))

    assert service.fail_over() == 'failed-over'

    assert failovers.reload(volume).status == 'available'
    assert 'has not the limits of its type' in caplog.text


def test_volume_is_in_its_volume_group(async_fleet):
    service = start(async_fleet)
    volume_type = world_module.replicated_type(
        ASYNC, extra_specs={'flasharray:vg_name': 'gold'})
    volume = service.world.create(volume_type_id=volume_type.id)
    [alpha, beta] = async_fleet.arrays
    held = failovers.write(alpha, volume)
    async_fleet.replicate()
    alpha.stop()

    assert service.fail_over() == 'failed-over'

    assert volume.provider_id.startswith('gold/')
    assert failovers.reload(volume).provider_id == volume.provider_id
    assert failovers.content(beta, volume.provider_id) == held


def test_limits_of_an_earlier_failover_are_gone(async_fleet):
    service = start(async_fleet)
    volume = service.world.create(
        volume_type_id=world_module.replicated_type(
            ASYNC, qos={'maxIOPS': '500'}).id)
    [beta] = async_fleet.targets
    async_fleet.replicate()
    service.fail_over()
    service.fail_back()
    volume = failovers.reload(volume)
    volume.volume_type_id = world_module.replicated_type(ASYNC).id
    volume.save()

    assert service.fail_over() == 'failed-over'

    limits = async_fleet.client(beta).get_volume(volume.provider_id, qos=True)
    assert limits['iops_limit'] is None


@pytest.mark.timeout(600)
@pytest.mark.parametrize('count', [
    100, pytest.param(1000, marks=pytest.mark.exhaustive)])
def test_many_volumes_fail_over_and_back(async_fleet, count):
    service = start(async_fleet)
    [alpha, beta] = async_fleet.arrays
    volumes = created(service, ASYNC, count)
    async_fleet.replicate()
    beta.requests.clear()

    assert service.fail_over() == 'failed-over'

    made = collections.Counter(record.method for record in beta.requests)
    assert made['POST'] <= count + 5
    assert made['GET'] + made['PUT'] < 50
    assert len(async_fleet.client(beta).list_volumes()) == count
    assert {failovers.reload(volume).status for volume in volumes} == {
        'available'}

    alpha.requests.clear()
    assert service.fail_back() == 'enabled'

    assert {failovers.reload(volume).provider_location.partition(':')[0]
            for volume in volumes} == {alpha.id}


# The service, whatever happened before

def test_target_that_was_dead_at_the_start_can_be_failed_over_to(async_fleet):
    service = start(async_fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta] = async_fleet.arrays
    async_fleet.replicate()
    beta.stop()
    service.restart()
    beta.start()
    alpha.stop()

    assert service.fail_over() == 'failed-over'

    assert failovers.reload(volume).status == 'available'


@pytest.mark.parametrize('backend_id', ['', None, 'default', 'pure'])
def test_completing_what_did_not_happen_changes_nothing(async_fleet,
                                                        backend_id):
    """Cinder tells all nodes of a cluster also when a failover failed."""
    service = start(async_fleet)
    service.world.driver.failover_completed(world_module.CONTEXT, backend_id)
    assert service.world.create().provider_location.startswith(
        async_fleet.primary.id)
    assert service.world.driver.get_volume_stats(refresh=True)[
        'replication_targets'] == ['at-beta']


def test_targets_are_told_once_after_going_there_and_back(sync_fleet):
    service = start(sync_fleet)
    created(service, SYNC)
    service.fail_over()
    assert service.fail_back() == 'enabled'
    stats = service.world.driver.get_volume_stats(refresh=True)
    assert stats['replication_targets'] == ['at-beta']
    assert stats['replication_enabled']


# Groups

def replicated_group(service, volume_type):
    group, _volumes = groups.Groups(service.world).filled(
        2, volume_type, specs=groups.REPLICATED)
    return group


def test_groups_are_served_with_their_volumes(async_fleet):
    service = start(async_fleet)
    volume_type = world_module.replicated_type(ASYNC)
    of_world = groups.Groups(service.world)
    group = replicated_group(service, volume_type)
    group.update({'replication_status': 'enabled', 'cluster_name': None})
    group.save()
    async_fleet.replicate()
    async_fleet.primary.stop()

    assert service.fail_over() == 'failed-over'

    group = objects.Group.get_by_id(world_module.CONTEXT, group.id)
    assert (group.status, group.replication_status) == (
        'available', 'failed-over')
    assert of_world.snapshot(group).status == 'available'


def test_group_with_a_volume_that_is_lost_is_in_error(async_fleet):
    service = start(async_fleet)
    volume_type = world_module.replicated_type(ASYNC)
    [volume] = created(service, ASYNC)
    async_fleet.replicate()
    group = replicated_group(service, volume_type)
    group.update({'replication_status': 'enabled'})
    group.save()

    assert service.fail_over() == 'failed-over'

    group = objects.Group.get_by_id(world_module.CONTEXT, group.id)
    assert (group.status, group.replication_status) == (
        'error', 'failover-error')
    assert failovers.reload(volume).status == 'available'
    assert service.fail_back() == 'enabled'
    group = objects.Group.get_by_id(world_module.CONTEXT, group.id)
    assert (group.status, group.replication_status) == (
        'available', 'enabled')


@pytest.mark.parametrize('other', ['by-hand/{}', 'old-{}'])
def test_volume_that_was_moved_or_renamed_by_hand_is_served(async_fleet,
                                                            other):
    """Nobody asked for it since, so that its row has the old name."""
    service = start(async_fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta] = async_fleet.arrays
    held = failovers.write(alpha, volume)
    client, name = async_fleet.client(alpha), volume.provider_id
    if '/' in other:
        client.create_vgroup('by-hand')
        client.move_volume(name, 'by-hand')
    else:
        client.rename_volume(name, other.format(name))
    async_fleet.replicate()
    alpha.stop()

    assert service.fail_over() == 'failed-over'

    volume = failovers.reload(volume)
    assert volume.status == 'available'
    assert failovers.content(beta, volume.provider_id) == held
