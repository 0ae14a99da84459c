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
"""What goes wrong, and how it is put right."""

from collections.abc import Callable
import dataclasses

from flasharray_sim import faults
from tests.scenarios import fleet as fleets

# Long enough to agree on who goes on without a mediator.
ELECTION_S = 600


class Dying(faults.Fault):
    """Resets all connections after some answers to one kind of request."""

    def __init__(self, answers, method='*', path='*'):
        super().__init__('reset_before', method=method, path=path)
        self._answers_left = answers

    def matches(self, method, path):
        if self._answers_left and super().matches(method, path):
            self._answers_left -= 1
            return False
        return not self._answers_left


def _stop_primary(fleet):
    fleet.primary.stop()


def _stop_secondary(fleet):
    fleet.secondary.stop()


def _cut_link(fleet):
    fleet.primary.faults.add(faults.Fault(
        'link_down', peer=fleet.secondary.name))


def _lose_mediator(fleet):
    for array in fleet.arrays.values():
        array.faults.add(faults.Fault('mediator_down'))
    fleet.pass_time(ELECTION_S)


def _lose_mediator_and_primary(fleet):
    _lose_mediator(fleet)
    fleet.primary.stop()


def _let_secondary_die(fleet):
    """In the middle of a failover: before the second copy, or look."""
    fleet.secondary.faults.add(
        Dying(1) if fleet.kind.is_synchronous
        else Dying(1, 'POST', 'volume/*'))


def _mend(fleet):
    for array in fleet.arrays.values():
        array.faults.clear()
        array.start()


@dataclasses.dataclass(frozen=True)
class Disaster:
    """Something that goes wrong with a Fleet.

    :ivar strike: lets it happen
    :ivar mend: puts it right
    :ivar prepare: lets it happen in the middle of the failover that comes
        next; `strike` comes after that, then
    :ivar restarts: whether each operation meets a process that was just
        started
    """

    name: str
    meaning: str
    strike: Callable[[fleets.Fleet], None] = lambda fleet: None
    mend: Callable[[fleets.Fleet], None] = _mend
    prepare: Callable[[fleets.Fleet], None] | None = None
    restarts: bool = False


DISASTERS = {disaster.name: disaster for disaster in (
    Disaster('primary dead', 'the primary array and its data path are gone',
             _stop_primary),
    Disaster('secondary dead', 'the same of the secondary', _stop_secondary),
    Disaster('link down', 'primary and secondary cannot reach each other; '
             'hosts and Cinder reach both', _cut_link),
    Disaster('mediator lost', 'no array reaches the mediator of the pods',
             _lose_mediator),
    Disaster('primary dead without mediator', 'the primary dies when the '
             'mediator is lost already', _lose_mediator_and_primary),
    Disaster('dead during failover', 'the secondary dies while the backend '
             'is being failed over to it', _stop_secondary,
             prepare=_let_secondary_die),
    Disaster('service restarted', 'all arrays are well; each operation is '
             'done by a process that was started just before, from the '
             'database alone', restarts=True))}
