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
"""HTTPS to an array: kept connections, and a bound for whole answers.

urllib3 bounds each wait for more bytes, so that an array which sends one now
and then would be listened to for ever; here, the read time-out bounds an
answer as a whole. A connection knows whether it has served before: one that a
firewall forgot while it was idle is found out when it is used again.
"""

import contextlib
import http.client
import io
import socket
import ssl
import time

from requests import adapters
from urllib3 import connection
from urllib3 import connectionpool
from urllib3 import exceptions as urllib3_exceptions

# An idle connection is probed before a firewall takes it for a dead one.
KEEP_ALIVE_OPTIONS = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)]


class IdleConnectionLost(ConnectionResetError):
    """A connection that had served before ended without an answer."""


class Adapter(adapters.HTTPAdapter):
    """Keeps the connections to one array."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(
            *args, socket_options=[
                *connection.HTTPSConnection.default_socket_options,
                *KEEP_ALIVE_OPTIONS], **kwargs)
        self.poolmanager.pool_classes_by_scheme = {'https': _Pool}

    def proxy_manager_for(self, proxy, **kwargs):
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {'https': _Pool}
        return manager


class _BoundedStream(io.RawIOBase):
    """What a socket receives within the time-out that it has now."""

    def __init__(self, stream, sock):
        self._stream = stream
        self._sock = sock
        self._end_s = time.monotonic() + sock.gettimeout()

    def readable(self):
        return True

    def readinto(self, buffer):
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError('timed out')
        self._sock.settimeout(left_s)
        return self._stream.readinto(buffer)

    def close(self):
        self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):

    def __init__(self, sock, *args, **kwargs):
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_BoundedStream(self.fp.detach(), sock))


class _Connection(connection.HTTPSConnection):

    response_class = _Response
    _has_served = False

    def connect(self):
        self._has_served = False
        try:
            super().connect()
        except ssl.SSLCertVerificationError:
            raise
        except TimeoutError as error:
            raise urllib3_exceptions.ConnectTimeoutError(
                self, str(error)) from error
        except OSError as error:
            # No request is sent before hands are shaken.
            raise urllib3_exceptions.NewConnectionError(
                self, str(error)) from error

    def request(self, *args, **kwargs):
        with self._noticing_loss():
            return super().request(*args, **kwargs)

    def getresponse(self):
        with self._noticing_loss():
            response = super().getresponse()
        self._has_served = True
        return response

    @contextlib.contextmanager
    def _noticing_loss(self):
        try:
            yield
        except (ConnectionError, ssl.SSLError) as error:
            if self._has_served:
                raise IdleConnectionLost(str(error)) from error
            raise


class _Pool(connectionpool.HTTPSConnectionPool):

    ConnectionCls = _Connection
