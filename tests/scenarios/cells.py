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
"""The cells of the scenario table: who, what, when, and how it ended."""

import dataclasses

INTERRUPTED = 'interrupted'
DURING = 'during the disaster'
MENDED = 'when mended'
FAILED_OVER = 'failed over'
HOME = 'back home'
PHASES = (INTERRUPTED, DURING, MENDED, FAILED_OVER, HOME)
OPERATIONS = ('I/O', 'create', 'attach', 'detach', 'delete', 'snapshot',
              'stats', 'restart', 'failover', 'failback', 'clean-up')


@dataclasses.dataclass(frozen=True)
class Cell:
    """What one operation came to."""

    disaster: str
    kind: str
    operation: str
    phase: str
    outcome: str

    @property
    def place(self):
        return self.disaster, self.kind, self.operation, self.phase
