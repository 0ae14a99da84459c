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
"""Volume groups of one array: a name and limits for several volumes."""

from pure_cinder.array import errors
from pure_cinder.array import limits
from pure_cinder.array import models
from pure_cinder.array import perishables
from pure_cinder import naming
from pure_cinder.types import specs


class VolumeGroups(perishables.Perishables):
    """Verbs for volume groups, models.VolumeGroup.

    All need ``capabilities.volume_groups``. Whether the array refuses to
    destroy a group that has volumes is not certain.
    """

    MODEL = models.VolumeGroup
    SDK_NAME = 'vgroup'
    NOUN = 'volume group'
    COMMAND = 'purevgroup'

    @property
    def _client(self):
        self._require('volume_groups')
        return super()._client

    def find(self, name):
        """:returns: models.VolumeGroup that is not destroyed, or None"""
        return self._looked_up(super().find, name)

    def find_destroyed(self, name):
        """:returns: one that waits for its eradication, or None"""
        return self._looked_up(super().find_destroyed, name,
                               pending_only=True)

    def _looked_up(self, find, name, **flags):
        """How an array says that it has no such group is not known."""
        try:
            return find(name)
        except errors.ArrayRefusal:
            return next((group for group in self._list(
                self.MODEL, None, **flags)
                if naming.same_name(group.name, name)), None)

    def create(self, name, qos=specs.QosLimits()):
        """:returns: models.VolumeGroup without volumes"""
        parameters = limits.given(qos)
        if parameters:
            self._require('volume_group_limits')
        return self._write_new(
            [name],
            lambda: models.VolumeGroup.from_wire(
                self._client.create_vgroup(name, **parameters)),
            lambda: self.find(name))

    def set_qos(self, name, qos):
        """Limit the volumes together to exactly this; None is no limit.

        :param qos: specs.QosLimits
        """
        self._require('volume_group_limits')
        self._write(
            lambda: self._client.set_vgroup(name, **limits.every(qos)),
            lambda: self.get_qos(name) == qos)

    def get_qos(self, name):
        """:returns: specs.QosLimits"""
        self._require('volume_group_limits')
        return limits.from_wire(self._client.get_vgroup(name, qos=True))
