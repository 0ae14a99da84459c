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
"""Arrays that did not answer a moment ago."""

import time

from pure_cinder.array import errors

MEMORY_S = 30

AWAY_ERRORS = (errors.ArrayUnreachableError, errors.ArrayNoAnswerError,
               errors.ArrayOutcomeUnknownError)


class Outages:
    """A short memory, so that an array that is away costs one time-out.

    It is for work that can be done without that array, or later. A backend
    has one, each process its own.
    """

    def __init__(self):
        self._errors = {}

    def note(self, member, error):
        """Remember an error, if it says that the array is away."""
        if isinstance(error, AWAY_ERRORS) and not self._recall(member):
            self._errors[member] = error, time.monotonic() + MEMORY_S

    def forget(self, member):
        """The array has answered."""
        self._errors.pop(member, None)

    def is_away(self, member):
        """Whether the array did not answer a moment ago."""
        return self._recall(member) is not None

    def check(self, member):
        """:raises ArrayError: what the array was away with"""
        error = self._recall(member)
        if error:
            raise error.as_a(type(error))

    def _recall(self, member):
        error, until = self._errors.get(member, (None, 0))
        return error if time.monotonic() < until else None
