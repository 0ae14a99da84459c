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
"""The demo's processes: started, watched and ended, by this run or a later."""

from concurrent import futures
import contextlib
import logging
import os
import pathlib
import shlex
import subprocess

import psutil

from tools.demo import console

LOG = logging.getLogger(__name__)

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIRECTORY_MARK = 'PURE_CINDER_DEMO_DIRECTORY'
NAME_MARK = 'PURE_CINDER_DEMO_PROCESS'
GRACE_S = 10


class Processes:
    """What runs for one demo directory.

    A process bears the directory in its environment. So a later run knows
    those that an earlier one left, and never takes a stranger for one.
    """

    def __init__(self, directory):
        self._directory = str(directory)
        self._started = {}
        # No signal interrupts it between a start and the note of it; nor the
        # making of its thread, which is there from now on.
        self._starter = futures.ThreadPoolExecutor(1)
        self._starter.submit(lambda: None).result()

    def start(self, name, command, log_path, environment=None):
        """Start one process in a session of its own.

        Ctrl-C in the terminal so reaches the demo alone, which then ends
        its processes.

        :param environment: dict of further variables, which are not logged
        """
        LOG.info('$ %s', shlex.join(command))
        self._starter.submit(self._start, name, command, log_path,
                             environment or {}).result()

    def _start(self, name, command, log_path, environment):
        marks = {DIRECTORY_MARK: self._directory, NAME_MARK: name}
        with log_path.open('ab') as log:
            process = psutil.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=ROOT, start_new_session=True,
                env={**os.environ, **environment, **marks})
        self._started[name] = process, log_path

    def finished(self, name):
        """Exit status of a process that is meant to end, None before."""
        status = self._started[name][0].poll()
        if status is not None:
            del self._started[name]
        return status

    def end(self, name):
        """End one process that this run has started."""
        process, _log_path = self._started.pop(name)
        _end([process])

    def kill(self, name):
        """End one that this run has started as kill -9 does, wholly.

        :returns: pids
        """
        killed = [process for found, process in self.running()
                  if found == name]
        for process in killed:
            # Whose parent is killed may end by itself.
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(killed, timeout=GRACE_S)
        self._started.pop(name)[0].wait()
        return [process.pid for process in killed]

    def check_alive(self, besides=None):
        """Check what was started.

        :param besides: name of a process that is meant to end
        :raises DemoFailure: if one has ended
        """
        for name, (process, log_path) in self._started.items():
            status = process.poll()
            if status is not None and name != besides:
                raise console.DemoFailure('%s %s' % (
                    name, ending(status, log_path)))

    def running(self):
        """Every process of this directory, this run's or not.

        :returns: list of ``(name, process)``
        """
        # What is being started is noted first.
        self._starter.submit(lambda: None).result()
        # One that was started a moment ago may not show its environment yet.
        own = {process.pid: name
               for name, (process, _log_path) in self._started.items()
               if process.poll() is None}
        found = []
        for process in psutil.process_iter():
            try:
                environment = process.environ()
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if process.pid in own:
                found.append((own[process.pid], process))
            elif environment.get(DIRECTORY_MARK) == self._directory:
                found.append((environment[NAME_MARK], process))
        return found

    def stop(self, *names):
        """End everything that runs for this directory.

        :param names: of what to end alone, if any
        :returns: names of what ran
        """
        running = [(name, process) for name, process in self.running()
                   if name in names or not names]
        _end([process for _name, process in running])
        return [name for name, _process in running]


def _end(processes):
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _gone, stubborn = psutil.wait_procs(processes, timeout=GRACE_S)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=GRACE_S)


def ending(status, log_path, count=12):
    """How a process ended, with the last lines of its log, indented."""
    lines = log_path.read_text(errors='replace').splitlines()
    return '\n    '.join(['ended with status %s; its last words, of %s:' % (
        status, console.shown(log_path)), *lines[-count:]])
