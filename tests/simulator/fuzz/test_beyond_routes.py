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
"""What no route declares: paths, verbs, sizes, credentials, no HTTP."""

import json

import hypothesis
from hypothesis import strategies
import pytest

from flasharray_sim.wire import decoding
from tests.simulator.fuzz import effort
from tests.simulator.fuzz import generation

METHODS = ('GET', 'POST', 'PUT', 'DELETE')
OTHER_METHODS = ('PATCH', 'OPTIONS', 'TRACE', 'FOO', 'PROPFIND', 'G-E-T')
# Wrong passwords are counted, and told.
LOGIN_RECORDS = ('Admin', 'Message', 'Counter')
AUTH = ('auth/session', 'auth/apitoken')
SEGMENTS = strategies.sampled_from(
    ('volume', 'host', 'hgroup', 'array', 'port', 'v1', 'h1', 'hg1', 'tags',
     'diff', 'nothing', 'api', '1.19', 'auth')) | generation.ABSURD_NAMES


def request(method, path, body=b'', content_type='application/json'):
    return generation.Request(method, path.encode(), body, content_type)


@strategies.composite
def anywhere(draw):
    """A verb on a path made of anything."""
    segments = draw(strategies.lists(SEGMENTS, min_size=1, max_size=6))
    root = draw(strategies.sampled_from(
        (b'/', b'/api/', b'/api/1.19/', b'/api/1.0/', b'/api/2.0/',
         b'/api/9999.1/', b'/api/01.19/', b'/api//1.19/', b'/API/1.19/')))
    target = root + b'/'.join(
        generation.encoded(segment, draw(strategies.booleans()))
        for segment in segments)
    # Two slashes at the start would be another server's name.
    hypothesis.assume(not target.startswith(b'//'))
    return generation.Request(
        draw(strategies.sampled_from((*METHODS, *OTHER_METHODS))), target)


def test_any_path_is_answered_or_refused(target):
    @effort.bounded(400)
    @hypothesis.given(anywhere())
    def run(anything):
        reply = target.ask(anything)
        if reply.status != 200:
            reply.check_refused()
        else:
            assert isinstance(reply.body, (dict, list))
    run()


@pytest.mark.parametrize('method', OTHER_METHODS)
@pytest.mark.parametrize('path', ['volume', 'volume/v1', 'array'])
def test_other_verbs_are_not_allowed(target, method, path):
    reply = target.ask(request(method, f'/api/1.19/{path}'))
    assert reply.status == 405
    reply.check_refused()


@pytest.mark.parametrize('path', [
    '/', '/api', '/api/', '/api/1.19', '/api/1.19/', '/api/1.19//volume',
    '/api/1.19/nothing', '/api/api_version/x',
    '/api/1.19/volume/a/b/c/d', '/api/1.19/VOLUME', '/favicon.ico'])
def test_unknown_paths_are_not_found(target, path):
    reply = target.ask(request('GET', path))
    assert reply.status == 404, reply
    reply.check_refused()


@pytest.mark.parametrize('version', ['1.20', '2.0', '0.0', '1.019', '9999.0'])
def test_versions_that_no_array_serves_are_gone(target, version):
    reply = target.ask(request('GET', f'/api/{version}/array'))
    assert reply.status == 450
    reply.check_refused()


@pytest.mark.parametrize('size_bytes', [
    decoding.BODY_LIMIT_BYTES + 1, 3 * decoding.BODY_LIMIT_BYTES])
def test_a_body_that_is_too_large_is_refused(target, size_bytes):
    body = b'{"size": "1G", "x": "' + b'y' * size_bytes + b'"}'
    reply = target.ask(request('POST', '/api/1.19/volume/new', body))
    reply.check_refused()
    assert reply.body[0]['msg'] == 'Request body is too large.'


def test_the_largest_body_is_read(target):
    filler = b'y' * (decoding.BODY_LIMIT_BYTES - 100)
    reply = target.ask(request(
        'POST', '/api/1.19/volume/new', b'{"bogus": "%s"}' % filler))
    reply.check_refused()
    assert 'unexpected parameter: bogus' in reply.body[0]['msg']


@pytest.mark.parametrize('depth', [100, 900, 990, 20000])
@pytest.mark.parametrize('open_, close', [(b'[', b']'), (b'{"a":', b'}')])
def test_deep_json_is_refused(target, depth, open_, close):
    body = b'{"size": ' + open_ * depth + b'1' + close * depth + b'}'
    target.ask(request(
        'POST', '/api/1.19/volume/new', body)).check_refused()


