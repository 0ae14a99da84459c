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
"""Synchronous replication: a pod on two arrays (ActiveCluster)."""

from cinder import exception
import purestorage
import pytest

from tests.simulator.in_tree import world

POD = 'cinder-pod'
FAILED_OVER = {'replication_status': 'failed-over'}
ERROR = {'status': 'error'}


@pytest.fixture
def secondary(arrays):
    return arrays[1]


@pytest.fixture
def start(fleet, arrays, backends, protocol):
    world.link(fleet, arrays, 0, 1, 'sync')

    def start_backend(uniform=True, **options):
        return backends(
            protocol, devices=[world.device(fleet, 1, 'sync', uniform)],
            **options)
    return start_backend


@pytest.fixture
def backend(start):
    return start()


@pytest.fixture
def kind(backend):
    return world.replicated_type('sync')


@pytest.fixture
def volume(backend, kind):
    return backend.create(volume_type=kind)


def addresses(info):
    """What tells the arrays apart in all the paths that are offered."""
    data = info['data']
    if 'target_wwns' in data:
        return {wwn[7:14] for wwn in data['target_wwns']}
    portals = data.get('target_portals') or [
        f'{address}:{port}' for address, port, _kind in data['portals']]
    return {portal.rpartition('.')[0] for portal in portals}


def test_set_up(backend, arrays):
    for array in arrays[:2]:
        pod = array.get_pod(POD)
        assert {(row['name'], row['status']) for row in pod['arrays']} == {
            ('primary', 'online'), ('secondary', 'online')}


def test_set_up_again(start, array):
    start()
    before = array.get_pod(POD)
    start()
    assert array.get_pod(POD) == before


def test_set_up_eradicates_a_pod_that_was_destroyed(start, array):
    """Defect 37 of the driver."""
    array.create_pod(POD)
    array.destroy_pod(POD)
    start()
    row, = array.list_pods(pending=True)
    assert (row['name'], row['time_remaining']) == (POD, None)


def test_stats(backend):
    stats = backend.stats()
    assert (stats['replication_enabled'], stats['replication_type'],
            stats['replication_capability'],
            stats['replication_targets']) == (
        True, ['async', 'sync'], 'sync', ['secondary'])


def test_volume_is_on_both_arrays(volume, arrays):
    assert volume.provider_id == f'{POD}::volume-{volume.id}-cinder'
    assert volume.replication_status == 'enabled'
    rows = [array.get_volume(volume.provider_id) for array in arrays[:2]]
    assert rows[0] == rows[1]


def test_life_of_a_volume(backend, kind, volume, arrays):
    snapshot = backend.snapshot(volume)
    copy = backend.from_snapshot(snapshot, 2, kind)
    clone = backend.clone(volume, 3, kind)
    plain = backend.clone(volume)
    backend.extend(volume, 4)
    for array in arrays[:2]:
        sizes = {row['name']: row['size'] // world.GIB
                 for row in array.list_volumes() if '::' in row['name']}
        assert sizes == {volume.provider_id: 4, copy.provider_id: 2,
                         clone.provider_id: 3}
        assert [row['name'] for row in array.list_volumes(snap=True)] == [
            f'{volume.provider_id}.{snapshot.name}']
    assert '::' not in plain.provider_id
    backend.driver.revert_to_snapshot(world.CONTEXT, volume, snapshot)
    assert arrays[1].get_volume(volume.provider_id)['size'] == world.GIB
    backend.driver.delete_snapshot(snapshot)
    for one in (volume, copy, clone, plain):
        backend.driver.delete_volume(one)
    assert [array.list_volumes() for array in arrays[:2]] == [[], []]


def test_attach_to_both_arrays(backend, protocol, volume, arrays):
    node = world.connector()
    info = backend.attach(volume, node)
    assert len(addresses(info)) == 2
    for array in arrays[:2]:
        host, = array.list_hosts()
        assert [row['vol'] for row in array.list_host_connections(
            host['name'])] == [volume.provider_id]
    backend.detach(volume, node)
    assert [array.list_hosts() for array in arrays[:2]] == [[], []]


def test_other_arrays_hosts_are_listed(backend, volume, array, secondary):
    backend.attach(volume, world.connector())
    own, = array.list_hosts()
    other, = secondary.list_hosts()
    assert {row['name'] for row in array.list_hosts(remote=True)} == {
        own['name'], f'secondary:{other["name"]}'}
    assert {row['host'] for row in array.list_volume_private_connections(
        volume.provider_id, remote=True)} == {
        own['name'], f'secondary:{other["name"]}'}


def test_attach_without_uniform_access(start, protocol, arrays):
    backend = start(uniform=False)
    volume = backend.create(volume_type=world.replicated_type('sync'))
    info = backend.attach(volume, world.connector())
    assert len(addresses(info)) == 1
    assert len(arrays[0].list_hosts()) == 1
    assert arrays[1].list_hosts() == []


def test_force_detach(backend, volume, arrays):
    """The primary's hosts stay: the secondary was asked first.

    It also disconnects the hosts of its peer, which it cannot delete, and
    the primary then has no connection any more that tells their names.
    """
    for number in (1, 2):
        backend.attach(volume, world.connector(f'compute-{number}', number))
    backend.detach(volume, None)
    for array in arrays[:2]:
        assert array.list_volume_private_connections(
            volume.provider_id, remote=True) == []
    assert [len(array.list_hosts()) for array in arrays[:2]] == [2, 0]


