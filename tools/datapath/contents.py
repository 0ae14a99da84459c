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
"""Bytes to write, and their checksums."""

import hashlib
import os
import pathlib

MIB = 1024 ** 2
GIB = 1024 ** 3
PIECE_BYTES = 16 * MIB
_CHUNK_BYTES = 4 * MIB


def fill(path, size_bytes):
    """Write random pieces at the start, in the middle and at the end.

    What is between them stays as it is.

    :returns: checksum of the whole, if that is zeros
    """
    digest = hashlib.sha256()
    zeros = bytes(_CHUNK_BYTES)
    with open(path, 'r+b') as opened:
        for offset in range(0, size_bytes, _CHUNK_BYTES):
            data = zeros
            if _is_written(offset, size_bytes):
                data = os.urandom(_CHUNK_BYTES)
                opened.seek(offset)
                opened.write(data)
            digest.update(data)
        opened.flush()
        os.fsync(opened.fileno())
    return digest.hexdigest()


def checksum(path, size_bytes):
    """:returns: SHA-256 of the first bytes of a file or device, in hex"""
    digest = hashlib.sha256()
    with open(path, 'rb') as opened:
        left = size_bytes
        while left:
            chunk = opened.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise EOFError('%s ends %d bytes too early' % (path, left))
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def make_file(path, size_bytes):
    """A sparse file with random pieces.

    :returns: its checksum
    """
    pathlib.Path(path).touch()
    os.truncate(path, size_bytes)
    return fill(path, size_bytes)


def _is_written(offset, size_bytes):
    middle = size_bytes // 2
    return offset < PIECE_BYTES or offset >= size_bytes - PIECE_BYTES \
        or middle <= offset < middle + PIECE_BYTES
