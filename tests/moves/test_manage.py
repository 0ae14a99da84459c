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
"""Volumes and snapshots that come under Cinder's care, and leave it."""

import itertools

from cinder import exception
from cinder import objects
from oslo_utils import units
import pytest

import flasharray_sim
from tests import interruptions
from tests import world as world_module

PAGE = (None, 1000, 0, ['reference'], ['asc'])


def manage(world, reference, **fields):
    volume = world.new_volume(
        size=world.driver.manage_existing_get_size(None, reference), **fields)
    volume.update(world.driver.manage_existing(volume, reference))
    volume.save()
    return volume


def new_snapshot(volume):
    snapshot = objects.Snapshot(
        world_module.CONTEXT, volume_id=volume.id, volume_size=volume.size,
        status='creating', display_name='test', metadata={})
    snapshot.create()
    return snapshot


def state_of(client):
    return [client.list_volumes(), client.list_volumes(snap=True),
            client.list_pgroups(), client.list_volumes(qos=True)]


def entries(world, volumes=(), page=PAGE):
    return {entry['reference']['name']: entry for entry in
            world.driver.get_manageable_volumes(volumes, *page)}


@pytest.mark.parametrize('key', ['name', 'source-name'])
def test_managed_volume_gets_cinders_name(world, client, key):
    client.create_volume('legacy', '3G')
    volume = manage(world, {key: 'legacy'})
    assert volume.size == 3
    assert volume.provider_id == volume.name + '-cinder'
    assert [row['name'] for row in client.list_volumes()] == [
        volume.provider_id]


def test_managed_volume_is_rounded_up_to_whole_gib(world, client):
    client.create_volume('odd', units.Gi + 512)
    assert world.driver.manage_existing_get_size(
        None, {'name': 'odd'}) == 2


def test_managed_volume_keeps_the_users_metadata(world, client):
    client.create_volume('legacy', '1G')
    volume = manage(world, {'name': 'legacy'}, metadata={'mine': 'kept'})
    assert volume.metadata['mine'] == 'kept'
    assert volume.metadata['array_volume_name'] == volume.provider_id


def test_managed_volume_takes_its_snapshots_along(world, client):
    client.create_volume('legacy', '1G')
    client.create_snapshot('legacy', suffix='old')
    volume = manage(world, {'name': 'legacy'})
    assert [row['name'] for row in client.list_volumes(snap=True)] == [
        volume.provider_id + '.old']


def test_name_is_found_however_it_is_spelled(world, client):
    client.create_volume('Legacy', '1G')
    assert manage(world, {'name': 'legacy'}).provider_id


@pytest.mark.parametrize('reference', [
    {}, {'source-id': 'x'}, {'name': ''}, {'name': None},
    {'name': 'one', 'source-name': 'other'}])
def test_reference_without_one_name_is_refused(world, reference):
    with pytest.raises(exception.ManageExistingInvalidReference,
                       match="'name' or 'source-name'"):
        world.driver.manage_existing_get_size(None, reference)


def test_limits_of_the_array_give_way_to_those_of_the_type(world, client):
    client.create_volume('legacy', '1G', bandwidth_limit='20M')
    kind = world_module.new_type(qos={'maxIOPS': '500'})
    volume = manage(world, {'name': 'legacy'}, volume_type_id=kind.id)
    limits = client.get_volume(volume.provider_id, qos=True)
    assert (limits['iops_limit'], limits['bandwidth_limit']) == (500, None)


def refused_volumes(client):
    """Name of a volume -> what the reason must say."""
    for name in ('connected', 'shared', 'destroyed', 'snapped'):
        client.create_volume(name, '1G')
    client.create_host('foreign')
    client.connect_host('foreign', 'connected')
    client.create_hgroup('cluster', hostlist=['foreign'])
    client.connect_hgroup('cluster', 'shared')
    client.destroy_volume('destroyed')
    client.create_snapshot('snapped', suffix='s')
    client.create_pod('tenant')
    client.create_volume('tenant::inside', '1G')
    client.create_vgroup('gold')
    client.create_volume('gold/inside', '1G')
    return {'connected': 'connected', 'shared': 'connected',
            'destroyed': 'recover', 'tenant::inside': 'tenant',
            'gold/inside': 'gold'}


