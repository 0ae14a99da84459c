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
"""What an array remembers: one frozen dataclass per kind of row.

Fields hold numbers, texts, None and tuples of these, nothing else, so that a
row is JSON and back. Times are seconds since the epoch, sizes are bytes.
References are row ids, so that a renamed object stays the same object.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Counter:
    """The highest number given out of a series ('id', 'serial')."""
    id: int
    name: str
    value: int


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the array; some are secret."""
    id: int
    name: str
    value: object = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Volume:
    """A volume, live or waiting for eradication.

    :ivar source_id: volume that it is a copy of
    :ivar content_id: None when nothing was ever written
    :ivar due_s: when it will be eradicated; None while it is live
    :ivar next_suffix: next automatic snapshot suffix to try
    :ivar working: the file that hosts write to: its number, and the mark
        that it has as long as nothing but `content_id` is in it
    """
    id: int
    name: str
    serial: str
    size_bytes: int
    created_s: int
    source_id: int | None = None
    content_id: int | None = None
    due_s: int | None = None
    bandwidth_limit: int | None = None
    iops_limit: int | None = None
    is_protocol_endpoint: bool = False
    is_promoted: bool = True
    next_suffix: int = 1
    working: tuple[int, int] | None = None

    @property
    def is_destroyed(self) -> bool:
        return self.due_s is not None


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """A volume snapshot; it is called volume.suffix.

    One that belongs to a group's snapshot is called pgroup.suffix.volume.

    :ivar volume_id: None of one that was replicated from another array
    :ivar suffix: the last part of the name
    :ivar is_destroyed_with_volume: recovered together with its volume
    :ivar source_name: of a replicated one, its volume as 'array:volume'
    """
    id: int
    volume_id: int | None
    suffix: str
    serial: str
    size_bytes: int
    created_s: int
    content_id: int | None = None
    due_s: int | None = None
    is_destroyed_with_volume: bool = False
    pgroup_snapshot_id: int | None = None
    source_name: str | None = None

    @property
    def is_destroyed(self) -> bool:
        return self.due_s is not None

    @property
    def owner(self) -> int | str | None:
        """What tells snapshots of one volume from those of others."""
        return self.source_name or self.volume_id


