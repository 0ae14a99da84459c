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
"""One TCP connection, which takes no thread while its client is silent.

A worker takes what has come, and gives the connection back to the selector
until there is more: in the middle of the TLS handshake, of the head or of
the body. It stays for those requests only that have come whole.

Most come in two pieces, head and body: for the next one a worker waits a
moment, which is cheaper than to give the connection back. It does so once.
"""

import errno
import logging
import socket
import ssl
import struct
import threading
import time

from cheroot import makefile
from cheroot import server as cheroot_server
from cheroot.ssl import Adapter

from flasharray_sim.wire import httprequest

LOG = logging.getLogger(__name__)

# Of all servers together: what there is of files and memory belongs to their
# process.
MOST_UNFINISHED = 256
MOST_UNFINISHED_BYTES = 128 << 20
PATIENCE_S = 0.01
# What one turn takes; a TLS record is no longer than a piece.
_PIECE_BYTES = 16 << 10
_MOST_PIECES = 64
_LINGER_RESET = struct.pack('ii', 1, 0)


def open_stream(sock, mode: str, bufsize: int = -1):
    """What cheroot reads from, or writes to."""
    return httprequest.Inbox() if 'r' in mode else makefile.StreamWriter(
        sock, mode, bufsize)


class Unfinished:
    """Connections whose clients still owe the rest of something.

    The one that has owed it longest is dropped where they are too many, or
    hold too much.
    """

    def __init__(self, most: int, most_bytes: int):
        self.most = most
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._held_bytes: dict['Connection', int] = {}
        self._total_bytes = 0

    def __len__(self) -> int:
        return len(self._held_bytes)

    def put(self, connection: 'Connection', held_bytes: int) -> None:
        """It is one of them, from the first time on that this is said."""
        with self._lock:
            self._total_bytes += (
                held_bytes - self._held_bytes.get(connection, 0))
            self._held_bytes[connection] = held_bytes
        while len(self) > self.most or self._total_bytes > self.most_bytes:
            self.drop_oldest()

    def drop_oldest(self) -> 'Connection | None':
        """The one that is going, if there was one."""
        with self._lock:
            oldest = next(iter(self._held_bytes), None)
            if oldest is None:
                return None
            self._total_bytes -= self._held_bytes.pop(oldest)
        oldest.drop()
        return oldest

    def discard(self, connection: 'Connection') -> None:
        with self._lock:
            self._total_bytes -= self._held_bytes.pop(connection, 0)


UNFINISHED = Unfinished(MOST_UNFINISHED, MOST_UNFINISHED_BYTES)


class TLSAdapter(Adapter):
    """Wraps accepted sockets without shaking hands."""

    makefile = staticmethod(open_stream)

    def __init__(self, certificate: str, private_key: str):
        super().__init__(certificate, private_key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, private_key)

    def bind(self, sock):
        return sock

    def wrap(self, sock):
        wrapped = self.context.wrap_socket(
            sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, self.get_environ()

    def get_environ(self):
        return {'wsgi.url_scheme': 'https', 'HTTPS': 'on'}


class Connection(cheroot_server.HTTPConnection):
    """A connection that goes on as its client does, and can be reset."""

    def __init__(self, server, sock, _makefile=None):
        super().__init__(server, sock, open_stream)
        self._is_secure = server.ssl_adapter is None
        self._is_at_end = False
        self._is_new = True
        self._request: httprequest.Request | None = None
        UNFINISHED.put(self, 0)
        server.accepted(self)

    def communicate(self):
        """Go on with what has come; whether to wait for more."""
        try:
            if self._receive():
                return self._answer()
        except OSError as exc:
            LOG.debug('%s:%s is gone: %s',
                      self.remote_addr, self.remote_port, exc)
            return False
        if self._is_at_end:
            return False
        self._is_new = False
        UNFINISHED.put(self, self._held_bytes)
        return True

    def _receive(self) -> bool:
        """Take what has come, and whether there is a request to answer."""
        self.rfile.is_worth_a_look = False
        deadline_s = time.monotonic() + (PATIENCE_S if self._is_new else 0)
        for _number in range(_MOST_PIECES):
            if self._has_request():
                return True
            piece = self._receive_piece(deadline_s)
            if not piece:
                return False
            self.rfile.add(piece)
        self.rfile.is_worth_a_look = True
        return False

    def _receive_piece(self, deadline_s: float) -> bytes:
        """What has come, b'' if there is nothing."""
        self.socket.settimeout(max(0, deadline_s - time.monotonic()))
        try:
            if not self._is_secure:
                self.socket.do_handshake()
                self._is_secure = True
            piece = self.socket.recv(_PIECE_BYTES)
        except (BlockingIOError, TimeoutError, ssl.SSLWantReadError):
            return b''
        finally:
            self.socket.settimeout(self.server.timeout)
        self._is_at_end = not piece
        return piece

    def _has_request(self) -> bool:
        """Whether there is one to answer, or to end the connection for."""
        if self._request is None:
            if not self.rfile.has_head(self.server.max_request_header_size):
                return False
            self._request = httprequest.Request(self.server, self)
            self._request.parse_request()
        return not self._request.ready or self._request.has_come()

    def _answer(self) -> bool:
        request, self._request, self._is_new = self._request, None, True
        UNFINISHED.discard(self)
        if not request.ready:
            return False
        with self.server.answering():
            request.respond()
        self.rfile.is_worth_a_look = len(self.rfile) > 0 or (
            self.server.ssl_adapter is not None and self.socket.pending() > 0)
        return not request.close_connection and not self._is_at_end

    @property
    def _held_bytes(self) -> int:
        return len(self.rfile) + (
            len(self._request.body) if self._request else 0)

    def reset(self):
        """Send a TCP reset instead of an answer; never returns."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        self.socket.close()
        raise ConnectionResetError(errno.ECONNRESET, 'injected reset')

    def drop(self) -> None:
        """Cut the line from another thread than the worker's.

        The descriptor stays open until the worker lets go of it. Shutting
        down the plain socket leaves the TLS state alone: with that gone the
        worker would send its answer in the clear.
        """
        try:
            self.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        except OSError as exc:
            LOG.debug('connection was already gone: %s', exc)

    def close(self):
        UNFINISHED.discard(self)
        self.server.closed(self)
        if self.socket.fileno() == -1:
            self.rfile.close()
        else:
            super().close()
