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
"""A generic group that is consistent: a protection group on the array."""

from tools.demo import chapter

CONSISTENT = {'consistent_group_snapshot_enabled': '<is> True'}


class Consistency(chapter.Chapter):
    """A group's members, its snapshot, and a group made from that."""

    def steps(self):
        return self.as_steps(
            ('a consistent group', self._create),
            ('a volume made in it, and one that joins', self._fill),
            ('a snapshot of the group', self._take_snapshot),
            ('a group from the snapshot', self._create_from_snapshot),
            ('the snapshot of the group deleted', self._delete_snapshot),
            ('a volume leaves the first group', self._leave),
            ('everything deleted', self._delete))

    def _create(self):
        self._group_type = self.cinder.group_types.create('consistent')
        self._group_type.set_keys(CONSISTENT)
        self._type = self.make_type('grouped')
        self._group = self._available(self.cinder.groups.create(
            self._group_type.id, self._type.id, name='a group'))
        return self._same_members(self._group, [])

    def _fill(self):
        self._member = self.make_volume('made in it', 1, self._type,
                                        group_id=self._group.id)
        self._joining = self.make_volume('joining', 2, self._type)
        self._update(add_volumes=self._joining.id)
        return self._same_members(self._group, [self._member, self._joining])

    def _take_snapshot(self):
        self._written = {
            volume.size: self.simulator.write(self.array_name,
                                              chapter.usual_name(volume))
            for volume in (self._member, self._joining)}
        taken = self.cinder.group_snapshots.create(self._group.id)
        self._snapshot = self.story.wait_status(
            self.cinder.group_snapshots, taken.id, 'available')
        self._same_snapshots(['%s.cgsnapshot-%s-cinder' % (
            _group_name(self._group), taken.id)])
        return 'the array has it'

    def _create_from_snapshot(self):
        for volume in (self._member, self._joining):
            self.simulator.write(self.array_name, chapter.usual_name(volume))
        copy = self.cinder.groups.create_from_src(
            self._snapshot.id, None, name='a group from the snapshot')
        self._copy = self._available(self.cinder.groups.get(copy['id']))
        copies = [volume for volume in self.cinder.volumes.list()
                  if volume.group_id == self._copy.id]
        members = self._same_members(self._copy, copies)
        for volume in copies:
            self.same_data(chapter.usual_name(volume),
                           self._written[volume.size])
        return '%s; a host finds the data of the snapshot' % members

    def _delete_snapshot(self):
        self.delete(self.cinder.group_snapshots, self._snapshot)
        self._same_snapshots([])
        return 'the array has none any more'

    def _leave(self):
        self._update(remove_volumes=self._joining.id)
        return self._same_members(self._group, [self._member])

    def _delete(self):
        for group in (self._copy, self._group):
            self.cinder.groups.delete(group.id, delete_volumes=True)
            self.story.wait_gone(self.cinder.groups, group.id)
        self.delete(self.cinder.volumes, self._joining)
        self.cinder.group_types.delete(self._group_type)
        self.delete_types(self._type)
        self.printer.same('groups', [], self.array.consistency_groups())
        return 'the array has no group any more'

    def _update(self, **change):
        self.cinder.groups.update(self._group, **change)
        self._available(self._group)

    def _available(self, group):
        return self.story.wait_status(self.cinder.groups, group.id,
                                      'available')

    def _same_snapshots(self, names):
        self.printer.same('snapshots of groups', names,
                          self.array.consistency_groups(snap='true'))

    def _same_members(self, group, volumes):
        """:returns: that Cinder and the array agree, in words"""
        self.printer.same('members of %s' % group.name,
                          sorted(map(chapter.usual_name, volumes)),
                          self.array.members(_group_name(group)))
        return 'members: %d, as the array says' % len(volumes)


def _group_name(group):
    return 'consisgroup-%s-cinder' % group.id
