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
"""What older and other documents say of the driver still holds.

The configuration reference and the release article of Kilo, the blueprint of
Juno, and the article on Glance's stores in Cinder; the guide for Queens has a
module of its own.
"""

import pytest

from pure_cinder import driver
from pure_cinder import exceptions
from tests import deployment
from tests import world as world_module

CONTEXT = world_module.CONTEXT


# Kilo

KILO_REFERENCE = """
[DEFAULT]
enabled_backends = puredriver-1
default_volume_type = puredriver-1

[puredriver-1]
volume_backend_name = puredriver-1
volume_driver = cinder.volume.drivers.pure.PureISCSIDriver
san_ip = {0.ip}
pure_api_token = {0.token}
use_multipath_for_image_xfer = True
"""


def test_kilo_reference_section_serves(start, places):
    world_module.new_type('puredriver-1')
    volume = start(KILO_REFERENCE)['puredriver-1'].create()
    assert places[0].volumes() == [volume.provider_id]


KILO_OPERATIONS = [
    'create_volume', 'delete_volume', 'initialize_connection',
    'terminate_connection', 'retype', 'create_cloned_volume',
    'extend_volume', 'create_volume_from_snapshot', 'create_snapshot',
    'delete_snapshot', 'create_group', 'update_group', 'delete_group',
    'create_group_snapshot', 'delete_group_snapshot', 'manage_existing',
    'unmanage', 'get_volume_stats']


@pytest.mark.parametrize('name', KILO_OPERATIONS)
def test_kilo_supported_operation_is_ours(name):
    definer = next(cls for cls in driver.PureISCSIDriver.__mro__
                   if name in vars(cls))
    if name == 'get_volume_stats':
        # Cinder's own asks the driver's _update_volume_stats.
        name, definer = '_update_volume_stats', driver.PureISCSIDriver
    assert getattr(driver.PureISCSIDriver, name).__module__ == (
        driver.__name__), definer


def test_kilo_hosts_come_and_go_with_their_volumes(one, places):
    world = one()
    volume = world.create()
    world.attach(volume, world_module.connector())
    assert len(places[0].sdk.list_hosts()) == 1
    world.detach(volume, world_module.connector())
    assert places[0].sdk.list_hosts() == []


def test_kilo_chap_secret_outlives_the_service(one):
    world = one('PureISCSIDriver', 'use_chap_auth = True')
    secrets = set()
    for _time in range(2):
        info = world.attach(world.create(), world_module.connector())
        secrets.add(info['data']['auth_password'])
        world.restart()
    assert len(secrets) == 1


def test_kilo_chap_leaves_hosts_of_others_alone(one, places):
    world = one('PureISCSIDriver', 'use_chap_auth = True')
    connector = world_module.connector()
    places[0].sdk.create_host('by-hand', iqnlist=[connector['initiator']])
    with pytest.raises(exceptions.PureHostConflictError, match='by-hand'):
        world.attach(world.create(), connector)
    assert len(places[0].sdk.list_hosts()) == 1


# Juno

@pytest.mark.parametrize('line, remedy', [
    ('pure_target = {0.ip}', 'pure_target .*san_ip'),
    ('pure_host_name = OpenStack', 'pure_host_name .*initiators')])
def test_juno_option_is_answered_with_what_to_write_today(one, line, remedy):
    with pytest.raises(exceptions.PureConfigurationError, match=remedy):
        one('PureISCSIDriver', line)


def test_juno_section_as_it_was_names_all_that_is_wrong(start):
    with pytest.raises(exceptions.PureConfigurationError) as raised:
        start("""
[DEFAULT]
enabled_backends = pure
[pure]
volume_driver = cinder.volume.drivers.pure.PureISCSIDriver
pure_target = {0.ip}
pure_api_token = {0.token}
pure_host_name = OpenStack
""")
    assert len(raised.value.problems) == 3
    assert '{0.token}' not in str(raised.value)


# Glance's stores in Cinder

def test_glance_image_of_the_same_backend_is_cloned(one, places):
    world = one()
    image_volume = world.create(project_id='owner')
    volume = world.new_volume(project_id='owner')
    location = ('cinder://pure2/%s' % image_volume.id, None)
    image = {'id': 'an-image', 'container_format': 'bare',
             'disk_format': 'raw', 'owner': 'owner'}
    places[0].array.requests.clear()

    update, is_cloned = deployment.create_task(world)._clone_image_volume(
        CONTEXT, volume, location, image)

    assert is_cloned
    assert places[0].requests() == ['POST volume/' + update['provider_id']]


def test_glance_image_of_another_backend_is_left_to_cinder(one, places):
    world = one()
    image_volume = world.create(project_id='owner', host='node@other#other')
    volume = world.new_volume(project_id='owner')
    update, is_cloned = deployment.create_task(world)._clone_image_volume(
        CONTEXT, volume, ('cinder://pure2/%s' % image_volume.id, None),
        {'id': 'an-image', 'container_format': 'bare',
         'disk_format': 'raw', 'owner': 'owner'})
    assert not is_cloned
    assert len(places[0].volumes()) == 1


def test_glance_options_do_not_disturb_the_driver(start):
    text = deployment.ONE_BACKEND % ('PureISCSIDriver', '')
    assert start(text.replace('[DEFAULT]', '[DEFAULT]\n'
                              'allowed_direct_url_schemes = cinder\n'
                              'image_upload_use_cinder_backend = True'))


def test_glance_store_can_be_replicated(fleet_of):
    fleet = fleet_of('sync')
    world = fleet.start()
    kind = world_module.replicated_type('sync')
    image_volume = world.create(volume_type_id=kind.id)
    volume = world.clone(image_volume, volume_type_id=kind.id)
    for array in fleet.arrays:
        assert sorted(row['name'] for row in
                      fleet.client(array).list_volumes()) == sorted(
            [image_volume.provider_id, volume.provider_id])
