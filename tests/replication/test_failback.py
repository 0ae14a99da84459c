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
"""The primary serves again, with what changed while it did not."""

import pytest

from tests import failovers
from tests import fleet as fleet_module
from tests import world as world_module

GROUP = 'cinder-group'


def start(fleet, **values):
    return failovers.Service(fleet.start(**values))


def created(service, replication, count=1, **values):
    volume_type = world_module.replicated_type(replication)
    return [service.world.create(volume_type_id=volume_type.id, **values)
            for _number in range(count)]


@pytest.fixture
def service(async_fleet):
    return start(async_fleet)


@pytest.fixture
def volume(async_fleet, service):
    """A volume that beta serves, as alpha was dead; alpha is back."""
    [volume] = created(service, 'async')
    [alpha, _beta] = async_fleet.arrays
    failovers.write(alpha, volume)
    async_fleet.replicate()
    alpha.stop()
    assert service.fail_over() == 'failed-over'
    alpha.start()
    return failovers.reload(volume)


def test_async_volumes_come_home_with_what_was_written(async_fleet, service,
                                                       volume):
    [alpha, beta] = async_fleet.arrays
    held = failovers.write(beta, volume, 8 * failovers.MIB)

    assert service.fail_back() == 'enabled'

    volume = failovers.reload(volume)
    assert (volume.status, volume.replication_status) == (
        'available', 'enabled')
    assert failovers.content(alpha, volume.provider_id) == held
    assert volume.provider_location.startswith(alpha.id)
    assert volume.metadata['array_name'] == 'alpha'
    assert not service.row.active_backend_id


def test_volume_keeps_its_serial_on_the_primary(async_fleet, service):
    [volume] = created(service, 'async')
    async_fleet.replicate()
    service.fail_over()
    service.fail_back()
    assert failovers.reload(volume).provider_location == (
        volume.provider_location)


def test_volumes_made_while_failed_over_come_home(async_fleet, service,
                                                  volume):
    [alpha, beta] = async_fleet.arrays
    [fresh] = created(service, 'async', size=3)
    held = failovers.write(beta, fresh)

    assert service.fail_back() == 'enabled'

    fresh = failovers.reload(fresh)
    assert (fresh.status, fresh.replication_status) == (
        'available', 'enabled')
    assert failovers.content(alpha, fresh.provider_id) == held
    client = async_fleet.client(alpha)
    assert client.get_volume(fresh.provider_id)['size'] == 3 << 30
    assert fresh.provider_id in client.get_pgroup(GROUP)['volumes']


@pytest.mark.parametrize('days', [0, 3])
@pytest.mark.parametrize('is_eradicating', [False, True])
def test_volumes_deleted_while_failed_over_are_destroyed_on_the_primary(
        async_fleet, days, is_eradicating):
    service = start(async_fleet, pure_eradicate_on_delete=is_eradicating)
    volume, keep = created(service, 'async', 2)
    alpha, _beta = map(async_fleet.client, async_fleet.arrays)
    alpha.create_volume('theirs', '1G')
    alpha.set_pgroup(GROUP, addvollist=['theirs'])
    async_fleet.replicate()
    service.fail_over()
    volume = failovers.reload(volume)
    service.world.driver.delete_volume(volume)
    volume.destroy()
    async_fleet.pass_time(days * 86400)

    assert service.fail_back() == 'enabled'

    [destroyed] = alpha.list_volumes(pending_only=True)
    assert destroyed['name'] == volume.provider_id
    assert {row['name'] for row in alpha.list_volumes()} == {
        keep.provider_id, 'theirs'}


def test_the_only_volume_deleted_while_failed_over_goes_at_home_too(
        async_fleet):
    service = start(async_fleet)
    [volume] = created(service, 'async', 1)
    async_fleet.replicate()
    service.fail_over()
    volume = failovers.reload(volume)
    service.world.driver.delete_volume(volume)
    volume.destroy()
    assert service.fail_back() == 'enabled'
    alpha = async_fleet.client(async_fleet.primary)
    assert alpha.list_volumes() == []
    assert [row['name'] for row in alpha.list_volumes(pending_only=True)] == [
        volume.provider_id]


def test_volume_that_grew_while_failed_over_is_as_big_at_home(
        async_fleet, service, volume):
    service.world.extend(volume, 5)
    assert service.fail_back() == 'enabled'
    assert async_fleet.client(async_fleet.primary).get_volume(
        volume.provider_id)['size'] == 5 << 30


def test_failback_without_volumes_to_a_dead_primary_is_refused(async_fleet,
                                                               service):
    service.fail_over('at-beta')
    async_fleet.primary.stop()
    assert service.fail_back() == 'failed-over'


def test_failback_with_a_dead_primary_is_refused(async_fleet, service,
                                                 volume, caplog):
    [alpha, beta] = async_fleet.arrays
    alpha.stop()

    assert service.fail_back() == 'failed-over'

    assert alpha.address in caplog.text
    assert service.row.active_backend_id == 'at-beta'
    assert failovers.reload(volume).status == 'available'
    failovers.write(beta, created(service, 'async')[0])


