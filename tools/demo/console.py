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
"""What the demo prints: numbered steps with their time, and long waits."""

import contextlib
import time

import tenacity

PROGRESS_INTERVAL_S = 3
POLL_INTERVAL_S = 0.1


class DemoFailure(Exception):
    """Something is not as it should be; the text is for the reader."""


class Console:
    """Writes lines at once, so that a pipe shows progress too."""

    def __init__(self):
        self._started_s = time.monotonic()
        self._count = 0

    @property
    def elapsed_s(self):
        return time.monotonic() - self._started_s

    def say(self, text=''):
        print(text, flush=True)

    def detail(self, name, value):
        """Print one fact; a list takes one line for each of its items."""
        items = value if isinstance(value, list) else [value]
        for item in items or ['none']:
            self.say('      %-22s %s' % (name, item))
            name = ''

    @contextlib.contextmanager
    def step(self, title):
        """Print the title, and when the block is through, its time."""
        self._count += 1
        began_s = time.monotonic()
        self.say('%2d. %s' % (self._count, title))
        yield
        self.say('      %-22s %.2f s' % ('time', time.monotonic() - began_s))

    def same(self, name, told_by_cinder, told_by_array):
        """Print both sides of one fact.

        :raises DemoFailure: if they differ
        """
        self.detail(name, told_by_cinder)
        self.detail('  the array says', told_by_array)
        if told_by_cinder != told_by_array:
            raise DemoFailure('%s: Cinder says %r, the array says %r'
                              % (name, told_by_cinder, told_by_array))

    def wait_for(self, what, probe, timeout_s=60):
        """Call ``probe`` until it returns something other than None.

        :returns: what ``probe`` returned
        :raises DemoFailure: after ``timeout_s`` seconds
        """
        began_s = said_s = time.monotonic()

        def show_progress(retry_state):
            nonlocal said_s
            now_s = time.monotonic()
            if now_s - said_s >= PROGRESS_INTERVAL_S:
                said_s = now_s
                self.say('      ... %s (%d s)' % (what, now_s - began_s))

        try:
            return tenacity.Retrying(
                retry=tenacity.retry_if_result(lambda found: found is None),
                wait=tenacity.wait_fixed(POLL_INTERVAL_S),
                stop=tenacity.stop_after_delay(timeout_s),
                before_sleep=show_progress)(probe)
        except tenacity.RetryError as exc:
            raise DemoFailure('%s: not within %d s' % (what, timeout_s)) \
                from exc
