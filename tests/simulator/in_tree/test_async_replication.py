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
"""Asynchronous replication: one backend and its target."""

from cinder import exception
from cinder.volume.drivers import pure
import purestorage
import pytest

from flasharray_sim import faults
from tests.simulator.in_tree import world

PGROUP = 'cinder-group'
REPLICA = f'primary:{PGROUP}'
FAILED_OVER = {'replication_status': 'failed-over'}
ERROR = {'status': 'error'}


@pytest.fixture
def secondary(arrays):
    return arrays[1]


@pytest.fixture
def start(fleet, arrays, backends, protocol):
    """Start the backend; may be called again."""
    world.link(fleet, arrays, 0, 1, 'async')

    def start_backend(**options):
        return backends(protocol, devices=[world.device(fleet, 1, 'async')],
                        **options)
    return start_backend


@pytest.fixture
def backend(start):
    return start()


@pytest.fixture
def kind(backend):
    return world.replicated_type('async')


@pytest.fixture
def replicate(fleet, secondary):
    """Let time pass until one more snapshot has arrived completely."""
    def replicated():
        return [row for row in secondary.get_pgroup(
            REPLICA, snap=True, transfer=True) if row['progress'] == 1]

    def wait():
        before = len(replicated())
        for _number in range(4):
            fleet.clock.advance(1800)
            if len(replicated()) > before:
                return
        raise AssertionError('nothing was replicated in two hours')
    return wait


def members(client, pgroup=PGROUP):
    return client.get_pgroup(pgroup)['volumes'] or []


def test_set_up(backend, array, secondary):
    assert array.get_pgroup(PGROUP)['targets'] == [
        {'name': 'secondary', 'allowed': True}]
    schedule = array.get_pgroup(PGROUP, schedule=True)
    assert (schedule['replicate_enabled'],
            schedule['replicate_frequency']) == (True, 3600)
    retention = array.get_pgroup(PGROUP, retention=True)
    assert [retention[f'target_{name}'] for name in (
        'all_for', 'per_day', 'days')] == [14400, 3, 7]
    replica = secondary.get_pgroup(REPLICA)
    assert (replica['name'], replica['source']) == (REPLICA, 'primary')


def test_set_up_again(start, array):
    start()
    before = array.get_pgroup(PGROUP)
    start()
    assert array.get_pgroup(PGROUP) == before


def test_set_up_waits_for_the_target(fleet, start, polls, array):
    """The group shows up there as soon as the arrays can talk again."""
    fleet.arrays[0].faults.add(faults.Fault(kind='link_down'))
    polls.then(fleet.arrays[0].faults.clear)
    backend = start()
    assert polls == [5.0]
    assert array.get_pgroup(PGROUP)['targets'] == [
        {'name': 'secondary', 'allowed': True}]
    assert backend.stats()['replication_capability'] == 'async'


def test_set_up_twice_in_one_process_doubles_the_target(backend):
    """Defect 5 of the driver."""
    backend.driver.do_setup(world.CONTEXT)
    assert backend.stats()['replication_targets'] == [
        'secondary', 'secondary']


def test_set_up_eradicates_a_group_that_was_destroyed(start, array):
    """Defect 37 of the driver."""
    start()
    array.destroy_pgroup(PGROUP)
    start()
    row, = array.list_pgroups(pending=True)
    assert (row['name'], row['time_remaining']) == (PGROUP, None)


def test_target_that_is_not_connected_keeps_the_backend_down(
        fleet, backends, protocol):
    with pytest.raises(purestorage.PureHTTPError) as caught:
        backends(protocol, devices=[world.device(fleet, 1, 'async')])
    assert caught.value.code == 400


def test_dead_target_is_dropped(fleet, start):
    """Defect 4 of the driver: until the next restart."""
    start()
    fleet.arrays[1].stop()
    backend = start()
    fleet.arrays[1].start()
    assert backend.stats()['replication_targets'] == []


