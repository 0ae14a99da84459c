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
"""A man in the middle between a client and an array, with TLS of his own."""

import contextlib
import http.client
import json
import socket
import socketserver
import ssl
import struct
import threading
from unittest import mock

from requests import adapters
from urllib3.util import timeout as timeout_module

HTML = b'<html><head><title>Sign in</title></head></html>'
# How long someone waits who will get no answer.
IMPATIENCE_S = 0.05
SWALLOW_LIMIT_S = 30
_LINGER_RESET = struct.pack('ii', 1, 0)


class _Ended(Exception):
    """The client gets no more from this connection."""


def _reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
    raise _Ended()


def _head(status, headers, length):
    lines = ['HTTP/1.1 %d Told' % status, *(
        '%s: %s' % header
        for header in (*headers, ('Content-Length', length)))]
    return '\r\n'.join([*lines, '', '']).encode()


class Exchange:
    """A request that has come, and that the array has not got yet."""

    def __init__(self, middleman, sock, ask):
        """:param ask: passes the request on, gives a http.client response"""
        self._middleman = middleman
        self._sock = sock
        self._ask = ask

    def pass_on(self):
        """Have the array do it, as often as this is called."""
        return Answer(self._sock, self._ask())

    def refuse(self, status, text):
        """Answer in place of the array, in Purity's form."""
        body = json.dumps([{'msg': text, 'ctx': ''}]).encode()
        self._sock.sendall(_head(
            status, [('Content-Type', 'application/json')], len(body)) + body)

    def reset(self):
        _reset(self._sock)

    def swallow(self):
        """Have the array do it, and say nothing of that."""
        answer = self.pass_on()
        self._middleman.has_swallowed.set()
        answer.withhold()

    def go_away(self):
        """The array is not there, now and for all that comes."""
        self._middleman.is_away = True
        self.reset()


class Answer:
    """What an array answered, for the client or not.

    :ivar headers: list of pairs, without those that tell the length
    """

    def __init__(self, sock, response):
        self._sock = sock
        self.status = response.status
        self.body = response.read()
        self.headers = [
            (name, value) for name, value in response.getheaders()
            if name.lower() not in ('content-length', 'connection')]

    def send(self, body=None, length=None, headers=()):
        """:param length: that is told; other than that of the body"""
        body = self.body if body is None else body
        self._sock.sendall(self.head(
            len(body) if length is None else length, headers) + body)

    def head(self, length, headers=()):
        return _head(self.status, [*self.headers, *headers], length)

    def reset(self):
        _reset(self._sock)

    def withhold(self):
        """Say nothing until the client has had enough."""
        self._sock.recv(1)
        raise _Ended()

    def end(self):
        raise _Ended()

    def send_raw(self, data):
        self._sock.sendall(data)

    def drip(self, data, pause_s):
        """Send this, and wait; end if the client has had enough."""
        self._sock.sendall(data)
        self._sock.settimeout(pause_s)
        try:
            self._sock.recv(1)
        except TimeoutError:
            self._sock.settimeout(None)
            return
        raise _Ended()


