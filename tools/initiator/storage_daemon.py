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
"""One qemu-storage-daemon: started, spoken to over QMP, and ended."""

import json
import os
import socket
import time

from oslo_concurrency import processutils
import psutil

PROGRAM = 'qemu-storage-daemon'
QMP_TIMEOUT_S = 60
QUIT_TIMEOUT_S = 10
POLL_INTERVAL_S = 0.005


class DaemonError(Exception):
    """qemu refused; the text is its own."""


class StorageDaemon:
    """The daemon of one directory, whichever process started it.

    :ivar directory: where its sockets and its process id are, which tells
        it from every other daemon
    """

    def __init__(self, directory):
        """:param directory: pathlib.Path"""
        self.directory = directory
        self._qmp_path = directory / 'qmp'
        self._pid_path = directory / 'pid'

    def start(self, objects, blockdev, export):
        """Start it; it serves when this returns.

        :param objects: values of ``--object``, secrets by file only
        :param blockdev: dict of a block node
        :param export: dict of an export of that node
        :raises DaemonError: if qemu refuses, such as at a wrong secret
        """
        command = [PROGRAM]
        for value in objects:
            command += ['--object', value]
        command += [
            '--blockdev', json.dumps(blockdev),
            '--export', json.dumps(export),
            '--chardev', 'socket,id=qmp,path=%s,server=on,wait=off'
            % self._qmp_path,
            '--monitor', 'chardev=qmp',
            '--pidfile', str(self._pid_path), '--daemonize']
        # It outlives who starts it, and is none of his processes.
        environment = {'PATH': os.environ['PATH']}
        try:
            processutils.execute(*command, env_variables=environment)
        except processutils.ProcessExecutionError as exc:
            # It repeats its options before it says why.
            raise DaemonError(exc.stderr.rpartition('}: ')[2].strip()) \
                from None

    def execute(self, command, **arguments):
        """Execute one QMP command.

        :param arguments: their names with ``_`` for ``-``
        :returns: what qemu returned
        :raises DaemonError: if it refused
        :raises OSError: if no daemon listens
        """
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(QMP_TIMEOUT_S)
            connection.connect(str(self._qmp_path))
            with connection.makefile('rw') as stream:
                stream.readline()
                _converse(stream, 'qmp_capabilities', {})
                return _converse(stream, command, {
                    name.replace('_', '-'): value
                    for name, value in arguments.items()})

    def stop(self):
        """End it; a daemon that does not answer is killed."""
        process = self._process()
        if process is None:
            return
        try:
            self.execute('quit')
        except (OSError, DaemonError, ValueError):
            process.terminate()
        if not wait_ended(process):
            process.kill()
            wait_ended(process)

    def kill(self):
        """End it at once, whatever it waits for."""
        process = self._process()
        if process is not None:
            process.kill()
            wait_ended(process)

    def _process(self):
        """:returns: psutil.Process, or None if it does not run"""
        try:
            process = psutil.Process(int(self._pid_path.read_text()))
            # A dead one has no command line.
            is_own = str(self._pid_path) in process.cmdline()
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return process if is_own else None


def wait_ended(process):
    """Wait for a process; one that nobody has buried yet has ended, too.

    :returns: whether it has
    """
    deadline_s = time.monotonic() + QUIT_TIMEOUT_S
    while time.monotonic() < deadline_s:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(POLL_INTERVAL_S)
    return False


def _converse(stream, command, arguments):
    stream.write(json.dumps({'execute': command, 'arguments': arguments}))
    stream.flush()
    for line in stream:
        answer = json.loads(line)
        if 'error' in answer:
            raise DaemonError(answer['error']['desc'])
        if 'return' in answer:
            return answer['return']
    raise DaemonError('%s ended during %s' % (PROGRAM, command))
