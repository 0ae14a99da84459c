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
"""Links between arrays, and to the mediator, as faults take them down."""

from collections.abc import Sequence
import itertools
import threading


class Links:
    """Keeps the links of a fleet as the faults of its arrays say.

    :param arrays: the fleet's endpoint.SimulatedArray objects; may grow
    """

    def __init__(self, arrays: Sequence):
        self._arrays = arrays
        self._lock = threading.Lock()
        self._cut: set[tuple] = set()
        self._unmediated: dict = {}

    def settle(self) -> None:
        """Cut and mend what has changed; either end may have the fault."""
        with self._lock:
            for one, other in itertools.combinations(self._arrays, 2):
                is_wanted = (one.faults.is_cut_off(other.name)
                             or other.faults.is_cut_off(one.name))
                pair = one.model, other.model
                if is_wanted and pair not in self._cut:
                    one.model.fleet.cut(*pair)
                    self._cut.add(pair)
                elif not is_wanted and pair in self._cut:
                    one.model.fleet.mend(*pair)
                    self._cut.remove(pair)
            for array in self._arrays:
                pods = array.faults.pods_without_mediator()
                if pods != self._unmediated.get(array.model, frozenset()):
                    array.model.fleet.lose_mediator(array.model, pods)
                    self._unmediated[array.model] = pods
