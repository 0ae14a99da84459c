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


@dataclasses.dataclass(frozen=True)
class Capabilities:
    """What an array can do, decided once from its REST version.

    Source of the versions: SDK notes and Pure's own clients.
    """

    personality: bool

    @classmethod
    def of(cls, rest_version):
        """:param rest_version: tuple such as ``(1, 19)``"""
        return cls(personality=rest_version >= (1, 14))


@dataclasses.dataclass(frozen=True)
class ArrayInfo:
    """Identity of one array."""

    name: str
    id: str
    purity_version: str
    rest_version: tuple[int, int]
    capabilities: Capabilities


@dataclasses.dataclass(frozen=True)
class Volume:
    """A volume or a snapshot; ``serial`` has 24 hex digits."""

    name: str
    serial: str
    size_bytes: int
    source: str | None
    is_destroyed: bool = False

    @classmethod
    def from_wire(cls, row):
        return cls(name=row['name'], serial=row['serial'],
                   size_bytes=row['size'], source=row.get('source'),
                   is_destroyed=row.get('time_remaining') is not None)


def initiator_key(kind, name):
    """An initiator's name in a form that compares equal however spelled.

    :param kind: ``iqn``, ``wwn`` or ``nqn``
    """
    return name.replace(':', '').lower() if kind == 'wwn' else name.lower()


@dataclasses.dataclass(frozen=True)
class Host:
    """A host object and the initiators that it owns, by their kind."""

    name: str
    initiators: dict[str, tuple[str, ...]]

    @classmethod
    def from_wire(cls, row):
        return cls(name=row['name'],
                   initiators={kind: tuple(row.get(kind) or ())
                               for kind in ('iqn', 'wwn', 'nqn')})

    def owned(self, kind, initiators):
        """Those of the initiators that are the host's.

        :returns: list, in the order given
        """
        keys = {initiator_key(kind, name) for name in self.initiators[kind]}
        return [name for name in initiators
                if initiator_key(kind, name) in keys]


@dataclasses.dataclass(frozen=True)
class Connection:
    """A volume presented to a host."""

    host: str
    volume: str
    lun: int


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
        return cls(name=row['name'], iqn=row.get('iqn'), wwn=row.get('wwn'),
                   nqn=row.get('nqn'), portal=row.get('portal'))


@dataclasses.dataclass(frozen=True)
class Space:
    """Capacity; each field None where the array does not tell."""

    capacity_bytes: int | None
    used_bytes: int | None
    provisioned_bytes: int | None
    total_reduction: float | None

    @classmethod
    def from_wire(cls, row):
        return cls(capacity_bytes=row.get('capacity'),
                   used_bytes=row.get('total'),
                   provisioned_bytes=row.get('provisioned'),
                   total_reduction=row.get('total_reduction'))
