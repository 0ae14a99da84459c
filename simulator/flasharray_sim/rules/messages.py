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
"""What happened on the array: alerts, audit records, logins (2.10)."""

import re

from flasharray_sim import errors
from flasharray_sim.rules import core as cores
from flasharray_sim.state import rows

# Of each category the array remembers this many (inferred).
LONGEST = 1000
_LONGEST_DETAILS = 500
_ID = re.compile(r'[0-9]{1,18}')


class Messages:
    """The messages of one array, whose ids count from 1."""

    def __init__(self, core: cores.Core):
        self._core = core
        self._db = core.db

    def audit(self, user: str, command: str, subcommand: str, name: str,
              details: str) -> rows.Message:
        """Note what a user did; the fields as the GUI shows them (INF).

        :param command: as on the command line, e.g. 'purevol'
        """
        return self._add(
            category='audit', user=user, component_type=command,
            event=subcommand, component_name=name,
            details=details[:_LONGEST_DETAILS])

    def log_in(self, user: str, event: str = 'login') -> rows.Message:
        """Note a user's login, or that it failed."""
        return self._add(
            category='login', user=user, component_type='rest',
            event=event, component_name=user)

    def alert(self, component_type: str, component_name: str, event: str,
              severity: str = 'warning', code: int = 0, **more
              ) -> rows.Message:
        """Open an alert, which is flagged until someone clears it.

        :param more: details, expected, actual
        """
        return self._add(
            category='alert', component_type=component_type,
            component_name=component_name, event=event, severity=severity,
            code=code, is_flagged=True, **more)

    def close(self, message: rows.Message) -> rows.Message:
        """The cause of an alert is gone."""
        return self._db.messages.change(
            message, closed_s=self._core.now_s())

    def every(self, category: str):
        return self._db.messages.select('category', category)

    def flag(self, message_id: str, is_flagged: bool) -> rows.Message:
        if not _ID.fullmatch(message_id) or (
                int(message_id) not in self._db.messages):
            raise errors.refuse('message_missing', ctx=message_id)
        return self._db.messages.change(
            self._db.messages.get(int(message_id)), is_flagged=is_flagged)

    def _add(self, category, **fields):
        known = self.every(category)
        if len(known) >= LONGEST:
            self._db.messages.remove(known[0])
        return self._db.messages.insert(rows.Message(
            self._db.next_number('message'), category,
            self._core.now_s(), **fields))
