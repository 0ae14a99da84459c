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
"""What the array told us: small facts, without its wire format."""

import dataclasses

from pure_cinder.array import answers
from pure_cinder import naming

NUMBER = (int, float)


@dataclasses.dataclass(frozen=True)
class Capabilities:
    """What an array can do, decided once from its REST version.

    Source of the versions: SDK notes and Pure's own clients.
    """

    pods: bool
    volume_groups: bool
    personality: bool
    bandwidth_limit: bool
    preferred_array: bool
    nvme: bool
    latency: bool
    iops_limit: bool
    volume_group_limits: bool
    tags: bool

    @classmethod
    def of(cls, rest_version):
        """:param rest_version: tuple such as ``(1, 19)``"""
        return cls(pods=rest_version >= (1, 13),
                   volume_groups=rest_version >= (1, 13),
                   personality=rest_version >= (1, 14),
                   bandwidth_limit=rest_version >= (1, 14),
                   preferred_array=rest_version >= (1, 15),
                   nvme=rest_version >= (1, 16),
                   latency=rest_version >= (1, 16),
                   iops_limit=rest_version >= (1, 17),
                   volume_group_limits=rest_version >= (1, 17),
                   tags=rest_version >= (1, 19))


@dataclasses.dataclass(frozen=True)
class ArrayInfo:
    """Identity of one array."""

    name: str
    id: str
    purity_version: str
    rest_version: tuple[int, int]
    capabilities: Capabilities


@dataclasses.dataclass(frozen=True)
class Creatable:
    """What the driver makes, and takes back if it comes to no use.

    :ivar is_new: whether the array said that this very request made it; not
        so if it was only found there after the answer was lost
    """

    is_new: bool = dataclasses.field(default=False, compare=False,
                                     kw_only=True)

    @classmethod
    def from_creation(cls, row):
        """What the answer to a creation tells."""
        return dataclasses.replace(cls.from_wire(row), is_new=True)


@dataclasses.dataclass(frozen=True)
class Volume(Creatable):
    """A volume or a snapshot.

    :ivar serial: 24 hex digits
    :ivar source: what it is a copy of; the volume, for a snapshot
    :ivar created: in UTC, such as ``2017-12-16T05:12:38Z``
    """

    name: str
    serial: str
    size_bytes: int
    source: str | None
    is_destroyed: bool = False
    created: str | None = None

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str), serial=row.read('serial', str),
                   size_bytes=row.read('size', int),
                   source=row.find('source', str),
                   is_destroyed=_is_destroyed(row),
                   created=row.find('created', str))


@dataclasses.dataclass(frozen=True)
class Tag:
    """A key of a volume and its value, in some namespace."""

    key: str
    value: str

    @classmethod
    def from_wire(cls, row):
        return cls(key=row.read('key', str), value=row.read('value', str))


def initiator_key(kind, name):
    """An initiator's name in a form that compares equal however spelled.

    :param kind: ``iqn``, ``wwn`` or ``nqn``
    """
    return name.replace(':', '').lower() if kind == 'wwn' else name.lower()


@dataclasses.dataclass(frozen=True)
class Host:
    """A host object and the initiators that it owns, by their kind.

    :ivar group: the host group that it is in, or None
    """

    name: str
    initiators: dict[str, tuple[str, ...]]
    group: str | None

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str),
                   initiators={kind: row.find_all(kind, str)
                               for kind in ('iqn', 'wwn', 'nqn')},
                   group=row.find('hgroup', str))

    def owned(self, kind, initiators):
        """Those of the initiators that are the host's.

        :returns: list, in the order given
        """
        keys = {initiator_key(kind, name) for name in self.initiators[kind]}
        return [name for name in initiators
                if initiator_key(kind, name) in keys]


@dataclasses.dataclass(frozen=True)
class Connection:
    """A volume presented to a host.

    :ivar lun: None if the array tells none, as for NVMe it need not
    :ivar is_new: whether it was made by the request that told of it
    """

    host: str
    volume: str
    lun: int | None
    is_new: bool = False


@dataclasses.dataclass(frozen=True)
class Port:
    """A target port; ``portal`` is ``address:port`` or None.

    A Fibre Channel port has a WWN, and an NQN too if it speaks NVMe.
    """

    name: str
    iqn: str | None
    wwn: str | None
    nqn: str | None
    portal: str | None

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str), **{
            key: row.find(key, str) for key in ('iqn', 'wwn', 'nqn',
                                                'portal')})


@dataclasses.dataclass(frozen=True)
class Space:
    """Capacity; each field None where the array does not tell."""

    capacity_bytes: int | None
    used_bytes: int | None
    provisioned_bytes: int | None
    total_reduction: float | None

    @classmethod
    def from_wire(cls, row):
        return cls(capacity_bytes=row.find('capacity', int),
                   used_bytes=row.find('total', int),
                   provisioned_bytes=row.find('provisioned', int),
                   total_reduction=row.find('total_reduction', *NUMBER))


