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
"""Lines that fail in every way there is: the type, and a text for people."""

import contextlib
import dataclasses
import gzip
import re
import socket
import threading

import pytest
import requests

from pure_cinder.array import errors
from pure_cinder.array import gateway as gateway_module
from pure_cinder.array import https
from pure_cinder.array import session
from tests import middleman as middleman_module

GIB = 1024 ** 3
# What a program shows of its objects, and exceptions of what they wrap.
NOT_FOR_PEOPLE = re.compile(
    r' at 0x|object|Connection(Pool)?\(|\w(Error|Exception)\b|Read\(|'
    r'Disconnected|\.\.')


@pytest.fixture
def hurried(endpoint, monkeypatch):
    """Gateway that waits for nothing longer than it has to."""
    monkeypatch.setattr(session, 'MAX_BACK_OFF_S', 0)
    monkeypatch.setattr(session, 'MIN_ATTEMPT_S', 0.2)

    def make(**values):
        return gateway_module.Gateway(dataclasses.replace(
            endpoint, **{'connect_timeout_s': 0.2, 'read_timeout_s': 0.5,
                         **values}), 'test')

    return make


@pytest.fixture
def listener():
    with socket.create_server(('127.0.0.1', 0), backlog=0) as listening:
        yield listening


def address_of(listening):
    return '127.0.0.1:%d' % listening.getsockname()[1]


def told_for_people(error):
    text = str(error)
    # The class that all errors of drivers begin with is Cinder's.
    text = text.partition('FlashArray ')[2]
    assert text and not NOT_FOR_PEOPLE.search(text), text
    return text


@contextlib.contextmanager
def answering(listening, data, is_reset=False):
    """Answer every connection with this, before it says anything."""
    def serve():
        with contextlib.suppress(OSError):
            while True:
                sock, _address = listening.accept()
                sock.sendall(data)
                if not is_reset:
                    sock.recv(4096)
                sock.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_nobody_listens(hurried, listener):
    address = address_of(listener)
    listener.close()
    with pytest.raises(errors.ArrayUnreachableError) as caught:
        hurried(address=address).get_array()
    assert 'Connection refused' in told_for_people(caught.value)


def test_connection_that_is_not_accepted(hurried, listener):
    with contextlib.ExitStack() as stack:
        # The kernel drops what finds the queue full.
        for _number in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        with pytest.raises(errors.ArrayUnreachableError) as caught:
            hurried(address=address_of(listener)).get_array()
    assert 'within pure_rest_connect_timeout' in told_for_people(caught.value)


def test_hands_that_are_not_shaken(hurried, listener):
    with pytest.raises(errors.ArrayUnreachableError) as caught:
        hurried(address=address_of(listener)).get_array()
    assert 'within pure_rest_connect_timeout' in told_for_people(caught.value)


@pytest.mark.parametrize('data, is_reset', [
    (b'HTTP/1.1 400 Bad Request\r\n\r\n', False), (b'', True)],
    ids=['no TLS', 'reset'])
def test_no_tls(hurried, listener, data, is_reset):
    with answering(listener, data, is_reset):
        with pytest.raises(errors.ArrayUnreachableError) as caught:
            hurried(address=address_of(listener),
                    connect_timeout_s=10).get_array()
    told_for_people(caught.value)


def test_certificate_that_nobody_trusts(hurried):
    with pytest.raises(errors.ArrayCertificateError) as caught:
        hurried(verify=True).get_array()
    told_for_people(caught.value)


def test_ca_bundle_that_is_not_there(hurried, tmp_path):
    with pytest.raises(errors.ArrayCertificateError) as caught:
        hurried(verify=str(tmp_path / 'none.pem')).get_array()
    told_for_people(caught.value)


def test_name_of_a_volume_is_not_taken_for_a_reason(gateway, array):
    gateway.get_array()
    array.stop()
    with pytest.raises(errors.ArrayUnreachableError) as caught:
        gateway.volumes.get('certificate')
    assert type(caught.value) is errors.ArrayUnreachableError


