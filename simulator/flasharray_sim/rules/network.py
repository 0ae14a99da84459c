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
"""Network interfaces as they are configured, VLAN interfaces, subnets.

What was cabled is kept apart (see ports.py); an interface that was changed
has an item with what differs, a VLAN interface is an item alone.
"""

import dataclasses
import ipaddress

from flasharray_sim import errors
from flasharray_sim.rules import administration
from flasharray_sim.rules import ports
from flasharray_sim.state import rows


class Network:
    """The interfaces and subnets of one array."""

    def __init__(self, items: administration.Administration,
                 cabling: ports.Cabling):
        self._items = items
        self._cabling = cabling

    def interfaces(self) -> list[ports.Interface]:
        """All of them by name, as they are configured now."""
        found = [self._configured(interface)
                 for interface in self._cabling.interfaces]
        cabled = {interface.name for interface in found}
        found.extend(
            self._vlan_interface(item)
            for item in self._items.every('interface')
            if item.name not in cabled)
        return sorted(found, key=lambda interface: interface.name)

    def interface(self, name: str) -> ports.Interface:
        """Found by name without case: ports are called CT0.ETH4."""
        for interface in self.interfaces():
            if interface.name == name.lower():
                return interface
        raise errors.refuse('interface_missing', ctx=name)

    def target_ports(self) -> list[ports.Port]:
        """Target ports; portals follow the addresses of interfaces.

        A VLAN interface with an address has the ports of its parent, too
        (seen by Cinder's driver of 2025.2).
        """
        addresses = {interface.name: interface.address
                     for interface in self.interfaces()}
        cabled = {port.name.lower() for port in self._cabling.ports}
        found = []
        for port in self._cabling.ports:
            parent = port.name.lower()
            found.append(self._moved(port, addresses.get(parent)))
            found.extend(
                dataclasses.replace(
                    self._moved(port, address), name=name.upper())
                for name, address in addresses.items()
                if address and name not in cabled
                and name.rpartition('.')[0] == parent)
        return found

    def change(self, name: str, values: dict,
               subnet: str | None) -> ports.Interface:
        """Change address, netmask, gateway, mtu, enabled; join a subnet.

        :param subnet: its name, "" to leave it, None for no change
        """
        name = self.interface(name).name
        _check_addresses(name, values)
        if subnet is not None:
            values = values | {'subnet_id': None if not subnet else
                               self._items.get('subnet', subnet).id}
        if self._items.find('interface', name) is None:
            self._items.create('interface', name, {})
        self._items.change('interface', name, values)
        return self.interface(name)

    def create_vlan_interface(self, name: str, subnet: str,
                              address: str | None) -> ports.Interface:
        """ct0.eth4.100 is in a subnet with VLAN 100 (Ansible)."""
        parent, _dot, vlan = name.lower().rpartition('.')
        found = self._items.get('subnet', subnet)
        self._cabling.interface(parent)
        number = dict(found.values)['vlan']
        if not number or vlan != str(number):
            raise errors.refuse('vlan_mismatch', ctx=name)
        values = {'address': address} if address else {}
        _check_addresses(name, values)
        self._items.create('interface', name.lower(),
                           values | {'subnet_id': found.id})
        return self.interface(name)

    def delete_vlan_interface(self, name: str) -> str:
        """The name; others than VLAN interfaces cannot be deleted."""
        name = self.interface(name).name
        if any(interface.name == name
               for interface in self._cabling.interfaces):
            raise errors.refuse('item_built_in', ctx=name,
                                noun='Network interface')
        return self._items.delete('interface', name).name

    def members(self, subnet: rows.Item) -> list[ports.Interface]:
        return [interface for interface in self.interfaces()
                if interface.subnet == subnet.name]

    def delete_subnet(self, name: str) -> str:
        """The name; refused while interfaces are in it (inferred)."""
        found = self._items.get('subnet', name)
        if self.members(found):
            raise errors.refuse('subnet_in_use', ctx=name)
        return self._items.delete('subnet', name).name

    def check_subnet(self, name: str, values: dict):
        """Refuse a prefix that is none, or a gateway outside of it."""
        found = self._items.find('subnet', name)
        after = (dict(found.values) if found else {}) | values
        try:
            prefix = ipaddress.ip_network(after.get('prefix') or '')
        except ValueError:
            raise errors.refuse('parameter_value', ctx=name,
                                parameter='prefix') from None
        if after.get('gateway') and _address(
                name, 'gateway', after['gateway']) not in prefix:
            raise errors.refuse('parameter_value', ctx=name,
                                parameter='gateway')

    def _configured(self, interface):
        item = self._items.find('interface', interface.name)
        if item is None:
            return interface
        values = dict(item.values)
        is_enabled = values.pop('enabled')
        changes = self._of_subnet(values.pop('subnet_id')) | {
            key: value for key, value in values.items()
            if value is not None}
        if is_enabled is not None:
            changes['is_enabled'] = is_enabled
        return dataclasses.replace(interface, **changes)

    def _vlan_interface(self, item):
        parent = self._cabling.interface(item.name.rpartition('.')[0])
        return self._configured(dataclasses.replace(
            parent, name=item.name, address=None, netmask=None))

    def _of_subnet(self, subnet_id):
        """What an interface has from the subnet that it is in."""
        for item in self._items.every('subnet'):
            if item.id == subnet_id:
                values = dict(item.values)
                return {
                    'subnet': item.name, 'gateway': values['gateway'],
                    'mtu': values['mtu'], 'netmask': str(
                        ipaddress.ip_network(values['prefix']).netmask)}
        return {}

    def _moved(self, port, address):
        if port.portal is None or address is None:
            return port
        number = port.portal.rpartition(':')[2]
        return dataclasses.replace(
            port, portal=ports.portal_of(address, number))


def _check_addresses(name, values):
    for key in ('address', 'netmask', 'gateway'):
        if values.get(key):
            _address(name, key, values[key])


def _address(name, key, text):
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise errors.refuse(
            'parameter_value', ctx=name, parameter=key) from None
