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
"""What the demo prints: a line for each step; all else goes to a log."""

import collections.abc
import logging
import os
import pathlib
import re
import signal
import time
import typing

from oslo_utils import strutils
import tenacity

LOG = logging.getLogger(__name__)

POLL_INTERVAL_S = 0.1
# A wait is told after so long, and when it has become three times as long.
PROGRESS_INTERVAL_S = 5
MAX_PATIENCE = 4
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What lets another project take a volume; oslo does not know it.
AUTH_KEY = re.compile(r'("auth_key": ")[^"]*')


class DemoFailure(Exception):
    """Something is not as it should be; the text is for the reader."""


class Step(typing.NamedTuple):
    """One line of the story.

    :ivar title: what is done
    :ivar act: does it, and returns in words what came of it
    """

    title: str
    act: collections.abc.Callable[[], str]


class Console:
    """Writes lines at once, so that a pipe shows progress too.

    :ivar log_path: of the log with the details, None before ``log_to``
    """

    def __init__(self):
        self.log_path = None
        self._started_s = time.monotonic()
        self._is_line_open = False
        self._indent = ''

    @property
    def elapsed_s(self):
        return time.monotonic() - self._started_s

    def log_to(self, path):
        """Write to a log what is said, and requests and facts besides."""
        self.log_path = path
        handler = logging.FileHandler(path)
        handler.addFilter(_mask)
        logging.basicConfig(
            level=logging.DEBUG, handlers=[handler], force=True,
            format='%(asctime)s %(name)s %(message)s')

    def say(self, text=''):
        LOG.info(text)
        if self._is_line_open:
            print()
        self._is_line_open = False
        print(text, flush=True)

    def tell(self, chapters):
        """Go through all steps, and number them.

        :param chapters: list of ``(title, list of Step)``
        """
        total = sum(len(steps) for _title, steps in chapters)
        count = 0
        for title, steps in chapters:
            self.say()
            self.say(title)
            for step in steps:
                count += 1
                self._take(step, '%*d of %d  ' % (
                    len(str(total)), count, total))

    def detail(self, name, value):
        """Log one fact; a list takes one line for each of its items."""
        items = value if isinstance(value, list) else [value]
        for item in items or ['none']:
            LOG.info('      %-22s %s', name, item)
            name = ''

    def same(self, name, told_by_cinder, told_by_array):
        """Log both sides of one fact.

        :raises DemoFailure: if they differ
        """
        self.detail(name, told_by_cinder)
        self.detail('  the array says', told_by_array)
        if told_by_cinder != told_by_array:
            raise DemoFailure('%s: Cinder says %r, the array says %r'
                              % (name, told_by_cinder, told_by_array))

    def wait_for(self, what, probe, timeout_s=60, log_path=None):
        """Call ``probe`` until it returns something other than None.

        :param timeout_s: on a machine without load, see ``patience``
        :param log_path: where to look if it never does, if that is another
            log than that of the demo
        :returns: what ``probe`` returned
        :raises DemoFailure: if it is not within the time
        """
        told_after_s = PROGRESS_INTERVAL_S

        def limit_s():
            return timeout_s * patience()

        def show_progress(state):
            nonlocal told_after_s
            if state.seconds_since_start >= told_after_s:
                told_after_s *= 3
                self.say('%swaiting for %s: %d s, at most %d s' % (
                    self._indent, what, state.seconds_since_start, limit_s()))

        try:
            return tenacity.Retrying(
                retry=tenacity.retry_if_result(lambda found: found is None),
                wait=tenacity.wait_fixed(POLL_INTERVAL_S),
                stop=lambda state: state.seconds_since_start >= limit_s(),
                before_sleep=show_progress)(probe)
        except tenacity.RetryError as exc:
            log_path = log_path or self.log_path
            where = '; look into %s' % shown(log_path) if log_path else ''
            raise DemoFailure('%s: not within %.1f s%s' % (
                what, limit_s(), where)) from exc

    def _take(self, step, place):
        began_s = time.monotonic()
        self._indent = ' ' * len(place)
        LOG.info('%s%s', place, step.title)
        print('%s%s ...' % (place, step.title), end='', flush=True)
        self._is_line_open = True
        outcome = '%s (%.1f s)' % (step.act(), time.monotonic() - began_s)
        LOG.info('%s... %s', self._indent, outcome)
        print(' ' + outcome if self._is_line_open
              else '%s... %s' % (self._indent, outcome), flush=True)
        self._is_line_open = False


def heed_interrupts():
    """Let every signal that asks for an end be a KeyboardInterrupt."""
    def interrupt(*_args):
        raise KeyboardInterrupt

    for number in INTERRUPTS:
        signal.signal(number, interrupt)


def ignore_interrupts():
    """Whoever cleans up is not to be interrupted."""
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)


def patience():
    """How many times as long as usual to wait: the load of each core."""
    load = os.getloadavg()[0] / len(os.sched_getaffinity(0))
    return min(max(load, 1), MAX_PATIENCE)


def shown(path):
    """A path as the reader can open it from where the demo was started."""
    return os.path.relpath(path) if pathlib.Path.cwd() in path.parents \
        else str(path)


def _mask(record):
    record.msg = AUTH_KEY.sub(r'\1***', strutils.mask_password(
        record.getMessage()))
    record.args = ()
    return True
