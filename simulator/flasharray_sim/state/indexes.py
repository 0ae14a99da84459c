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
"""Indexes of a table: each keeps itself up with `add` and `discard`.

An index is declared with a function from a row to the keys it is found
under; no key means that the row is not in the index.
"""

import bisect
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
import typing

Keys = Callable[[typing.Any], Iterable[Hashable]]


class DuplicateKeyError(Exception):
    """Two rows under one unique key: a rule forgot to look first."""


class UniqueIndex:
    """At most one row per key."""

    def __init__(self, keys: Keys):
        self._keys = keys
        self._ids: dict[Hashable, int] = {}

    def add(self, row):
        keys = tuple(self._keys(row))
        for key in keys:
            if key in self._ids:
                raise DuplicateKeyError(key)
        for key in keys:
            self._ids[key] = row.id

    def discard(self, row):
        for key in self._keys(row):
            del self._ids[key]

    def find(self, key: Hashable) -> int | None:
        return self._ids.get(key)


class GroupIndex:
    """Any number of rows per key, in the order of their ids.

    Ids rise, so that adding is appending to a sorted list, nearly always.
    """

    def __init__(self, keys: Keys):
        self._keys = keys
        self._ids: dict[Hashable, list[int]] = {}

    def add(self, row):
        for key in self._keys(row):
            bisect.insort(self._ids.setdefault(key, []), row.id)

    def discard(self, row):
        for key in self._keys(row):
            ids = self._ids[key]
            del ids[bisect.bisect_left(ids, row.id)]
            if not ids:
                del self._ids[key]

    def ids(self, key: Hashable) -> list[int]:
        """The group's own list: to be read, and not while rows change."""
        return self._ids.get(key, [])


class OwnerIndex(GroupIndex):
    """Groups of the rows that belong to the row whose id is the key.

    :ivar owner_ids: of all that have any, sorted
    """

    def __init__(self, keys: Keys):
        super().__init__(keys)
        self.owner_ids: list[int] = []

    def add(self, row):
        fresh = [key for key in self._keys(row) if key not in self._ids]
        super().add(row)
        for key in fresh:
            bisect.insort(self.owner_ids, key)

    def discard(self, row):
        super().discard(row)
        for key in self._keys(row):
            if key not in self._ids:
                del self.owner_ids[bisect.bisect_left(self.owner_ids, key)]


class OrderedIndex:
    """All rows by a key that has an order, such as a due time."""

    def __init__(self, keys: Keys):
        self._keys = keys
        self._entries: list[tuple] = []

    def add(self, row):
        for key in self._keys(row):
            bisect.insort(self._entries, (key, row.id))

    def discard(self, row):
        for key in self._keys(row):
            entry = (key, row.id)
            del self._entries[bisect.bisect_left(self._entries, entry)]

    def first(self) -> tuple | None:
        """Lowest (key, row id), None when there is no row."""
        return self._entries[0] if self._entries else None


class SumIndex:
    """Running totals of an amount, by key.

    :param keys: from a row to (key, amount) pairs
    """

    def __init__(self, keys: Keys):
        self._keys = keys
        self._sums: dict[Hashable, int] = {}

    def add(self, row):
        for key, amount in self._keys(row):
            self._sums[key] = self._sums.get(key, 0) + amount

    def discard(self, row):
        for key, amount in self._keys(row):
            self._sums[key] -= amount

    def total(self, key: Hashable) -> int:
        return self._sums.get(key, 0)


def container_key(name: str) -> str | None:
    """The pod or volume group that a full name begins with, None: root.

    'POD::v' gives 'pod::', 'VG/v' gives 'vg/'.
    """
    for mark in ('::', '/'):
        container, found, _leaf = name.partition(mark)
        if found:
            return container.lower() + mark
    return None
