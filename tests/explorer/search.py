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
"""Tells stories until the time is over, or one goes wrong."""

import dataclasses
import io
import sys
import time
from unittest import mock

import hypothesis
from hypothesis import stateful

from tests.explorer import machine
from tests.explorer import settings
from tests.explorer import shrinking
from tests.explorer import story as stories
from tests.explorer import tally as tallies

STORIES_A_ROUND = 10
STEPS_A_STORY = 30
_QUIET = hypothesis.settings(
    max_examples=STORIES_A_ROUND, stateful_step_count=STEPS_A_STORY,
    deadline=None, database=None, phases=(hypothesis.Phase.generate,),
    suppress_health_check=list(hypothesis.HealthCheck), print_blob=False)


@dataclasses.dataclass
class Found:
    """A story that went wrong.

    :ivar text: what went wrong
    :ivar step_count: of the story and those before it
    :ivar steps: the shortest story that goes wrong like that
    """

    text: str
    setting: settings.Setting
    steps: list
    step_count: int
    seed: int

    @property
    def script(self):
        return shrinking.script(self.setting, self.steps, self.text)


class Search:
    """Stories made up from a seed, one after another.

    :param database: tests.database.Database

    :ivar tally: tallies.Tally
    """

    def __init__(self, seed, database=None):
        self._seed = seed
        self._database = database or settings.new_database()
        self._round = 0
        self.tally = tallies.Tally()
        # Hypothesis makes its own of the class.
        self._machine = type('Explorer', (machine.Explorer,), {
            'database': self._database, 'tally': self.tally})

    def is_enough(self, end_s, story_limit=None):
        """Whether it is later than that, or so many were told."""
        return time.monotonic() > end_s or bool(
            story_limit) and self.tally.stories >= story_limit

    def tell_some(self, region=machine.Region()):
        """Tell a few stories.

        :returns: Found, not shrunk, or None
        """
        self._round += 1
        self._machine.region = region
        seed = self._seed * 100_000 + self._round
        run = hypothesis.seed(seed)(stateful.run_state_machine_as_test)
        try:
            # It prints the draws, which tell less than the steps.
            with mock.patch.object(sys, 'stdout', io.StringIO()):
                run(self._machine, settings=_QUIET)
        except stories.Broken as error:
            setting, steps = self.tally.broken
            self.tally.broken = None
            return Found(str(error), setting, steps, self.tally.steps, seed)
        return None

    def shrunk(self, found):
        """The same with the shortest story."""
        steps = shrinking.without_end(found.steps)
        shorter, text = shrinking.shortest(found.setting, steps,
                                           self._database)
        if not text:
            return found
        return dataclasses.replace(found, steps=shorter, text=text)
