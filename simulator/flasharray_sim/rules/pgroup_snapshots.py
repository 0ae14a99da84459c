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
"""Snapshots of protection groups, from taking to retention and eradication.

A group's snapshot has a volume snapshot for each volume that the group
protected at the time; these live and go with it. One that follows the
retention schedule is destroyed when its time is over: after `all_for`, or
`days` later when it is the first of its part of a day, of which there are
`per_day` (which ones of a day are kept is inferred).
"""

from flasharray_sim import errors
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import pgroup_members
from flasharray_sim.rules import schedules
from flasharray_sim.rules import snapshots as snapshot_rules
from flasharray_sim.state import replication as rows


class PgroupSnapshots:
    """The group snapshots of one array.

    :ivar on_end: called with each snapshot that is destroyed or removed,
        and whether it is removed, so that its replication ends
    """

    def __init__(self, core: cores.Core,
                 snapshots: snapshot_rules.Snapshots,
                 members: pgroup_members.Members):
        self._core = core
        self._db = core.db
        self._snapshots = snapshots
        self._members = members
        self.on_end = []

    def take(self, pgroup: rows.Pgroup, suffix: str | None = None,
             is_retained: bool = False) -> rows.PgroupSnapshot:
        """Snapshot all that the group protects now."""
        if pgroup.is_replica:
            raise errors.refuse('pgroup_is_replica', ctx=pgroup.name)
        if suffix:
            names.check_suffix(suffix)
            self._check_free(pgroup, suffix)
        else:
            pgroup, suffix = self._automatic_suffix(pgroup)
        taken = self.insert(
            pgroup, suffix, self._core.now_s(), is_retained)
        for volume in self._members.volumes(pgroup):
            self._snapshots.take_member(
                volume, taken.id, names.member(volume.name))
        return taken

    def insert(self, pgroup: rows.Pgroup, suffix: str, created_s: int,
               is_retained: bool) -> rows.PgroupSnapshot:
        """Make a snapshot without volumes, and say when it will go."""
        self._core.check_limit(
            'pgroup_snapshots', 'Protection group snapshot',
            self._db.pgroup_snapshots, pgroup.name)
        expires_s = None
        if is_retained:
            policy = schedules.policy_of(pgroup)
            slot = schedules.slot(created_s, policy)
            expires_s = max(self._core.now_s(), schedules.expiry_s(
                created_s, slot is not None
                and slot != self._last_slot(pgroup, policy), policy))
        return self._db.pgroup_snapshots.insert(rows.PgroupSnapshot(
            self._db.next_id(), pgroup.id, suffix, created_s,
            is_retained=is_retained, expires_s=expires_s))

    def plan(self, pgroup: rows.Pgroup):
        """Say anew when the snapshots go, after a change of retention."""
        policy, slots = schedules.policy_of(pgroup), {None}
        for taken in list(self._of(pgroup, 'live')):
            if not taken.is_retained:
                continue
            slot = schedules.slot(taken.created_s, policy)
            expires_s = schedules.expiry_s(
                taken.created_s, slot not in slots, policy)
            slots.add(slot)
            self._db.pgroup_snapshots.change(
                taken, expires_s=max(self._core.now_s(), expires_s))

    def rename(self, name: str, new_name: str) -> rows.PgroupSnapshot:
        """Change the suffix; the new name may be full or only a suffix."""
        taken = lookup.live_pgroup_snapshot(self._db, name)
        pgroup = self._db.pgroups.get(taken.pgroup_id)
        group, dot, suffix = new_name.rpartition('.')
        if dot and names.key(group) != names.key(pgroup.name):
            raise errors.refuse('snapshot_of_another', ctx=name)
        names.check_suffix(suffix)
        if names.key(suffix) != names.key(taken.suffix):
            self._check_free(pgroup, suffix)
        return self._db.pgroup_snapshots.change(taken, suffix=suffix)

    def destroy(self, name: str) -> rows.PgroupSnapshot:
        return self.expire(lookup.live_pgroup_snapshot(self._db, name))

    def expire(self, taken: rows.PgroupSnapshot) -> rows.PgroupSnapshot:
        """Start the 24 hours, also when the retention schedule says so."""
        return self._put_away(taken, self._core.eradication_due_s(), False)

    def recover(self, name: str) -> rows.PgroupSnapshot:
        """Bring one back; it does not follow the schedule any more."""
        taken = self._destroyed(name)
        pgroup = self._db.pgroups.get(taken.pgroup_id)
        if pgroup.is_destroyed:
            raise errors.refuse('pgroup_destroyed', ctx=pgroup.name)
        return self._bring_back(
            self._db.pgroup_snapshots.change(taken, is_retained=False))

    def eradicate(self, name: str) -> rows.PgroupSnapshot:
        taken = self._destroyed(name)
        if self._core.config.is_eradication_disabled:
            raise errors.refuse('eradication_disabled', ctx=name)
        self.remove(taken)
        return taken

    def remove(self, taken: rows.PgroupSnapshot):
        """Make a snapshot cease to exist, whatever state it is in."""
        for member in list(self.members(taken)):
            self._snapshots.remove(member)
        self._end(taken, True)
        self._db.pgroup_snapshots.remove(taken)

    def destroy_with(self, pgroup: rows.Pgroup, due_s: int):
        for taken in list(self._of(pgroup, 'live')):
            self._put_away(taken, due_s, True)

    def recover_with(self, pgroup: rows.Pgroup):
        for taken in list(self._of(pgroup, 'destroyed')):
            if taken.is_destroyed_with_pgroup:
                self._bring_back(taken)
        self.plan(pgroup)

    def remove_with(self, pgroup: rows.Pgroup):
        for taken in list(self._of(pgroup, 'all')):
            self.remove(taken)

    def members(self, taken: rows.PgroupSnapshot):
        """Selection of its volume snapshots."""
        return self._db.snapshots.select('pgroup_snapshot', taken.id)

    def _put_away(self, taken, due_s, is_with_pgroup):
        self._end(taken, False)
        for member in list(self.members(taken)):
            self._db.snapshots.change(
                member, due_s=due_s, is_destroyed_with_volume=False)
        return self._db.pgroup_snapshots.change(
            taken, due_s=due_s, expires_s=None,
            is_destroyed_with_pgroup=is_with_pgroup)

    def _bring_back(self, taken):
        for member in list(self.members(taken)):
            volume = (None if member.volume_id is None
                      else self._db.volumes.get(member.volume_id))
            is_gone = volume is not None and volume.is_destroyed
            self._db.snapshots.change(
                member, due_s=volume.due_s if is_gone else None,
                is_destroyed_with_volume=is_gone)
        return self._db.pgroup_snapshots.change(
            taken, due_s=None, is_destroyed_with_pgroup=False)

    def _end(self, taken, is_removed):
        for react in self.on_end:
            react(taken, is_removed)

    def _of(self, pgroup, state):
        return self._db.pgroup_snapshots.select('pgroup', (pgroup.id, state))

    def _last_slot(self, pgroup, policy):
        for taken in reversed(self._of(pgroup, 'live')):
            if taken.is_retained:
                return schedules.slot(taken.created_s, policy)
        return None

    def _check_free(self, pgroup, suffix):
        found = self._find(pgroup, suffix)
        if found is None:
            return
        name = f'{pgroup.name}.{suffix}'
        if found.is_destroyed:
            raise errors.refuse('pgroup_snapshot_destroyed', ctx=name)
        raise errors.refuse('pgroup_snapshot_exists', ctx=name)

    def _find(self, pgroup, suffix):
        return self._db.pgroup_snapshots.find(
            'name', (pgroup.id, names.key(suffix)))

    def _automatic_suffix(self, pgroup):
        number = pgroup.next_suffix
        while self._find(pgroup, str(number)):
            number += 1
        return self._db.pgroups.change(
            pgroup, next_suffix=number + 1), str(number)

    def _destroyed(self, name):
        taken = lookup.any_pgroup_snapshot(self._db, name)
        if not taken.is_destroyed:
            raise errors.refuse('pgroup_snapshot_not_destroyed', ctx=name)
        return taken
