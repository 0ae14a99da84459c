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
"""Deleting volumes, wherever they are."""

from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import leftovers
from pure_cinder import exceptions
from pure_cinder.fleet import whereabouts as places
from pure_cinder import naming

LOG = logging.getLogger(__name__)


class DeletionService:
    """Deletes what Cinder's rows stand for."""

    def __init__(self, whereabouts, names, types, recovery, removal):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param types: volume_types.VolumeTypes
        :param recovery: recovery.Recovery
        :param removal: removal.VolumeRemoval
        """
        self._whereabouts = whereabouts
        self._names = names
        self._types = types
        self._recovery = recovery
        self._removal = removal

    def delete(self, volume):
        """Destroy a volume; one that is gone already is fine.

        It is only said to be gone if it is not there by its serial either.
        A row without a host is one that Cinder has just rescheduled, and its
        volume may have been made again meanwhile.
        """
        if not volume.host:
            LOG.info('Volume %s is with the scheduler; what it was given to '
                     'last has undone its part.', volume.id)
            return
        if not volume.provider_id and naming.is_shortened(volume.name):
            LOG.warning('Volume %s never got a name on the array; nothing to '
                        'delete.', volume.id)
            return
        try:
            if not self._remove(volume) and self._recovery.find(volume):
                self._remove(volume)
        except exceptions.PureDriverException as error:
            if volume.is_migration_target():
                self._tell_forgotten(volume, error)
            raise

    def _tell_forgotten(self, volume, error):
        """Cinder drops the row of a copy, whether it was deleted or not."""
        member = self._whereabouts.member(volume)
        LOG.error('The copy that a failed migration made cannot be deleted, '
                  'and Cinder forgets it: %(error)s %(left)s',
                  {'error': error, 'left': leftovers.created(
                      member.gateway.volumes,
                      self._names.array_name(volume))})

    def _remove(self, volume):
        """:returns: whether it was there by its name"""
        member = self._whereabouts.member(volume)
        name = self._names.array_name(volume)
        self._check_is_there(volume, member, name)
        return self._removal.remove(member, name,
                                    self._types.specs_or_default(volume))

    @staticmethod
    def _check_is_there(volume, member, name):
        """See that what is deleted is where its row says.

        Not so if Cinder did not get to write the row after a failover.

        :raises PureReplicationError: it is left on another array
        """
        array_id = places.array_id(volume)
        if naming.is_in_pod(name) and member.holds_pod or array_id in (
                None, member.gateway.get_array().id):
            return
        verbs = member.gateway.volumes
        if verbs.find(name) is None and verbs.find_destroyed(name) is None:
            raise exceptions.PureReplicationError(_(
                'Volume %(name)s is not on array %(array)s, but on the one '
                'with id %(id)s, which does not serve now. Fail back first.')
                % {'name': name, 'array': member.backend_id, 'id': array_id})