def test_volume_that_cannot_be_managed_tells_why_and_is_untouched(
        world, client):
    reasons = refused_volumes(client)
    before = state_of(client)
    for name, reason in reasons.items():
        with pytest.raises(exception.ManageExistingInvalidReference,
                           match=reason):
            manage(world, {'name': name})
    for name in ('nowhere', 'snapped.s', 'realm::pod::volume'):
        with pytest.raises(exception.ManageExistingInvalidReference):
            manage(world, {'name': name})
    assert state_of(client) == before


def test_connected_volume_in_the_group_of_its_type_is_refused(world, client):
    client.create_vgroup('gold')
    client.create_volume('gold/legacy', '1G')
    client.create_host('h')
    client.connect_host('h', 'gold/legacy')
    kind = world_module.new_type(extra_specs={'flasharray:vg_name': 'gold'})
    with pytest.raises(exception.ManageExistingInvalidReference,
                       match='connected'):
        manage(world, {'name': 'gold/legacy'}, volume_type_id=kind.id)
    client.disconnect_host('h', 'gold/legacy')
    assert manage(world, {'name': 'gold/legacy'},
                  volume_type_id=kind.id).provider_id.startswith('gold/')


def test_list_tells_the_same_reasons(world, client):
    reasons = refused_volumes(client)
    listed = entries(world)
    for name, reason in reasons.items():
        assert not listed[name]['safe_to_manage']
        assert reason in listed[name]['reason_not_safe']
    assert listed['snapped']['safe_to_manage']
    assert listed['snapped']['reason_not_safe'] is None


def test_volume_that_cinder_has_is_not_taken_twice(world, client):
    volume = world.create()
    with pytest.raises(exception.ManageExistingAlreadyManaged):
        manage(world, {'name': volume.provider_id})
    entry = entries(world, [volume])[volume.provider_id]
    assert entry['cinder_id'] == volume.id
    assert not entry['safe_to_manage']


def test_volume_with_the_name_of_another_id_is_not_taken_twice(world, client):
    """A migrated volume keeps the name of its copy, if its own is taken."""
    volume = world.create()
    client.rename_volume(volume.provider_id, 'kept-name')
    volume.provider_id = 'kept-name'
    volume.save()
    with pytest.raises(exception.ManageExistingAlreadyManaged):
        manage(world, {'name': 'kept-name'})
    assert [row['name'] for row in client.list_volumes()] == ['kept-name']


def test_volume_of_a_lost_row_can_be_managed_again(world, client):
    lost = world.create()
    lost.destroy()
    assert entries(world)[lost.provider_id]['safe_to_manage']
    again = manage(world, {'name': lost.provider_id})
    assert [row['name'] for row in client.list_volumes()] == [
        again.provider_id]


def test_failure_leaves_name_and_limits(world, client, array):
    client.create_volume('legacy', '1G', bandwidth_limit='20M')
    before = state_of(client)
    kind = world_module.replicated_type('async')
    with pytest.raises(exception.VolumeDriverException):
        manage(world, {'name': 'legacy'}, volume_type_id=kind.id)
    assert state_of(client) == before


def test_list_pages_on_the_array_and_for_the_user(world, client, array):
    for number in range(7):
        client.create_volume('v%d' % number, '%dG' % (number + 1))
    first = world.driver.get_manageable_volumes(
        [], None, 3, 0, ['size'], ['desc'])
    assert [entry['size'] for entry in first] == [7, 6, 5]
    second = world.driver.get_manageable_volumes(
        [], first[-1]['reference'], 3, 0, ['size'], ['desc'])
    assert [entry['size'] for entry in second] == [4, 3, 2]


def test_unmanaged_volume_stays_and_can_come_back(world, client):
    volume = world.create()
    name = volume.provider_id
    world.driver.unmanage(volume)
    assert [row['name'] for row in client.list_volumes()] == [
        name + '-unmanaged']
    again = manage(world, {'source-name': name + '-unmanaged'})
    assert [row['name'] for row in client.list_volumes()] == [
        again.provider_id]


