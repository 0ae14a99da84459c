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
"""The guide of best practices for Queens: what it documents still does it.

Each example of a configuration is loaded from a file, and each thing that the
text promises is a test.
"""

from cinder import context as cinder_context
from cinder.db import api as db_api
from cinder.image import cache as image_cache
from cinder import rpc
from cinder.volume import group_types
from oslo_config import cfg
from oslo_utils import timeutils
import pytest

import flasharray_sim
from pure_cinder import driver
from pure_cinder import exceptions
from tests import deployment
from tests import groups as groups_module
from tests import world as world_module

CONTEXT = world_module.CONTEXT
MIB = 1024 ** 2


# The configuration file

@pytest.mark.parametrize('driver_name', ['PureFCDriver', 'PureISCSIDriver'])
def test_smallest_section_serves(one, places, driver_name):
    volume = one(driver_name).create()
    assert places[0].volumes() == [volume.provider_id]


TWO_BACKENDS = """
[DEFAULT]
enabled_backends = pure-1, pure-2

[pure-1]
volume_backend_name = pure-1
volume_driver = cinder.volume.drivers.pure.PureISCSIDriver
san_ip = {0.ip}
pure_api_token = {0.token}
use_chap_auth = True
use_multipath_for_image_xfer = True

[pure-2]
volume_backend_name = pure-2
volume_driver = cinder.volume.drivers.pure.PureFCDriver
san_ip = {1.ip}
pure_api_token = {1.token}

[pure-3]
volume_driver = cinder.volume.drivers.pure.PureISCSIDriver
"""


def test_two_backends_in_one_file_keep_apart(start, places):
    worlds = start(TWO_BACKENDS)
    assert {name: type(world.driver) for name, world in worlds.items()} == {
        'pure-1': driver.PureISCSIDriver, 'pure-2': driver.PureFCDriver}
    volumes = {name: world.create() for name, world in worlds.items()}
    assert [place.volumes() for place in places] == [
        [volumes['pure-1'].provider_id], [volumes['pure-2'].provider_id], []]
    assert [world.driver.get_volume_stats(True)['volume_backend_name']
            for world in worlds.values()] == ['pure-1', 'pure-2']


def test_options_of_one_section_are_not_those_of_another(start):
    worlds = start(TWO_BACKENDS)
    info = {name: world.attach(world.create(), world_module.connector())
            for name, world in worlds.items()}
    assert info['pure-1']['data']['auth_method'] == 'CHAP'
    assert 'auth_method' not in info['pure-2']['data']
    assert [world.driver.configuration.use_multipath_for_image_xfer
            for world in worlds.values()] == [True, False]


def test_every_path_is_told_to_multipath(one, places):
    world = one()
    data = world.attach(world.create(), world_module.connector())['data']
    portals = [row['portal'] for row in places[0].sdk.list_ports()
               if row['portal'] and row['iqn']]
    assert len(portals) > 1
    assert sorted(data['target_portals']) == sorted(portals)


# thin provisioning, TRIM, image cache

def test_over_subscription_is_what_the_array_achieves(one):
    stats = one().driver.get_volume_stats(True)
    assert stats['thin_provisioning_support']
    assert stats['reserved_percentage'] == 0
    assert float(stats['max_over_subscription_ratio']) > 0


def test_over_subscription_can_be_fixed(one):
    world = one('PureISCSIDriver',
                'pure_automatic_max_oversubscription_ratio = False',
                'max_over_subscription_ratio = 12.5',
                'reserved_percentage = 5')
    stats = world.driver.get_volume_stats(True)
    assert float(stats['max_over_subscription_ratio']) == 12.5
    assert stats['reserved_percentage'] == 5


@pytest.mark.parametrize('driver_name', [
    'PureFCDriver', 'PureISCSIDriver', 'PureNVMEDriver'])
def test_trim_reaches_the_array(one, driver_name):
    world = one(driver_name, 'pure_nvme_transport = tcp')
    info = world.attach(world.create(), world_module.connector())
    assert info['data']['discard'] is True


