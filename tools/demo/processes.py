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
"""The demo's processes, recorded so that a later run can end them."""

import json
import os
import pathlib
import subprocess

import psutil

from tools.demo import console

MARK = 'PURE_CINDER_DEMO'
ROOT = pathlib.Path(__file__).resolve().parents[2]
GRACE_S = 10


class Processes:
    """What one demo directory started.

    A process is known by its id and by the directory's mark in its
    environment: an id alone may have passed to a stranger.
    """

    def __init__(self, directory):
        self._record = directory / 'processes.json'
        self._mark = str(directory)
        self._started = {}

    def start(self, name, command, log_path):
        """Start one process in a session of its own.

        Ctrl-C in the terminal so reaches the demo alone, which then ends
        its processes in order.
        """
        with log_path.open('ab') as log:
            process = psutil.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=ROOT, start_new_session=True,
                env={**os.environ, MARK: self._mark})
        self._started[name] = process, log_path
        self._write_record()

    def finished(self, name):
        """Exit status of a process that is meant to end, None before."""
        status = self._started[name][0].poll()
        if status is not None:
            del self._started[name]
            self._write_record()
        return status

    def check_alive(self):
        """:raises DemoFailure: if a process that was started has ended"""
        for name, (process, log_path) in self._started.items():
            status = process.poll()
            if status is not None:
                raise console.DemoFailure(
                    '%s ended with status %s; its last words:\n%s'
                    % (name, status, tail(log_path)))

    def running(self):
        """The recorded processes that still run, by name."""
        if not self._record.exists():
            return {}
        found = {}
        for name, pid in json.loads(self._record.read_text()).items():
            process = self._find(pid)
            if process:
                found[name] = process
        return found

    def stop(self):
        """End every recorded process.

        :returns: names of those that ran
        """
        running = self.running()
        for process in running.values():
            process.terminate()
        _gone, stubborn = psutil.wait_procs(running.values(), timeout=GRACE_S)
        for process in stubborn:
            process.kill()
        psutil.wait_procs(stubborn, timeout=GRACE_S)
        self._record.unlink(missing_ok=True)
        return list(running)

    def _write_record(self):
        self._record.write_text(json.dumps(
            {name: process.pid
             for name, (process, _log) in self._started.items()}))

    def _find(self, pid):
        try:
            process = psutil.Process(pid)
            is_ours = process.environ().get(MARK) == self._mark
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return process if is_ours else None


def tail(log_path, count=12):
    """The last lines of a log, indented."""
    lines = log_path.read_text(errors='replace').splitlines()
    return '\n'.join('    ' + line for line in lines[-count:])
