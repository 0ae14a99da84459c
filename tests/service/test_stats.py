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

from unittest import mock

from cinder.scheduler.filters import capabilities_filter
from cinder.scheduler.filters import capacity_filter
from cinder.scheduler.filters import driver_filter
from cinder.scheduler import host_manager
from cinder.scheduler.weights import capacity
from cinder.scheduler.weights import goodness
from oslo_utils import timeutils
from oslo_utils import units
import pytest

import flasharray_sim
from pure_cinder.array import gateway
from pure_cinder.array import models
from pure_cinder import driver
from pure_cinder.types import specs
from tests import world as world_module

# The in-tree driver's, and those that the scheduler knows beside them.
KEYS = {
    'volume_backend_name', 'vendor_name', 'driver_version',
    'storage_protocol', 'consistencygroup_support',
    'thin_provisioning_support', 'thick_provisioning_support',
    'consistent_group_snapshot_enabled',
    'consistent_group_replication_enabled', 'multiattach', 'QoS_support',
    'online_extend_support', 'total_capacity_gb', 'free_capacity_gb',
    'reserved_percentage', 'provisioned_capacity_gb',
    'max_over_subscription_ratio', 'filter_function', 'goodness_function',
    'total_volumes', 'total_snapshots', 'total_hosts', 'total_pgroups',
    'writes_per_sec', 'reads_per_sec', 'input_per_sec', 'output_per_sec',
    'usec_per_read_op', 'usec_per_write_op', 'queue_depth',
    'queue_usec_per_read_op', 'queue_usec_per_write_op',
    'replication_capability', 'replication_enabled', 'replication_type',
    'replication_count', 'replication_targets', 'location_info',
    'backend_state', 'missing_paths', 'replication_failover_target',
    'replication_readiness'}


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


def test_every_key_is_there(world):
    stats = report(world)
    assert set(stats) == KEYS | {'pools'}


def test_one_pool_that_is_called_as_the_backend(world):
    stats = report(world)
    [pool] = stats.pop('pools')
    assert pool.pop('pool_name') == 'pure'
    assert pool == stats
    assert world.driver.get_pool(world.create()) == 'pure'


def test_location_is_the_array(world, array):
    assert array.id in report(world)['location_info']


def test_array_too_old_for_queue_times(backend, database, coordinator):
    with flasharray_sim.Simulator(arrays=[
            {'name': 'old', 'rest_versions': ('1.15',)}]) as old:
        [array] = old.arrays
        stats = report(world_module.World(backend(
            san_ip=array.address, pure_api_token=array.api_token,
            driver_ssl_cert_path=old.certificate_path)).start())
    assert KEYS - set(stats) == {
        'queue_usec_per_read_op', 'queue_usec_per_write_op',
        'provisioned_capacity_gb'}
    assert passes(pool_state(stats))


def space(**known):
    fields = dict.fromkeys(('capacity_bytes', 'used_bytes',
                            'provisioned_bytes', 'total_reduction'))
    return models.Space(**{**fields, **known})


@pytest.mark.parametrize('known, told', [
    ({}, {'max_over_subscription_ratio': 20}),
    ({'capacity_bytes': 100 * units.Gi},
     {'total_capacity_gb': 100, 'max_over_subscription_ratio': 20}),
    ({'capacity_bytes': 100 * units.Gi, 'used_bytes': 10 * units.Gi},
     {'total_capacity_gb': 100, 'free_capacity_gb': 90,
      'max_over_subscription_ratio': 20}),
    ({'used_bytes': units.Gi, 'total_reduction': 4.5},
     {'max_over_subscription_ratio': 4.5}),
    ({'used_bytes': units.Gi, 'provisioned_bytes': 6 * units.Gi,
      'total_reduction': 4.5},
     {'provisioned_capacity_gb': 6, 'max_over_subscription_ratio': 6}),
    ({'used_bytes': 4 * units.Gi, 'provisioned_bytes': units.Gi},
     {'provisioned_capacity_gb': 1, 'max_over_subscription_ratio': 1})])
def test_each_field_of_the_space_is_optional(world, known, told):
    """Some arrays tell no reduction, others no provisioned size."""
    with mock.patch.object(gateway.Gateway, 'get_space',
                           return_value=space(**known)):
        stats = report(world)
    assert {key: stats[key] for key in (
        'total_capacity_gb', 'free_capacity_gb', 'provisioned_capacity_gb',
        'max_over_subscription_ratio') if key in stats} == told
    assert stats['backend_state'] == 'up'


def test_ratio_of_an_empty_array_is_the_configured_one(world):
    assert report(world)['max_over_subscription_ratio'] == 20.0


def test_ratio_is_what_the_array_achieves(world, array, client):
    volume = world.create(size=10)
    array.model.write(volume.provider_id, 0, units.Gi)
    [space] = client.get(space=True)

    assert report(world)['max_over_subscription_ratio'] == pytest.approx(
        10 * units.Gi / space['total'])