class NoVolumeApi:
    """The image cache deletes no volume here."""


@pytest.fixture
def messages():
    """Cinder's notifications, which nobody receives."""
    yield lambda: rpc.init(cfg.CONF)
    rpc.cleanup()


def test_cached_image_becomes_a_volume_by_one_copy(
        start, places, messages):
    section = '\n'.join(('image_volume_cache_enabled = True',
                         'image_volume_cache_max_size_gb = 200',
                         'image_volume_cache_max_count = 50'))
    text = deployment.ONE_BACKEND % ('PureISCSIDriver', section)
    world = start(text.replace(
        '[DEFAULT]', '[DEFAULT]\ntransport_url = fake:/'))['PURE']
    messages()
    section = world.driver.configuration
    assert section.image_volume_cache_enabled
    cache = image_cache.ImageVolumeCache(
        db_api, NoVolumeApi(), section.image_volume_cache_max_size_gb,
        section.image_volume_cache_max_count)
    image = {'id': 'an-image', 'size': 512 * MIB, 'min_disk': 0,
             'disk_format': 'raw', 'container_format': 'bare',
             'updated_at': timeutils.utcnow(), 'properties': {}}
    cached = world.create(size=1)
    cache.create_cache_entry(CONTEXT, cached, image['id'], image)
    volume = world.new_volume(size=2)
    places[0].array.requests.clear()

    task = deployment.create_task(world, cache)
    update, is_cloned = task._create_from_image_cache(
        CONTEXT, CONTEXT, volume, image['id'], image)

    assert is_cloned
    name = update['provider_id']
    assert places[0].requests() == ['POST volume/' + name,
                                    'PUT volume/' + name]


# groups

def test_group_of_several_types_is_snapshotted_at_once(one, places):
    world = one()
    groups = groups_module.Groups(world)
    kinds = [world_module.new_type(), world_module.new_type()]
    group = groups.create(*kinds)
    for kind in kinds:
        world.create(group_id=group.id, volume_type_id=kind.id)
    groups.snapshot(group)
    [row] = places[0].sdk.list_pgroups(snap=True)
    assert row['source'] == 'consisgroup-%s-cinder' % group.id
    created = {row['created'] for row
               in places[0].sdk.list_volumes(snap=True)}
    assert len(created) == 1


def test_group_that_promises_nothing_is_cinders_own(one, places):
    world = one()
    group, _volumes = groups_module.Groups(world).filled(specs={})
    assert group.status == 'available'
    assert places[0].sdk.list_pgroups() == []


# Names of the policies that the guide has edited -> what asks today.
CONSISTENCY_GROUP_POLICIES = {
    'consistencygroup:create': 'group:create',
    'consistencygroup:delete': 'group:delete',
    'consistencygroup:update': 'group:update',
    'consistencygroup:get': 'group:get',
    'consistencygroup:get_all': 'group:get_all',
    'consistencygroup:create_cgsnapshot': 'group:create_group_snapshot',
    'consistencygroup:delete_cgsnapshot': 'group:delete_group_snapshot',
    'consistencygroup:get_cgsnapshot': 'group:get_group_snapshot',
    'consistencygroup:get_all_cgsnapshots': 'group:get_all_group_snapshots',
}


@pytest.mark.parametrize('old', CONSISTENCY_GROUP_POLICIES)
def test_consistency_groups_are_allowed_without_an_edit(conf, old):
    member = cinder_context.RequestContext(
        'somebody', 'a-project', is_admin=False, roles=['member', 'reader'])
    new = CONSISTENCY_GROUP_POLICIES[old]
    assert member.authorize(
        new, {'project_id': 'a-project', 'user_id': 'somebody'}, fatal=False)


def test_consistency_groups_of_old_are_protection_groups(one, places):
    world = one()
    groups = groups_module.Groups(world)
    kind = world_module.new_type()
    old_type = group_types.create(
        CONTEXT, group_types.DEFAULT_CGSNAPSHOT_TYPE,
        group_specs=groups_module.CONSISTENT)
    group = groups.new(kind)
    group.group_type_id = old_type['id']
    group.save()
    groups.manager.create_group(CONTEXT, group)
    assert [row['name'] for row in places[0].sdk.list_pgroups()] == [
        'consisgroup-%s-cinder' % group.id]


