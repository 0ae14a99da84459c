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
"""What a group's type asks of this backend, and what stands for it there."""

from cinder.i18n import _
from cinder.volume import volume_utils

from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder.types import specs

CONSISTENCY_KEY = 'consistent_group_snapshot_enabled'
REPLICATION_KEY = 'consistent_group_replication_enabled'


class GroupTypes:
    """Group types, read for one backend.

    A group whose type has ``consistent_group_snapshot_enabled`` is a
    protection group on the array. Of any other the array knows nothing.
    """

    def __init__(self, types):
        """:param types: volume_types.VolumeTypes"""
        self._types = types

    @staticmethod
    def is_consistent(group):
        """Whether a protection group stands for it.

        :param group: objects.Group, or objects.GroupSnapshot of one
        """
        return volume_utils.is_group_a_cg_snapshot_type(group)

    @staticmethod
    def is_replicated(group):
        """Whether the protection group is replicated on its own."""
        return volume_utils.is_group_a_type(group, REPLICATION_KEY)

    @staticmethod
    def replications(group):
        """:returns: set of specs.ReplicationType of the group's types"""
        return {specs.replication_type(volume_type.extra_specs or {})
                for volume_type in group.volume_types}

    def check(self, group):
        """See that a new group can be what its type promises.

        :raises PureUnsupportedError: with cause and remedy
        """
        is_replicated = self.is_replicated(group)
        if not self.is_consistent(group):
            if is_replicated:
                self._refuse(group, _(
                    "its type has %(replication)s without %(consistency)s="
                    "'<is> True'; a replicated group needs both."))
            return
        for volume_type in group.volume_types:
            self._types.wanted_of(volume_type, size_gib=1)
        kinds = self.replications(group)
        if is_replicated and (
                len(kinds) > 1 or specs.ReplicationType.NONE in kinds):
            self._refuse(group, _(
                'its volume types ask for replication %(kinds)s; in a group '
                'with %(replication)s all must be replicated, and alike.'))
        if not is_replicated and kinds - {specs.ReplicationType.NONE}:
            self._refuse(group, _(
                'its volume types ask for replication %(kinds)s; they need a '
                "group type with %(replication)s='<is> True'."))

    def _refuse(self, group, why):
        kinds = sorted(kind.value or _('none')
                       for kind in self.replications(group))
        raise exceptions.PureUnsupportedError(
            _('Group %(id)s is not possible: %(why)s') % {
                'id': group.id, 'why': why % {
                    'kinds': ', '.join(kinds), 'consistency': CONSISTENCY_KEY,
                    'replication': REPLICATION_KEY}})

    def pgroup(self, group, member):
        """Full name of the protection group that stands for a group.

        It is in the pod if the group may hold volumes that are there.

        :param member: roster.Member
        """
        places = [self._types.placement(specs.VolumeSpecs(kind), member)
                  for kind in self.replications(group)]
        pod = next((place.pod for place in places if place.pod), None)
        name = naming.group_name(group.id)
        return naming.in_pod(pod, name) if pod else name

    def pgroups_of(self, volume, member):
        """The protection group of a volume's group.

        :returns: tuple of one full name, or of none
        """
        if volume.group_id and self.is_consistent(volume.group):
            return (self.pgroup(volume.group, member),)
        return ()

    def pgroup_snapshot(self, group_snapshot, member):
        """Full name of the snapshot that stands for a group snapshot."""
        return naming.snapshot_name(
            self.pgroup(group_snapshot.group, member),
            naming.group_snapshot_suffix(group_snapshot.id))

    def pgroup_snapshot_of(self, snapshot, member):
        """Name of the group's snapshot that holds a volume's, or None."""
        if (snapshot.group_snapshot_id
                and self.is_consistent(snapshot.group_snapshot)):
            return self.pgroup_snapshot(snapshot.group_snapshot, member)
        return None
