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
"""What a host writes to volumes, and what it reads from them.

A host with bytes connects what is attached to it, and has a file on a file
system there. It unmounts before it tells that anything is written. Without
bytes the simulator notes that there was a write.
"""

import subprocess
import tempfile
import typing

from tools.demo import console
from tools.initiator import connector
from tools.initiator import machine

NAME = 'demo-node'
CONNECTOR = connector.properties_of(connector.initiator_of(NAME),
                                    is_multipath=True)
PROGRAMS = ('mkfs.ext4', 'mount', 'unshare')
# The longest path of a socket has 107 characters, with what is below a
# connection's directory.
MAX_DIRECTORY_LENGTH = 107 - len('/hosts/%s/0123456789ab/qmp' % NAME)
TRIAL_BYTES = 1024 ** 2
TRIAL_TIMEOUT_S = 20
FILE = 'note.txt'
# The mounts of a namespace go with its last process, however that ends.
SHELL = ['unshare', '--mount', 'sh', '-euc']
MAKE = 'mkfs.ext4 -q "$1"; '
MOUNTED = 'mount "$1" "$2"; %s; umount "$2"'
WRITE = MOUNTED % ('cp "$3" "$2/%s"' % FILE)
READ = MOUNTED % ('cp "$2/%s" "$3"' % FILE)


class Place(typing.NamedTuple):
    """Where a host writes and reads.

    :ivar array: flasharray.FlashArray that serves the volume
    :ivar volume_name: there
    :ivar info: ``connection_info`` of its attachment
    """

    array: typing.Any
    volume_name: str
    info: dict


class SimulatedHost:
    """Its writes are known to the simulator, and there are no bytes."""

    def __init__(self, simulator):
        """:param simulator: simulator.Simulator"""
        self._simulator = simulator
        self._texts = {}

    def write(self, place, text, is_first=False):
        """Write something new.

        :param is_first: whether there is no file system yet
        :returns: what ``read`` finds of it
        """
        written = self._simulator.write(place.array.name, place.volume_name)
        self._texts[written] = text
        return written

    def read(self, place):
        """:returns: what was written last"""
        return self._simulator.read(place.array.name, place.volume_name)

    def words(self, written):
        """What was written, for people."""
        return 'a write: "%s"' % self._texts[written]


class Host:
    """It writes and reads a file, on a file system of a volume."""

    def __init__(self, stack):
        """:param stack: stack.Stack"""
        self._stack = stack
        self._connector = stack.host(NAME)
        self._mount_point = stack.directory / 'mnt'
        self._mount_point.mkdir()
        self._copy = stack.directory / FILE

    def write(self, place, text, is_first=False):
        """See :meth:`SimulatedHost.write`."""
        self._copy.write_text(text)
        self._run('a host writes', MAKE + WRITE if is_first else WRITE, place)
        return text

    def read(self, place):
        """See :meth:`SimulatedHost.read`."""
        self._copy.unlink()
        self._run('a host reads', READ, place)
        return self._copy.read_text()

    @staticmethod
    def words(written):
        """See :meth:`SimulatedHost.words`."""
        return '%s: "%s"' % (FILE, written)

    def _run(self, title, script, place):
        """Run a script with the device of a volume.

        After a failure the device is left to :meth:`Stack.stop`, since with
        a dead array it is not to be had any other way.
        """
        device = self._connector.connect_volume(place.info)
        self._stack.run(title, [
            *SHELL, script, title, device['path'], str(self._mount_point),
            str(self._copy)])
        self._connector.disconnect_volume(place.info, device)


def missing(directory):
    """What a host with bytes lacks on this machine, in words.

    :param directory: pathlib.Path of the demo
    :returns: list, empty where it lacks nothing
    """
    found = machine.missing(*PROGRAMS)
    if len(str(directory.resolve())) > MAX_DIRECTORY_LENGTH:
        found.append('a path of at most %d characters for %s' % (
            MAX_DIRECTORY_LENGTH, console.shown(directory)))
    return found or _refusals()


def _refusals():
    """Why no file system can be mounted, as a list."""
    with tempfile.TemporaryDirectory() as mount_point, \
            tempfile.NamedTemporaryFile() as image:
        image.truncate(TRIAL_BYTES)
        tried = subprocess.run(
            [*SHELL, MAKE + MOUNTED % ':', 'trial', image.name, mount_point],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors='replace',
            timeout=TRIAL_TIMEOUT_S)
    if not tried.returncode:
        return []
    return ['a file system that can be mounted (%s)'
            % ' '.join(tried.stderr.split())]
