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

import dataclasses

from pure_cinder.simulator import faults

# Long enough to agree on who goes on without a mediator.
ELECTION_S = 600


@dataclasses.dataclass(frozen=True)
class Disaster:
    """Something that goes wrong.

    :ivar strike: lets it happen; gets the Rehearsal, as the others do
    :ivar heal: puts it right
    :ivar interrupt: prepares for it to happen in a failover that begins now;
        `strike` comes after that failover, then
    :ivar restarts: whether each operation meets a process that was just
        started
    """

    name: str
    meaning: str
    strike: object = lambda rehearsal: None
    heal: object = lambda rehearsal: None
    interrupt: object = None
    restarts: bool = False


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


def _stop(role):
    def strike(rehearsal):
        getattr(rehearsal.fleet, role).stop()
    return strike


def _cut_link(rehearsal):
    rehearsal.fleet.primary.faults.add(faults.Fault(
        'link_down', peer=rehearsal.fleet.secondary.name))


def _lose_mediator(rehearsal):
    for array in rehearsal.fleet.arrays.values():
        array.faults.add(faults.Fault('mediator_down'))
    rehearsal.fleet.pass_time(ELECTION_S)


def _lose_mediator_and_primary(rehearsal):
    _lose_mediator(rehearsal)
    rehearsal.fleet.primary.stop()


def _mend(rehearsal):
    for array in rehearsal.fleet.arrays.values():
        array.faults.clear()
        array.start()


def _let_secondary_die(rehearsal):
    """In the middle of the failover: before the second copy, or look."""
    is_copying = not rehearsal.fleet.kind.is_synchronous
    rehearsal.fleet.secondary.faults.add(
        Dying(1, 'POST', 'volume/*') if is_copying else Dying(1))


def _stop_dying(rehearsal):
    rehearsal.fleet.secondary.stop()
    rehearsal.fleet.secondary.faults.clear()


DISASTERS = {disaster.name: disaster for disaster in (
    Disaster('primary dead', 'the primary array and its data path are gone',
             _stop('primary'), _mend),
    Disaster('secondary dead', 'the same of the secondary',
             _stop('secondary'), _mend),
    Disaster('link down', 'primary and secondary cannot reach each other; '
             'hosts and Cinder reach both', _cut_link, _mend),
    Disaster('mediator lost', 'no array reaches the mediator of the pods',
             _lose_mediator, _mend),
    Disaster('primary dead without mediator', 'the primary dies when the '
             'mediator is lost already', _lose_mediator_and_primary, _mend),
    Disaster('dead during failover', 'the secondary dies while the backend '
             'is being failed over to it', _stop_dying, _mend,
             interrupt=_let_secondary_die),
    Disaster('service restarted', 'all arrays are well; each operation is '
             'done by a process that was started just before, from the '
             'database alone', restarts=True))}
