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
"""Volumes change their type in place, wholly or not at all."""

from cinder import exception
from cinder.objects import base
from oslo_utils import units
import pytest

import flasharray_sim
from flasharray_sim.rules import volumes as volume_rules
from pure_cinder import exceptions
from tests import world as world_module

QOS = {'maxIOPS': '500', 'maxBWS': '20'}


def new_types():
    return {
        'none': world_module.new_type(),
        'limited': world_module.new_type(qos=QOS),
        'grouped': world_module.new_type(extra_specs={
            'flasharray:vg_name': 'gold'}),
        'silver': world_module.new_type(extra_specs={
            'flasharray:vg_name': 'silver'}),
        'async': world_module.replicated_type('async'),
        'sync': world_module.replicated_type('sync'),
        'trisync': world_module.replicated_type('trisync'),
        'sync limited': world_module.replicated_type('sync', qos=QOS),
    }


NAMES = {'none': '%s', 'limited': '%s', 'async': '%s', 'grouped': 'gold/%s',
         'silver': 'silver/%s', 'sync': 'cinder-pod::%s',
         'trisync': 'cinder-pod::%s', 'sync limited': 'cinder-pod::%s'}
GROUPS = {'async': ['cinder-group'], 'trisync': ['cinder-pod::cinder-trisync']}


def retype(world, volume, new_type):
    """As the manager does it: update and new type go to the row."""
    is_retyped, update = world.driver.retype(
        world_module.CONTEXT, volume, new_type, {}, {'host': volume.host})
    if is_retyped:
        volume.update(dict(update or {}, volume_type_id=new_type.id))
        volume.save()
        volume.volume_type = new_type
        volume.obj_reset_changes(['volume_type'])
    return is_retyped


def state_of(client):
    """All that a retype may change on the array."""
    return {
        'volumes': sorted((row['name'], row['serial'])
                          for row in client.list_volumes()),
        'limits': client.list_volumes(qos=True),
        'groups': [(row['name'], row['volumes'])
                   for row in client.list_pgroups()],
        'volume groups': [row['name'] for row in client.list_vgroups()],
        'pods': [row['name'] for row in client.list_pods()],
        'snapshots': sorted(row['name']
                            for row in client.list_volumes(snap=True)),
    }


def groups_of(client, name):
    return [row['name'] for row in client.list_pgroups()
            if name in (row['volumes'] or ())]


@pytest.mark.parametrize('old', NAMES)
def test_any_type_becomes_any_other(trisync_fleet, old):
    world = trisync_fleet.start()
    client = trisync_fleet.client(trisync_fleet.primary)
    kinds = new_types()
    for new in NAMES:
        volume = world.create(volume_type_id=kinds[old].id)
        base = volume.name + '-cinder'
        model = trisync_fleet.primary.model
        model.write(volume.provider_id, 0, 4096)
        content = model.read(volume.provider_id)
        snapshot = world.snapshot(volume)
        serial = client.get_volume(volume.provider_id)['serial']

        assert retype(world, volume, kinds[new])

        assert volume.provider_id == NAMES[new] % base
        row = client.get_volume(volume.provider_id)
        assert (row['serial'], row['size']) == (serial, units.Gi)
        assert model.read(volume.provider_id) == content
        assert groups_of(client, volume.provider_id) == GROUPS.get(new, [])
        limits = client.get_volume(volume.provider_id, qos=True)
        assert (limits['iops_limit'], limits['bandwidth_limit']) == (
            (500, 20 * units.Mi) if 'limited' in new else (None, None))
        assert volume.replication_status == (
            'disabled' if new in ('none', 'limited', 'grouped', 'silver')
            else 'enabled')
        assert [row['name'] for row in client.list_pods(
            pending=True)] == ['cinder-pod']
        world.driver.delete_snapshot(snapshot)
        world.driver.delete_volume(volume)


def test_volume_leaves_the_pod_of_an_array_that_was_renamed(sync_fleet):
    world = sync_fleet.start()
    volume = world.create(
        volume_type_id=world_module.replicated_type('sync').id)
    client = sync_fleet.client(sync_fleet.primary)
    client.set(name='renamed')
    assert retype(world, volume, world_module.new_type())
    assert [row['name'] for row in client.list_volumes()] == [
        volume.name + '-cinder']


def test_emptied_volume_group_goes(world, client):
    kinds = new_types()
    volume = world.create(volume_type_id=kinds['grouped'].id)
    assert retype(world, volume, kinds['silver'])
    assert [row['name'] for row in client.list_vgroups()] == ['silver']


