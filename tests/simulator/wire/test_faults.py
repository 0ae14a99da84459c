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
"""Injected faults, as they arrive at a client."""

from concurrent import futures
import socket
import ssl

import pytest
import requests

from flasharray_sim import faults
from tests.simulator.wire import tiny


def statuses(array):
    return [(record.status, record.fault) for record in array.requests]


def test_fault_hits_as_often_as_it_counts(array, rest):
    fault = array.faults.add(faults.Fault('status', status=503, count=2))
    assert [rest('GET', 'array').status_code for _number in range(4)] == [
        503, 503, 200, 200]
    assert fault.hits == 2
    assert list(array.faults) == [fault]


def test_fault_lets_the_first_requests_through(array, rest):
    fault = array.faults.add(faults.Fault(
        'status', path='array', status=503, skip=2, count=1))
    assert rest('GET', 'volume').status_code == 200
    assert [rest('GET', 'array').status_code for _number in range(5)] == [
        200, 200, 503, 200, 200]
    assert (fault.skipped, fault.hits) == (2, 1)


def test_fault_without_a_count_hits_until_it_is_cleared(array, rest):
    fault = array.faults.add(faults.Fault('status', status=503))
    assert {rest('GET', 'array').status_code
            for _number in range(5)} == {503}
    array.faults.clear()
    assert rest('GET', 'array').status_code == 200
    assert fault.hits == 5


def test_one_fault_can_be_removed(array, rest):
    first = array.faults.add(faults.Fault('status', path='array'))
    array.faults.add(faults.Fault('status', path='volume'))
    array.faults.remove(first)
    assert rest('GET', 'array').status_code == 200
    assert rest('GET', 'volume').status_code == 500
    with pytest.raises(ValueError):
        array.faults.remove(first)


@pytest.mark.parametrize('method,pattern,hit', [
    ('*', '*', {'GET array', 'GET volume', 'POST volume/v', 'GET volume/v'}),
    ('GET', '*', {'GET array', 'GET volume', 'GET volume/v'}),
    ('POST', 'volume/*', {'POST volume/v'}),
    ('*', 'volume', {'GET volume'}),
    ('DELETE', '*', set()),
    ('*', 'Volume*', set())])
def test_fault_goes_by_verb_and_path(array, rest, method, pattern, hit):
    array.faults.add(faults.Fault(
        'status', method=method, path=pattern, status=503))
    asked = [('GET', 'array'), ('GET', 'volume'), ('POST', 'volume/v'),
             ('GET', 'volume/v')]
    assert {f'{verb} {path}' for verb, path in asked
            if rest(verb, path).status_code == 503} == hit


def test_fault_of_the_version_list_and_of_a_login(array, connect):
    client = connect(array)
    array.faults.add(faults.Fault('status', path='api_version', count=1))
    array.faults.add(faults.Fault('status', path='auth/*', count=1))
    assert client('GET', 'api_version', version='').status_code == 500
    assert client('GET', 'api_version', version='').status_code == 200
    assert client('POST', 'auth/session', json={
        'api_token': tiny.API_TOKEN}).status_code == 500
    client.log_in()


@pytest.mark.parametrize('status', [400, 401, 403, 450, 500, 503])
def test_status_has_puritys_body_and_no_effect(array, rest, status):
    array.faults.add(faults.Fault(
        'status', status=status, text='Not today.', count=1))
    reply = rest('POST', 'volume/v1', json={'size': 1})
    assert reply.status_code == status
    body = reply.json()
    body = body if status == 401 else body[0]
    assert list(body)[0] == 'pure_err_key'
    assert body['msg'] == 'Not today.'
    assert 'Set-Cookie' not in reply.headers
    assert array.model.sizes == {}
    assert statuses(array) == [(status, 'status')]
    assert rest('GET', 'array').status_code == 200


@pytest.mark.parametrize('kind,sizes,status', [
    ('reset_before', {}, None), ('reset_after', {'v1': 1}, 200)])
def test_reset(array, rest, kind, sizes, status):
    fault = array.faults.add(faults.Fault(
        kind, method='POST', path='volume/*', count=1))
    with pytest.raises(requests.ConnectionError):
        rest('POST', 'volume/v1', json={'size': 1})
    assert array.model.sizes == sizes
    assert fault.hits == 1
    assert statuses(array) == [(status, kind)]
    assert rest('GET', 'array').status_code == 200


def test_reset_after_a_refusal(array, rest):
    array.faults.add(faults.Fault('reset_after', count=1))
    with pytest.raises(requests.ConnectionError):
        rest('GET', 'volume/none')
    assert statuses(array) == [(400, 'reset_after')]


@pytest.mark.parametrize('kind', ['reset_before', 'reset_after'])
def test_reset_is_one_of_tcp(array, certificate_path, kind):
    array.faults.add(faults.Fault(kind))
    context = ssl.create_default_context(cafile=certificate_path)
    with socket.create_connection(('127.0.0.1', array.port), 30) as plain:
        with context.wrap_socket(
                plain, server_hostname='localhost') as secured:
            secured.sendall(b'GET /api/api_version HTTP/1.1\r\n'
                            b'Host: array\r\n\r\n')
            # TLS session tickets may come first.
            with pytest.raises(ConnectionResetError):
                while socket.socket.recv(secured, 65536):
                    pass


