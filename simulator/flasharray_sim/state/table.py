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
"""Tables of frozen rows, found by indexes and never by looking at all."""

import bisect
from collections.abc import Hashable
from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import typing

from flasharray_sim.state import indexes


class Table:
    """Rows of one type by id, with their indexes.

    A row is a frozen dataclass with an integer `id`. Each change is told to
    the journal, which can take it back.
    """

    def __init__(self, row_type: type, journal,
                 unique: dict[str, indexes.Keys] | None = None,
                 groups: dict[str, indexes.Keys] | None = None,
                 owners: dict[str, indexes.Keys] | None = None,
                 ordered: dict[str, indexes.Keys] | None = None,
                 sums: dict[str, indexes.Keys] | None = None):
        self.name = row_type.__name__
        self.row_type = row_type
        self._journal = journal
        self._rows: dict[int, typing.Any] = {}
        self._unique = _build(indexes.UniqueIndex, unique)
        self._owners = _build(indexes.OwnerIndex, owners)
        self._groups = self._owners | _build(indexes.GroupIndex, groups)
        self._ordered = _build(indexes.OrderedIndex, ordered)
        self._sums = _build(indexes.SumIndex, sums)
        self._indexes = (
            *self._unique.values(), *self._groups.values(),
            *self._ordered.values(), *self._sums.values())

    def __len__(self):
        return len(self._rows)

    def __contains__(self, row_id: int):
        return row_id in self._rows

    def get(self, row_id: int):
        """The row with this id, which must exist."""
        return self._rows[row_id]

    def find(self, index: str, key: Hashable):
        """The row under a unique key, or None."""
        row_id = self._unique[index].find(key)
        return None if row_id is None else self._rows[row_id]

    def select(self, index: str, key: Hashable) -> 'Selection':
        """The rows of a group, in the order of their ids."""
        return Selection(self._rows, self._groups[index].ids(key))

    def owner_ids(self, index: str) -> list[int]:
        """Sorted ids of the owners that have rows: to be read only."""
        return self._owners[index].owner_ids

    def first(self, index: str) -> tuple | None:
        """The lowest (key, row) of an ordered index, or None."""
        entry = self._ordered[index].first()
        return entry and (entry[0], self._rows[entry[1]])

    def total(self, index: str, key: Hashable) -> int:
        return self._sums[index].total(key)

    def insert(self, row):
        if row.id in self._rows:
            raise indexes.DuplicateKeyError(row.id)
        self.apply(row.id, row)
        self._journal.record(self, row.id, None, row)
        return row

    def change(self, row, **changes):
        """Replace some fields of a row; returns the new row."""
        changed = dataclasses.replace(row, **changes)
        if changed != row:
            self.apply(row.id, changed)
            self._journal.record(self, row.id, row, changed)
        return changed

    def remove(self, row):
        self.apply(row.id, None)
        self._journal.record(self, row.id, row, None)

    def apply(self, row_id: int, row):
        """Put a row, or None, in its place without telling the journal."""
        before = self._rows.pop(row_id, None)
        if before is not None:
            self._discard(before)
        if row is None:
            return
        try:
            self._add(row)
        except indexes.DuplicateKeyError:
            if before is not None:
                self._add(before)
                self._rows[row_id] = before
            raise
        self._rows[row_id] = row

    def _add(self, row):
        # The unique indexes come first; they alone can refuse.
        added = []
        for index in self._indexes:
            try:
                index.add(row)
            except indexes.DuplicateKeyError:
                for done in added:
                    done.discard(row)
                raise
            added.append(index)

    def _discard(self, row):
        for index in self._indexes:
            index.discard(row)


class Selection(Sequence):
    """Rows of one group, looked up only when they are asked for.

    It shows the table as it is; take a list() of it before changing rows.
    """

    def __init__(self, rows: dict[int, typing.Any], ids: list[int]):
        self._rows = rows
        self._ids = ids

    def __len__(self):
        return len(self._ids)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [self._rows[row_id] for row_id in self._ids[place]]
        return self._rows[self._ids[place]]

    def __iter__(self) -> Iterator:
        return (self._rows[row_id] for row_id in self._ids)

    def starting_at(self, row_id: int, among: list[int] | None = None
                    ) -> Iterator:
        """Rows from an id on; only those whose ids are `among`, sorted."""
        ids = self._ids if among is None else among
        for place in range(bisect.bisect_left(ids, row_id), len(ids)):
            if among is None or self._has(ids[place]):
                yield self._rows[ids[place]]

    def _has(self, row_id):
        place = bisect.bisect_left(self._ids, row_id)
        return self._ids[place:place + 1] == [row_id]

    def place_after(self, row_id: int) -> int:
        """Position of the first row whose id is above `row_id`."""
        return bisect.bisect_right(self._ids, row_id)


def _build(index_type, declared):
    return {name: index_type(keys) for name, keys in (declared or {}).items()}
