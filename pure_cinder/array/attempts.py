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
"""Attempts that many threads want at once."""

import threading


class SharedAttempt:
    """One attempt at a time; who waits for one shares how it ends.

    Without that, each of N callers of an array that is away would wait for
    the time-outs of those before it, and then for its own.
    """

    def __init__(self, attempt):
        """:param attempt: called without arguments; may raise"""
        self._attempt = attempt
        self._lock = threading.Lock()
        self._error = None
        self.count = 0

    def make(self, seen_count):
        """Make the attempt, unless one ended since ``count`` was read.

        :param seen_count: ``count`` before the need for it was found
        :raises Exception: what the last attempt raised
        """
        with self._lock:
            if self.count == seen_count:
                self._error = None
                try:
                    self._attempt()
                except Exception as error:
                    self._error = error
                finally:
                    self.count += 1
            if self._error:
                raise self._error
