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
"""Requests and replies over HTTPS."""

from email import utils
import json
import logging
import socket
import ssl

import pytest

from flasharray_sim.wire import decoding
from tests.simulator.wire import tiny


def last_call(array):
    return array.model.calls[-1]


def test_query_and_body_are_merged_and_the_body_wins(array, rest):
    rest('GET', 'volume', params={'names': 'a,b', 'limit': '5'},
         json={'names': ['c'], 'pending': True})
    assert last_call(array).params == {
        'names': ['c'], 'limit': 5, 'pending': True}


@pytest.mark.parametrize('arguments,expected', [
    ({'json': {'space': True}}, {'space': True}),
    ({'params': {'space': 'true'}}, {'space': True}),
    ({'params': 'space'}, {'space': True}),
    ({'data': 'null'}, {}), ({'data': b''}, {}), ({'json': {}}, {}),
    ({'json': {'space': 'False'}}, {'space': False})])
def test_parameters_of_a_get(array, rest, arguments, expected):
    assert rest('GET', 'array', **arguments).status_code == 200
    assert last_call(array).params == expected


def test_call_knows_version_and_user(array, rest):
    rest('GET', 'array', version='1.7')
    call = last_call(array)
    assert (call.rest_version, call.user) == ((1, 7), 'pureuser')
    assert not call.flag('space')
    assert call.get('space', 'absent') == 'absent'


def test_answers_bear_the_time_of_the_arrays(clock, rest):
    clock.advance(86400)
    assert utils.parsedate_to_datetime(rest('GET', 'array').headers[
        'Date']) == clock.now().replace(microsecond=0)


def test_clock_is_looked_at_before_each_operation(array, rest):
    rest('GET', 'array')
    rest('GET', 'volume')
    assert array.model.ticks == 2


def test_reply_is_json_with_headers(array, rest):
    rest('POST', 'volume/v1', json={'size': 1024})
    reply = rest('GET', 'volume')
    assert reply.json() == [{'name': 'v1'}]
    assert reply.headers['x-total-item-count'] == '1'
    assert 'application/json' in reply.headers['Content-Type']


def test_refusal_is_a_list_that_begins_with_the_key(rest):
    reply = rest('GET', 'volume/none')
    assert reply.status_code == 400
    assert str(reply.json())[3:15] == 'pure_err_key'
    assert reply.json() == [{
        'pure_err_key': 'err.friendly', 'code': 6, 'ctx': 'none',
        'pure_err_code': 1, 'msg': 'Volume does not exist.'}]
    assert 'Volume does not exist.' in reply.text
    assert 'application/json' in reply.headers['Content-Type']


def test_refusal_has_one_element_for_each_object(rest):
    reply = rest('POST', 'volume', json={'snap': True, 'source': ['a', 'b']})
    assert reply.status_code == 400
    assert [element['ctx'] for element in reply.json()] == ['a', 'b']


@pytest.mark.parametrize('method,path,status', [
    ('GET', 'nonsense', 404), ('GET', 'volume/a/b/c', 404),
    ('PUT', 'volume', 405), ('PATCH', 'volume/v', 405),
    ('OPTIONS', 'volume', 405)])
def test_unknown_path_or_verb(rest, method, path, status):
    reply = rest(method, path)
    assert reply.status_code == status
    assert reply.json()[0]['pure_err_key'] == 'err.friendly'


@pytest.mark.parametrize('path', ['nonsense', '1.19', '1.19/', 'x/volume'])
def test_path_outside_the_api(rest, path):
    reply = rest('GET', path, version='')
    assert reply.status_code == 404
    assert reply.json()[0]['pure_err_key'] == 'err.friendly'


def test_head_has_no_body(rest):
    reply = rest('HEAD', 'volume')
    assert (reply.status_code, reply.content) == (405, b'')
    assert rest('GET', 'volume').status_code == 200


def test_path_is_hidden_before_its_version(rest):
    assert rest('GET', 'pod', version='1.12').status_code == 404
    assert rest('GET', 'pod', version='1.13').status_code == 200


