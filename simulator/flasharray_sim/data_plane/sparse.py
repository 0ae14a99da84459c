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
"""Sparse files: copying them, and finding out what is in them."""

from collections.abc import Iterator
import errno
import fcntl
import hashlib
import logging
import os

LOG = logging.getLogger(__name__)

BLOCK_BYTES = 4096
_FICLONE = 0x40049409
_NO_REFLINK = (errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.EXDEV,
               errno.ENOSYS)
_PIECE_BYTES = 1 << 20


class Copier:
    """Copies whole files, by reflink where the file system can."""

    def __init__(self):
        self._has_reflink = True

    def copy(self, source: str, target: str):
        """Make a file that holds what another one does.

        :raises FileExistsError: the target is there already
        :raises OSError: most often as the disk is full; nothing is left
        """
        with open(source, 'rb') as reader, open(target, 'xb') as writer:
            try:
                if not (self._has_reflink and self._reflink(reader, writer)):
                    copy_data(reader.fileno(), writer.fileno())
            except BaseException:
                os.unlink(target)
                raise

    def _reflink(self, reader, writer):
        try:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
        except OSError as exc:
            if exc.errno not in _NO_REFLINK:
                raise
            self._has_reflink = False
            LOG.warning(
                'the file system of %s has no reflinks: copies of contents '
                'take time and space', os.path.dirname(writer.name))
            return False
        return True


def copy_data(source: int, target: int):
    """Copy what is data; what is a hole stays one."""
    os.ftruncate(target, os.fstat(source).st_size)
    for offset, length in data_ranges(source):
        done = 0
        while done < length:
            count = os.copy_file_range(source, target, length - done,
                                       offset + done, offset + done)
            if not count:
                return
            done += count


def data_ranges(descriptor: int) -> Iterator[tuple[int, int]]:
    """(offset, length) in bytes of what is no hole."""
    end = 0
    while True:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as exc:
            if exc.errno != errno.ENXIO:
                raise
            return
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end - start


def data_map(path: str) -> list[tuple[int, int]]:
    with open(path, 'rb') as stream:
        return list(data_ranges(stream.fileno()))


def paint(descriptor: int, offset: int, length: int, identity: str,
          step_bytes: int = BLOCK_BYTES):
    """Write what simulated data looks like to a host.

    The same identity at the same place is the same data.

    :param step_bytes: paint a block at each multiple of it
    """
    block = hashlib.shake_128(identity.encode()).digest(BLOCK_BYTES)
    if step_bytes == BLOCK_BYTES:
        _write_all(descriptor, offset, length, block)
        return
    for start in range(offset + -offset % step_bytes, offset + length,
                       step_bytes):
        _write_all(descriptor, start,
                   min(BLOCK_BYTES, offset + length - start), block)


def _write_all(descriptor, offset, length, block):
    piece = memoryview(block * (_PIECE_BYTES // BLOCK_BYTES))
    end = offset + length
    while offset < end:
        phase = offset % BLOCK_BYTES
        count = min(_PIECE_BYTES - phase, end - offset)
        offset += os.pwrite(descriptor, piece[phase:phase + count], offset)


def differences(one: str, other: str, ranges: list[tuple[int, int]],
                block_bytes: int) -> list[tuple[int, int]]:
    """Where two files differ: (offset, length) in whole blocks, merged.

    :param ranges: the blocks to look at
    """
    found: list[tuple[int, int]] = []
    with open(one, 'rb') as first, open(other, 'rb') as second:
        for start, length in _different(
                first.fileno(), second.fileno(), ranges, block_bytes):
            if found and sum(found[-1]) == start:
                found[-1] = found[-1][0], found[-1][1] + length
            else:
                found.append((start, length))
    return found


def _different(one, other, ranges, block_bytes):
    """The blocks that differ; large pieces are compared first."""
    piece_bytes = max(_PIECE_BYTES - _PIECE_BYTES % block_bytes, block_bytes)
    for start, length in ranges:
        for offset in range(start, start + length, piece_bytes):
            count = min(piece_bytes, start + length - offset)
            left, right = (_read(end, offset, count) for end in (one, other))
            if left == right:
                continue
            for at in range(0, count, block_bytes):
                block = slice(at, at + block_bytes)
                if left[block] != right[block]:
                    yield offset + at, len(left[block])


def _read(descriptor, offset, count):
    """Bytes of a file, which is followed by zeros."""
    return os.pread(descriptor, count, offset).ljust(count, b'\0')
