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
"""Volumes that move between backends of one array, and names after a copy."""

from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import leftovers
from pure_cinder.fleet import whereabouts as places
from pure_cinder.moves import location_info
from pure_cinder import naming
from pure_cinder import rollback
from pure_cinder.types import placement
from pure_cinder.volumes import rows

LOG = logging.getLogger(__name__)


class MigrationService:
    """Migration without copying data, and what follows one with."""

    def __init__(self, whereabouts, types, names, retype):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param retype: retype.RetypeService
        """
        self._whereabouts = whereabouts
        self._types = types
        self._names = names
        self._retype = retype

    def migrate(self, volume, host):
        """Move an unattached volume to another backend of the same array.

        Protocols do not matter: the array knows none until a volume is
        connected. Where the other backend has another pod or other groups,
        the volume moves there.

        :param host: dict with ``capabilities`` of the other backend
        :returns: True and the model update; False and None if that is on
            another array, or the volume is attached, which the other backend
            would not know how to detach: Cinder copies then
        """
        if volume.volume_attachment:
            return False, None
        member = self._whereabouts.member(volume)
        there = location_info.parse(host['capabilities'].get('location_info'))
        if there is None or there.array_id != member.gateway.get_array().id:
            return False, None
        wanted = self._types.wanted(volume)
        name = self._names.array_name(volume)
        moved = self._retype.convert(
            volume.id, member, name, wanted,
            naming.split_container(name)[1],
            self._retype.look(member, name), there)
        LOG.info('Migrated volume %(name)s on array %(array)s to %(host)s; it '
                 'is %(new_name)s now.',
                 {'name': name, 'array': member.gateway.array_name,
                  'host': host['host'], 'new_name': moved.name})
        return True, rows.model_update(volume, member, moved, wanted)

    def finish(self, volume, new_volume):
        """Give the copy of a migrated volume the name that its id gives.

        Cinder calls this on the backend with the copy, before it swaps the
        rows of the two. If the name is not free, the copy keeps its own, and
        the volume remembers whose that is.

        :param volume: row of the volume, which is still the original
        :param new_volume: row of the copy
        :returns: model update of ``volume``
        """
        member = self._whereabouts.member(new_volume)
        name = self._names.array_name(new_volume)
        wanted_name = placement.of_name(name).name(
            self._names.base_name_of_id(volume.id))
        kept = {'_name_id': new_volume.name_id,
                'provider_location': new_volume.provider_location}
        try:
            if self._holds(member, wanted_name, volume):
                self._swap(member, name, wanted_name, volume)
            else:
                member.gateway.volumes.rename(name, wanted_name)
        except errors.ArrayError as error:
            LOG.warning('The copy of migrated volume %(id)s keeps the name '
                        '%(name)s: %(error)s',
                        {'id': volume.id, 'name': name, 'error': error})
            return kept
        LOG.info('Renamed volume %(name)s on array %(array)s to %(new_name)s, '
                 'as the copy of a migrated one.',
                 {'name': name, 'array': member.gateway.array_name,
                  'new_name': wanted_name})
        # Cinder swaps provider_id between the rows after this.
        new_volume.provider_id = wanted_name
        new_volume.metadata = {**(new_volume.metadata or {}),
                               'array_volume_name': wanted_name}
        rows.save(new_volume)
        return {**kept, '_name_id': None}

    def _holds(self, member, name, volume):
        """Whether the original is on this array and has the name."""
        if not naming.same_name(name, volume.provider_id or ''):
            return False
        serial = places.serial_at(volume, member)
        found = serial and member.gateway.volumes.find(name)
        return bool(found) and found.serial == serial

    @staticmethod
    def _swap(member, name, wanted_name, volume):
        """Exchange the names of the copy and the original."""
        volumes = member.gateway.volumes
        aside = naming.aside_name(wanted_name)
        with rollback.undoing() as undo:
            volumes.rename(wanted_name, aside)
            undo.push(volumes.rename, aside, wanted_name,
                      left=leftovers.renamed(volumes, aside, wanted_name))
            volumes.rename(name, wanted_name)
            undo.push(volumes.rename, wanted_name, name,
                      left=leftovers.renamed(volumes, wanted_name, name))
            volumes.rename(aside, name)
        volume.provider_id = name
        rows.save(volume)
