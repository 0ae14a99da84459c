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
"""Where a row's volume is, when rows, Cinder and this process disagree."""

import dataclasses

from cinder import exception
from cinder import objects
import pytest

from pure_cinder import exceptions
from pure_cinder.fleet import whereabouts
from tests import failovers
from tests import groups as groups_module
from tests import products
from tests import world as world_module

CONTEXT = world_module.CONTEXT
State = whereabouts.State
UNKNOWN_ID = '11111111-2222-3333-4444-555555555555'


def state(world, volume):
    return world.driver._backend.whereabouts.place(volume).state


def apply_updates(updates):
    for update in updates:
        row = objects.Volume.get_by_id(CONTEXT, update['volume_id'])
        row.update(update['updates'])
        row.save()


OPERATIONS = {
    'attach': lambda world, volume, snapshot: world.attach(
        volume, world_module.connector()),
    'detach': lambda world, volume, snapshot:
        world.driver.terminate_connection(volume, world_module.connector()),
    'extend': lambda world, volume, snapshot: world.extend(volume, 2),
    'snapshot': lambda world, volume, snapshot: world.snapshot(volume),
    'clone': lambda world, volume, snapshot: world.clone(volume),
    'retype': lambda world, volume, snapshot: world.driver.retype(
        CONTEXT, volume, world_module.new_type(), {}, {'host': volume.host}),
    'revert': lambda world, volume, snapshot: world.revert(volume, snapshot),
    'unmanage': lambda world, volume, snapshot: world.driver.unmanage(volume),
    'migrate': lambda world, volume, snapshot: world.driver.migrate_volume(
        CONTEXT, volume, {'host': 'a@b#c', 'capabilities': {
            'location_info': world.driver.get_volume_stats()
            ['location_info']}}),
    'delete': lambda world, volume, snapshot:
        world.driver.delete_volume(volume),
}


@dataclasses.dataclass
class Site:
    """A fleet that failed over, and a process that did not hear of it."""

    fleet: object
    world: world_module.World
    volume: objects.Volume
    snapshot: objects.Snapshot
    there: object

    def arrays(self):
        """What can be changed by mistake."""
        return [(client.list_volumes(pending=True),
                 client.list_volumes(snap=True),
                 client.list_volumes(connect=True), client.list_hosts())
                for client in map(self.fleet.client, self.fleet.arrays)]


@pytest.fixture(params=[('async', ['async'], 'beta'),
                        ('trisync', ['sync uniform', 'async'], 'gamma')],
                ids=['async', 'trisync'])
def behind(request, fleet_of):
    """The rows have what a failover brought; this process serves alpha."""
    replication, kinds, target = request.param
    fleet = fleet_of(*kinds)
    world, other = fleet.start(), fleet.start()
    kind = world_module.replicated_type(replication)
    volume = world.create(volume_type_id=kind.id)
    snapshot = world.snapshot(volume)
    world.driver.get_volume_stats(refresh=True)
    fleet.replicate()
    backend_id, updates, _groups = other.driver.failover(
        CONTEXT, [volume], 'at-' + target, [])
    other.driver.failover_completed(CONTEXT, backend_id)
    apply_updates(updates)
    return Site(fleet, world, failovers.reload(volume),
                failovers.reload(snapshot), fleet.array(target))


@pytest.mark.parametrize('name', OPERATIONS)
def test_process_that_has_not_heard_of_a_failover_touches_nothing(
        behind, name):
    before = behind.arrays()
    behind.fleet.forget_requests()

    with pytest.raises(exceptions.PureUnfinishedSwitchError,
                       match='switch to at-%s is not finished here'
                       % behind.there.name):
        OPERATIONS[name](behind.world, behind.volume, behind.snapshot)

    assert [len(array.requests) for array in behind.fleet.arrays] == (
        [0] * len(behind.fleet.arrays))
    assert behind.arrays() == before


@pytest.mark.parametrize('name', products.every(3, OPERATIONS))
def test_process_that_was_ended_before_cinder_switched_touches_nothing(
        behind, name):
    behind.world.restart()
    before = behind.arrays()
    with pytest.raises(exceptions.PureUnfinishedSwitchError):
        OPERATIONS[name](behind.world, behind.volume, behind.snapshot)
    assert behind.arrays() == before


def test_housekeeping_of_a_process_that_has_not_heard_touches_nothing(behind):
    behind.world.driver._backend.tags.touch(behind.volume)
    before = behind.arrays()
    for _report in range(2):
        behind.world.driver.get_volume_stats(refresh=True)
        behind.fleet.pass_time(60)
    assert [volumes for volumes, *_rest in behind.arrays()] == [
        volumes for volumes, *_rest in before]


def test_failover_that_was_interrupted_can_be_done_again(async_fleet):
    """What was written to the other array meanwhile is not overwritten."""
    world, other = async_fleet.start(), async_fleet.start()
    service = failovers.Service(world)
    kind = world_module.replicated_type('async')
    volume = world.create(volume_type_id=kind.id)
    async_fleet.replicate()
    _id, updates, _groups = other.driver.failover(CONTEXT, [volume],
                                                  'at-beta', [])
    apply_updates(updates)
    beta = async_fleet.array('beta')
    held = failovers.write(beta, volume, 8 * failovers.MIB)

    with pytest.raises(exceptions.PureUnfinishedSwitchError):
        world.attach(failovers.reload(volume), world_module.connector())
    assert service.fail_over('at-beta') == 'failed-over'

    volume = failovers.reload(volume)
    assert failovers.content(beta, volume.provider_id) == held
    world.attach(volume, world_module.connector())