# quality of service

FRONT_END_QOS = ['total_bytes_sec', 'read_bytes_sec', 'write_bytes_sec',
                 'total_iops_sec', 'read_iops_sec', 'write_iops_sec']


def test_front_end_limits_go_to_the_compute_side(one, places):
    world = one()
    limits = {key: '2000' for key in FRONT_END_QOS}
    kind = world_module.new_type(qos={'consumer': 'front-end', **limits})
    volume = world.create(volume_type_id=kind.id)
    info = groups_module.Manager(world.driver).initialize_connection(
        CONTEXT, volume, world_module.connector())
    assert info['data']['qos_specs'] == limits
    row = places[0].sdk.get_volume(volume.provider_id, qos=True)
    assert (row['iops_limit'], row['bandwidth_limit']) == (None, None)


def test_level_is_changed_by_a_retype(one, places):
    world = one()
    kinds = [world_module.new_type(qos={'consumer': 'front-end',
                                        'read_iops_sec': value})
             for value in ('2000', '1000')]
    volume = world.create(volume_type_id=kinds[0].id)
    is_retyped, _update = world.driver.retype(
        CONTEXT, volume, kinds[1], {}, {'host': volume.host})
    assert is_retyped


# replication

REPLICATED = deployment.ONE_BACKEND % ('PureISCSIDriver', """
replication_device = backend_id:pure2,san_ip:{1.ip},api_token:{1.token}
replication_device = backend_id:pure3,san_ip:{2.ip},api_token:{2.token}
pure_replica_interval_default = 7200
pure_replica_retention_short_term_default = 15000
pure_replica_retention_long_term_per_day_default = 5
pure_replica_retention_long_term_default = 6
""")


def test_every_target_gets_the_same_schedule(start, places):
    start(REPLICATED)
    [group] = places[0].sdk.list_pgroups()
    assert sorted((target['name'], target['allowed'])
                  for target in group['targets']) == [
        ('three', True), ('two', True)]
    schedule = places[0].sdk.get_pgroup(group['name'], schedule=True)
    retention = places[0].sdk.get_pgroup(group['name'], retention=True)
    assert schedule['replicate_enabled']
    assert schedule['replicate_frequency'] == 7200
    assert [retention[key] for key in (
        'target_all_for', 'target_per_day', 'target_days')] == [15000, 5, 6]


def test_type_asks_for_replication(start, places):
    world = start(REPLICATED)['PURE']
    kind = world_module.new_type(
        extra_specs={'replication_enabled': '<is> True'})
    replicated = world.create(volume_type_id=kind.id)
    world.create()
    [group] = places[0].sdk.list_pgroups()
    assert group['volumes'] == [replicated.provider_id]


def test_interval_that_the_array_refuses_does_not_stop_it(
        start, places, caplog):
    places[0].array.faults.add(flasharray_sim.Fault(
        'status', method='PUT', path='pgroup/cinder-group', status=400,
        text='Invalid replicate_frequency.', count=1))
    assert start(REPLICATED)['PURE'].create()
    assert 'refuses' in caplog.text


def test_key_that_the_text_misspells_is_named(one):
    with pytest.raises(exceptions.PureConfigurationError,
                       match="unknown key 'backend_name'.*backend_id"):
        one('PureISCSIDriver',
            'replication_device = backend_name:pure2,san_ip:{1.ip},'
            'api_token:{1.token}')


# eradication

@pytest.mark.parametrize('lines, pending', [
    ((), 1), (('pure_eradicate_on_delete = True',), 0)])
def test_deleted_volumes_can_be_recovered_unless_eradicated(
        one, places, lines, pending):
    world = one('PureISCSIDriver', *lines)
    world.driver.delete_volume(world.create())
    assert len(places[0].sdk.list_volumes(pending_only=True)) == pending
