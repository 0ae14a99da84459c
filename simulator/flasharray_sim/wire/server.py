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

cheroot shakes hands for TLS in its one accepting thread, and a worker waits
for the rest of a request that was half sent. Here no thread waits for what a
client has not said yet, see `connection`, and those who are silent in the
middle are bounded in number and in what they hold.

A worker waits while it answers: for a delay that was asked for, for a client
that does not read. There are more of them while many do.
"""

from concurrent import futures
import contextlib
import errno
import logging
import socket
import threading
import time

from cheroot.workers import threadpool
from cheroot import wsgi

from flasharray_sim.wire import connection as connections

LOG = logging.getLogger(__name__)

WORKERS = 8
# As many as a process may have open files, by default.
MOST_WORKERS = 1000
BACKLOG = 256
LONGEST_HEAD_BYTES = 64 << 10
# With more than these, connections end with their answers. Those of two
# arrays and the control API are as many as a process may open, by default.
MOST_SILENT = 320
STARVED_S = 0.02
IDLE_TIMEOUT_S = 60.0
# A stop waits for at most this.
SELECT_INTERVAL_S = 0.02
STOP_TIMEOUT_S = 5.0
CONNECTION_KEY = 'pure_cinder.connection'


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


class Gateway(wsgi.Gateway_10):
    """Hands the application its connection, which it may reset."""

    def get_environ(self):
        return {**super().get_environ(), CONNECTION_KEY: self.req.conn}


class Worker(threadpool.WorkerThread):
    """cheroot's, whose statistics stay when it has gone."""

    def run(self):
        try:
            super().run()
        finally:
            del self.server.stats['Worker Threads'][self.name]


class Workers(threadpool.ThreadPool):
    """cheroot's, which waits for each new thread in steps of 0.1 s."""

    def fit(self, answering: int) -> None:
        """See to it that some are free beside those who answer."""
        free = len(self._threads) - len(self._pending_shutdowns) - answering
        if free < self.min // 2:
            self.grow(self.min - free)
        elif free > 3 * self.min:
            self.shrink(self.min)

    def grow(self, amount):
        for _ in range(min(amount, self.max - len(self._threads))):
            worker = Worker(self.server)
            worker.name = f'CP Server {worker.name}'
            worker.start()
            self._threads.append(worker)


class Listener(socket.socket):
    """Makes room for a client where the process may open no more."""

    _leaving: connections.Connection | None = None

    def accept(self):
        try:
            return super().accept()
        except OSError as exc:
            if exc.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self._make_room()
            # cheroot then tries again.
            raise BlockingIOError(errno.EAGAIN, exc.strerror) from exc

    def _make_room(self) -> None:
        """Drop one that is silent in the middle, one after the other."""
        if self._leaving is None or self._leaving.rfile.closed:
            self._leaving = connections.UNFINISHED.drop_oldest()
        if self._leaving is None:
            LOG.warning('no client can be accepted: too many open files')
        time.sleep(STARVED_S)


class Server(wsgi.Server):
    """Serves one WSGI application on one address from its own threads.

    :param bind_address: (host, port)
    :param body_limit_bytes: of a longer body, one byte more is handed on
    :param workers: threads to serve with while no client holds one up
    :param tls: None for plain HTTP
    :param on_accept: called once for each TCP connection
    :param error_body: from the reason why something is no HTTP request to
        the JSON body that tells of it
    """
    ConnectionClass = connections.Connection
    max_request_header_size = LONGEST_HEAD_BYTES
    keep_alive_conn_limit = MOST_SILENT
    expiration_interval = SELECT_INTERVAL_S

    def __init__(self, bind_address, application, body_limit_bytes: int,
                 workers: int = WORKERS,
                 tls: connections.TLSAdapter | None = None,
                 on_accept=lambda: None,
                 error_body=lambda reason: {'error': reason}):
        super().__init__(
            bind_address, application, server_name='simulated FlashArray',
            request_queue_size=BACKLOG, timeout=IDLE_TIMEOUT_S,
            shutdown_timeout=STOP_TIMEOUT_S)
        self.requests = Workers(self, min=workers, max=MOST_WORKERS)
        self.gateway = Gateway
        self.ssl_adapter = tls
        self.error_body = error_body
        self.body_limit_bytes = body_limit_bytes
        self._on_accept = on_accept
        self._answering = 0
        self._answering_lock = threading.Lock()
        self._open_lock = threading.Lock()
        self._open: set[connections.Connection] = set()
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
        self.socket = Listener(fileno=self.socket.detach())
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

    @contextlib.contextmanager
    def answering(self):
        """A worker answers, and others are free meanwhile."""
        with self._answering_lock:
            self._answering += 1
            self.requests.fit(self._answering)
        try:
            yield
        finally:
            with self._answering_lock:
                self._answering -= 1

    def accepted(self, connection: connections.Connection) -> None:
        self._on_accept()
        with self._open_lock:
            self._open.add(connection)
            is_late = self._is_dropping
        if is_late:
            connection.drop()

    def closed(self, connection: connections.Connection) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def error_log(self, msg='', level=logging.INFO, traceback=False):
        LOG.log(level, '%s', msg, exc_info=traceback)