def test_failback_is_refused_while_the_failover_is_unfinished(behind):
    service = failovers.Service(behind.world)
    before = behind.arrays()
    service.fail_back()
    assert behind.arrays() == before
    assert state(behind.world, failovers.reload(behind.volume)) is (
        State.UNFINISHED_SWITCH)


def test_process_that_has_not_heard_of_a_failback_touches_nothing(
        async_fleet):
    one = async_fleet.start()
    service = failovers.Service(one)
    kind = world_module.replicated_type('async')
    volume = one.create(volume_type_id=kind.id)
    async_fleet.replicate()
    service.fail_over('at-beta')
    two = async_fleet.start(active_backend_id='at-beta')
    service.fail_back()
    beta = async_fleet.client(async_fleet.array('beta'))
    before = beta.list_volumes(pending=True)

    with pytest.raises(exceptions.PureUnfinishedSwitchError):
        two.extend(failovers.reload(volume), 2)

    assert beta.list_volumes(pending=True) == before
    assert state(one, failovers.reload(volume)) is State.HERE


def test_group_operations_of_a_process_that_has_not_heard(async_fleet):
    world, other = async_fleet.start(), async_fleet.start()
    kind = world_module.replicated_type('async')
    groups = groups_module.Groups(world)
    group, volumes = groups.filled(volume_type=kind,
                                   specs=groups_module.REPLICATED)
    async_fleet.replicate()
    _id, updates, _groups = other.driver.failover(CONTEXT, volumes,
                                                  'at-beta', [])
    apply_updates(updates)
    before = async_fleet.client(async_fleet.primary).list_pgroups(snap=True)

    for act in (lambda: groups.snapshot(group), lambda: groups.clone(group)):
        with pytest.raises(exceptions.PureUnfinishedSwitchError):
            act()

    assert async_fleet.client(async_fleet.primary).list_pgroups(
        snap=True) == before


# Arrays that are replaced, re-addressed, or configured otherwise


def replaced(row, array_id=UNKNOWN_ID):
    """A row from when another array had what this one has now."""
    row.provider_location = '%s:%s' % (
        array_id, row.provider_location.partition(':')[2])
    row.save()
    return row


def use(world, volume):
    world.attach(volume, world_module.connector())
    world.detach(volume, world_module.connector())
    world.extend(volume, 2)
    world.driver.delete_snapshot(world.snapshot(volume))
    world.driver.delete_volume(volume)


def test_one_array_that_was_replaced(world, client):
    volume = replaced(world.create())
    use(world, volume)
    assert client.list_volumes() == []


@pytest.mark.parametrize('replication', [None, 'async'])
def test_primary_that_was_replaced(async_fleet, replication):
    world = async_fleet.start()
    kind = (world_module.replicated_type(replication) if replication
            else world_module.new_type())
    volume = replaced(world.create(volume_type_id=kind.id))
    use(world, volume)
    assert async_fleet.client(async_fleet.primary).list_volumes() == []


def test_primary_that_was_replaced_without_the_volume(async_fleet):
    world = async_fleet.start()
    volume = replaced(world.create())
    async_fleet.client(async_fleet.primary).destroy_volume(volume.provider_id)
    for act in (lambda: world.driver.delete_volume(volume),
                lambda: world.extend(volume, 2)):
        with pytest.raises(exceptions.PureUnknownArrayError, match=UNKNOWN_ID):
            act()


def test_primary_that_was_replaced_after_a_failover(async_fleet):
    """A plain volume stayed there, and was moved with its name."""
    world = async_fleet.start()
    service = failovers.Service(world)
    kind = world_module.replicated_type('async')
    stayed, followed = world.create(), world.create(volume_type_id=kind.id)
    async_fleet.replicate()
    service.fail_over('at-beta')
    stayed = replaced(failovers.reload(stayed))
    use(world, stayed)
    use(world, failovers.reload(followed))


@pytest.mark.parametrize('replication', ['async', 'sync'])
@pytest.mark.parametrize('when', ['before', 'after'])
def test_backend_id_that_was_changed(fleet_of, replication, when):
    """Only who serves is remembered by it."""
    fleet = fleet_of(replication)
    service = failovers.Service(fleet.start())
    kind = world_module.replicated_type(replication)
    volume = service.world.create(volume_type_id=kind.id)
    fleet.replicate()
    device = {**fleet.device(fleet.array('beta'), replication),
              'backend_id': 'renamed'}
    if when == 'before':
        service.world = fleet.start(replication_device=[device])
        assert service.fail_over('renamed') == 'failed-over'
        use(service.world, failovers.reload(volume))
    else:
        service.fail_over('at-beta')
        with pytest.raises(exception.InvalidReplicationTarget,
                           match='at-beta.*renamed'):
            fleet.start(active_backend_id='at-beta',
                        replication_device=[device])


# Moves that do not fit a failover


def test_volume_that_stayed_is_not_made_to_follow(async_fleet):
    world = async_fleet.start()
    service = failovers.Service(world)
    kind = world_module.replicated_type('async')
    stayed = world.create()
    world.create(volume_type_id=kind.id)
    async_fleet.replicate()
    service.fail_over('at-beta')
    stayed = failovers.reload(stayed)
    assert world.driver.retype(CONTEXT, stayed, kind, {},
                               {'host': stayed.host}) == (False, None)
    assert state(world, stayed) is State.STAYED
    service.fail_back()
    use(world, failovers.reload(stayed))
