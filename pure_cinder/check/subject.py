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
"""What the checks of one backend look at."""

import dataclasses
import time

from oslo_utils import timeutils

from pure_cinder.array import models
from pure_cinder.fleet import queries

# The shortest of them tells what the array and the way to it take.
PROBES = 3


@dataclasses.dataclass(frozen=True)
class View:
    """An array that has answered.

    :ivar answer_s: how long the least request took
    :ivar ahead_s: how far its clock is before this node's; None if unknown
    """

    array: models.ArrayInfo
    answer_s: float
    ahead_s: float | None


class Subject:
    """One backend, and what its arrays told.

    :ivar backend: backend.Backend
    :ivar configuration: Cinder's, of the section
    :ivar views: dict of roster.Member to its View, or to the
        PureDriverException with which it was asked in vain
    """

    def __init__(self, backend, configuration):
        self.backend = backend
        self.configuration = configuration
        self.config = backend.config
        self.fleet = backend.fleet
        self.views = queries.ParallelQuery(
            1 + self.config.endpoint.limit_s).ask(_view, self.fleet.members)

    @property
    def reachable(self):
        """:returns: list of the members that have answered"""
        return [member for member, view in self.views.items()
                if isinstance(view, View)]

    @property
    def is_serving_up(self):
        """Whether the array that serves has answered."""
        return self.fleet.serving in self.reachable


def _view(member):
    gateway = member.gateway
    array = gateway.get_array()
    probes = [_probe(gateway) for _number in range(PROBES)]
    answer_s, ahead_s = min(probes, key=lambda probe: probe[0])
    return View(array, answer_s, ahead_s)


def _probe(gateway):
    start_s = time.monotonic()
    clock = gateway.read_clock()
    answer_s = time.monotonic() - start_s
    now = timeutils.utcnow(with_timezone=True)
    return answer_s, clock and (clock - now).total_seconds()