def test_ratio_may_be_left_to_the_scheduler(backend, database, coordinator):
    stats = report(world_module.World(backend(
        max_over_subscription_ratio='auto',
        pure_automatic_max_oversubscription_ratio=False)).start())
    assert stats['max_over_subscription_ratio'] == 'auto'


def test_array_that_is_away_is_reported_as_down(world, array):
    array.stop()
    stats = report(world)
    assert stats['backend_state'] == 'down'
    assert stats['total_capacity_gb'] == stats['free_capacity_gb'] == 0
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
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=403, path='port', method='GET'))
    assert report(world)['backend_state'] == 'up'

    info = world.connect(volume, world_module.connector())

    assert info['data']['target_portals']


def test_what_the_array_refuses_to_tell_is_left_out(world, array):
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=400, text='Invalid argument.', path='pgroup'))
    stats = report(world)
    assert 'total_pgroups' not in stats
    assert stats['backend_state'] == 'up'
    assert stats['total_hosts'] == 0


# Cinder's own scheduler


def pool_state(stats):
    """The backend's pool as the scheduler's host manager keeps it."""
    state = host_manager.BackendState('node@pure', None)
    state.update_from_volume_capability(
        dict(stats, timestamp=timeutils.utcnow()))
    [pool] = state.pools.values()
    return pool


def passes(pool, size=1, extra_specs=None, filters=(
        capabilities_filter.CapabilitiesFilter,
        capacity_filter.CapacityFilter, driver_filter.DriverFilter)):
    """Whether the scheduler's filters let a new volume go there."""
    volume_type = {'name': 'gold', 'extra_specs': extra_specs or {}}
    properties = {
        'size': size, 'volume_type': volume_type,
        'resource_type': volume_type, 'request_spec': {
            'volume_id': 'a', 'volume_properties': {'size': size}}}
    return all(each().backend_passes(pool, properties) for each in filters)


@pytest.mark.parametrize('spelling, expected', [
    ({'replication_type': 'async'}, {'async', 'sync', 'trisync'}),
    ({'replication_type': 'sync'}, {'sync', 'trisync'}),
    ({'replication_type': 'trisync'}, {'trisync'}),
    ({'replication_type': '<in> async'}, {'async', 'sync', 'trisync'}),
    ({'replication_type': '<in> trisync'}, {'trisync'}),
    # The scheduler finds "sync" in "async".
    ({'replication_type': '<in> sync'}, {'async', 'sync', 'trisync'}),
    ({'replication_type': '<in> sync',
      'capabilities:replication_type': 'sync'}, {'sync', 'trisync'})])
def test_scheduler_places_a_replicated_type(
        fleet_of, world, spelling, expected):
    extra_specs = {'replication_enabled': '<is> True', **spelling}
    reports = {'none': report(world)}
    for name, kinds in (('async', ['async']), ('sync', ['sync']),
                        ('trisync', ['sync', 'async'])):
        reports[name] = report(fleet_of(*kinds).start())

    assert {name for name, stats in reports.items() if passes(
        pool_state(stats), extra_specs=extra_specs)} == expected
    assert specs.replication_type(extra_specs).value in spelling[
        'replication_type']


@pytest.mark.parametrize('is_up', [True, False])
def test_scheduler_passes_over_an_array_that_is_away(world, array, is_up):
    if not is_up:
        array.stop()
    pool = pool_state(report(world))
    assert pool.host == 'node@pure#pure'
    assert 'iSCSI' in pool.storage_protocol
    assert passes(pool) is is_up


def test_scheduler_takes_reports_after_one_of_an_array_that_is_away(
        world, array):
    """It looks for the keys of each report in the one before."""
    array.stop()
    [pool] = report(world)['pools']
    # The volume manager adds what it has allocated.
    assert host_manager.HostManager.REQUIRED_KEYS - set(pool) == {
        'allocated_capacity_gb'}


def test_scheduler_knows_how_much_there_is(world, array):
    volume = world.create(size=10)
    array.model.write(volume.provider_id, 0, units.Gi)
    stats = report(world)
    pool = pool_state(stats)
    assert pool.provisioned_capacity_gb == 10
    room = int(stats['free_capacity_gb']
               * stats['max_over_subscription_ratio'])
    assert passes(pool, size=room - 10)
    assert not passes(pool, size=room + 1)


def test_scheduler_uses_an_array_with_more_written_than_provisioned(world):
    with mock.patch.object(gateway.Gateway, 'get_space', return_value=space(
            capacity_bytes=100 * units.Gi, used_bytes=4 * units.Gi,
            provisioned_bytes=units.Gi)):
        assert passes(pool_state(report(world)))


