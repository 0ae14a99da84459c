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
"""What a transaction has changed so far, to take back or to keep."""


class Journal:
    """The undo log of the transaction under way.

    :ivar watchers: called with (table, before, after) of each change, when
        it is made; they may make others, or refuse by raising
    """

    def __init__(self):
        self.watchers: list = []
        self._entries: list[tuple] = []

    def record(self, table, row_id: int, before, after):
        self._entries.append((table, row_id, before, after))
        for watch in self.watchers:
            watch(table, before, after)

    def mark(self) -> int:
        """A point that `undo` can go back to."""
        return len(self._entries)

    def undo(self, mark: int = 0):
        """Put every changed row back, the last change first."""
        while len(self._entries) > mark:
            table, row_id, before, _after = self._entries.pop()
            table.apply(row_id, before)

    def outcome(self) -> dict:
        """{(table name, row id): row or None} of what has changed."""
        return {(table.name, row_id): after
                for table, row_id, _before, after in self._entries}

    def clear(self):
        self._entries.clear()
