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
"""What volumes and snapshots hold, without holding it.

A content is a map of extents to writes. Equal volumes and snapshots share
one content, so a copy costs nothing, and what differs is what was written
since. A write takes space as long as one content still has a piece of it.
"""

import bisect
from collections.abc import Iterable

from flasharray_sim.data_plane import store as stores
from flasharray_sim import errors
from flasharray_sim.rules import core as cores
from flasharray_sim.state import rows

Extent = tuple[int, int, int]


class Contents:
    """The contents of one array.

    :param store: keeps their bytes
    """

    def __init__(self, core: cores.Core, store: stores.Identities):
        self._core = core
        self.db = core.db
        self._store = store

    def write(self, volume: rows.Volume, offset_bytes: int,
              length_bytes: int) -> rows.Volume:
        """What a host's write of new data does to a volume."""
        if offset_bytes < 0 or length_bytes < 1 or (
                offset_bytes + length_bytes > volume.size_bytes):
            raise ValueError('the write is not within the volume')
        if (self._core.used_bytes() + length_bytes
                > self._core.config.capacity_bytes):
            raise errors.refuse('out_of_space', ctx=volume.name)
        db = self.db
        write = db.writes.insert(
            rows.Write(db.next_id(), length_bytes, 'volumes'))
        extent = (offset_bytes, length_bytes, write.id)
        content = db.contents.insert(rows.Content(
            db.next_id(),
            overlay(self.extents(volume.content_id), extent)))
        before = volume.content_id
        volume = db.volumes.change(
            volume, content_id=content.id, working=self._store.written(
                self, volume, content.id, extent))
        self.settle(before, content.id)
        return volume

    def observe(self, volume: rows.Volume, ranges: list[tuple[int, int]],
                working: tuple[int, int]):
        """Note that a host has written to a volume by itself.

        :param ranges: (offset, length) of all that is written in it now
        :param working: `Volume.working` from now on
        """
        db = self.db
        content_id = None
        if ranges:
            write = db.writes.insert(rows.Write(
                db.next_id(), sum(length for _, length in ranges),
                'volumes'))
            content_id = db.contents.insert(rows.Content(
                db.next_id(), tuple((offset, length, write.id)
                                    for offset, length in ranges))).id
        db.volumes.change(volume, content_id=content_id, working=working)
        self.settle(volume.content_id, content_id)

    def truncate(self, content_id: int | None,
                 size_bytes: int) -> int | None:
        """The content that is left below `size_bytes`."""
        extents = self.extents(content_id)
        kept = tuple(cut(extents, 0, size_bytes))
        if kept == extents:
            return content_id
        if not kept:
            return None
        content = self.db.contents.insert(
            rows.Content(self.db.next_id(), kept))
        self._store.derived(
            content.id, self, content_id, size_bytes)
        return content.id

    def adopt(self, other: 'Contents', content_id: int | None
              ) -> int | None:
        """The content here that is the same data as another array's.

        It is to be settled, once an object refers to it.
        """
        extents = tuple(
            (offset, length, self._adopt_write(other, write_id))
            for offset, length, write_id in other.extents(content_id))
        if not extents:
            return None
        for content in self.db.contents.select('extents', extents):
            return content.id
        content = self.db.contents.insert(
            rows.Content(self.db.next_id(), extents))
        self._store.derived(content.id, other, content_id)
        return content.id

    def identity(self, write: rows.Write) -> str:
        """What a write is known by on all arrays that have it."""
        return write.identity or f'{self._core.setting("id")}/{write.id}'

    def extents(self, content_id: int | None) -> tuple[Extent, ...]:
        if content_id is None:
            return ()
        return self.db.contents.get(content_id).extents

    def differences(self, base_id: int | None, content_id: int | None,
                    window: tuple[int, int], block_bytes: int
                    ) -> list[tuple[int, int]]:
        """Where two contents differ between two places; see below."""
        found = differences(cut(self.extents(base_id), *window),
                            cut(self.extents(content_id), *window),
                            block_bytes)
        if base_id is None or content_id is None:
            return found
        return self._store.narrow(
            self, (base_id, content_id), found, block_bytes)

    def missing(self, other: 'Contents', content_id: int | None
                ) -> dict[str, int]:
        """{identity: bytes} of the writes that only the other array has."""
        return {other.identity(write): write.length_bytes
                for write in other._writes(content_id)
                if self._local(other.identity(write)) is None}

    def settle(self, *content_ids: int | None):
        """Account for contents that objects began or ceased to refer to."""
        writes = set()
        for content_id in {*content_ids} - {None}:
            if content_id not in self.db.contents:
                continue
            content = self.db.contents.get(content_id)
            writes.update(write_id for _, _, write_id in content.extents)
            if not self._is_held(content_id):
                self.db.contents.remove(content)
        for write_id in writes:
            self._account(self.db.writes.get(write_id))

    def usage(self, content_id: int | None, usage: str) -> int:
        """Bytes of the writes in a content that count as `usage`."""
        return sum(write.length_bytes for write in self._writes(content_id)
                   if write.usage == usage)

    def written_bytes(self, content_id: int | None) -> int:
        return sum(length for _, length, _ in self.extents(content_id))

    def snapshot_bytes(self, snapshots: Iterable[rows.Snapshot]) -> int:
        """Space that only snapshots hold, each write counted once."""
        return sum({write.id: write.length_bytes
                    for snapshot in snapshots
                    for write in self._writes(snapshot.content_id)
                    if write.usage == 'snapshots'}.values())

    def _adopt_write(self, other, write_id):
        write = other.db.writes.get(write_id)
        identity = other.identity(write)
        found = self._local(identity)
        if found is not None:
            return found
        return self.db.writes.insert(rows.Write(
            self.db.next_id(), write.length_bytes, 'volumes', identity)).id

    def _local(self, identity):
        """Id of the write with an identity, None if it is not here."""
        array_id, _, number = identity.partition('/')
        if (array_id == self._core.setting('id')
                and int(number) in self.db.writes):
            return int(number)
        found = self.db.writes.find('identity', identity)
        return found and found.id

    def _writes(self, content_id):
        ids = {write_id for _, _, write_id in self.extents(content_id)}
        return [self.db.writes.get(write_id) for write_id in ids]

    def _is_held(self, content_id):
        return bool(self.db.volumes.select('content', content_id)
                    or self.db.snapshots.select('content', content_id))

    def _account(self, write):
        holders = self.db.contents.select('write', write.id)
        if not holders:
            self.db.writes.remove(write)
        else:
            self.db.writes.change(write, usage=self._usage_of(holders))

    def _usage_of(self, holders):
        # Newest first: a second owner or the volume itself is found soon.
        owners, usage = set(), 'snapshots'
        for content in reversed(holders):
            for volume in self.db.volumes.select('content', content.id):
                owners.add(volume.id)
                usage = 'volumes'
                if len(owners) > 1:
                    return 'shared_space'
            for snapshot in self.db.snapshots.select('content', content.id):
                owners.add(snapshot.owner)
                if len(owners) > 1:
                    return 'shared_space'
        return usage


