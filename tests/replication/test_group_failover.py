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
"""Single groups at another array, while the backend stays where it is."""

import itertools

from cinder import exception
import pytest

from pure_cinder.array import errors
from pure_cinder import exceptions
from tests import failovers
from tests import groups as groups_module
from tests import interruptions
from tests import world as world_module

CONNECTOR = world_module.connector()


class Site:
    """A replicated group on a fleet, and what its volumes hold.

    :ivar volumes: rows as they are now
    """

    def __init__(self, fleet, kind, count=2):
        self.fleet = fleet
        self.kind = kind
        self.world = fleet.start()
        self.groups = groups_module.Groups(self.world)
        self.type = world_module.replicated_type(kind)
        self.group, _volumes = self.groups.filled(
            count, self.type, specs=groups_module.REPLICATED)

    @property
    def volumes(self):
        return sorted(self.groups.volumes(self.group),
                      key=lambda volume: volume.id)

    def write(self, array):
        """:returns: what the array holds of each volume then"""
        for volume in self.volumes:
            failovers.write(array, volume)
        return self.contents(array)

    def contents(self, array):
        return [failovers.content(array, volume.provider_id)
                for volume in self.volumes]

    def statuses(self):
        return {(volume.status, volume.replication_status,
                 volume.replication_driver_data) for volume in self.volumes}

    def restart(self):
        self.world.restart()

    def fail_over(self, backend_id=None):
        self.groups.failover(self.group, backend_id)

    def fail_over_killed_often(self, backend_id, before):
        """Start again after every request, with the rows as they were.

        :param before: status, replication_status and array of the volumes
        :returns: after how many requests it was done
        """
        for count in itertools.count():
            with interruptions.killed_before_request(count) as fatal:
                self.fail_over(backend_id)
            if not fatal:
                return count
            _status, replication_status, own_id = before
            assert {volume.replication_driver_data
                    for volume in self.volumes} == {own_id}
            self.set_replication_status(replication_status)
            self.restart()

    def is_refused(self, backend_id=None):
        """Whether a failover ends with an error of the group alone."""
        with pytest.raises(exception.ReplicationGroupError):
            self.fail_over(backend_id)
        return self.group.status == 'error' and {
            volume.status for volume in self.volumes} == {'available'}

    def recover(self):
        """What an administrator does then, so that it can be tried again."""
        self.group.status = 'available'
        self.group.save()
        self.groups.disable_replication(self.group)
        self.groups.enable_replication(self.group)

    def set_replication_status(self, status):
        for row in [self.group, *self.volumes]:
            row.replication_status = status
            row.save()


@pytest.fixture
def site(async_fleet):
    return Site(async_fleet, 'async')


FAILED_OVER = ('available', 'failed-over', 'at-beta')
AT_HOME = ('available', 'enabled', None)


def test_async_group_is_served_with_what_had_arrived(site):
    alpha, beta = site.fleet.arrays
    arrived = site.write(alpha)
    site.fleet.replicate()
    site.write(alpha)
    alpha.stop()

    site.fail_over()

    assert site.statuses() == {FAILED_OVER}
    assert site.group.replication_status == 'failed-over'
    assert site.contents(beta) == arrived
    for volume in site.volumes:
        assert volume.provider_location.startswith(beta.id)
        assert volume.metadata['array_name'] == 'beta'
        assert ('alpha:consisgroup-%s-cinder.' % site.group.id
                in volume.replication_extended_status)


def test_group_comes_back_with_what_was_changed(site):
    alpha, beta = site.fleet.arrays
    site.write(alpha)
    site.fleet.replicate()
    alpha.stop()
    site.fail_over('at-beta')
    changed = site.write(beta)
    alpha.start()

    site.fail_over('default')

    assert site.statuses() == {AT_HOME}
    assert site.group.replication_status == 'enabled'
    assert site.contents(alpha) == changed
    for volume in site.volumes:
        assert volume.provider_location.startswith(alpha.id)


def test_group_goes_there_and_back_more_than_once(site):
    alpha, beta = site.fleet.arrays
    for _round in range(2):
        written = site.write(alpha)
        site.fleet.replicate()
        site.fail_over()
        assert site.contents(beta) == written
        changed = site.write(beta)
        site.fail_over('default')
        assert site.contents(alpha) == changed
    assert site.statuses() == {AT_HOME}


