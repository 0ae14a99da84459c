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
"""Taking over what is on the array, and letting go of it."""

from cinder import exception
import pytest

from tests.simulator.in_tree import world

SNAPSHOT = 'operators-volume.yesterday'


@pytest.fixture
def found(array):
    """A volume that Cinder does not know yet, with a snapshot."""
    array.create_volume('operators-volume', '1500M')
    array.create_snapshot('operators-volume', suffix='yesterday')
    return {'name': 'operators-volume'}


def test_manage_volume(backend, array, found):
    volume = backend.new_volume()
    assert backend.driver.manage_existing_get_size(volume, found) == 2
    serial = array.get_volume('operators-volume')['serial']
    update = backend.driver.manage_existing(volume, found)
    name = f'volume-{volume.id}-cinder'
    assert update == {
        'provider_id': name, 'replication_status': 'disabled',
        'metadata': {'array_volume_name': name, 'array_name': 'primary'}}
    row, = array.list_volumes()
    assert (row['name'], row['serial']) == (name, serial)
    assert [row['name'] for row in array.list_volumes(snap=True)] == [
        f'{name}.yesterday']


def test_manage_into_a_type_with_limits(backend, array, found):
    volume = backend.new_volume(
        volume_type=world.new_type(qos={'maxIOPS': '500'}))
    name = backend.driver.manage_existing(volume, found)['provider_id']
    assert array.get_volume(name, qos=True)['iops_limit'] == 500


@pytest.mark.parametrize('reference', [
    {'name': 'nothing'}, {'name': ''}, {'source-name': 'operators-volume'},
    {'name': 'pod::volume'}])
def test_manage_what_is_not_there(backend, found, reference):
    volume = backend.new_volume()
    for method in (backend.driver.manage_existing_get_size,
                   backend.driver.manage_existing):
        with pytest.raises(exception.ManageExistingInvalidReference):
            method(volume, reference)


def test_manage_connected_volume_is_refused(backend, array, found):
    array.create_host('h1')
    array.connect_host('h1', 'operators-volume')
    with pytest.raises(exception.ManageExistingInvalidReference):
        backend.driver.manage_existing(backend.new_volume(), found)


def test_unmanage_volume(backend, array):
    volume = backend.create()
    backend.driver.unmanage(volume)
    assert [row['name'] for row in array.list_volumes()] == [
        f'volume-{volume.id}-cinder-unmanaged']
    backend.driver.unmanage(volume)


def test_manage_snapshot(backend, array, found):
    volume = backend.new_volume()
    backend.saved(volume, backend.driver.manage_existing(volume, found))
    snapshot = backend.new_snapshot(volume)
    reference = {'name': f'{volume.provider_id}.yesterday'}
    assert backend.driver.manage_existing_snapshot_get_size(
        snapshot, reference) == 2
    assert backend.driver.manage_existing_snapshot(
        snapshot, reference) is None
    managed = f'{volume.provider_id}.{snapshot.name}'
    assert [row['name'] for row in array.list_volumes(snap=True)] == [
        managed]
    backend.driver.unmanage_snapshot(snapshot)
    # The driver shortens names that would be longer than 96 characters.
    assert [row['name'] for row in array.list_volumes(snap=True)] == [
        f'{managed[:-10]}-unmanaged']


@pytest.mark.parametrize('name', [
    'operators-volume.tomorrow', 'nothing.yesterday'])
def test_manage_snapshot_that_is_not_there(backend, found, name):
    snapshot = backend.new_snapshot(backend.create())
    for method in (backend.driver.manage_existing_snapshot_get_size,
                   backend.driver.manage_existing_snapshot):
        with pytest.raises(exception.ManageExistingInvalidReference):
            method(snapshot, {'name': name})


def test_list_manageable_volumes(backend, array, found):
    managed = backend.create(size=2)
    array.create_volume('connected-volume', '1G')
    array.create_host('h1')
    array.connect_host('h1', 'connected-volume')
    rows = backend.driver.get_manageable_volumes(
        [managed], None, 10, 0, ['size', 'reference'], ['asc', 'asc'])
    assert [(row['reference']['name'], row['size'], row['safe_to_manage'],
             row['cinder_id']) for row in rows] == [
        ('connected-volume', 1, False, None),
        ('operators-volume', 2, True, None),
        (managed.provider_id, 2, False, managed.id)]
    assert rows[0]['reason_not_safe'] == 'Volume connected to host h1'


def test_list_manageable_snapshots(backend, array, found):
    managed = backend.snapshot(backend.create(size=3))
    rows = backend.driver.get_manageable_snapshots(
        [managed], None, 10, 0, ['size'], ['asc'])
    assert [(row['reference']['name'], row['size'], row['safe_to_manage'],
             row['cinder_id'], row['source_reference']['name'])
            for row in rows] == [
        (SNAPSHOT, 2, True, None, 'operators-volume'),
        (f'{managed.volume.provider_id}.{managed.name}', 3, False,
         managed.id, managed.volume.provider_id)]


def test_reference_of_a_group_snapshot_cannot_be_parsed(backend, array):
    """The driver splits at every dot and expects two parts."""
    snapshot = backend.new_snapshot(backend.create())
    with pytest.raises(ValueError):
        backend.driver.manage_existing_snapshot(
            snapshot, {'name': 'pg1.1.operators-volume'})