@pytest.mark.parametrize('half', [b'\\ud800', b'\\uDC00', b'\\ude00\\ud83d'])
def test_half_a_surrogate_pair_is_refused(target, half):
    for path, name in (('auth/apitoken', b'password'),
                       ('volume/new', b'source')):
        target.ask(request(
            'POST', f'/api/1.19/{path}', b'{"username": "pureuser", "%s": '
            b'"%s"}' % (name, half))).check_refused(is_auth=True)


def test_many_parameters_are_refused(target):
    many = '&'.join(f'p{number}=1' for number in range(20000)).encode()
    for content_type in ('application/x-www-form-urlencoded',
                         'application/json', 'nonsense', ''):
        target.ask(request('POST', '/api/1.19/volume/new', many,
                           content_type)).check_refused()


CREDENTIALS = strategies.dictionaries(
    strategies.sampled_from(('api_token', 'username', 'password', 'x')),
    strategies.none() | strategies.booleans() | strategies.integers()
    | strategies.text(max_size=20) | strategies.lists(strategies.integers())
    | strategies.sampled_from(('pureuser', '\ud800', '\0', 'x' * 10000)))


@pytest.mark.parametrize('path', AUTH)
def test_made_up_credentials_open_nothing(target, path):
    @effort.bounded(150)
    @hypothesis.given(CREDENTIALS)
    @hypothesis.example({'username': 'pureuser', 'password': '\ud800'})
    @hypothesis.example({'api_token': '\ud800'})
    def run(credentials):
        if credentials.get('username') == credentials.get(
                'password') == 'pureuser':
            return
        reply = target.ask(request(
            'POST', f'/api/1.19/{path}', json.dumps(credentials).encode()),
            LOGIN_RECORDS)
        reply.check_refused(is_auth=True)
    run()


@pytest.mark.parametrize('path', AUTH)
@pytest.mark.parametrize('body', [b'{', b'[]', b'1', b'\xff', b'{"a": NaN}'])
def test_malformed_credentials_open_nothing(target, path, body):
    target.ask(request(
        'POST', f'/api/1.19/{path}', body)).check_refused(is_auth=True)


NO_HTTP = (
    b'GET /api/1.19/volume/\xc3\xa9 HTTP/1.1\r\n\r\n',
    b'GET //other/api/1.19/array HTTP/1.1\r\n\r\n',
    b'GET //[/api HTTP/1.1\r\n\r\n',
    b'GET * HTTP/1.1\r\n\r\n',
    b'GET api HTTP/1.1\r\n\r\n',
    b'GET /api/1.19/volume/v1#part HTTP/1.1\r\n\r\n',
    b'get /api/1.19/volume HTTP/1.1\r\n\r\n',
    b'CONNECT /api/1.19/volume HTTP/1.1\r\n\r\n',
    b'CONNECT array:443 HTTP/1.1\r\n\r\n',
    b'GET /api/1.19/volume HTTP/3.0\r\n\r\n',
    b'GET /api/1.19/volume HTTP/x\r\n\r\n',
    b'GET /api/1.19/volume SPDY/1\r\n\r\n',
    b'GET /api/1.19/volume\r\n\r\n',
    b'GET /api/1.19/volume a b HTTP/1.1\r\n\r\n',
    b'nonsense\r\n\r\n',
    b'\0\r\n\r\n',
    b'GET /api/1.19/volume HTTP/1.1\n\n',
    b'GET /api/1.19/volume HTTP/1.1\r\nno colon\r\n\r\n',
    b'POST /api/1.19/volume HTTP/1.1\r\nContent-Length: x\r\n\r\n',
    b'POST /api/1.19/volume HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
    b'POST /api/1.19/volume HTTP/1.1\r\nTransfer-Encoding: odd\r\n\r\n',
    b'POST /api/1.19/volume HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'
    b'zz\r\n',
)


@pytest.mark.parametrize('data', NO_HTTP)
def test_what_is_no_http_is_refused_in_purity_s_form(target, data):
    line = target.open()
    try:
        line.send_raw(data)
        reply = line.read()
        assert reply.status in (400, 405, 501, 505)
        reply.check_error_body()
    finally:
        line.close()
    target.check_usable()
