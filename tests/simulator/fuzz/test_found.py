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

from tests.simulator.fuzz import generation


@pytest.mark.parametrize('token', ['é', '====', 'a', '\0', 'aWQ=', '💥'])
def test_a_token_that_is_no_token_is_refused(target, token):
    reply = target.ask(generation.Request(
        'GET', b'/api/1.19/volume', json.dumps({'token': token}).encode()))
    reply.check_refused()
    assert reply.body[0]['msg'] == 'Invalid continuation token.'
