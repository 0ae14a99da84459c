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
"""Hosts: initiators, CHAP, personality. Deleting one is immediate."""

from flasharray_sim import errors
from flasharray_sim.rules import connections as connection_rules
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import initiators
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import pgroup_members
from flasharray_sim.state import rows

PERSONALITIES = ('aix', 'esxi', 'hitachi-vsp', 'hpux', 'oracle-vm-server',
                 'solaris', 'vms')
CHAP_FIELDS = ('host_user', 'host_password', 'target_user',
               'target_password')
_CHAP_LENGTHS = range(12, 256)
_INITIATOR_FIELDS = {'IQN': 'iqns', 'WWN': 'wwns', 'NQN': 'nqns'}


class Hosts:
    """The hosts of one array."""

    def __init__(self, core: cores.Core,
                 connections: connection_rules.Connections):
        self._core = core
        self._db = core.db
        self._connections = connections

    def create(self, name: str) -> rows.Host:
        names.check('Host', name)
        if self._db.hosts.find('name', names.key(name)):
            raise errors.refuse('host_exists', ctx=name)
        self._core.check_limit('hosts', 'Host', self._db.hosts, name)
        return self._db.hosts.insert(rows.Host(self._db.next_id(), name))

    def set_initiators(self, name: str, kind: str,
                       change: dict[str, list[str] | None]) -> rows.Host:
        """Change the initiators of a kind; see `initiators.changed`."""
        host = lookup.host(self._db, name)
        field = _INITIATOR_FIELDS[kind]
        return self._db.hosts.change(host, **{field: initiators.changed(
            self._db, kind, getattr(host, field), change, host.name)})

    def set_chap(self, name: str, changes: dict[str, str | None]
                 ) -> rows.Host:
        """Set fields of CHAP_FIELDS; "" or None clears one."""
        host = lookup.host(self._db, name)
        host = self._db.hosts.change(host, **{
            field: value or None for field, value in changes.items()})
        for user, password in ((host.host_user, host.host_password),
                               (host.target_user, host.target_password)):
            if (user is None) != (password is None):
                raise errors.refuse('chap_incomplete', ctx=name)
            if password and len(password) not in _CHAP_LENGTHS:
                raise errors.refuse('chap_invalid', ctx=name)
        return host

    def set_personality(self, name: str, personality: str | None
                        ) -> rows.Host:
        host = lookup.host(self._db, name)
        if personality and personality not in PERSONALITIES:
            raise errors.refuse('personality_invalid', ctx=name)
        return self._db.hosts.change(host, personality=personality or None)

    def set_preferred_arrays(self, name: str, arrays: list[str] | None
                             ) -> rows.Host:
        host = lookup.host(self._db, name)
        return self._db.hosts.change(
            host, preferred_arrays=tuple(arrays or ()))

    def rename(self, name: str, new_name: str) -> rows.Host:
        host = lookup.host(self._db, name)
        names.check('Host', new_name)
        other = self._db.hosts.find('name', names.key(new_name))
        if other and other.id != host.id:
            raise errors.refuse('host_exists', ctx=new_name)
        return self._db.hosts.change(host, name=new_name)

    def delete(self, name: str) -> rows.Host:
        """Refused while the host is connected, shared or not."""
        host = lookup.host(self._db, name)
        if self._connections.private(
                host.id) or self._connections.shared(host.hgroup_id):
            raise errors.refuse('host_connected', ctx=name)
        pgroup_members.forget(self._db, 'host', host.id)
        self._db.hosts.remove(host)
        return host
