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
"""Loop devices: files as block devices of the Linux kernel."""

import contextlib
import errno
import fcntl
import os
import struct

_CONTROL = '/dev/loop-control'
_CONFIGURE, _SET_CAPACITY, _GET_FREE = 0x4c0a, 0x4c07, 0x4c82
# It goes when nobody has it open any more.
_AUTOCLEAR = 4
_BLOCK_BYTES = 512
# struct loop_config: a file, the size of a block, and of all else the flags.
_CONFIG = struct.Struct('=II52xI240x')
_ATTEMPTS = 10


@contextlib.contextmanager
def attached(path: str):
    """A loop device with a file; it stays for as long as it is open.

    :returns: its path
    :raises OSError: there is none to be had
    """
    with open(path, 'r+b') as file, contextlib.ExitStack() as stack:
        for _attempt in range(_ATTEMPTS):
            device = f'/dev/loop{_free()}'
            loop = stack.enter_context(_opened(device))
            try:
                fcntl.ioctl(loop, _CONFIGURE, _CONFIG.pack(
                    file.fileno(), _BLOCK_BYTES, _AUTOCLEAR))
                break
            except OSError as exc:
                # Another program was faster.
                if exc.errno != errno.EBUSY:
                    raise
        else:
            raise OSError(errno.EBUSY, 'other programs take all loop devices')
        yield device


def resize(device: str):
    """Let a loop device have the size that its file has now."""
    with _opened(device) as loop:
        fcntl.ioctl(loop, _SET_CAPACITY)


def _free():
    with _opened(_CONTROL) as control:
        return fcntl.ioctl(control, _GET_FREE)


@contextlib.contextmanager
def _opened(path):
    descriptor = os.open(path, os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
