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
"""Tags on the array that tell whose a volume is and where it is attached.

They are the in-tree driver's, which writes them with each create, attach and
detach. REST 1 takes one tag for each request, so here the volumes that were
touched are remembered, and brought up to date beside the stats reports: no
operation waits for its tags, and no tag fails an operation. What a process
did not write before it ended is written when the volume is touched again.
"""

import functools
import time

from cinder import context as cinder_context
from cinder import exception
from cinder import objects
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.fleet import outages as outage_memory
from pure_cinder.fleet import whereabouts as places

LOG = logging.getLogger(__name__)

NAMESPACE = 'openstack-integration.purestorage.com'
DATA_STORE_TYPE = 'Direct Access'

# By then, Cinder's rows say how the operation ended.
SETTLING_S = 30

# A volume that is touched again and again is not put off for longer.
PATIENCE_S = 300

# Bounds what one stats report begins; those touched first come first.
VOLUMES_PER_REPORT = 100

ATTACHED = (fields.VolumeAttachStatus.ATTACHED,
            fields.VolumeAttachStatus.ATTACHING)


class TagService:
    """The tags of all volumes of one backend."""

    def __init__(self, fleet, whereabouts):
        """:param whereabouts: whereabouts.Whereabouts"""
        self._fleet = fleet
        self._whereabouts = whereabouts
        # By id of a volume: when it was touched first, and last.
        self._touched = {}

    def touch(self, *volumes):
        """Remember that the tags of volumes may have to change."""
        now = time.monotonic()
        for volume in volumes:
            first_s, _last_s = self._touched.get(volume.id, (now, now))
            self._touched[volume.id] = first_s, now

    def write_due(self):
        """Bring tags up to date; what an array refuses fails nothing."""
        left = self._take_due()
        try:
            for volume_id in self._write(list(left)) if left else ():
                del left[volume_id]
        finally:
            self._put_back(left)

    def remove(self, member, name):
        """Remove the tags of a volume that Cinder gives up; never fails.

        :param name: full name of the volume on the array
        """
        try:
            if member.gateway.get_array().capabilities.tags:
                volumes = member.gateway.volumes
                _converge(volumes, name, volumes.list_tags(name, NAMESPACE),
                          {})
        except errors.ArrayError as error:
            LOG.warning('Volume %(name)s keeps its tags: %(error)s',
                        {'name': name, 'error': error})

    def write(self, volume_id, member):
        """Bring the tags of one volume up to date.

        :param member: roster.Member that has it
        :raises CinderException: it is gone, or the array refuses
        """
        volume = objects.Volume.get_by_id(
            cinder_context.get_admin_context(), volume_id)
        volumes = member.gateway.volumes
        _converge(volumes, volume.provider_id,
                  volumes.list_tags(volume.provider_id, NAMESPACE),
                  wanted_tags(volume))

    def _take_due(self):
        """:returns: dict of id of a volume to when it was touched first"""
        now = time.monotonic()
        due = [volume_id for volume_id, (first_s, last_s)
               in list(self._touched.items())
               if last_s <= now - SETTLING_S or first_s <= now - PATIENCE_S]
        return {volume_id: self._touched.pop(volume_id)[0]
                for volume_id in due[:VOLUMES_PER_REPORT]}

    def _put_back(self, volumes):
        """Remember them again, behind those that have not had their turn."""
        for volume_id, first_s in volumes.items():
            _first_s, last_s = self._touched.pop(volume_id, (None, first_s))
            self._touched[volume_id] = first_s, last_s

    def _write(self, volume_ids):
        """Bring the tags of volumes up to date.

        :returns: iterator of the ids of those with which that is over; it
            is not for those whose arrays are away
        """
        rows = {row.id: row for row in objects.VolumeList.get_all(
            cinder_context.get_admin_context(),
            filters={'id': volume_ids})}
        homes, by_member = places.Homes(self._whereabouts), {}
        for volume_id in volume_ids:
            row = rows.get(volume_id)
            member = row and row.provider_id and self._home(row, homes)
            if member:
                by_member.setdefault(member, []).append(row)
            else:
                yield volume_id
        for member, volumes in by_member.items():
            if self._is_done(member, volumes):
                yield from (volume.id for volume in volumes)

    @staticmethod
    def _home(volume, homes):
        """:returns: roster.Member; None if that is not known"""
        try:
            return homes.member(volume)
        except exception.CinderException as error:
            _tell_old(volume, error)
            return None

    def _is_done(self, member, rows):
        """Write the tags of volumes of one array.

        :returns: False if it is away
        """
        if self._fleet.outages.is_away(member):
            return False
        try:
            if member.gateway.get_array().capabilities.tags:
                known = self._known(member, rows)
                self._fleet.workers.run(
                    functools.partial(self._update, member, row,
                                      known.get(row.provider_id))
                    for row in rows)
        except outage_memory.AWAY_ERRORS as error:
            LOG.warning('Tags are written later: %s', error)
            self._fleet.outages.note(member, error)
            return False
        return True

    def _known(self, member, rows):
        """What volumes have already, asked for with few requests.

        :returns: dict of name to dict of key to value; empty if one of the
            volumes is gone
        """
        try:
            return member.gateway.volumes.tags_among(
                self._fleet.workers, [row.provider_id for row in rows],
                NAMESPACE)
        except errors.ArrayRefusal as error:
            LOG.debug('Tags are asked for volume by volume: %s', error)
            return {}

    @staticmethod
    def _update(member, row, known):
        """:param known: dict of key to value, or None if it is not known"""
        volumes = member.gateway.volumes
        try:
            if known is None:
                known = volumes.list_tags(row.provider_id, NAMESPACE)
            _converge(volumes, row.provider_id, known, wanted_tags(row))
        except outage_memory.AWAY_ERRORS:
            raise
        except errors.ArrayError as error:
            _tell_old(row, error)


def _tell_old(volume, error):
    LOG.warning('Volume %(id)s has old tags: %(error)s',
                {'id': volume.id, 'error': error})


def _converge(volumes, name, known, wanted):
    """Write and remove what differs; other namespaces are not ours."""
    for key, value in wanted.items():
        if known.get(key) != value:
            volumes.set_tag(name, key, value, NAMESPACE)
    for key in known.keys() - wanted.keys():
        volumes.remove_tag(name, key, NAMESPACE)


def wanted_tags(volume):
    """The tags that a volume should have.

    :param volume: objects.Volume
    :returns: dict of key to value; ``VmId`` only while an instance has it
    """
    tags = {'ProjectId': volume.project_id,
            'VolType': 'Boot' if volume.bootable else 'Data',
            'VmId': next((attachment.instance_uuid for attachment
                          in volume.volume_attachment
                          if attachment.instance_uuid
                          and attachment.attach_status in ATTACHED), None),
            'DataStoreType': DATA_STORE_TYPE}
    return {key: value for key, value in tags.items() if value}
