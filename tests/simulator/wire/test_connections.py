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
"""TCP and TLS: keep-alive, many clients, and clients that misbehave."""

import collections
from concurrent import futures
import contextlib
import gc
import socket
import ssl
import threading
import weakref

import pytest
import requests

from flasharray_sim import faults
from flasharray_sim.wire import server

CLIENTS = 32
PATIENCE_S = 600


@pytest.fixture
def patient_array(monkeypatch, serve):
    """An array that no time-out helps out of being held up."""
    for name in ('IDLE_TIMEOUT_S', 'STOP_TIMEOUT_S'):
        monkeypatch.setattr(server, name, PATIENCE_S)
    return serve()


@contextlib.contextmanager
def secured(array, certificate_path, host='localhost'):
    """A TLS connection without HTTP on it."""
    context = ssl.create_default_context(cafile=certificate_path)
    with socket.create_connection(('127.0.0.1', array.port), 30) as plain:
        with context.wrap_socket(
                plain, server_hostname=host) as connection:
            yield connection


def test_one_connection_serves_many_requests(array, rest):
    for _number in range(50):
        assert rest('GET', 'array').status_code == 200
    assert len(array.requests) == 50
    assert array.connection_count == 1


def test_refusals_keep_the_connection(array, rest):
    for method, path in (('GET', 'volume/none'), ('PUT', 'nonsense'),
                         ('PATCH', 'array'), ('POST', 'volume/v?size=boom')):
        assert rest(method, path).status_code >= 400
    assert array.connection_count == 1


def test_client_that_closes_gets_a_new_connection_each_time(array, rest):
    for _number in range(3):
        rest('GET', 'array', headers={'Connection': 'close'})
    assert array.connection_count == 3


def test_certificate_is_verified(array, connect, tmp_path):
    client = connect(array)
    client.http.verify = True
    with pytest.raises(requests.exceptions.SSLError):
        client('GET', 'api_version', version='')


@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost'])
def test_certificate_names_both_ways_home(array, certificate_path, host):
    with secured(array, certificate_path, host) as connection:
        assert connection.version() in ('TLSv1.2', 'TLSv1.3')


def test_many_clients_at_once(array, connect):
    def work(number):
        client = connect(array).log_in()
        outcomes = [client('POST', 'volume/contended', json={'size': number})]
        for round_ in range(5):
            path = f'volume/v{number}-{round_}'
            outcomes.append(client('POST', path, json={'size': number}))
            outcomes.append(client('GET', path))
        return [reply.status_code for reply in outcomes]

    with futures.ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = list(pool.map(work, range(CLIENTS)))

    contended = collections.Counter(codes[0] for codes in outcomes)
    assert contended == {200: 1, 400: CLIENTS - 1}
    assert {code for codes in outcomes for code in codes[1:]} == {200}
    assert len(array.model.sizes) == CLIENTS * 5 + 1
    assert len(array.requests) == CLIENTS * 12
    assert len(array.sessions) == CLIENTS
    assert array.connection_count == CLIENTS


def test_array_that_was_stopped_is_let_go_of(serve, connect):
    array = serve()
    connect(array).log_in()
    served = weakref.ref(array._server)
    before = threading.active_count()
    array.stop()
    assert threading.active_count() < before
    gc.collect()
    assert served() is None


@pytest.mark.parametrize('said', [
    b'GET / HTTP/1.1\r\n\r\n', b'\x00' * 300], ids=['plain-http', 'noise'])
def test_clients_without_manners_hold_nobody_up(
        patient_array, connect, said):
    with contextlib.ExitStack() as stack:
        for _number in range(2 * server.WORKERS):
            stack.enter_context(socket.create_connection(
                ('127.0.0.1', patient_array.port), 30)).sendall(said)
        reply = connect(patient_array)('GET', 'api_version', version='')
        assert reply.status_code == 200


def test_workers_come_and_go_with_those_who_wait_for_answers(
        patient_array, connect, certificate_path, monkeypatch):
    def workers():
        return sum(thread.name.startswith('CP Server')
                   for thread in threading.enumerate())

    gate = threading.Event()
    monkeypatch.setattr(
        faults.Fault, 'next_delay_s', lambda _fault: gate.wait() and 0)
    patient_array.faults.add(faults.Fault('latency', path='array', delay_s=1))
    client = connect(patient_array).log_in()
    with contextlib.ExitStack() as stack:
        stack.callback(gate.set)
        for _number in range(4 * server.WORKERS):
            stack.enter_context(
                secured(patient_array, certificate_path)).sendall(
                    b'GET /api/1.19/array HTTP/1.1\r\nHost: a\r\n\r\n')
        while patient_array.faults.find('latency').hits < 4 * server.WORKERS:
            assert client('GET', 'volume').status_code == 200
        assert workers() > 4 * server.WORKERS
    for _number in range(1000):
        if workers() <= 4 * server.WORKERS:
            break
        client('GET', 'api_version', version='')
    assert workers() <= 4 * server.WORKERS
    statistics = patient_array._server.stats['Worker Threads']
    assert len(statistics) <= 4 * server.WORKERS


def test_client_in_the_middle_of_a_request_holds_no_stop_up(
        patient_array, certificate_path):
    with secured(patient_array, certificate_path) as connection:
        connection.sendall(b'POST /api/1.19/auth/session HTTP/1.1\r\n'
                           b'Host: array\r\nContent-Length: 10\r\n\r\n')
        patient_array.stop()
    assert not patient_array.is_online


def test_body_that_does_not_come_ends_its_connection_only(
        monkeypatch, serve, certificate_path, caplog):
    monkeypatch.setattr(server, 'IDLE_TIMEOUT_S', 0.2)
    array = serve()
    with secured(array, certificate_path) as connection:
        connection.sendall(b'POST /api/1.19/volume/v1 HTTP/1.1\r\n'
                           b'Host: array\r\nContent-Length: 10\r\n\r\n{')
        with contextlib.suppress(ConnectionError):
            assert connection.recv(65536) == b''
    assert list(array.requests) == []
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize('said', [
    b'nonsense\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n',
    b'get /api/api_version HTTP/1.1\r\n\r\n',
    b'POST /api/1.19/auth/session HTTP/1.1\r\nHost: a\r\n'
    b'Content-Length: many\r\n\r\n'])
def test_request_that_is_no_http_ends_its_own_connection_only(
        array, rest, certificate_path, said):
    with secured(array, certificate_path) as connection:
        connection.sendall(said)
        received = b''
        while part := connection.recv(65536):
            received += part
    assert received.split(b'\r\n')[0].split()[1] in (b'400', b'505')
    assert b'Traceback' not in received
    assert rest('GET', 'array').status_code == 200


def test_port_of_an_array_that_is_off_stays_its_own(array):
    array.stop()
    with socket.socket() as other, pytest.raises(OSError):
        other.bind(('127.0.0.1', array.port))
    array.start()
    assert array.is_online


def test_closed_array_gives_its_port_back(array):
    port = array.port
    array.close()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(('127.0.0.1', port))
        other.listen()


def test_two_arrays_cannot_have_one_port(array):
    with pytest.raises(OSError):
        blocked = server.Server(('127.0.0.1', array.port), lambda *_: [], 0)
        blocked.listen()
