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
"""HTTP(S) server: cheroot, and what it does not do by itself.

cheroot shakes hands for TLS in its one accepting thread, where a silent
client would hold up all others until its time-out. Here a connection waits
for its first byte in the selector, and a worker then does the handshake.

A worker waits for the rest of what has begun: a request that was half sent,
an answer that nobody reads. There are more of them while many are held up.
"""

from concurrent import futures
import errno
import logging
import socket
import ssl
import struct
import threading

from cheroot import makefile
from cheroot import server as cheroot_server
from cheroot.ssl import Adapter
from cheroot.workers import threadpool
from cheroot import wsgi

from flasharray_sim.wire import httprequest

LOG = logging.getLogger(__name__)

WORKERS = 8
# As many as a process may have open files, by default.
MOST_WORKERS = 1000
BACKLOG = 256
HANDSHAKE_TIMEOUT_S = 5.0
IDLE_TIMEOUT_S = 60.0
# A stop waits for at most this.
SELECT_INTERVAL_S = 0.02
STOP_TIMEOUT_S = 5.0
CONNECTION_KEY = 'pure_cinder.connection'
_LINGER_RESET = struct.pack('ii', 1, 0)


class PortReservation:
    """Holds a TCP port without listening on it.

    An array that went offline then finds it free when it comes back.
    """

    def __init__(self, listen: str, port: int):
        family = socket.AF_INET6 if ':' in listen else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((listen, port))
        except OSError:
            self._socket.close()
            raise
        self.bind_address = self._socket.getsockname()[:2]

    def release(self) -> None:
        self._socket.close()


class TLSAdapter(Adapter):
    """Wraps accepted sockets without shaking hands."""

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

    def makefile(self, sock, mode='r', bufsize=-1):
        return makefile.MakeFile(sock, mode, bufsize)


class Connection(cheroot_server.HTTPConnection):
    """A connection that can be reset, and secures itself when it is due."""

    RequestHandlerClass = httprequest.Request

    def __init__(self, server, sock, makefile=makefile.MakeFile):
        super().__init__(server, sock, makefile)
        self._was_heard = False
        self._is_secure = server.ssl_adapter is None
        server.accepted(self)

    def communicate(self):
        if self._is_secure:
            return super().communicate()
        if not self._was_heard:
            self._was_heard = True
            return True
        self._is_secure = self._shake_hands()
        return self._is_secure

    def _shake_hands(self) -> bool:
        self.socket.settimeout(HANDSHAKE_TIMEOUT_S)
        try:
            self.socket.do_handshake()
        except OSError as exc:
            LOG.debug('no TLS session with %s:%s: %s',
                      self.remote_addr, self.remote_port, exc)
            return False
        self.socket.settimeout(self.server.timeout)
        return True

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
        self.server.closed(self)
        if self.socket.fileno() == -1:
            self.rfile.close()
        else:
            super().close()


class Gateway(wsgi.Gateway_10):
    """Hands the application its connection, which it may reset, and body."""

    def get_environ(self):
        environ = {**super().get_environ(), CONNECTION_KEY: self.req.conn}
        if self.req.chunked_read:
            environ['wsgi.input'] = httprequest.ChunkedBody(self.req)
        return environ


class Workers(threadpool.ThreadPool):
    """cheroot's, which waits for each new thread in steps of 0.1 s."""

    def grow(self, amount):
        for _ in range(min(amount, self.max - len(self._threads))):
            worker = threadpool.WorkerThread(self.server)
            worker.name = f'CP Server {worker.name}'
            worker.start()
            self._threads.append(worker)


class Server(wsgi.Server):
    """Serves one WSGI application on one address from its own threads.

    :param bind_address: (host, port)
    :param workers: threads to serve with while no client holds one up
    :param tls: None for plain HTTP
    :param on_accept: called once for each TCP connection
    :param error_body: from the reason why something is no HTTP request to
        the JSON body that tells of it
    """
    ConnectionClass = Connection
    keep_alive_conn_limit = None
    expiration_interval = SELECT_INTERVAL_S

    def __init__(self, bind_address, application, workers: int = WORKERS,
                 tls: TLSAdapter | None = None, on_accept=lambda: None,
                 error_body=lambda reason: {'error': reason}):
        super().__init__(
            bind_address, application, server_name='simulated FlashArray',
            request_queue_size=BACKLOG, timeout=IDLE_TIMEOUT_S,
            shutdown_timeout=STOP_TIMEOUT_S)
        self.requests = Workers(self, min=workers, max=MOST_WORKERS)
        self.gateway = Gateway
        self.ssl_adapter = tls
        self.error_body = error_body
        self._on_accept = on_accept
        self._workers = workers
        self._workers_lock = threading.Lock()
        self._open_lock = threading.Lock()
        self._open: set[Connection] = set()
        self._is_dropping = False
        self._listening: futures.Future = futures.Future()
        self._thread = threading.Thread(
            target=self._run, name='simulator-accept', daemon=True)

    def clear_stats(self):
        super().clear_stats()
        # cheroot never takes a server out again, and all that it holds.
        del logging.statistics[f'Cheroot HTTPServer {id(self)}']

    def listen(self) -> None:
        """Accept connections from now on; raises OSError if it cannot."""
        self._thread.start()
        self._listening.result()

    def _run(self) -> None:
        # Workers made by a daemon thread are daemons, too: a program that
        # fails without stopping its arrays can still end.
        try:
            self.prepare()
        except OSError as exc:
            self._listening.set_exception(exc)
            return
        self._listening.set_result(None)
        self.serve()

    def shut_down(self) -> None:
        """Stop listening and drop every open connection."""
        with self._open_lock:
            self._is_dropping = True
            connections = list(self._open)
        for connection in connections:
            connection.drop()
        self.stop()
        self._thread.join()

    def process_conn(self, conn):
        """Give it to a worker, and see to it that others are free."""
        super().process_conn(conn)
        with self._workers_lock:
            free = self.requests.idle - self.requests.qsize
            if free < self._workers // 2:
                self.requests.grow(self._workers - free)
            elif free > 3 * self._workers:
                self.requests.shrink(self._workers)

    def accepted(self, connection: Connection) -> None:
        self._on_accept()
        with self._open_lock:
            self._open.add(connection)
            is_late = self._is_dropping
        if is_late:
            connection.drop()

    def closed(self, connection: Connection) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def error_log(self, msg='', level=logging.INFO, traceback=False):
        LOG.log(level, '%s', msg, exc_info=traceback)
