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
"""Volumes that move: to another project, and to another backend."""

from tools.demo import chapter
from tools.demo import console


class Transfer(chapter.Chapter):
    """A volume that another project takes, and the tags that tell so.

    The driver writes tags half a minute after what they tell of. So other
    chapters are told between the two halves of this one.
    """

    def begin(self):
        with self.step('a volume goes to another project'):
            self._type = self.make_type('transferred')
            self._volume = self.make_volume('to be transferred', 1,
                                            self._type)
            self.printer.detail('project', self._project())
            transfer = self.cinder.transfers.create(self._volume.id)
            self.story.cinder_of_other.transfers.accept(
                transfer.id, transfer.auth_key)
            self.available(self._volume)
            self.printer.detail('project', self._project())

    def end(self):
        with self.step('tags on the array tell whose the volume is'):
            name = chapter.usual_name(self._volume)
            self.story.wait_for('tags of %s' % name,
                                lambda: self.array.tags(name) or None)
            self.printer.same('project', self._project(),
                              self.array.tags(name)['ProjectId'])
            self.delete(self.cinder.volumes, self._volume)
            self.delete_types(self._type)

    def _project(self):
        volume = self.cinder.volumes.get(self._volume.id)
        return getattr(volume, 'os-vol-tenant-attr:tenant_id')


class Migration(chapter.Chapter):
    """A volume that another backend of the same array takes over."""

    def tell(self, other):
        """:param other: stack.Backend of the same array"""
        backends = {backend.pool: backend for backend in (self.backend, other)}
        with self.step('a volume that either backend of the array can have'):
            volume_type = self.cinder.volume_types.create('either')
            volume_type.set_keys({'volume_backend_name': ' '.join(
                '<or> ' + backend.name for backend in backends.values())})
            volume = self.make_volume('to be migrated', 1, volume_type)
            source = backends.pop(_pool(volume))
            self.printer.detail('backend', source.name)
            [target] = backends.values()
            name = chapter.usual_name(volume)
            before = self.array.volume(name)
            written = self.simulator.write(self.array_name, name)
        with self.step('migrated to the other one'):
            self.simulator.forget_requests(self.array_name)
            self.cinder.volumes.migrate_volume(
                volume, target.pool, force_host_copy=False, lock_volume=False)
            self.story.wait_for('migration of %s' % volume.id,
                                lambda: self._is_migrated(volume))
            self.printer.detail('backend', target.name)
            if _pool(self._get(volume)) != target.pool:
                raise console.DemoFailure('%s is still on %s'
                                          % (volume.id, source.name))
            self.printer.same('volume', before, self.array.volume(name))
            self.same_data(name, written)
            self.printer.same(
                'copied, made or renamed', [],
                [change for change in self.simulator.changes(self.array_name)
                 if change.partition(' ')[2].startswith('volume')])
        with self.step('extended where it is now, and deleted'):
            self.cinder.volumes.extend(volume, 2)
            self.same_size(self.available(volume))
            self.delete(self.cinder.volumes, volume)
            self.delete_types(volume_type)

    def _get(self, volume):
        return self.cinder.volumes.get(volume.id)

    def _is_migrated(self, volume):
        status = self._get(volume).migration_status
        if status == 'error':
            raise console.DemoFailure('%s is not migrated' % volume.id)
        return True if status == 'success' else None


def _pool(volume):
    return getattr(volume, 'os-vol-host-attr:host')
