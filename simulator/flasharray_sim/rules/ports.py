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
"""The array's target ports and network interfaces, as they were cabled."""

import dataclasses

from flasharray_sim import errors
from flasharray_sim.rules import config as configs

_CONTROLLERS = ('CT0', 'CT1')
_SPEED_BPS = 10_000_000_000
_FC_PORTS = ('FC0', 'FC1')
_ISCSI_PORTS = ('ETH4', 'ETH5')
_NVME_PORTS = ('ETH8',)
ISCSI_PORT = 3260
NVME_PORT = 4420


@dataclasses.dataclass(frozen=True)
class Port:
    """A target port; what it does not speak is None."""
    name: str
    iqn: str | None = None
    wwn: str | None = None
    nqn: str | None = None
    portal: str | None = None


@dataclasses.dataclass(frozen=True)
class Interface:
    """A network interface; FC ports have none."""
    name: str
    address: str | None
    services: tuple[str, ...]
    hwaddr: str
    mtu: int
    netmask: str | None = '255.255.255.0'
    gateway: str | None = None
    slaves: tuple[str, ...] = ()
    speed_bps: int = _SPEED_BPS
    is_enabled: bool = True
    subnet: str | None = None


@dataclasses.dataclass(frozen=True)
class Cabling:
    """All ports and interfaces of an array."""
    ports: tuple[Port, ...]
    interfaces: tuple[Interface, ...]

    def interface(self, name: str) -> Interface:
        """Found by name without case: ports are called CT0.ETH4."""
        for interface in self.interfaces:
            if interface.name.lower() == name.lower():
                return interface
        raise errors.refuse('interface_missing', ctx=name)


def cable(array_id: str, config: configs.ArrayConfig) -> Cabling:
    """What an array with this id has; two ids share no name or address.

    Addresses are of 10.A.B.0/24 with A and B from the id, unless the
    configuration gives the portals.
    """
    digits = array_id.replace('-', '')
    network = f'10.{int(digits[:2], 16)}.{int(digits[2:4], 16)}'
    target = f'com.purestorage:flasharray.{digits[:16]}'
    data = _usual(network, config) if config.interfaces is None else [
        configs.DataInterface(**row) if isinstance(row, dict) else row
        for row in config.interfaces]
    ports = [
        *(port for row in data for port in _target_ports(row, target)),
        *_fibre_channel(digits, target, config)]
    interfaces = [
        *_management(digits, network),
        *(_data_interface(row, _hwaddr(digits, 16 + at))
          for at, row in enumerate(data))]
    return Cabling(
        tuple(sorted(ports, key=lambda port: port.name)),
        tuple(sorted(interfaces, key=lambda interface: interface.name)))


def _usual(network, config):
    """The data interfaces of an array that is not told which it has."""
    return [
        *_ethernet(_ISCSI_PORTS, f'{network}.2', ISCSI_PORT,
                   config.iscsi_portals, ('iscsi',)),
        *_ethernet(_NVME_PORTS, f'{network}.4', NVME_PORT,
                   config.nvme_portals, config.nvme_services)]


def _ethernet(kinds, addresses, tcp_port, portals, services):
    names = [f'{controller}.{kind}' for controller in _CONTROLLERS
             for kind in kinds]
    if portals is None:
        portals = [f'{addresses}{at}:{tcp_port}' for at in range(len(names))]
    for name, portal in zip(names, portals):
        address, _, number = portal.rpartition(':')
        yield configs.DataInterface(
            name, address.strip('[]'), services, tcp_port=int(number))


def _target_ports(row, target):
    """A port for each protocol (inferred where there are several)."""
    if 'iscsi' in row.services:
        yield Port(row.name.upper(), iqn=f'iqn.2010-06.{target}',
                   portal=portal_of(row.address, row.tcp_port or ISCSI_PORT))
    if any(service.startswith('nvme-') for service in row.services):
        yield Port(row.name.upper(), nqn=f'nqn.2010-06.{target}',
                   portal=portal_of(row.address, row.tcp_port or NVME_PORT))


def portal_of(address: str, tcp_port: int | str) -> str:
    host = f'[{address}]' if ':' in address else address
    return f'{host}:{tcp_port}'


def _fibre_channel(digits, target, config):
    names = [f'{controller}.{kind}' for controller in _CONTROLLERS
             for kind in _FC_PORTS]
    wwns = {name: f'524A937{digits[:7]}{at:02X}'
            for at, name in enumerate(names)} if (
                config.fc_wwns is None) else config.fc_wwns
    return [Port(name, wwn=wwn.replace(':', '').upper(),
                 nqn=(f'nqn.2010-06.{target}'
                      if name in config.nvme_fc_ports else None))
            for name, wwn in wwns.items()]


def _management(digits, network):
    addresses = {'vir0': (f'{network}.10', ('ct0.eth0', 'ct1.eth0')),
                 'ct0.eth0': (f'{network}.11', ()),
                 'ct1.eth0': (f'{network}.12', ())}
    for at, (name, (address, slaves)) in enumerate(addresses.items()):
        yield Interface(
            name, address, ('management',), _hwaddr(digits, at), 1500,
            gateway=f'{network}.1', slaves=slaves)
    for at, name in enumerate(('ct0.eth2', 'ct1.eth2')):
        yield Interface(name, f'{network}.{15 + at}', ('replication',),
                        _hwaddr(digits, 4 + at), 1500,
                        gateway=f'{network}.1')


def _data_interface(row, hwaddr):
    return Interface(
        row.name.lower(), row.address, row.services, hwaddr, 9000,
        slaves=row.slaves, netmask='ffff:ffff:ffff:ffff::'
        if ':' in row.address else '255.255.255.0')


def _hwaddr(digits, number):
    tail = f'{digits[:4]}{number:02x}'
    return '24:a9:37:' + ':'.join(
        tail[at:at + 2] for at in range(0, 6, 2))
