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
"""Migration with a copy: rows as Cinder's own manager makes them.

The row of the copy has all that the original's says of a place, which is
another volume's.
"""

import logging
import uuid

import pytest

from pure_cinder.array import errors
from tests import command_line
from tests import failovers
from tests import migrations
from tests import world as world_module

CONTEXT = world_module.CONTEXT


@pytest.fixture
def copy():
    """``copy(source_array, destination_array)`` copies between models."""
    def make(here, there):
        def act(volume, new_volume):
            there.model.write(new_volume.provider_id, 0, failovers.MIB)
            copied.append(there.model.read(new_volume.provider_id))
        return act
    copied = []
    make.copied = copied
    return make


def check_served(host, array, volume, held):
    """The volume is of use on its new backend, and holds the copy."""
    assert volume.migration_status == 'success'
    assert volume.provider_id == volume.name + '-cinder'
    assert failovers.content(array, volume.provider_id) == held
    host.world.attach(volume, world_module.connector())
    host.world.detach(volume, world_module.connector())
    host.world.extend(volume, volume.size + 1)
    snapshot = host.world.snapshot(volume)
    host.driver.delete_snapshot(snapshot)


@pytest.mark.parametrize('replication', [None, 'async'])
def test_copy_to_another_array(fleet_of, copy, replication):
    here, there = fleet_of('async'), fleet_of('async')
    source = migrations.Host(here.start(), 'node@here')
    destination = migrations.Host(there.start(), 'node@there')
    kind = (world_module.replicated_type(replication) if replication
            else world_module.new_type())
    volume = source.create(volume_type_id=kind.id)

    moved = migrations.migrate(source, destination, volume,
                               copy(here.primary, there.primary))

    check_served(destination, there.primary, moved, copy.copied[0])
    assert here.client(here.primary).list_volumes() == []
    destination.driver.delete_volume(moved)
    assert there.client(there.primary).list_volumes() == []


def test_copy_to_a_backend_that_replicates_to_where_it_was(fleet_of, copy):
    """Its row speaks of an array that the backend knows."""
    fleet = fleet_of('async')
    beta = fleet.array('beta')
    alone = fleet.start(
        san_ip=beta.address, pure_api_token=beta.api_token,
        replication_device=[])
    source = migrations.Host(alone, 'node@beta')
    destination = migrations.Host(fleet.start(), 'node@alpha')
    volume = source.create()

    moved = migrations.migrate(source, destination, volume,
                               copy(beta, fleet.primary))

    check_served(destination, fleet.primary, moved, copy.copied[0])
    assert fleet.client(beta).list_volumes() == []


@pytest.mark.parametrize('protected', [False, True])
def test_copy_to_another_backend_of_the_same_array(fleet_of, copy, protected):
    fleet = fleet_of('async')
    source = migrations.Host(fleet.start(), 'node@one')
    destination = migrations.Host(
        fleet.start(pure_replication_pg_name='other-group'), 'node@two')
    kind = (world_module.replicated_type('async') if protected
            else world_module.new_type())
    volume = source.create(volume_type_id=kind.id)

    moved = migrations.migrate(source, destination, volume,
                               copy(fleet.primary, fleet.primary))

    check_served(destination, fleet.primary, moved, copy.copied[0])
    [left] = fleet.client(fleet.primary).list_volumes()
    assert left['name'] == moved.provider_id


def test_copy_of_what_its_group_took_elsewhere(fleet_of, copy):
    """What the source's row says of its group's array is not the copy's."""
    here, there = fleet_of('async'), fleet_of('async')
    destination = migrations.Host(there.start(), 'node@there')
    row = destination.world.new_volume(
        host=destination.pool, provider_id='volume-of-another-cinder',
        provider_location='%s:%s' % (
            here.client(here.array('beta')).get()['id'], 'F' * 24),
        replication_status='failed-over', replication_driver_data='at-beta')

    row.update(destination.driver.create_volume(row))
    row.save()

    assert row.provider_id == row.name + '-cinder'
    assert row.replication_driver_data is None
    assert there.client(there.primary).get_volume(row.provider_id)
    destination.world.attach(row, world_module.connector())


def test_copy_that_fails_leaves_the_original(fleet_of):
    here, there = fleet_of(), fleet_of()
    source = migrations.Host(here.start(), 'node@here')
    destination = migrations.Host(there.start(), 'node@there')
    volume = source.create()
    held = failovers.write(here.primary, volume)

    def fail(volume, new_volume):
        raise OSError('No copy.')

    with pytest.raises(OSError):
        migrations.migrate(source, destination, volume, fail)

    assert there.client(there.primary).list_volumes() == []
    assert failovers.content(here.primary, volume.provider_id) == held
    source.world.attach(failovers.reload(volume), world_module.connector())


def test_copy_that_cinder_forgets_is_told(fleet_of, caplog):
    """It drops the row of one even if it could not be deleted."""
    fleet = fleet_of()
    world = fleet.start()
    volume = world.create(migration_status='target:' + str(uuid.uuid4()))
    fleet.primary.stop()
    with pytest.raises(errors.ArrayUnreachableError):
        world.driver.delete_volume(volume)
    fleet.primary.start()
    [told] = [text for text in map(logging.LogRecord.getMessage,
                                   caplog.records)
              if 'Cinder forgets it' in text]
    [(array, line)] = command_line.told(told)
    assert array == fleet.primary.name
    client = fleet.client(fleet.primary)
    command_line.CommandLine(client, lambda: None).run(line)
    assert client.list_volumes() == []
