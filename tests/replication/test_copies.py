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
"""What is left of volumes on an array that served them, and no longer does."""

import uuid

from cinder import objects
import pytest

from tests import failovers
from tests import world as world_module


@pytest.fixture
def service(async_fleet):
    return failovers.Service(async_fleet.start())


@pytest.fixture
def volume(async_fleet, service):
    """A volume that beta serves while alpha is well."""
    kind = world_module.replicated_type('async')
    volume = service.world.create(volume_type_id=kind.id)
    async_fleet.replicate()
    assert service.fail_over() == 'failed-over'
    return failovers.reload(volume)


def report(service):
    service.world.driver.get_volume_stats(refresh=True)


def names_on(fleet, array, **flags):
    return [row['name'] for row in fleet.client(array).list_volumes(**flags)]


def test_copy_goes_when_the_volume_is_known_to_be_home(
        async_fleet, service, volume):
    [_alpha, beta] = async_fleet.arrays
    assert service.fail_back() == 'enabled'
    async_fleet.replicate()
    assert names_on(async_fleet, beta) == [volume.provider_id]
    report(service)
    assert names_on(async_fleet, beta) == []
    assert names_on(async_fleet, beta, pending_only=True) == [
        volume.provider_id]


def test_two_reports_at_once_destroy_a_copy_once(
        async_fleet, service, volume, monkeypatch):
    [_alpha, beta] = async_fleet.arrays
    assert service.fail_back() == 'enabled'
    async_fleet.replicate()
    get_by_id, asked = objects.Volume.get_by_id, []

    def meanwhile(*args, **kwargs):
        asked.append(args)
        if len(asked) == 1:
            report(service)
        return get_by_id(*args, **kwargs)

    monkeypatch.setattr(objects.Volume, 'get_by_id', meanwhile)
    beta.requests.clear()
    report(service)

    assert asked
    assert async_fleet.writes(beta).count(
        'DELETE volume/' + volume.provider_id) == 1
    assert names_on(async_fleet, beta) == []


def test_copy_stays_as_long_as_the_database_has_the_volume_there(
        async_fleet, service, volume):
    """As if the service were killed before it told of the failback."""
    [_alpha, beta] = async_fleet.arrays
    service.world.driver.failover_host(
        world_module.CONTEXT, [volume], 'default', [])
    async_fleet.replicate()
    report(service)
    assert names_on(async_fleet, beta) == [volume.provider_id]
    failovers.reload(volume).destroy()
    report(service)
    assert names_on(async_fleet, beta) == []


@pytest.mark.parametrize('is_restarted', [False, True])
def test_copy_with_a_snapshot_stays_until_that_is_deleted(
        async_fleet, service, volume, is_restarted):
    [_alpha, beta] = async_fleet.arrays
    snapshot = service.world.snapshot(volume)
    service.fail_back()
    async_fleet.replicate()
    report(service)
    if is_restarted:
        service.restart()
    assert names_on(async_fleet, beta) == [volume.provider_id]

    snapshot = failovers.reload(snapshot)
    service.world.driver.delete_snapshot(snapshot)
    report(service)
    assert names_on(async_fleet, beta) == []


@pytest.mark.parametrize('is_deleted_first', [False, True])
def test_original_is_never_taken_for_a_copy(async_fleet, is_deleted_first):
    """It alone has what was written after the last replication."""
    service = failovers.Service(async_fleet.start())
    [alpha, beta] = async_fleet.arrays
    kind = world_module.replicated_type('async')
    volume = service.world.create(volume_type_id=kind.id)
    snapshot = service.world.snapshot(volume)
    async_fleet.replicate()
    held = failovers.write(alpha, volume)
    assert service.fail_over() == 'failed-over'
    if is_deleted_first:
        service.world.driver.delete_volume(failovers.reload(volume))
        failovers.reload(volume).destroy()
    else:
        service.world.driver.delete_snapshot(failovers.reload(snapshot))
        failovers.reload(snapshot).destroy()
    for _number in range(2):
        report(service)
        async_fleet.pass_time(60)

    assert names_on(async_fleet, alpha) == [volume.provider_id]
    assert failovers.content(alpha, volume.provider_id) == held


def test_original_in_the_pod_is_never_taken_for_a_copy(trisync_fleet):
    service = failovers.Service(trisync_fleet.start())
    [alpha, beta, _gamma] = trisync_fleet.arrays
    kind = world_module.replicated_type('trisync')
    volume = service.world.create(volume_type_id=kind.id)
    snapshot = service.world.snapshot(volume)
    trisync_fleet.replicate()
    held = failovers.write(alpha, volume)
    assert service.fail_over('at-gamma') == 'failed-over'
    service.world.driver.delete_snapshot(failovers.reload(snapshot))
    report(service)
    for array in (alpha, beta):
        assert failovers.content(array, volume.provider_id) == held


