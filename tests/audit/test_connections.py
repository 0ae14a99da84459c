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
"""Connections, hosts and tags, as the driver compares them."""

import pytest

from tests import world as world_module


def connected(cloud, volume):
    """:returns: names of the hosts that have a volume"""
    return [row['host'] for row in
            cloud.client.list_volume_private_connections(volume.provider_id)]


def test_connection_that_nobody_uses(cloud):
    volume = cloud.create()
    cloud.world.connect(volume, world_module.connector())
    [host] = connected(cloud, volume)
    [finding] = cloud.audit()
    assert (finding['check'], finding['severity'], finding['subject']) == (
        'connections', 'warning', volume.provider_id)
    assert host in finding['cause'] and '--repair' in finding['remedy']
    assert finding['command'] == 'purehost disconnect --vol %s %s' % (
        volume.provider_id, host)
    assert connected(cloud, volume) == [host]

    [finding] = cloud.repair()
    assert finding['is_repaired'] and finding['command'] == ''
    assert cloud.code == 0
    assert connected(cloud, volume) == []


def test_connection_of_somebody_else(cloud):
    volume = cloud.create()
    cloud.client.create_host('backup', iqnlist=['iqn.1994-05.com.example:9'])
    cloud.client.connect_host('backup', volume.provider_id)
    assert cloud.repair() == []
    assert connected(cloud, volume) == ['backup']


def test_volume_in_use_is_left_alone(cloud):
    volume = cloud.create()
    cloud.world.attach(volume, world_module.connector())
    cloud.write_tags(volume)
    assert cloud.repair() == []
    assert len(connected(cloud, volume)) == 1


def test_path_that_is_missing(cloud_of):
    cloud = cloud_of('sync true')
    kind = world_module.replicated_type('sync')
    volume = cloud.create(volume_type_id=kind.id)
    cloud.world.attach(volume, world_module.connector())
    cloud.write_tags(volume)
    assert cloud.audit() == []
    partner = cloud.operator.client(cloud.operator.arrays[1])
    [row] = partner.list_volume_private_connections(volume.provider_id)
    partner.disconnect_host(row['host'], volume.provider_id)

    found = cloud.audit()
    assert 'not over this array' in found[0]['cause']
    assert found[0]['array'] == 'beta'
    assert cloud.repair()[0]['is_repaired']
    assert partner.list_volume_private_connections(volume.provider_id)


def test_host_without_volumes(cloud):
    volume = cloud.create()
    cloud.world.connect(volume, world_module.connector())
    [host] = connected(cloud, volume)
    cloud.client.disconnect_host(host, volume.provider_id)
    [finding] = cloud.repair()
    assert (finding['check'], finding['subject']) == (
        'hosts', 'host %s' % host)
    assert finding['command'] == 'purehost delete %s' % host
    assert not finding['is_repaired'], 'an attach may be about to use it'


def test_old_tags(cloud):
    volume = cloud.world.create()
    [finding] = cloud.audit()
    assert finding['check'] == 'tags'
    assert finding['subject'] == 'volume %s' % volume.id
    assert 'DataStoreType, VolType' in finding['cause']
    assert cloud.repair()[0]['is_repaired']
    assert cloud.audit() == []


@pytest.mark.parametrize('rest_version', ['1.13', '1.18'])
def test_array_without_tags_or_limits(cloud_of, rest_version):
    cloud = cloud_of(array={'rest_versions': (rest_version,)})
    cloud.create()
    assert cloud.audit() == []