def test_stats(backend):
    stats = backend.stats()
    assert (stats['replication_enabled'], stats['replication_type'],
            stats['replication_capability'], stats['replication_count'],
            stats['replication_targets']) == (
        True, ['async'], 'async', 1, ['secondary'])


def test_volumes_join_the_group(backend, array, kind):
    plain = backend.create()
    created = backend.create(volume_type=kind)
    clone = backend.clone(plain, volume_type=kind)
    copy = backend.from_snapshot(backend.snapshot(plain), volume_type=kind)
    assert plain.replication_status == 'disabled'
    assert [volume.replication_status for volume in (
        created, clone, copy)] == ['enabled'] * 3
    assert sorted(members(array)) == sorted(
        volume.provider_id for volume in (created, clone, copy))


def test_deleted_volume_leaves_the_group(backend, array, kind):
    volume = backend.create(volume_type=kind)
    backend.driver.delete_volume(volume)
    assert members(array) == []


def test_retype(backend, array, kind):
    volume = backend.create()
    assert backend.retype(volume, kind)
    assert volume.replication_status == 'enabled'
    assert members(array) == [volume.provider_id]
    # To another replicated type, and to none.
    assert backend.retype(volume, world.replicated_type('async'))
    assert backend.retype(volume, world.new_type())
    assert volume.replication_status == 'disabled'
    assert members(array) == []


def test_retype_of_what_is_not_in_the_group(backend, array, kind):
    volume = backend.create(volume_type=kind)
    array.set_pgroup(PGROUP, remvollist=[volume.provider_id])
    assert backend.retype(volume, world.new_type())
    assert volume.replication_status == 'disabled'


def test_retype_into_the_group_that_it_is_in(backend, array, kind):
    volume = backend.create()
    array.set_pgroup(PGROUP, addvollist=[volume.provider_id])
    assert backend.retype(volume, kind)
    assert members(array) == [volume.provider_id]


def test_manage_into_a_replicated_type(backend, array, kind):
    array.create_volume('operators-volume', '1G')
    update = backend.driver.manage_existing(
        backend.new_volume(volume_type=kind), {'name': 'operators-volume'})
    assert update['replication_status'] == 'enabled'
    assert members(array) == [update['provider_id']]


@pytest.mark.parametrize('target', ['secondary', None])
def test_failover(backend, secondary, kind, replicate, target):
    replicated = backend.create(2, kind)
    plain = backend.create()
    replicate()
    late = backend.create(volume_type=kind)
    backend_id, updates = backend.fail_over(
        [replicated, plain, late], target)
    assert backend_id == 'secondary'
    assert updates == {
        replicated.id: FAILED_OVER, plain.id: ERROR, late.id: ERROR}
    row, = secondary.list_volumes()
    assert (row['name'], row['size']) == (
        replicated.provider_id, 2 * world.GIB)


def content_of(array, volume):
    """(offset, length) of all that was written, in bytes."""
    row = array.model.db.volumes.find('name', volume.provider_id.lower())
    return [extent[:2] for extent in array.model.contents.extents(
        row.content_id)]


def test_failover_takes_the_latest_content(backend, fleet, kind, replicate):
    volume = backend.create(volume_type=kind)
    replicate()
    fleet.arrays[0].model.write(volume.provider_id, 0, 8 << 20)
    replicate()
    fleet.arrays[0].model.write(volume.provider_id, 16 << 20, 1 << 20)
    backend.fail_over([volume], 'secondary')
    assert content_of(fleet.arrays[0], volume) == [
        (0, 8 << 20), (16 << 20, 1 << 20)]
    assert content_of(fleet.arrays[1], volume) == [(0, 8 << 20)]


def test_failover_from_a_dead_array(backend, fleet, kind, replicate):
    volume = backend.create(volume_type=kind)
    replicate()
    fleet.arrays[0].stop()
    assert backend.fail_over([volume], 'secondary') == (
        'secondary', {volume.id: FAILED_OVER})
    assert backend.attach(volume, world.connector())


