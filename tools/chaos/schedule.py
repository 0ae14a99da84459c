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
"""What is done, and what is killed when: the same for the same seed.

How it goes on is not repeated, as processes and their messages have orders of
their own.
"""

import dataclasses
import random

# How often each kind of operation comes, in relation to the others.
WEIGHTS = {
    'create': 20, 'clone': 8, 'snapshot': 12, 'create from snapshot': 6,
    'delete snapshot': 6, 'attach': 14, 'detach': 10, 'extend': 7,
    'retype': 6, 'delete': 8, 'create group': 2, 'join group': 3,
    'snapshot group': 3, 'delete group': 1}
OUTAGES = ('one cinder-volume', 'both cinder-volume', 'simulator', 'MariaDB',
           'RabbitMQ', 'array')
OPERATIONS_PER_OUTAGE = 30
MAX_PAUSE_S = 8


@dataclasses.dataclass(frozen=True)
class Step:
    """One operation.

    :ivar picks: numbers from 0 to 1, by which what it is done to is chosen
    """

    kind: str
    picks: tuple


@dataclasses.dataclass(frozen=True)
class Outage:
    """Something is away for a while.

    :ivar kind: of ``OUTAGES``
    :ivar after: how many operations are begun before
    :ivar pick: number from 0 to 1, which of several it is
    """

    kind: str
    after: int
    pause_s: float
    pick: float


@dataclasses.dataclass(frozen=True)
class Schedule:
    """:ivar steps: list for each worker of lists of Step"""

    steps: list
    outages: list


def make(seed, operations, workers):
    """:returns: Schedule"""
    chance = random.Random(seed)
    steps = [Step(kind, (chance.random(), chance.random())) for kind in
             chance.choices(list(WEIGHTS), WEIGHTS.values(), k=operations)]
    return Schedule([steps[number::workers] for number in range(workers)],
                    list(_outages(chance, operations)))


def _outages(chance, operations):
    """Every kind once before any comes again, at about even distances."""
    count = max(len(OUTAGES), operations // OPERATIONS_PER_OUTAGE)
    distance = operations / (count + 1)
    kinds = []
    for number in range(count):
        kinds = kinds or chance.sample(OUTAGES, len(OUTAGES))
        yield Outage(kinds.pop(),
                     int(distance * (number + chance.uniform(.6, 1.4))),
                     chance.uniform(0, MAX_PAUSE_S), chance.random())
