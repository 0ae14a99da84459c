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
"""What was explored: steps, states, operations x circumstances."""

import collections
import dataclasses

QUIET = 'quiet'


@dataclasses.dataclass
class Sent:
    """What was added to a Tally since the last time, without its story."""

    steps: int
    stories: int
    states: set
    cells: dict


class Tally:
    """Counts over all stories.

    :ivar cells: {(verb, circumstance): Counter of outcomes}
    :ivar setting: of the story that is being told
    :ivar story: that one
    :ivar broken: setting and steps of the first story that went wrong
    """

    def __init__(self):
        self.setting = None
        self.story = None
        self.broken = None
        self._sent_steps = self._sent_stories = 0
        self.steps = self.stories = 0
        self.states = set()
        self.cells = collections.defaultdict(collections.Counter)
        self._new_cells = collections.defaultdict(collections.Counter)

    def begin(self, setting, story):
        self.stories += 1
        self.setting, self.story = setting, story

    def count(self, step, world, outcome):
        self.steps += 1
        self.states.add(repr(_state(self.setting, world)))
        for circumstance in _circumstances(self.setting, step, world):
            self.cells[step.verb, circumstance][outcome] += 1
            self._new_cells[step.verb, circumstance][outcome] += 1

    def sent(self):
        """:returns: Sent"""
        sent = Sent(self.steps - self._sent_steps,
                    self.stories - self._sent_stories, set(self.states),
                    {key: dict(value)
                     for key, value in self._new_cells.items()})
        self._sent_steps, self._sent_stories = self.steps, self.stories
        self._new_cells.clear()
        return sent

    def add(self, sent):
        self.steps += sent.steps
        self.stories += sent.stories
        self.states |= sent.states
        for key, outcomes in sent.cells.items():
            self.cells[key].update(outcomes)

    def table(self):
        """How often verbs were done in each circumstance, and succeeded.

        :returns: lines
        """
        verbs = sorted({verb for verb, _circumstance in self.cells})
        columns = sorted({each for _verb, each in self.cells})
        width = max(map(len, verbs), default=0)
        yield 'How often, and how often it was done; circumstances:'
        for number, column in enumerate(columns):
            yield '%3d  %s' % (number, column)
        yield ' ' * width + ''.join(
            '%10d' % number for number in range(len(columns)))
        for verb in verbs:
            yield verb.ljust(width) + ''.join(
                '%10s' % self._cell(verb, column) for column in columns)

    def _cell(self, verb, column):
        outcomes = self.cells.get((verb, column))
        return outcomes and '%d/%d' % (
            sum(outcomes.values()), outcomes['done']) or '-'


def _circumstances(setting, step, world):
    yield setting.protocol
    yield setting.replication
    if setting.is_cluster:
        yield 'cluster'
    yield step.during.split()[0] if step.during else QUIET
    if world.active:
        yield 'failed over'
    if world.is_switching:
        yield 'switch unfinished'
    if len(world.fleet.online) < len(world.fleet.arrays):
        yield 'array away'
    yield from world.troubled


def _state(setting, world):
    """Which states are told apart."""
    return (setting, world.active, world.is_switching,
            frozenset(world.troubled), len(world.fleet.online),
            len(world.book.volumes), len(world.book.snapshots),
            len(world.attachments))