def test_attached_volume_keeps_its_connection(world, client):
    kinds = new_types()
    volume = world.create(volume_type_id=kinds['none'].id)
    world.attach(volume, world_module.connector())
    for new in ('limited', 'grouped', 'none'):
        assert retype(world, volume, kinds[new])
        assert len(client.list_volume_private_connections(
            volume.provider_id)) == 1
    world.detach(volume, world_module.connector())


@pytest.fixture
def moves_disconnect(monkeypatch):
    """An array on which a volume that moves loses its connections."""
    move = volume_rules.Volumes.move

    def disconnect_and_move(self, name, container):
        volume = move(self, name, container)
        for connection in list(self._db.connections.select(
                'volume', volume.id)):
            self._db.connections.remove(connection)
        return volume

    monkeypatch.setattr(volume_rules.Volumes, 'move', disconnect_and_move)


def test_connection_that_a_move_lost_is_made_again(sync_fleet,
                                                   moves_disconnect, caplog):
    """With the LUN that the machine knows, in and out of pods and groups."""
    world = sync_fleet.start()
    kinds = new_types()
    client = sync_fleet.client(sync_fleet.primary)
    volume = world.create(volume_type_id=kinds['none'].id)
    world.attach(volume, world_module.connector())
    connected = client.list_volume_private_connections(volume.provider_id)
    luns = [(row['host'], row['lun']) for row in connected]
    assert luns
    for new in (kinds['grouped'], world_module.replicated_type('sync'),
                kinds['none']):
        assert retype(world, volume, new)
        assert [(row['host'], row['lun']) for row in
                client.list_volume_private_connections(
                    volume.provider_id)] == luns
    assert 'is connected again' in caplog.text


def test_retype_that_failed_leaves_a_volume_connected(sync_fleet,
                                                      moves_disconnect):
    world = sync_fleet.start()
    client = sync_fleet.client(sync_fleet.primary)
    volume = world.create()
    world.attach(volume, world_module.connector())
    sync_fleet.primary.faults.add(flasharray_sim.Fault(
        'status', status=400, text='Refused.', method='POST',
        path='pod/*/array/*'))
    with pytest.raises(exception.CinderException):
        retype(world, volume, world_module.replicated_type('sync'))
    assert len(client.list_volume_private_connections(
        volume.provider_id)) == 1


def test_connection_that_cannot_be_made_again_is_told(world, client, array,
                                                      moves_disconnect,
                                                      caplog):
    kinds = new_types()
    volume = world.create(volume_type_id=kinds['none'].id)
    world.attach(volume, world_module.connector())
    array.faults.add(flasharray_sim.Fault(
        'status', status=400, text='Refused.', method='POST',
        path='host/*/volume/*'))
    assert retype(world, volume, kinds['grouped'])
    assert 'attach it again' in caplog.text


def test_volume_of_another_name_keeps_it(world, client):
    """As one that migrated has: not the name that its id would give."""
    volume = world.create()
    client.rename_volume(volume.provider_id, 'renamed')
    volume.provider_id = 'renamed'
    volume.save()
    assert retype(world, volume, new_types()['grouped'])
    assert volume.provider_id == 'gold/renamed'


def test_type_that_the_backend_does_not_serve_is_left_to_migration(world):
    volume = world.create()
    assert not retype(world, volume, new_types()['sync'])


def test_retype_to_the_same_changes_nothing(world, client, array):
    volume = world.create()
    array.requests.clear()
    assert retype(world, volume, world_module.new_type())
    assert list(array.requests) == []


def test_limits_that_an_administrator_set_go_with_the_next_other_type(
        world, client, array):
    """Nothing is asked, so that it costs nothing to set them anew."""
    kinds = new_types()
    volume = world.create(volume_type_id=kinds['none'].id)
    client.set_volume(volume.provider_id, bandwidth_limit='1G')
    array.requests.clear()
    assert retype(world, volume, kinds['limited'])
    assert retype(world, volume, kinds['none'])
    assert [record.method for record in array.requests] == ['PUT', 'PUT']
    row = client.get_volume(volume.provider_id, qos=True)
    assert (row['bandwidth_limit'], row['iops_limit']) == (None, None)


def test_volume_that_was_renamed_is_found_for_its_new_type(world, client):
    kinds = new_types()
    volume = world.create()
    client.rename_volume(volume.provider_id, 'renamed')
    assert retype(world, volume, kinds['limited'])
    assert volume.provider_id == 'renamed'
    assert client.get_volume('renamed', qos=True)['iops_limit'] == 500


def test_protection_group_that_a_volume_was_put_into_is_left(async_fleet):
    """As an interrupted retype does, of which the row tells nothing."""
    world, kinds = async_fleet.start(), new_types()
    client = async_fleet.client(async_fleet.primary)
    volume = world.create(volume_type_id=kinds['none'].id)
    client.set_pgroup('cinder-group', addvollist=[volume.provider_id])
    assert retype(world, volume, kinds['limited'])
    assert groups_of(client, volume.provider_id) == []


