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
"""What random requests have found, each by itself."""

import json

import pytest

from flasharray_sim import clock as clocks
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import peers
from flasharray_sim.state import store as stores
from tests.simulator.fuzz import generation
from tests.simulator.model import conftest


@pytest.fixture
def clock():
    return clocks.Clock(frozen=True)


@pytest.fixture
def pair(clock):
    """Clients of two arrays that know each other, alpha and beta."""
    fleet = peers.Fleet()
    return [conftest.Client(arrays.Array(
        stores.Store(), clock, arrays.ArrayConfig(name), fleet))
        for name in ('alpha', 'beta')]


@pytest.fixture
def client(pair):
    return pair[0]


@pytest.mark.parametrize('token', ['é', '====', 'a', '\0', 'aWQ=', '💥'])
def test_a_token_that_is_no_token_is_refused(target, token):
    reply = target.ask(generation.Request(
        'GET', b'/api/1.19/volume', json.dumps({'token': token}).encode()))
    reply.check_refused()
    assert reply.body[0]['msg'] == 'Invalid continuation token.'


def test_a_replicated_destruction_takes_snapshots_and_connections_along(
        pair, clock):
    source, target = pair
    target.post('pod/pod2')
    target.put('pod/pod2', requested_promotion_state='demoted')
    source.post('array/connection', type=['async'], connection_key=target.get(
        'array', connection_key=True)['connection_key'],
        management_address=target.get('network/vir0')['address'])
    source.post('pod/pod1')
    source.post('volume/pod1::v1', size='1G')
    source.post('pod/replica-link', local_pod_name='pod1',
                remote_pod_name='pod2', remote_name='beta')
    clock.advance(3600)
    target.post('volume', snap=True, source=['pod2::v1'], suffix='a')
    target.post('host/h1')
    target.post('host/h1/volume/pod2::v1')

    source.delete('volume/pod1::v1')
    clock.advance(3600)
    assert target.names('volume') == target.names('volume', snap=True) == []
    assert target.get('host', connect=True) == []

    source.put('volume/pod1::v1', action='recover')
    clock.advance(3600)
    assert target.names('volume') == ['pod2::v1']
    assert target.names('volume', snap=True) == ['pod2::v1.a']
    assert target.get('host', connect=True) == []


def test_hosts_are_not_protected_in_a_pod(client):
    client.post('pod/pod1')
    client.post('host/h1')
    client.post('pgroup/pod1::pg1')
    client.refusal('PUT', 'pgroup/pod1::pg1', hostlist=['h1'])
    client.refusal('POST', 'pgroup/pod1::pg2', hostlist=['h1'])
    assert [row['hosts'] for row in client.get('pgroup')] == [None]
