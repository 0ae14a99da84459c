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

import dataclasses

from cinder import exception
from cinder.i18n import _
from cinder.objects import fields
from oslo_log import log as logging
from oslo_utils import units

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder.fleet import roster as fleets
from pure_cinder import naming
from pure_cinder import rollback
from pure_cinder.types import specs


LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Source:
    """What a volume can be copied from.

    :ivar name: of the volume or snapshot on the array
    :ivar member: roster.Member that has it
    :ivar is_limited: whether its limits may come along with the copy
    """

    name: str
    size_gib: int
    member: fleets.Member
    is_limited: bool

    def in_group_snapshot(self, name):
        """The volume as a snapshot of its protection group has it."""
        return dataclasses.replace(
            self, name=naming.group_snapshot_member(name, self.name))


class VolumeService:
    """Cinder volumes, each on the array that serves it."""

    def __init__(self, fleet, types, group_types, volume_groups, attachments,
                 trash, tags, name_template):
        """:param types: volume_types.VolumeTypes

        :param group_types: group_types.GroupTypes
        :param volume_groups: volume_groups.VolumeGroupService
        :param tags: tags.TagService
        :param name_template: Cinder's ``volume_name_template``
        """
        self._fleet = fleet
        self._types = types
        self._group_types = group_types
        self._volume_groups = volume_groups
        self._attachments = attachments
        self._trash = trash
        self._tags = tags
        self._name_template = name_template

    def array_name(self, volume):
        """Name of a Cinder volume on the array.

        ``provider_id`` is the truth; the name is derived only for a volume
        that has none yet.
        """
        if volume.provider_id:
            return volume.provider_id
        place = self._types.placement(self.told(volume),
                                      self._fleet.of(volume))
        return place.name(self.base_name(volume))

    def name_at(self, volume, member):
        """Name that a volume has on an array, its own one or another."""
        name = self.array_name(volume)
        if member is self._fleet.of(volume):
            return name
        _container, leaf = naming.split_container(name)
        return self._types.placement(self.told(volume), member).name(leaf)

    def base_name(self, volume):
        """Name that a volume gets, wherever it lives."""
        return naming.volume_name(volume.name, self._name_template)

    def is_own_name(self, volume, base_name):
        """Whether only this volume can have that name on any array."""
        return (base_name == self.base_name(volume)
                and not naming.is_shortened(volume.name))

    def base_name_of_id(self, volume_id):
        """Name of a volume that has the data of its own id."""
        return naming.volume_name(self._name_template % volume_id,
                                  self._name_template)

    def create(self, volume):
        """:returns: model update"""
        member = self._fleet.of(volume)
        wanted = self._types.wanted(volume)
        self._group_types.check_joining(volume, member)
        place = self._types.placement(wanted, member)
        name = self._free_name(volume, member, place)
        created = self._volume_groups.put(
            member, wanted, lambda: member.gateway.volumes.create(
                name, volume.size * units.Gi, wanted.qos))
        with rollback.on_failure(self._remove, member, name, wanted):
            for pgroup in self._protectors(volume, member, place):
                member.gateway.pgroups.add_volumes(pgroup, [name])
        self._tags.touch(volume)
        return self.model_update(volume, member, created, wanted)

    def source(self, volume):
        """The volume as a Source."""
        return Source(self.array_name(volume), volume.size,
                      self._fleet.of(volume), self.is_limited(volume))

    def is_limited(self, volume):
        """Whether the type gives limits to the volume itself."""
        return self.told(volume).qos != specs.UNLIMITED

    def copy(self, volume, source):
        """Instant copy of a volume or snapshot, grown to the new size.

        :param source: Source
        :returns: model update
        :raises InvalidInput: the new volume would be smaller
        """
        [update] = self.copy_all([(volume, source)])
        return update

    def copy_all(self, copies):
        """Several instant copies; all of them, or none.

        What protects them takes them in one request.

        :param copies: list of what ``copy`` takes
        :returns: list of model updates, in the same order
        """
        updates, protected = [], {}
        with rollback.undoing() as undo:
            for volume, source in copies:
                member = source.member
                wanted = self._types.wanted(volume)
                place = self._types.placement(wanted, member)
                self._check_copy(volume, source, wanted, place)
                copied = self._copy(volume, source, wanted, place)
                undo.push(self._remove, member, copied.name, wanted)
                for pgroup in self._protectors(volume, member, place):
                    protected.setdefault((member, pgroup), []).append(
                        copied.name)
                updates.append(
                    self.model_update(volume, member, copied, wanted))
            for (member, pgroup), names in protected.items():
                member.gateway.pgroups.add_volumes(pgroup, names)
        self._tags.touch(*(volume for volume, _source in copies))
        return updates

    def extend(self, volume, new_size_gib):
        """Grow the volume, and its limits if they are per GB."""
        member, name = self._fleet.of(volume), self.array_name(volume)
        old = self._types.told(volume).qos
        new = self._types.told(volume, new_size_gib).qos
        with rollback.undoing() as undo:
            if new != old:
                self.apply_qos(member, name, new)
                undo.push(self.apply_qos, member, name, old)
            member.gateway.volumes.extend(name, new_size_gib * units.Gi)

    @staticmethod
    def apply_qos(member, name, qos):
        """Limit a volume on the array to exactly this.

        :param qos: specs.QosLimits
        :raises ArrayVersionError: the array lacks a limit that is set
        """
        can_limit = member.gateway.get_array().capabilities.bandwidth_limit
        if qos != specs.UNLIMITED or can_limit:
            member.gateway.volumes.set_qos(name, qos)

    def revert(self, volume, source):
        """Give a volume the content of its snapshot; it keeps its size.

        The array puts away what the volume held in a destroyed snapshot.

        :param source: Source
        """
        member, name = self._fleet.of(volume), self.array_name(volume)
        if source.member is not member:
            raise exceptions.PureUnsupportedError(_(
                'Snapshot %(snapshot)s stayed on array %(own)s, but volume '
                '%(name)s is on %(array)s now. Fail back first.')
                % {'snapshot': source.name, 'own': source.member.backend_id,
                   'name': name, 'array': member.backend_id})
        verbs = member.gateway.volumes
        self._grow(verbs, verbs.copy(source.name, name, overwrite=True),
                   volume.size)

    def delete(self, volume):
        """Destroy the volume; one that is gone already is fine."""
        name = volume.provider_id or self._unsaved_name(volume)
        if name is None:
            LOG.warning('Volume %s never got a name on the array; nothing to '
                        'delete.', volume.id)
            return
        member = self._fleet.of(volume)
        self._check_is_there(volume, member, name)
        self._remove(member, name, self.told(volume))

    def serial(self, volume):
        """Serial of the volume, if its row has it.

        A volume in a pod has the same serial on every array; an array that
        may be away is not asked who it is.

        :returns: 24 hex digits, or None
        """
        array_id, serial = fleets.split_location(volume.provider_location)
        if serial and not naming.is_in_pod(self.array_name(volume)):
            gateway = self._fleet.of(volume).gateway
            return serial if array_id == gateway.get_array().id else None
        return serial

    def location_update(self, volume):
        """Model update for a row without a serial of this array, or None.

        Rows that the in-tree driver wrote have none. An array that does not
        tell it is no failure: nothing but round trips depends on it.
        """
        try:
            if self.serial(volume):
                return None
            member = self._fleet.of(volume)
            found = member.gateway.volumes.get(self.array_name(volume))
            return {'provider_location': _location(member, found.serial)}
        except errors.ArrayError as error:
            LOG.info('The serial of volume %(id)s is not known yet: '
                     '%(error)s', {'id': volume.id, 'error': error})
            return None

    def provider_updates(self, volumes):
        """Names for the rows that were written before names were kept.

        So are those that Cinder did not get to write after a failover. A
        name that another row bears is not given again.

        :returns: list of dicts with ``id`` and ``provider_id``
        """
        updates = []
        taken = {volume.provider_id for volume in volumes}
        for volume in volumes:
            name = self._name_out_of_pod(volume) or self.array_name(volume)
            if name not in taken:
                taken.add(name)
                updates.append({'id': volume.id, 'provider_id': name})
        return updates

    def _name_out_of_pod(self, volume):
        """Name of a volume that a failover took out of its pod.

        :returns: None for any other
        """
        member, name = self._fleet.serving, volume.provider_id or ''
        if (member.holds_pod or not naming.is_in_pod(name)
                or not self._fleet.is_following(volume)):
            return None
        _pod, leaf = naming.split_container(name)
        moved = self._types.placement(self.told(volume), member).name(leaf)
        try:
            return moved if member.gateway.volumes.find(moved) else None
        except errors.ArrayError as error:
            LOG.warning('Whether volume %(id)s is on array %(array)s is not '
                        'known: %(error)s',
                        {'id': volume.id, 'array': member.backend_id,
                         'error': error})
            return None

    @staticmethod
    def _check_is_there(volume, member, name):
        """See that what is deleted is where its row says.

        Not so if Cinder did not get to write the row after a failover.

        :raises PureReplicationError: it is left on another array
        """
        array_id, _serial = fleets.split_location(volume.provider_location)
        if naming.is_in_pod(name) and member.holds_pod or array_id in (
                None, member.gateway.get_array().id):
            return
        verbs = member.gateway.volumes
        if verbs.find(name) is None and verbs.find_destroyed(name) is None:
            raise exceptions.PureReplicationError(_(
                'Volume %(name)s is not on array %(array)s, but on the one '
                'with id %(id)s, which does not serve now. Fail back first.')
                % {'name': name, 'array': member.backend_id, 'id': array_id})

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

    def told(self, volume):
        """What the type says; nothing if that is nonsense by now."""
        try:
            return self._types.told(volume)
        except exception.Invalid as error:
            LOG.warning('The type of volume %(id)s is ignored: %(error)s',
                        {'id': volume.id, 'error': error})
            return specs.VolumeSpecs()

    def _unsaved_name(self, volume):
        """Name of what an interrupted creation may have left, or None.

        A shortened name could be that of another volume.
        """
        if naming.is_shortened(volume.name):
            return None
        return self.array_name(volume)

    def _free_name(self, volume, member, place):
        """Name for a new volume; looked for only if it had to be shortened.

        Whoever takes it meanwhile wins: the array refuses the second one.
        """
        *shortened, last = (place.name(name) for name in naming.volume_names(
            volume.name, self._name_template))
        return next((name for name in shortened
                     if not member.gateway.volumes.is_taken(name)), last)

    def _check_copy(self, volume, source, wanted, place):
        self._group_types.check_joining(volume, source.member)
        if volume.size < source.size_gib:
            raise exception.InvalidInput(reason=_(
                'Volume %(id)s of %(size)s GiB cannot hold %(source)s of '
                '%(source_size)s GiB.')
                % {'id': volume.id, 'size': volume.size,
                   'source': source.name, 'source_size': source.size_gib})
        serving = self._fleet.serving
        if place.pgroups and source.member is not serving:
            raise exceptions.PureUnsupportedError(_(
                '%(source)s is on array %(own)s, but %(replication)s '
                'replication starts from %(serving)s. Use a type without '
                'replication, or fail back first.')
                % {'source': source.name, 'own': source.member.backend_id,
                   'replication': wanted.replication.value,
                   'serving': serving.backend_id})

    def _copy(self, volume, source, wanted, place):
        member = source.member
        volumes = member.gateway.volumes
        name = self._free_name(volume, member, place)
        copied = self._volume_groups.put(
            member, wanted, lambda: volumes.copy(source.name, name))
        with rollback.on_failure(self._remove, member, name, wanted):
            self._grow(volumes, copied, volume.size)
            if source.is_limited or wanted.qos != specs.UNLIMITED:
                self.apply_qos(member, name, wanted.qos)
        return copied

    @staticmethod
    def _grow(volumes, copied, size_gib):
        if copied.size_bytes < size_gib * units.Gi:
            volumes.extend(copied.name, size_gib * units.Gi)

    def _protectors(self, volume, member, place):
        """Names of all protection groups that a new volume goes into."""
        return place.pgroups + self._group_types.pgroups_of(volume, member)

    def _remove(self, member, name, told):
        """Delete a volume, and its volume group if that is empty then.

        :param told: specs.VolumeSpecs that its type tells
        """
        self.delete_at(member, name)
        if naming.split_container(name)[0] == told.volume_group:
            self._volume_groups.remove_if_unused(member, told)

    def delete_at(self, member, name):
        """Destroy a volume of an array; one that is gone already is fine."""
        self._trash.delete(
            member.gateway.volumes, name,
            destroy=lambda name: self._destroy(member, name))

    def _destroy(self, member, name):
        try:
            member.gateway.volumes.destroy(name)
        except (errors.ArrayHasConnectionsError, errors.ArrayRefusedError):
            # No text is documented for a volume that is still connected.
            self._attachments.check_no_group_has(member, name)
            self._attachments.disconnect_all(member, name)
            member.gateway.volumes.destroy(name)


def _location(member, serial):
    return fleets.location(member.gateway.get_array().id, serial)


def _metadata(volume, member, name):
    """The user's metadata, and where an operator finds the volume."""
    return {**(volume.metadata or {}),
            'array_volume_name': name,
            'array_name': member.gateway.get_array().name}
