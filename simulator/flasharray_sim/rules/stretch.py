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
"""Stretched pods: one pod on two arrays.

How the tables of the two arrays stay one pod:

- Every row of a pod (see `pod_rows`) is in the tables of both, under the
  same id; ids are unique in the fleet. Contents and writes are each array's
  own: a row that refers to a content gets the adopted one on the other side.
- Whatever rule changes a row of a pod on one array, the journal tells it at
  once, and the same change is made on the other, within the transaction.
  Nothing else has to know that there is another array.
- Hosts, connections and transfers are not part of a pod. A volume cannot be
  destroyed while the other array has it connected.
- When the two cannot reach each other, one keeps the pod online, or none;
  see `arbitration`. Each array notes this in its own tables, as it would when
  it asks the mediator. On the other one the member is 'offline': its copy
  stays as it was, and `PodGuard` refuses changes.
- When they can reach each other again, the old copy is made equal at once,
  and kept so from then on. The member stays 'resyncing' for as long as the
  data would take on the virtual clock; should the link fail meanwhile, it is
  offline again, and its copy old.
"""

import contextlib

from flasharray_sim import errors
from flasharray_sim.rules import pod_rows
from flasharray_sim.state import replication
from flasharray_sim.state import rows

# No source tells how fast it goes; short enough to wait for.
RESYNC_BYTES_PER_S = 1 << 30
SHORTEST_RESYNC_S = 10


class Stretch:
    """One array's part in the pods that it shares with others.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._db = array.db
        self._is_paused = False
        self._db.watch(self._mirror)

    def member(self, pod: rows.Pod) -> rows.PodMember:
        """This array's own membership."""
        return self._db.pod_members.find('pair', (pod.id, self._array.id))

    def others(self, pod: rows.Pod) -> list[rows.PodMember]:
        return [member for member in self._db.pod_members.select(
            'pod', pod.id) if member.array_id != self._array.id]

    def reachable(self, pod: rows.Pod) -> list:
        """The other arrays whose copies are kept equal now."""
        own = self.member(pod)
        if own is None or own.status == 'offline':
            return []
        return [peer for member in self.others(pod)
                if member.status != 'offline'
                and (peer := self.linked(member)) is not None]

    def neighbours(self) -> list:
        """The arrays that pods are shared with now, by their names."""
        found = {peer.id: peer for pod in self._db.pods.select(
            'state', 'live') for peer in self.reachable(pod)}
        return sorted(found.values(), key=lambda peer: peer.name)

    def linked(self, member: rows.PodMember):
        """The array of another member, None when it cannot be reached."""
        fleet = self._array.fleet
        peer = fleet.find(member.array_id)
        if peer is None or not fleet.is_linked(self._array, peer):
            return None
        return peer

    @contextlib.contextmanager
    def paused(self):
        """Change this array's copy of a pod only, and unasked."""
        before, self._is_paused = self._is_paused, True
        try:
            with self._array.pod_guard.lifted():
                yield
        finally:
            self._is_paused = before

    def send_copy(self, pod: rows.Pod, peer) -> int:
        """Make another array's copy of a pod equal; returns bytes sent."""
        return peer.stretch.take_copy(
            self._array, pod.id, list(pod_rows.owned(self._db, pod)))

    def take_copy(self, source, pod_id: int, owned: list) -> int:
        """Make this array's copy of a pod equal to that of another.

        :param owned: (kind, row) of all that the source's copy has
        """
        wanted = {(kind, row.id): row for kind, row in owned}
        with self.paused():
            present = self._copy(pod_id)
            sent_bytes = 0
            stale = []
            for key, row in wanted.items():
                local = self._localized(source, row)
                wanted[key] = local
                if local != present.get(key):
                    sent_bytes += self._written(local)
            for key, row in present.items():
                if wanted.get(key) != row:
                    self._db.tables[key[0]].remove(row)
                    stale.append(row)
            for key, row in wanted.items():
                if present.get(key) != row:
                    self._db.tables[key[0]].insert(row)
            self._forget([row for key, row in present.items()
                          if key not in wanted])
            self._settle(*stale, *wanted.values())
        return sent_bytes

    def drop_copy(self, pod_id: int):
        """Remove this array's copy of a pod, with the connections to it."""
        with self.paused():
            gone = self._copy(pod_id)
            for (kind, _row_id), row in gone.items():
                self._db.tables[kind].remove(row)
            self._forget(gone.values())
            self._settle(*gone.values())

    def follow(self, kind: str, source, before, after):
        """Make a change that another array has made in its copy."""
        table = self._db.tables[kind]
        row_id = (after or before).id
        present = table.get(row_id) if row_id in table else None
        with self.paused():
            if after is None:
                if present is not None:
                    table.remove(present)
                    self._forget([present])
            elif present is None:
                present = table.insert(self._localized(source, after))
            else:
                self._check_unused(present, after)
                table.change(present, **rows.encode(
                    self._localized(source, after)))
                if isinstance(after, rows.Volume):
                    self._leave_groups(after)
                if isinstance(after, replication.PgroupSnapshot) and (
                        after.is_destroyed):
                    self._end_transfers(after, False)
            if present is not None:
                self._settle(present, *(
                    [table.get(row_id)] if after is not None else []))

    def _mirror(self, table, before, after):
        if self._is_paused or not len(self._db.pods):
            return
        pod = pod_rows.pod_of(self._db, table.name, after or before)
        if pod is None:
            return
        for peer in self.reachable(pod):
            peer.stretch.follow(table.name, self._array, before, after)

    def _copy(self, pod_id):
        if pod_id not in self._db.pods:
            return {}
        return {(kind, row.id): row for kind, row in pod_rows.owned(
            self._db, self._db.pods.get(pod_id))}

    def _localized(self, source, row):
        """The row as it stands on this array: with its own content."""
        if getattr(row, 'content_id', None) is None:
            return row
        return type(row)(**rows.encode(row) | {
            'content_id': self._array.contents.adopt(
                source.contents, row.content_id)})

    def _written(self, row):
        return self._array.contents.written_bytes(
            getattr(row, 'content_id', None))

    def _settle(self, *changed):
        self._array.contents.settle(*(
            getattr(row, 'content_id', None) for row in changed))

    def _forget(self, gone):
        """Remove what is this array's own and hung on rows that are gone."""
        for row in gone:
            if isinstance(row, rows.Volume):
                _remove_all(self._db.connections, 'volume', row.id)
            elif isinstance(row, replication.PgroupSnapshot):
                self._end_transfers(row, True)
                for member in list(self._db.snapshots.select(
                        'pgroup_snapshot', row.id)):
                    self._array.snapshots.remove(member)
            elif isinstance(row, replication.Target):
                _remove_all(self._db.transfers, 'queue',
                            (row.pgroup_id, row.array_id))

    def _leave_groups(self, volume):
        """Remove group snapshots of a volume that has left their pod.

        The array that moved it keeps them: they are no part of a pod.
        """
        for row in list(self._db.snapshots.select(
                'volume', (volume.id, 'all'))):
            if pod_rows.pod_of(self._db, 'Snapshot', row) is None:
                self._array.snapshots.remove(row)

    def _end_transfers(self, taken, is_removed):
        for end in self._array.pgroup_snapshots.on_end:
            end(taken, is_removed)

    def _check_unused(self, present, after):
        if (isinstance(after, rows.Volume) and after.is_destroyed
                and not present.is_destroyed
                and self._db.connections.select('volume', after.id)):
            raise errors.refuse('volume_connected', ctx=after.name)


def _remove_all(table, index, key):
    for row in list(table.select(index, key)):
        table.remove(row)
