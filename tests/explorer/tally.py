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


class Tally:
    """Counts over all stories.

    :ivar steps: how many there were
    :ivar cells: {(verb, circumstance): Counter of outcomes}
    :ivar story: the one that is being told
    """

    def __init__(self):
        self.steps = 0
        self.stories = 0
        self.states = set()
        self.cells = collections.defaultdict(collections.Counter)
        self.setting = None
        self.story = None

    def begin(self, setting, story):
        self.stories += 1
        self.setting, self.story = setting, story

    def count(self, step, world, outcome):
        self.steps += 1
        self.states.add(_state(self.setting, world))
        for circumstance in _circumstances(self.setting, step, world):
            self.cells[step.verb, circumstance][outcome] += 1


def _circumstances(setting, step, world):
    yield setting.protocol
    yield setting.replication
    if setting.is_cluster:
        yield 'cluster'
    if step.during:
        yield step.during.split()[0]
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
