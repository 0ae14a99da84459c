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
"""Protection groups: members, schedules, targets, life cycle.

The replica of a group on a target is a group there, too: it can be allowed
and disallowed, destroyed and recovered; all else is changed at its source.
"""

from flasharray_sim import errors
from flasharray_sim.rules import containers
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import schedules
from flasharray_sim.state import replication as rows

MOST_TARGETS = 4


class Pgroups:
    """The protection groups of one array.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._core = array.core
        self._db = array.db
        self._members = array.pgroup_members
        self._snapshots = array.pgroup_snapshots
        self._replication = array.replication

    def create(self, name: str) -> rows.Pgroup:
        names.check_pgroup(name)
        self._check_free(name)
        containers.check(self._db, name)
        self._core.check_limit(
            'pgroups', 'Protection group', self._db.pgroups, name)
        return self._db.pgroups.insert(
            rows.Pgroup(self._db.next_id(), name))

    def restore(self, name: str, source: str, overwrite: bool
                ) -> rows.Pgroup:
        """Make the volumes of a group's snapshot members of a group.

        :param source: a group snapshot, replicated or not
        :param overwrite: whether group and volumes may exist
        """
        taken = lookup.live_pgroup_snapshot(self._db, source)
        if not self._array.arrivals.is_complete(taken):
            raise errors.refuse('pgroup_snapshot_incomplete', ctx=source)
        pgroup = self._db.pgroups.find('name', names.key(name))
        if pgroup is None or not overwrite:
            pgroup = self.create(name)
        self._own(lookup.live_pgroup(self._db, name))
        for snapshot in list(self._snapshots.members(taken)):
            volume = self._array.volumes.copy(
                lookup.snapshot_name(self._db, snapshot),
                names.in_pod_of(pgroup.name, snapshot.suffix), overwrite)
            if pgroup not in self._members.groups_of('volume', volume.id):
                self._members.add(pgroup, 'volume', volume.name)
        self._replication.propagate(pgroup)
        return pgroup

    def change_members(self, name: str, kind: str, change: dict):
        """See `Members.change`."""
        pgroup = self._own(lookup.live_pgroup(self._db, name))
        self._members.change(pgroup, kind, change)
        self._replication.propagate(pgroup)

    def set_schedule(self, name: str, changes: dict) -> rows.Pgroup:
        """Change fields of SCHEDULE; what is switched on runs at once."""
        pgroup = self._own(lookup.live_pgroup(self._db, name))
        changed = self._db.pgroups.change(
            pgroup, **schedules.parse_schedule(changes, pgroup))
        for kind in schedules.KINDS:
            if _has_new_times(pgroup, changed, kind):
                changed = self._db.pgroups.change(changed, **{
                    f'{kind}_due_s': schedules.first_due_s(
                        changed, kind, self._core.now_s())})
        self._replication.propagate(changed)
        return changed

    def set_retention(self, name: str, changes: dict) -> rows.Pgroup:
        """Change fields of RETENTION, for snapshots taken before, too."""
        pgroup = self._own(lookup.live_pgroup(self._db, name))
        changed = self._db.pgroups.change(
            pgroup, **schedules.parse_retention(changes, pgroup))
        self._snapshots.plan(changed)
        self._replication.propagate(changed)
        return changed

    def change_targets(self, name: str,
                       change: dict[str, list[str] | None]):
        """Apply 'set', 'remove' and 'add', lists of arrays' names."""
        pgroup = self._own(lookup.live_pgroup(self._db, name))
        present = {row.array_name.lower(): row
                   for row in self._targets(pgroup)}
        removed, added = change.get('remove') or [], change.get('add') or []
        if 'set' in change:
            wanted = {target.lower(): target
                      for target in change['set'] or ()}
            removed = [row.array_name for key, row in present.items()
                       if key not in wanted]
            added = [target for key, target in wanted.items()
                     if key not in present]
        for target in removed:
            if target.lower() not in present:
                raise errors.refuse('target_missing', ctx=target,
                                    pgroup=pgroup.name)
            self._replication.remove_target(present[target.lower()])
        for target in added:
            self._add_target(pgroup, target)

    def allow(self, name: str, is_allowed: bool):
        """On a target: let the source replicate the group, or not."""
        replica = lookup.live_pgroup(self._db, name)
        if not replica.is_replica:
            raise errors.refuse('pgroup_is_local', ctx=name)
        if is_allowed and replica.is_allowed:
            raise errors.refuse('target_allowed', ctx=name,
                                array=self._array.name)
        self._replication.allow(replica, is_allowed)

    def rename(self, name: str, new_name: str) -> rows.Pgroup:
        """Rename; the pod may be left out of the new name."""
        pgroup = self._own(lookup.live_pgroup(self._db, name))
        names.check_pgroup(new_name)
        full_name = names.in_pod_of(
            pgroup.name, names.split_volume(new_name).leaf)
        if '::' in new_name and names.key(new_name) != names.key(full_name):
            raise errors.refuse('parameters_invalid', ctx=name)
        if names.key(full_name) != names.key(pgroup.name):
            self._check_free(full_name)
        pgroup = self._db.pgroups.change(pgroup, name=full_name)
        self._replication.propagate(pgroup)
        return pgroup

    def destroy(self, name: str) -> rows.Pgroup:
        """Start the 24 hours, for the group and its snapshots."""
        pgroup = lookup.live_pgroup(self._db, name)
        due_s = self._core.eradication_due_s()
        self._snapshots.destroy_with(pgroup, due_s)
        pgroup = self._db.pgroups.change(pgroup, due_s=due_s)
        self._replication.review(pgroup)
        return pgroup

    def recover(self, name: str) -> rows.Pgroup:
        """Bring a group back with the snapshots that went with it."""
        pgroup = self._destroyed(name)
        containers.check(self._db, pgroup.name)
        pgroup = self._db.pgroups.change(pgroup, due_s=None)
        for kind in schedules.KINDS:
            due_s = getattr(pgroup, f'{kind}_due_s')
            if due_s is not None and due_s < self._core.now_s():
                pgroup = self._db.pgroups.change(pgroup, **{
                    f'{kind}_due_s': schedules.first_due_s(
                        pgroup, kind, self._core.now_s())})
        self._snapshots.recover_with(pgroup)
        self._replication.review(pgroup)
        return pgroup

    def eradicate(self, name: str) -> rows.Pgroup:
        pgroup = self._destroyed(name)
        if self._core.config.is_eradication_disabled:
            raise errors.refuse('eradication_disabled', ctx=name)
        self.remove(pgroup)
        return pgroup

    def remove(self, pgroup: rows.Pgroup):
        """Make a destroyed group and its snapshots cease to exist.

        Its replicas stay where they are.
        """
        self._snapshots.remove_with(pgroup)
        self._members.remove_all(pgroup)
        for target in list(self._targets(pgroup)):
            self._replication.remove_target(target)
        self._db.pgroups.remove(pgroup)

    def run(self, kind: str, pgroup: rows.Pgroup):
        """Do what a schedule is due for, 'snap' or 'replicate'.

        What the array refuses is left out this time; a real one would raise
        an alert.
        """
        pgroup = self._db.pgroups.change(pgroup, **{
            f'{kind}_due_s': schedules.next_due_s(
                pgroup, kind, self._core.now_s())})
        if not self._is_served(pgroup) or not self._members.volumes(pgroup):
            return
        if kind == 'replicate' and not self._replication.is_idle(pgroup):
            return
        try:
            with self._array.fleet.savepoint():
                taken = self._snapshots.take(pgroup, is_retained=True)
        except errors.PurityError:
            return
        if kind == 'replicate':
            self._replication.send(taken)

    def _targets(self, pgroup):
        return self._db.targets.select('pgroup', pgroup.id)

    def _is_served(self, pgroup):
        """Whether the array runs, and has not lost the group's pod."""
        return (self._array.fleet.is_online(self._array)
                and containers.pod_status(
                    self._core, pgroup.name) != 'offline')

    def _add_target(self, pgroup, target):
        connection = self._array.array_connections.at(target)
        if self._db.targets.find('pair', (pgroup.id, connection.array_id)):
            raise errors.refuse('target_exists', ctx=pgroup.name,
                                target=connection.array_name)
        if len(self._targets(pgroup)) >= MOST_TARGETS:
            raise errors.refuse('limit_reached', ctx=target, noun='Target')
        self._replication.add_target(pgroup, connection)

    def _own(self, pgroup):
        if pgroup.is_replica:
            raise errors.refuse('pgroup_is_replica', ctx=pgroup.name)
        return pgroup

    def _check_free(self, name):
        found = self._db.pgroups.find('name', names.key(name))
        if found and found.is_destroyed:
            raise errors.refuse('pgroup_destroyed', ctx=name)
        if found:
            raise errors.refuse('pgroup_exists', ctx=name)

    def _destroyed(self, name):
        pgroup = lookup.any_pgroup(self._db, name)
        if not pgroup.is_destroyed:
            raise errors.refuse('pgroup_not_destroyed', ctx=name)
        return pgroup


def _has_new_times(before, after, kind):
    return any(getattr(before, name) != getattr(after, name)
               for name in schedules.SCHEDULE if name.startswith(kind))
