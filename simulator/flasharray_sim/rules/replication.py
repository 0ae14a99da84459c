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
"""Asynchronous replication of group snapshots to connected arrays.

The source has a queue of transfers for each of a group's targets; the first
one runs. The target has the replica of the group, called array:group (or
pod:group), and an arrival for each transfer that has begun (see `arrivals`).

While the arrays cannot reach each other, the replica is disallowed, or the
group is destroyed on either side, transfers are held up where they are, and
go on from there. Whatever one array cannot tell the other then, is settled
when `links_changed` is called.
"""

from flasharray_sim import errors
from flasharray_sim.rules import schedules
from flasharray_sim.state import replication as rows
from flasharray_sim.state import rows as volume_rows

# What a replica shows of its source's settings.
_MIRRORED = tuple(
    name for name in (*schedules.SCHEDULE, *schedules.RETENTION)
    if not name.endswith('_enabled'))


class Replication:
    """What one array sends.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._core = array.core
        self._db = array.db
        array.pgroup_snapshots.on_end.append(self._end)

    def add_target(self, pgroup: rows.Pgroup,
                   connection: rows.ArrayConnection):
        """Make the group known to an array, which has yet to allow it."""
        peer = self._array.array_connections.peer(connection.array_id)
        if peer is not None:
            peer.arrivals.check_free(
                self._array, pgroup, self._name_on_target(pgroup))
        self._db.targets.insert(rows.Target(
            self._db.next_id(), pgroup.id, connection.array_id,
            connection.array_name))
        self.propagate(pgroup)

    def remove_target(self, target: rows.Target):
        """Stop sending; the replica stays on the target."""
        queue = self._queue(target.pgroup_id, target.array_id)
        for transfer in list(queue):
            self._drop(transfer)
        self._db.targets.remove(target)

    def propagate(self, pgroup: rows.Pgroup):
        """Tell the targets in reach what the group looks like now."""
        kind = self._array.pgroup_members.kind(pgroup)
        shown = self._array.pgroup_members.shown(pgroup, kind or 'volume')
        look = {
            'shown_kind': kind,
            'shown_names': tuple(self._known_as(name) for name in shown),
            **{name: getattr(pgroup, name) for name in _MIRRORED}}
        for target in list(self._db.targets.select('pgroup', pgroup.id)):
            peer = self._array.array_connections.peer(target.array_id)
            if peer is None:
                continue
            is_allowed = peer.arrivals.mirror(
                self._array, pgroup, self._name_on_target(pgroup), look)
            self._db.targets.change(
                target, is_allowed=is_allowed, array_name=peer.name)

    def send(self, taken: rows.PgroupSnapshot,
             target_names: list[str] | None = None):
        """Queue a snapshot for the targets that allow it."""
        wanted = target_names and {name.lower() for name in target_names}
        targets = list(self._db.targets.select('pgroup', taken.pgroup_id))
        for name in wanted or ():
            if name not in {row.array_name.lower() for row in targets}:
                raise errors.refuse(
                    'target_missing', ctx=name,
                    pgroup=self._db.pgroups.get(taken.pgroup_id).name)
        sent = {row.target_id for row in self.transfers(taken)}
        for target in targets:
            if wanted and target.array_name.lower() not in wanted:
                continue
            if target.is_allowed and target.array_id not in sent:
                self._db.transfers.insert(rows.Transfer(
                    self._db.next_id(), taken.pgroup_id, taken.id,
                    target.array_id))
                self.pump(taken.pgroup_id, target.array_id)

    def is_idle(self, pgroup: rows.Pgroup) -> bool:
        """Whether a scheduled snapshot could be sent to a target now."""
        targets = self._db.targets.select('pgroup', pgroup.id)
        return any(target.is_allowed for target in targets) and not any(
            self._queue(pgroup.id, target.array_id) for target in targets)

    def transfers(self, taken: rows.PgroupSnapshot):
        """Selection of a source's transfers of a snapshot."""
        return self._db.transfers.select('snapshot', taken.id)

    def pump(self, pgroup_id: int, target_id: str):
        """Let the first transfer to a target go on, if it can."""
        while queue := self._queue(pgroup_id, target_id):
            transfer = queue[0]
            peer = self._array.array_connections.peer(target_id)
            if peer is None:
                return
            replica = peer.arrivals.receiver(pgroup_id)
            if replica is None or self._db.pgroups.get(
                    pgroup_id).is_destroyed:
                peer.arrivals.hold(self._array, transfer)
                return
            if transfer.started_s is None:
                self.propagate(self._db.pgroups.get(pgroup_id))
                transfer = self._db.transfers.change(
                    transfer, started_s=self._core.now_s())
                peer.arrivals.begin(self._array, transfer)
            if peer.arrivals.go_on(self._array, transfer):
                return
            # The target has no use for it (any more).
            self._db.transfers.remove(transfer)

    def sent(self, transfer: rows.Transfer) -> list[volume_rows.Snapshot]:
        """The volume snapshots that a transfer is to move."""
        return list(self._db.snapshots.select(
            'pgroup_snapshot', transfer.snapshot_id))

    def find_transfer(self, transfer_id: int) -> rows.Transfer | None:
        if transfer_id not in self._db.transfers:
            return None
        return self._db.transfers.get(transfer_id)

    def completed(self, transfer: rows.Transfer, total_bytes: int):
        """On the source: a transfer is done, the next one may begin."""
        self._db.transfers.change(
            transfer, completed_s=self._core.now_s(),
            total_bytes=total_bytes)
        self.pump(transfer.pgroup_id, transfer.target_id)

    def volume_name(self, snapshot: volume_rows.Snapshot) -> str:
        """What targets call the volume of a snapshot: array:volume."""
        return self._known_as(
            self._db.volumes.get(snapshot.volume_id).name)

    def allow(self, replica: rows.Pgroup, is_allowed: bool):
        replica = self._db.pgroups.change(replica, is_allowed=is_allowed)
        self.review(replica)

    def review(self, pgroup: rows.Pgroup):
        """Send, or stop sending, after a group's state has changed."""
        if not pgroup.is_replica:
            for target in list(self._db.targets.select(
                    'pgroup', pgroup.id)):
                self.pump(pgroup.id, target.array_id)
            return
        for source in self._array.arrivals.sources(pgroup):
            source.replication.source_review(
                pgroup.source_pgroup_id, self._array.id)

    def source_review(self, pgroup_id: int, target_id: str):
        """On the source: a replica was allowed, destroyed or so."""
        if self._db.targets.find('pair', (pgroup_id, target_id)):
            self.propagate(self._db.pgroups.get(pgroup_id))
            self.pump(pgroup_id, target_id)

    def links_changed(self):
        """Settle with each array what could not be settled before."""
        connections = self._array.array_connections
        for connection in list(self._db.array_connections.select(
                'all', 'all')):
            if connections.peer(connection.array_id) is None:
                continue
            for target in list(self._db.targets.select(
                    'array', connection.array_id)):
                self.source_review(target.pgroup_id, target.array_id)

    def _end(self, taken, is_removed):
        """A snapshot is destroyed or removed: nothing is to move it."""
        for transfer in list(self.transfers(taken)):
            if transfer.completed_s is None:
                self._drop(transfer)
                self.pump(transfer.pgroup_id, transfer.target_id)
            elif is_removed:
                self._db.transfers.remove(transfer)
        arrival = self._array.arrivals.find(taken)
        if arrival is None or arrival.completed_s and not is_removed:
            return
        self._db.arrivals.remove(arrival)
        source = self._array.array_connections.peer(arrival.source_id)
        transfer = source and source.replication.find_transfer(
            arrival.transfer_id)
        if transfer and transfer.completed_s is None:
            source.replication.pump(
                transfer.pgroup_id, transfer.target_id)

    def _drop(self, transfer):
        """Give a transfer up; what has come of it goes from the target."""
        self._db.transfers.remove(transfer)
        peer = self._array.array_connections.peer(transfer.target_id)
        if peer is not None:
            peer.arrivals.drop(self._array, transfer)

    def _queue(self, pgroup_id, target_id):
        return self._db.transfers.select('queue', (pgroup_id, target_id))

    def _name_on_target(self, pgroup):
        return self._known_as(pgroup.name)

    def _known_as(self, name):
        """What another array calls a thing here: array:x, or pod:x."""
        pod, colons, leaf = name.partition('::')
        return f'{pod}:{leaf}' if colons else f'{self._array.name}:{name}'