def test_delete_disconnects_hosts_of_both_arrays(backend, volume, arrays):
    backend.attach(volume, world.connector())
    backend.driver.delete_volume(volume)
    for array in arrays[:2]:
        assert array.list_volumes() == []
    # The other array's host cannot be deleted from here.
    assert [len(array.list_hosts()) for array in arrays[:2]] == [0, 1]


def test_retype_would_have_to_move_the_volume(backend, kind, volume):
    plain = backend.create()
    async_ = backend.create(volume_type=world.replicated_type('async'))
    assert not backend.retype(plain, kind)
    assert not backend.retype(async_, kind)
    assert not backend.retype(volume, world.new_type())
    assert not backend.retype(volume, world.replicated_type('async'))


def test_manage_is_refused(backend, kind, array):
    array.create_volume('operators-volume', '1G')
    with pytest.raises(exception.ManageExistingVolumeTypeMismatch):
        backend.driver.manage_existing(
            backend.new_volume(volume_type=kind),
            {'name': 'operators-volume'})


def test_volume_in_a_pod_is_not_manageable(backend, volume, array):
    array.create_volume(f'{POD}::operators-volume', '1G')
    rows = backend.driver.get_manageable_volumes(
        [], None, 10, 0, ['size'], ['asc'])
    assert [row['reason_not_safe'] for row in rows] == [
        'Volume is in a Pod'] * 2


def test_group_in_the_pod(backend, kind, arrays):
    group = backend.create_group([kind])
    name = f'{POD}::consisgroup-{group.id}-cinder'
    volumes = [backend.create(1, kind, group_id=group.id)
               for _number in range(2)]
    for array in arrays[:2]:
        assert sorted(array.get_pgroup(name)['volumes']) == sorted(
            volume.provider_id for volume in volumes)
    group_snapshot, snapshots = backend.snapshot_group(group, volumes)
    suffix = f'cgsnapshot-{group_snapshot.id}-cinder'
    assert sorted(row['name'] for row in arrays[1].list_volumes(
        snap=True)) == sorted(
        f'{name}.{suffix}.{volume.provider_id.partition("::")[2]}'
        for volume in volumes)
    copy = backend.from_snapshot(snapshots[0], volume_type=kind)
    assert arrays[1].get_volume(copy.provider_id)
    backend.driver.delete_group_snapshot(
        world.CONTEXT, group_snapshot, snapshots)
    backend.driver.delete_group(world.CONTEXT, group, volumes)
    assert [row['name'] for row in arrays[1].list_volumes()] == [
        copy.provider_id]


@pytest.mark.parametrize('target', ['secondary', None])
def test_failover_and_failback(backend, volume, arrays, target):
    plain = backend.create()
    serial = arrays[0].get_volume(volume.provider_id)['serial']
    assert backend.fail_over([volume, plain], target) == (
        'secondary', {volume.id: FAILED_OVER, plain.id: ERROR})
    assert arrays[1].get_volume(volume.provider_id)['serial'] == serial
    node = world.connector()
    backend.attach(volume, node)
    assert len(arrays[1].list_hosts()) == 1
    backend.detach(volume, node)
    created = backend.create(volume_type=world.replicated_type('sync'))
    assert arrays[0].get_volume(created.provider_id)
    assert backend.fail_over([volume, plain], 'default') == (
        'default', {plain.id: ERROR})
    assert backend.driver._get_current_array().array_name == 'primary'
    # Defect 8 of the driver.
    assert backend.stats()['replication_targets'] == [
        'secondary', 'secondary']


def test_service_with_a_dead_secondary(backend, fleet, kind, volume, arrays):
    node = world.connector()
    fleet.arrays[1].stop()
    created = backend.create(volume_type=kind)
    info = backend.attach(volume, node)
    assert len(addresses(info)) == 1
    pod = arrays[0].get_pod(POD)
    assert {row['name']: row['status'] for row in pod['arrays']} == {
        'primary': 'online', 'secondary': 'offline'}
    backend.detach(volume, node)
    fleet.arrays[1].start()
    fleet.clock.advance(3600)
    assert arrays[1].get_volume(created.provider_id)
    pod = arrays[1].get_pod(POD)
    assert {row['status'] for row in pod['arrays']} == {'online'}


@pytest.mark.parametrize('target', ['secondary', None])
def test_dead_primary_stops_the_failover(backend, fleet, volume, arrays,
                                         target):
    """Defect 3 of the driver: each way leads through the dead array.

    The survivor itself would serve: the pod stays online there.
    """
    fleet.arrays[0].stop()
    with pytest.raises(purestorage.PureError):
        backend.fail_over([volume], target)
    with pytest.raises(purestorage.PureError):
        backend.create()
    with pytest.raises(purestorage.PureError):
        backend.stats()
    pod = arrays[1].get_pod(POD)
    assert {row['name']: row['status'] for row in pod['arrays']} == {
        'primary': 'offline', 'secondary': 'online'}


def test_restart_while_failed_over(start, arrays):
    start()
    backend = start(active_backend_id='secondary')
    volume = backend.create(volume_type=world.replicated_type('sync'))
    assert backend.driver._get_current_array().array_name == 'secondary'
    assert arrays[0].get_volume(volume.provider_id)
