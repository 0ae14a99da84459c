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
"""A story: a setting and steps, each an operation and its circumstance.

Steps are data, so that a story that went wrong can be told again.
"""

import contextlib
import dataclasses
import inspect
import signal
import traceback

from tests.explorer import administrators
from tests.explorer import checks
from tests.explorer import circumstances
from tests.explorer import logs
from tests.explorer import operators
from tests.explorer import settings
from tests.explorer import tenants
from tests.explorer import world as worlds

ROLES = (tenants.Tenants, administrators.Administrators, operators.Operators,
         operators.Disasters)

# All clocks stand still meanwhile, so that nothing waits for long.
STEP_LIMIT_S = 300


@dataclasses.dataclass(frozen=True)
class Step:
    """One operation.

    :ivar verb: name of a method of one of the ROLES
    :ivar during: what happens meanwhile, see circumstances; maybe nothing
    """

    verb: str
    arguments: tuple = ()
    during: str = ''

    def __str__(self):
        told = ', '.join(map(repr, self.arguments))
        return '%s(%s)%s' % (self.verb, told,
                             self.during and ' with ' + self.during)


class Broken(AssertionError):
    """What must never happen did."""


class Stuck(BaseException):
    """A step goes on for ever; nothing is to take this for an error."""


class Story:
    """A story while it is told.

    :param stage: settings.Stage
    :param log: logs.Log

    :ivar told: list of pairs of a Step and what it ended with, in a word
    """

    def __init__(self, stage, log):
        self.world = worlds.World(stage, log)
        self.told = []
        self._verbs = {
            name: method for role in ROLES
            for name, method in inspect.getmembers(
                role(self.world), inspect.ismethod)
            if not name.startswith('_')}
        self._verbs['settle'] = self.settle

    def do(self, step):
        """:raises Broken: what must never happen did"""
        world = self.world
        world.next_step()
        before = checks.statuses(world)
        is_dead = bool
        try:
            with _limited(), circumstances.of(step.during, world) as is_dead:
                self._verbs[step.verb](*step.arguments)
        except Stuck:
            raise Broken('%s does not end' % step) from None
        except worlds.REFUSALS as error:
            outcome = 'refused'
            if not isinstance(error, worlds.NotApplicable):
                checks.reason(world, step, error)
        else:
            outcome = 'failed' if world.cloud.bus.errors else 'done'
        if is_dead():
            outcome = 'killed'
        world.restart_dead()
        world.see_switch()
        self.told.append((step, outcome))
        checks.after(world, step, before, is_dead())
        logs.search(world)
        world.changed()
        self._judge()
        return outcome

    def settle(self):
        """Everything is mended, and house was kept."""
        self.world.mend()
        checks.settled(self.world)
        logs.search_database(self.world)

    def _judge(self):
        if self.world.problems:
            raise Broken('; '.join(self.world.problems))


@contextlib.contextmanager
def _limited():
    """:raises Stuck: what is inside waits for itself"""
    def stop(_number, _frame):
        raise Stuck()

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(STEP_LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def begun(setting, database):
    """A Story before its first step."""
    with logs.captured() as log, settings.staged(setting, database) as stage:
        yield Story(stage, log)


def tell(setting, steps, database=None):
    """Tell a story from the beginning, and let it settle.

    :param steps: iterable of Step, or of tuples of what makes one
    :raises Broken: with the steps until then
    """
    with begun(setting, database or settings.new_database()) as story:
        for step in [*steps, Step('settle')]:
            if not isinstance(step, Step):
                verb, *arguments = step
                during = (arguments.pop() if arguments and isinstance(
                    arguments[-1], During) else '')
                step = Step(verb, tuple(arguments), str(during))
            story.do(step)
        return story


class During(str):
    """A circumstance, in a story that is written as tuples."""


def described(error):
    return ''.join(traceback.format_exception_only(error)).strip()
