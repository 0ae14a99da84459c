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
"""What a protection group protects: volumes, hosts or host groups.

Members are of one kind (Terraform and Ansible have it so). A destroyed
volume stays a member, is not shown, and is back when it is recovered; what
is eradicated or deleted leaves its groups (inferred).
"""

from flasharray_sim import errors
from flasharray_sim.rules import containers
from flasharray_sim.rules import lookup
from flasharray_sim.state import database
from flasharray_sim.state import replication
from flasharray_sim.state import rows

NOUNS = {'volume': 'Volume', 'host': 'Host', 'hgroup': 'Host group'}
_FINDERS = {'volume': lookup.live_volume, 'host': lookup.host,
            'hgroup': lookup.hgroup}


class Members:
    """The members of one array's groups."""

    def __init__(self, db: database.Database):
        self._db = db

    def change(self, pgroup: replication.Pgroup, kind: str,
               change: dict[str, list[str] | None]):
        """Apply 'set', 'remove' and 'add', lists of names, in this order.

        What is set replaces the members of this kind; None empties.
        """
        if 'set' in change:
            wanted = [self._find(kind, name).id
                      for name in change['set'] or ()]
            for member in list(self._rows(pgroup)):
                if member.kind == kind and member.member_id not in wanted:
                    self._db.pgroup_members.remove(member)
            for member_id in dict.fromkeys(wanted):
                if not self._pair(pgroup, kind, member_id):
                    self._insert(pgroup, kind, member_id)
        for name in change.get('remove') or ():
            self.remove(pgroup, kind, name)
        for name in change.get('add') or ():
            self.add(pgroup, kind, name)

    def add(self, pgroup: replication.Pgroup, kind: str, name: str):
        member = self._find(kind, name)
        if self._pair(pgroup, kind, member.id):
            raise errors.refuse('member_exists', ctx=name,
                                noun=NOUNS[kind], pgroup=pgroup.name)
        self._insert(pgroup, kind, member.id)

    def remove(self, pgroup: replication.Pgroup, kind: str, name: str):
        table = getattr(self._db, f'{kind}s')
        member = table.find('name', name.lower())
        found = member and self._pair(pgroup, kind, member.id)
        if not found:
            raise errors.refuse('member_missing', ctx=name,
                                noun=NOUNS[kind], pgroup=pgroup.name)
        self._db.pgroup_members.remove(found)

    def shown(self, pgroup: replication.Pgroup, kind: str
              ) -> tuple[str, ...]:
        """Names of the members of a kind that exist."""
        if pgroup.is_replica:
            return pgroup.shown_names if pgroup.shown_kind == kind else ()
        return tuple(
            member.name for member in self._objects(pgroup, kind)
            if kind != 'volume' or not member.is_destroyed)

    def kind(self, pgroup: replication.Pgroup) -> str | None:
        """The kind of the members, None when there are none."""
        if pgroup.is_replica:
            return pgroup.shown_kind
        members = self._rows(pgroup)
        return members[0].kind if members else None

    def volumes(self, pgroup: replication.Pgroup) -> list[rows.Volume]:
        """The live volumes that a snapshot of the group is taken of.

        Of what its hosts have connected, volumes in pods are not (inferred
        from the rule for members).
        """
        found = {volume.id: volume
                 for volume in self._objects(pgroup, 'volume')}
        hosts = list(self._objects(pgroup, 'host'))
        owners = [('host', host.id) for host in hosts]
        owners += [('hgroup', host.hgroup_id) for host in hosts]
        owners += [('hgroup', hgroup.id)
                   for hgroup in self._objects(pgroup, 'hgroup')]
        for owner in owners:
            for connection in self._db.connections.select('owner', owner):
                volume = self._db.volumes.get(connection.volume_id)
                if containers.pod_of(self._db, volume.name) is None:
                    found[volume.id] = volume
        return [volume for volume in found.values()
                if not volume.is_destroyed
                and not volume.is_protocol_endpoint]

    def groups_of(self, kind: str, member_id: int
                  ) -> list[replication.Pgroup]:
        """The live groups that an object is a member of."""
        groups = [self._db.pgroups.get(row.pgroup_id) for row in
                  self._db.pgroup_members.select(
                      'member', (kind, member_id))]
        return [pgroup for pgroup in groups if not pgroup.is_destroyed]

    def remove_all(self, pgroup: replication.Pgroup):
        for member in list(self._rows(pgroup)):
            self._db.pgroup_members.remove(member)

    def _find(self, kind, name):
        return _FINDERS[kind](self._db, name)

    def _insert(self, pgroup, kind, member_id):
        members = self._rows(pgroup)
        member = getattr(self._db, f'{kind}s').get(member_id)
        if members and members[0].kind != kind:
            raise errors.refuse('pgroup_mixed', ctx=member.name)
        home = containers.pod_of(self._db, pgroup.name)
        # Hosts are not in pods: each array has its own.
        there = kind == 'volume' and containers.pod_of(
            self._db, member.name) or None
        if there != home:
            raise errors.refuse('pgroup_elsewhere', ctx=member.name)
        self._db.pgroup_members.insert(replication.PgroupMember(
            self._db.next_id(), pgroup.id, kind, member_id))

    def _pair(self, pgroup, kind, member_id):
        return self._db.pgroup_members.find(
            'pair', (pgroup.id, kind, member_id))

    def _rows(self, pgroup):
        return self._db.pgroup_members.select('pgroup', pgroup.id)

    def _objects(self, pgroup, kind):
        table = getattr(self._db, f'{kind}s')
        return [table.get(row.member_id) for row in self._rows(pgroup)
                if row.kind == kind]


def forget(db: database.Database, kind: str, member_id: int):
    """Take an object that ceases to exist out of its groups."""
    for member in list(db.pgroup_members.select(
            'member', (kind, member_id))):
        db.pgroup_members.remove(member)
