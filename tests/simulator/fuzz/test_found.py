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

from pure_cinder.simulator import clock as clocks
from pure_cinder.simulator.rules import array as arrays
from pure_cinder.simulator.state import store as stores
from tests.simulator.fuzz import generation
from tests.simulator.model import conftest


@pytest.fixture
def client():
    return conftest.Client(arrays.Array(
        stores.Store(), clocks.Clock(frozen=True),
        arrays.ArrayConfig('array-1')))


@pytest.mark.parametrize('token', ['é', '====', 'a', '\0', 'aWQ=', '💥'])
def test_a_token_that_is_no_token_is_refused(target, token):
    reply = target.ask(generation.Request(
        'GET', b'/api/1.19/volume', json.dumps({'token': token}).encode()))
    reply.check_refused()
    assert reply.body[0]['msg'] == 'Invalid continuation token.'


def test_hosts_are_not_protected_in_a_pod(client):
    client.post('pod/pod1')
    client.post('host/h1')
    client.post('pgroup/pod1::pg1')
    client.refusal('PUT', 'pgroup/pod1::pg1', hostlist=['h1'])
    client.refusal('POST', 'pgroup/pod1::pg2', hostlist=['h1'])
    assert [row['hosts'] for row in client.get('pgroup')] == [None]
