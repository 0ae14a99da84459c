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
"""Whether a failover would do what it is for, with any array down."""

import contextlib

from cinder import objects
import pytest

import flasharray_sim
from pure_cinder.cmd import check
from tests import arrays
from tests import world as world_module

TARGET = 'replication_device at-beta'


@pytest.fixture
def pair(checks_of):
    return checks_of(arrays=2)


def device(pair, kind='async'):
    return pair.operator.device(pair.operator.arrays[1], kind)


def connect(pair, kind='async'):
    source, target = pair.operator.arrays
    arrays.connect(pair.operator.client(source),
                   pair.operator.client(target), target.address, kind)
    pair.operator.forget_requests()


def start(pair, conf, kind='async'):
    """Let the driver set replication up, as its start does."""
    source, target = pair.operator.arrays
    world_module.World(world_module.backend_configuration(
        conf, 'started', volume_backend_name='pure', san_ip=source.address,
        pure_api_token=source.api_token, replication_device=[{
            'backend_id': 'at-beta', 'san_ip': target.address,
            'api_token': target.api_token, 'type': kind}])).start()
    pair.operator.forget_requests()


@contextlib.contextmanager
def offline(array):
    fault = array.faults.add(flasharray_sim.Fault('offline'))
    yield
    array.faults.remove(fault)


def test_arrays_that_are_not_connected(pair):
    found = pair.findings('replication', replication_device=device(pair))
    assert {finding['severity'] for finding in found} == {'error'}
    assert 'purearray connect' in found[0]['cause']
    assert found[0]['subject'] == TARGET


def test_connection_of_the_wrong_kind(pair):
    connect(pair)
    found = pair.findings('replication',
                          replication_device=device(pair, 'sync'))
    assert 'sync-replication' in found[0]['cause']


def test_replication_that_is_not_set_up(pair):
    connect(pair)
    *found, last = pair.findings('replication',
                                 replication_device=device(pair))
    assert any('cinder-group is missing' in finding['cause']
               for finding in found)
    assert 'no array that can serve' in last['cause']
    assert 'set up by its start' in last['remedy']


@pytest.mark.parametrize('kind', ['sync'])
def test_replication_that_is_ready(pair, conf, kind):
    connect(pair, kind)
    start(pair, conf, kind)
    assert pair.findings('replication',
                         replication_device=device(pair, kind)) == []
    assert 'A failover would go to at-beta.' in pair.ok('replication')


def test_destroyed_group_that_replication_needs(pair, conf):
    connect(pair)
    start(pair, conf)
    pair.operator.client(pair.array).destroy_pgroup('cinder-group')
    pair.operator.forget_requests()
    [finding] = pair.findings('limits', replication_device=device(pair))
    assert finding['subject'] == 'pure_replication_pg_name'
    assert 'protection group cinder-group' in finding['cause']


@pytest.mark.parametrize('number, subject', [
    (0, 'san_ip'), (1, 'san_ip of ' + TARGET)])
def test_array_that_is_down(pair, conf, number, subject):
    connect(pair, 'sync')
    start(pair, conf, 'sync')
    with offline(pair.operator.arrays[number]):
        found = pair.findings(replication_device=device(pair, 'sync'))
    [reach] = [finding for finding in found if finding['check'] == 'reach']
    assert reach['subject'] == subject
    assert len(pair.ok('reach')) == len(pair.ok('ports')) == 1
    assert pair.code == 2
    assert not any('could not be checked' in finding['cause']
                   for finding in found)


def test_all_arrays_are_down(pair):
    with offline(pair.operator.arrays[0]), offline(pair.operator.arrays[1]):
        found = pair.findings(replication_device=device(pair))
    assert [finding['check'] for finding in found].count('reach') == 2
    assert 'no array that can serve' in str(found)


def test_array_that_serves_is_the_one_that_cinder_says(pair, conf, database):
    connect(pair, 'sync')
    start(pair, conf, 'sync')
    pair.operator.write(
        default={'enabled_backends': 'pure', 'host': 'node'},
        pure=pair.operator.section(
            pair.array, replication_device=device(pair, 'sync')))
    objects.Service(world_module.CONTEXT, host='node@pure',
                    binary='cinder-volume', topic='cinder-volume',
                    active_backend_id='at-beta').create()
    _code, found = pair.operator.findings(check.main)
    assert 'A failover would go to pure.' in [
        finding['cause'] for finding in found]
    assert not [finding for finding in found
                if finding['check'] == 'service']
