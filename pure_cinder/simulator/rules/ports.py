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

from pure_cinder.simulator import errors
from pure_cinder.simulator.rules import config as configs

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
    iscsi = _ethernet(_ISCSI_PORTS, network, 20, ISCSI_PORT,
                      config.iscsi_portals)
    nvme = _ethernet(_NVME_PORTS, network, 40, NVME_PORT,
                     config.nvme_portals)
    ports = [
        *(Port(name, iqn=f'iqn.2010-06.{target}', portal=portal)
          for name, portal in iscsi),
        *(Port(name, nqn=f'nqn.2010-06.{target}', portal=portal)
          for name, portal in nvme),
        *_fibre_channel(digits)]
    interfaces = [
        *_management(digits, network),
        *(_data_interface(digits, name, portal, 'iscsi')
          for name, portal in iscsi),
        *(_data_interface(digits, name, portal, 'nvme-tcp')
          for name, portal in nvme)]
    return Cabling(
        tuple(sorted(ports, key=lambda port: port.name)),
        tuple(sorted(interfaces, key=lambda interface: interface.name)))


def _ethernet(kinds, network, first, tcp_port, portals):
    names = [f'{controller}.{kind}' for controller in _CONTROLLERS
             for kind in kinds]
    if portals is None:
        portals = [f'{network}.{first + at}:{tcp_port}'
                   for at in range(len(names))]
    return list(zip(names, portals))


def _fibre_channel(digits):
    names = [f'{controller}.{kind}' for controller in _CONTROLLERS
             for kind in _FC_PORTS]
    return [Port(name, wwn=f'524A937{digits[:7].upper()}{at:02X}')
            for at, name in enumerate(names)]


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


def _data_interface(digits, name, portal, service):
    address = portal.rpartition(':')[0].strip('[]')
    number = int(name[2]) * 16 + int(name[-1])
    is_ipv6 = ':' in address
    return Interface(
        name.lower(), address, (service,), _hwaddr(digits, 16 + number),
        9000, netmask='ffff:ffff:ffff:ffff::' if is_ipv6
        else '255.255.255.0')


def _hwaddr(digits, number):
    tail = f'{digits[:4]}{number:02x}'
    return '24:a9:37:' + ':'.join(
        tail[at:at + 2] for at in range(0, 6, 2))
