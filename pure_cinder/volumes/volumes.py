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
"""Volumes: created, copied, grown and reverted."""

import dataclasses
import functools

from cinder import exception
from cinder.i18n import _
from oslo_log import log as logging
from oslo_utils import units

from pure_cinder.array import leftovers
from pure_cinder import exceptions
from pure_cinder.fleet import roster
from pure_cinder import naming
from pure_cinder import rollback
from pure_cinder.types import specs
from pure_cinder.volumes import rows

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
    member: roster.Member
    is_limited: bool

    def in_group_snapshot(self, name):
        """The volume as a snapshot of its protection group has it."""
        return dataclasses.replace(
            self, name=naming.group_snapshot_member(name, self.name))


class VolumeService:
    """Cinder volumes, each on the array that serves it."""

    def __init__(self, fleet, whereabouts, names, types, layouts,
                 volume_groups, removal, tags):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param types: volume_types.VolumeTypes
        :param layouts: layouts.Layouts
        :param volume_groups: volume_groups.VolumeGroupService
        :param removal: removal.VolumeRemoval
        :param tags: tags.TagService
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._names = names
        self._types = types
        self._layouts = layouts
        self._volume_groups = volume_groups
        self._removal = removal
        self._tags = tags

    def create(self, volume):
        """Make a volume on the array that serves.

        What the row says of a place is of another volume: Cinder copies it
        into the row of a migration's copy.

        :returns: model update
        """
        layout = self._layouts.new(volume, self._fleet.serving)
        member = layout.member
        name = self._names.free_name(volume, member, layout.place)
        created = self._volume_groups.put(
            member, layout.specs, lambda: member.gateway.volumes.create(
                name, volume.size * units.Gi, layout.specs.qos))
        with rollback.on_failure(
                self._removal.discard, member, created, layout.specs,
                left=leftovers.created(member.gateway.volumes, name)):
            self._protect([(volume, None, layout, name)])
        LOG.info('Created volume %(name)s on array %(array)s.',
                 {'name': name, 'array': member.gateway.array_name})
        self._tags.touch(volume)
        return self._made(volume, layout, created)

    def source(self, volume):
        """The volume as a Source."""
        return Source(self._names.array_name(volume), volume.size,
                      self._whereabouts.member(volume),
                      self.is_limited(volume))

    def is_limited(self, volume):
        """Whether the type gives limits to the volume itself."""
        return self._types.specs_or_default(volume).qos != specs.UNLIMITED

    def copy(self, volume, source):
        """Instant copy of a volume or snapshot, grown to the new size.

        :param source: Source
        :returns: model update
        :raises InvalidInput: the new volume would be smaller
        """
        [update] = self.copy_all([(volume, source)])
        return update

    def copy_all(self, copies, group_pgroups=None):
        """Several instant copies, made at once; all of them, or none.

        What protects them takes them in one request.

        :param copies: list of what ``copy`` takes
        :param group_pgroups: as Layouts.new takes it
        :returns: list of model updates, in the same order
        """
        planned = [self._planned(volume, source, group_pgroups)
                   for volume, source in copies]
        with rollback.undoing() as undo:
            copied = self._fleet.workers.run(
                functools.partial(self._copy, undo, *each)
                for each in planned)
            self._protect(planned)
        for volume, source, layout, name in planned:
            LOG.info('Created volume %(name)s on array %(array)s from '
                     '%(source)s.',
                     {'name': name, 'source': source.name,
                      'array': source.member.gateway.array_name})
            self._tags.touch(volume)
        return [self._made(volume, layout, made) for made, (
            volume, _source, layout, _name) in zip(copied, planned)]

    def extend(self, volume, new_size_gib):
        """Grow the volume, and its limits if they are per GB."""
        member = self._whereabouts.member(volume)
        name = self._names.array_name(volume)
        old = self._types.specs_of(volume).qos
        new = self._types.specs_of(volume, new_size_gib).qos
        with rollback.undoing() as undo:
            if new != old:
                self.apply_qos(member, name, new)
                undo.push(self.apply_qos, member, name, old,
                          left=leftovers.limited(member.gateway.volumes,
                                                 name, old))
            member.gateway.volumes.extend(name, new_size_gib * units.Gi)
        LOG.info('Extended volume %(name)s on array %(array)s to %(size)s '
                 'GiB.', {'name': name, 'size': new_size_gib,
                          'array': member.gateway.array_name})

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
        member = self._whereabouts.member(volume)
        name = self._names.array_name(volume)
        if source.member is not member:
            raise exceptions.PureUnsupportedError(_(
                'Snapshot %(snapshot)s stayed on array %(own)s, but volume '
                '%(name)s is on %(array)s now. Fail back first.')
                % {'snapshot': source.name, 'own': source.member.backend_id,
                   'name': name, 'array': member.backend_id})
        verbs = member.gateway.volumes
        self._grow(verbs, verbs.copy(source.name, name, overwrite=True),
                   volume.size)
        LOG.info('Reverted volume %(name)s on array %(array)s to %(source)s.',
                 {'name': name, 'array': verbs.array_name,
                  'source': source.name})

    def _planned(self, volume, source, group_pgroups):
        """:returns: volume, source, Layout, and the name that it gets"""
        layout = self._layouts.new(volume, source.member, group_pgroups)
        self._check_copy(volume, source, layout)
        return volume, source, layout, self._names.free_name(
            volume, layout.member, layout.place)

    def _protect(self, planned):
        """Make copies members of their protection groups.

        :param planned: list of what ``_planned`` returns
        """
        members = {}
        for _volume, _source, layout, name in planned:
            for pgroup in layout.pgroups:
                members.setdefault((layout.member, pgroup), []).append(name)
        self._fleet.workers.run(
            functools.partial(member.gateway.pgroups.add_volumes, pgroup,
                              names)
            for (member, pgroup), names in members.items())

    def _check_copy(self, volume, source, layout):
        if volume.size < source.size_gib:
            raise exception.InvalidInput(reason=_(
                'Volume %(id)s of %(size)s GiB cannot hold %(source)s of '
                '%(source_size)s GiB.')
                % {'id': volume.id, 'size': volume.size,
                   'source': source.name, 'source_size': source.size_gib})
        serving = self._fleet.serving
        if layout.place.pgroups and source.member is not serving:
            raise exceptions.PureUnsupportedError(_(
                '%(source)s is on array %(own)s, but %(replication)s '
                'replication starts from %(serving)s. Use a type without '
                'replication, or fail back first.')
                % {'source': source.name, 'own': source.member.backend_id,
                   'replication': layout.specs.replication.value,
                   'serving': serving.backend_id})

    def _copy(self, undo, volume, source, layout, name):
        """:returns: models.Volume; what undoes it is pushed"""
        member = layout.member
        volumes = member.gateway.volumes
        copied = self._volume_groups.put(
            member, layout.specs, lambda: volumes.copy(source.name, name))
        undo.push(self._removal.discard, member, copied, layout.specs,
                  left=leftovers.created(volumes, name))
        self._grow(volumes, copied, volume.size)
        if source.is_limited or layout.specs.qos != specs.UNLIMITED:
            self.apply_qos(member, name, layout.specs.qos)
        return copied

    @staticmethod
    def _grow(volumes, copied, size_gib):
        if copied.size_bytes < size_gib * units.Gi:
            volumes.extend(copied.name, size_gib * units.Gi)

    @staticmethod
    def _made(volume, layout, made):
        """:returns: model update of a new row

        One that Cinder copied may say that the volume left with its group.
        """
        update = rows.model_update(volume, layout.member, made, layout.specs)
        if volume.replication_driver_data:
            update['replication_driver_data'] = None
        return update