# What becomes of an answer, by what it is called.
FAULTS = {
    'html': lambda answer: answer.send(
        HTML, headers=[('Content-Type', 'text/html')]),
    'cut JSON': lambda answer: answer.send(
        answer.body[:len(answer.body) // 2]),
    'cut body': lambda answer: (answer.send(
        answer.body[:-1], length=len(answer.body)), answer.reset()),
    'empty': lambda answer: answer.send(b''),
    'other shape': lambda answer: answer.send(json.dumps(
        {'colour': 'blue'}).encode()),
    'list': lambda answer: answer.send(b'[]'),
    'no object': lambda answer: answer.send(b'[3]'),
    'reset': Answer.reset,
    'silence': Answer.withhold,
}


def _after(fault):
    """A fault of an answer as one of an Exchange."""
    return lambda exchange: fault(exchange.pass_on())


class _Handler(socketserver.BaseRequestHandler):
    """One connection of a client, and its own one to the array."""

    def handle(self):
        middleman = self.server.middleman
        if middleman.is_away:
            with contextlib.suppress(_Ended):
                _reset(self.request)
            return
        with contextlib.suppress(OSError, _Ended), (
                middleman.context.wrap_socket(
                    self.request, server_side=True)) as sock, (
                sock.makefile('rb')) as stream, contextlib.closing(
                middleman.array_connection()) as array:
            generation = middleman.connected()
            while line := stream.readline():
                method, target = line.decode().split()[:2]
                headers = http.client.parse_headers(stream)
                body = stream.read(int(headers.get('Content-Length', 0)))
                if generation != middleman.generation or middleman.is_away:
                    _reset(sock)

                def ask():
                    array.request(method, target, body, dict(headers))
                    return array.getresponse()

                middleman.fault_of(method, target)(
                    Exchange(middleman, sock, ask))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Middleman:
    """Passes everything on, but for what he is told to do.

    :ivar address: where he listens, as ``address:port``
    :ivar requests: list of pairs of a method and a path
    :ivar failed: ``<method> <path>`` of the request that ``fail_request``
        was about, or None
    :ivar is_away: whether the array is not there
    :ivar connection_count: how many connections the clients made
    """

    def __init__(self, array, certificate_path):
        """:param certificate_path: of the simulator; the key is beside it"""
        self._array = array
        self._certificate_path = str(certificate_path)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(
            certificate_path,
            str(certificate_path).replace('.pem', '.key'))
        self._lock = threading.Lock()
        self._faults = []
        self._planned = None
        self.has_swallowed = threading.Event()
        self.is_away = False
        self.failed = None
        self.requests = []
        self.connection_count = 0
        self.generation = 0
        self._server = _Server(('127.0.0.1', 0), _Handler)
        self._server.middleman = self
        self.address = '127.0.0.1:%d' % self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def fail_next_write(self, fault, count=1):
        """:param fault: called with the Answer to a request that writes"""
        self._faults += [(False, _after(fault))] * count

    def fail_next_read(self, fault, count=1):
        self._faults += [(True, _after(fault))] * count

    def fail_request(self, number, fault):
        """Let something become of a request, which may read, write or log in.

        :param number: how many come before it
        :param fault: called with its Exchange
        """
        with self._lock:
            self._planned = number, fault
            self.failed = None
            self.has_swallowed.clear()

    def relent(self):
        """The array is there, and nothing that was planned will be."""
        with self._lock:
            self._planned = None
            self.is_away = False

    @property
    def is_about_to_swallow(self):
        return self._planned == (0, Exchange.swallow)

    def forget(self):
        """Reset connections that there are when they are used again."""
        with self._lock:
            self.generation += 1

    def writes(self):
        return [(method, path) for method, path in self.requests
                if method != 'GET' and not path.startswith('auth/')]

    # For the handlers.

    def array_connection(self):
        return http.client.HTTPSConnection(
            self._array.address, context=ssl.create_default_context(
                cafile=self._certificate_path))

    def connected(self):
        with self._lock:
            self.connection_count += 1
            return self.generation

    def fault_of(self, method, target):
        path = target.partition('/api/')[2].partition('/')[2]
        with self._lock:
            self.requests.append((method, path))
            if self._planned:
                number, fault = self._planned
                self._planned = (number - 1, fault) if number else None
                if not number:
                    self.failed = '%s %s' % (method, path)
                    return fault
            if self._faults and not path.startswith('auth/') and (
                    self._faults[0][0] == (method == 'GET')):
                return self._faults.pop(0)[1]
        return _after(Answer.send)


class WaitsForEver(BaseException):
    """Whoever sent the request would never hear of it again."""


@contextlib.contextmanager
def impatience(middlemen):
    """Clients give up at once on what is swallowed, once it took effect.

    Those who would wait without an end meet WaitsForEver instead. All other
    time-outs are as they were.
    """
    send = adapters.HTTPAdapter.send

    def hurried(adapter, request, timeout=None, **kwargs):
        for middleman in middlemen:
            if middleman.is_about_to_swallow and request.url.startswith(
                    'https://%s/' % middleman.address):
                break
        else:
            return send(adapter, request, timeout=timeout, **kwargs)
        if timeout is None:
            raise WaitsForEver()
        try:
            return send(adapter, request, timeout=timeout_module.Timeout(
                connect=timeout.connect_timeout, read=IMPATIENCE_S), **kwargs)
        finally:
            middleman.has_swallowed.wait(SWALLOW_LIMIT_S)

    with mock.patch.object(adapters.HTTPAdapter, 'send', hurried):
        yield