def test_nothing_is_left_of_a_group_that_was_there_and_back(site):
    site.fleet.replicate()
    site.fail_over()
    site.fail_over('default')
    site.fleet.replicate()
    site.world.driver.get_volume_stats(refresh=True)
    site.groups.delete(site.group)
    for array in site.fleet.arrays:
        client = site.fleet.client(array)
        assert not client.list_volumes()
        assert not [row['name'] for row in client.list_pgroups()
                    if 'consisgroup' in row['name']]


def test_each_array_sends_only_while_it_has_the_group(site):
    clients = [site.fleet.client(array) for array in site.fleet.arrays]
    name = 'consisgroup-%s-cinder' % site.group.id

    def senders():
        return [
            name in [row['name'] for row in client.list_pgroups()]
            and client.get_pgroup(name, schedule=True)['replicate_enabled']
            for client in clients]

    site.write(site.fleet.primary)
    site.fleet.replicate()
    assert senders() == [True, False]
    site.fail_over()
    assert senders() == [False, True]
    site.fail_over('default')
    assert senders() == [True, False]


def test_other_volumes_of_the_backend_stay(site):
    alpha, beta = site.fleet.arrays
    other = site.world.create(volume_type_id=site.type.id)
    site.fleet.replicate()
    site.fail_over()
    other = failovers.reload(other)
    assert other.replication_status == 'enabled'
    site.world.attach(other, CONNECTOR)
    assert site.fleet.client(alpha).list_volume_private_connections(
        other.provider_id)
    assert len(site.fleet.client(beta).list_volumes()) == 2


def test_sync_group_is_served_by_the_pods_other_array(sync_fleet):
    site = Site(sync_fleet, 'sync')
    alpha, beta = sync_fleet.arrays
    held = site.write(alpha)
    names = [volume.provider_id for volume in site.volumes]
    alpha.stop()
    beta.requests.clear()

    site.fail_over()

    assert sync_fleet.writes(beta) == []
    assert site.statuses() == {FAILED_OVER}
    assert [volume.provider_id for volume in site.volumes] == names
    assert site.contents(beta) == held
    info = site.world.attach(site.volumes[0], CONNECTOR)
    assert info['data']['target_portals']

    alpha.start()
    site.fleet.pass_time(3600)
    site.world.detach(site.volumes[0], CONNECTOR)
    site.fail_over('default')
    assert site.statuses() == {AT_HOME}


def test_sync_group_does_not_come_home_before_its_pod(sync_fleet):
    site = Site(sync_fleet, 'sync')
    sync_fleet.primary.stop()
    site.fail_over()
    assert site.is_refused('default')
    assert site.statuses() == {('available', 'error', 'at-beta')}
    sync_fleet.primary.start()
    sync_fleet.pass_time(3600)
    site.recover()
    site.fail_over('default')
    assert site.statuses() == {AT_HOME}


@pytest.mark.parametrize('target', ['at-beta', 'at-gamma'])
def test_trisync_group_goes_to_either_site_and_back(trisync_fleet, target):
    site = Site(trisync_fleet, 'trisync')
    alpha = trisync_fleet.primary
    array = trisync_fleet.array(target.removeprefix('at-'))
    written = site.write(alpha)
    trisync_fleet.replicate()

    site.fail_over(target)

    assert site.statuses() == {('available', 'failed-over', target)}
    assert site.contents(array) == written
    changed = site.write(array)
    site.fail_over('default')
    assert site.statuses() == {AT_HOME}
    assert site.contents(alpha) == changed
    assert all(volume.provider_id.startswith('cinder-pod::')
               for volume in site.volumes)


def test_best_target_of_a_trisync_group_is_in_the_pod(trisync_fleet):
    site = Site(trisync_fleet, 'trisync')
    trisync_fleet.replicate()
    trisync_fleet.primary.stop()
    site.fail_over()
    assert site.statuses() == {FAILED_OVER}


def test_best_target_of_an_async_group_has_the_newest(fleet_of):
    fleet = fleet_of('async', 'async')
    site = Site(fleet, 'async')
    alpha, beta, gamma = fleet.arrays
    site.write(alpha)
    fleet.replicate()
    with fleet.link_down(alpha, beta):
        newest = site.write(alpha)
        fleet.replicate()
    alpha.stop()
    site.fail_over()
    assert site.statuses() == {('available', 'failed-over', 'at-gamma')}
    assert site.contents(gamma) == newest


