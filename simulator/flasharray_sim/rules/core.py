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
"""What all rules of one array share: its state, its clock, its set-up."""

import uuid

from flasharray_sim import errors
from flasharray_sim.rules import config as configs
from flasharray_sim.rules import peers
from flasharray_sim.state import database
from flasharray_sim.state import rows

# The examples of the 1.15 guide start here.
_FIRST_SERIAL = 0x00011010
_NAMESPACE = uuid.UUID('0f1c4f0e-5a0c-4d5b-9a36-6a9d1f2f6d3c')


class Core:
    """The ground the rules stand on.

    :param clock: has `now()`, an aware UTC datetime
    """

    def __init__(self, db: database.Database, clock,
                 config: configs.ArrayConfig, fleet: peers.Fleet):
        self.db = db
        self.config = config
        self.conditions: frozenset[str] = frozenset()
        self._clock = clock
        self._fleet = fleet

    def now_s(self) -> int:
        """Now, or the time that the running timer was due at."""
        if self._fleet.moment_s is not None:
            return self._fleet.moment_s
        return int(self._clock.now().timestamp())

    def new_serial(self) -> str:
        """24 upper-case hex digits: the array's 16, and a counter's 8."""
        prefix = self.setting('id').replace('-', '')[:16].upper()
        number = self.db.next_number('serial', _FIRST_SERIAL)
        return f'{prefix}{number:08X}'

    def derived_uuid(self, purpose: str) -> str:
        """A UUID that this array has for a purpose at every start."""
        return str(uuid.uuid5(_NAMESPACE, f'{self.config.name}/{purpose}'))

    def setting(self, name: str):
        return self.db.settings.find('name', name).value

    def change_setting(self, name: str, value):
        found = self.db.settings.find('name', name)
        if found:
            self.db.settings.change(found, value=value)
        else:
            self.db.settings.insert(
                rows.Setting(self.db.next_id(), name, value))

    def check_limit(self, name: str, noun: str, table, ctx: str):
        """Refuse one more row; destroyed objects count until eradicated."""
        if ('limit_reached' in self.conditions
                or len(table) >= self.config.limit(name)):
            raise errors.refuse('limit_reached', ctx=ctx, noun=noun)

    def used_bytes(self) -> int:
        """Physical space: what was written, and what Purity takes."""
        if 'full' in self.conditions:
            return self.config.capacity_bytes
        return self.config.system_bytes + sum(
            self.db.writes.total('usage', usage)
            for usage in ('volumes', 'snapshots', 'shared_space'))

    def check_space(self, ctx: str):
        if self.used_bytes() >= self.config.capacity_bytes:
            raise errors.refuse('out_of_space', ctx=ctx)

    def eradication_due_s(self) -> int:
        return self.now_s() + self.config.eradication_delay_s
