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
"""What an array has to serve: which host sees which file at which LUN."""

import dataclasses

from flasharray_sim.data_plane import files
from flasharray_sim.rules import containers

VENDOR = 'PURE'
PRODUCT = 'FlashArray'
# Kinds of initiators, and how targets know their names.
IQN, NQN, WWN = 'iqn', 'nqn', 'wwn'
_SPELLINGS = {IQN: str.lower, NQN: str, WWN: str.lower}
_NAA_PREFIX = '3624a9370'
_OUI = '24a937'


@dataclasses.dataclass(frozen=True)
class Lun:
    """A volume as a host sees it.

    :ivar path: of the file with its bytes
    """
    path: str
    size_bytes: int
    serial: str
    is_read_only: bool = False

    @property
    def wwid(self) -> str:
        """What a kernel calls it: 3, for NAA, and the NAA identifier."""
        return _NAA_PREFIX + self.serial.lower()

    @property
    def nguid(self) -> str:
        """Its identifier as an NVMe namespace."""
        return f'00{self.serial[:14]}{_OUI}{self.serial[14:]}'.lower()


@dataclasses.dataclass(frozen=True)
class Chap:
    """What one side proves itself with."""
    user: str
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Export:
    """What one host sees, and how it proves that it is that host.

    :ivar initiators: names, of one kind
    :ivar chap: of the host, None when it need not prove anything
    :ivar mutual_chap: of the array to the host
    """
    initiators: frozenset[str]
    luns: dict[int, Lun]
    chap: Chap | None = None
    mutual_chap: Chap | None = None


def exports(array, contents: files.Files, kind: str) -> dict[int, Export]:
    """{host id: what it sees} of the hosts with initiators of a kind."""
    return {host.id: Export(
        frozenset(map(_SPELLINGS[kind], getattr(host, f'{kind}s'))),
        dict(_luns(array, host, contents)),
        _chap(host.host_user, host.host_password),
        _chap(host.target_user, host.target_password))
        for host in array.db.hosts.select('all', 'all')
        if getattr(host, f'{kind}s')}


def portals(array, kind: str) -> dict[str, str]:
    """{portal: target name} where an array lets initiators in now.

    A portal is 'address:port', that of Fibre Channel its WWN.
    """
    if not array.fleet.is_online(array):
        return {}
    return {_portal(port, kind): _SPELLINGS[kind](getattr(port, kind))
            for port in array.network.target_ports()
            if getattr(port, kind) and _portal(port, kind)
            and port.name.partition('.')[0] != array.controllers.away}


def _portal(port, kind):
    if kind != WWN:
        return port.portal
    # One with an NQN speaks NVMe over Fibre Channel.
    return None if port.nqn else port.wwn.lower()


def _luns(array, host, contents):
    for connection in (*array.connections.private(host.id),
                       *array.connections.shared(host.hgroup_id)):
        volume = array.db.volumes.get(connection.volume_id)
        if volume.working is None or containers.pod_status(
                array.core, volume.name) != 'online':
            continue
        pod = containers.pod_of(array.db, volume.name)
        yield connection.lun, Lun(
            contents.path(volume), volume.size_bytes, volume.serial,
            is_read_only=not volume.is_promoted or (
                pod is not None and not pod.is_promoted))


def _chap(user, password):
    return None if user is None else Chap(user, password)
