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
"""Processes that are asked and answer in lines of JSON."""

import contextlib
import json
import os
import subprocess
import sys


class Child:
    """A process that serves.

    :ivar ready: what it told when it was ready
    """

    def __init__(self, *command, log, **environment):
        """:param log: path of the file that gets what it writes to stderr"""
        self._log = open(log, 'a')
        self._process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, **environment})
        self.ready = self._read()

    def ask(self, **question):
        """:raises RuntimeError: with what the process failed with"""
        self._process.stdin.write(json.dumps(question) + '\n')
        self._process.stdin.flush()
        answer = self._read()
        if 'error' in answer:
            raise RuntimeError(answer['error'])
        return answer

    def end(self):
        """It ends when nobody asks any more."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError('%s has ended; see %s' % (
                self._process.args, self._log.name))
        return json.loads(line)


def serve(ready, answer):
    """Answer until nobody asks any more.

    :param ready: dict that tells what there is
    :param answer: called with what was asked; returns a dict
    """
    out = os.fdopen(os.dup(sys.stdout.fileno()), 'w')
    # What others print is not taken for an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _say(out, ready)
    for line in sys.stdin:
        try:
            reply = answer(**json.loads(line))
        except Exception as error:
            reply = {'error': '%s: %s' % (type(error).__name__, error)}
        _say(out, reply)


def _say(out, message):
    out.write(json.dumps(message) + '\n')
    out.flush()
