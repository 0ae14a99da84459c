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
"""What GET host shows of hosts, by the flags of the request."""

from flasharray_sim import errors
from flasharray_sim.resources import pgroup_views
from flasharray_sim.resources import shapes
from flasharray_sim.resources import views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import hosts as host_rules
from flasharray_sim.state import rows
from flasharray_sim.wire import routing

_HIDDEN = '****'


def member(array: arrays.Array, call: routing.Call, host: rows.Host) -> dict:
    """{name, hgroup, iqn, wwn[, nqn]}."""
    return {'name': host.name, 'hgroup': hgroup_name(array, host),
            **initiators(call, host)}


def initiators(call: routing.Call, host: rows.Host) -> dict:
    body = {'iqn': list(host.iqns), 'wwn': list(host.wwns)}
    if call.rest_version >= (1, 16):
        body['nqn'] = list(host.nqns)
    return body


def hgroup_name(array: arrays.Array, host: rows.Host) -> str | None:
    if host.hgroup_id is None:
        return None
    return array.db.hgroups.get(host.hgroup_id).name


def chap(array: arrays.Array, call: routing.Call, host: rows.Host) -> dict:
    """Users in clear, passwords that are set as asterisks."""
    body = {field: getattr(host, field) for field in host_rules.CHAP_FIELDS}
    for field in ('host_password', 'target_password'):
        body[field] = _HIDDEN if body[field] else None
    return {'name': host.name, **body}


def personality(array: arrays.Array, call: routing.Call,
                host: rows.Host) -> dict:
    return {'name': host.name, 'personality': host.personality}


def preferred_array(array: arrays.Array, call: routing.Call,
                    host: rows.Host) -> dict:
    """A list in all versions; whether later ones differ is unknown."""
    return {'name': host.name,
            'preferred_array': list(host.preferred_arrays)}


def space(array: arrays.Array, call: routing.Call, host: rows.Host) -> dict:
    return shapes.connected_space(array, host.name, [
        array.db.volumes.get(row.volume_id)
        for row in connections_of(array, host)])


def connections_of(array: arrays.Array,
                   host: rows.Host) -> list[rows.Connection]:
    """Private ones first, then those of the host's group."""
    return [*array.connections.private(host.id),
            *array.connections.shared(host.hgroup_id)]


def connection_rows(array: arrays.Array, call: routing.Call,
                    host: rows.Host) -> list[dict]:
    """{name, vol, lun, hgroup} of each volume that a host sees."""
    return [{'name': host.name,
             'vol': array.db.volumes.get(row.volume_id).name,
             'lun': row.lun, 'hgroup': None if row.hgroup_id is None
             else array.db.hgroups.get(row.hgroup_id).name}
            for row in connections_of(array, host)]


def all_rows(array: arrays.Array, call: routing.Call,
             host: rows.Host) -> list[dict]:
    """A row per initiator and volume; a host without either has one.

    `target_port` is a list of port names, as Ansible reads it; the other
    target fields have the same order. The layout is inferred.
    """
    found = []
    for connection in connection_rows(array, call, host) or [
            {'name': host.name, 'vol': None, 'lun': None,
             'hgroup': hgroup_name(array, host)}]:
        for kind, initiator in _kinds(host) or [(None, None)]:
            ports = [port for port in array.network.target_ports()
                     if kind and getattr(port, kind)]
            body = connection | {
                f'host_{name}': initiator if name == kind else None
                for name in ('wwn', 'iqn', 'nqn')}
            found.append(body | {
                'host_portal': None, 'failover': None,
                'target_port': [port.name for port in ports],
                'target_wwn': [port.wwn for port in ports],
                'target_iqn': [port.iqn for port in ports],
                'target_portal': [port.portal for port in ports]})
    if call.rest_version < (1, 16):
        for body in found:
            del body['host_nqn']
    return found


def balance_rows(array: arrays.Array, call: routing.Call,
                 host: rows.Host) -> list[dict]:
    """A row per initiator: its I/O, and the share of the busiest one.

    No data path goes through the simulator: there is nothing to balance.
    The keys are inferred from the columns of `purehost monitor --balance`.
    """
    if not shapes.wants_monitor(call):
        raise errors.refuse('parameters_invalid', ctx=host.name)
    kinds = ('wwn', 'iqn', 'nqn') if call.rest_version >= (1, 16) else (
        'wwn', 'iqn')
    return [{'name': host.name, 'time': shapes.iso(array.core.now_s()),
             **{f'host_{name}': initiator if name == kind else None
                for name in kinds},
             'op_count': 0, 'fraction_relative_to_max': None}
            for kind, initiator in _kinds(host)]


def _kinds(host):
    return [*(('iqn', iqn) for iqn in host.iqns),
            *(('wwn', wwn) for wwn in host.wwns),
            *(('nqn', nqn) for nqn in host.nqns)]


HOSTS = views.Views(
    one={views.PLAIN: member, 'chap': chap, 'personality': personality,
         'preferred_array': preferred_array, 'space': space},
    many={'connect': connection_rows, 'all': all_rows,
          'protect': pgroup_views.hosts_protected})
