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
"""A moment that a harness goes back to, instead of making it once more."""

from tests import database
from tests import schema

# What was given once is not given again after a way back.
NUMBERS = 'Counter'


class Checkpoint:
    """What the arrays of a fleet and Cinder's database hold now.

    The driver is not put back: what it made since is gone for it, as if
    someone had deleted it. The arrays' clock goes on, too.
    """

    def __init__(self, fleet):
        self._engine = schema.api.get_engine()
        self._database = database.saved(self._engine)
        self._fleet = fleet
        self._rows = {}
        for array in fleet.arrays:
            array.model.db.watch(self._remember)

    def restore(self):
        database.restore(self._engine, self._database)
        with self._fleet.primary.model.transaction():
            for table, row_id in self._rows:
                table.apply(row_id, None)
            for (table, row_id), row in self._rows.items():
                table.apply(row_id, row)
        self._rows.clear()

    def _remember(self, table, before, after):
        if table.name != NUMBERS:
            self._rows.setdefault((table, (before or after).id), before)
