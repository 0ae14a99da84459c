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
"""Hosts: `host` and `host/H` (2.4)."""

from flasharray_sim import errors
from flasharray_sim.resources import host_views
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import remote_hosts
from flasharray_sim.resources import views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import hosts as host_rules
from flasharray_sim.rules import lookup
from flasharray_sim.wire import routing

_INITIATORS = {'wwn': 'WWN', 'iqn': 'IQN', 'nqn': 'NQN'}
_VERBS = {'': 'set', 'add': 'add', 'rem': 'remove'}


def list_hosts(array: arrays.Array, call: routing.Call):
    """GET host; with `remote` also hosts of arrays that share pods."""
    if call.flag('remote') and call.get('names') is None:
        return remote_hosts.list_all(array, call)
    hosts = listing.chosen(
        call, array.db.hosts.select('all', 'all'),
        lambda name: lookup.host(array.db, name))
    if call.flag('balance'):
        return [row for host in hosts
                for row in host_views.balance_rows(array, call, host)]
    return host_views.HOSTS.collection(array, call, hosts)


def get_host(array: arrays.Array, call: routing.Call):
    """GET host/H."""
    host = lookup.host(array.db, call.names['host'])
    if call.flag('balance'):
        return host_views.balance_rows(array, call, host)
    return host_views.HOSTS.single(array, call, host)


def create_host(array: arrays.Array, call: routing.Call):
    """POST host/H."""
    host = array.hosts.create(call.names['host'])
    _change(array, call, host.name)
    host = lookup.host(array.db, host.name)
    return {'name': host.name, **host_views.initiators(call, host)}


def change_host(array: arrays.Array, call: routing.Call):
    """PUT host/H: the dicts of all that was changed, in one."""
    name = call.names['host']
    if call.get('name') is not None:
        if len(call.params) > 1:
            raise errors.refuse('parameters_invalid', ctx=name)
        return {'name': array.hosts.rename(name, call.get('name')).name}
    changed = _change(array, call, name)
    if not changed:
        raise errors.refuse('no_attribute', ctx=name)
    host = lookup.host(array.db, name)
    body = {}
    for view in changed:
        body |= host_views.HOSTS.one[view](array, call, host)
    return body


def delete_host(array: arrays.Array, call: routing.Call):
    """DELETE host/H."""
    return {'name': array.hosts.delete(call.names['host']).name}


def list_connections(array: arrays.Array, call: routing.Call):
    """GET host/H/volume; private ones are shown without `hgroup`."""
    owner, name, prefix = remote_hosts.owner_of(array, call.names['host'])
    host = lookup.host(owner.db, name)
    if call.flag('private') and call.flag('shared'):
        raise errors.refuse('parameters_invalid', ctx=host.name)
    found = host_views.connection_rows(owner, call, host)
    if owner is not array:
        found = [row | {'name': prefix + row['name']} for row in found
                 if remote_hosts.is_shared(array, owner, row['vol'])]
    if call.flag('private'):
        found = [{'name': row['name'], 'vol': row['vol'], 'lun': row['lun']}
                 for row in found if row['hgroup'] is None]
    elif call.flag('shared'):
        found = [row for row in found if row['hgroup'] is not None]
    return listing.reply(array, call, found)


def connect_host(array: arrays.Array, call: routing.Call):
    """POST host/H/volume/V."""
    connection = array.connections.connect_host(
        call.names['host'], call.names['volume'], call.get('lun'))
    return {**_pair(array, connection), 'lun': connection.lun}


def disconnect_host(array: arrays.Array, call: routing.Call):
    """DELETE host/H/volume/V; also of a remote host and a shared pod."""
    volume_name = call.names['volume']
    owner, name, prefix = remote_hosts.owner_of(array, call.names['host'])
    if owner is not array and not remote_hosts.is_shared(
            array, owner, volume_name):
        raise errors.refuse('host_missing', ctx=call.names['host'])
    pair = _pair(owner, owner.connections.disconnect_host(name, volume_name))
    return pair | {'name': prefix + pair['name']}


def _pair(array, connection):
    return {'name': array.db.hosts.get(connection.host_id).name,
            'vol': array.db.volumes.get(connection.volume_id).name}


def _change(array, call, name):
    """Apply what the parameters say; returns the views that changed."""
    changed = []
    for kind, purity_kind in _INITIATORS.items():
        change = {verb: call.get(f'{prefix}{kind}list')
                  for prefix, verb in _VERBS.items()
                  if f'{prefix}{kind}list' in call.params}
        if change:
            array.hosts.set_initiators(name, purity_kind, change)
            changed.append(views.PLAIN)
    chap = {field: call.get(field) for field in host_rules.CHAP_FIELDS
            if field in call.params}
    if chap:
        array.hosts.set_chap(name, chap)
        changed.append('chap')
    if 'personality' in call.params:
        array.hosts.set_personality(name, call.get('personality'))
        changed.append('personality')
    if 'preferred_array' in call.params:
        array.hosts.set_preferred_arrays(name, call.get('preferred_array'))
        changed.append('preferred_array')
    return changed


_READ = (
    *parameters.flags('connect', 'all', 'chap', 'space', 'balance'),
    routing.Parameter('protect', 'boolean', since='1.2'),
    routing.Parameter('personality', 'boolean', since='1.14'),
    routing.Parameter('preferred_array', 'boolean', since='1.15'),
    routing.Parameter('remote', 'boolean', since='1.13'),
    *parameters.MONITOR,
    *parameters.PAGING,
)
_ATTRIBUTES = (
    *parameters.texts(*host_rules.CHAP_FIELDS),
    routing.Parameter('personality', 'string', since='1.14'),
    routing.Parameter('preferred_array', 'list', since='1.15'),
)
_LUN = (routing.Parameter('lun', 'integer'),)

ROUTES = (
    routing.Route('GET', 'host', list_hosts, (*_READ, parameters.NAMES)),
    routing.Route('GET', 'host/{host}', get_host, _READ),
    routing.Route(
        'POST', 'host/{host}', create_host,
        (*parameters.lists('wwnlist', 'iqnlist'),
         routing.Parameter('nqnlist', 'list', since='1.16'), *_ATTRIBUTES)),
    routing.Route(
        'PUT', 'host/{host}', change_host,
        (*parameters.texts('name'), *_ATTRIBUTES,
         *parameters.lists('wwnlist', 'addwwnlist', 'remwwnlist',
                           'iqnlist', 'addiqnlist', 'remiqnlist'),
         *(routing.Parameter(name, 'list', since='1.16')
           for name in ('nqnlist', 'addnqnlist', 'remnqnlist')))),
    routing.Route('DELETE', 'host/{host}', delete_host),
    routing.Route('GET', 'host/{host}/volume', list_connections,
                  (*parameters.flags('private', 'shared'),
                   *parameters.PAGING)),
    routing.Route('POST', 'host/{host}/volume/{volume}', connect_host, _LUN),
    routing.Route('DELETE', 'host/{host}/volume/{volume}', disconnect_host),
)
