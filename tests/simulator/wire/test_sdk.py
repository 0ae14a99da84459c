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
"""The real SDK, with its habits, against the wire."""

import collections

import purestorage
import pytest

from tests.simulator.wire import tiny


def paths(array):
    return [f'{record.method} {record.path}' for record in array.requests]


def test_session_starts_with_two_requests_and_lasts(array, sdk):
    client = sdk()
    assert client.get_rest_version() == '1.19'
    for _number in range(3):
        assert client.get()['array_name'] == 'tiny'
    assert paths(array) == [
        'GET api_version', 'POST auth/session', *['GET array'] * 3]


def test_username_and_password(array, sdk):
    client = sdk(username='pureuser', password='pureuser')
    assert client.get()['array_name'] == 'tiny'
    assert paths(array)[1] == 'POST auth/apitoken'


def test_flags_travel_in_the_body_of_a_get(array, sdk):
    sdk().get(space=True)
    assert array.model.calls[-1].params == {'space': True}


def test_create_list_delete(sdk):
    client = sdk()
    assert client.create_volume('v1', '10G') == {'name': 'v1', 'size': '10G'}
    assert client.create_volume('pod::v2', 1024)['name'] == 'pod::v2'
    assert client.create_volume('vg/v3', 1024)['name'] == 'vg/v3'
    volumes = client.list_volumes()
    assert [volume['name'] for volume in volumes] == [
        'pod::v2', 'v1', 'vg/v3']
    assert volumes.headers['x-total-item-count'] == '3'
    assert client.destroy_volume('vg/v3') == {'name': 'vg/v3'}
    with pytest.raises(purestorage.PureHTTPError) as caught:
        client.destroy_volume('vg/v3')
    assert caught.value.code == 400
    assert 'Volume does not exist.' in caught.value.text


def test_lost_cookie_costs_three_requests_for_each_call(array, sdk):
    array.refreshes_cookie = False
    client = sdk()
    client.get()
    array.requests.clear()
    for _number in range(2):
        assert client.get()['array_name'] == 'tiny'
    assert paths(array) == ['GET array', 'POST auth/session',
                            'GET array'] * 2
    assert collections.Counter(
        record.status for record in array.requests) == {200: 4, 401: 2}


def test_expired_session_is_opened_again(array, clock, sdk):
    client = sdk()
    clock.advance(31 * 60)
    array.requests.clear()
    assert client.get()['array_name'] == 'tiny'
    assert [record.status for record in array.requests] == [401, 200, 200]


def test_session_that_was_ended_is_opened_again(array, sdk):
    client = sdk()
    client.invalidate_cookie()
    assert len(array.sessions) == 0
    assert client.get()['array_name'] == 'tiny'
    assert len(array.sessions) == 1


@pytest.mark.parametrize('credentials,code', [
    ({'api_token': 'wrong'}, 401),
    ({'username': 'pureuser', 'password': 'wrong'}, 400)])
def test_wrong_credentials(sdk, credentials, code):
    with pytest.raises(purestorage.PureHTTPError) as caught:
        sdk(**credentials)
    assert caught.value.code == code


def test_version_that_goes_away_is_negotiated_again(array, sdk):
    client = sdk()
    array.rest_versions = tiny.REST_VERSIONS[:-1]
    array.requests.clear()
    assert client.get()['array_name'] == 'tiny'
    assert client.get_rest_version() == '1.18'
    assert [(record.path, record.status) for record in array.requests] == [
        ('array', 450), ('api_version', 200), ('array', 200)]


def test_pinned_version_that_goes_away_is_an_error(array, sdk):
    client = sdk(rest_version='1.19')
    array.rest_versions = tiny.REST_VERSIONS[:-1]
    with pytest.raises(purestorage.PureHTTPError) as caught:
        client.get()
    assert caught.value.code == 450


def test_pinned_version_is_the_one_that_is_asked(array, sdk):
    client = sdk(rest_version='1.3')
    client.list_volumes(pgroup=True)
    assert array.model.calls[-1].rest_version == (1, 3)
    with pytest.raises(ValueError, match='Array is incompatible'):
        array.rest_versions = ('1.0',)
        sdk(rest_version='1.3')


def test_connection_per_call_is_the_sdks_own_habit(array, sdk):
    client = sdk()
    client.get()
    assert array.connection_count == len(array.requests) == 3
