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
"""What administrators of Cinder do, by its API."""

from cinder import objects
from cinder.volume import qos_specs
from cinder.volume import volume_types

from tests.explorer import book as books
from tests.explorer import cloud as clouds
from tests.explorer import world as worlds

ADMIN = clouds.ADMIN


class Administrators:
    """The verbs; each gets labels."""

    def __init__(self, world):
        self._world = world
        self._api = world.cloud.volumes
        self._groups = world.cloud.groups

    # Types and places

    def retype(self, label, kind, policy='never'):
        """:param policy: ``never`` or ``on-demand``, for migration"""
        if label in self._world.book.volumes:
            self._world.book.volumes[label].forget_copies()
        self._api.retype(ADMIN, self._world.row(label),
                         self._world.stage.types[kind], policy)

    def migrate(self, label, backend, is_forced=False):
        """:param backend: ``pure`` or ``other``"""
        service = (self._world.pure if backend == 'pure'
                   else self._world.stage.other)
        self._api.migrate_volume(
            ADMIN, self._world.row(label),
            None if service.cluster else service.pool,
            service.pool if service.cluster else None,
            bool(is_forced), False)

    def manage(self, label, foreign, kind='plain'):
        """:param foreign: label that ``make_foreign`` or ``unmanage`` gave"""
        known = self._world.foreign_volume(foreign)
        name = self._world.find(known).name
        service = self._world.pure
        row = self._api.manage_existing(
            ADMIN, None if service.cluster else service.pool,
            service.pool if service.cluster else None,
            {'source-name': known.name}, label,
            volume_type=self._world.volume_type(kind))
        self._world.add(label, row)
        if self._world.row(label).status == 'available':
            self._world.book.volumes[label] = books.Account.of(
                label, row.id, known.content)
            del self._world.book.foreign[foreign]
        elif name != known.name and not any(
                name in line for line in self._world.log.complaints):
            self._world.problem('%s is called %s, of which nobody was told',
                                foreign, name)

    # Statuses

    def reset_state(self, label, status='available'):
        """What administrators are told to do with rows in doubt."""
        row = self._world.row(label)
        if label not in self._world.book.volumes or not isinstance(
                row, objects.Volume) or not worlds.is_in_doubt(row):
            raise worlds.NotApplicable('there is no reason to')
        clouds.set_status(row, 'in-use' if any(
            each.attach_status == 'attached'
            for each in row.volume_attachment) else status)

    # Groups

    def create_group(self, label, kind, group_type='consistent'):
        self._world.add(label, self._groups.create(
            ADMIN, label, None, self._world.stage.group_types[group_type],
            [self._world.volume_type(kind).id]))

    def join(self, label, volume):
        self._update(label, add=self._world.row(volume).id)

    def leave(self, label, volume):
        self._update(label, remove=self._world.row(volume).id)

    def _update(self, label, add='', remove=''):
        self._groups.update(ADMIN, self._world.row(label), None, None, add,
                            remove)

    def delete_group(self, label):
        """With its volumes."""
        row = self._world.row(label)
        members = {volume.id for volume in
                   objects.VolumeList.get_all_by_generic_group(ADMIN, row.id)}
        self._groups.delete(ADMIN, row, delete_volumes=True)
        for each in [each for each, account
                     in self._world.book.volumes.items()
                     if account.id in members]:
            del self._world.book.volumes[each]
        self._world.book.deleted |= members

    def snapshot_group(self, label, group):
        """Each of its snapshots gets a label of its own."""
        row = self._groups.create_group_snapshot(
            ADMIN, self._world.row(group), label, None)
        self._world.add(label, row)
        if self._world.row(label).status != 'available':
            return
        for snapshot in objects.SnapshotList.get_all_for_group_snapshot(
                ADMIN, row.id):
            source = self._world.label_of(snapshot.volume_id)
            part = '%s/%s' % (label, source)
            self._world.add(part, snapshot)
            if source in self._world.book.volumes:
                self._world.book.snapshots[part] = books.Account(
                    part, snapshot.id, list(
                        self._world.book.volumes[source].admissible), [])

    def delete_group_snapshot(self, label):
        row = self._world.row(label)
        for part in [each for each in self._world.book.snapshots
                     if each.startswith(label + '/')]:
            self._world.told_to_delete(part)
        self._groups.delete_group_snapshot(ADMIN, row)

    def clone_group(self, label, source):
        """From a group or from a snapshot of one."""
        row = self._world.row(source)
        is_snapshot = isinstance(row, objects.GroupSnapshot)
        made = self._groups.create_from_src(
            ADMIN, label, group_snapshot_id=row.id if is_snapshot else None,
            source_group_id=None if is_snapshot else row.id)
        self._world.add(label, made)
        for volume in objects.VolumeList.get_all_by_generic_group(
                ADMIN, made.id):
            origin = self._world.label_of(volume.snapshot_id
                                          or volume.source_volid)
            part = '%s/%s' % (label, origin.rpartition('/')[2])
            self._world.add(part, volume)
            account = (self._world.book.snapshots.get(origin)
                       or self._world.book.volumes.get(origin))
            if account and volume.status == 'available':
                self._world.book.volumes[part] = books.Account(
                    part, volume.id, list(account.admissible),
                    list(account.admissible))

    def replicate_group(self, label, is_on=True):
        row = self._world.row(label)
        (self._groups.enable_replication if is_on
         else self._groups.disable_replication)(ADMIN, row)

    def fail_over_group(self, label, target=None):
        row = self._world.row(label)
        with self._world.switching([
                each for each, account in self._world.book.volumes.items()
                if self._world.row(each).group_id == row.id], target):
            self._groups.failover_replication(
                ADMIN, row, allow_attached_volume=True,
                secondary_backend_id=target)

    # The service

    def fail_over(self, target=None):
        """:param target: backend_id, ``default``, or None for the best"""
        service = self._world.pure
        with self._world.switching([
                each for each in self._world.book.volumes
                if self._world.is_of(each, service)], target):
            self._api.failover(
                ADMIN, None if service.cluster else service.host,
                service.cluster, target)

    def enable(self):
        """A service that Cinder disabled when it failed over."""
        for service in self._world.stage.pure:
            row = service.row
            row.disabled, row.disabled_reason = False, ''
            row.save()

    def restart(self, number=0):
        """One process ends between two operations, and another starts."""
        service = self._world.stage.services[
            number % len(self._world.stage.services)]
        service.process.die()
        self._world.start(service)

    def change_options(self):
        """``pure_eradicate_on_delete`` is set or not; all start again."""
        stage = self._world.stage
        stage.eradicates = not stage.eradicates
        self._configure()

    def change_token(self, site):
        """The array gives its user another token, which Cinder is told."""
        array = self._world.fleet.arrays.get(site)
        if array is None or not array.is_online:
            raise worlds.NotApplicable('%s is away' % site)
        client = self._world.fleet.client(site)
        client.delete_api_token('pureuser')
        client.create_api_token('pureuser')
        array.sessions.expire_all()
        self._configure()

    def _configure(self):
        self._world.stage.configure()
        for service in self._world.stage.services:
            service.process.die()
            self._world.start(service)

    def change_type(self, kind):
        """Its limits are others from now on, for what comes then."""
        specs = volume_types.get_volume_type_qos_specs(
            self._world.stage.types[kind])['qos_specs']
        if not specs:
            raise worlds.NotApplicable('%s has no limits' % kind)
        qos_specs.update(ADMIN, specs['id'],
                         {name: str(int(value) + 500) for name, value
                          in specs['specs'].items()})
        self._world.changed_types.add(kind)

    def report(self):
        """All processes' periodic tasks."""
        for service in self._world.stage.services:
            if service.is_up:
                self._world.report(service)

    def serve_first(self, number):
        """Which process of the cluster takes the next messages."""
        self._world.cloud.first(self._world.stage.pure[
            number % len(self._world.stage.pure)])

    def stop_listening(self, number):
        """A process does not hear what the others are told."""
        if len(self._world.stage.pure) < 2:
            raise worlds.NotApplicable('no cluster')
        process = self._world.stage.pure[number % 2].process
        process.is_listening = False

    def hear(self):
        for service in self._world.stage.services:
            self._world.cloud.bus.hear(service.process)
