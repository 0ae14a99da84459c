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
"""Pods of one array, and the arrays that they are stretched to."""

from pure_cinder.array import errors
from pure_cinder.array import models
from pure_cinder.array import perishables


class Pods(perishables.Perishables):
    """Verbs for pods, models.Pod; all need ``capabilities.pods``.

    Only a pod that holds nothing and is on one array can be destroyed.
    """

    MODEL = models.Pod
    SDK_NAME = 'pod'
    NOUN = 'pod'
    COMMAND = 'purepod'

    @property
    def _client(self):
        self._require('pods')
        return super()._client

    def create(self, name):
        """:returns: models.Pod on this array alone"""
        return self._write_new(
            [name],
            lambda: models.Pod.from_wire(self._client.create_pod(name)),
            lambda: self.find(name))

    def add_array(self, name, array_name):
        """Stretch a pod to an array, unless it is already.

        The other array resyncs then, see ``PodMember.status``.
        """
        try:
            self._write(
                lambda: self._client.add_pod(name, array_name),
                lambda: self.get(name).has_array(array_name))
        except errors.ArrayRefusal:
            # Purity since 2023 tells of a limit when the array is a member.
            if not self._has_member(name, array_name):
                raise

    def remove_array(self, name, array_name, with_unknown=False):
        """Take an array out of a pod; the others keep all that is in it.

        The copy on the array that leaves is gone.

        :param with_unknown: also if that array cannot be reached
        :raises ArrayNotFoundError: the pod, or the array in it
        """
        flags = {'with_unknown': True} if with_unknown else {}
        self._write(
            lambda: self._client.remove_pod(name, array_name, **flags),
            lambda: not self._has_member(name, array_name))

    def _has_member(self, name, array_name):
        # If this array is the one that left, it has no such pod any more.
        found = self.find(name)
        return found and found.has_array(array_name)
