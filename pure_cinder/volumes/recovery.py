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
"""Volumes that are elsewhere on the array than their rows say.

A process that dies in a move, or before Cinder keeps what came of it, leaves
such; so does an administrator who renames or moves a volume.
"""

from cinder import objects
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder import naming
from pure_cinder.volumes import rows

LOG = logging.getLogger(__name__)

# Of volumes that were being moved when their service ended.
MOVING_STATUSES = ('retyping', 'maintenance', 'managing')
MOVING_MIGRATIONS = ('starting', 'migrating', 'completing')


class Recovery:
    """Finds volumes again, and has their rows say where they are."""

    def __init__(self, whereabouts, names, ghost_pods):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param ghost_pods: ghost_pods.GhostPods
        """
        self._whereabouts = whereabouts
        self._names = names
        self._ghost_pods = ghost_pods

    def found_again(self, subjects, act):
        """Do something to volumes and snapshots, wherever they are.

        Their names are used without asking. Only if the array has no such
        object are they looked for.

        :param subjects: objects.Volume and objects.Snapshot
        :param act: called without parameters, once more if something was
            found elsewhere; does nothing if one of the objects is not there
        :returns: what ``act`` returns
        """
        try:
            return act()
        except errors.ArrayNotFoundError:
            if not any([self._find_row(row) for row in subjects]):
                raise
            return act()

    def find(self, volume):
        """Look for a volume that is not there by its name.

        One in a temporary pod is taken out of that. The row is saved.

        :returns: whether it has another name now
        """
        old = self._names.array_name(volume)
        found = (self._whereabouts.find(volume) if volume.provider_location
                 else self._find_by_name(volume))
        if not found or naming.same_name(found.name, old):
            return False
        member = self._whereabouts.member(volume)
        name = self._ghost_pods.rescue(member.gateway, found.name, volume.id)
        LOG.warning('Volume %(old)s was not there. It is %(name)s on '
                    '%(array)s now, and is used by that name.',
                    {'old': old, 'name': name, 'array': member.backend_id})
        volume.provider_id = name
        rows.save(volume)
        return True

    def find_missing(self, volume):
        """Look for a volume if it is not there by its name.

        :returns: whether it is known to have another name now
        """
        volumes = self._whereabouts.member(volume).gateway.volumes
        try:
            return (volumes.find(self._names.array_name(volume)) is None
                    and self.find(volume))
        except errors.ArrayError as error:
            LOG.warning('Whether volume %(id)s has another name by now is not '
                        'known: %(error)s', {'id': volume.id, 'error': error})
            return False

    def _find_by_name(self, volume):
        """One that was moved, and whose serial Cinder has not kept.

        :returns: models.Volume with the last part of the name, or None
        """
        listed = self._whereabouts.member(volume).gateway.volumes.list_all()
        return next((found for found in listed if self._names.is_own_name(
            volume, naming.split_container(found.name)[1])), None)

    def find_snapshot(self, snapshot):
        """Look for a snapshot that is not there by its name.

        The template of the names may have been another when it was made. The
        row is saved.

        :returns: whether it has another name now
        """
        member = self._whereabouts.snapshot_member(snapshot)
        name = self._names.snapshot_name(snapshot)
        serial = self._whereabouts.serial(snapshot, member, name)
        known = link.unless_missing(
            member.gateway.volumes.snapshots_of,
            self._names.name_at(snapshot.volume, member)) or ()
        found = next((other for other in known
                      if serial and other.serial == serial), None)
        if found is None or naming.same_name(found.name, name):
            return False
        LOG.warning('Snapshot %(old)s was not there. By its serial it is '
                    '%(name)s on %(array)s, and is used by that name.',
                    {'old': name, 'name': found.name,
                     'array': member.backend_id})
        snapshot.provider_id = found.name
        rows.save(snapshot)
        return True

    def _find_row(self, row):
        if isinstance(row, objects.Snapshot):
            # Both, as either can have another name.
            return any([self.find(row.volume), self.find_snapshot(row)])
        return self.find(row)

    def after_start(self, volumes):
        """Find those that were being moved when the last process ended.

        What cannot be asked for now is looked for when it is used.

        :param volumes: rows of the backend
        """
        for volume in volumes:
            if volume.provider_id and (
                    volume.status in MOVING_STATUSES
                    or volume.migration_status in MOVING_MIGRATIONS):
                try:
                    self._settle(volume)
                except errors.ArrayError as error:
                    LOG.warning('Whether the interrupted move of volume '
                                '%(id)s left it elsewhere is not known: '
                                '%(error)s',
                                {'id': volume.id, 'error': error})

    def _settle(self, volume):
        gateway = self._whereabouts.member(volume).gateway
        if gateway.volumes.find(volume.provider_id) is None:
            self.find(volume)
        self._ghost_pods.remove_left(gateway, volume.id)
