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
"""Portals: what comes that is no login, and what discovery is told."""

import contextlib
import socket
import threading

import pytest

from flasharray_sim.data_plane import gate
from flasharray_sim.data_plane import pdu

IQN = 'iqn.2010-06.com.purestorage:flasharray.0123456789abcdef'
HOST = 'iqn.1994-05.org.example:host1'
NORMAL = {'InitiatorName': HOST, 'TargetName': IQN, 'SessionType': 'Normal'}
TIMEOUT_S = 20


class Echo:
    """A server that sends back what it gets, in place of a target."""

    def __init__(self):
        self._listener = gate.listen('127.0.0.1:0')
        self.address = self._listener.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._listener.accept()
                with connection:
                    while received := connection.recv(65536):
                        connection.sendall(received)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def echo():
    served = Echo()
    yield served
    served.close()


@pytest.fixture
def door(echo):
    return gate.Door(lambda: socket.create_connection(echo.address))


@pytest.fixture
def portal(door):
    with gate.listen('127.0.0.1:0') as probe:
        address = '%s:%d' % probe.getsockname()
    opened = gate.Gate(address, IQN, {HOST: door}.get, lambda: [address])
    yield address
    opened.close()


@pytest.fixture
def connect(portal):
    with contextlib.ExitStack() as stack:
        def made():
            host, _, port = portal.rpartition(':')
            return stack.enter_context(
                socket.create_connection((host, int(port)), TIMEOUT_S))
        yield made


def login(texts, flags=0x87):
    data = b''.join(f'{key}={value}'.encode() + b'\0'
                    for key, value in texts.items())
    header = bytearray(48)
    header[0], header[1] = 0x40 | pdu.LOGIN_REQUEST, flags
    header[5:8] = len(data).to_bytes(3, 'big')
    return bytes(header) + data + bytes(-len(data) % 4)


def exchange(connection, request):
    connection.sendall(request)
    return pdu.receive(connection)


def status(reply):
    assert reply.opcode == pdu.LOGIN_RESPONSE
    return int.from_bytes(reply.raw[36:38], 'big')


def test_a_login_is_passed_on_as_it_came(connect):
    connection, request = connect(), login(NORMAL)
    assert exchange(connection, request).raw == request
    connection.sendall(b'what follows')
    assert connection.recv(100) == b'what follows'


def test_initiators_are_told_apart_without_case(connect):
    request = login(NORMAL | {'InitiatorName': HOST.upper()})
    assert exchange(connect(), request).raw == request


@pytest.mark.parametrize('changes,wanted', [
    ({'InitiatorName': 'iqn.2020-01.org.example:other'}, 0x0201),
    ({'InitiatorName': ''}, 0x0201),
    ({'TargetName': f'{IQN}0'}, 0x0203)])
def test_who_or_what_is_not_there_is_refused(connect, changes, wanted):
    connection = connect()
    assert status(exchange(connection, login(NORMAL | changes))) == wanted
    assert connection.recv(1) == b''


@pytest.mark.parametrize('garbage', [
    b'GET / HTTP/1.1\r\nHost: array\r\n\r\n'.ljust(48), bytes(48),
    b'\xff' * 48])
def test_what_is_no_login_ends_the_connection(connect, garbage):
    connection = connect()
    connection.sendall(garbage)
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(1) == b''
    # Others are served as before.
    request = login(NORMAL)
    assert exchange(connect(), request).raw == request


def test_discovery_names_one_target_and_all_portals(connect, portal):
    connection = connect()
    first = exchange(connection, login(
        {'InitiatorName': HOST, 'SessionType': 'Discovery',
         'AuthMethod': 'CHAP,None'}, flags=0x81))
    assert status(first) == 0
    assert first.texts == {'AuthMethod': 'None'}
    second = exchange(connection, login(
        {'HeaderDigest': 'CRC32C,None', 'ErrorRecoveryLevel': '2',
         'MaxRecvDataSegmentLength': '32768'}))
    assert status(second) == 0
    assert second.texts == {'HeaderDigest': 'None',
                            'ErrorRecoveryLevel': '0'}
    header = bytearray(login({'SendTargets': 'All'}))
    header[0], header[1] = pdu.TEXT_REQUEST, 0x80
    assert exchange(connection, bytes(header)).texts == {
        'TargetName': IQN, 'TargetAddress': f'{portal},1'}
    header = bytearray(48)
    header[0], header[1] = 0x40 | pdu.LOGOUT_REQUEST, 0x80
    assert exchange(connection, bytes(header)).opcode == pdu.LOGOUT_RESPONSE


def test_nothing_passes_a_held_door(connect, door):
    connection, request = connect(), login(NORMAL)
    exchange(connection, request)
    with door.held():
        connection.sendall(b'wait')
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(4)
    connection.settimeout(TIMEOUT_S)
    assert connection.recv(4) == b'wait'


def test_a_slammed_door_ends_all_connections(connect, door):
    connection, request = connect(), login(NORMAL)
    exchange(connection, request)
    door.slam()
    assert connection.recv(1) == b''


def test_large_data_arrives_whole(connect):
    connection, request = connect(), login(NORMAL)
    exchange(connection, request)
    sent = bytes(range(256)) * 4096 * 8
    received = bytearray()
    sender = threading.Thread(target=connection.sendall, args=(sent,))
    sender.start()
    while len(received) < len(sent):
        received += connection.recv(1 << 20)
    sender.join()
    assert received == sent