def test_strict_names_the_parameter_that_nobody_knows(array, rest):
    reply = rest('GET', 'volume', params={'nonsense': '1'})
    assert reply.status_code == 400
    assert 'Invalid combination of parameters specified' in reply.text
    assert 'nonsense' in reply.text
    assert array.model.calls == []


def test_strict_goes_by_the_version(rest):
    path = 'volume?pgroup=true'
    assert rest('GET', path, version='1.3').status_code == 200
    assert rest('GET', path, version='1.4').status_code == 400


def test_lenient_ignores_unknown_parameters(serve, connect):
    array = serve(strict=False)
    client = connect(array).log_in()
    reply = client('GET', 'volume', params={'nonsense': '1', 'limit': '2'})
    assert reply.status_code == 200
    assert last_call(array).params == {'limit': 2}


@pytest.mark.parametrize('path,expected', [
    ('volume/vg/host', [{'name': 'vg', 'host': 'h1'}]),
    ('volume/vg2/host', {'name': 'vg2/host', 'size': 2}),
    ('volume/vg2%2Fhost/host', [{'name': 'vg2/host', 'host': 'h1'}])])
def test_volume_called_like_a_sub_resource(array, rest, path, expected):
    array.model.sizes.update({'vg': 1, 'vg2/host': 2})
    assert rest('GET', path).json() == expected


def test_name_with_everything_in_it(array, rest):
    reply = rest('POST', 'host/h/volume/pod%3A%3Av%25%20%C3%A9')
    assert reply.json() == {'name': 'h', 'vol': 'pod::v% é'}
    assert [record.path for record in array.requests] == [
        'host/h/volume/pod::v% é']


def test_name_that_is_not_even_text(rest):
    for verb, body in (('GET', b'{"names": ["\\ud800"]}'),
                       ('POST', b'{"source": ["\\ud800"]}')):
        reply = rest(verb, 'volume', data=body)
        assert reply.status_code == 400
        assert 'not Unicode' in reply.json()[0]['msg']
    assert rest('GET', 'volume/%FF%00').status_code == 400


@pytest.mark.parametrize('body', [b'{', b'[1]', b'\xff', b'{"a": NaN}'])
def test_malformed_body(array, rest, body):
    reply = rest('POST', 'volume/v1', data=body)
    assert reply.status_code == 400
    assert reply.json()[0]['pure_err_key'] == 'err.friendly'
    assert array.model.sizes == {}


