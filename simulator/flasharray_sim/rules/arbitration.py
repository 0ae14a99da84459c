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
"""Which array goes on with a stretched pod when the two have lost each other.

All of it is recalled from how Purity is described, and inferred where that
leaves a choice; no client's source tells.

- An array that can reach the mediator asks it. The first of the
  `failover_preference`, else the array that joined first, is the one that
  wins when both ask; an old copy cannot.
- Since Purity 5.3 two arrays of which neither reaches the mediator agree on
  one beforehand, while they can still reach each other. This one goes on, and
  the other one never does, also when it is the only one that is left.
- Else none goes on. Each waits, offline, until it can ask the mediator or
  reach the other one.

Losing the mediator alone changes nothing but the status that is shown.
"""

from flasharray_sim.state import rows

_PRE_ELECTION_SINCE = (5, 3)


class Arbitration:
    """How one array finds out who goes on.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._db = array.db

    def winner(self, pod: rows.Pod) -> str | None:
        """Id of the array that goes on with a pod, None for none."""
        fleet = self._array.fleet
        for array in self._holders(pod):
            if fleet.is_online(array) and fleet.reaches_mediator(array, pod):
                return array.id
        return pod.pre_elected_id

    def pre_elect(self, pod: rows.Pod):
        """Agree with the arrays in reach on what to do without mediator."""
        peers = self._array.stretch.reachable(pod)
        if not peers:
            return
        elected_id = None
        if self._array.config.release >= _PRE_ELECTION_SINCE and not any(
                self._array.fleet.reaches_mediator(array, pod)
                for array in (self._array, *peers)):
            elected_id = self._holders(pod)[0].id
        self._db.pods.change(pod, pre_elected_id=elected_id)

    def _holders(self, pod):
        """The arrays whose copies of a pod are good, the favourite first."""
        joined = [member.array_id for member in
                  self._db.pod_members.select('pod', pod.id)]
        favourites = [array_id for array_id in pod.failover_preference
                      if array_id in joined]
        found = map(self._array.fleet.find,
                    dict.fromkeys((*favourites, *joined)))
        return [array for array in found
                if array is not None and _has_good_copy(array, pod)]


def _has_good_copy(array, pod):
    own = array.db.pod_members.find('pair', (pod.id, array.id))
    return own is not None and own.has_good_copy
