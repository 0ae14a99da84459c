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
"""A process that dies in a move: the volume is not lost, whatever comes next.

Each operation that moves or renames a volume is killed before each of its
writes, and after the last one, since Cinder's row is written then. Another
process starts. Whatever Cinder asks of it has to work on the volume.
"""

import itertools
import logging

from cinder import objects
import pytest

from pure_cinder import naming
from tests import checkpoint
from tests import fleet as fleet_module
from tests import interruptions
from tests import operations
from tests import stage as stage_module
from tests import world as world_module

CONTEXT = world_module.CONTEXT
TRISYNC = (fleet_module.UNIFORM, 'async')
IN_SLICE = ('none to gold', 'sync to none')


def move(name, targets, kind, act):
    return pytest.param(
        targets, lambda stage: stage.volume(kind), act, id=name,
        marks=() if name in IN_SLICE else pytest.mark.exhaustive)


def retype(before, after, *targets):
    return move('%s to %s' % (before, after), targets, before,
                lambda stage, volume: stage.retype(volume, after))


def migrate(kind, *targets):
    def act(stage, volume):
        other = stage.fleet.start(
            volume_backend_name='other', pure_replication_pg_name='others',
            pure_replication_pod_name='other-pod')
        capabilities = other.driver.get_volume_stats(refresh=True)
        moved, _update = stage.world.driver.migrate_volume(
            CONTEXT, volume, {'host': 'node@other#other',
                              'capabilities': capabilities})
        assert moved
    return move('migrate %s' % kind, targets, kind, act)


MOVES = [
    retype('none', 'gold'),
    retype('gold', 'none'),
    retype('gold', 'silver'),
    retype('none', 'async', 'async'),
    retype('async', 'none', 'async'),
    retype('gold', 'async', 'async'),
    retype('none', 'sync', 'sync'),
    retype('sync', 'none', 'sync'),
    retype('gold', 'sync', 'sync'),
    retype('sync', 'gold', 'sync'),
    retype('async', 'sync', 'sync'),
    retype('sync', 'async', 'sync'),
    retype('none', 'trisync', *TRISYNC),
    retype('trisync', 'none', *TRISYNC),
    migrate('async', 'async'),
    migrate('sync', 'sync'),
]


def attach(stage, volume):
    connector = stage.connector()
    stage.world.attach(volume, connector)
    stage.world.detach(volume, connector)


def grow(stage, volume):
    stage.world.extend(volume, volume.size + 1)


def snapshot(stage, volume):
    stage.delete_snapshot(stage.snapshot(volume))


def clone(stage, volume):
    stage.delete(stage.clone(volume))


def limit(stage, volume):
    stage.retype(volume, 'limited')


def unmanage(stage, volume):
    stage.world.driver.unmanage(volume)


def holders(stage, serial):
    """Names that the volume of a serial has on the first array."""
    return [row['name'] for row in stage.client.list_volumes()
            if row['serial'] == serial]


def killed(fleet, prepare, act, number):
    """A stage after a restart, its volume and the serial of that.

    :returns: also whether there was such a write
    """
    stage = stage_module.Stage(fleet, operations.Operation('move', act))
    volume = prepare(stage)
    serial = stage.client.get_volume(volume.provider_id)['serial']
    row = {key: volume[key] for key in ('provider_id', 'provider_location',
                                        'volume_type_id', 'metadata', 'size')}
    with interruptions.killed_before_write(number) as fatal:
        act(stage, volume)
    # Whatever was done, Cinder did not get to write it.
    volume = objects.Volume.get_by_id(CONTEXT, volume.id)
    volume.update(row)
    volume.save()
    stage.world.restart()
    return (stage, objects.Volume.get_by_id(CONTEXT, volume.id), serial,
            bool(fatal))


