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

OLD, NEW = 'before the snapshot', 'after the snapshot'


class Lifecycle(chapter.Chapter):
    """Volumes, snapshots, copies and an attachment."""

    def steps(self):
        """From an empty array to an empty array."""
        return self.as_steps(
            ('a volume type', self._make_type),
            ('a volume of 1 GiB', self._create),
            ('extended to 2 GiB', self._extend),
            ('an attachment', self._attach),
            ('a host writes to it', self._write),
            ('a snapshot', self._take_snapshot),
            ('the host overwrites it', self._overwrite),
            ('a volume of 3 GiB from the snapshot',
             self._create_from_snapshot),
            ('the host reads what is in that one', self._read_copy),
            ('detached', self._detach),
            ('reverted to the snapshot', self._revert),
            ('a clone of the volume', self._clone),
            ('everything deleted', self._delete),
            ('the array is empty again', self._see_what_is_left))

    def _make_type(self):
        self._type = self.make_type('plain')
        self._check_empty()
        return 'made; the array is empty'

    def _create(self):
        self._volume = self.make_volume('a volume', 1, self._type)
        self._name = chapter.usual_name(self._volume)
        return self.same_size(self._volume)

    def _extend(self):
        self.cinder.volumes.extend(self._volume, 2)
        volume = self.available(self._volume)
        if volume.size != 2:
            raise console.DemoFailure('%s has %d GiB, wanted 2'
                                      % (volume.id, volume.size))
        return self.same_size(volume)

    def _attach(self):
        self._attachment = self.attach(self._volume, self._name, [self.array])
        return self._attachment.paths

    def _write(self):
        self._old = self.story.host.write(
            self._attachment.at(self.array), OLD, is_first=True)
        return self.story.host.words(self._old)

    def _take_snapshot(self):
        self._snapshot = self.make_snapshot(self._volume)
        self.printer.same(
            'snapshots', ['%s.snapshot-%s' % (self._name, self._snapshot.id)],
            self.array.contents()['snapshots'])
        return 'the array has it'

    def _overwrite(self):
        place = self._attachment.at(self.array)
        return self.reads(place, self.story.host.write(place, NEW))

    def _create_from_snapshot(self):
        self._larger = self.make_volume('from the snapshot', 3, self._type,
                                        snapshot_id=self._snapshot.id)
        return self.same_size(self._larger)

    def _read_copy(self):
        with self.attached(self._larger, chapter.usual_name(self._larger),
                           [self.array]) as place:
            return self.reads(place, self._old)

    def _revert(self):
        self.cinder.volumes.revert_to_snapshot(self._volume, self._snapshot)
        self.available(self._volume)
        with self.attached(self._volume, self._name, [self.array]) as place:
            return self.reads(place, self._old)

    def _clone(self):
        self._copy = self.make_volume('a clone', 2, self._type,
                                      source_volid=self._volume.id)
        return self.same_size(self._copy)

    def _detach(self):
        volume = self.detach(self._volume, self._attachment)
        self.printer.same('connections', volume.attachments,
                          self.array.get('volume/%s/host' % self._name))
        self.printer.same('hosts', [], self.array.contents()['hosts'])
        return 'the array has no connection and no host any more'

    def _delete(self):
        self.delete(self.cinder.volume_snapshots, self._snapshot)
        self.delete(self.cinder.volumes, self._volume, self._larger,
                    self._copy)
        self.delete_types(self._type)
        return 'gone'

    def _see_what_is_left(self):
        self._check_empty()
        pending = self.array.pending()
        self.printer.detail('destroyed, recoverable', [
            '%(name)s for %(time_remaining)d s' % item for item in pending])
        return '%d destroyed volumes and snapshots can be recovered' % len(
            pending)

    def _check_empty(self):
        contents = self.array.contents()
        self.printer.detail('the array says', ', '.join(
            '%d %s' % (len(names), kind) for kind, names in contents.items()))
        if any(contents.values()):
            raise console.DemoFailure('left on the array: %s' % contents)
