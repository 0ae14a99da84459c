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
"""The process is killed in the middle of a failover, and starts again.

Everything that it asks of an array is an occasion. What starts then knows
only what Cinder's database has, which has nothing new, and does it again.
"""

import pytest

from pure_cinder import exceptions
from tests import failovers
from tests import interruptions
from tests import world as world_module

VOLUMES = 2
# Whatever it takes; the last rounds are not interrupted any more.
MAX_REQUESTS = 60


def prepared(fleet, replication):
    service = failovers.Service(fleet.start())
    volume_type = world_module.replicated_type(replication)
    volumes = [service.world.create(volume_type_id=volume_type.id)
               for _number in range(VOLUMES)]
    held = [failovers.write(fleet.primary, volume, number * failovers.MIB)
            for number, volume in enumerate(volumes)]
    fleet.replicate()
    return service, volumes, held


def assert_served(array, volumes, held):
    volumes = [failovers.reload(volume) for volume in volumes]
    assert {volume.status for volume in volumes} == {'available'}
    assert [failovers.content(array, volume.provider_id)
            for volume in volumes] == held


@pytest.mark.parametrize('kinds, replication', [
    pytest.param(['async'], 'async', marks=pytest.mark.exhaustive),
    (['sync'], 'sync'),
    pytest.param(['sync uniform', 'async'], 'trisync',
                 marks=pytest.mark.exhaustive)])
def test_failover_killed_before_any_request(fleet_of, kinds, replication):
    fleet = fleet_of(*kinds)
    service, volumes, held = prepared(fleet, replication)
    target = fleet.targets[-1]
    fleet.primary.stop()
    service.restart()

    for count in range(MAX_REQUESTS):
        with interruptions.killed_before_request(count) as fatal:
            service.fail_over('at-' + target.name)
        if not fatal:
            break
        assert not service.row.active_backend_id
        service.restart()

    assert count >= 2
    assert service.row.active_backend_id == 'at-' + target.name
    assert_served(target, volumes, held)


@pytest.mark.exhaustive
def test_failback_killed_before_any_request(async_fleet):
    service, volumes, _held = prepared(async_fleet, 'async')
    [alpha, beta] = async_fleet.arrays
    service.fail_over()
    held = [failovers.write(beta, volume, 16 * failovers.MIB)
            for volume in volumes]

    for count in range(MAX_REQUESTS):
        with interruptions.killed_before_request(count) as fatal:
            service.fail_back()
        if not fatal:
            break
        assert service.row.active_backend_id == 'at-beta'
        service.restart()
        assert_served(beta, volumes, held)

    assert count > 10
    assert not service.row.active_backend_id
    assert_served(alpha, volumes, held)


@pytest.mark.parametrize('kinds, replication', [
    (['async'], 'async'), (['sync'], 'sync'),
    (['sync uniform', 'async'], 'trisync')])
def test_service_killed_after_the_switch_starts_on_the_new_array(
        fleet_of, monkeypatch, kinds, replication):
    """Cinder had remembered who serves, but had not updated all rows."""
    fleet = fleet_of(*kinds)
    service, volumes, held = prepared(fleet, replication)
    target = fleet.targets[-1]
    save = type(volumes[0]).save

    def die(row):
        if row.id == volumes[1].id:
            raise interruptions.Killed()
        save(row)

    monkeypatch.setattr(type(volumes[0]), 'save', die)
    with pytest.raises(interruptions.Killed):
        service.fail_over('at-' + target.name)
    monkeypatch.undo()
    fleet.primary.stop()
    service.restart()

    assert_served(target, volumes, held)
    for volume in map(failovers.reload, volumes):
        service.world.attach(volume, world_module.connector())
        service.world.detach(volume, world_module.connector())
        service.world.driver.delete_volume(volume)
    assert fleet.client(target).list_volumes() == []


def test_service_killed_after_the_switch_home_starts_there(
        async_fleet, monkeypatch):
    """Rows of what came home spoke of the other array."""
    service, volumes, _held = prepared(async_fleet, 'async')
    [alpha, beta] = async_fleet.arrays
    service.fail_over()
    held = [failovers.write(beta, volume, 16 * failovers.MIB)
            for volume in volumes]
    save = type(volumes[0]).save

    def die_when_home_is_remembered(row):
        if not service.row.active_backend_id:
            raise interruptions.Killed()
        save(row)

    with monkeypatch.context() as patch:
        patch.setattr(type(volumes[0]), 'save', die_when_home_is_remembered)
        with pytest.raises(interruptions.Killed):
            service.fail_back()
    service.restart()

    assert_served(alpha, volumes, held)
    for volume in map(failovers.reload, volumes):
        service.world.attach(volume, world_module.connector())


def test_row_that_was_not_written_deletes_nothing_elsewhere(trisync_fleet):
    """It could not be served, which Cinder did not get to write."""
    service, volumes, _held = prepared(trisync_fleet, 'trisync')
    late = service.world.create(volume_type_id=volumes[0].volume_type_id)
    service.fail_over('at-gamma')
    late = failovers.reload(late)
    late.update({'status': 'available', 'replication_status': 'enabled'})
    late.save()
    service.restart()
    late = failovers.reload(late)

    with pytest.raises(exceptions.PureReplicationError):
        service.world.driver.delete_volume(late)

    assert trisync_fleet.client(trisync_fleet.primary).get_volume(
        late.provider_id)