def test_unmanage_of_a_volume_that_vanished_succeeds(world, client):
    volume = world.create()
    client.destroy_volume(volume.provider_id)
    world.driver.unmanage(volume)


def test_unmanage_takes_the_volume_out_of_our_groups_only(async_fleet):
    world = async_fleet.start()
    client = async_fleet.client(async_fleet.primary)
    kind = world_module.replicated_type('async')
    volume = world.create(volume_type_id=kind.id)
    client.create_pgroup('administrators', vollist=[volume.provider_id])
    world.driver.unmanage(volume)
    members = {row['name']: row['volumes'] for row in client.list_pgroups()}
    assert members == {'cinder-group': None, 'administrators': [
        volume.provider_id + '-unmanaged']}


def test_unmanage_that_fails_leaves_the_groups(async_fleet):
    world = async_fleet.start()
    client = async_fleet.client(async_fleet.primary)
    kind = world_module.replicated_type('async')
    volume = world.create(volume_type_id=kind.id)
    client.create_volume(volume.provider_id + '-unmanaged', '1G')
    with pytest.raises(exception.VolumeDriverException):
        world.driver.unmanage(volume)
    assert client.get_pgroup('cinder-group')['volumes'] == [
        volume.provider_id]


def test_managed_volume_is_replicated_as_its_type_says(async_fleet):
    world = async_fleet.start()
    client = async_fleet.client(async_fleet.primary)
    client.create_volume('legacy', '1G')
    kind = world_module.replicated_type('async')
    volume = manage(world, {'name': 'legacy'}, volume_type_id=kind.id)
    assert volume.replication_status == 'enabled'
    assert client.get_pgroup('cinder-group')['volumes'] == [
        volume.provider_id]


# Snapshots


def test_managed_snapshot_gets_cinders_name(world, client):
    volume = world.create(size=2)
    client.create_snapshot(volume.provider_id, suffix='nightly')
    snapshot = new_snapshot(volume)
    reference = {'source-name': volume.provider_id + '.nightly'}
    assert world.driver.manage_existing_snapshot_get_size(
        snapshot, reference) == 2
    world.driver.manage_existing_snapshot(snapshot, reference)
    assert [row['name'] for row in client.list_volumes(snap=True)] == [
        '%s.%s' % (volume.provider_id, snapshot.name)]


def test_managed_snapshot_tells_where_it_is(world, client):
    """And keeps the metadata that its user gave, and no other."""
    volume = world.create()
    made = client.create_snapshot(volume.provider_id, suffix='nightly')
    snapshot = new_snapshot(volume)
    update = world.driver.manage_existing_snapshot(
        snapshot, {'name': volume.provider_id + '.nightly'})
    assert update == {'provider_location': '%s:%s' % (
        client.get()['id'], made['serial'])}


@pytest.mark.parametrize('reference', [
    'snapshot-%s', '%s', 'snapshot-%s-unmanaged', 'SNAPSHOT-%s'])
def test_snapshot_that_cinder_gave_up_is_taken_back_by_its_name_or_id(
        world, client, reference):
    volume = world.create()
    world.snapshot(volume)
    given_up = world.snapshot(volume)
    serial = given_up.provider_location.partition(':')[2]
    world.driver.unmanage_snapshot(given_up)
    given_up.destroy()
    snapshot = new_snapshot(volume)
    world.driver.manage_existing_snapshot(
        snapshot, {'source-name': reference % given_up.id})
    assert {row['name']: row['serial']
            for row in client.list_volumes(snap=True)}[
        '%s.%s' % (volume.provider_id, snapshot.name)] == serial


def test_snapshot_that_cinder_has_is_not_taken_twice(world, client):
    volume = world.create()
    taken = world.snapshot(volume)
    name = '%s.%s' % (volume.provider_id, taken.name)
    with pytest.raises(exception.ManageExistingInvalidReference,
                       match='already'):
        world.driver.manage_existing_snapshot(new_snapshot(volume),
                                              {'name': name})
    assert [row['name'] for row in client.list_volumes(snap=True)] == [name]


