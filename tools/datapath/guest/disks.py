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
"""What is on a disk of this host, and on the array behind it."""

import os

from oslo_utils import units

PIECE_BYTES = 4 * units.Mi


def write(path, offset):
    """Write something new to a device, past all caches.

    :returns: what was written
    """
    data = os.urandom(units.Mi) * (PIECE_BYTES // units.Mi)
    descriptor = os.open(path, os.O_WRONLY)
    try:
        assert os.pwrite(descriptor, data, offset) == PIECE_BYTES
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return data


def read(path, offset):
    """What a device has, not what the host remembers of it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return read_from(descriptor, offset)
    finally:
        os.close(descriptor)


def read_from(descriptor, offset):
    """The same of a device that is open."""
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return os.pread(descriptor, PIECE_BYTES, offset)


def stored(cloud, volume, offset):
    """What the array has of a volume."""
    with open(cloud.file_of(volume), 'rb') as stream:
        stream.seek(offset)
        return stream.read(PIECE_BYTES)


def size_of(path):
    """Size of a device in bytes."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.lseek(descriptor, 0, os.SEEK_END)
    finally:
        os.close(descriptor)