def chunks(size_bytes):
    for _number in range(size_bytes // 65536 + 1):
        yield b'a' * 65536


@pytest.mark.parametrize('make_body', [
    lambda size: b'a' * (size + 1), chunks], ids=['length', 'chunked'])
def test_body_limit_leaves_the_connection_in_order(array, rest, make_body):
    reply = rest('POST', 'volume/v1',
                 data=make_body(decoding.BODY_LIMIT_BYTES))
    assert reply.status_code == 400
    assert reply.json()[0]['pure_err_key'] == 'err.friendly'
    assert rest('GET', 'array').status_code == 200
    assert array.connection_count == 1


def test_chunked_body_is_read(array, rest):
    rest('POST', 'volume/v1', data=iter([b'{"si', b'ze": 7}']))
    assert array.model.sizes == {'v1': 7}


def raw_request(array, certificate_path, said):
    """What is answered to it until the array closes the connection."""
    context = ssl.create_default_context(cafile=certificate_path)
    with socket.create_connection(('127.0.0.1', array.port), 30) as plain:
        with context.wrap_socket(
                plain, server_hostname='localhost') as connection:
            connection.sendall(said)
            return b''.join(iter(lambda: connection.recv(65536), b''))


@pytest.mark.parametrize('size', [
    b'7FFFFFFF', b'FFFFFFFF', b'7FFFFFFFFFFFFFFF', b'FFFFFFFFFFFFFFFF',
    b'1' + 30 * b'0', 5000 * b'F', b'-1', b'0x5', b'5 5', b'', b';x',
    5000 * b'0'])
def test_chunk_of_no_sensible_size_is_refused_at_once(
        array, rest, certificate_path, size, caplog):
    reply = raw_request(array, certificate_path, (
        b'POST /api/1.19/volume/v1 HTTP/1.1\r\nHost: a\r\n'
        b'Transfer-Encoding: chunked\r\n\r\n' + size + b'\r\nhello\r\n'))
    head, _, body = reply.partition(b'\r\n\r\n')
    assert head.startswith(b'HTTP/1.1 400 ')
    assert json.loads(body)[0]['pure_err_key'] == 'err.friendly'
    assert [record for record in caplog.records if record.exc_info] == []
    assert rest('GET', 'array').status_code == 200


@pytest.mark.parametrize('length', [b'9' * 11, b'9' * 20, b'9' * 5000])
def test_length_of_no_sensible_size_is_refused_at_once(
        array, certificate_path, length):
    assert raw_request(array, certificate_path, (
        b'POST /api/1.19/volume/v1 HTTP/1.1\r\nHost: a\r\n'
        b'Content-Length: ' + length + b'\r\n\r\n{}')).startswith(
            b'HTTP/1.1 400 ')


def test_chunks_with_all_that_belongs_to_them(array, certificate_path):
    reply = raw_request(array, certificate_path, (
        b'POST /api/1.19/auth/session HTTP/1.1\r\nHost: a\r\n'
        b'Transfer-Encoding: chunked\r\n\r\n'
        b'00f;name=value\r\n{"api_token": "\r\n'
        + b'24 \r\n' + tiny.API_TOKEN.encode() + b'\r\n'
        b'2\r\n"}\r\n0\r\nTrailer: x\r\n\r\n'
        b'GET /api/api_version HTTP/1.1\r\nHost: a\r\n'
        b'Connection: close\r\n\r\n'))
    assert reply.count(b'HTTP/1.1 200 OK') == 2


def test_mistake_in_a_rule_is_an_internal_error(array, rest, caplog):
    reply = rest('POST', 'volume/v1', json={'size': 'boom'})
    assert reply.status_code == 500
    assert reply.json()[0]['pure_err_key'] == 'err.friendly'
    assert 'ZeroDivisionError' not in reply.text
    assert 'Traceback' not in reply.text
    assert array.model.sizes == {}
    failures = [record for record in caplog.records
                if record.levelno == logging.ERROR]
    assert len(failures) == 1
    assert failures[0].exc_info[0] is ZeroDivisionError
    assert rest('GET', 'array').status_code == 200


def test_request_log(array, rest):
    rest('POST', 'volume/v1', json={'size': 1024}, version='1.5',
         headers={'User-Agent': 'a test'})
    reply = rest('GET', 'volume/none?extra=1')
    first, second = array.requests
    assert (first.method, first.path, first.params, first.status,
            first.rest_version, first.user_agent, first.fault) == (
                'POST', 'volume/v1', {'size': 1024}, 200, '1.5', 'a test',
                None)
    assert (second.path, second.params, second.status) == (
        'volume/none', {'extra': '1'}, 400)
    assert second.reply_size_bytes == len(reply.content)
    array.requests.clear()
    assert len(array.requests) == 0


def test_secrets_are_logged_nowhere(array, connect, caplog):
    caplog.set_level(logging.DEBUG)
    client = connect(array).log_in()
    chap = 'chap-secret-0123'
    client('POST', 'auth/apitoken', json={
        'username': 'pureuser', 'password': 'pass-secret-0123'})
    client('PUT', 'host/h', json={
        'host_password': chap, 'nested': [{'target_password': chap}],
        'connection_key': chap, 'Old_Password': chap})
    client('GET', 'volume', params={
        'extra': 'x', 'api_token': tiny.API_TOKEN})
    logged = ' '.join(record.getMessage() for record in caplog.records
                      if not record.name.startswith('urllib3'))
    seen = repr(list(array.requests)) + logged
    assert len(array.requests) == 4
    assert logged.count('auth/apitoken') == 1
    for secret in (tiny.API_TOKEN, client.cookie, chap, 'pass-secret-0123'):
        assert secret not in seen