def test_unmanaged_snapshot_stays(world, client):
    snapshot = world.snapshot(world.create())
    world.driver.unmanage_snapshot(snapshot)
    [row] = client.list_volumes(snap=True)
    assert row['name'].endswith(snapshot.name + '-unmanaged')


def test_snapshot_that_cannot_be_managed_tells_why(world, client):
    volume, other = world.create(), world.create()
    client.create_snapshot(other.provider_id, suffix='s')
    client.create_pgroup('nightly', vollist=[volume.provider_id])
    client.create_pgroup_snapshot('nightly', suffix='one')
    client.create_snapshot(volume.provider_id, suffix='gone')
    client.destroy_volume(volume.provider_id + '.gone')
    before = state_of(client)
    for name, reason in (
            (other.provider_id + '.s', 'not of'),
            ('nightly.one.' + volume.provider_id, 'protection group'),
            (volume.provider_id + '.gone', 'no such snapshot'),
            (volume.provider_id, 'no such snapshot')):
        with pytest.raises(exception.ManageExistingInvalidReference,
                           match=reason):
            world.driver.manage_existing_snapshot(new_snapshot(volume),
                                                  {'name': name})
    assert state_of(client) == before


def test_snapshots_are_listed_with_their_volumes(world, client):
    volume = world.create()
    managed = world.snapshot(volume)
    client.create_snapshot(volume.provider_id, suffix='free')
    client.create_pgroup('nightly', vollist=[volume.provider_id])
    client.create_pgroup_snapshot('nightly', suffix='one')
    name = volume.provider_id
    listed = {entry['reference']['name']: entry for entry in
              world.driver.get_manageable_snapshots([managed], *PAGE)}
    assert {key: entry['safe_to_manage'] for key, entry in listed.items()
            } == {name + '.free': True, name + '.' + managed.name: False,
                  'nightly.one.' + name: False}
    assert listed[name + '.free']['source_reference'] == {'name': name}
    assert listed[name + '.' + managed.name]['cinder_id'] == managed.id


@pytest.mark.parametrize('kind', ['plain', 'gold'])
def test_manage_that_was_killed_can_be_done_again_or_tells_both_names(
        start, client, kind):
    """Whatever write was the last one; the row stays in Cinder."""
    volume_type = world_module.new_type(extra_specs=(
        {'flasharray:vg_name': 'gold'} if kind == 'gold' else {}))
    for number in itertools.count():
        world, name = start(), 'legacy-%d' % number
        serial = client.create_volume(name, '1G')['serial']
        row = world.new_volume(volume_type_id=volume_type.id,
                               status='managing')
        with interruptions.killed_before_write(number) as fatal:
            world.driver.manage_existing(row, {'source-name': name})
        row.status = 'error_managing'
        row.save()
        world.restart()
        retried = world.new_volume(volume_type_id=volume_type.id)
        [now] = [known['name'] for known in client.list_volumes()
                 if known['serial'] == serial]
        try:
            retried.update(world.driver.manage_existing(
                retried, {'source-name': name}))
            retried.save()
            world.driver.delete_volume(retried)
        except exception.ManageExistingInvalidReference as error:
            assert name in str(error) and now in str(error)
            assert now.endswith(row.name + '-cinder') or now == 'gold/' + name
            row.provider_id = None
            world.driver.delete_volume(row)
        row.destroy()
        if not fatal:
            break
    assert number


def test_manage_that_could_not_be_finished_leaves_the_name(world, client,
                                                           array):
    """The array goes away with the last request."""
    client.create_volume('legacy', '1G')
    row = world.new_volume(volume_type_id=world_module.new_type(
        qos={'maxIOPS': '500'}).id)
    array.faults.add(flasharray_sim.Fault('reset_before', method='PUT'))
    with pytest.raises(exception.CinderException):
        world.driver.manage_existing(row, {'source-name': 'legacy'})
    array.faults.clear()
    assert [known['name'] for known in client.list_volumes()] == ['legacy']
