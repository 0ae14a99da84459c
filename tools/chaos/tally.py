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
"""What came of the operations, counted by all workers."""

import collections
import threading

DONE, FAILED, REFUSED, UNKNOWN = 'done', 'failed', 'refused', 'unknown'


class Tally:
    """Counts.

    :ivar begun: how many operations
    :ivar outcomes: Counter of pairs of kind and outcome
    :ivar reasons: Counter of texts, why something was not done
    """

    def __init__(self):
        self.begun = 0
        self.outcomes = collections.Counter()
        self.reasons = collections.Counter()
        self._changed = threading.Condition()
        self._is_over = False

    def begin(self):
        with self._changed:
            self.begun += 1
            self._changed.notify_all()

    def note(self, kind, outcome, reason=''):
        with self._changed:
            self.outcomes[kind, outcome] += 1
            if reason:
                self.reasons['%s: %s' % (kind, reason)] += 1

    def end(self):
        """No more operations begin."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def wait_for(self, begun):
        """Wait until so many are begun.

        :returns: whether it came to that
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_over or self.begun >= begun)
            return not self._is_over

    def count(self, outcome):
        with self._changed:
            return sum(count for (_kind, found), count
                       in self.outcomes.items() if found == outcome)

    def by_kind(self):
        """:returns: ``{kind: {outcome: count}}``"""
        found = {}
        for (kind, outcome), count in sorted(self.outcomes.items()):
            found.setdefault(kind, {})[outcome] = count
        return found
