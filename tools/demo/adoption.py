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

    def tell(self):
        with self.step('a volume with a snapshot, for others'):
            volume_type = self.make_type('adopted')
            volume = self.make_volume('to be given up', 1, volume_type)
            snapshot = self.make_snapshot(volume)
            name = chapter.usual_name(volume)
            written = self.simulator.write(self.array_name, name)
        with self.step('both given up (unmanage)'):
            self.cinder.volume_snapshots.unmanage(snapshot)
            self.story.wait_gone(self.cinder.volume_snapshots, snapshot.id)
            self.cinder.volumes.unmanage(volume)
            self.story.wait_gone(self.cinder.volumes, volume.id)
            self.printer.same('volumes', [name + '-unmanaged'],
                              self.array.contents()['volumes'])
        with self.step('what could be taken over'):
            self._list()
        with self.step('both taken over (manage)'):
            adopted = self._adopt_volume(name + '-unmanaged', volume_type)
            name = chapter.usual_name(adopted)
            adopted_snapshot = self._adopt_snapshot(
                adopted, '%s.snapshot-%s-unmanaged' % (name, snapshot.id))
            self.same_data(name, written)
        with self.step('the lists tell what is managed; deleted'):
            self._list()
            self.delete(self.cinder.volume_snapshots, adopted_snapshot)
            self.delete(self.cinder.volumes, adopted)
            self.delete_types(volume_type)

    def _list(self):
        """See that the lists name what is on the array, and only that."""
        contents = self.array.contents()
        for kind, manager in (
                ('volumes', self.cinder.volumes),
                ('snapshots', self.cinder.volume_snapshots)):
            found = {row.reference['name']: row for row
                     in manager.list_manageable(self.backend.pool)}
            for name, row in found.items():
                self.printer.detail(name, (
                    'can be managed' if row.safe_to_manage
                    else row.reason_not_safe))
                is_own = not name.endswith('-unmanaged')
                if row.safe_to_manage and is_own:
                    raise console.DemoFailure('%s is managed already' % name)
            self.printer.same('%s listed' % kind, [
                name for name in sorted(found)
                if not self._is_destroyed(name)], contents[kind])

    def _is_destroyed(self, name):
        return name in {row['name'] for row in self.array.pending()}

    def _adopt_volume(self, name, volume_type):
        adopted = self.available(self.cinder.volumes.manage(
            self.backend.pool, {'source-name': name}, name='taken over',
            volume_type=volume_type.id))
        self.same_size(adopted)
        return adopted

    def _adopt_snapshot(self, volume, name):
        adopted = self.cinder.volume_snapshots.manage(
            volume.id, {'source-name': name})
        adopted = self.story.wait_status(
            self.cinder.volume_snapshots, adopted.id, 'available')
        self.printer.same(
            'snapshots', ['%s.snapshot-%s' % (chapter.usual_name(volume),
                                              adopted.id)],
            self.array.contents()['snapshots'])
        return adopted
