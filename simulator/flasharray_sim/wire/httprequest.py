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
"""What comes over a connection, some of which is no HTTP."""

import json
import logging
import re

from cheroot import server

LOG = logging.getLogger(__name__)
# Nobody means more than this; a server that believed it would wait for it.
LONGEST_BYTES = 1 << 30
_LONGEST_LINE_BYTES = 4096
_CHUNK_SIZE = re.compile(rb'([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n\Z')


class Request(server.HTTPRequest):
    """A request that is refused in the words of its server.

    Nothing after it on the connection can be trusted: that ends.
    """

    def read_request_line(self):
        try:
            return super().read_request_line()
        except ValueError:
            # Of urllib, for what cannot be taken apart.
            return self._refuse('Malformed Request-URI')

    def read_request_headers(self):
        if not super().read_request_headers():
            return False
        # Below 0, the body would be all that comes until the time-out.
        length = self.inheaders.get(b'Content-Length', b'0').strip()
        if not length.isdigit() or len(length) > len(str(LONGEST_BYTES)) or (
                int(length) > LONGEST_BYTES):
            return self._refuse('Malformed Content-Length Header.')
        return True

    def simple_response(self, status, msg=''):
        self.close_connection = True
        reason = (msg or status.partition(' ')[2]).rstrip('.')
        body = json.dumps(self.server.error_body(reason))
        head = (f'{self.server.protocol} {status}\r\n'
                'Content-Type: application/json\r\n'
                f'Content-Length: {len(body)}\r\n'
                'Connection: close\r\n\r\n')
        try:
            self.conn.wfile.write((head + body).encode('latin-1'))
        except OSError as exc:
            LOG.debug('nobody hears %s: %s', status, exc)

    def _refuse(self, reason: str) -> bool:
        self.simple_response('400 Bad Request', reason)
        return False


class ChunkedBody:
    """The body of a request that comes in chunks of any size.

    It holds no more than what it is asked for; cheroot's own would read each
    chunk whole, however large it claims to be.
    """

    def __init__(self, request: Request):
        self._request = request
        self._stream = request.conn.rfile
        self._chunk_bytes = 0
        self._is_over = False

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all of them for -1; b'' at the end.

        :raises ValueError: these are no chunks; the connection ends
        """
        pieces = []
        while size and self._has_more():
            piece = self._stream.read(
                self._chunk_bytes if size < 0 else min(
                    size, self._chunk_bytes))
            self._check(piece)
            pieces.append(piece)
            self._chunk_bytes -= len(piece)
            size -= len(piece) if size > 0 else 0
            if not self._chunk_bytes:
                self._check(self._line() in (b'\r\n', b'\n'))
        return b''.join(pieces)

    def _has_more(self) -> bool:
        if not self._chunk_bytes and not self._is_over:
            matched = _CHUNK_SIZE.match(self._line())
            self._check(matched)
            self._chunk_bytes = int(matched[1], 16)
            self._check(self._chunk_bytes <= LONGEST_BYTES)
            self._is_over = not self._chunk_bytes
            if self._is_over:
                self._skip_trailers()
        return not self._is_over

    def _skip_trailers(self) -> None:
        for _number in range(_LONGEST_LINE_BYTES):
            if self._line() in (b'\r\n', b'\n', b''):
                return
        self._check(False)

    def _line(self) -> bytes:
        return self._stream.readline(_LONGEST_LINE_BYTES)

    def _check(self, is_good) -> None:
        if not is_good:
            # What follows on the connection cannot be told from this.
            self._request.close_connection = True
            self._is_over = True
            raise ValueError('bad chunks')
