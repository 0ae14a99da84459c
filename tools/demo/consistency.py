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

    def tell(self):
        with self.step('a consistent group'):
            group_type = self.cinder.group_types.create('consistent')
            group_type.set_keys(CONSISTENT)
            volume_type = self.make_type('grouped')
            group = self._available(self.cinder.groups.create(
                group_type.id, volume_type.id, name='a group'))
            self._same_members(group, [])
        with self.step('a volume made in it, and one that joins'):
            member = self.make_volume('made in it', 1, volume_type,
                                      group_id=group.id)
            joining = self.make_volume('joining', 2, volume_type)
            self._update(group, add_volumes=joining.id)
            self._same_members(group, [member, joining])
        copy, taken = self._snapshot(group, [member, joining])
        with self.step('a volume leaves the first group'):
            self._update(group, remove_volumes=joining.id)
            self._same_members(group, [member])
        with self.step('everything deleted'):
            for each in (copy, group):
                self.cinder.groups.delete(each.id, delete_volumes=True)
                self.story.wait_gone(self.cinder.groups, each.id)
            self.delete(self.cinder.volumes, joining)
            self.cinder.group_types.delete(group_type)
            self.delete_types(volume_type)
            self.printer.same('groups', [],
                              self.array.consistency_groups())

    def _snapshot(self, group, volumes):
        written = {
            volume.size: self.simulator.write(self.array_name,
                                              chapter.usual_name(volume))
            for volume in volumes}
        with self.step('a snapshot of the group'):
            taken = self.cinder.group_snapshots.create(group.id)
            taken = self.story.wait_status(self.cinder.group_snapshots,
                                           taken.id, 'available')
            self.printer.same(
                'snapshots of groups', ['%s.cgsnapshot-%s-cinder' % (
                    _group_name(group), taken.id)],
                self.array.consistency_groups(snap='true'))
        with self.step('a group from the snapshot'):
            for volume in volumes:
                self.simulator.write(self.array_name,
                                     chapter.usual_name(volume))
            copy = self.cinder.groups.create_from_src(
                taken.id, None, name='a group from the snapshot')
            copy = self._available(self.cinder.groups.get(copy['id']))
            copies = [volume for volume in self.cinder.volumes.list()
                      if volume.group_id == copy.id]
            self._same_members(copy, copies)
            for volume in copies:
                self.same_data(chapter.usual_name(volume),
                               written[volume.size])
        with self.step('the snapshot of the group deleted'):
            self.delete(self.cinder.group_snapshots, taken)
            self.printer.same('snapshots of groups', [],
                              self.array.consistency_groups(snap='true'))
        return copy, taken

    def _update(self, group, **change):
        self.cinder.groups.update(group, **change)
        self._available(group)

    def _available(self, group):
        return self.story.wait_status(self.cinder.groups, group.id,
                                      'available')

    def _same_members(self, group, volumes):
        self.printer.same('members of %s' % group.name,
                          sorted(map(chapter.usual_name, volumes)),
                          self.array.members(_group_name(group)))


def _group_name(group):
    return 'consisgroup-%s-cinder' % group.id
