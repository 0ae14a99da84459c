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
"""What the scheduler is told."""

from cinder.scheduler import host_manager
from oslo_utils import timeutils
from oslo_utils import units
import pytest

from pure_cinder import driver
from pure_cinder import simulator as simulator_package
from tests import world as world_module


def report(world):
    return world.driver.get_volume_stats(refresh=True)


def test_capabilities(world):
    stats = report(world)
    assert stats['volume_backend_name'] == 'pure'
    assert stats['vendor_name'] == 'Pure Storage'
    assert stats['driver_version'] == driver.PureISCSIDriver.VERSION
    assert stats['storage_protocol'] == 'iSCSI'
    assert stats['thin_provisioning_support'] is True
    assert stats['thick_provisioning_support'] is False
    assert stats['multiattach'] is True
    assert stats['backend_state'] == 'up'


def test_capacity_is_the_arrays(world, client):
    world.create(size=10)
    [space] = client.get(space=True)

    stats = report(world)

    assert stats['total_capacity_gb'] == space['capacity'] / units.Gi
    assert stats['free_capacity_gb'] == (
        space['capacity'] - space['total']) / units.Gi
    assert stats['provisioned_capacity_gb'] == 10


def test_counts_include_what_is_destroyed(world, client):
    kept, deleted = world.create(), world.create()
    world.snapshot(kept)
    world.driver.delete_volume(deleted)
    world.attach(kept, world_module.connector())

    stats = report(world)

    assert (stats['total_volumes'], stats['total_snapshots'],
            stats['total_hosts'], stats['total_pgroups']) == (2, 1, 1, 0)


def test_performance_of_an_idle_array_is_zero(world):
    stats = report(world)
    assert {key: stats[key] for key in (
        'reads_per_sec', 'writes_per_sec', 'input_per_sec', 'output_per_sec',
        'usec_per_read_op', 'usec_per_write_op', 'queue_depth')} == {
            'reads_per_sec': 0, 'writes_per_sec': 0, 'input_per_sec': 0,
            'output_per_sec': 0, 'usec_per_read_op': 0,
            'usec_per_write_op': 0, 'queue_depth': 0}


def test_configured_values_are_reported(backend, database, coordinator):
    stats = report(world_module.World(backend(
        reserved_percentage=7, max_over_subscription_ratio='3.5',
        pure_automatic_max_oversubscription_ratio=False,
        filter_function='volume.size < 10',
        goodness_function='50')).start())
    assert stats['reserved_percentage'] == 7
    assert stats['max_over_subscription_ratio'] == 3.5
    assert stats['filter_function'] == 'volume.size < 10'
    assert stats['goodness_function'] == '50'


def test_ratio_of_an_empty_array_is_the_configured_one(world):
    assert report(world)['max_over_subscription_ratio'] == 20.0


def test_ratio_is_what_the_array_achieves(world, array, client):
    volume = world.create(size=10)
    array.model.write(volume.provider_id, 0, units.Gi)
    [space] = client.get(space=True)

    assert report(world)['max_over_subscription_ratio'] == pytest.approx(
        10 * units.Gi / space['total'])


def test_array_that_is_away_is_reported_as_down(world, array):
    array.stop()
    stats = report(world)
    assert stats['backend_state'] == 'down'
    assert stats['total_capacity_gb'] == 'unknown'
    assert stats['volume_backend_name'] == 'pure'

    array.start()
    assert report(world)['backend_state'] == 'up'


def test_array_that_is_away_is_told_once_a_report(world, array, caplog):
    array.stop()
    report(world)
    assert [record.levelname for record in caplog.records
            if record.name.startswith('pure_cinder.')] == ['ERROR']


def test_ports_that_cannot_be_read_are_remembered(world, array):
    volume = world.create()
    array.faults.add(simulator_package.Fault(
        kind='status', status=403, path='port', method='GET'))
    assert report(world)['backend_state'] == 'up'

    info = world.connect(volume, world_module.connector())

    assert info['data']['target_portals']


def test_what_the_array_refuses_to_tell_is_left_out(world, array):
    array.faults.add(simulator_package.Fault(
        kind='status', status=400, text='Invalid argument.', path='pgroup'))
    stats = report(world)
    assert 'total_pgroups' not in stats
    assert stats['backend_state'] == 'up'
    assert stats['total_hosts'] == 0


@pytest.mark.parametrize('is_up', [True, False])
def test_scheduler_accepts_the_report(world, array, is_up):
    if not is_up:
        array.stop()
    state = host_manager.BackendState('node@pure', None)

    state.update_from_volume_capability(
        dict(report(world), timestamp=timeutils.utcnow()))

    [pool] = state.pools.values()
    assert pool.storage_protocol
    assert (pool.free_capacity_gb == 'unknown') is not is_up
