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
"""Taking volumes off the arrays."""

from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.fleet import outages
from pure_cinder import naming

LOG = logging.getLogger(__name__)

NOT_NOW = (*outages.AWAY_ERRORS, errors.ArrayNoEffectError)


class VolumeRemoval:
    """Destroys volumes, with what stands in the way of that."""

    def __init__(self, trash, attachments, volume_groups):
        """:param trash: trash.Trash

        :param attachments: attachments.AttachmentService
        :param volume_groups: volume_groups.VolumeGroupService
        """
        self._trash = trash
        self._attachments = attachments
        self._volume_groups = volume_groups
        # By array and name, what could not be taken back.
        self._left = {}

    def remove(self, member, name, wanted):
        """Delete a volume, and its volume group if that is empty then.

        :param wanted: specs.VolumeSpecs of its type
        :returns: whether it was there
        """
        was_there = self.delete_at(member, name)
        self._leave_group(member, name, wanted)
        return was_there

    def discard(self, member, made, wanted):
        """Take back a volume that was made just now, see Trash.discard.

        If the array is away, that is left to ``discard_left``: Cinder deletes
        the row of what no backend could make without asking the driver.

        :param made: models.Volume
        :param wanted: specs.VolumeSpecs of its type
        """
        try:
            self._discard(member, made, wanted)
        except NOT_NOW:
            self._left[member, made.name] = made, wanted
            LOG.info('Volume %(name)s is taken back when array %(array)s '
                     'answers again.', {'name': made.name,
                                        'array': member.gateway.array_name})
            raise

    def discard_left(self):
        """Take back what could not be, unless another one has its name."""
        for (member, name), (made, wanted) in list(self._left.items()):
            try:
                found = member.gateway.volumes.find(name)
                if found and found.serial == made.serial:
                    self._discard(member, made, wanted)
            except NOT_NOW as error:
                LOG.warning('Volume %(name)s is taken back later: %(error)s',
                            {'name': name, 'error': error})
                continue
            except errors.ArrayError as error:
                LOG.error('Volume %(name)s is not taken back: %(error)s',
                          {'name': name, 'error': error})
            del self._left[member, name]

    def _discard(self, member, made, wanted):
        self._trash.discard(
            member.gateway.volumes, made,
            destroy=lambda name: self._destroy(member, name))
        self._leave_group(member, made.name, wanted)

    def _leave_group(self, member, name, wanted):
        if wanted.volume_group and naming.same_name(
                naming.split_container(name)[0], wanted.volume_group):
            self._volume_groups.remove_if_unused(member, wanted)

    def delete_at(self, member, name):
        """Destroy a volume of an array; one that is gone already is fine.

        :returns: whether it was there
        """
        return self._trash.delete(
            member.gateway.volumes, name,
            destroy=lambda name: self._destroy(member, name))

    def _destroy(self, member, name):
        try:
            member.gateway.volumes.destroy(name)
        except (errors.ArrayNotFoundError,
                errors.ArrayPendingEradicationError):
            raise
        except errors.ArrayRefusal:
            # No text is documented for a volume that is still connected.
            self._attachments.check_no_group_has(member, name)
            self._attachments.disconnect_all(member, name)
            member.gateway.volumes.destroy(name)
