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
"""Generic volume groups that are consistent: protection groups."""

import functools
import uuid

from cinder.i18n import _
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder.array import leftovers
from pure_cinder import exceptions
from pure_cinder.fleet import whereabouts as places
from pure_cinder import naming
from pure_cinder import rollback
from pure_cinder.volumes import rows

LOG = logging.getLogger(__name__)


class GroupService:
    """Cinder's groups, each a protection group where its volumes are.

    Every method raises NotImplementedError for a group that need not be
    consistent; Cinder then does without the array.
    """

    def __init__(self, fleet, whereabouts, types, names, volumes, snapshots,
                 deletion, trash, group_replication):
        """:param types: group_types.GroupTypes

        :param group_replication: group_replication.GroupReplication
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._types = types
        self._names = names
        self._volumes = volumes
        self._snapshots = snapshots
        self._deletion = deletion
        self._trash = trash
        self._group_replication = group_replication

    def create(self, group):
        """:returns: model update

        :raises PureUnsupportedError: the types of its volumes do not fit
        """
        self._types.check(group)
        self._only_consistent(group)
        with rollback.undoing() as undo:
            return self._making(undo, group, self._fleet.serving)()

    def create_from_snapshot(self, group, volumes, group_snapshot,
                             snapshots):
        """A group of copies of the volumes of a group snapshot.

        :param volumes: the new ones, in the order of ``snapshots``
        :returns: model update of the group, list of those of the volumes
        """
        self._only_consistent(group)
        self._types.check(group)
        sources = self._snapshots.sources_in(group_snapshot, snapshots)
        member = _one_of({source.member for source in sources})
        with rollback.undoing() as undo:
            update = self._making(undo, group, member)()
            return update, self._copy_all(group, member, volumes, sources)

    def create_from_group(self, group, volumes, source_group, sources):
        """A group of copies of another's volumes, at one point in time.

        :param volumes: the new ones, in the order of ``sources``
        :returns: model update of the group, list of those of the volumes
        """
        self._only_consistent(group)
        self._types.check(group)
        rows.share_types(sources)
        member = self._whereabouts.member_of_all(sources)
        pgroup, removal = self._types.pgroup(source_group, member), (
            rollback.Undo())
        try:
            with rollback.undoing() as undo:
                update, snapshot = self._fleet.workers.run([
                    self._making(undo, group, member),
                    lambda: self._take_temporary(removal, member, pgroup)])
                return update, self._copy_all(group, member, volumes, [
                    self._volumes.source(source).in_group_snapshot(snapshot)
                    for source in sources])
        finally:
            removal.run()

    def delete(self, group, volumes):
        """Delete a group with its volumes.

        :returns: None and None, or if a volume could not be deleted, model
            update of the group and list of those of the volumes
        """
        self._only_consistent(group)
        rows.share_types(volumes)
        statuses = self._fleet.workers.run(
            functools.partial(self._delete_member, volume)
            for volume in volumes)
        updates = [{'id': volume.id, 'status': status}
                   for volume, status in zip(volumes, statuses)]
        if any(update['status'] != 'deleted' for update in updates):
            return {'status': fields.GroupStatus.ERROR_DELETING}, updates
        member = self._whereabouts.member_of_all(volumes)
        self._trash.delete(member.gateway.pgroups,
                           self._types.pgroup(group, member))
        self._stop_replication(group, volumes)
        return None, None

    def update(self, group, added, removed):
        """Make volumes members of the group, and others not."""
        self._only_consistent(group)
        if not added and not removed:
            return
        staying = {volume.id: volume for volume in [*group.volumes, *added]}
        for volume in removed:
            staying.pop(volume.id, None)
        member = self._whereabouts.member_of_all(
            list(staying.values()) or removed)
        name = self._types.pgroup(group, member)
        names = {
            change: [self._names.array_name(volume) for volume in volumes]
            for change, volumes in (('add', added), ('remove', removed))}
        member.gateway.pgroups.set_members(name, **names)
        LOG.info('Updated protection group %(name)s on array %(array)s: added '
                 '%(add)s, removed %(remove)s.',
                 {'name': name, 'array': member.gateway.array_name,
                  **{change: ', '.join(listed) or 'nothing'
                     for change, listed in names.items()}})

    def create_snapshot(self, group_snapshot, snapshots):
        """Snapshot all volumes of the group at one point in time.

        :returns: list of the snapshots' model updates
        :raises PureGroupError: the protection group lacks some of them
        """
        self._only_consistent(group_snapshot)
        rows.read_volumes(snapshots)
        member = self._whereabouts.member_of_all(
            [snapshot.volume for snapshot in snapshots])
        pgroups = member.gateway.pgroups
        taken = pgroups.create_snapshot(
            self._types.pgroup(group_snapshot.group, member),
            naming.group_snapshot_suffix(group_snapshot.id))
        with rollback.on_failure(self._trash.discard, pgroups, taken,
                                 left=leftovers.created(pgroups, taken.name)):
            updates = [
                {'id': snapshot.id,
                 'provider_location': places.location(member, part.serial),
                 'status': fields.SnapshotStatus.AVAILABLE}
                for snapshot, part in self._parts(pgroups, taken, snapshots)]
        LOG.info('Created %(what)s on array %(array)s.',
                 {'what': pgroups.described(taken.name),
                  'array': pgroups.array_name})
        return updates

    def delete_snapshot(self, group_snapshot, snapshots):
        self._only_consistent(group_snapshot)
        member = (self._whereabouts.snapshot_member(snapshots[0]) if snapshots
                  else self._fleet.serving)
        self._trash.delete(member.gateway.pgroups,
                           self._types.pgroup_snapshot(group_snapshot, member))

    def _only_consistent(self, group):
        """:param group: objects.Group or objects.GroupSnapshot"""
        if not self._types.is_consistent(group):
            raise NotImplementedError()

    def _making(self, undo, group, member):
        """How a group is made; Cinder's database is asked before that.

        :returns: callable that returns the model update; what undoes it is
            pushed
        """
        pgroups, name = member.gateway.pgroups, self._types.pgroup(group,
                                                                   member)
        is_replicated = self._types.is_replicated(group)

        def make():
            made = pgroups.create(name)
            undo.push(self._discard, group, member, made,
                      left=leftovers.created(pgroups, name))
            update = {'status': fields.GroupStatus.AVAILABLE}
            if is_replicated:
                update.update(self._group_replication.start(group, member))
            LOG.info('Created protection group %(name)s on array %(array)s.',
                     {'name': name, 'array': pgroups.array_name})
            return update

        return make

    def _discard(self, group, member, made):
        """:param made: models.Pgroup, of which nobody knows yet"""
        self._trash.discard(member.gateway.pgroups, made)
        self._stop_replication(group)

    def _stop_replication(self, group, volumes=()):
        """:param volumes: those that were deleted with the group"""
        if self._types.is_replicated(group):
            self._group_replication.forget(group, volumes)

    def _copy_all(self, group, member, volumes, sources):
        """:returns: list of model updates of the new volumes"""
        rows.share_types(volumes)
        return self._volumes.copy_all(
            list(zip(volumes, sources)),
            group_pgroups=(self._types.pgroup(group, member),))

    def _take_temporary(self, removal, member, pgroup):
        """:returns: name of a snapshot; what removes it is pushed"""
        pgroups = member.gateway.pgroups
        taken = pgroups.create_snapshot(pgroup, '%s-tmp' % uuid.uuid4())
        removal.push(self._trash.delete, pgroups, taken.name,
                     left=leftovers.created(pgroups, taken.name))
        return taken.name

    def _parts(self, pgroups, taken, snapshots):
        """:returns: list of pairs of a Cinder snapshot and models.Volume"""
        held = {naming.name_key(part.name): part
                for part in pgroups.snapshot_volumes(taken.name)}
        parts = [(snapshot, held.get(naming.name_key(
            naming.group_snapshot_member(
                taken.name, self._names.array_name(snapshot.volume)))))
            for snapshot in snapshots]
        missing = [snapshot.volume_id for snapshot, part in parts
                   if part is None]
        if missing:
            raise exceptions.PureGroupError(_(
                'Protection group %(pgroup)s does not hold volumes %(ids)s '
                'of its Cinder group; add them to it on the array.')
                % {'pgroup': taken.source, 'ids': ', '.join(missing)})
        return parts

    def _delete_member(self, volume):
        """:returns: status of the volume"""
        try:
            self._deletion.delete(volume)
        except exceptions.PureDriverException as error:
            LOG.error('Volume %(id)s could not be deleted with its group: '
                      '%(error)s', {'id': volume.id, 'error': error})
            return 'error_deleting'
        return 'deleted'


def _one_of(members):
    """:raises PureGroupError: the volumes of a new group are on several"""
    if len(members) > 1:
        raise exceptions.PureGroupError(_(
            'The volumes of the new group would be on several arrays: '
            '%s.') % ', '.join(sorted(
                member.backend_id for member in members)))
    return members.pop()