@pytest.mark.parametrize('target', ['pure', 'nowhere'])
def test_wrong_target_leaves_the_volumes_alone(site, target):
    site.fleet.replicate()
    assert site.is_refused(target)
    assert site.statuses() == {AT_HOME}


def test_array_where_the_group_is_already_is_no_target(site):
    site.fleet.replicate()
    site.fail_over('at-beta')
    assert site.is_refused('at-beta')
    site.recover()
    assert site.statuses() == {('available', 'enabled', 'at-beta')}


def test_group_comes_back_with_what_arrived_if_it_is_asked_for(site):
    alpha, beta = site.fleet.arrays
    site.write(alpha)
    site.fleet.replicate()
    site.fail_over()
    arrived = site.write(beta)
    site.fleet.replicate()
    site.write(beta)
    beta.stop()
    with pytest.raises(exception.ReplicationGroupError):
        site.fail_over('default')
    site.group.status = 'available'
    site.set_replication_status('failed-over')

    site.fail_over('pure')

    assert site.statuses() == {('available', 'failed-over', None)}
    assert site.contents(alpha) == arrived
    site.fail_over('default')
    assert site.statuses() == {AT_HOME}


def test_group_of_which_nothing_has_arrived_stays(site, caplog):
    assert site.is_refused()
    assert site.statuses() == {AT_HOME}
    assert 'no protection group snapshot has arrived' in caplog.text


def test_dead_target_leaves_the_group_where_it_is(site):
    site.fleet.replicate()
    site.fleet.targets[0].stop()
    assert site.is_refused('at-beta')
    assert site.statuses() == {AT_HOME}
    site.fleet.targets[0].start()
    site.recover()
    site.fail_over('at-beta')
    assert site.statuses() == {FAILED_OVER}


def test_group_on_an_array_that_is_not_configured_any_more_stays(
        away, caplog):
    for volume in away.volumes:
        volume.replication_driver_data = 'at-gone'
        volume.provider_location = 'id-of-another:%024X' % 1
        volume.save()
    assert away.is_refused('default')
    assert away.statuses() == {('available', 'error', 'at-gone')}
    assert "No array with backend_id 'at-gone'" in caplog.text


def test_group_on_an_array_that_has_another_backend_id_comes_home(away):
    """The array is known by its own id."""
    for volume in away.volumes:
        volume.replication_driver_data = 'before'
        volume.save()
    away.fail_over('default')
    assert away.statuses() == {AT_HOME}


def test_dead_home_leaves_the_group_where_it_is(site):
    site.fleet.replicate()
    site.fleet.primary.stop()
    site.fail_over()
    assert site.is_refused('default')
    assert site.statuses() == {('available', 'error', 'at-beta')}
    site.fleet.primary.start()
    site.recover()
    site.fail_over('default')
    assert site.statuses() == {AT_HOME}


def test_volume_that_had_not_arrived_is_told_and_kept(site):
    alpha, _beta = site.fleet.arrays
    site.fleet.replicate()
    late = site.world.create(group_id=site.group.id,
                             volume_type_id=site.type.id)
    site.fail_over()
    late = failovers.reload(late)
    assert (late.status, late.replication_driver_data) == ('error', None)
    assert 'does not have it' in late.replication_extended_status
    assert site.statuses() == {
        FAILED_OVER, ('error', 'failed-over', None)}
    assert late.provider_id in [
        row['name'] for row in site.fleet.client(alpha).list_volumes()]

    late.status = 'available'
    late.save()
    site.fail_over('default')
    assert site.statuses() == {AT_HOME}


def test_volume_that_had_not_arrived_can_be_taken_out_of_the_group(site):
    _alpha, beta = site.fleet.arrays
    site.fleet.replicate()
    late = site.world.create(group_id=site.group.id,
                             volume_type_id=site.type.id)
    site.fail_over()
    with pytest.raises(exceptions.PureGroupError):
        site.groups.snapshot(site.group)
    site.groups.update(site.group, remove=[failovers.reload(late)])
    assert site.groups.snapshot(site.group).status == 'available'


def test_group_that_is_at_home_comes_back_as_it_is(site):
    site.fleet.forget_requests()
    site.fail_over('default')
    assert site.statuses() == {AT_HOME}
    assert not any(len(array.requests) for array in site.fleet.arrays)


@pytest.mark.parametrize('kind, target', [
    pytest.param('async', 'at-beta', marks=pytest.mark.exhaustive),
    ('sync', 'at-beta'),
    pytest.param('trisync', 'at-gamma', marks=pytest.mark.exhaustive)])
