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
"""Three sites: a pod on two arrays, replicated to a third one."""

import pytest

from tests.simulator.in_tree import world

POD = 'cinder-pod'
PGROUP = f'{POD}::cinder-trisync'
REPLICA = f'{POD}:cinder-trisync'


@pytest.fixture
def start(fleet, arrays, backends, protocol):
    world.link(fleet, arrays, 0, 1, 'sync')
    world.link(fleet, arrays, 0, 2, 'async')
    world.link(fleet, arrays, 1, 2, 'async')

    def start_backend(**options):
        return backends(protocol, pure_trisync_enabled=True, devices=[
            world.device(fleet, 1, 'sync', uniform=True),
            world.device(fleet, 2, 'async')], **options)
    return start_backend


@pytest.fixture
def backend(start):
    return start()


@pytest.fixture
def volume(backend):
    return backend.create(volume_type=world.replicated_type('trisync'))


def members(array):
    return array.get_pgroup(PGROUP)['volumes'] or []


def test_set_up(backend, arrays):
    for array in arrays[:2]:
        row = array.get_pgroup(PGROUP)
        assert row['targets'] == [{'name': 'tertiary', 'allowed': True}]
    assert array.get_pgroup(PGROUP, schedule=True)['replicate_enabled']
    assert arrays[2].get_pgroup(REPLICA)['name'] == REPLICA
    assert {row['name'] for row in arrays[2].list_pgroups()} == {
        REPLICA, 'primary:cinder-group'}


def test_set_up_again(start, arrays):
    start()
    start()
    assert members(arrays[0]) == []


def test_stats(backend):
    stats = backend.stats()
    assert (stats['replication_type'], stats['replication_capability'],
            stats['replication_targets']) == (
        ['async', 'sync', 'trisync'], 'trisync', ['secondary', 'tertiary'])


def test_volume_is_in_the_group_of_the_pod(volume, arrays):
    assert volume.provider_id.startswith(f'{POD}::')
    assert volume.replication_status == 'enabled'
    for array in arrays[:2]:
        assert members(array) == [volume.provider_id]


def test_retype(backend, volume, arrays):
    assert backend.retype(volume, world.replicated_type('sync'))
    assert members(arrays[1]) == []
    assert backend.retype(volume, world.replicated_type('trisync'))
    assert members(arrays[1]) == [volume.provider_id]
    assert not backend.retype(volume, world.replicated_type('async'))
    assert not backend.retype(volume, world.new_type())


def test_copies_join_the_group(backend, volume, arrays):
    kind = world.replicated_type('trisync')
    clone = backend.clone(volume, volume_type=kind)
    copy = backend.from_snapshot(backend.snapshot(volume), volume_type=kind)
    assert sorted(members(arrays[0])) == sorted(
        one.provider_id for one in (volume, clone, copy))


def test_snapshots_arrive_at_the_third_array(volume, fleet, arrays):
    fleet.clock.advance(3600)
    fleet.clock.advance(3600)
    rows = arrays[2].get_pgroup(REPLICA, snap=True, transfer=True)
    assert rows and rows[0]['progress'] == 1
    name = volume.provider_id.partition('::')[2]
    assert f'{rows[0]["name"]}.{name}' in [
        row['name'] for row in arrays[2].list_volumes(snap=True)]


def test_failover_to_the_asynchronous_target(backend, volume, fleet):
    """Defect 10 of the driver: it looks at the wrong group.

    Without a snapshot of that group it would not even get so far.
    """
    backend.create(volume_type=world.replicated_type('async'))
    fleet.clock.advance(3600)
    fleet.clock.advance(3600)
    assert backend.fail_over([volume], 'tertiary') == (
        'tertiary', {volume.id: {'status': 'error'}})


def test_failover_to_the_synchronous_target(backend, volume, arrays):
    assert backend.fail_over([volume]) == (
        'secondary', {volume.id: {'replication_status': 'failed-over'}})
    backend.attach(volume, world.connector())
    assert len(arrays[1].list_hosts()) == 1


def test_group_of_trisync_volumes(backend, arrays):
    kind = world.replicated_type('trisync')
    group = backend.create_group([kind])
    volumes = [backend.create(1, kind, group_id=group.id)
               for _number in range(2)]
    copy = backend.new_group([kind])
    clones = [backend.new_volume(1, kind, group_id=copy.id)
              for _volume in volumes]
    backend.driver.create_group_from_src(
        world.CONTEXT, copy, clones, source_group=group,
        source_vols=volumes)
    assert len(members(arrays[1])) == 4
    assert len(arrays[1].get_pgroup(
        f'{POD}::consisgroup-{copy.id}-cinder')['volumes']) == 2


def test_devices_must_be_one_of_each_kind(fleet, arrays, backends, protocol):
    """The driver logs it and goes on without three sites."""
    for target in (1, 2):
        world.link(fleet, arrays, 0, target, 'async')
    backend = backends(protocol, pure_trisync_enabled=True, devices=[
        world.device(fleet, 1, 'async'), world.device(fleet, 2, 'async')])
    assert backend.stats()['replication_type'] == ['async']
