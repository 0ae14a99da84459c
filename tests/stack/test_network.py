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
"""The stand-in for Neutron keeps what it is given."""

import pytest

from tools.stack import network_main

GROUPS = '/v2.0/security-groups'


@pytest.fixture
def collections():
    return network_main.Collections()


@pytest.mark.parametrize('name', ['networks', 'ports', 'floatingips'])
def test_there_are_no_networks(collections, name):
    assert collections.answer('GET', '/v2.0/%s?tenant_id=1' % name, {}) == (
        200, {name: []})


def test_group_that_is_made_is_found_and_deleted(collections):
    status, made = collections.answer(
        'POST', GROUPS, {'security_group': {'name': 'mine'}})
    assert status == 201
    group = made['security_group']
    named = GROUPS + '?name=mine&tenant_id=1'
    assert collections.answer('GET', named, {}) == (
        200, {'security_groups': [group]})
    path = '%s/%s' % (GROUPS, group['id'])
    assert collections.answer('GET', path, {}) == (
        200, {'security_group': group})
    assert collections.answer('DELETE', path, {}) == (204, None)
    assert collections.answer('GET', path, {})[0] == 404
    assert collections.answer('DELETE', path, {})[0] == 404
