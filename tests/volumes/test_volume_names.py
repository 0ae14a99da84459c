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
"""Names: whose volume is whose, also where names are long or lost."""

from cinder import exception
from cinder import objects
import pytest

from pure_cinder.array import errors
from pure_cinder import exceptions
from tests import world as world_module

# PowerVC puts what the user typed before the id.
LONG = 'a-long-display-name-of-a-volume-that-somebody-typed-'


@pytest.fixture
def named(monkeypatch):
    """Give a volume another name in Cinder: ``named(volume, name)``."""
    names = {}
    original = objects.Volume.name.fget
    monkeypatch.setattr(objects.Volume, 'name', property(
        lambda volume: names.get(volume.id) or original(volume)))

    def give(volume, name):
        names[volume.id] = name
        return volume
    return give


def array_volumes(client, **flags):
    return sorted(row['name'] for row in client.list_volumes(**flags))


def create(world, volume):
    volume.update(world.driver.create_volume(volume))
    volume.save()
    return volume


def alike(world, named):
    """Two rows whose names differ in what is cut off only."""
    return [named(world.new_volume(), 'volume-' + start + LONG)
            for start in ('first-', 'second-')]


def test_first_long_name_is_the_in_tree_drivers(world, named, client):
    volume = create(world, named(world.new_volume(), 'volume-' + LONG * 2))
    name = 'volume-%s-cinder' % (LONG * 2)[-47:]
    assert volume.provider_id == name
    assert array_volumes(client) == [name]


def test_volumes_whose_ends_are_the_same_are_two(world, named, client):
    first, second = alike(world, named)
    create(world, first)
    create(world, second)

    assert array_volumes(client) == sorted(
        [first.provider_id, second.provider_id])
    assert len(second.provider_id) <= 63
    world.driver.delete_volume(second)
    assert array_volumes(client) == [first.provider_id]


@pytest.mark.parametrize('status', ['creating', 'error', 'available'])
def test_row_that_was_never_made_gets_no_name_at_a_start(
        world, start, named, client, status):
    """The name that it would have is that of another backend's volume."""
    first, second = alike(world, named)
    create(start(), first)
    second.status = status
    assert world.driver.update_provider_info([second], []) == ([], None)
    world.driver.delete_volume(second)
    assert array_volumes(client) == [first.provider_id]


def test_copies_whose_ends_are_the_same_are_two(world, named, client):
    source = world.create()
    for volume in alike(world, named):
        volume.update(world.driver.create_cloned_volume(volume, source))
    assert len(array_volumes(client)) == 3


def test_destroyed_volume_keeps_its_long_name(world, named, client):
    first, second = alike(world, named)
    world.driver.delete_volume(create(world, first))
    create(world, second)
    assert array_volumes(client, pending_only=True) == [first.provider_id]
    client.recover_volume(first.provider_id)
    assert len(array_volumes(client)) == 2


def test_row_that_never_got_a_long_name_deletes_nothing(world, named, client):
    first, second = alike(world, named)
    create(world, first)
    world.driver.delete_volume(second)
    assert array_volumes(client) == [first.provider_id]


def test_start_gives_no_name_twice(world, named):
    first, second = alike(world, named)
    create(world, first)
    plain = world.new_volume()
    updates, _snapshots = world.driver.update_provider_info(
        [first, second, plain], [])
    assert updates == [{'id': plain.id,
                        'provider_id': 'volume-%s-cinder' % plain.id}]


def test_start_names_rows_without_asking_an_array(world, array):
    row = world.new_volume()
    array.stop()
    restarted = world.driver.update_provider_info([row], [])
    assert [update['id'] for update in restarted[0]] == [row.id]


def test_name_of_a_destroyed_volume_is_not_taken_over(world, client):
    volume = world.create()
    world.driver.delete_volume(volume)
    with pytest.raises(errors.ArrayPendingEradicationError,
                       match='Recover it on the array, or eradicate it'):
        world.driver.create_volume(volume)
    assert array_volumes(client) == []


@pytest.mark.parametrize('extra_specs, error', [
    ({'replication_enabled': '<is> True', 'replication_type': 'often'},
     exception.InvalidVolumeType),
    ({'flasharray:maxIOPS': 'many'}, exception.InvalidQoSSpecs),
    ({'replication_enabled': '<is> True', 'replication_type': '<in> sync'},
     exceptions.PureUnsupportedError)])
def test_volume_of_an_impossible_type_can_be_deleted(world, extra_specs,
                                                     error):
    volume = world.new_volume(volume_type_id=world_module.new_type(
        extra_specs=extra_specs).id)
    with pytest.raises(error):
        world.driver.create_volume(volume)
    world.driver.delete_volume(volume)


def test_name_follows_the_row_and_not_the_type(world, client):
    volume = world.create()
    client.rename_volume(volume.provider_id, 'renamed')
    volume.provider_id = 'renamed'
    world.extend(volume, 2)
    snapshot = world.snapshot(volume)
    world.revert(volume, snapshot)
    clone = world.clone(volume)
    world.driver.delete_snapshot(snapshot)
    world.driver.delete_volume(volume)
    assert array_volumes(client) == [clone.provider_id]
