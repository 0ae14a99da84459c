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
"""The life of volumes on one backend, held against its array."""

from tools.demo import chapter
from tools.demo import console


class Lifecycle(chapter.Chapter):
    """Volumes, snapshots, copies and an attachment."""

    def tell(self):
        """From an empty array to an empty array."""
        with self.step('a volume type'):
            volume_type = self.make_type('plain')
            self._check_empty()
        volume = self._create('a volume of 1 GiB', 1, volume_type)
        self._extend(volume, 2)
        snapshot = self._snapshot(volume)
        copies = [
            self._create('a volume of 3 GiB from the snapshot', 3,
                         volume_type, snapshot_id=snapshot.id),
            self._create('a clone of the volume', 2, volume_type,
                         source_volid=volume.id)]
        self._attach_and_detach(volume)
        with self.step('everything deleted'):
            self.delete(self.cinder.volume_snapshots, snapshot)
            self.delete(self.cinder.volumes, volume, *copies)
            self.delete_types(volume_type)
        with self.step('the array is empty again'):
            self._check_empty()
            self.printer.detail('destroyed, recoverable', [
                '%(name)s for %(time_remaining)d s' % item
                for item in self.array.pending()])

    def _create(self, title, size_gib, volume_type, **source):
        with self.step(title):
            volume = self.make_volume(title, size_gib, volume_type, **source)
            self.same_size(volume)
        return volume

    def _extend(self, volume, size_gib):
        with self.step('extended to %d GiB' % size_gib):
            self.cinder.volumes.extend(volume, size_gib)
            volume = self.available(volume)
            if volume.size != size_gib:
                raise console.DemoFailure('%s has %d GiB, wanted %d'
                                          % (volume.id, volume.size, size_gib))
            self.same_size(volume)

    def _snapshot(self, volume):
        """Take a snapshot, write, and revert."""
        name = chapter.usual_name(volume)
        with self.step('a snapshot'):
            written = self.simulator.write(self.array_name, name)
            snapshot = self.make_snapshot(volume)
            self.printer.same(
                'snapshots', ['%s.snapshot-%s' % (name, snapshot.id)],
                self.array.contents()['snapshots'])
        with self.step('overwritten, and reverted to the snapshot'):
            self.printer.detail('overwritten with', self.simulator.write(
                self.array_name, name))
            self.cinder.volumes.revert_to_snapshot(volume, snapshot)
            self.available(volume)
            self.same_data(name, written)
        return snapshot

    def _attach_and_detach(self, volume):
        name = chapter.usual_name(volume)
        with self.step('an attachment'):
            attachment_id = self.attach(volume, name, [self.array])
        with self.step('detached'):
            volume = self.detach(volume, attachment_id)
            self.printer.detail('status', volume.status)
            self.printer.same('connections', volume.attachments,
                              self.array.get('volume/%s/host' % name))
            self.printer.same('hosts', [], self.array.contents()['hosts'])

    def _check_empty(self):
        contents = self.array.contents()
        self.printer.detail('  the array says', ', '.join(
            '%d %s' % (len(names), kind) for kind, names in contents.items()))
        if any(contents.values()):
            raise console.DemoFailure('left on the array: %s' % contents)
