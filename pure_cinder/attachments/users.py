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
"""Who uses a volume on one machine, and whether a detach leaves anybody.

Several attachments of a multiattach volume on one machine share a connection,
and so does a copy that Cinder makes on its own node. A detach names the
machine, but not which of its attachments; and the row of that one is deleted
after the driver has answered. So the detaches that were answered a moment ago
are remembered: of two at once, the second one is the last.
"""

import socket
import threading

import cachetools
from cinder import context
from cinder import objects
from oslo_context import context as oslo_context

from pure_cinder.array import models
from pure_cinder.attachments import records
from pure_cinder import exceptions

# While Cinder itself reads a volume, it attaches it without an attachment.
COPYING_STATUSES = ('uploading', 'backing-up')

# Cinder's API waits no longer for the driver, and deletes the row at once.
LEAVING_S = 60
MEMORY_SIZE = 1000


class MachineUsers:
    """Counts users, for one protocol."""

    def __init__(self, protocol):
        self._protocol = protocol
        self._leaving = cachetools.TTLCache(MEMORY_SIZE, ttl=LEAVING_S)
        self._lock = threading.Lock()

    def is_left_to_others(self, volume, connector):
        """Whether a detach of a volume leaves another user on the machine.

        :param volume: objects.Volume; what the database says now counts
        """
        is_copied = (volume.status in COPYING_STATUSES
                     and connector.get('host') == socket.gethostname())
        if not volume.get('multiattach', False):
            return is_copied and bool(self._using(
                volume.volume_attachment or (), connector))
        with self._lock:
            there = self._using(
                objects.VolumeAttachmentList.get_all_by_volume_id(
                    context.get_admin_context(), volume.id), connector)
            if is_copied:
                return bool(there)
            return self._is_one_of_several(volume, connector, there)

    def attachments(self, volume, connector):
        """All attachments on a machine, also those that failed.

        :param connector: None for those on every machine
        :returns: list of objects.VolumeAttachment
        """
        return [attachment for attachment in volume.volume_attachment or ()
                if connector is None
                or self._is_on_machine(attachment, connector)]

    def _is_one_of_several(self, volume, connector, there):
        """:param there: ids of the attachments on the machine"""
        key = volume.id, self._keys(self._protocol.initiators(connector))
        before, requests = self._leaving.get(key, (there, []))
        # As many rows as are gone by now were those of the first to ask.
        requests = requests[len(before - there):]
        request = _request_id()
        if request and request in requests:
            return True
        is_one_of_several = len(there) - len(requests) > 1
        if is_one_of_several:
            requests = [*requests, request]
        self._leaving[key] = there, requests
        return is_one_of_several

    def _using(self, attachments, connector):
        """Ids of the attachments that may be connected.

        Nobody waits for one that failed.
        """
        return {attachment.id for attachment in attachments
                if attachment.attach_status in records.CONNECTED_STATUSES
                and self._is_on_machine(attachment, connector)}

    def _is_on_machine(self, attachment, connector):
        try:
            theirs = self._protocol.initiators(attachment.connector or {})
        except exceptions.PureConnectorError:
            return attachment.attached_host == connector.get('host')
        return not self._keys(theirs).isdisjoint(
            self._keys(self._protocol.initiators(connector)))

    def _keys(self, initiators):
        return frozenset(models.initiator_key(
            self._protocol.initiator_kind, name) for name in initiators)


def _request_id():
    """What a client calls its request, the same when it repeats it.

    :returns: None if the client gives no name
    """
    current = oslo_context.get_current()
    return current and current.global_request_id
