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
"""A portal of an array: finds out which host logs in, and connects it.

All hosts log in to one IQN, and each sees what is its own; tgt knows targets
only. So the gate reads the first PDU of a login, which has the initiator's
name, and hands the connection on to the process that serves that host.
"""

from collections.abc import Callable
import contextlib
import logging
import os
import socket
import threading

from flasharray_sim.data_plane import pdu

LOG = logging.getLogger(__name__)

_LOGIN_TIMEOUT_S = 15
_PIECE_BYTES = 1 << 20
_BACKLOG = 128
_HOLD_TIMEOUT_S = 5
_ATTEMPTS = 5


class Door:
    """What leads to the process that serves one host.

    :param connect: gives a socket to it
    """

    def __init__(self, connect: Callable[[], socket.socket]):
        self._connect = connect
        self._turn = threading.Condition()
        self._is_held = False
        self._passing = 0
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()

    @contextlib.contextmanager
    def held(self):
        """Let nothing pass from the host to the process meanwhile."""
        with self._turn:
            self._is_held = True
            self._turn.wait_for(lambda: not self._passing, _HOLD_TIMEOUT_S)
        try:
            yield
        finally:
            with self._turn:
                self._is_held = False
                self._turn.notify_all()

    @contextlib.contextmanager
    def _opened(self):
        with self._turn:
            self._turn.wait_for(lambda: not self._is_held)
            self._passing += 1
        try:
            yield
        finally:
            with self._turn:
                self._passing -= 1
                self._turn.notify_all()

    def pass_on(self, initiator: socket.socket, login: pdu.Pdu):
        """Carry bytes both ways until one of the two ends.

        :raises OSError: the process cannot be reached
        """
        with self._reach(login) as served:
            for end in (initiator, served):
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = initiator, served
            with self._turn:
                self._pairs.add(pair)
            try:
                back = threading.Thread(
                    target=_carry, args=(served, initiator), daemon=True)
                back.start()
                _carry(initiator, served, self._opened)
                back.join()
            finally:
                with self._turn:
                    self._pairs.discard(pair)

    def _reach(self, login):
        """A connection on which the process has begun to answer.

        One that was just ended may still have taken the login.
        """
        for _attempt in range(_ATTEMPTS):
            served = self._connect()
            try:
                served.sendall(login.raw)
                if served.recv(1, socket.MSG_PEEK):
                    return served
            except OSError as exc:
                LOG.debug('a login is not answered: %s', exc)
            served.close()
        raise ConnectionError('no login is answered')

    def slam(self):
        """Drop all connections."""
        with self._turn:
            for pair in self._pairs:
                _end(*pair)


class Gate:
    """A portal that listens until it is closed.

    :param portal: 'address:port'
    :param iqn: of the array
    :param find: gives the Door of an initiator, None for an unknown one
    :param portals: gives all portals, for discovery

    :raises OSError: the portal cannot be listened on
    """

    def __init__(self, portal: str, iqn: str,
                 find: Callable[[str], Door | None],
                 portals: Callable[[], list[str]]):
        self._iqn = iqn
        self._find = find
        self._portals = portals
        self._listener = listen(portal)
        self._lock = threading.Lock()
        self._is_closed = False
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self._accept, name=f'portal {portal}', daemon=True)
        self._thread.start()

    def close(self):
        """Refuse connections, and drop those that there are."""
        with self._lock:
            self._is_closed = True
            _end(self._listener, *self._open)
        self._thread.join()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                if self._is_closed:
                    return
                raise
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        with connection:
            with self._lock:
                if self._is_closed:
                    return
                self._open.add(connection)
            try:
                connection.settimeout(_LOGIN_TIMEOUT_S)
                self._log_in(connection)
            except (pdu.ProtocolError, OSError) as exc:
                LOG.debug('a connection ends: %s', exc)
            finally:
                with self._lock:
                    self._open.discard(connection)

    def _log_in(self, connection):
        login = pdu.receive(connection)
        if login.opcode != pdu.LOGIN_REQUEST:
            raise pdu.ProtocolError('the first PDU is no login')
        initiator = login.texts.get('InitiatorName', '').lower()
        door = self._find(initiator)
        if door is None:
            LOG.info('no host has the initiator %r', initiator)
            connection.sendall(pdu.rejection(login, pdu.REJECTED_AUTH))
        elif login.texts.get('SessionType') == 'Discovery':
            self._discover(connection, login)
        elif login.texts.get('TargetName') != self._iqn:
            connection.sendall(pdu.rejection(login, pdu.REJECTED_NOT_FOUND))
        else:
            door.pass_on(connection, login)

    def _discover(self, connection, request):
        number = 1
        while not pdu.is_last(request):
            connection.sendall(pdu.acceptance(request, number))
            number += 1
            request = pdu.receive(connection)
        connection.sendall(pdu.acceptance(request, number))
        while True:
            request = pdu.receive(connection)
            number += 1
            if request.opcode == pdu.LOGOUT_REQUEST:
                connection.sendall(pdu.farewell(request, number))
                return
            if request.opcode != pdu.TEXT_REQUEST:
                raise pdu.ProtocolError('discovery knows no such PDU')
            connection.sendall(pdu.targets(
                request, number, self._iqn, self._portals()))


def listen(portal: str) -> socket.socket:
    """A socket that listens at 'address:port'."""
    address, _, port = portal.rpartition(':')
    address = address.strip('[]')
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, int(port)))
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _carry(source, target, opened=contextlib.nullcontext):
    """Carry bytes one way, without looking at them."""
    reader, writer = os.pipe()
    try:
        while count := os.splice(source.fileno(), writer, _PIECE_BYTES):
            with opened():
                while count:
                    count -= os.splice(reader, target.fileno(), count)
    except (OSError, ValueError) as exc:
        LOG.debug('a connection ends: %s', exc)
    finally:
        os.close(reader)
        os.close(writer)
        _end(source, target)


def _end(*sockets):
    for end in sockets:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
