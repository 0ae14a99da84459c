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
"""An HTTPS client that sends what no library would let through."""

import dataclasses
import http.client
import json
import socket
import ssl
import typing

ERROR_KEYS = ['pure_err_key', 'code', 'ctx', 'pure_err_code', 'msg']
_TIMEOUT_S = 30


@dataclasses.dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    text: str

    @property
    def body(self) -> typing.Any:
        return json.loads(self.text)

    def check_refused(self, is_auth: bool = False) -> None:
        """Purity's error body, and nothing of the simulator's inside."""
        assert 400 <= self.status < 500, self
        self.check_error_body(is_auth)

    def check_error_body(self, is_auth: bool = False) -> None:
        assert self.content_type == 'application/json', self
        body = self.body
        if isinstance(body, dict):
            assert is_auth or self.status == 401, self
            body = [body]
        assert body, self
        for failure in body:
            assert list(failure) == ERROR_KEYS, self
            assert failure['pure_err_key'] == 'err.friendly'
            assert failure['pure_err_code'] == 1
            assert isinstance(failure['code'], int)
            assert isinstance(failure['ctx'], str)
            assert failure['msg'] and isinstance(failure['msg'], str)
        for trace in ('Traceback', 'File "', '.py', 'Error('):
            assert trace not in self.text, self


class Line:
    """One connection; a request after the server closed it fails.

    :param address: 'host:port'
    """

    def __init__(self, address: str, certificate_path: str):
        host, _, port = address.rpartition(':')
        context = ssl.create_default_context(cafile=certificate_path)
        self._socket = context.wrap_socket(
            socket.create_connection((host, int(port)), _TIMEOUT_S),
            server_hostname=host)
        self._cookie = b''

    def close(self) -> None:
        self._socket.close()

    def log_in(self, api_token: str) -> None:
        body = json.dumps({'api_token': api_token}).encode()
        self._send(b'POST', b'/api/1.19/auth/session', body)
        response = self._response('POST')
        response.read()
        assert response.status == 200
        self._cookie = response.getheader(
            'Set-Cookie').partition(';')[0].encode()

    def ask(self, method: str, target: bytes, body: bytes = b'',
            content_type: str = 'application/json') -> Reply:
        """:param target: path and query as they go over the line"""
        self._send(method.encode(), target, body, content_type.encode())
        return self.read(method)

    def send_raw(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self, method: str = 'GET') -> Reply:
        response = self._response(method)
        data = response.read()
        return Reply(response.status, response.getheader('Content-Type', ''),
                     data.decode())

    def _send(self, method, target, body, content_type=b'application/json'):
        self._socket.sendall(
            b'%s %s HTTP/1.1\r\nHost: array\r\nCookie: %s\r\n'
            b'Content-Type: %s\r\nContent-Length: %d\r\n\r\n' % (
                method, target, self._cookie, content_type, len(body))
            + body)

    def _response(self, method):
        response = http.client.HTTPResponse(self._socket, method=method)
        response.begin()
        return response