def test_latency_delays_and_answers(array, rest):
    fault = array.faults.add(faults.Fault(
        'latency', path='array', delay_s=0.01))
    assert rest('GET', 'array').json()['array_name'] == 'tiny'
    assert rest('GET', 'volume').status_code == 200
    assert fault.hits == 1
    assert statuses(array) == [(200, 'latency'), (200, None)]


def test_latency_outlasts_a_client_and_holds_nobody_else_up(array, rest):
    array.faults.add(faults.Fault(
        'latency', path='volume/*', delay_s=3600))
    with pytest.raises(requests.ReadTimeout):
        rest('POST', 'volume/v1', json={'size': 1}, timeout=0.2)
    assert rest('GET', 'array').status_code == 200


def test_array_that_stops_gives_up_what_it_delays(array, connect):
    client = connect(array).log_in()
    fault = array.faults.add(faults.Fault(
        'latency', path='volume/*', delay_s=3600))
    other = connect(array)
    with futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client, 'POST', 'volume/v1', json={'size': 1})
        for _number in range(10000):
            other('GET', 'api_version', version='')
            if fault.hits:
                break
        array.stop()
        with pytest.raises(requests.ConnectionError):
            waiting.result()
    assert fault.hits == 1
    assert array.model.sizes == {}


def test_latency_and_status_together(array, rest):
    slow = array.faults.add(faults.Fault('latency', delay_s=0.01))
    broken = array.faults.add(faults.Fault('status', status=503))
    assert rest('GET', 'array').status_code == 503
    assert (slow.hits, broken.hits) == (1, 1)


def assert_refused(array):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(('127.0.0.1', array.port), 30)


@pytest.mark.parametrize('leave,come_back', [
    (lambda array: array.faults.add(faults.Fault('offline')),
     lambda array: array.faults.clear()),
    (lambda array: array.faults.add(faults.Fault('offline')),
     lambda array: [array.faults.remove(fault)
                    for fault in array.faults]),
    (lambda array: array.stop(), lambda array: array.start())],
    ids=['clear', 'remove', 'stop'])
def test_offline_and_back(array, rest, leave, come_back):
    rest('POST', 'volume/v1', json={'size': 1})
    address = array.address
    for _round in range(2):
        leave(array)
        assert not array.is_online
        assert_refused(array)
        with pytest.raises(requests.ConnectionError):
            rest('GET', 'array')
        come_back(array)
        assert array.is_online
        assert rest('GET', 'volume/v1').json()['size'] == 1
    assert array.address == address


def test_offline_drops_open_connections(array):
    with socket.create_connection(('127.0.0.1', array.port), 30) as idle:
        array.faults.add(faults.Fault('offline'))
        try:
            assert idle.recv(1) == b''
        except ConnectionResetError:
            pass


def test_array_stays_offline_until_nothing_keeps_it(array):
    array.faults.add(faults.Fault('offline'))
    second = array.faults.add(faults.Fault('offline'))
    array.faults.remove(second)
    assert_refused(array)
    array.stop()
    array.faults.clear()
    assert_refused(array)
    array.start()
    assert array.is_online


def test_offline_array_comes_up_offline(array):
    array.stop()
    array.faults.add(faults.Fault('offline'))
    array.start()
    assert_refused(array)


@pytest.mark.parametrize('values', [
    {'kind': 'nonsense'}, {'kind': 'status', 'status': 200},
    {'kind': 'status', 'status': True}, {'kind': 'status', 'status': '500'},
    {'kind': 'status', 'method': 'get'}, {'kind': 'status', 'count': 0},
    {'kind': 'status', 'count': True}, {'kind': 'status', 'count': 1.5},
    {'kind': 'status', 'path': None}, {'kind': 'status', 'text': 7},
    {'kind': 'latency'}, {'kind': 'latency', 'delay_s': -1},
    {'kind': 'latency', 'delay_s': float('nan')},
    {'kind': 'latency', 'delay_s': 1e9},
    {'kind': 'latency', 'delay_s': True},
    {'kind': 'latency', 'delay_s': '1'},
    {'kind': 'latency', 'jitter_s': -1}, {'kind': 'latency', 'jitter_s': '1'},
    {'kind': 'status', 'jitter_s': 1}, {'kind': 'slow_body'},
    {'kind': 'slow_body', 'delay_s': 1, 'jitter_s': 1},
    {'kind': 'failover'}, {'kind': 'failover', 'delay_s': 1, 'count': 1},
    {'kind': 'link_down', 'path': 'volume'}, {'kind': 'link_down', 'peer': 1},
    {'kind': 'offline', 'count': 1}, {'kind': 'offline', 'path': 'volume'},
    {'kind': 'offline', 'method': 'GET'}])
def test_fault_that_makes_no_sense(values):
    with pytest.raises(ValueError):
        faults.Fault(**values)
