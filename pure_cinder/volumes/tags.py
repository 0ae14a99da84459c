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
touched are remembered, and brought up to date after a stats report: no
operation waits for its tags, and no tag fails an operation. What a process
did not write before it ended is written when the volume is touched again.
"""

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

# Bounds what tags add to a stats report.
VOLUMES_PER_REPORT = 100

ATTACHED = (fields.VolumeAttachStatus.ATTACHED,
            fields.VolumeAttachStatus.ATTACHING)


class TagService:
    """The tags of all volumes of one backend."""

    def __init__(self, whereabouts, outages):
        """:param whereabouts: whereabouts.Whereabouts

        :param outages: outages.Outages
        """
        self._whereabouts = whereabouts
        self._outages = outages
        self._touched = {}

    def touch(self, *volumes):
        """Remember that the tags of volumes may have to change."""
        for volume in volumes:
            self._touched[volume.id] = time.monotonic()

    def write_due(self):
        """Bring tags up to date; what an array refuses fails nothing."""
        latest = time.monotonic() - SETTLING_S
        due = [volume_id for volume_id, touched_s in
               list(self._touched.items()) if touched_s <= latest]
        homes = places.Homes(self._whereabouts)
        for volume_id in due[:VOLUMES_PER_REPORT]:
            self._touched.pop(volume_id, None)
            try:
                if not self.write(volume_id, homes):
                    self._touched.setdefault(volume_id, latest)
            except exception.VolumeNotFound:
                LOG.debug('Volume %s is gone, with its tags.', volume_id)
            except exception.CinderException as error:
                LOG.warning('Volume %(id)s has old tags: %(error)s',
                            {'id': volume_id, 'error': error})
            except Exception:
                self._touched.setdefault(volume_id, latest)
                raise

    def remove(self, member, name):
        """Remove the tags of a volume that Cinder gives up; never fails.

        :param name: full name of the volume on the array
        """
        try:
            self._converge(member, name, {})
        except errors.ArrayError as error:
            LOG.warning('Volume %(name)s keeps its tags: %(error)s',
                        {'name': name, 'error': error})

    def write(self, volume_id, homes):
        """Bring the tags of one volume up to date.

        :param homes: whereabouts.Homes
        :returns: False if the volume's array is away
        :raises CinderException: it is gone, or the array refuses
        """
        volume = objects.Volume.get_by_id(
            cinder_context.get_admin_context(), volume_id)
        if not volume.provider_id:
            return True
        member = homes.member(volume)
        if not self._outages.is_away(member):
            try:
                self._converge(member, volume.provider_id,
                               wanted_tags(volume))
                return True
            except outage_memory.AWAY_ERRORS as error:
                LOG.warning('Tags are written later: %s', error)
                self._outages.note(member, error)
        return False

    @staticmethod
    def _converge(member, name, wanted):
        """Write and remove what differs; other namespaces are not ours."""
        if not member.gateway.get_array().capabilities.tags:
            return
        volumes = member.gateway.volumes
        known = volumes.list_tags(name, NAMESPACE)
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