@dataclasses.dataclass(frozen=True, slots=True)
class Tag:
    id: int
    volume_id: int
    namespace: str
    key: str
    value: str
    is_copyable: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """What volumes and snapshots hold; shared by those that are equal.

    :ivar extents: (offset_bytes, length_bytes, write_id), by offset,
        without overlap
    """
    id: int
    extents: tuple[tuple[int, int, int], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Write:
    """Data that was written once and takes space while a content has it.

    :ivar usage: 'volumes', 'snapshots' or 'shared_space'
    :ivar identity: of one that came from another array, what tells it from
        all others of the fleet
    """
    id: int
    length_bytes: int
    usage: str
    identity: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """A host; initiators are kept in the form they are shown in."""
    id: int
    name: str
    iqns: tuple[str, ...] = ()
    wwns: tuple[str, ...] = ()
    nqns: tuple[str, ...] = ()
    personality: str | None = None
    preferred_arrays: tuple[str, ...] = ()
    host_user: str | None = None
    host_password: str | None = dataclasses.field(default=None, repr=False)
    target_user: str | None = None
    target_password: str | None = dataclasses.field(default=None, repr=False)
    hgroup_id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class HostGroup:
    id: int
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class Connection:
    """A volume at a LUN of one host (private) or of a group (shared)."""
    id: int
    volume_id: int
    lun: int
    host_id: int | None = None
    hgroup_id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class VolumeGroup:
    """A volume group; its volumes are called vgroup/volume."""
    id: int
    name: str
    due_s: int | None = None
    bandwidth_limit: int | None = None
    iops_limit: int | None = None

    @property
    def is_destroyed(self) -> bool:
        return self.due_s is not None


@dataclasses.dataclass(frozen=True, slots=True)
class Pod:
    """A pod; what is in it is called pod::name.

    :ivar source_name: pod that it is a clone of
    :ivar failover_preference: ids of arrays, the favourite first
    :ivar pre_elected_id: array that goes on alone without a mediator, when
        its arrays have agreed on one
    """
    id: int
    name: str
    due_s: int | None = None
    source_name: str | None = None
    mediator: str = 'purestorage'
    failover_preference: tuple[str, ...] = ()
    is_promoted: bool = True
    pre_elected_id: str | None = None

    @property
    def is_destroyed(self) -> bool:
        return self.due_s is not None


@dataclasses.dataclass(frozen=True, slots=True)
class PodMember:
    """An array that a pod is on.

    :ivar status: 'online', 'offline' or 'resyncing'
    :ivar frozen_s: since when its copy is not kept up any more
    :ivar resync_s: when resyncing began
    :ivar due_s: when resyncing will be done
    :ivar is_waiting: whether it is offline with a copy that is not old, as
        it could not be told which array goes on
    """
    id: int
    pod_id: int
    array_id: str
    array_name: str
    status: str = 'online'
    frozen_s: int | None = None
    resync_s: int | None = None
    due_s: int | None = None
    is_waiting: bool = False

    @property
    def has_good_copy(self) -> bool:
        return self.status == 'online' or self.is_waiting


@dataclasses.dataclass(frozen=True, slots=True)
class ReplicaLink:
    """One side of the replication between two pods of two arrays.

    Each array has one, under the same id.

    :ivar is_source: whether this side sends
    :ivar is_paused: whether a user holds it up
    :ivar is_baseline: whether the first copy is still under way
    :ivar is_reachable: whether the other side could be reached, when last
        looked
    :ivar recovery_s: the moment that the target's content is of
    :ivar due_s: when changes will have arrived; only the source has it
    """
    id: int
    pod_id: int
    peer_array_id: str
    peer_array_name: str
    peer_pod_name: str
    is_source: bool
    is_paused: bool = False
    is_baseline: bool = True
    is_reachable: bool = True
    recovery_s: int | None = None
    due_s: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Admin:
    """A user of the array.

    :ivar token_expires_s: when the API token ends, None for never
    :ivar failed_logins: wrong passwords since the last right one
    :ivar locked_until_s: no login before that time, None when not locked
    """
    id: int
    name: str
    role: str
    password: str = dataclasses.field(repr=False)
    api_token: str | None = dataclasses.field(default=None, repr=False)
    token_created_s: int | None = None
    token_expires_s: int | None = None
    public_key: str | None = dataclasses.field(default=None, repr=False)
    failed_logins: int = 0
    locked_until_s: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """A small administrative object; see rules/administration.py.

    :ivar kind: key of what its fields mean, e.g. 'snmp'
    :ivar values: (field, value) pairs; some are secret
    """
    id: int
    kind: str
    name: str
    values: tuple[tuple[str, object], ...] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """An alert, an audit record, or a record of a login.

    :ivar category: 'alert', 'audit' or 'login'
    :ivar closed_s: when an alert's cause went away
    """
    id: int
    category: str
    opened_s: int
    event: str
    component_type: str
    component_name: str
    details: str = ''
    user: str | None = None
    code: int | None = None
    severity: str | None = None
    expected: str = ''
    actual: str = ''
    closed_s: int | None = None
    is_flagged: bool = False


def encode(row) -> dict | None:
    """The fields of a row as JSON takes them; None stays None."""
    if row is None:
        return None
    return {field.name: getattr(row, field.name)
            for field in dataclasses.fields(row)}


def decode(row_type: type, fields: dict):
    """The row that `encode` made these fields of."""
    return row_type(**{name: _frozen(value)
                       for name, value in fields.items()})


def _frozen(value):
    if isinstance(value, list):
        return tuple(_frozen(element) for element in value)
    return value
