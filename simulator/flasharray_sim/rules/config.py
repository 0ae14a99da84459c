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
"""What an array is set up with, before anything happens on it."""

import dataclasses
import re

ALL_REST_VERSIONS = tuple(f'1.{minor}' for minor in range(20))

# Purity release -> highest REST 1.x version. 3.4, 4.0, 5.3, 6.0 and 6.1 are
# known from clients; S3 offload, of 1.16, needs 5.2; the others are inferred.
_HIGHEST_REST_MINOR = (
    ((6, 0), 19), ((5, 3), 17), ((5, 2), 16), ((5, 0), 15), ((4, 8), 11),
    ((4, 6), 6), ((4, 0), 4), ((3, 4), 1))
SERVICES = ('iscsi', 'nvme-tcp', 'nvme-roce', 'replication')
_RELEASE = re.compile(r'([0-9]{1,3})\.([0-9]{1,3})(\.[0-9]{1,6})*')

# Purity release -> the most objects of a kind, destroyed ones included.
# Sourced are the 500 volumes of 4.7 and the 4 targets of a group; the
# others are recalled, or inferred for releases that nothing is known of.
LIMITS = {
    'volumes': (((6, 0), 20_000), ((5, 1), 10_000), ((4, 8), 5_000),
                ((0, 0), 500)),
    'snapshots': (((6, 0), 100_000), ((4, 8), 50_000), ((0, 0), 5_000)),
    'hosts': (((6, 0), 2_000), ((5, 0), 1_000), ((0, 0), 500)),
    'hgroups': (((5, 0), 500), ((0, 0), 250)),
    'vgroups': (((0, 0), 1_000),),
    'pgroups': (((0, 0), 250),),
    'pgroup_snapshots': (((5, 0), 5_000), ((0, 0), 2_500)),
    'pods': (((6, 0), 50), ((0, 0), 10)),
    'lun': (((0, 0), 4095),),
    'items': (((0, 0), 1_000),),
}


@dataclasses.dataclass(frozen=True)
class User:
    """A user that the array has from the start.

    :ivar api_token: derived from the array's name when None
    """
    name: str = 'pureuser'
    password: str = dataclasses.field(default='pureuser', repr=False)
    role: str = 'array_admin'
    api_token: str | None = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class DataInterface:
    """An Ethernet interface that hosts, or other arrays, are served at.

    :ivar name: e.g. 'ct0.eth4', 'ct0.eth4.100' of a VLAN, or that of a bond
    :ivar services: of SERVICES; it is a target port for each protocol
    :ivar slaves: names of the interfaces that a bond is made of
    :ivar tcp_port: of its portals, the protocol's own when None
    """
    name: str
    address: str
    services: tuple[str, ...]
    slaves: tuple[str, ...] = ()
    tcp_port: int | None = None

    def __post_init__(self):
        unknown = sorted(set(self.services) - set(SERVICES))
        if unknown:
            raise ValueError(f'no such services: {", ".join(unknown)}')


@dataclasses.dataclass(frozen=True)
class ArrayConfig:
    """One array.

    :ivar name: name at the first start; what follows from it (id, serials,
        target names, addresses) stays when the array is renamed later
    :ivar id: UUID, derived from the name when None
    :ivar system_bytes: space that Purity itself takes; an array is full
        when this and what was written reach `capacity_bytes`
    :ivar rest_versions: those it serves; what the Purity release served
        when None
    :ivar limits: numbers of objects by the names in LIMITS; those not
        named are the Purity release's
    :ivar replication_rate: bytes a second that a transfer takes
    :ivar iscsi_portals: 'address:port' of each iSCSI port, derived when
        None
    :ivar nvme_portals: the same of each NVMe port
    :ivar nvme_services: what these ports speak, of SERVICES
    :ivar fc_wwns: {'CT0.FC0': WWN} of all FC ports, derived when None
    :ivar nvme_fc_ports: FC ports that speak NVMe, e.g. 'CT0.FC0'
    :ivar interfaces: DataInterface objects or dicts of its fields, in place
        of all that the array would have otherwise
    """
    name: str
    id: str | None = None
    purity_version: str = '6.1.11'
    revision: str = '202111171823+5e9f7d2'
    model: str = 'FA-X50R3'
    capacity_bytes: int = 20 << 40
    system_bytes: int = 0
    rest_versions: tuple[str, ...] | None = None
    limits: dict[str, int] = dataclasses.field(default_factory=dict)
    users: tuple[User, ...] = (User(),)
    eradication_delay_s: int = 86400
    is_eradication_disabled: bool = False
    replication_rate: int = 100 << 20
    iscsi_portals: tuple[str, ...] | None = None
    nvme_portals: tuple[str, ...] | None = None
    nvme_services: tuple[str, ...] = ('nvme-tcp',)
    fc_wwns: dict[str, str] | None = None
    nvme_fc_ports: tuple[str, ...] = ()
    interfaces: tuple[DataInterface | dict, ...] | None = None

    def __post_init__(self):
        unknown = sorted(set(self.limits) - set(LIMITS))
        if unknown:
            raise ValueError(f'no such limits: {", ".join(unknown)}')
        _of_release(_HIGHEST_REST_MINOR, self.release, self.purity_version)

    @property
    def release(self) -> tuple[int, ...]:
        """The Purity version as numbers, which compare as releases do."""
        if not _RELEASE.fullmatch(self.purity_version):
            raise ValueError(f'{self.purity_version!r} is no Purity version')
        return tuple(int(part) for part in self.purity_version.split('.'))

    @property
    def served_versions(self) -> tuple[str, ...]:
        """REST versions that the array offers, ascending."""
        if self.rest_versions is not None:
            return tuple(self.rest_versions)
        highest = _of_release(
            _HIGHEST_REST_MINOR, self.release, self.purity_version)
        return ALL_REST_VERSIONS[:highest + 1]

    def limit(self, name: str) -> int:
        if name in self.limits:
            return self.limits[name]
        return _of_release(LIMITS[name], self.release, self.purity_version)


def _of_release(values, release, purity_version):
    for since, value in values:
        if release >= since:
            return value
    raise ValueError(f'no REST 1.x is known for Purity {purity_version!r}')
