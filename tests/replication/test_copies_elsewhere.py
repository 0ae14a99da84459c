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
"""Copies of what stayed on another array than the one that serves."""

import pytest

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder.volumes import tags
from tests import failovers
from tests import world as world_module


@pytest.fixture
def stayed(async_fleet):
    """A volume that is not replicated, a failover later.

    :returns: fleet, world, volume, snapshot of it
    """
    world = async_fleet.start()
    volume = world.create()
    snapshot = world.snapshot(volume)
    world.create(volume_type_id=world_module.replicated_type('async').id)
    async_fleet.replicate()
    assert failovers.Service(world).fail_over() == 'failed-over'
    volume.refresh()
    return async_fleet, world, volume, snapshot


def names(fleet, array):
    return {row['name'] for row in fleet.client(array).list_volumes()}


@pytest.mark.parametrize('make', ['clone', 'from_snapshot'])
def test_copy_is_where_its_source_is(stayed, make):
    fleet, world, volume, snapshot = stayed
    copied = (world.clone(volume) if make == 'clone'
              else world.from_snapshot(snapshot))

    assert copied.provider_id in names(fleet, fleet.primary)
    world.extend(copied, 2)
    world.driver.delete_volume(copied)
    assert copied.provider_id not in names(fleet, fleet.primary)


def test_copy_cannot_be_replicated_from_there(stayed):
    fleet, world, volume, _snapshot = stayed
    before = [names(fleet, array) for array in fleet.arrays]
    with pytest.raises(exceptions.PureUnsupportedError, match='at-beta'):
        world.clone(volume, volume_type_id=world_module.replicated_type(
            'async').id)
    assert [names(fleet, array) for array in fleet.arrays] == before


def test_copy_of_what_is_on_a_dead_array_says_so(stayed):
    fleet, world, volume, snapshot = stayed
    fleet.primary.stop()
    for make, source in ((world.clone, volume),
                         (world.from_snapshot, snapshot)):
        with pytest.raises(errors.ArrayUnreachableError,
                           match=fleet.primary.address):
            make(source)


def test_copies_that_a_failover_made_are_tagged(async_fleet, monkeypatch):
    monkeypatch.setattr(tags, 'SETTLING_S', 0)
    world = async_fleet.start()
    volume = world.create(project_id='theirs', volume_type_id=(
        world_module.replicated_type('async').id))
    async_fleet.replicate()
    world.driver.get_volume_stats(refresh=True)
    failovers.Service(world).fail_over()
    volume.refresh()

    world.driver.get_volume_stats(refresh=True)

    [beta] = async_fleet.targets
    assert {row['key']: row['value'] for row in async_fleet.client(
        beta).get_volume(volume.provider_id, tags=True,
                         namespace=tags.NAMESPACE)}['ProjectId'] == 'theirs'


def test_copies_that_a_failover_made_keep_their_limits(async_fleet):
    world = async_fleet.start()
    volume = world.create(volume_type_id=world_module.replicated_type(
        'async', {'flasharray:maxIOPS': '500'}).id)
    async_fleet.replicate()
    failovers.Service(world).fail_over()
    volume.refresh()

    [beta] = async_fleet.targets
    assert async_fleet.client(beta).get_volume(
        volume.provider_id, qos=True)['iops_limit'] == 500


def test_volume_group_is_there_after_a_failover(async_fleet):
    world = async_fleet.start()
    volume = world.create(volume_type_id=world_module.replicated_type(
        'async', {'flasharray:vg_name': 'gold',
                  'flasharray:vg_maxIOPS': '500'}).id)
    async_fleet.replicate()
    assert failovers.Service(world).fail_over() == 'failed-over'
    volume.refresh()

    [beta] = async_fleet.targets
    assert volume.replication_status == 'failed-over'
    assert volume.provider_id == 'gold/volume-%s-cinder' % volume.id
    assert async_fleet.client(beta).get_vgroup('gold', qos=True)[
        'iops_limit'] == 500
