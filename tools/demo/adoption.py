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
"""Volumes and snapshots that Cinder gives up, lists, and takes over."""

from tools.demo import chapter
from tools.demo import console


class Adoption(chapter.Chapter):
    """Unmanage and manage, and what could be managed."""

    def steps(self):
        return self.as_steps(
            ('a volume with a snapshot, for others', self._create),
            ('both given up (unmanage)', self._give_up),
            ('what could be taken over', self._list),
            ('both taken over (manage)', self._take_over),
            ('the lists tell what is managed; deleted', self._delete))

    def _create(self):
        self._type = self.make_type('adopted')
        self._volume = self.make_volume('to be given up', 1, self._type)
        self._snapshot = self.make_snapshot(self._volume)
        self._name = chapter.usual_name(self._volume)
        self._written = self.simulator.write(self.array_name, self._name)
        return self.same_size(self._volume)

    def _give_up(self):
        self.cinder.volume_snapshots.unmanage(self._snapshot)
        self.story.wait_gone(self.cinder.volume_snapshots, self._snapshot.id)
        self.cinder.volumes.unmanage(self._volume)
        self.story.wait_gone(self.cinder.volumes, self._volume.id)
        self._name += '-unmanaged'
        self.printer.same('volumes', [self._name],
                          self.array.contents()['volumes'])
        return 'the array still has them, as ...-unmanaged'

    def _take_over(self):
        volume = self._adopt_volume()
        snapshot = self._adopt_snapshot(volume)
        self.same_data(chapter.usual_name(volume), self._written)
        self._volume, self._snapshot = volume, snapshot
        return 'renamed; a host finds its data'

    def _delete(self):
        found = self._list()
        self.delete(self.cinder.volume_snapshots, self._snapshot)
        self.delete(self.cinder.volumes, self._volume)
        self.delete_types(self._type)
        return found

    def _list(self):
        """See that the lists name what is on the array, and only that.

        :returns: how many can be managed, in words
        """
        contents = self.array.contents()
        counts = []
        for kind, manager in (
                ('volumes', self.cinder.volumes),
                ('snapshots', self.cinder.volume_snapshots)):
            found = {row.reference['name']: row for row
                     in manager.list_manageable(self.backend.pool)}
            for name, row in found.items():
                self._check_row(name, row)
            self.printer.same('%s listed' % kind, [
                name for name in sorted(found)
                if not self._is_destroyed(name)], contents[kind])
            counts.append('%d of %d %s' % (
                sum(row.safe_to_manage for row in found.values()),
                len(found), kind))
        return '%s can be managed' % ', '.join(counts)

    def _check_row(self, name, row):
        self.printer.detail(name, 'can be managed' if row.safe_to_manage
                            else row.reason_not_safe)
        if row.safe_to_manage and not name.endswith('-unmanaged'):
            raise console.DemoFailure('%s is managed already' % name)

    def _is_destroyed(self, name):
        return name in {row['name'] for row in self.array.pending()}

    def _adopt_volume(self):
        adopted = self.available(self.cinder.volumes.manage(
            self.backend.pool, {'source-name': self._name}, name='taken over',
            volume_type=self._type.id))
        self.same_size(adopted)
        return adopted

    def _adopt_snapshot(self, volume):
        name = chapter.usual_name(volume)
        adopted = self.cinder.volume_snapshots.manage(volume.id, {
            'source-name': '%s.snapshot-%s-unmanaged' % (
                name, self._snapshot.id)})
        adopted = self.story.wait_status(
            self.cinder.volume_snapshots, adopted.id, 'available')
        self.printer.same('snapshots',
                          ['%s.snapshot-%s' % (name, adopted.id)],
                          self.array.contents()['snapshots'])
        return adopted
