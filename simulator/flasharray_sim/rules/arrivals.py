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
"""Replicas of groups on a target, and the snapshots that arrive there.

A transfer that has begun has an arrival here, and a snapshot of the replica.
It takes as long as the bytes of the writes that this array does not have
yet, at the configured rate or the connection's limit; then the volume
snapshots appear, with the source's contents.
"""

from flasharray_sim import errors
from flasharray_sim.rules import names
from flasharray_sim.rules import schedules
from flasharray_sim.state import replication as rows
from flasharray_sim.state import rows as volume_rows


class ReceivedSnapshots:
    """What one array receives; `source` is always the sending array.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._core = array.core
        self._db = array.db

    def check_free(self, source, pgroup: rows.Pgroup, name: str):
        """Refuse a group whose name here is that of another."""
        found = self._db.pgroups.find('name', names.key(name))
        if found and found.is_destroyed:
            raise errors.refuse('pgroup_destroyed', ctx=name)
        if found and found.source_pgroup_id != pgroup.id and (
                not self._is_orphan(found, source)):
            raise errors.refuse('pgroup_exists', ctx=name)

    def mirror(self, source, pgroup: rows.Pgroup, name: str,
               look: dict) -> bool:
        """Keep the replica of a group; returns whether it is allowed."""
        replica = self._db.pgroups.find('source', pgroup.id)
        named = self._db.pgroups.find('name', names.key(name))
        if replica is None and named is None:
            replica = self._db.pgroups.insert(rows.Pgroup(
                self._db.next_id(), name, source_id=source.id,
                source_name=source.name, source_pgroup_id=pgroup.id))
        elif replica is None:
            if not self._is_orphan(named, source):
                return False
            replica = self._inherit(named, source, pgroup)
        elif named is None:
            replica = self._db.pgroups.change(replica, name=name)
        changed = self._db.pgroups.change(
            replica, source_id=source.id, source_name=source.name, **look)
        if schedules.policy_of(changed) != schedules.policy_of(replica):
            self._array.pgroup_snapshots.plan(changed)
        return changed.is_allowed and not changed.is_destroyed

    def receiver(self, pgroup_id: int) -> rows.Pgroup | None:
        """The replica of a group, if it takes snapshots now."""
        replica = self._db.pgroups.find('source', pgroup_id)
        if replica is None or replica.is_destroyed or (
                not replica.is_allowed):
            return None
        return replica

    def begin(self, source, transfer: rows.Transfer):
        """Make the snapshot that a transfer will fill, if it can be."""
        replica = self.receiver(transfer.pgroup_id)
        taken = source.db.pgroup_snapshots.get(transfer.snapshot_id)
        if self._db.pgroup_snapshots.find(
                'name', (replica.id, names.key(taken.suffix))):
            return
        missing = {}
        for row in source.replication.sent(transfer):
            missing |= self._array.contents.missing(
                source.contents, row.content_id)
        try:
            self._core.check_space(replica.name)
            received = self._array.pgroup_snapshots.insert(
                replica, taken.suffix, taken.created_s, taken.is_retained)
        except errors.PurityError:
            return
        now_s = self._core.now_s()
        self._db.arrivals.insert(rows.Arrival(
            self._db.next_id(), received.id, source.id, transfer.id,
            started_s=now_s, total_bytes=sum(missing.values()),
            done_bytes=0, as_of_s=now_s))

    def go_on(self, source, transfer: rows.Transfer) -> bool:
        """Let an arrival run at today's rate; False if there is none."""
        arrival = self._arrival_of(source, transfer)
        if arrival is None:
            return False
        rate = self._rate(source)
        if arrival.finish_s is None or arrival.rate != rate:
            arrival = self._halt(arrival)
            left_bytes = arrival.total_bytes - arrival.done_bytes
            self._db.arrivals.change(
                arrival, rate=rate,
                finish_s=self._core.now_s() + max(1, -(-left_bytes // rate)))
        return True

    def hold(self, source, transfer: rows.Transfer):
        """Let an arrival stand still for now."""
        arrival = self._arrival_of(source, transfer)
        if arrival is not None:
            self._halt(arrival)

    def finish(self, arrival: rows.Arrival):
        """All bytes have come: the volume snapshots are there."""
        source = self._array.fleet.find(arrival.source_id)
        transfer = source and source.replication.find_transfer(
            arrival.transfer_id)
        if transfer is None:
            self._halt(arrival)
            return
        now_s = self._core.now_s()
        for row in source.replication.sent(transfer):
            content_id = self._array.contents.adopt(
                source.contents, row.content_id)
            self._db.snapshots.insert(volume_rows.Snapshot(
                id=self._db.next_id(), volume_id=None, suffix=row.suffix,
                serial=self._core.new_serial(), size_bytes=row.size_bytes,
                created_s=row.created_s, content_id=content_id,
                pgroup_snapshot_id=arrival.snapshot_id,
                source_name=source.replication.volume_name(row)))
            self._array.contents.settle(content_id)
        self._db.arrivals.change(
            arrival, done_bytes=arrival.total_bytes, as_of_s=now_s,
            finish_s=None, completed_s=now_s)
        source.replication.completed(transfer, arrival.total_bytes)

    def find(self, taken: rows.PgroupSnapshot) -> rows.Arrival | None:
        return self._db.arrivals.find('snapshot', taken.id)

    def is_complete(self, taken: rows.PgroupSnapshot) -> bool:
        """Whether a snapshot has its volumes: all but those under way."""
        if not self._db.pgroups.get(taken.pgroup_id).is_replica:
            return True
        arrival = self.find(taken)
        return arrival is not None and arrival.completed_s is not None

    def done_bytes(self, arrival: rows.Arrival) -> int:
        """How much of an arrival has come by now."""
        if arrival.finish_s is None:
            return arrival.done_bytes
        elapsed_s = self._core.now_s() - arrival.as_of_s
        left_bytes = arrival.total_bytes - arrival.done_bytes
        return arrival.done_bytes + left_bytes * elapsed_s // (
            arrival.finish_s - arrival.as_of_s)

    def progress(self, arrival: rows.Arrival) -> float:
        """From 0.0 to 1.0, which is reached by completed ones only."""
        if arrival.completed_s is not None:
            return 1.0
        if not arrival.total_bytes:
            return 0.0
        return self.done_bytes(arrival) / arrival.total_bytes

    def sources(self, replica: rows.Pgroup) -> list:
        """The arrays in reach that a replica is of a group of."""
        connections = self._array.array_connections
        peers = [connections.peer(connection.array_id) for connection
                 in self._db.array_connections.select('all', 'all')]
        return [peer for peer in peers if peer is not None
                and replica.source_pgroup_id in peer.db.pgroups]

    def drop(self, source, transfer: rows.Transfer):
        """Remove what has come of a transfer that is no more."""
        arrival = self._arrival_of(source, transfer)
        if arrival is not None:
            self.give_up(arrival)

    def give_up(self, arrival: rows.Arrival):
        """Remove a snapshot that will never be complete."""
        self._db.arrivals.remove(arrival)
        self._array.pgroup_snapshots.remove(
            self._db.pgroup_snapshots.get(arrival.snapshot_id))

    def links_changed(self):
        """Hold up what cannot come now; drop what never will."""
        for arrival in list(self._db.arrivals.select('open', 'open')):
            source = self._array.array_connections.peer(arrival.source_id)
            if source is None:
                self._halt(arrival)
            elif source.replication.find_transfer(
                    arrival.transfer_id) is None:
                self.give_up(arrival)

    def _arrival_of(self, source, transfer):
        return self._db.arrivals.find(
            'transfer', (source.id, transfer.id))

    def _halt(self, arrival):
        return self._db.arrivals.change(
            arrival, done_bytes=self.done_bytes(arrival),
            as_of_s=self._core.now_s(), finish_s=None)

    def _rate(self, source):
        """Bytes a second that may come from an array now."""
        config = self._core.config
        limits = [config.replication_rate]
        for side, other in ((source, self._array), (self._array, source)):
            connection = side.array_connections.find(other.id)
            limits.append(_limit(connection, self._core.now_s()))
        return min(limit for limit in limits if limit)

    def _is_orphan(self, pgroup, source):
        """Whether a replica's own source group is no more."""
        return (pgroup.source_id == source.id
                and pgroup.source_pgroup_id not in source.db.pgroups)

    def _inherit(self, replica, source, pgroup):
        """Let a new group go on with the replica of its predecessor."""
        numbers = [int(taken.suffix) for taken in
                   self._db.pgroup_snapshots.select(
                       'pgroup', (replica.id, 'all'))
                   if taken.suffix.isdecimal()]
        source.db.pgroups.change(pgroup, next_suffix=max(
            pgroup.next_suffix, *(number + 1 for number in numbers), 1))
        return self._db.pgroups.change(
            replica, source_pgroup_id=pgroup.id)


def _limit(connection, now_s):
    """The limit that a connection has at a time of the day."""
    if connection.window is not None:
        start_s, end_s = connection.window
        if (now_s - start_s) % schedules.DAY_S < (
                end_s - start_s) % schedules.DAY_S:
            return connection.window_limit
    return connection.default_limit
