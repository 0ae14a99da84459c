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
"""The iSCSI PDUs of a login (RFC 7143), as far as a gate reads them."""

import dataclasses
import socket

HEADER_BYTES = 48
LOGIN_REQUEST, LOGIN_RESPONSE = 0x03, 0x23
TEXT_REQUEST, TEXT_RESPONSE = 0x04, 0x24
LOGOUT_REQUEST, LOGOUT_RESPONSE = 0x06, 0x26
REJECTED_AUTH = 0x0201
REJECTED_NOT_FOUND = 0x0203
REJECTED_UNAVAILABLE = 0x0301
_MOST_DATA_BYTES = 64 * 1024
_FULL_FEATURE = 3
# What a session for discovery agrees on, where the initiator asks for it.
_DISCOVERY = (('HeaderDigest', 'None'), ('DataDigest', 'None'),
              ('DefaultTime2Wait', '2'), ('DefaultTime2Retain', '0'),
              ('ErrorRecoveryLevel', '0'), ('IFMarker', 'No'),
              ('OFMarker', 'No'))


class ProtocolError(Exception):
    """What came is no iSCSI."""


@dataclasses.dataclass(frozen=True)
class Pdu:
    """One PDU as it was on the wire.

    :ivar texts: its data as keys and values
    """
    raw: bytes
    texts: dict[str, str]

    @property
    def opcode(self) -> int:
        return self.raw[0] & 0x3f

    @property
    def stages(self) -> tuple[bool, int, int]:
        """Of a login: whether it wants to go on, from where, where to."""
        flags = self.raw[1]
        return bool(flags & 0x80), flags >> 2 & 3, flags & 3


def receive(connection: socket.socket) -> Pdu:
    """The next PDU.

    :raises ProtocolError: there is none
    :raises OSError: nothing came in time, or the connection is gone
    """
    header = _exactly(connection, HEADER_BYTES)
    data_bytes = int.from_bytes(header[5:8], 'big')
    if data_bytes > _MOST_DATA_BYTES:
        raise ProtocolError('a login as long as this is none')
    rest = _exactly(
        connection, header[4] * 4 + data_bytes + -data_bytes % 4)
    data = rest[header[4] * 4:header[4] * 4 + data_bytes]
    texts = {}
    for pair in data.decode('utf-8', 'replace').split('\0'):
        key, _, value = pair.partition('=')
        if key:
            texts[key] = value
    return Pdu(header + rest, texts)


def rejection(request: Pdu, status: int) -> bytes:
    """The answer to a login that goes no further."""
    header = _answer(request, LOGIN_RESPONSE, 0, 0)
    header[36:38] = status.to_bytes(2, 'big')
    return bytes(header)


def acceptance(request: Pdu, number: int) -> bytes:
    """The answer to a login for discovery, which needs no proof."""
    wants_on, stage, next_stage = request.stages
    texts = {'AuthMethod': 'None'} if 'AuthMethod' in request.texts else {}
    for key, value in _DISCOVERY:
        if key in request.texts:
            texts[key] = value
    flags = stage << 2 | (0x80 | next_stage if wants_on else 0)
    header = _answer(request, LOGIN_RESPONSE, flags, number)
    if wants_on and next_stage == _FULL_FEATURE:
        header[14:16] = b'\0\1'
    return _with_texts(header, texts.items())


def is_last(request: Pdu) -> bool:
    wants_on, _stage, next_stage = request.stages
    return wants_on and next_stage == _FULL_FEATURE


def targets(request: Pdu, number: int, iqn: str,
            portals: list[str]) -> bytes:
    """The answer to SendTargets."""
    header = _answer(request, TEXT_RESPONSE, 0x80, number)
    header[20:24] = b'\xff' * 4
    return _with_texts(header, [
        ('TargetName', iqn),
        *(('TargetAddress', f'{portal},1') for portal in portals)])


def farewell(request: Pdu, number: int) -> bytes:
    return bytes(_answer(request, LOGOUT_RESPONSE, 0x80, number))


def _answer(request, opcode, flags, number):
    header = bytearray(HEADER_BYTES)
    header[0], header[1] = opcode, flags
    if opcode == LOGIN_RESPONSE:
        header[8:16] = request.raw[8:16]
    header[16:20] = request.raw[16:20]
    command = int.from_bytes(request.raw[24:28], 'big')
    header[24:28] = number.to_bytes(4, 'big')
    # Neither logins nor what is immediate take a number of their own.
    expected = command if request.raw[0] & 0x40 else command + 1
    header[28:32] = (expected % 2**32).to_bytes(4, 'big')
    header[32:36] = ((expected + 16) % 2**32).to_bytes(4, 'big')
    return header


def _with_texts(header, texts):
    data = b''.join(f'{key}={value}'.encode() + b'\0'
                    for key, value in texts)
    header[5:8] = len(data).to_bytes(3, 'big')
    return bytes(header) + data + b'\0' * (-len(data) % 4)


def _exactly(connection, count):
    received = bytearray()
    while len(received) < count:
        piece = connection.recv(count - len(received))
        if not piece:
            raise ProtocolError('the connection ended')
        received += piece
    return bytes(received)
