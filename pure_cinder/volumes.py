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
"""Volumes: created, copied, grown, deleted, and known by their names."""

from cinder import exception
from cinder.i18n import _
from cinder.objects import fields
from oslo_utils import units

from pure_cinder.array import errors
from pure_cinder import naming
from pure_cinder import rollback
from pure_cinder import specs


class VolumeService:
    """Cinder volumes, each on the array that serves it."""

    def __init__(self, fleet, types, group_types, attachments, trash,
                 name_template):
        """:param types: volume_types.VolumeTypes

        :param group_types: group_types.GroupTypes
        :param name_template: Cinder's ``volume_name_template``
        """
        self._fleet = fleet
        self._types = types
        self._group_types = group_types
        self._attachments = attachments
        self._trash = trash
        self._name_template = name_template

    def array_name(self, volume):
        """Name of a Cinder volume on the array.

        ``provider_id`` is the truth; the name is derived only for a volume
        that has none yet.
        """
        if volume.provider_id:
            return volume.provider_id
        member = self._fleet.of(volume)
        return self.new_name(volume, self._types.placement(
            self._types.wanted(volume), member))

    def new_name(self, volume, place):
        """Name that a volume gets in a placement.Placement."""
        return place.name(self.base_name(volume))

    def base_name(self, volume):
        """Name that a volume gets, wherever it lives."""
        return naming.volume_name(volume.name, self._name_template)

    def create(self, volume):
        """:returns: model update"""
        member = self._fleet.of(volume)
        wanted = self._types.wanted(volume)
        place = self._types.placement(wanted, member)
        created = member.gateway.volumes.create(
            self.new_name(volume, place), volume.size * units.Gi, wanted.qos)
        with rollback.on_failure(self._delete, member, created.name):
            for pgroup in self._protectors(volume, member, place):
                member.gateway.pgroups.add_volumes(pgroup, [created.name])
        return self.model_update(volume, member, created, wanted)

    def copy(self, volume, source_name, source_size_gib):
        """Instant copy of a volume or snapshot, grown to the new size.

        :param source_name: name of the source on the array
        :returns: model update
        :raises InvalidInput: the new volume would be smaller
        """
        [update] = self.copy_all([(volume, source_name, source_size_gib)])
        return update

    def copy_all(self, copies):
        """Several instant copies; all of them, or none.

        What protects them takes them in one request.

        :param copies: list of what ``copy`` takes
        :returns: list of model updates, in the same order
        """
        updates, protected = [], {}
        with rollback.undoing() as undo:
            for volume, source_name, source_size_gib in copies:
                _check_size(volume, source_name, source_size_gib)
                member = self._fleet.of(volume)
                wanted = self._types.wanted(volume)
                place = self._types.placement(wanted, member)
                copied = self._copy(member, source_name, self.new_name(
                    volume, place), volume.size, wanted)
                undo.push(self._delete, member, copied.name)
                for pgroup in self._protectors(volume, member, place):
                    protected.setdefault((member, pgroup), []).append(
                        copied.name)
                updates.append(
                    self.model_update(volume, member, copied, wanted))
            for (member, pgroup), names in protected.items():
                member.gateway.pgroups.add_volumes(pgroup, names)
        return updates

    def extend(self, volume, new_size_gib):
        self._fleet.of(volume).gateway.volumes.extend(
            self.array_name(volume), new_size_gib * units.Gi)

    def revert(self, volume, snapshot_name):
        """Give a volume the content of its snapshot; it keeps its size.

        The array puts away what the volume held in a destroyed snapshot.
        """
        volumes = self._fleet.of(volume).gateway.volumes
        name = self.array_name(volume)
        self._grow(volumes, volumes.copy(snapshot_name, name, overwrite=True),
                   volume.size)

    def delete(self, volume):
        """Destroy the volume; one that is gone already is fine."""
        self._delete(self._fleet.of(volume), self.array_name(volume))

    def serial(self, volume):
        """Serial of the volume, from its row where that has it.

        :returns: 24 hex digits
        """
        gateway = self._fleet.of(volume).gateway
        array_id, _separator, serial = (
            volume.provider_location or '').partition(':')
        if serial and array_id == gateway.get_array().id:
            return serial
        return gateway.volumes.get(self.array_name(volume)).serial

    def location_update(self, volume):
        """Model update for a row without a serial of this array, or None.

        Rows that the in-tree driver wrote have none.
        """
        location = _location(self._fleet.of(volume), self.serial(volume))
        if volume.provider_location == location:
            return None
        return {'provider_location': location}

    def provider_updates(self, volumes):
        """Names for the rows that were written before names were kept.

        :returns: list of dicts with ``id``, ``provider_id``, ``metadata``
        """
        return [{'id': volume.id,
                 'provider_id': self.array_name(volume),
                 'metadata': _metadata(volume, self._fleet.of(volume),
                                       self.array_name(volume))}
                for volume in volumes if not volume.provider_id]

    def model_update(self, volume, member, created, wanted):
        """What Cinder keeps of a volume that was made on an array.

        :param created: models.Volume
        :param wanted: specs.VolumeSpecs that it was made for
        """
        is_replicated = wanted.replication is not specs.ReplicationType.NONE
        return {
            'id': volume.id,
            'provider_id': created.name,
            'provider_location': _location(member, created.serial),
            'replication_status': (
                fields.ReplicationStatus.ENABLED if is_replicated
                else fields.ReplicationStatus.DISABLED),
            'metadata': _metadata(volume, member, created.name),
        }

    @staticmethod
    def _grow(volumes, copied, size_gib):
        if copied.size_bytes < size_gib * units.Gi:
            volumes.extend(copied.name, size_gib * units.Gi)

    def _copy(self, member, source_name, name, size_gib, wanted):
        volumes = member.gateway.volumes
        copied = volumes.copy(source_name, name)
        with rollback.on_failure(self._delete, member, copied.name):
            self._grow(volumes, copied, size_gib)
            if wanted.qos != specs.QosLimits():
                volumes.set_qos(copied.name, wanted.qos)
        return copied

    def _protectors(self, volume, member, place):
        """Names of all protection groups that a new volume goes into."""
        return place.pgroups + self._group_types.pgroups_of(volume, member)

    def _delete(self, member, name):
        self._trash.delete(
            member.gateway.volumes, name,
            destroy=lambda name: self._destroy(member, name))

    def _destroy(self, member, name):
        try:
            member.gateway.volumes.destroy(name)
        except (errors.ArrayHasConnectionsError, errors.ArrayRefusedError):
            # No text is documented for a volume that is still connected.
            self._attachments.disconnect_all(member, name)
            member.gateway.volumes.destroy(name)


def _check_size(volume, source_name, source_size_gib):
    if volume.size < source_size_gib:
        raise exception.InvalidInput(reason=_(
            'Volume %(id)s of %(size)s GiB cannot hold %(source)s of '
            '%(source_size)s GiB.')
            % {'id': volume.id, 'size': volume.size,
               'source': source_name, 'source_size': source_size_gib})


def _location(member, serial):
    return '%s:%s' % (member.gateway.get_array().id, serial)


def _metadata(volume, member, name):
    """The user's metadata, and where an operator finds the volume."""
    return {**(volume.metadata or {}),
            'array_volume_name': name,
            'array_name': member.gateway.get_array().name}
