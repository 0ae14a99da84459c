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
"""Sessions, tokens and versions, as any HTTP client sees them."""

import pytest

from tests.simulator.wire import tiny

REFUSAL_KEYS = ['pure_err_key', 'code', 'ctx', 'pure_err_code', 'msg']


def test_version_list_needs_no_session(array, connect):
    reply = connect(array)('GET', 'api_version', version='')
    assert reply.status_code == 200
    assert reply.json() == {'version': list(tiny.REST_VERSIONS)}
    assert 'Set-Cookie' not in reply.headers


def test_request_without_a_session_is_refused(array, connect):
    reply = connect(array)('GET', 'array')
    assert reply.status_code == 401
    assert list(reply.json()) == REFUSAL_KEYS
    assert array.model.calls == []


def test_wrong_token_is_refused(array, connect):
    reply = connect(array)('POST', 'auth/session', json={'api_token': 'no'})
    assert reply.status_code == 401
    assert list(reply.json()) == REFUSAL_KEYS
    assert 'Set-Cookie' not in reply.headers
    assert len(array.sessions) == 0


@pytest.mark.parametrize('body', [{}, {'api_token': None},
                                  {'api_token': ['a']}])
def test_token_that_is_none_is_refused(array, connect, body):
    assert connect(array)(
        'POST', 'auth/session', json=body).status_code == 401


def test_token_for_credentials(array, connect):
    reply = connect(array)('POST', 'auth/apitoken', json={
        'username': 'pureuser', 'password': 'pureuser'})
    assert reply.json() == {'api_token': tiny.API_TOKEN}


@pytest.mark.parametrize('password', ['wrong', None, 7])
def test_wrong_credentials_are_refused_with_an_object(
        array, connect, password):
    reply = connect(array)('POST', 'auth/apitoken', json={
        'username': 'pureuser', 'password': password})
    assert reply.status_code == 400
    assert reply.json()['msg'] == 'invalid credentials'


def test_session_from_the_whole_token_reply(array, connect):
    client = connect(array)
    token = client('POST', 'auth/apitoken', json={
        'username': 'pureuser', 'password': 'pureuser'}).json()
    reply = client('POST', 'auth/session', json={**token, 'extra': 1})
    assert reply.json() == {'username': 'pureuser'}


def test_form_that_says_it_is_a_form(array, connect):
    reply = connect(array)('POST', 'auth/session',
                           data={'api_token': tiny.API_TOKEN})
    assert reply.json() == {'username': 'pureuser'}


def test_form_that_says_it_is_json(array, connect):
    reply = connect(array)(
        'POST', 'auth/session', data=f'api_token={tiny.API_TOKEN}',
        headers={'Content-Type': 'application/json'})
    assert reply.json() == {'username': 'pureuser'}


def test_cookie_comes_with_every_success_and_stays_the_same(rest):
    first = rest.cookie
    for path in ('array', 'volume', 'array'):
        reply = rest('GET', path)
        assert reply.cookies.get('session') == first
        assert 'Path=/' in reply.headers['Set-Cookie']
        assert 'Domain' not in reply.headers['Set-Cookie']
    assert rest('GET', 'api_version', version='').cookies.get(
        'session') == first


def test_refusal_sets_no_cookie_and_ends_no_session(rest):
    assert 'Set-Cookie' not in rest('GET', 'volume/none').headers
    assert rest('GET', 'array').status_code == 200


def test_cookie_comes_once_when_refreshing_is_off(array, rest):
    array.refreshes_cookie = False
    assert 'Set-Cookie' not in rest('GET', 'array').headers
    assert rest.log_in()('GET', 'array').status_code == 200


def test_closed_session_is_dead(array, rest):
    cookie = rest.cookie
    reply = rest('DELETE', 'auth/session')
    assert reply.json() == {'username': 'pureuser'}
    assert 'Set-Cookie' not in reply.headers
    assert rest.cookie == cookie
    assert rest('GET', 'array').status_code == 401
    assert len(array.sessions) == 0


def test_idle_session_expires_after_thirty_minutes(clock, rest):
    clock.advance(30 * 60)
    assert rest('GET', 'array').status_code == 200
    clock.advance(30 * 60 + 1)
    assert rest('GET', 'array').status_code == 401


def test_use_keeps_a_session_alive(array, clock, connect, rest):
    other = connect(array).log_in()
    for _number in range(4):
        clock.advance(20 * 60)
        assert rest('GET', 'array').status_code == 200
    assert len(array.sessions) == 1
    assert other('GET', 'array').status_code == 401


def test_expire_all(array, rest):
    array.sessions.expire_all()
    assert rest('GET', 'array').status_code == 401
    assert rest.log_in()('GET', 'array').status_code == 200


def test_unknown_cookie_is_refused(array, connect):
    client = connect(array)
    client.http.cookies.set('session', 'f' * 32)
    assert client('GET', 'array').status_code == 401


@pytest.mark.parametrize('version', ['1.20', '2.0', '0.9', '1.019'])
def test_version_that_is_not_served(array, rest, version):
    reply = rest('GET', 'array', version=version)
    assert reply.status_code == 450
    assert version in reply.json()[0]['msg']
    assert array.model.calls == []


def test_version_that_went_away(array, rest):
    array.rest_versions = ('1.0', '1.1')
    assert rest('GET', 'array').status_code == 450
    assert rest('POST', 'auth/session',
                json={'api_token': tiny.API_TOKEN}).status_code == 450
    assert rest('GET', 'array', version='1.1').status_code == 200
    assert rest('GET', 'api_version', version='').json() == {
        'version': ['1.0', '1.1']}


@pytest.mark.parametrize('method,path,version', [
    ('POST', 'api_version', ''), ('GET', 'auth/apitoken', '1.19'),
    ('PUT', 'auth/session', '1.19')])
def test_wrong_verb(rest, method, path, version):
    assert rest(method, path, version=version).status_code == 405