def test_life_on_the_secondary(backend, array, secondary, kind, replicate):
    volume, node = backend.create(volume_type=kind), world.connector()
    replicate()
    backend.fail_over([volume])
    backend.attach(volume, node)
    assert (len(secondary.list_hosts()), array.list_hosts()) == (1, [])
    fresh = backend.create()
    backend.snapshot(fresh)
    backend.extend(volume, 3)
    backend.detach(volume, node)
    backend.driver.delete_volume(fresh)
    assert [row['size'] for row in secondary.list_volumes()] == [
        3 * world.GIB]
    assert [row['size'] for row in array.list_volumes()] == [world.GIB]
    assert backend.stats()['replication_enabled'] is False


def test_replicated_volume_created_on_the_secondary_is_lost(
        backend, secondary, kind, replicate):
    """Defect 13 of the driver: the secondary has no such group."""
    backend.create(volume_type=kind)
    replicate()
    backend.fail_over([])
    with pytest.raises(purestorage.PureHTTPError) as caught:
        backend.create(volume_type=kind)
    assert 'does not exist' in caught.value.text
    assert secondary.list_volumes(pending=True) == []


def test_failback(backend, array, kind, replicate):
    replicated, plain = backend.create(volume_type=kind), backend.create()
    replicate()
    backend.fail_over([replicated, plain])
    backend_id, updates = backend.fail_over([replicated, plain], 'default')
    assert backend_id == 'default'
    assert updates == {replicated.id: ERROR, plain.id: ERROR}
    created = backend.create()
    assert array.get_volume(created.provider_id)
    # Defect 6 of the driver: not before a restart.
    assert backend.stats()['replication_enabled'] is False


def test_clustered_failover(backend, kind, replicate):
    volume = backend.create(volume_type=kind)
    replicate()
    driver = backend.driver
    backend_id, updates, _groups = driver.failover(
        world.CONTEXT, [volume], 'secondary', [])
    assert [update['updates'] for update in updates] == [FAILED_OVER]
    driver.failover_completed(world.CONTEXT, backend_id)
    driver.failover_completed(world.CONTEXT, backend_id)
    assert driver._get_current_array().array_name == 'secondary'
    driver.failover_completed(world.CONTEXT, '')
    assert driver._get_current_array().array_name == 'primary'


@pytest.mark.parametrize('target', ['nothing', 'pure', 'default'])
def test_failover_to_no_target(backend, target):
    with pytest.raises(exception.InvalidReplicationTarget):
        backend.fail_over([], target)


def test_failover_before_anything_was_replicated(backend):
    with pytest.raises(pure.PureDriverException):
        backend.fail_over([])


def test_restart_while_failed_over(start, array, secondary):
    start()
    backend = start(active_backend_id='secondary')
    volume = backend.create()
    assert secondary.get_volume(volume.provider_id)
    assert array.list_volumes() == []


def test_start_with_a_dead_primary(fleet, start):
    """Defect 1 of the driver."""
    start()
    fleet.arrays[0].stop()
    with pytest.raises(AttributeError):
        start()


def test_replicated_group(backend, array, secondary, kind):
    group = backend.create_group([kind], 'snapshot', 'replication')
    assert group.status == 'available'
    name = f'consisgroup-{group.id}-cinder'
    assert array.get_pgroup(name)['targets'] == [
        {'name': 'secondary', 'allowed': True}]
    assert array.get_pgroup(name, schedule=True)['replicate_enabled']
    assert secondary.get_pgroup(f'primary:{name}')['source'] == 'primary'
    volume = backend.create(1, kind, group_id=group.id)
    assert members(array, name) == members(array) == [volume.provider_id]


@pytest.mark.parametrize('specs', [(None,), ('async', 'trisync')])
def test_replicated_group_of_wrong_types(backend, array, specs):
    kinds = [world.replicated_type(spec) if spec else world.new_type()
             for spec in specs]
    group = backend.create_group(kinds, 'snapshot', 'replication')
    assert group.status == 'error'
    assert [row['name'] for row in array.list_pgroups()] == [PGROUP]