@pytest.mark.parametrize('extra_specs, is_passed', [
    ({'volume_backend_name': 'pure'}, True),
    ({'volume_backend_name': 'other'}, False),
    ({'QoS_support': '<is> True', 'multiattach': '<is> True'}, True),
    ({'storage_protocol': 'iSCSI'}, True),
    ({'storage_protocol': 'FC'}, False),
    ({'thick_provisioning_support': '<is> True'}, False),
    ({'replication_enabled': '<is> True'}, False),
    ({'vendor_name': 'Pure Storage', 'flasharray:maxIOPS': '200'}, True)])
def test_scheduler_compares_types_with_the_report(world, extra_specs,
                                                  is_passed):
    pool = pool_state(report(world))
    assert passes(pool, extra_specs=extra_specs) is is_passed


@pytest.mark.parametrize('fixture, kinds', [
    ('async_fleet', ['async']), ('sync_fleet', ['async', 'sync']),
    ('trisync_fleet', ['async', 'sync', 'trisync'])])
def test_scheduler_finds_the_kinds_of_replication(request, fixture, kinds):
    fleet = request.getfixturevalue(fixture)
    stats = report(fleet.start())
    pool = pool_state(stats)
    assert stats['replication_type'] == kinds
    for kind in kinds:
        assert passes(pool, extra_specs={
            'replication_enabled': '<is> True',
            'replication_type': '<in> %s' % kind})


@pytest.mark.parametrize('function, is_passed', [
    ('stats.total_capacity_gb > 0', True),
    ('volume.size < 10', True), ('volume.size < 1', False),
    ('capabilities.total_volumes < 1', False),
    ('capabilities.total_volumes < 500 and capabilities.queue_depth < 10',
     True),
    ('capabilities.usec_per_read_op + '
     'capabilities.queue_usec_per_read_op < 1000', True)])
def test_filter_function_in_the_schedulers_filter(backend, database,
                                                  coordinator, function,
                                                  is_passed):
    world = world_module.World(backend(filter_function=function)).start()
    world.create()
    assert passes(pool_state(report(world))) is is_passed


def test_goodness_function_in_the_schedulers_weigher(backend, database,
                                                     coordinator):
    world = world_module.World(backend(
        goodness_function='100 - capabilities.total_volumes')).start()
    for _number in range(3):
        world.create()
    properties = {'request_spec': {'volume_properties': {}},
                  'volume_type': {}, 'qos_specs': {}}
    assert goodness.GoodnessWeigher()._weigh_object(
        pool_state(report(world)), properties) == 97


def test_schedulers_capacity_weigher(world):
    empty = pool_state(report(world))
    world.create(size=100)
    weigher = capacity.CapacityWeigher()
    assert weigher._weigh_object(empty, {}) > weigher._weigh_object(
        pool_state(report(world)), {})


# What is offered to the editor of a type


def test_vendor_properties(world):
    world.driver.init_capabilities()

    properties = world.driver.capabilities['properties']

    assert {'flasharray:' + key for key in (
        'maxIOPS', 'maxBWS', 'maxIOPS_per_GB', 'maxBWS_per_GB', 'vg_name',
        'vg_maxIOPS', 'vg_maxBWS')} <= set(properties)
    assert properties['flasharray:maxIOPS']['minimum'] == 100
    assert world.driver.capabilities['volume_backend_name'] == 'pure'


# Replication


def test_replication_keys(trisync_fleet):
    world = trisync_fleet.start()

    stats = report(world)

    assert stats['replication_enabled'] is True
    assert stats['replication_capability'] == 'trisync'
    assert stats['replication_count'] == 2
    assert stats['replication_targets'] == ['at-beta', 'at-gamma']
    assert stats['consistent_group_replication_enabled'] is True


def test_targets_of_another_array_that_serves(trisync_fleet):
    stats = report(trisync_fleet.start(active_backend_id='at-beta'))
    assert stats['replication_targets'] == ['pure', 'at-gamma']
    assert trisync_fleet.array('beta').id in stats['location_info']


def test_cost_with_replication(trisync_fleet):
    world = trisync_fleet.start()

    def costs():
        # The first one also logs in again, and looks for leftovers.
        report(world)
        trisync_fleet.forget_requests()
        report(world)
        return [len(array.requests) for array in trisync_fleet.arrays]

    empty = costs()
    for _number in range(5):
        volume = world.create()
        world.snapshot(volume)
    trisync_fleet.replicate()

    assert costs() == empty == [10, 3, 4]


def test_dead_targets_do_no_harm(trisync_fleet):
    world = trisync_fleet.start()
    for target in trisync_fleet.targets:
        target.stop()

    stats = report(world)

    assert stats['backend_state'] == 'up'
    assert stats['replication_failover_target'] is None
    assert passes(pool_state(stats))
