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
"""Host groups: hosts that share connections."""

from flasharray_sim import errors
from flasharray_sim.rules import connections as connection_rules
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import pgroup_members
from flasharray_sim.state import rows


class HostGroups:
    """The host groups of one array."""

    def __init__(self, core: cores.Core,
                 connections: connection_rules.Connections):
        self._core = core
        self._db = core.db
        self._connections = connections

    def create(self, name: str) -> rows.HostGroup:
        names.check('Host group', name)
        if self._db.hgroups.find('name', names.key(name)):
            raise errors.refuse('hgroup_exists', ctx=name)
        self._core.check_limit(
            'hgroups', 'Host group', self._db.hgroups, name)
        return self._db.hgroups.insert(
            rows.HostGroup(self._db.next_id(), name))

    def set_hosts(self, name: str,
                  host_names: list[str] | None) -> rows.HostGroup:
        """Make these the group's hosts; none for None or []."""
        hgroup = lookup.hgroup(self._db, name)
        wanted = {names.key(host_name): host_name
                  for host_name in host_names or ()}
        present = {names.key(host.name)
                   for host in self._connections.members(hgroup.id)}
        self.remove_hosts(name, [key for key in present
                                 if key not in wanted])
        return self.add_hosts(name, [host_name for key, host_name
                                     in wanted.items()
                                     if key not in present])

    def add_hosts(self, name: str, host_names: list[str]
                  ) -> rows.HostGroup:
        hgroup = lookup.hgroup(self._db, name)
        for host_name in host_names:
            host = lookup.host(self._db, host_name)
            if host.hgroup_id is not None:
                raise errors.refuse('host_grouped', ctx=host_name)
            self._connections.check_joining(host, hgroup)
            self._db.hosts.change(host, hgroup_id=hgroup.id)
        return hgroup

    def remove_hosts(self, name: str, host_names: list[str]
                     ) -> rows.HostGroup:
        hgroup = lookup.hgroup(self._db, name)
        for host_name in host_names:
            host = lookup.host(self._db, host_name)
            if host.hgroup_id != hgroup.id:
                raise errors.refuse('host_not_in_group', ctx=host_name)
            self._db.hosts.change(host, hgroup_id=None)
        return hgroup

    def rename(self, name: str, new_name: str) -> rows.HostGroup:
        hgroup = lookup.hgroup(self._db, name)
        names.check('Host group', new_name)
        other = self._db.hgroups.find('name', names.key(new_name))
        if other and other.id != hgroup.id:
            raise errors.refuse('hgroup_exists', ctx=new_name)
        return self._db.hgroups.change(hgroup, name=new_name)

    def delete(self, name: str) -> rows.HostGroup:
        """Its hosts stay; refused while it has connections."""
        hgroup = lookup.hgroup(self._db, name)
        if self._connections.shared(hgroup.id):
            raise errors.refuse('hgroup_connected', ctx=name)
        for host in self._connections.members(hgroup.id):
            self._db.hosts.change(host, hgroup_id=None)
        pgroup_members.forget(self._db, 'hgroup', hgroup.id)
        self._db.hgroups.remove(hgroup)
        return hgroup