def kills(fleet, prepare, act):
    """The same for each write; ``fleet`` is used by one after the other."""
    before = checkpoint.Checkpoint(fleet)
    for number in itertools.count():
        *found, was_killed = killed(fleet, prepare, act, number)
        yield found
        if not was_killed:
            break
        before.restore()
    assert number


def start(stage, volume, status='retyping'):
    """What Cinder tells the driver of a volume that was being worked on."""
    volume.status = status
    stage.world.driver.update_provider_info([volume], [])
    volume.status = 'available'
    volume.save()


@pytest.mark.parametrize('targets, prepare, act', MOVES)
def test_volume_is_of_use_after_any_kill(fleet_of, targets, prepare, act):
    fleet = fleet_of(*targets)
    for stage, volume, serial in kills(fleet, prepare, act):
        start(stage, volume)
        [name] = holders(stage, serial)
        assert volume.provider_id == name
        held = stage.arrays[0].model.read(name)
        for operate in (attach, grow, snapshot, clone, limit):
            operate(stage, volume)
        [name] = holders(stage, serial)
        assert stage.arrays[0].model.read(name) == held
        stage.delete(volume)
        assert holders(stage, serial) == [], 'deleted, and there'
        assert stage.client.list_pods() == [
            pod for pod in stage.client.list_pods()
            if volume.id not in pod['name']]


@pytest.mark.parametrize('operate', [
    attach, *(pytest.param(operate, marks=pytest.mark.exhaustive)
              for operate in (grow, snapshot, clone, limit)), unmanage])
@pytest.mark.parametrize('targets, prepare, act', [
    MOVES[0], retype('none', 'sync', 'sync'), retype('sync', 'none', 'sync')])
def test_first_operation_after_a_kill_finds_the_volume(
        fleet_of, targets, prepare, act, operate):
    """Although nobody told the start that it was being moved."""
    fleet = fleet_of(*targets)
    for stage, volume, serial in kills(fleet, prepare, act):
        operate(stage, volume)
        name = objects.Volume.get_by_id(CONTEXT, volume.id).provider_id
        assert holders(stage, serial) == [
            naming.unmanaged_name(name) if operate is unmanage else name]


@pytest.mark.parametrize('targets, prepare, act', MOVES)
def test_delete_after_any_kill_deletes(fleet_of, targets, prepare, act):
    fleet = fleet_of(*targets)
    for stage, volume, serial in kills(fleet, prepare, act):
        stage.delete(volume)
        assert holders(stage, serial) == []


@pytest.mark.parametrize('kind, is_as_it_says', [
    ('async', lambda stage, name: name in (
        stage.client.get_pgroup('cinder-group')['volumes'] or ())),
    ('sync', lambda stage, name: naming.is_in_pod(name))])
def test_start_tells_what_is_not_as_its_type_says(fleet_of, caplog, kind,
                                                  is_as_it_says):
    [_targets, prepare, act] = retype(kind, 'none').values
    seen = set()
    for stage, volume, _serial in kills(fleet_of(kind), prepare, act):
        caplog.clear()
        start(stage, volume)
        is_told = any('that was interrupted' in record.getMessage()
                      and volume.id in record.getMessage()
                      for record in caplog.records)
        assert is_told != is_as_it_says(stage, volume.provider_id)
        seen.add(is_told)
    assert seen == {False, True}


@pytest.mark.parametrize('status', ['extending', 'error_extending'])
@pytest.mark.parametrize('kind', ['none', 'per GB'])
def test_start_tells_what_is_not_as_large_as_its_row_says(
        fleet_of, caplog, kind, status):
    """And what it advises is possible."""
    for number, (stage, volume, serial) in enumerate(kills(
            fleet_of(), lambda stage: stage.volume(kind), grow)):
        caplog.clear()
        start(stage, volume, status)
        told = [record.getMessage() for record in caplog.records
                if 'that was interrupted' in record.getMessage()]
        assert len(told) == bool(number), told
        grow(stage, volume)
        [name] = holders(stage, serial)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            start(stage, volume, status)
        assert not caplog.records
