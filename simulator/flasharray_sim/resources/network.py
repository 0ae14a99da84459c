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
"""Network interfaces and subnets: `network`, `subnet` (2.9)."""

from flasharray_sim import errors
from flasharray_sim.resources import administration
from flasharray_sim.resources import filters
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.rules import administration_kinds
from flasharray_sim.rules import array as arrays
from flasharray_sim.wire import routing

_RATES = (
    'received_bytes_per_sec', 'received_packets_per_sec',
    'transmitted_bytes_per_sec', 'transmitted_packets_per_sec',
    'total_errors_per_sec', 'received_crc_errors_per_sec',
    'received_frame_errors_per_sec', 'transmitted_carrier_errors_per_sec',
    'transmitted_dropped_errors_per_sec', 'other_errors_per_sec')
_INTERFACE = administration_kinds.KINDS['interface']


def list_interfaces(array: arrays.Array, call: routing.Call):
    """GET network; `error` asks for error counters.

    A client of real arrays sends `error` with and without `action`, and takes
    a refusal, too. The counters are there in any case.
    """
    patterns = call.get('names') or ['*']
    return _shown(array, call, [
        interface for interface in array.network.interfaces()
        if any(filters.matches(pattern, interface.name)
               for pattern in patterns)])


def get_interface(array: arrays.Array, call: routing.Call):
    """GET network/IF: a dict; its history is a list."""
    interface = array.network.interface(call.names['interface'])
    if call.get('historical') is not None:
        return _shown(array, call, [interface])
    return _rows(array, call, interface)[0]


def change_interface(array: arrays.Array, call: routing.Call):
    """PUT network/IF."""
    if not call.params:
        raise errors.refuse('no_attribute', ctx=call.names['interface'])
    return _plain(array.network.change(
        call.names['interface'], administration.given(_INTERFACE, call),
        call.get('subnet')))


def create_vlan_interface(array: arrays.Array, call: routing.Call):
    """POST network/vif/IF with `subnet`."""
    if not call.get('subnet'):
        raise errors.refuse(
            'parameters_invalid', ctx=call.names['interface'])
    return _plain(array.network.create_vlan_interface(
        call.names['interface'], call.get('subnet'), call.get('address')))


def delete_vlan_interface(array: arrays.Array, call: routing.Call):
    """DELETE network/IF."""
    return {'name': array.network.delete_vlan_interface(
        call.names['interface'])}


def _shown(array, call, interfaces):
    return listing.reply(array, call, [
        row for interface in interfaces
        for row in _rows(array, call, interface)])


def _rows(array, call, interface):
    if shapes.wants_monitor(call):
        return shapes.history(
            array, call,
            {'name': interface.name, **dict.fromkeys(_RATES, 0)})
    if call.get('historical') is not None:
        raise errors.refuse('parameters_invalid')
    return [_plain(interface)]


def _plain(interface):
    return {
        'name': interface.name, 'address': interface.address,
        'netmask': interface.netmask, 'gateway': interface.gateway,
        'mtu': interface.mtu, 'enabled': interface.is_enabled,
        'hwaddr': interface.hwaddr, 'services': list(interface.services),
        'slaves': list(interface.slaves), 'speed': interface.speed_bps,
        'subnet': interface.subnet}


def _list_subnets(kind, array, call):
    items = listing.chosen(call, array.items.every(kind.key),
                           lambda name: array.items.get(kind.key, name))
    return listing.reply(array, call, items,
                         lambda item: _subnet(kind, array, call, item))


def _get_subnet(kind, array, call):
    return _subnet(kind, array, call,
                   array.items.get(kind.key, call.names[kind.key]))


def _create_subnet(kind, array, call):
    array.network.check_subnet(
        call.names[kind.key], administration.given(kind, call))
    administration.create_item(kind, array, call)
    return _get_subnet(kind, array, call)


def _change_subnet(kind, array, call):
    name = array.items.get(kind.key, call.names[kind.key]).name
    array.network.check_subnet(name, administration.given(kind, call))
    changed = administration.change_item(kind, array, call)
    return _subnet(kind, array, call,
                   array.items.get(kind.key, changed['name']))


def _delete_subnet(kind, array, call):
    return {'name': array.network.delete_subnet(call.names[kind.key])}


def _subnet(kind, array, call, item):
    """A subnet has the services and names of the interfaces in it."""
    members = array.network.members(item)
    return administration.shown(kind, call, item) | {
        'services': sorted({service for interface in members
                            for service in interface.services}),
        'interfaces': [interface.name for interface in members]}


_READ = (*parameters.texts('action', 'historical'), *parameters.PAGING)
_SUBNET = routing.Parameter('subnet', 'string', since='1.5')

ROUTES = (
    routing.Route('GET', 'network', list_interfaces,
                  (*_READ, *parameters.flags('error'), parameters.NAMES)),
    routing.Route('GET', 'network/{interface}', get_interface, _READ),
    routing.Route(
        'PUT', 'network/{interface}', change_interface,
        (*administration.field_parameters(_INTERFACE), _SUBNET)),
    routing.Route('POST', 'network/vif/{interface}', create_vlan_interface,
                  (_SUBNET, *parameters.texts('address')), since='1.5'),
    routing.Route('DELETE', 'network/{interface}', delete_vlan_interface,
                  since='1.5'),
    *administration.routes(
        'subnet', list_items=_list_subnets, get_item=_get_subnet,
        create_item=_create_subnet, change_item=_change_subnet,
        delete_item=_delete_subnet),
)
