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
"""Volumes and snapshots: their whole life."""

import purestorage
import pytest

from tests.simulator.in_tree import world


def name_of(volume):
    return f'volume-{volume.id}-cinder'


def pending(array):
    return {volume['name']: volume['time_remaining']
            for volume in array.list_volumes(pending_only=True)}


def test_start_up(backend):
    assert backend.driver.get_driver_options()
    assert backend.driver.VERSION.startswith('18.0.')


def test_create_volume(backend, array):
    volume = backend.create(size=3)
    assert volume.provider_id == name_of(volume)
    assert volume.metadata == {
        'array_volume_name': name_of(volume), 'array_name': 'primary'}
    assert volume.replication_status == 'disabled'
    row = array.get_volume(name_of(volume))
    assert row['size'] == 3 * world.GIB
    assert row['source'] is None


def test_create_keeps_the_users_metadata(backend):
    volume = backend.create(metadata={'mine': 'yes'})
    assert volume.metadata['mine'] == 'yes'
    assert volume.metadata['array_name'] == 'primary'


def test_create_twice_is_refused(backend):
    volume = backend.create()
    with pytest.raises(purestorage.PureHTTPError) as caught:
        backend.driver.create_volume(volume)
    assert caught.value.code == 400
    assert 'already exists' in caught.value.text


def test_update_provider_info(backend):
    managed, fresh = backend.create(), backend.new_volume()
    updates, snapshot_updates = backend.driver.update_provider_info(
        [managed, fresh], [])
    assert snapshot_updates is None
    assert [(update['id'], update['provider_id']) for update in updates] == [
        (fresh.id, name_of(fresh))]


def test_delete_volume(backend, array):
    volume = backend.create()
    backend.driver.delete_volume(volume)
    assert array.list_volumes() == []
    assert pending(array) == {name_of(volume): 86400}


def test_delete_is_repeatable_once_the_volume_is_gone(backend, fleet, array):
    volume = backend.create()
    backend.driver.delete_volume(volume)
    fleet.clock.advance(86400)
    assert pending(array) == {}
    backend.driver.delete_volume(volume)


def test_delete_and_eradicate(backends, protocol, array):
    backend = backends(protocol, pure_eradicate_on_delete=True)
    volume = backend.create()
    snapshot = backend.snapshot(volume)
    backend.driver.delete_snapshot(snapshot)
    backend.driver.delete_volume(volume)
    assert array.list_volumes(pending=True) == []
    assert array.list_volumes(snap=True, pending=True) == []


def test_delete_disconnects_the_hosts(backend, array):
    volume = backend.create()
    for number in (1, 2):
        backend.attach(volume, world.connector(f'compute-{number}', number))
    assert len(array.list_hosts()) == 2
    backend.driver.delete_volume(volume)
    assert array.list_hosts() == []
    assert array.list_volumes() == []


@pytest.mark.parametrize('size', [2, 5])
def test_clone(backend, array, size):
    source = backend.create(size=2)
    volume = backend.clone(source, size=size)
    row = array.get_volume(name_of(volume))
    assert row['size'] == size * world.GIB
    assert row['source'] == name_of(source)
    assert row['serial'] != array.get_volume(name_of(source))['serial']


@pytest.mark.parametrize('size', [2, 5])
def test_create_from_snapshot(backend, array, size):
    source = backend.create(size=2)
    volume = backend.from_snapshot(backend.snapshot(source), size=size)
    row = array.get_volume(name_of(volume))
    assert row['size'] == size * world.GIB
    assert row['source'] == name_of(source)


def test_extend(backend, array):
    volume = backend.create(size=1)
    backend.extend(volume, 4)
    assert array.get_volume(name_of(volume))['size'] == 4 * world.GIB


def test_shrink_is_refused(backend, array):
    volume = backend.create(size=4)
    with pytest.raises(purestorage.PureHTTPError):
        backend.driver.extend_volume(volume, 1)
    assert array.get_volume(name_of(volume))['size'] == 4 * world.GIB


def test_snapshot(backend, array):
    volume = backend.create(size=2)
    snapshot = backend.snapshot(volume)
    rows = array.get_volume(name_of(volume), snap=True)
    assert [(row['name'], row['source'], row['size']) for row in rows] == [
        (f'{name_of(volume)}.{snapshot.name}', name_of(volume),
         2 * world.GIB)]


def test_delete_snapshot_is_repeatable(backend, fleet, array):
    volume = backend.create()
    snapshot = backend.snapshot(volume)
    backend.driver.delete_snapshot(snapshot)
    assert array.get_volume(name_of(volume), snap=True) == []
    # First it has been destroyed, then it does not exist.
    backend.driver.delete_snapshot(snapshot)
    fleet.clock.advance(86400)
    backend.driver.delete_snapshot(snapshot)
    assert array.list_volumes(snap=True, pending=True) == []


def test_revert_to_snapshot(backend, fleet, array):
    volume = backend.create(size=1)
    snapshot = backend.snapshot(volume)
    serial = array.get_volume(name_of(volume))['serial']
    model = fleet.arrays[0].model
    model.write(name_of(volume), 0, 1 << 20)
    assert array.get_volume(name_of(volume), space=True)['volumes'] > 0
    backend.driver.revert_to_snapshot(world.CONTEXT, volume, snapshot)
    row = array.get_volume(name_of(volume))
    assert row['serial'] == serial
    assert array.get_volume(name_of(volume), space=True)['volumes'] == 0


def test_revert_gives_back_the_size(backend, array):
    volume = backend.create(size=1)
    snapshot = backend.snapshot(volume)
    backend.extend(volume, 3)
    backend.driver.revert_to_snapshot(world.CONTEXT, volume, snapshot)
    assert array.get_volume(name_of(volume))['size'] == world.GIB


def test_clone_without_a_volume_type_leaves_an_orphan(backend, array):
    """Defect 28 of the driver: it fails after the array has copied."""
    source = backend.create()
    volume = backend.new_volume()
    volume.volume_type = None
    with pytest.raises(AttributeError):
        backend.driver.create_cloned_volume(volume, source)
    assert array.get_volume(name_of(volume))['source'] == name_of(source)
