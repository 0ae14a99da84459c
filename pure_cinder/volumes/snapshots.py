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
from pure_cinder.fleet import roster as fleets
from pure_cinder import naming
from pure_cinder.volumes import volumes

LOG = logging.getLogger(__name__)


class SnapshotService:
    """Cinder snapshots."""

    def __init__(self, fleet, group_types, volumes, attachments, trash,
                 retired_copies):
        """:param group_types: group_types.GroupTypes

        :param retired_copies: retired_copies.RetiredCopies
        """
        self._fleet = fleet
        self._group_types = group_types
        self._volumes = volumes
        self._attachments = attachments
        self._trash = trash
        self._retired_copies = retired_copies

    def array_name(self, snapshot):
        """Name of a Cinder snapshot on the array."""
        member = self._fleet.of_snapshot(snapshot)
        volume_name = self._volumes.name_at(snapshot.volume, member)
        held_by = self._group_types.pgroup_snapshot_of(snapshot, member)
        if held_by:
            return naming.group_snapshot_member(held_by, volume_name)
        return naming.snapshot_name(volume_name, snapshot.name)

    def create(self, snapshot):
        """:returns: model update"""
        member = self._fleet.of(snapshot.volume)
        created = member.gateway.volumes.create_snapshot(
            self._volumes.array_name(snapshot.volume), snapshot.name)
        return self.model_update(snapshot, member, created)

    @staticmethod
    def model_update(snapshot, member, created):
        """What Cinder keeps of a snapshot that was made on an array.

        :param created: models.Volume
        """
        array = member.gateway.get_array()
        return {'provider_location': fleets.location(array.id,
                                                     created.serial),
                'metadata': {**(snapshot.metadata or {}),
                             'array_snapshot_name': created.name,
                             'array_name': array.name}}

    def source(self, snapshot):
        """:returns: volumes.Source"""
        return volumes.Source(self.array_name(snapshot), snapshot.volume_size,
                              self._fleet.of_snapshot(snapshot),
                              self._volumes.is_limited(snapshot.volume))

    def delete(self, snapshot):
        """Destroy a snapshot; one that is gone already is fine.

        It may have kept a copy of its volume on another array.
        """
        self._trash.delete(self._verbs(snapshot), self.array_name(snapshot))
        member = self._fleet.of_snapshot(snapshot)
        if member is not self._fleet.of(snapshot.volume):
            self._retired_copies.note(member, {
                snapshot.volume_id: self._volumes.name_at(snapshot.volume,
                                                          member)})

    # A snapshot cannot be connected to a host. An instant copy of it can; it
    # lives while the snapshot is attached.

    def export(self, snapshot):
        """Make the copy that stands for the snapshot while attached.

        The last copy may still wait for its eradication. What it holds is
        the same, so it is recovered.
        """
        name = naming.snapshot_copy_name(snapshot.name)
        verbs = self._verbs(snapshot)
        try:
            verbs.copy(self.array_name(snapshot), name)
        except errors.ArrayPendingEradicationError:
            verbs.recover(name)
        except errors.ArrayAlreadyExistsError:
            LOG.debug('The copy %s is there already.', name)

    def remove_export(self, snapshot):
        self._trash.delete(self._verbs(snapshot),
                           naming.snapshot_copy_name(snapshot.name))

    def initialize(self, snapshot, connector):
        """:returns: connection information for os-brick"""
        name = naming.snapshot_copy_name(snapshot.name)
        member = self._fleet.of_snapshot(snapshot)
        return self._attachments.initialize(
            member, name, None, connector)

    def terminate(self, snapshot, connector):
        """:param connector: None takes it from every machine"""
        name = naming.snapshot_copy_name(snapshot.name)
        member = self._fleet.of_snapshot(snapshot)
        if connector is None:
            self._attachments.disconnect_all(member, name)
        else:
            self._attachments.disconnect(member, name, connector)

    def _verbs(self, snapshot):
        """Verbs for volumes of the array that has the snapshot."""
        return self._fleet.of_snapshot(snapshot).gateway.volumes
