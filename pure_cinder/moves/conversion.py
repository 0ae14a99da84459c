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
"""From what a volume is to what it should be: which steps, in which order.

Pure functions and data. Each step knows its reverse, so that what was done
can be undone by the same means.
"""

import dataclasses

from pure_cinder import naming
from pure_cinder.types import placement
from pure_cinder.types import specs


@dataclasses.dataclass(frozen=True)
class State:
    """What a volume is on an array.

    :ivar leaf: its name in the place where it is
    :ivar place: placement.Placement with those of its protection groups that
        the driver owns
    :ivar qos: its limits; None if they are not known
    """

    leaf: str
    place: placement.Placement
    qos: specs.QosLimits | None = specs.QosLimits()


@dataclasses.dataclass(frozen=True)
class Step:
    """One change, from ``before`` to ``after``."""

    before: object
    after: object

    @property
    def is_reversible(self):
        """Whether it is known what was before; if not, it is the last."""
        return True

    def reversed(self):
        return type(self)(before=self.after, after=self.before)


class Members(Step):
    """Leave or join a protection group; None is no group."""


class Move(Step):
    """Change the place; both are placement.Placement without groups."""


class Rename(Step):
    """Change the name in the place where it is."""


class Limit(Step):
    """Change the limits; both are specs.QosLimits, or None if not known."""

    @property
    def is_reversible(self):
        return self.before is not None


def plan(now, wanted):
    """Steps that make ``now`` what is ``wanted``; both are State.

    A group is left before a move takes the volume from where the group is,
    and joined where the volume has arrived. Limits follow: those that were
    not known are set as well, and are not to be put back. The name is changed
    last: it is what an interrupted change is found by. Names that the array
    takes for the same are not changed.

    :returns: list of Step
    """
    wanted = _spelled_alike(now, wanted)
    leave = [Members(before=pgroup, after=None)
             for pgroup in now.place.pgroups
             if pgroup not in wanted.place.pgroups]
    join = [Members(before=None, after=pgroup)
            for pgroup in wanted.place.pgroups
            if pgroup not in now.place.pgroups]
    changes = [
        *leave, *_moves(_bare(now.place), _bare(wanted.place)),
        *join, Limit(before=now.qos, after=wanted.qos),
        Rename(before=now.leaf, after=wanted.leaf)]
    return [change for change in changes if change.before != change.after]


def _spelled_alike(now, wanted):
    """``wanted`` with the names of ``now``, where they are the same."""
    known = {naming.name_key(name): name for name in (
        now.leaf, now.place.pod, now.place.volume_group, *now.place.pgroups)
        if name}

    def spelled(name):
        return name and known.get(naming.name_key(name), name)

    place = wanted.place
    return dataclasses.replace(
        wanted, leaf=spelled(wanted.leaf), place=placement.Placement(
            pod=spelled(place.pod), volume_group=spelled(place.volume_group),
            pgroups=tuple(map(spelled, place.pgroups))))


def _moves(here, there):
    """Between a pod and another container through the root."""
    is_with_pod = here.pod or there.pod
    if here != there and is_with_pod and here.container and there.container:
        root = placement.Placement()
        return [Move(here, root), Move(root, there)]
    return [Move(here, there)]


def _bare(place):
    return dataclasses.replace(place, pgroups=())
