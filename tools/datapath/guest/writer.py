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
"""A program that writes to a device, and knows what was acknowledged."""

import contextlib
import mmap
import os
import struct
import threading

BLOCK_BYTES = 4096
_HEADER = struct.Struct('>QQ')
_FILL = BLOCK_BYTES // _HEADER.size


class Writer:
    """Writes blocks of a device over and over, each time another text.

    A write is direct, and counts only when the device has acknowledged it.

    :ivar count: how many writes were acknowledged
    :ivar error: the error that ended it, or None
    """

    def __init__(self, path, blocks=512, first_block=0):
        self._path = path
        self._blocks = range(first_block, first_block + blocks)
        self._acknowledged = {}
        self._tried = {}
        self._is_ended = threading.Event()
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.count = 0
        self.error = None

    def start(self):
        self._thread.start()
        return self

    def wait_for_writes(self, count, timeout_s=60):
        """Until that many more writes were acknowledged.

        :raises AssertionError: they are not, or the writer has ended
        """
        with self._progress:
            goal = self.count + count
            reached = self._progress.wait_for(
                lambda: self.error or self.count >= goal, timeout_s)
        assert reached and not self.error, (
            'writing stopped at %d of %d: %s' % (self.count, goal, self.error))

    def stop(self):
        self._is_ended.set()
        self._thread.join(120)
        assert not self._thread.is_alive(), 'a write never ends'

    def check(self, path=None):
        """Read all that was written from a device.

        :param path: that which was written to unless given
        :raises AssertionError: what was acknowledged is not there
        """
        with _direct(path or self._path, os.O_RDONLY) as descriptor, (
                mmap.mmap(-1, BLOCK_BYTES)) as buffer:
            for block, number in sorted(self._acknowledged.items()):
                count = os.preadv(descriptor, [buffer], block * BLOCK_BYTES)
                assert count == BLOCK_BYTES
                found = buffer[:]
                assert found in {content(block, each) for each in (
                    number, self._tried[block])}, (
                        'block %d: write %d was acknowledged, there is %r' % (
                            block, number, found[:_HEADER.size]))

    def _run(self):
        try:
            with _direct(self._path, os.O_WRONLY) as descriptor, (
                    mmap.mmap(-1, BLOCK_BYTES)) as buffer:
                while not self._is_ended.is_set():
                    self._write(descriptor, buffer)
        except OSError as exc:
            with self._progress:
                self.error = exc
                self._progress.notify_all()

    def _write(self, descriptor, buffer):
        number = self.count + 1
        block = self._blocks[number % len(self._blocks)]
        buffer[:] = content(block, number)
        self._tried[block] = number
        count = os.pwritev(descriptor, [buffer], block * BLOCK_BYTES)
        if count != BLOCK_BYTES:
            raise OSError('only %d bytes were written' % count)
        self._acknowledged[block] = number
        with self._progress:
            self.count = number
            self._progress.notify_all()


def content(block, number):
    """What the write of that number puts into a block."""
    return _HEADER.pack(block, number) * _FILL


@contextlib.contextmanager
def _direct(path, flags):
    descriptor = os.open(path, flags | os.O_DIRECT)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def writing(path, **options):
    """A Writer at work; it must not have met an error at the end."""
    writer = Writer(path, **options).start()
    try:
        yield writer
    finally:
        writer.stop()
    assert writer.error is None, writer.error
