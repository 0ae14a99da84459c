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

    def first_steps(self):
        return self.as_steps(
            ('a volume goes to another project', self._hand_over))

    def last_steps(self):
        return self.as_steps(
            ('tags on the array tell whose the volume is', self._see_tags))

    def _hand_over(self):
        self._type = self.make_type('transferred')
        self._volume = self.make_volume('to be transferred', 1, self._type)
        self.printer.detail('project', self._project())
        transfer = self.cinder.transfers.create(self._volume.id)
        self.story.cinder_of_other.transfers.accept(
            transfer.id, transfer.auth_key)
        self.available(self._volume)
        self.printer.detail('project', self._project())
        return 'it is in project %s' % self._project().lstrip('0')

    def _see_tags(self):
        name = chapter.usual_name(self._volume)
        self.story.wait_for('the driver to write the tags',
                            lambda: self.array.tags(name) or None)
        project = self.array.tags(name)['ProjectId']
        self.printer.same('project', self._project(), project)
        self.delete(self.cinder.volumes, self._volume)
        self.delete_types(self._type)
        return "project %s's; deleted" % project.lstrip('0')

    def _project(self):
        volume = self.cinder.volumes.get(self._volume.id)
        return getattr(volume, 'os-vol-tenant-attr:tenant_id')


class Migration(chapter.Chapter):
    """A volume that another backend of the same array takes over."""

    def __init__(self, story, backend, other):
        """:param other: stack.Backend of the same array"""
        super().__init__(story, backend)
        self._backends = {each.pool: each for each in (backend, other)}

    def steps(self):
        return self.as_steps(
            ('a volume that either backend of the array can have',
             self._create),
            ('migrated to the other one', self._migrate),
            ('extended where it is now, and deleted', self._use_and_delete))

    def _create(self):
        self._type = self.cinder.volume_types.create('either')
        self._type.set_keys({'volume_backend_name': ' '.join(
            '<or> ' + backend.name for backend in self._backends.values())})
        self._volume = self.make_volume('to be migrated', 1, self._type)
        self._name = chapter.usual_name(self._volume)
        self._written = self.simulator.write(self.array_name, self._name)
        return 'it is on %s' % self._backends[_pool(self._volume)].name

    def _migrate(self):
        [target] = self._backends.keys() - {_pool(self._volume)}
        before = self.array.volume(self._name)
        self.simulator.forget_requests(self.array_name)
        self.cinder.volumes.migrate_volume(
            self._volume, target, force_host_copy=False, lock_volume=False)
        self.story.wait_for('migration of %s' % self._volume.id,
                            self._is_migrated)
        if _pool(self._get()) != target:
            raise console.DemoFailure('%s is on %s' % (
                self._volume.id, _pool(self._get())))
        self.printer.same('volume', before, self.array.volume(self._name))
        self.same_data(self._name, self._written)
        self.printer.same(
            'copied, made or renamed', [],
            [change for change in self.simulator.changes(self.array_name)
             if change.partition(' ')[2].startswith('volume')])
        return 'it is on %s; nothing was copied, made or renamed' % (
            self._backends[target].name)

    def _use_and_delete(self):
        self.cinder.volumes.extend(self._volume, 2)
        found = self.same_size(self.available(self._volume))
        self.delete(self.cinder.volumes, self._volume)
        self.delete_types(self._type)
        return found

    def _get(self):
        return self.cinder.volumes.get(self._volume.id)

    def _is_migrated(self):
        status = self._get().migration_status
        if status == 'error':
            raise console.DemoFailure('%s is not migrated' % self._volume.id)
        return True if status == 'success' else None


def _pool(volume):
    return getattr(volume, 'os-vol-host-attr:host')