def test_row_without_a_serial_gets_it(world):
    volume = world.create()
    location, volume.provider_location = volume.provider_location, None
    assert retype(world, volume, world_module.new_type())
    assert volume.provider_location == location


def test_volume_of_an_administrators_group_is_not_moved_out_of_it(
        world, client):
    volume = world.create()
    client.create_pgroup('nightly', vollist=[volume.provider_id])
    before = state_of(client)
    with pytest.raises(exceptions.PureUnsupportedError, match='nightly'):
        retype(world, volume, new_types()['grouped'])
    assert state_of(client) == before
    assert retype(world, volume, new_types()['limited'])
    assert groups_of(client, volume.provider_id) == ['nightly']


def test_volume_of_a_failed_over_group_is_refused(world):
    volume = world.create()
    volume.replication_driver_data = 'pure'
    with pytest.raises(exceptions.PureUnsupportedError, match='fail'):
        retype(world, volume, new_types()['limited'])


def test_value_out_of_range_changes_nothing(world, client):
    volume = world.create()
    before = state_of(client)
    with pytest.raises(exception.InvalidQoSSpecs):
        retype(world, volume, world_module.new_type(qos={'maxIOPS': '1'}))
    assert state_of(client) == before


@pytest.mark.parametrize('old, new', [
    ('limited', 'trisync'), ('trisync', 'limited'), ('async', 'grouped'),
    ('grouped', 'async'), ('sync', 'silver')])
def test_failure_at_any_request_leaves_everything_as_it_was(
        trisync_fleet, old, new):
    world = trisync_fleet.start()
    array = trisync_fleet.primary
    client = trisync_fleet.client(array)
    kinds = new_types()
    for number in range(60):
        volume = world.create(volume_type_id=kinds[old].id)
        world.snapshot(volume)
        before = state_of(client)
        fault = array.faults.add(flasharray_sim.Fault(
            'status', status=400, text='Refused.', count=1, skip=number))
        try:
            # One refusal may be no failure: it is looked what it was about.
            assert retype(world, volume, kinds[new])
        except exception.VolumeDriverException:
            assert state_of(client) == before, number
        array.faults.clear()
        if not fault.hits:
            break
    assert number > 3


def test_groups_are_compared_as_the_array_does(fleet_of):
    """An operator spelled the protection group otherwise."""
    fleet = fleet_of('async')
    client = fleet.client(fleet.primary)
    client.create_pgroup('Cinder-Group')
    world = fleet.start(pure_replication_pg_name='cinder-group')
    replicated, plain = (world_module.replicated_type('async'),
                         world_module.new_type())
    volume = world.create(volume_type_id=replicated.id)
    is_retyped, update = world.driver.retype(
        world_module.CONTEXT, volume, plain, {}, {'host': volume.host})
    assert is_retyped
    assert update['replication_status'] == 'disabled'
    assert not client.get_pgroup('cinder-group')['volumes']

    managed = world.create(volume_type_id=replicated.id)
    world.driver.unmanage(managed)
    assert not client.get_pgroup('cinder-group')['volumes']


def test_same_volume_group_spelled_otherwise_is_not_left(world, client):
    client.create_vgroup('Tier-Gold')
    kinds = [world_module.new_type(extra_specs={'flasharray:vg_name': name})
             for name in ('tier-gold', 'TIER-GOLD')]
    volume = world.create(volume_type_id=kinds[0].id)
    is_retyped, update = world.driver.retype(
        world_module.CONTEXT, volume, kinds[1], {}, {'host': volume.host})
    assert is_retyped
    volume.update({**update, 'volume_type_id': kinds[1].id})
    volume.save()
    [row] = client.list_volumes()
    assert row['name'].lower() == volume.provider_id.lower()
    world.driver.delete_volume(volume)
    assert client.list_volumes() == []


def test_row_of_a_volume_with_snapshots_can_be_saved(world):
    """Cinder's API reads the snapshots before it sends the volume."""
    volume = world.create()
    world.snapshot(volume, metadata={'mine': 'kept'})
    volume = type(volume).get_by_id(world_module.CONTEXT, volume.id)
    assert volume.snapshots
    bus = base.CinderObjectSerializer()
    # By way of the scheduler.
    for _hop in range(2):
        volume = bus.deserialize_entity(
            world_module.CONTEXT, bus.serialize_entity(
                world_module.CONTEXT, volume))
    assert retype(world, volume, new_types()['grouped'])
    assert type(volume).get_by_id(
        world_module.CONTEXT, volume.id).provider_id.startswith('gold/')
