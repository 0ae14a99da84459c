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
"""What each volume should hold, and what it holds."""

# How much of its data a volume has after a change of arrays.
ALL = 'all data'
REPLICATED = 'data of the last replication'
NOT_REPLICATED = 'what was not replicated yet'
LOST = 'changes are lost'
_STATES = (ALL, REPLICATED, NOT_REPLICATED, LOST)


class Ledger:
    """The content of volumes, as their users last left it."""

    def __init__(self, fleet):
        self._fleet = fleet
        self._latest = {}
        self._replicated = {}

    def note(self, volume, array):
        """What is there now is what is to be there from now on."""
        self._latest[volume.id] = self._fleet.content(
            array, volume.provider_id)

    def note_replication(self):
        """What is there now has arrived everywhere."""
        self._replicated = dict(self._latest)

    def is_right(self, volume, array, name=None):
        """Whether a volume has its latest data on an array.

        :param name: of a snapshot, or of what a host found in its place
        """
        content = self._fleet.content(array, name or volume.provider_id)
        return content is not None and content == self._latest[volume.id]

    def state(self, volume, array):
        """How much of a volume's data an array has."""
        if self.is_right(volume, array):
            return ALL
        if volume.id not in self._replicated:
            return NOT_REPLICATED
        content = self._fleet.content(array, volume.provider_id)
        return (REPLICATED if content == self._replicated[volume.id]
                else LOST)


def worst(states):
    return max(states, key=_STATES.index)
