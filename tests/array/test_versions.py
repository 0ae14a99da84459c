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
"""What an array's REST version lacks is not asked of it."""

import pytest

from pure_cinder.array import errors
from pure_cinder.array import models
from pure_cinder.types import specs

GIB = 1024 ** 3
IOPS = specs.QosLimits(iops=100)
BANDWIDTH = specs.QosLimits(bandwidth_bytes_s=1024 ** 2)
IQN = 'iqn.2001-01.org.example:h'

# The oldest version that has it, and a use of it.
SINCE = {
    'pods': ('1.13', lambda gateway: gateway.pods.create('pod')),
    'moves': ('1.13', lambda gateway: gateway.volumes.move('v', '')),
    'volume groups': ('1.13',
                      lambda gateway: gateway.volume_groups.create('vg')),
    'bandwidth at creation': (
        '1.14', lambda gateway: gateway.volumes.create('w', GIB, BANDWIDTH)),
    'bandwidth': ('1.14', lambda gateway: gateway.volumes.set_qos(
        'v', BANDWIDTH)),
    'no limits': ('1.14', lambda gateway: gateway.volumes.set_qos(
        'v', specs.QosLimits())),
    'look at limits': ('1.14', lambda gateway: gateway.volumes.get_qos('v')),
    'preference': (
        '1.15', lambda gateway: gateway.hosts.create(
            'i', 'iqn', [IQN + 'i'], preferred_arrays=['pure02'])),
    'iops at creation': (
        '1.17', lambda gateway: gateway.volumes.create('w', GIB, IOPS)),
    'iops': ('1.17', lambda gateway: gateway.volumes.set_qos('v', IOPS)),
    'limits of a volume group': (
        '1.17', lambda gateway: gateway.volume_groups.create('vg', IOPS)),
    'tags': ('1.19', lambda gateway: gateway.volumes.set_tag(
        'v', 'key', 'value', 'tags.example')),
}


def before(version):
    return '1.%d' % (int(version.partition('.')[2]) - 1)


@pytest.mark.parametrize('verb', SINCE)
def test_oldest_version_that_has_it(old_gateway, verb):
    version, act = SINCE[verb]
    gateway, _array = old_gateway(version)
    gateway.volumes.create('v', GIB)
    gateway.hosts.create('h', 'iqn', [IQN])
    act(gateway)


@pytest.mark.parametrize('verb', SINCE)
def test_nothing_is_sent_to_a_version_before(old_gateway, verb):
    version, act = SINCE[verb]
    gateway, array = old_gateway(before(version))
    gateway.get_array()
    array.requests.clear()
    with pytest.raises(errors.ArrayVersionError, match='Upgrade Purity'):
        act(gateway)
    assert not len(array.requests)


def test_groups_work_on_the_oldest_version(old_gateway):
    gateway, _array = old_gateway('1.7')
    gateway.volumes.create('v', GIB)
    gateway.pgroups.create('pg')
    gateway.pgroups.add_volumes('pg', ['v'])
    gateway.pgroups.add_target('pg', 'old2')
    assert gateway.pgroups.create_snapshot('pg', 's', True).name == 'pg.s'
    assert [volume.name for volume
            in gateway.pgroups.snapshot_volumes('pg.s')] == ['pg.s.v']
    assert gateway.volumes.list_protected() == {'v': ('pg',)}


@pytest.mark.parametrize('version, kind', [
    ('1.7', 'replication'), ('1.16', 'sync-replication'),
    ('1.17', 'sync-replication')])
def test_connected_arrays_in_every_form(old_gateway, version, kind):
    gateway, _array = old_gateway(version)
    connection, = gateway.list_array_connections()
    assert connection.array_name == 'old2'
    assert connection.is_connected
    assert connection.types == (kind,)


@pytest.mark.parametrize('version, expected', [
    ((1, 12), set()), ((1, 13), {'pods', 'volume_groups'}),
    ((1, 16), {'pods', 'volume_groups', 'personality', 'bandwidth_limit',
               'preferred_array', 'nvme', 'latency'})])
def test_capabilities(version, expected):
    capabilities = vars(models.Capabilities.of(version))
    assert {name for name, has in capabilities.items() if has} == expected
    assert all(vars(models.Capabilities.of((1, 19))).values())
