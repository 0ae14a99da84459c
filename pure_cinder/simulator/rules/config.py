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

ALL_REST_VERSIONS = tuple(f'1.{minor}' for minor in range(20))

# The specification has no sourced numbers but 500 volumes for Purity 4.7;
# these are what is recalled of 6.x.
DEFAULT_LIMITS = {
    'volumes': 20_000, 'snapshots': 100_000, 'hosts': 2_000, 'hgroups': 500,
    'lun': 4095,
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
class ArrayConfig:
    """One array.

    :ivar name: name at the first start; what follows from it (id, serials,
        target names, addresses) stays when the array is renamed later
    :ivar id: UUID, derived from the name when None
    :ivar system_bytes: space that Purity itself takes; an array is full
        when this and what was written reach `capacity_bytes`
    :ivar limits: numbers of objects; those not named keep the default
    :ivar iscsi_portals: 'address:port' of each iSCSI port, derived when
        None
    :ivar nvme_portals: the same of each NVMe port
    """
    name: str
    id: str | None = None
    purity_version: str = '6.1.11'
    revision: str = '202111171823+5e9f7d2'
    model: str = 'FA-X50R3'
    capacity_bytes: int = 20 << 40
    system_bytes: int = 0
    rest_versions: tuple[str, ...] = ALL_REST_VERSIONS
    limits: dict[str, int] = dataclasses.field(default_factory=dict)
    users: tuple[User, ...] = (User(),)
    eradication_delay_s: int = 86400
    is_eradication_disabled: bool = False
    iscsi_portals: tuple[str, ...] | None = None
    nvme_portals: tuple[str, ...] | None = None

    def limit(self, name: str) -> int:
        return self.limits.get(name, DEFAULT_LIMITS[name])
