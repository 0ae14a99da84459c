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
"""Clients that stop in the middle of what they say keep nobody out.

No time-out helps: it is longer than the tests' own patience.
"""

import contextlib
import json
import select
import socket
import ssl
import threading

import pytest
import requests

from flasharray_sim.wire import connection as connections
from flasharray_sim.wire import server
from tests.simulator.wire import tiny

HELD = 200
GOOD = 50
LINE = b'POST /api/1.19/volume/v HTTP/1.1\r\n'
HEAD = LINE + b'Host: a\r\n'
# What is said after the handshake.
HALVES = {
    'nothing': b'', 'line': LINE[:20], 'headers': HEAD,
    'body': HEAD + b'Content-Length: 9\r\n\r\n{',
    'chunk-size': HEAD + b'Transfer-Encoding: chunked\r\n\r\n5',
    'chunk': HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{',
    'trailer': HEAD + b'Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n'}
# What is said instead of it.
HALF_HELLOS = {'silence': b'', 'half-a-hello': b'\x16\x03\x01\x02\x00\x01'}


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    for name in ('IDLE_TIMEOUT_S', 'STOP_TIMEOUT_S'):
        monkeypatch.setattr(server, name, 600)


@pytest.fixture
def say(array, certificate_path):
    """Open a secured connection and say something on it."""
    context = ssl.create_default_context(cafile=certificate_path)
    with contextlib.ExitStack() as stack:
        def start(said):
            connection = stack.enter_context(context.wrap_socket(
                socket.create_connection(('127.0.0.1', array.port), 30),
                server_hostname='localhost'))
            connection.sendall(said)
            return connection
        yield start


@pytest.fixture
def say_plainly():
    """Open a TCP connection to (host, port) and say something on it."""
    with contextlib.ExitStack() as stack:
        def start(address, said):
            connection = stack.enter_context(
                socket.create_connection(address, 30))
            connection.sendall(said)
            return connection
        yield start


def is_open(connection) -> bool:
    """Whether the other side has not ended it."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return poll.poll(0) == []


def wait_closed(connection) -> None:
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    assert poll.poll(30_000)


def workers() -> int:
    return sum(thread.name.startswith('CP Server')
               for thread in threading.enumerate())


def check_served(client, held, most_workers):
    """The client is, while all the others are still there."""
    for _number in range(GOOD):
        assert client('GET', 'array').status_code == 200
    assert [is_open(connection) for connection in held] == (
        [True] * len(held))
    assert workers() <= most_workers


@pytest.mark.parametrize('said', HALVES.values(), ids=HALVES)
def test_half_sent_requests_take_no_worker(array, rest, say, said):
    before = workers()
    held = [say(said) for _number in range(HELD)]
    check_served(rest, held, before)
    assert array.connection_count == HELD + 1


@pytest.mark.parametrize('said', HALF_HELLOS.values(), ids=HALF_HELLOS)
def test_half_handshakes_take_no_worker(array, rest, say_plainly, said):
    before = workers()
    held = [say_plainly(('127.0.0.1', array.port), said)
            for _number in range(HELD)]
    check_served(rest, held, before)


def test_clients_that_come_later_are_served(array, connect, say):
    held = [say(said) for said in HALVES.values() for _number in range(20)]
    for _number in range(10):
        client = connect(array).log_in()
        assert client('GET', 'array').status_code == 200
        client.http.close()
    assert all(map(is_open, held))


@pytest.mark.parametrize('said', [
    b'GET /control/re', b'GET /control/ready HTTP/1.1\r\nHost: a\r\n',
    b'POST /control/clock/advance HTTP/1.1\r\nHost: 127.0.0.1\r\n'
    b'Content-Length: 20\r\n\r\n{'], ids=['line', 'headers', 'body'])
def test_half_requests_keep_nobody_off_the_control_api(
        simulator, say_plainly, said):
    host, port = simulator.control_address.removeprefix('http://').split(':')
    before = workers()
    held = [say_plainly((host, int(port)), said) for _number in range(HELD)]
    with requests.Session() as session:
        session.trust_env = False
        for _number in range(GOOD):
            reply = session.get(
                f'{simulator.control_address}/control/ready', timeout=30)
            assert reply.json() == {'ready': True}
    assert all(map(is_open, held))
    assert workers() <= before


def test_the_one_that_is_silent_longest_goes_for_another(
        monkeypatch, rest, say):
    monkeypatch.setattr(connections.UNFINISHED, 'most', 20)
    held = [say(HALVES['headers']) for _number in range(60)]
    for gone in held[:40]:
        wait_closed(gone)
    assert all(map(is_open, held[41:]))
    check_served(rest, held[41:], workers())
    assert len(connections.UNFINISHED) <= 20


def test_what_half_sent_requests_hold_is_bounded(monkeypatch, rest, say):
    monkeypatch.setattr(connections.UNFINISHED, 'most_bytes', 1 << 20)
    half = (HEAD + b'Content-Length: 400000\r\n\r\n' + b'{' * 300_000)
    held = [say(half) for _number in range(10)]
    for gone in held[:7]:
        wait_closed(gone)
    check_served(rest, held[7:], workers())


def test_silence_after_an_answer_is_not_in_the_middle(
        monkeypatch, array, connect, say):
    monkeypatch.setattr(connections.UNFINISHED, 'most', 5)
    clients = [connect(array).log_in() for _number in range(20)]
    for _number in range(20):
        say(HALVES['headers'])
    for client in clients:
        assert client('GET', 'array').status_code == 200
    assert array.connection_count == 40


def test_too_many_silent_clients_lose_their_connection_in_good_order(
        monkeypatch, serve, connect):
    monkeypatch.setattr(server.Server, 'keep_alive_conn_limit', 5)
    array = serve()
    clients = [connect(array).log_in() for _number in range(10)]
    for _round in range(3):
        for client in clients:
            assert client('GET', 'array').status_code == 200
    assert len(array.requests) == 40
    assert array.connection_count > 10


def read_replies(connection, count):
    """(status, body) of so many answers."""
    stream = connection.makefile('rb')
    replies = []
    for _number in range(count):
        status = int(stream.readline().split()[1])
        length = 0
        while (line := stream.readline()) != b'\r\n':
            name, _, value = line.partition(b':')
            length = int(value) if name == b'Content-Length' else length
        replies.append((status, json.loads(stream.read(length))))
    return replies


BODY = b'{"api_token": "%s"}' % tiny.API_TOKEN.encode()
LOGIN = b'POST /api/1.19/auth/session HTTP/1.1\r\nHost: a\r\n'
LOGINS = {
    'length': LOGIN + b'Content-Length: %d\r\n\r\n' % len(BODY) + BODY,
    'chunks': LOGIN + b'Transfer-Encoding: chunked\r\n\r\n' + b''.join(
        b'%x;n=v\r\n%s\r\n' % (len(part), part)
        for part in (BODY[:7], BODY[7:])) + b'0\r\nTrailer: x\r\n\r\n'}


@pytest.mark.parametrize('patience_s', [connections.PATIENCE_S, 0])
@pytest.mark.parametrize('login', LOGINS.values(), ids=LOGINS)
def test_requests_come_in_any_pieces(
        monkeypatch, array, say, login, patience_s):
    monkeypatch.setattr(connections, 'PATIENCE_S', patience_s)
    said = 2 * login
    for size in (1, 7, 100, len(login) - 1, len(login) + 1, len(said)):
        connection = say(b'')
        for start in range(0, len(said), size):
            connection.sendall(said[start:start + size])
        assert read_replies(connection, 2) == [
            (200, {'username': 'pureuser'})] * 2
    assert [record.params for record in array.requests] == [
        {'api_token': '****'}] * 12


def test_who_asks_whether_to_go_on_is_told_so(say):
    connection = say(LOGIN + b'Expect: 100-continue\r\n'
                     b'Content-Length: %d\r\n\r\n' % len(BODY))
    assert connection.recv(1000) == b'HTTP/1.1 100 Continue\r\n\r\n'
    connection.sendall(BODY)
    assert read_replies(connection, 1) == [(200, {'username': 'pureuser'})]


@pytest.mark.parametrize('said', [
    b'GET /' + b'a' * server.LONGEST_HEAD_BYTES,
    HEAD + b'A: ' + b'a' * server.LONGEST_HEAD_BYTES,
    HEAD + b'A: b\r\n' * (server.LONGEST_HEAD_BYTES // 6)], ids=[
        'line', 'header', 'headers'])
def test_heads_without_an_end_are_refused(rest, say, said):
    (status, body), = read_replies(say(said), 1)
    assert status in (413, 414)
    assert body[0]['pure_err_key'] == 'err.friendly'
    assert rest('GET', 'array').status_code == 200


def test_a_request_that_ends_in_the_middle_is_none(array, rest, say):
    for said in HALVES.values():
        say(said).close()
    assert rest('GET', 'array').status_code == 200
    assert [record.path for record in array.requests] == ['array']
    assert array.model.sizes == {}
