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
"""What a new volume is to be on an array: its place, limits and groups."""

import dataclasses

from cinder.i18n import _

from pure_cinder import exceptions
from pure_cinder.fleet import roster
from pure_cinder.types import placement
from pure_cinder.types import specs


@dataclasses.dataclass(frozen=True)
class Layout:
    """All that decides what a volume is made.

    :ivar specs: specs.VolumeSpecs of its type
    :ivar place: placement.Placement of those on the array
    :ivar pgroups: names of all protection groups that it goes into, those of
        its type and that of its group
    """

    member: roster.Member
    specs: specs.VolumeSpecs
    place: placement.Placement
    pgroups: tuple[str, ...]


class Layouts:
    """Layouts of new volumes, by their types and groups."""

    def __init__(self, fleet, whereabouts, types, group_types):
        """:param whereabouts: whereabouts.Whereabouts

        :param types: volume_types.VolumeTypes
        :param group_types: group_types.GroupTypes
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._types = types
        self._group_types = group_types

    def new(self, volume, member, group_pgroups=None):
        """The layout of a volume that is to be made on an array.

        :param member: roster.Member
        :param group_pgroups: names of the protection groups of its group, if
            that is known to be on this array
        :returns: Layout
        :raises PureUnsupportedError: the backend cannot serve its type
        :raises PureGroupError: its group is on another array
        """
        wanted = self._types.wanted(volume)
        if group_pgroups is None:
            self._check_group(volume, member)
            group_pgroups = self._group_types.pgroups_of(volume, member)
        place = self._types.placement(wanted, member)
        return Layout(member, wanted, place, place.pgroups + group_pgroups)

    def _check_group(self, volume, member):
        if not (self._fleet.targets and volume.group_id
                and self._group_types.is_consistent(volume.group)):
            return
        others = [other for other in volume.group.volumes
                  if other.provider_id and other.id != volume.id]
        there = self._whereabouts.member_of_all(others) if others else member
        if there is not member:
            raise exceptions.PureGroupError(_(
                'Group %(id)s is on %(there)s, but the new volume would be '
                'on %(here)s. Bring the group there first, or make the '
                'volume without it.')
                % {'id': volume.group_id, 'here': member.backend_id,
                   'there': there.backend_id})