def test_failover_and_failback_killed_before_any_request(
        trisync_fleet, kind, target):
    site = Site(trisync_fleet, kind, count=1)
    alpha = trisync_fleet.primary
    array = trisync_fleet.array(target.removeprefix('at-'))
    held = site.write(alpha)
    trisync_fleet.replicate()
    assert site.fail_over_killed_often(target, AT_HOME) >= 2
    assert site.statuses() == {('available', 'failed-over', target)}
    assert site.contents(array) == held
    held = site.write(array)
    site.fail_over_killed_often(
        'default', ('available', 'failed-over', target))
    assert site.statuses() == {AT_HOME}
    assert site.contents(alpha) == held


# What else is done with the volumes of such a group


@pytest.fixture
def away(site):
    """The group is at beta, and the service was started again since."""
    site.write(site.fleet.primary)
    site.fleet.replicate()
    site.fail_over()
    site.restart()
    site.fleet.forget_requests()
    return site


def test_attach_and_detach_are_done_where_the_group_is(away):
    _alpha, beta = away.fleet.arrays
    [volume, _other] = away.volumes
    client = away.fleet.client(beta)
    away.world.attach(volume, CONNECTOR)
    assert client.list_volume_private_connections(volume.provider_id)
    away.world.detach(volume, CONNECTOR)
    assert not client.list_volume_private_connections(volume.provider_id)
    assert not len(away.fleet.primary.requests)


def test_group_is_emptied_where_it_is(away):
    _alpha, beta = away.fleet.arrays
    away.groups.update(away.group, remove=away.volumes)
    [pgroup] = [row for row in away.fleet.client(beta).list_pgroups()
                if row['name'] == 'consisgroup-%s-cinder' % away.group.id]
    assert not pgroup['volumes']
    assert not len(away.fleet.primary.requests)


def test_volume_is_grown_snapshotted_and_reverted_where_the_group_is(away):
    _alpha, beta = away.fleet.arrays
    [volume, _other] = away.volumes
    away.world.extend(volume, 2)
    snapshot = away.world.snapshot(volume)
    held = failovers.content(beta, volume.provider_id)
    failovers.write(beta, volume)
    assert failovers.content(beta, volume.provider_id) != held
    away.world.driver.revert_to_snapshot(world_module.CONTEXT, volume,
                                         snapshot)
    assert failovers.content(beta, volume.provider_id) == held
    assert away.fleet.client(beta).get_volume(
        volume.provider_id)['size'] == 2 * 1024 ** 3
    away.world.driver.delete_snapshot(snapshot)
    assert not len(away.fleet.primary.requests)


def test_group_is_snapshotted_where_it_is(away):
    _alpha, beta = away.fleet.arrays
    group_snapshot = away.groups.snapshot(away.group)
    client = away.fleet.client(beta)
    name = 'consisgroup-%s-cinder.cgsnapshot-%s-cinder' % (
        away.group.id, group_snapshot.id)
    assert name in [row['name'] for row in client.list_pgroups(snap=True)]

    away.fail_over('default')
    away.groups.delete_snapshot(group_snapshot)
    assert name not in [row['name'] for row in client.list_pgroups(
        snap=True)]


def test_snapshot_from_before_is_deleted_where_it_is(site):
    alpha, _beta = site.fleet.arrays
    group_snapshot = site.groups.snapshot(site.group)
    client = site.fleet.client(alpha)
    [name] = [row['name'] for row in client.list_pgroups(snap=True)
              if group_snapshot.id in row['name']]
    site.fleet.replicate()
    site.fail_over()
    alpha.stop()
    with pytest.raises(errors.ArrayError):
        site.groups.delete_snapshot(group_snapshot)
    alpha.start()
    site.groups.delete_snapshot(group_snapshot)
    assert name not in [row['name'] for row in client.list_pgroups(
        snap=True)]


def test_new_volume_cannot_join_a_group_that_is_away(away):
    with pytest.raises(exceptions.PureGroupError, match='at-beta'):
        away.world.create(group_id=away.group.id,
                          volume_type_id=away.type.id)
    for array in away.fleet.arrays:
        assert len(away.fleet.client(array).list_volumes()) == 2


