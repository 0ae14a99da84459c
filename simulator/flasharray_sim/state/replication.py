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
"""Rows and tables of array connections, protection groups and replication.

The fields of schedules and retention have Purity's names: frequencies,
times of day and `all_for` are seconds.
"""

import dataclasses

from flasharray_sim.state import indexes


@dataclasses.dataclass(frozen=True, slots=True)
class ArrayConnection:
    """One array's side of its connection with another.

    :ivar kind: 'async-replication' or 'sync-replication'
    :ivar management_address: None on the side that was connected to
    :ivar default_limit: bytes a second, as is `window_limit`
    :ivar window: start and end of the time of day for `window_limit`
    """
    id: int
    array_id: str
    array_name: str
    version: str
    kind: str
    management_address: str | None = None
    replication_address: str | None = None
    default_limit: int | None = None
    window_limit: int | None = None
    window: tuple[int, int] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """An array that a group is replicated to.

    :ivar is_allowed: what the target said when it was last reached
    """
    id: int
    pgroup_id: int
    array_id: str
    array_name: str
    is_allowed: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Pgroup:
    """A protection group; of one kind are the replicas of others' groups.

    :ivar source_id: of a replica, the array that it was last seen on
    :ivar source_pgroup_id: of a replica, the group there; ids are unique in
        the fleet, and a group in a stretched pod is on two arrays
    :ivar is_allowed: of a replica, whether the source may replicate to it
    :ivar shown_kind: of a replica, which kind of members the source has
    :ivar shown_names: of a replica, the names of these members
    :ivar next_suffix: next automatic snapshot suffix to try
    :ivar replicate_blackout: start and end of a time of day
    :ivar snap_due_s: when the next scheduled snapshot is to be taken
    """
    id: int
    name: str
    due_s: int | None = None
    source_id: str | None = None
    source_name: str | None = None
    source_pgroup_id: int | None = None
    is_allowed: bool = False
    shown_kind: str | None = None
    shown_names: tuple[str, ...] = ()
    next_suffix: int = 1
    snap_enabled: bool = False
    snap_frequency: int = 3600
    snap_at: int | None = None
    snap_due_s: int | None = None
    replicate_enabled: bool = False
    replicate_frequency: int = 14400
    replicate_at: int | None = None
    replicate_blackout: tuple[int, int] | None = None
    replicate_due_s: int | None = None
    all_for: int = 86400
    per_day: int = 4
    days: int = 7
    target_all_for: int = 86400
    target_per_day: int = 4
    target_days: int = 7

    @property
    def is_destroyed(self) -> bool:
        return self.due_s is not None

    @property
    def is_replica(self) -> bool:
        return self.source_id is not None


@dataclasses.dataclass(frozen=True, slots=True)
class PgroupMember:
    """:ivar kind: 'volume', 'host' or 'hgroup'"""
    id: int
    pgroup_id: int
    kind: str
    member_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class PgroupSnapshot:
    """A snapshot of a group; it is called pgroup.suffix.

    :ivar is_retained: whether it goes when the retention schedule says so
    :ivar expires_s: when that is
    """
    id: int
    pgroup_id: int
    suffix: str
    created_s: int
    due_s: int | None = None
    is_destroyed_with_pgroup: bool = False
    is_retained: bool = False
    expires_s: int | None = None

    @property
    def is_destroyed(self) -> bool:
        return self.due_s is not None


@dataclasses.dataclass(frozen=True, slots=True)
class Transfer:
    """A snapshot on its way to a target, as its source knows it.

    :ivar started_s: None while it waits for its turn
    """
    id: int
    pgroup_id: int
    snapshot_id: int
    target_id: str
    started_s: int | None = None
    completed_s: int | None = None
    total_bytes: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """The same, as the target knows it.

    :ivar snapshot_id: the group's snapshot on the target
    :ivar transfer_id: id of the Transfer at the source
    :ivar done_bytes: what had come at `as_of_s`
    :ivar rate: bytes a second since then
    :ivar finish_s: when all will have come; None while it is held up
    """
    id: int
    snapshot_id: int
    source_id: str
    transfer_id: int
    started_s: int
    total_bytes: int
    done_bytes: int
    as_of_s: int
    rate: int = 0
    finish_s: int | None = None
    completed_s: int | None = None


def tables(make) -> dict:
    """Make the tables of these rows, by name.

    :param make: from a row type and its indexes to a table
    """
    return {
        'array_connections': make(
            ArrayConnection, groups={'all': _all},
            unique={'array': lambda row: (row.array_id,)}),
        'targets': make(
            Target,
            unique={'pair': lambda row: ((row.pgroup_id, row.array_id),)},
            groups={'pgroup': lambda row: (row.pgroup_id,),
                    'array': lambda row: (row.array_id,)}),
        'pgroups': make(
            Pgroup, groups={'state': _states, 'kind': _kinds,
                            'container': _containers},
            unique={'name': lambda row: (row.name.lower(),),
                    'source': _sources},
            ordered={'due': lambda row: _present(row.due_s),
                     'snap': lambda row: _scheduled(row, row.snap_due_s),
                     'replicate': lambda row: _scheduled(
                         row, row.replicate_due_s)}),
        'pgroup_members': make(
            PgroupMember,
            unique={'pair': lambda row: (
                (row.pgroup_id, row.kind, row.member_id),)},
            groups={'pgroup': lambda row: (row.pgroup_id,),
                    'member': lambda row: ((row.kind, row.member_id),)}),
        'pgroup_snapshots': make(
            PgroupSnapshot,
            unique={'name': lambda row: (
                (row.pgroup_id, row.suffix.lower()),)},
            groups={'state': _states,
                    'pgroup': lambda row: [
                        (row.pgroup_id, state) for state in _states(row)]},
            ordered={'due': lambda row: _present(row.due_s),
                     'expires': lambda row: _present(row.expires_s)}),
    } | _transfer_tables(make)


def _transfer_tables(make):
    return {
        'transfers': make(
            Transfer,
            groups={'snapshot': lambda row: (row.snapshot_id,),
                    'queue': _queues}),
        'arrivals': make(
            Arrival,
            unique={'snapshot': lambda row: (row.snapshot_id,),
                    'transfer': lambda row: (
                        (row.source_id, row.transfer_id),)},
            groups={'open': lambda row: (
                () if row.completed_s is not None else ('open',))},
            ordered={'finish': lambda row: _present(row.finish_s)}),
    }


def _all(row):
    return ('all',)


def _present(value):
    return () if value is None else (value,)


def _containers(row):
    container = indexes.container_key(row.name)
    if container is None:
        return ()
    return [(container, state) for state in _states(row)]


def _states(row):
    return ('all', 'destroyed' if row.is_destroyed else 'live')


def _kinds(row):
    return ('replica' if row.is_replica else 'local',)


def _sources(row):
    return _present(row.source_pgroup_id)


def _scheduled(row, due_s):
    return () if row.is_destroyed else _present(due_s)


def _queues(row):
    if row.completed_s is not None:
        return ()
    return ((row.pgroup_id, row.target_id),)
