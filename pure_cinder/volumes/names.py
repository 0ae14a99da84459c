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
"""Names that Cinder's volumes and snapshots have on the arrays."""

from pure_cinder import naming


class Names:
    """Array names of what one backend has."""

    def __init__(self, whereabouts, types, group_types, template):
        """:param whereabouts: whereabouts.Whereabouts

        :param types: volume_types.VolumeTypes
        :param group_types: group_types.GroupTypes
        :param template: Cinder's ``volume_name_template``
        """
        self._whereabouts = whereabouts
        self._types = types
        self._group_types = group_types
        self._template = template

    def array_name(self, volume):
        """Name of a Cinder volume on the array.

        ``provider_id`` is the truth; the name is derived only for a volume
        that has none yet.
        """
        return volume.provider_id or self.derived(volume)

    def derived(self, volume):
        """Name that the array gave a volume whose row has none."""
        place = self._types.placement(self._types.specs_or_default(volume),
                                      self._whereabouts.member(volume))
        return place.name(self.base_name(volume))

    def name_at(self, volume, member):
        """Name that a volume has on an array, its own one or another."""
        name = self.array_name(volume)
        if member is self._whereabouts.member(volume):
            return name
        _container, leaf = naming.split_container(name)
        return self._types.placement(
            self._types.specs_or_default(volume), member).name(leaf)

    def base_name(self, volume):
        """Name that a volume gets, wherever it lives."""
        return naming.volume_name(volume.name, self._template)

    def is_own_name(self, volume, base_name):
        """Whether only this volume can have that name on any array."""
        return (base_name == self.base_name(volume)
                and not naming.is_shortened(volume.name))

    def base_name_of_id(self, volume_id):
        """Name of a volume that has the data of its own id."""
        return naming.volume_name(self._template % volume_id, self._template)

    def free_name(self, volume, member, place):
        """Name for a new volume; looked for only if it had to be shortened.

        Whoever takes it meanwhile wins: the array refuses the second one.
        """
        *shortened, last = (place.name(name) for name in naming.volume_names(
            volume.name, self._template))
        return next((name for name in shortened
                     if not member.gateway.volumes.is_taken(name)), last)

    def snapshot_name(self, snapshot):
        """Name of a Cinder snapshot on the array.

        It follows from the row, unless the array was found to have another:
        then ``provider_id`` tells.
        """
        member = self._whereabouts.snapshot_member(snapshot)
        volume_name = self.name_at(snapshot.volume, member)
        held_by = self._group_types.pgroup_snapshot_of(snapshot, member)
        if held_by:
            return naming.group_snapshot_member(held_by, volume_name)
        return naming.snapshot_name(volume_name, naming.snapshot_suffix(
            snapshot.provider_id or '') or snapshot.name)
