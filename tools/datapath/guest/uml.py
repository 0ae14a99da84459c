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
"""A guest: User-Mode Linux, a kernel that is a process of this machine.

Its root is this machine's, read only, with a tmpfs over it; so it has the
programs, the Python and the checkout of the one who boots it.
"""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time

KERNEL = 'linux.uml'
MODULES = pathlib.Path('/usr/lib/uml/modules')
PROGRAMS = (KERNEL, 'setpriv', 'iscsid', 'iscsiadm', 'multipathd', 'multipath',
            'dmsetup', 'lsscsi', 'udevadm', 'modprobe', 'mkfs.xfs')
PACKAGES = ('user-mode-linux', 'open-iscsi', 'multipath-tools', 'dmsetup',
            'lsscsi', 'udev', 'kmod', 'xfsprogs')
INIT = pathlib.Path(__file__).with_name('init')
ROOT = pathlib.Path(__file__).resolve().parents[3]
MEMORY_MIB = 1536
# Of guests that run at a time; each has one processor.
AT_A_TIME = min(2, os.cpu_count())
GRACE_S = 10
INTERVAL_S = 0.05
# Administrators' programs may not be in a user's path.
PATH = os.pathsep.join((os.environ.get('PATH', ''), '/usr/sbin', '/sbin'))


class GuestFailure(Exception):
    """The guest did not do what it was to do; the text is for the reader."""


def missing():
    """What this machine lacks for a guest, in words.

    :returns: list, empty where guests run
    """
    found = [name for name in PROGRAMS if not which(name)]
    if not MODULES.is_dir():
        found.append(str(MODULES))
    if os.geteuid():
        found.append('root')
    return found


def which(program):
    """Where a program is that guests need, None where it is not."""
    return shutil.which(program, path=PATH)


class Guest:
    """A guest that does one thing, and is gone afterwards.

    :param directory: what it and this machine share, there already;
        ``console``, ``log`` and ``status`` are written to it
    :param command: list of strings, to be run in the checkout
    :param kernel: Debian's unless given
    """

    def __init__(self, directory, command, kernel=KERNEL):
        self.directory = pathlib.Path(directory).resolve()
        if set(' \t\n"\'') & set(str(self.directory)):
            raise GuestFailure('no guest can share %s: a blank or a quote is '
                               'in the name' % self.directory)
        self._status = self.directory / 'status'
        self._kernel = str(kernel)
        self._process = None
        self._deadline_s = None
        (self.directory / 'command').write_text(self._script(command))

    def _script(self, command):
        quoted = {name: shlex.quote(str(self.directory / name))
                  for name in ('log', 'status.part', 'status')}
        return '\n'.join((
            'cd %s' % shlex.quote(str(ROOT)),
            'export HOME=/root LANG=C.UTF-8 PYTHONPATH=%s' % shlex.quote(
                os.pathsep.join(map(str, (ROOT, ROOT / 'simulator')))),
            '%s >%s 2>&1' % (shlex.join(command), quoted['log']),
            'echo $? >%s' % quoted['status.part'],
            'mv %s %s' % (quoted['status.part'], quoted['status']),
            'sync',
            'exec halt -f', ''))

    def start(self, deadline_s):
        """Boot it; it is ended when that many seconds are over."""
        self._status.unlink(missing_ok=True)
        self._deadline_s = time.monotonic() + deadline_s
        with (self.directory / 'console').open('wb') as console:
            self._process = subprocess.Popen(
                ['setpriv', '--pdeathsig', 'TERM', self._kernel,
                 'mem=%dM' % MEMORY_MIB, 'rootfstype=hostfs', 'rootflags=/',
                 'ro', 'init=%s' % INIT, 'GUEST_SHARE=%s' % self.directory,
                 'panic=1', 'uml_dir=%s/' % self.directory, 'con=null',
                 'con0=fd:0,fd:1'],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                start_new_session=True,
                env={**os.environ, 'PATH': PATH,
                     'TMPDIR': _memory_directory(self.directory)})

    def poll(self):
        """:returns: exit status of the command; None as long as it runs

        :raises GuestFailure: it does not end in time, or ends without one
        """
        is_off = self._process.poll() is not None
        if not is_off and time.monotonic() < self._deadline_s:
            return None
        self.end()
        if not is_off:
            raise GuestFailure('not done in time, see %s'
                               % (self.directory / 'log'))
        if not self._status.exists():
            raise GuestFailure('the guest ended by itself, see %s'
                               % (self.directory / 'console'))
        return int(self._status.read_text())

    def end(self):
        """End it, with all that runs in it, unless it has ended."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        # A kernel that was killed leaves helpers; all are in its session.
        for _turn in range(round(GRACE_S / INTERVAL_S)):
            self._process.poll()
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            time.sleep(INTERVAL_S)
        raise GuestFailure('process group %d does not end'
                           % self._process.pid)


def _memory_directory(fallback):
    """Where the guest's memory can be: a file that code is run from."""
    for candidate in ('/dev/shm', '/tmp'):
        with contextlib.suppress(OSError):
            facts = os.statvfs(candidate)
            if not facts.f_flag & os.ST_NOEXEC and (
                    facts.f_bavail * facts.f_frsize
                    > AT_A_TIME * MEMORY_MIB << 20):
                return candidate
    return str(fallback)


def python(module, *arguments):
    """A command that runs a module by this very Python."""
    return [sys.executable, '-W', 'ignore', '-m', module, *arguments]
