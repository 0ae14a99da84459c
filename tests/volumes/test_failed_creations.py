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
"""What a failed creation had made is gone, and its name is free again."""

import pytest

import flasharray_sim
from pure_cinder.array import errors
from tests import groups as groups_module
from tests import world as world_module


@pytest.fixture
def groups(world):
    return groups_module.Groups(world)


def everything(client):
    return {row['name'] for flags in ({}, {'snap': True})
            for rows in (client.list_volumes(pending=True, **flags),
                         client.list_pgroups(pending=True, **flags))
            for row in rows}


def destroyed(client):
    return [row['name'] for row in client.list_volumes(pending_only=True)]


def refuse(array, request, **values):
    method, path = request.split()
    return array.faults.add(flasharray_sim.Fault(**{
        'kind': 'status', 'status': 400, 'text': 'Not this time.',
        'method': method, 'path': path, 'count': 1, **values}))


CREATIONS = {
    'new': (
        lambda world, volume, source: world.driver.create_volume(volume),
        ['PUT pgroup/*']),
    'clone': (
        lambda world, volume, source: world.driver.create_cloned_volume(
            volume, source),
        ['PUT pgroup/*', 'PUT volume/*']),
    'from snapshot': (
        lambda world, volume, source: (
            world.driver.create_volume_from_snapshot(
                volume, world_module.objects.Snapshot.get_by_id(
                    world_module.CONTEXT, source.snapshots[0].id))),
        ['PUT pgroup/*', 'PUT volume/*']),
}


def prepared(world, groups, kind):
    """:returns: how a volume is made, its row, and what it is made of"""
    group = groups.create(world_module.new_type())
    source = world.create()
    world.snapshot(source)
    make, _requests = CREATIONS[kind]
    return make, world.new_volume(size=2, group_id=group.id), source


@pytest.mark.parametrize('kind, request_', [
    (kind, request_) for kind, (_make, requests) in CREATIONS.items()
    for request_ in requests])
def test_volume_can_be_made_by_another_backend_of_the_array(
        world, groups, start, client, array, kind, request_):
    make, volume, source = prepared(world, groups, kind)
    before = everything(client)
    refused = refuse(array, request_)

    with pytest.raises(errors.ArrayRefusedError, match='Not this time.'):
        make(world, volume, source)
    assert refused.hits
    assert everything(client) == before

    made = make(start(), volume, source)
    assert client.get_volume(made['provider_id'])


def test_volume_in_a_volume_group(world, groups, client, array):
    kind = world_module.new_type(extra_specs={'flasharray:vg_name': 'vg'})
    group = groups.create(kind)
    refuse(array, 'PUT pgroup/*')
    with pytest.raises(errors.ArrayRefusedError):
        world.create(volume_type_id=kind.id, group_id=group.id)
    assert destroyed(client) == []
    assert world.create(volume_type_id=kind.id).provider_id


@pytest.mark.parametrize('kind', ['from_snapshot', 'clone'])
@pytest.mark.parametrize('request_', ['POST volume/*', 'PUT pgroup/*'])
def test_group(groups, client, array, kind, request_):
    group, _volumes = groups.filled(2)
    source = groups.snapshot(group) if kind == 'from_snapshot' else group
    before = everything(client)
    refuse(array, request_)
    with pytest.raises(errors.ArrayRefusedError):
        getattr(groups, kind)(source)
    assert {name for name in everything(client) - before
            if not name.rpartition('.')[2].partition('.')[0].endswith('-tmp')
            and '-tmp.' not in name} == set()


def test_group_snapshot_whose_parts_are_not_told(
        groups, client, array):
    group, _volumes = groups.filled(2)
    before = everything(client)
    refuse(array, 'GET volume', count=9)
    with pytest.raises(errors.ArrayError):
        groups.snapshot(group)
    array.faults.clear()
    assert everything(client) == before


def test_what_was_only_found_there_is_destroyed_and_no_more(
        world, groups, client, array):
    """It could have been there before, and be somebody else's."""
    group = groups.create(world_module.new_type())
    refuse(array, 'POST volume/*', kind='reset_after')
    refuse(array, 'PUT pgroup/*')
    with pytest.raises(errors.ArrayRefusedError):
        world.create(group_id=group.id)
    assert len(destroyed(client)) == 1


def test_array_that_eradicates_nothing(world, groups, client, array, caplog):
    group = groups.create(world_module.new_type())
    refuse(array, 'PUT pgroup/*')
    refuse(array, 'DELETE volume/*', text='Eradication is disabled.', skip=1)
    with pytest.raises(errors.ArrayRefusedError, match='Not this time.'):
        world.create(group_id=group.id)
    [name] = destroyed(client)
    assert 'Did not eradicate volume %s' % name in caplog.text


def test_what_was_made_again_after_rescheduling_stays(world, client):
    """Cinder deletes what failed after it has told the scheduler."""
    volume = world.create()
    rescheduled = world_module.objects.Volume.get_by_id(
        world_module.CONTEXT, volume.id)
    rescheduled.update({'host': None, 'provider_id': None,
                        'provider_location': None})
    world.driver.delete_volume(rescheduled)
    assert [row['name'] for row in client.list_volumes()] == [
        volume.provider_id]


@pytest.fixture
def away(array):
    """Lets the array be away from when something is to be protected."""
    def away():
        for request in ('PUT pgroup/*', 'DELETE volume/*', 'PUT volume/*'):
            refuse(array, request, kind='reset_before', count=None)
    return away


@pytest.mark.parametrize('kind', CREATIONS)
def test_what_an_array_that_is_away_keeps_is_taken_back_later(
        world, groups, client, array, away, kind):
    """Cinder deletes the row of what no backend could make by itself."""
    make, volume, source = prepared(world, groups, kind)
    before = everything(client)
    away()
    with pytest.raises(errors.ArrayError):
        make(world, volume, source)
    assert len(everything(client) - before) == 1

    world.driver._backend.housekeeping.run()
    assert len(everything(client) - before) == 1
    array.faults.clear()
    world.driver._backend.housekeeping.run()
    assert everything(client) == before
    assert make(world, volume, source)['provider_id']


def test_what_has_taken_its_name_is_not_taken_back(
        world, groups, client, array, away):
    group = groups.create(world_module.new_type())
    volume = world.new_volume(group_id=group.id)
    away()
    with pytest.raises(errors.ArrayError):
        world.driver.create_volume(volume)
    array.faults.clear()
    [name] = [row['name'] for row in client.list_volumes()]
    client.destroy_volume(name)
    client.eradicate_volume(name)
    made = world.driver.create_volume(volume)
    world.driver._backend.housekeeping.run()
    assert client.get_volume(made['provider_id'])
    assert destroyed(client) == []


def test_what_cannot_be_taken_back_is_told_once(
        world, groups, client, array, away, caplog):
    group = groups.create(world_module.new_type())
    away()
    with pytest.raises(errors.ArrayError):
        world.create(group_id=group.id)
    array.faults.clear()
    refuse(array, 'DELETE volume/*', count=None)
    for _number in range(2):
        world.driver._backend.housekeeping.run()
    assert caplog.text.count('is not taken back: ') == 1
