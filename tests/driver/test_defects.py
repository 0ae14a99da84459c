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
"""Defects that a FlashArray driver once had, where no other test has them.

docs/developers/upstream-defects.rst names the test of each.
"""

import logging

from cinder import exception
import pytest

from pure_cinder.moves import manageable_lists
from pure_cinder import naming
from tests import world as world_module

PAGE = (None, 1000, 0, ['reference'], ['asc'])


def test_attaching_again_is_nothing_to_warn_about(world, caplog):
    volume = world.create()
    world.attach(volume, world_module.connector())
    with caplog.at_level(logging.WARNING):
        caplog.clear()
        world.attach(volume, world_module.connector())
    assert not caplog.records


def test_renamed_volume_is_reverted_under_its_name(world, client, array):
    volume = world.create()
    client.rename_volume(volume.provider_id, 'renamed')
    volume.provider_id = 'renamed'
    volume.save()
    array.model.write('renamed', 0, 512)
    held = array.model.read('renamed')
    snapshot = world.snapshot(volume)
    array.model.write('renamed', 0, 512)
    world.driver.revert_to_snapshot(world_module.CONTEXT, volume, snapshot)
    assert array.model.read('renamed') == held


def test_volume_that_the_array_protects_by_itself_is_deleted(world, client):
    """As an array does that has a default protection."""
    volume = world.create()
    client.create_pgroup('default-protection', vollist=[volume.provider_id])
    world.driver.delete_volume(volume)
    assert client.list_volumes() == []
    assert client.get_pgroup('default-protection')['volumes'] is None


@pytest.mark.parametrize('length', [40, 56, 63])
def test_name_of_an_unmanaged_volume_fits(length):
    name = naming.unmanaged_name('gold/' + 'v' * length)
    assert name.startswith('gold/') and name.endswith('-unmanaged')
    assert len(name) <= len('gold/') + 63


def test_objects_of_a_realm_are_not_offered():
    obstacles = manageable_lists.Obstacles()
    assert 'realm' in obstacles.to_volume('realm::pod::volume')
    assert 'realm' in obstacles.to_snapshot('realm::pod::volume.snapshot')


def test_list_of_manageable_volumes_costs_the_same_with_pods(world, client,
                                                             array):
    def cost():
        array.requests.clear()
        world.driver.get_manageable_volumes([], *PAGE)
        return len(array.requests)

    client.create_volume('plain', '1G')
    before = cost()
    client.create_pod('tenant')
    for number in range(5):
        client.create_volume('tenant::v%d' % number, '1G')
    assert cost() == before


def test_pod_that_never_resyncs_is_not_waited_for_for_ever(sync_fleet):
    world = sync_fleet.start()
    client = sync_fleet.client(sync_fleet.primary)
    volume = world.create()
    kind = world_module.replicated_type('sync')
    waited = sync_fleet.clock.now()
    with sync_fleet.link_down(sync_fleet.primary):
        with pytest.raises(exception.VolumeDriverException):
            world.driver.retype(world_module.CONTEXT, volume, kind, {},
                                {'host': volume.host})
    assert (sync_fleet.clock.now() - waited).total_seconds() < 3600
    assert [row['name'] for row in client.list_volumes()] == [
        volume.provider_id]
    assert [row['name'] for row in client.list_pods()] == ['cinder-pod']