def test_copy_that_is_to_serve_again_is_left_alone(
        async_fleet, service, volume, monkeypatch):
    """A report comes in the middle of the next failover."""
    [_alpha, beta] = async_fleet.arrays
    snapshot = service.world.snapshot(volume)
    service.fail_back()
    report(service)
    async_fleet.replicate()
    driver = service.world.driver
    complete = driver.failover_completed

    def with_a_report_before(*args):
        driver.delete_snapshot(failovers.reload(snapshot))
        report(service)
        complete(*args)

    monkeypatch.setattr(driver, 'failover_completed', with_a_report_before)
    assert service.fail_over() == 'failed-over'
    assert names_on(async_fleet, beta) == [volume.provider_id]


def test_refused_failover_leaves_a_copy_a_copy(async_fleet, service,
                                               volume):
    """Nothing of the other volume has arrived on beta yet."""
    [_alpha, beta] = async_fleet.arrays
    service.world.driver.delete_volume(volume)
    volume.destroy()
    service.fail_back()
    service.world.create(
        volume_type_id=world_module.replicated_type('async').id)
    assert service.fail_over('at-beta') == 'enabled'
    report(service)
    assert names_on(async_fleet, beta) == []
    assert retirement_notes_on(async_fleet, beta) == []


def test_copy_with_a_snapshot_of_an_administrator_stays(
        async_fleet, service, volume):
    [_alpha, beta] = async_fleet.arrays
    async_fleet.client(beta).create_snapshot(volume.provider_id, suffix='s')
    service.fail_back()
    report(service)
    assert names_on(async_fleet, beta) == [volume.provider_id]


def test_copies_on_an_array_that_died_wait_for_it(
        async_fleet, service, monkeypatch):
    """It costs each report one time-out, however many copies there are."""
    [_alpha, beta] = async_fleet.arrays
    kind = world_module.replicated_type('async')
    for _number in range(3):
        service.world.create(volume_type_id=kind.id)
    async_fleet.replicate()
    service.fail_over()
    service.fail_back()
    async_fleet.replicate()
    member = service.world.driver._backend.fleet.member('at-beta')
    asked = []
    for verbs, name in ((member.gateway.volumes, 'snapshots_of'),
                        (member.gateway.pgroups, 'list_snapshots_fitting')):
        def counted(argument, verb=getattr(verbs, name)):
            asked.append(argument)
            return verb(argument)

        monkeypatch.setattr(verbs, name, counted)
    beta.stop()
    report(service)
    assert len(asked) == 1
    beta.start()
    report(service)
    assert names_on(async_fleet, beta) == []


def test_failing_over_again_takes_the_copy_back(async_fleet, service, volume):
    [alpha, beta] = async_fleet.arrays
    service.fail_back()
    report(service)
    held = failovers.write(alpha, failovers.reload(volume))
    async_fleet.replicate()
    assert service.fail_over() == 'failed-over'
    assert failovers.content(beta, volume.provider_id) == held
    report(service)
    assert names_on(async_fleet, beta) == [volume.provider_id]


def test_what_was_written_last_comes_home_whatever_arrives_besides(
        async_fleet, service, volume):
    """A scheduled snapshot of the same second does not win."""
    [alpha, beta] = async_fleet.arrays
    client = async_fleet.client(beta)
    client.create_pgroup_snapshot('cinder-group', suffix='other',
                                  replicate_now=True)
    held = failovers.write(beta, volume)
    service.fail_back()
    assert failovers.content(alpha, volume.provider_id) == held


def test_process_that_starts_anew_destroys_the_copy(
        async_fleet, service, volume):
    """The one that brought the volume home died before it could."""
    [_alpha, beta] = async_fleet.arrays
    service.fail_back()
    async_fleet.replicate()
    service.restart()
    report(service)
    assert names_on(async_fleet, beta) == []
    assert retirement_notes_on(async_fleet, beta) == []


def retirement_notes_on(fleet, array):
    return [row['name'] for row in fleet.client(array).list_pgroups(snap=True)
            if '.retired-' in row['name']]


@pytest.mark.parametrize('is_restarted', [False, True])
def test_nothing_notes_a_copy_that_is_to_serve_again(
        async_fleet, service, volume, is_restarted):
    [_alpha, beta] = async_fleet.arrays
    service.fail_back()
    if is_restarted:
        service.restart()
    async_fleet.replicate()
    assert service.fail_over() == 'failed-over'
    assert retirement_notes_on(async_fleet, beta) == []


def test_note_leaves_volumes_of_other_backends_alone(
        async_fleet, service, volume):
    """They share the protection group; Cinder has no row of theirs here."""
    [_alpha, beta] = async_fleet.arrays
    client = async_fleet.client(beta)
    foreign = 'volume-%s-cinder' % uuid.uuid4()
    client.create_volume(foreign, '1G')
    client.set_pgroup('cinder-group', addvollist=[foreign])
    service.fail_back()
    async_fleet.replicate()
    service.restart()
    report(service)
    assert names_on(async_fleet, beta) == [foreign]
