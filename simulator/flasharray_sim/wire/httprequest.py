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

from collections.abc import Iterator
import json
import logging
import re

from cheroot import server

LOG = logging.getLogger(__name__)
# Nobody means more than this; a server that believed it would wait for it.
LONGEST_BYTES = 1 << 30
_LONGEST_LINE_BYTES = 4096
_CHUNK_SIZE = re.compile(rb'([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n\Z')
# An empty line, or one that is not ended as HTTP wants it: cheroot reads no
# further.
_HEAD_END = re.compile(rb'\n\r\n|(?<!\r)\n')


class Inbox:
    """What has come over a connection; cheroot reads it like a file.

    :ivar is_worth_a_look: whether there is more to find before more comes
    """

    def __init__(self):
        self.closed = False
        self.is_worth_a_look = False
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes)

    def add(self, piece: bytes) -> None:
        self._bytes += piece

    def put_back(self, piece: bytes) -> None:
        self._bytes[:0] = piece

    def has_head(self, most_bytes: int) -> bool:
        """Whether cheroot needs no more to read, or refuse, a head."""
        return len(self) > most_bytes or bool(_HEAD_END.search(self._bytes))

    def has_line(self, most_bytes: int) -> bool:
        return len(self) >= most_bytes or b'\n' in self._bytes

    def read(self, size: int) -> bytes:
        piece = bytes(self._bytes[:size])
        del self._bytes[:size]
        return piece

    def readline(self, size: int) -> bytes:
        return self.read(self._bytes.find(b'\n', 0, size) + 1 or size)

    def has_data(self) -> bool:
        """Asked by cheroot before it waits for more."""
        return self.is_worth_a_look

    def close(self) -> None:
        self.closed = True
        self._bytes.clear()


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
        inbox = self.conn.rfile
        self.body = bytearray()
        self._pieces = _chunks(inbox) if self.chunked_read else (
            _pieces(inbox, int(length)))
        return True

    def has_come(self) -> bool:
        """Whether nothing of the body is missing.

        As much of it is kept as tells that it is too large. It is then read
        like one whose length was told, however it came.
        """
        most_bytes = self.server.body_limit_bytes + 1
        try:
            for piece in self._pieces:
                if not piece:
                    return False
                self.body += piece[:most_bytes - len(self.body)]
        except ValueError as exc:
            self.ready = self._refuse(str(exc))
            return True
        self.conn.rfile.put_back(self.body)
        self.chunked_read = False
        self.inheaders.pop(b'Transfer-Encoding', None)
        self.inheaders[b'Content-Length'] = str(len(self.body)).encode()
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


def _pieces(inbox: Inbox, length_bytes: int) -> Iterator[bytes]:
    """So many bytes as they come; b'' while there are none."""
    while length_bytes:
        piece = inbox.read(length_bytes)
        length_bytes -= len(piece)
        yield piece


def _chunks(inbox: Inbox) -> Iterator[bytes]:
    """The bytes in chunks as they come; b'' while there are none.

    :raises ValueError: these are no chunks
    """
    while size_bytes := _chunk_size((yield from _line(inbox))):
        yield from _pieces(inbox, size_bytes)
        if (yield from _line(inbox)) not in (b'\r\n', b'\n'):
            raise ValueError('Malformed chunk')
    for _number in range(_LONGEST_LINE_BYTES):
        line = yield from _line(inbox)
        if line in (b'\r\n', b'\n'):
            return
    raise ValueError('Malformed trailers')


def _chunk_size(line: bytes) -> int:
    matched = _CHUNK_SIZE.match(line)
    if not matched or int(matched[1], 16) > LONGEST_BYTES:
        raise ValueError('Malformed chunk size')
    return int(matched[1], 16)


def _line(inbox: Inbox):
    """A line, or as much of it as nobody means, once it has come."""
    while not inbox.has_line(_LONGEST_LINE_BYTES):
        yield b''
    return inbox.readline(_LONGEST_LINE_BYTES)