def test_volume_deleted_away_is_not_there_when_the_group_is_home(away):
    alpha, beta = away.fleet.arrays
    [deleted, kept] = away.volumes
    away.world.driver.delete_volume(deleted)
    deleted.destroy()
    away.fail_over('default')
    assert [volume.id for volume in away.volumes] == [kept.id]
    assert [row['name'] for row in away.fleet.client(
        alpha).list_volumes()] == [kept.provider_id]


def test_group_is_deleted_where_it_is_with_what_it_left_behind(away):
    away.groups.delete(away.group)
    for array in away.fleet.arrays:
        client = away.fleet.client(array)
        assert not client.list_volumes()
        assert not [row['name'] for row in client.list_pgroups()
                    if away.group.id in row['name']]


def test_volume_of_somebody_else_stays_when_the_group_is_deleted(away):
    clients = [away.fleet.client(array) for array in away.fleet.arrays]
    for client in clients:
        client.create_volume('theirs', '1G')
        client.set_pgroup('consisgroup-%s-cinder' % away.group.id,
                          addvollist=['theirs'])
    away.groups.delete(away.group)
    for client in clients:
        assert [row['name'] for row in client.list_volumes()] == ['theirs']


def test_copy_cannot_be_replicated_from_where_the_group_is(away):
    [volume, _other] = away.volumes
    with pytest.raises(exceptions.PureUnsupportedError, match='at-beta'):
        away.world.clone(volume)
    with pytest.raises(exceptions.PureUnsupportedError, match='at-beta'):
        away.groups.clone(away.group)
    copied = away.world.clone(
        volume, volume_type_id=world_module.new_type().id)
    _alpha, beta = away.fleet.arrays
    assert failovers.content(beta, copied.provider_id) == failovers.content(
        beta, volume.provider_id)
    away.world.driver.delete_volume(copied)
    assert len(away.fleet.client(beta).list_volumes()) == 2


def test_failover_of_the_backend_leaves_such_a_group_alone(away):
    alpha, beta = away.fleet.arrays
    changed = away.write(beta)
    service = failovers.Service(away.world)
    service.fail_over('at-beta')
    assert away.contents(beta) == changed
    assert {volume.status for volume in away.volumes} == {'available'}


# Switching replication off and on


def test_disabled_group_is_not_sent(site):
    client = site.fleet.client(site.fleet.primary)
    name = 'consisgroup-%s-cinder' % site.group.id
    site.groups.disable_replication(site.group)
    assert not client.get_pgroup(name, schedule=True)['replicate_enabled']
    assert site.group.replication_status == 'disabled'
    site.groups.enable_replication(site.group)
    assert client.get_pgroup(name, schedule=True)['replicate_enabled']
    assert site.group.replication_status == 'enabled'


def test_group_in_a_pod_is_disabled_for_cinder_alone(sync_fleet):
    site = Site(sync_fleet, 'sync')
    for array in sync_fleet.arrays:
        array.requests.clear()
    site.groups.disable_replication(site.group)
    assert site.statuses() == {('available', 'disabled', None)}
    assert not any(map(sync_fleet.writes, sync_fleet.arrays))
    site.groups.enable_replication(site.group)
    assert site.statuses() == {AT_HOME}


def test_group_without_a_protection_group_tells_so(async_fleet, caplog):
    groups = groups_module.Groups(async_fleet.start())
    group, volumes = groups.filled(
        volume_type=world_module.replicated_type('async'),
        specs={'group_replication_enabled': '<is> True'})
    with pytest.raises(exception.ReplicationGroupError):
        groups.enable_replication(group)
    assert {volume.status for volume in groups.volumes(group)} == {
        'available'}
    assert 'consistent_group_snapshot_enabled' in caplog.text


def test_group_with_no_target_up_tells_so_and_can_be_enabled_later(site):
    site.groups.disable_replication(site.group)
    [target] = site.fleet.targets
    target.stop()
    with pytest.raises(exception.ReplicationGroupError):
        site.groups.enable_replication(site.group)
    assert {volume.status for volume in site.volumes} == {'available'}
    target.start()
    site.recover()
    assert site.statuses() == {AT_HOME}


def test_group_that_came_home_can_be_served_where_it_was(site):
    """Nothing newer has arrived there since."""
    alpha, beta = site.fleet.arrays
    site.write(alpha)
    site.fleet.replicate()
    site.fail_over()
    held = site.write(beta)
    site.fail_over('default')
    site.world.driver.get_volume_stats(refresh=True)

    alpha.stop()
    site.fail_over()

    assert site.contents(beta) == held