def cut(extents: Iterable[Extent], start: int, end: int) -> Iterable[Extent]:
    """The pieces of extents from byte `start` up to `end`."""
    for offset, length, write_id in extents:
        first, last = max(offset, start), min(offset + length, end)
        if first < last:
            yield first, last - first, write_id


def overlay(extents: tuple[Extent, ...], extent: Extent):
    """Extents with one more written over them."""
    offset, length, _write_id = extent
    top = max((first + size for first, size, _ in extents), default=0)
    return (*cut(extents, 0, offset), extent,
            *cut(extents, offset + length, top))


def differences(base: Iterable[Extent], other: Iterable[Extent],
                block_bytes: int) -> list[tuple[int, int]]:
    """Where two contents differ: (offset, length) in whole blocks, merged.

    A write lies where it was written, so the same write at the same place
    is the same data.
    """
    base, other = tuple(base), tuple(other)
    edges = sorted({edge for offset, length, _ in (*base, *other)
                    for edge in (offset, offset + length)})
    base_writes, other_writes = _at_edges(base, edges), _at_edges(
        other, edges)
    found: list[list[int]] = []
    for start, end in zip(edges, edges[1:]):
        if base_writes.get(start) == other_writes.get(start):
            continue
        start -= start % block_bytes
        end += -end % block_bytes
        if found and start <= found[-1][1]:
            found[-1][1] = max(end, found[-1][1])
        else:
            found.append([start, end])
    return [(start, end - start) for start, end in found]


def _at_edges(extents, edges):
    """{edge: write there}, for the edges that lie within an extent."""
    return {edge: write_id for offset, length, write_id in extents
            for edge in edges[bisect.bisect_left(edges, offset):
                              bisect.bisect_left(edges, offset + length)]}