@dataclasses.dataclass(frozen=True)
class PgroupTarget:
    """An array that a protection group is replicated to.

    :ivar is_allowed: whether that array takes the group
    """

    name: str
    is_allowed: bool

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str),
                   is_allowed=row.read('allowed', bool))


@dataclasses.dataclass(frozen=True)
class Pgroup(Creatable):
    """A protection group of volumes, or the replica of one on a target.

    :ivar source: name of the array that it comes from
    :ivar volumes: full names, on a target such as ``array:volume``
    """

    name: str
    source: str
    volumes: tuple[str, ...]
    targets: tuple[PgroupTarget, ...]
    is_destroyed: bool = False

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str), source=row.read('source', str),
                   volumes=row.read_all('volumes', str),
                   targets=tuple(map(
                       PgroupTarget.from_wire,
                       row.read_all('targets', answers.Row))),
                   is_destroyed=_is_destroyed(row))


@dataclasses.dataclass(frozen=True)
class ReplicationSchedule:
    """When a protection group is replicated."""

    is_enabled: bool
    interval_s: int

    @classmethod
    def from_wire(cls, row):
        return cls(is_enabled=row.read('replicate_enabled', bool),
                   interval_s=row.read('replicate_frequency', int))


@dataclasses.dataclass(frozen=True)
class Retention:
    """How long the targets of a protection group keep its snapshots.

    :ivar all_for_s: time for which all are kept
    :ivar per_day: how many of each day are kept after that
    :ivar days: for so many days
    """

    all_for_s: int
    per_day: int
    days: int

    @classmethod
    def from_wire(cls, row):
        return cls(all_for_s=row.read('target_all_for', int),
                   per_day=row.read('target_per_day', int),
                   days=row.read('target_days', int))


@dataclasses.dataclass(frozen=True)
class PgroupSnapshot(Creatable):
    """A snapshot of a protection group.

    :ivar source: name of the group
    :ivar created: in UTC, such as ``2017-12-16T05:12:38Z``
    :ivar completed: when its transfer was done, or None
    :ivar progress: of its transfer, up to 1; None without a transfer, or if
        that was not asked for
    """

    name: str
    source: str
    created: str
    completed: str | None = None
    progress: float | None = None
    is_destroyed: bool = False

    @property
    def is_complete(self):
        """Whether it was transferred as a whole; nothing less is usable."""
        return self.completed is not None and self.progress == 1

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str), source=row.read('source', str),
                   created=row.read('created', str),
                   completed=row.find('completed', str),
                   progress=row.find('progress', *NUMBER),
                   is_destroyed=_is_destroyed(row))


@dataclasses.dataclass(frozen=True)
class PodMember:
    """An array that a pod is on.

    :ivar status: ``online``, ``offline``, ``resyncing`` or ``unknown``
    :ivar mediator_status: whether that array reaches the mediator
    :ivar progress: of the resync, None outside of one
    """

    name: str
    id: str
    status: str
    mediator_status: str | None
    progress: float | None

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str), id=row.read('array_id', str),
                   status=row.read('status', str),
                   mediator_status=row.find('mediator_status', str),
                   progress=row.find('progress', *NUMBER))


@dataclasses.dataclass(frozen=True)
class Pod:
    """A pod and the arrays that it is on."""

    name: str
    arrays: tuple[PodMember, ...]
    is_destroyed: bool = False

    @property
    def is_stretched(self):
        """Whether it is on more than one array."""
        return len(self.arrays) > 1

    def member(self, array_id):
        """:returns: PodMember of that array, or None"""
        return next((array for array in self.arrays
                     if array.id == array_id), None)

    def has_array(self, array_name):
        """Whether it is on the array that is called so now."""
        return any(naming.same_name(array.name, array_name)
                   for array in self.arrays)

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str),
                   arrays=tuple(map(PodMember.from_wire,
                                    row.read_all('arrays', answers.Row))),
                   is_destroyed=_is_destroyed(row))


@dataclasses.dataclass(frozen=True)
class VolumeGroup:
    """A volume group; ``volumes`` are full names, ``group/volume``."""

    name: str
    volumes: tuple[str, ...]
    is_destroyed: bool = False

    @classmethod
    def from_wire(cls, row):
        return cls(name=row.read('name', str),
                   volumes=row.read_all('volumes', str),
                   is_destroyed=_is_destroyed(row))


@dataclasses.dataclass(frozen=True)
class ArrayConnection:
    """Another array, as seen from this one.

    :ivar types: such as ``async-replication`` and ``sync-replication``
    """

    array_name: str
    array_id: str
    is_connected: bool
    types: tuple[str, ...]

    @classmethod
    def from_wire(cls, row):
        # REST 1.17 made a text of both the flag and the list.
        is_connected = (row.read('status', str) == 'connected'
                        if 'status' in row else row.read('connected', bool))
        types = row.read('type', str, list, None)
        return cls(array_name=row.read('array_name', str),
                   array_id=row.read('id', str), is_connected=is_connected,
                   types=(types,) if isinstance(types, str)
                   else row.read_all('type', str))


def _is_destroyed(row):
    """Only requests for destroyed objects, too, show their time."""
    return row.find('time_remaining', *NUMBER) is not None