def test_failback_that_takes_too_long_goes_on_when_it_is_tried_again(
        fleet_of, caplog):
    fleet = fleet_of('async', replication_rate=failovers.MIB // 10)
    service = start(fleet)
    [volume] = created(service, 'async')
    fleet.replicate()
    service.fail_over()
    volume = failovers.reload(volume)
    [alpha, beta] = fleet.arrays
    beta.model.write(volume.provider_id, 0, 1 << 30)
    held = failovers.content(beta, volume.provider_id)
    before = failovers.content(alpha, volume.provider_id)

    assert service.fail_back() == 'failed-over'

    assert 'fail back again later' in caplog.text
    assert failovers.content(alpha, volume.provider_id) == before
    fleet.pass_time(4 * 3600)
    assert service.fail_back() == 'enabled'
    assert failovers.content(alpha, volume.provider_id) == held
    for array, group in [(alpha, 'beta:' + GROUP), (beta, GROUP)]:
        assert not [row['name'] for row in fleet.client(array).list_pgroups(
            snap=True) if row['name'].startswith(group + '.failback')]


def test_sync_volumes_are_home_at_once(sync_fleet):
    service = start(sync_fleet)
    [volume] = created(service, 'sync')
    [alpha, beta] = sync_fleet.arrays
    alpha.stop()
    service.fail_over()
    held = failovers.write(beta, volume)
    alpha.start()
    sync_fleet.pass_time(3600)
    service.world.driver.get_volume_stats(refresh=True)
    sync_fleet.forget_requests()

    assert service.fail_back() == 'enabled'

    assert [sync_fleet.writes(array) for array in sync_fleet.arrays] == [
        [], []]
    assert failovers.reload(volume).status == 'available'
    assert failovers.content(alpha, volume.provider_id) == held


def test_pod_that_is_not_in_sync_again_keeps_volumes_where_they_are(
        fleet_of, caplog):
    fleet = fleet_of('sync', replication_rate=failovers.MIB)
    service = start(fleet)
    [volume] = created(service, 'sync')
    [alpha, beta] = fleet.arrays
    alpha.stop()
    service.fail_over()
    beta.model.write(volume.provider_id, 0, 1 << 30)
    alpha.start()

    assert service.fail_back() == 'failed-over'

    assert 'Pod cinder-pod is resyncing on pure.' in caplog.text
    assert service.row.active_backend_id == 'at-beta'
    assert failovers.reload(volume).status == 'available'


def test_trisync_volumes_come_home_into_the_pod(trisync_fleet):
    service = start(trisync_fleet)
    [volume] = created(service, 'trisync')
    home_name = volume.provider_id
    [alpha, beta, gamma] = trisync_fleet.arrays
    trisync_fleet.replicate()
    alpha.stop()
    beta.stop()
    assert service.fail_over('at-gamma') == 'failed-over'
    volume = failovers.reload(volume)
    held = failovers.write(gamma, volume)
    [fresh] = created(service, 'trisync')
    alpha.start()
    beta.start()
    trisync_fleet.pass_time(3600)

    assert service.fail_back() == 'enabled'

    volume, fresh = failovers.reload(volume), failovers.reload(fresh)
    assert volume.provider_id == home_name
    for array in (alpha, beta):
        assert failovers.content(array, home_name) == held
    members = trisync_fleet.client(alpha).get_pgroup(
        'cinder-pod::cinder-trisync')['volumes']
    assert set(members) == {home_name, fresh.provider_id}


def test_volumes_stay_away_while_the_pod_at_home_is_offline(trisync_fleet,
                                                            caplog):
    """Beside others that could come home."""
    service = start(trisync_fleet)
    volumes = created(service, 'trisync') + created(service, 'async')
    [alpha, beta, gamma] = trisync_fleet.arrays
    trisync_fleet.replicate()
    alpha.stop()
    failovers.write(beta, volumes[0])
    beta.stop()
    assert service.fail_over('at-gamma') == 'failed-over'
    alpha.start()

    assert service.fail_back() == 'failed-over'

    assert 'Pod cinder-pod is offline on pure.' in caplog.text
    assert {failovers.reload(volume).status for volume in volumes} == {
        'available'}


def test_what_could_not_be_served_has_its_status_back(trisync_fleet):
    service = start(trisync_fleet)
    created(service, 'trisync')
    trisync_fleet.replicate()
    [lost] = created(service, 'sync')
    service.fail_over('at-gamma')
    assert failovers.reload(lost).status == 'error'

    assert service.fail_back() == 'enabled'

    lost = failovers.reload(lost)
    assert (lost.status, lost.replication_status,
            lost.replication_extended_status) == (
        'available', 'enabled', None)


def test_replication_is_armed_again_without_a_restart(async_fleet, service,
                                                      volume):
    [alpha, beta] = async_fleet.arrays
    assert service.fail_back() == 'enabled'
    service.world.driver.get_volume_stats(refresh=True)
    held = failovers.write(alpha, volume, 16 * failovers.MIB)
    async_fleet.replicate()
    alpha.stop()

    assert service.fail_over() == 'failed-over'

    assert failovers.content(beta, volume.provider_id) == held


def test_nothing_acts_any_more_on_the_copies_left_behind(async_fleet,
                                                         service, volume):
    [_alpha, beta] = async_fleet.arrays
    service.world.attach(volume, world_module.connector())

    assert service.fail_back() == 'enabled'

    client = async_fleet.client(beta)
    assert not client.get_pgroup(GROUP)['volumes']
    assert client.list_hosts() == []
    assert client.list_volume_private_connections(volume.provider_id) == []


def test_what_came_home_is_sent_out_at_once(async_fleet, service, volume):
    """The next scheduled replication may come too late."""
    [alpha, beta] = async_fleet.arrays
    held = failovers.write(beta, volume, 8 * failovers.MIB)
    service.fail_back()
    async_fleet.pass_time(fleet_module.TRANSFER_S)
    alpha.stop()

    assert service.fail_over() == 'failed-over'

    assert failovers.content(beta, volume.provider_id) == held
    assert ', from alpha:cinder-group.' in failovers.reload(
        volume).replication_extended_status


def test_backends_that_replicate_to_each_other_leave_each_other_alone(
        async_fleet, service, volume):
    """Both have groups of the default name."""
    [_alpha, beta] = async_fleet.arrays
    client = async_fleet.client(beta)
    client.create_volume('theirs', '1G')
    client.set_pgroup(GROUP, addvollist=['theirs'])
    client.set_pgroup(GROUP, replicate_enabled=True)

    assert service.fail_back() == 'enabled'
    service.world.driver.get_volume_stats(refresh=True)
    service.restart()

    assert client.get_pgroup(GROUP)['volumes'] == ['theirs']
    assert client.get_pgroup(GROUP, schedule=True)['replicate_enabled']


def test_failback_of_what_is_at_home_changes_nothing(async_fleet, service):
    [volume] = created(service, 'async')
    assert service.fail_back() == 'enabled'
    after = failovers.reload(volume)
    assert (after.status, after.replication_status,
            after.provider_location) == (
        'available', 'enabled', volume.provider_location)


def test_lost_secondary_leaves_what_it_had_sent_home(async_fleet, service,
                                                     volume, caplog):
    """To name the primary is to do without what the secondary held last."""
    [alpha, beta] = async_fleet.arrays
    service.world.driver.get_volume_stats(refresh=True)
    held = failovers.write(beta, volume, 8 * failovers.MIB)
    async_fleet.replicate()
    beta.stop()
    service.restart()
    assert service.fail_back() == 'failed-over'
    assert beta.address in caplog.text

    assert service.fail_over('pure') == 'failed-over'

    assert failovers.content(alpha, volume.provider_id) == held
    assert failovers.reload(volume).status == 'available'
    assert service.fail_back() == 'enabled'
    assert failovers.content(alpha, volume.provider_id) == held
    assert not service.row.active_backend_id


def test_volume_given_up_while_failed_over_is_not_destroyed_at_home(
        async_fleet, service, volume):
    created(service, 'async')
    name = volume.provider_id
    service.world.driver.unmanage(volume)
    volume.destroy()

    assert service.fail_back() == 'enabled'

    client = async_fleet.client(async_fleet.primary)
    assert name in [row['name'] for row in client.list_volumes()]


def test_snapshots_of_a_backend_with_the_same_group_are_left_alone(
        async_fleet, service, volume):
    """It may be on its way home, too."""
    [_alpha, beta] = async_fleet.arrays
    other = 'failback-0badcafe-000000000000'
    client = async_fleet.client(beta)
    client.create_pgroup_snapshot(GROUP, suffix=other)

    assert service.fail_back() == 'enabled'

    assert GROUP + '.' + other in [
        row['name'] for row in client.get_pgroup(GROUP, snap=True)]


@pytest.mark.parametrize('other', ['by-hand/{}', 'old-{}'])
def test_original_with_another_name_is_told_and_kept(async_fleet, caplog,
                                                     other):
    """Whoever gave it that name may want what it held."""
    service = failovers.Service(async_fleet.start())
    [alpha, _beta] = async_fleet.arrays
    kind = world_module.replicated_type('async')
    volume = service.world.create(volume_type_id=kind.id)
    held = failovers.write(alpha, volume)
    async_fleet.replicate()
    client, name = async_fleet.client(alpha), volume.provider_id
    other = other.format(name)
    if '/' in other:
        client.create_vgroup('by-hand')
        client.move_volume(name, 'by-hand')
    else:
        client.rename_volume(name, other)
    assert service.fail_over() == 'failed-over'

    assert service.fail_back() == 'enabled'

    assert failovers.content(alpha, other) == held
    assert failovers.content(alpha, name) == held
    [told] = [record.getMessage() for record in caplog.records
              if other in record.getMessage()]
    assert 'Left on array alpha: volume %s' % other in told
