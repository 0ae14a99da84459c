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
"""Volume snapshots, also those that a group's snapshot holds."""

from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.fleet import whereabouts as places
from pure_cinder import naming
from pure_cinder.volumes import rows
from pure_cinder.volumes import volumes

LOG = logging.getLogger(__name__)


class SnapshotService:
    """Cinder snapshots."""

    def __init__(self, whereabouts, names, group_types, volumes, attachments,
                 trash, recovery, retired_copies):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param group_types: group_types.GroupTypes
        :param recovery: recovery.Recovery
        :param retired_copies: retired_copies.RetiredCopies
        """
        self._whereabouts = whereabouts
        self._names = names
        self._group_types = group_types
        self._recovery = recovery
        self._retired_copies = retired_copies
        self._volumes = volumes
        self._attachments = attachments
        self._trash = trash

    def create(self, snapshot):
        """:returns: model update"""
        member = self._whereabouts.member(snapshot.volume)
        created = member.gateway.volumes.create_snapshot(
            self._names.array_name(snapshot.volume), snapshot.name)
        LOG.info('Created volume snapshot %(name)s on array %(array)s.',
                 {'name': created.name, 'array': member.gateway.array_name})
        return {'provider_location': places.location(member, created.serial),
                'metadata': {**(snapshot.metadata or {}),
                             'array_snapshot_name': created.name,
                             'array_name': member.gateway.get_array().name}}

    def source(self, snapshot):
        """:returns: volumes.Source"""
        return volumes.Source(
            self._names.snapshot_name(snapshot), snapshot.volume_size,
            self._whereabouts.snapshot_member(snapshot),
            self._volumes.is_limited(snapshot.volume))

    def sources_in(self, group_snapshot, snapshots):
        """The same of the parts of a consistent group's snapshot.

        :returns: list of volumes.Source
        """
        rows.read_volumes(snapshots)
        members = [self._whereabouts.snapshot_member(snapshot)
                   for snapshot in snapshots]
        held_by = {member: self._group_types.pgroup_snapshot(
            group_snapshot, member) for member in set(members)}
        return [volumes.Source(
            naming.group_snapshot_member(held_by[member], self._names.name_at(
                snapshot.volume, member)),
            snapshot.volume_size, member,
            self._volumes.is_limited(snapshot.volume))
            for snapshot, member in zip(snapshots, members)]

    def delete(self, snapshot):
        """Destroy a snapshot; one that is gone already is fine.

        It may have kept a copy that an earlier process could not destroy.
        """
        if not self._remove(snapshot) and self._recovery.find_snapshot(
                snapshot):
            self._remove(snapshot)
        member = self._whereabouts.snapshot_member(snapshot)
        volume = snapshot.volume
        if not (member.is_primary or naming.is_in_pod(
                self._names.name_at(volume, member))) and (
                    self._whereabouts.is_home(volume)):
            self._retired_copies.note(
                member, {volume.id: self._names.name_at(volume, member)})

    # A snapshot cannot be connected to a host. An instant copy of it can; it
    # lives while the snapshot is attached.

    def export(self, snapshot):
        """Make the copy that stands for the snapshot while attached.

        The last copy may still wait for its eradication. What it holds is
        the same, so it is recovered.
        """
        name = naming.snapshot_copy_name(snapshot.name)
        source = self._names.snapshot_name(snapshot)
        verbs = self._verbs(snapshot)
        try:
            verbs.copy(source, name)
        except errors.ArrayPendingEradicationError:
            verbs.recover(name)
        except errors.ArrayAlreadyExistsError:
            LOG.debug('The copy %s is there already.', name)
            return
        LOG.info('Created volume %(name)s on array %(array)s from '
                 '%(source)s, to attach it.',
                 {'name': name, 'array': verbs.array_name, 'source': source})

    def remove_export(self, snapshot):
        self._trash.delete(self._verbs(snapshot),
                           naming.snapshot_copy_name(snapshot.name))

    def initialize(self, snapshot, connector):
        """:returns: connection information for os-brick"""
        name = naming.snapshot_copy_name(snapshot.name)
        member = self._whereabouts.snapshot_member(snapshot)
        return self._attachments.initialize(
            member, name, None, connector)

    def terminate(self, snapshot, connector):
        """:param connector: None takes it from every machine"""
        name = naming.snapshot_copy_name(snapshot.name)
        member = self._whereabouts.snapshot_member(snapshot)
        if connector is None:
            self._attachments.disconnect_all(member, name)
        else:
            self._attachments.disconnect(member, name, connector)

    def _remove(self, snapshot):
        """:returns: whether it was there by its name"""
        return self._trash.delete(self._verbs(snapshot),
                                  self._names.snapshot_name(snapshot))

    def _verbs(self, snapshot):
        """Verbs for volumes of the array that has the snapshot."""
        return self._whereabouts.snapshot_member(snapshot).gateway.volumes