@pytest.mark.parametrize('data, told', [
    (None, 'Connection refused'),
    (b'HTTP/1.1 407 Log in\r\nContent-Length: 0\r\n\r\n', '407')])
def test_proxy_that_does_not_serve(hurried, listener, monkeypatch, data,
                                   told):
    monkeypatch.setenv('HTTPS_PROXY', 'http://' + address_of(listener))
    with contextlib.ExitStack() as stack:
        if data is None:
            listener.close()
        else:
            stack.enter_context(answering(listener, data))
        with pytest.raises(errors.ArrayUnreachableError) as caught:
            hurried(address='192.0.2.1', connect_timeout_s=10).get_array()
    assert told in told_for_people(caught.value)


def raw(data):
    def send(answer):
        answer.send_raw(data)
        answer.reset()
    return send


LOST = {
    'silence': middleman_module.Answer.withhold,
    'reset': middleman_module.Answer.reset,
    'end': lambda answer: answer.end(),
    'cut body': middleman_module.FAULTS['cut body'],
    'no status line': raw(b'garbage\r\n\r\n'),
    'long header': raw(b'HTTP/1.1 200 OK\r\nx: %s\r\n\r\n' % (b'y' * 70000)),
    'odd chunk': raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n'
                     b'\r\nzz\r\n'),
    'odd length': raw(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}'),
    'no gzip': lambda answer: answer.send(
        headers=[('Content-Encoding', 'gzip')]),
    'cut gzip': lambda answer: answer.send(
        gzip.compress(answer.body)[:20],
        headers=[('Content-Encoding', 'gzip')]),
    'html': middleman_module.FAULTS['html'],
    'empty': middleman_module.FAULTS['empty'],
}


@pytest.mark.parametrize('lost', LOST)
def test_answer_that_is_lost(hurried, middleman, lost):
    gateway = hurried(address=middleman.address, connect_timeout_s=10)
    gateway.get_array()
    middleman.fail_next_read(LOST[lost], count=3)
    with pytest.raises((errors.ArrayNoAnswerError,
                        errors.ArrayProtocolError)) as caught:
        gateway.get_space()
    told_for_people(caught.value)

    middleman.fail_next_write(LOST[lost], count=2)
    assert gateway.volumes.create('v', GIB).name == 'v'


def test_answer_that_drips_is_not_waited_for(hurried, middleman):
    dripped = []

    def drip(answer):
        data = answer.head(len(answer.body)) + answer.body
        for number in range(len(data)):
            dripped.append(answer.drip(data[number:number + 1], 0.1))

    gateway = hurried(address=middleman.address, connect_timeout_s=10)
    gateway.get_array()
    middleman.fail_next_read(drip, count=3)
    with pytest.raises(errors.ArrayNoAnswerError,
                       match='within pure_rest_read_timeout'):
        gateway.get_space()
    assert len(dripped) < 60


def test_answer_may_come_in_pieces(hurried, middleman):
    def in_pieces(answer):
        for byte in answer.head(len(answer.body)) + answer.body:
            answer.drip(bytes([byte]), 0.0001)

    gateway = hurried(address=middleman.address, read_timeout_s=60)
    gateway.get_array()
    middleman.fail_next_read(in_pieces)
    assert gateway.get_space().capacity_bytes
    assert middleman.connection_count == 1


def test_array_that_hangs_is_asked_no_longer_than_for_one_look(
        hurried, middleman):
    gateway = hurried(address=middleman.address)
    gateway.get_array()
    before = len(middleman.requests)
    middleman.fail_next_write(middleman_module.Answer.withhold)
    middleman.fail_next_read(middleman_module.Answer.withhold, count=9)
    with pytest.raises(errors.ArrayOutcomeUnknownError):
        gateway.volumes.create('v', GIB)
    # The request, a look, and what is left of the time for it.
    assert len(middleman.requests) - before <= 3


def test_kept_connections_are_probed(simulator, array):
    with requests.Session() as http:
        http.mount('https://', https.Adapter())
        response = http.get('https://%s/api/api_version' % array.address,
                            verify=str(simulator.certificate_path),
                            stream=True, timeout=60)
        sock = response.raw.connection.sock
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 60
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
