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
"""One simulated array on the network."""

from collections.abc import Callable
import threading

from flasharray_sim import errors
from flasharray_sim import faults
from flasharray_sim.wire import app
from flasharray_sim.wire import connection
from flasharray_sim.wire import decoding
from flasharray_sim.wire import failover
from flasharray_sim.wire import requestlog
from flasharray_sim.wire import routing
from flasharray_sim.wire import server
from flasharray_sim.wire import sessions
from flasharray_sim.wire import traffic


class SimulatedArray:
    """An array's model behind its own HTTPS port.

    :param on_faults: called after the faults have changed

    :ivar model: rules and state (a rules.array.Array), for white-box looks
    :ivar address: 'host:port', the same for life
    :ivar api_token: of the first user
    :ivar connection_count: TCP connections accepted so far
    """

    def __init__(self, model, router: routing.Router, clock,
                 tls: connection.TLSAdapter, listen: str, port: int,
                 strict: bool,
                 on_faults: Callable[[], None] = lambda: None):
        self.model = model
        self.connection_count = 0
        self.sessions = sessions.Sessions(clock)
        self.faults = faults.Faults(on_change=self._settle)
        self._on_faults = on_faults
        self._failover = failover.Failover(model, on_end=self._settle)
        self._app = app.ArrayApp(
            model, router, self.sessions, self.faults,
            model.config.served_versions, strict, clock)
        self._tls = tls
        self._reservation = server.PortReservation(listen, port)
        model.address = self.address
        self._lock = threading.Lock()
        self._is_started = False
        self._is_reachable = False
        self._server: server.Server | None = None

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def id(self) -> str:
        return self.model.id

    @property
    def api_token(self) -> str:
        return self.model.api_token(self.model.config.users[0].name)

    @property
    def address(self) -> str:
        host, port = self._reservation.bind_address
        return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'

    @property
    def port(self) -> int:
        return self._reservation.bind_address[1]

    @property
    def requests(self) -> requestlog.RequestLog:
        return self._app.requests

    @property
    def traffic(self) -> traffic.Traffic:
        return self._app.traffic

    @property
    def rest_versions(self) -> tuple[str, ...]:
        """Versions that the array serves; set them to upgrade it."""
        return self._app.rest_versions

    @rest_versions.setter
    def rest_versions(self, versions: tuple[str, ...]) -> None:
        self._app.rest_versions = tuple(versions)

    @property
    def refreshes_cookie(self) -> bool:
        """Whether every 200 sends the cookie again, as real arrays do."""
        return self._app.refreshes_cookie

    @refreshes_cookie.setter
    def refreshes_cookie(self, value: bool) -> None:
        self._app.refreshes_cookie = value

    @property
    def is_online(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        """Listen, unless an offline fault keeps the array off the network.

        :raises OSError: the address cannot be listened on
        """
        self._is_started = True
        self._settle()

    def stop(self) -> None:
        """Refuse connections and drop those that are open."""
        self._is_started = False
        self._settle()

    def close(self) -> None:
        """Stop for good and give the port back."""
        self._failover.cancel()
        # The whole simulator ends: to its peers, nothing has happened.
        self._is_reachable = False
        self.stop()
        self._reservation.release()

    def _settle(self) -> None:
        with self._lock:
            has_failed_over = self._failover.settle(
                self.faults.find('failover'))
            is_reachable = (
                self._is_started and self.faults.find('offline') is None)
            self._listen(
                is_reachable and not self._failover.is_under_way)
            if has_failed_over:
                self.sessions.expire_all()
            # Peers replicate with whichever controller there is.
            if is_reachable != self._is_reachable:
                self.model.set_online(is_reachable)
                self._is_reachable = is_reachable
        self._on_faults()

    def _listen(self, is_wanted: bool) -> None:
        if is_wanted and self._server is None:
            self._app.closing.clear()
            listener = server.Server(
                self._reservation.bind_address, self._app,
                decoding.BODY_LIMIT_BYTES, tls=self._tls,
                on_accept=self._count_connection, error_body=_no_http)
            listener.listen()
            self._server = listener
        elif not is_wanted and self._server is not None:
            self._app.closing.set()
            self._server.shut_down()
            self._server = None

    def _count_connection(self) -> None:
        self.connection_count += 1


def _no_http(reason: str) -> list[dict]:
    return app.error_body(errors.refuse('http_malformed', reason=reason))
