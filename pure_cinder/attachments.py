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
"""Attaching volumes to machines, over every array that serves them."""

import dataclasses

from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder import exceptions

LOG = logging.getLogger(__name__)

# From "attaching" on, whether or not it is ever finished, an attachment may
# be connected.
UNCONNECTED_STATUSES = (fields.VolumeAttachStatus.RESERVED,
                        fields.VolumeAttachStatus.DETACHED,
                        fields.VolumeAttachStatus.DELETED)


@dataclasses.dataclass(frozen=True)
class Detachment:
    """What a detach left behind on the machine."""

    is_volume_still_used: bool = False
    is_host_unused: bool = False


class AttachmentService:
    """Attach and detach, for one protocol."""

    def __init__(self, fleet, protocol, connections):
        """:param connections: connections.ArrayConnections by backend_id"""
        self._fleet = fleet
        self._protocol = protocol
        self._connections = connections

    def check_capabilities(self):
        """:raises PureUnsupportedError: the serving array cannot do it"""
        self._at(self._fleet.serving).check_capabilities()

    def refresh_targets(self):
        """Ask the serving array for its target ports and remember them.

        :raises PureNoTargetPortError: none can be used
        """
        self._at(self._fleet.serving).refresh_targets()

    def targets(self, member):
        """The target ports of an array that are offered to machines."""
        return self._at(member).targets()

    def initialize(self, member, volume_name, serial, connector):
        """Present the volume to the connector's machine.

        :param member: fleet.Member that serves the volume
        :returns: connection information for os-brick
        """
        connections = self._at(member)
        targets = connections.targets()
        connection, authentication = connections.connect(volume_name,
                                                         connector)
        info = self._protocol.connection_info(targets, connection.lun, serial,
                                              connector)
        info['data'].update(authentication)
        return info

    def terminate(self, member, volume, volume_name, connector):
        """Take the volume from the connector's machine.

        :param connector: None takes it from every machine
        :returns: Detachment
        """
        if connector is None:
            self.disconnect_all(member, volume_name)
            return Detachment()
        if self._is_shared_on_machine(volume, connector):
            LOG.info('Volume %(volume)s stays connected to %(host)s: another '
                     'attachment there uses it.',
                     {'volume': volume_name, 'host': connector.get('host')})
            return Detachment(is_volume_still_used=True)
        return Detachment(is_host_unused=self.disconnect(
            member, volume_name, connector))

    def disconnect(self, member, volume_name, connector):
        """Take the volume from the connector's machine, whoever uses it.

        :returns: whether the machine's host has no volume left
        """
        return self._at(member).disconnect(volume_name, connector)

    def disconnect_all(self, member, volume_name):
        """Take the volume from every host."""
        self._at(member).disconnect_all(volume_name)

    def _at(self, member):
        return self._connections[member.backend_id]

    def _is_shared_on_machine(self, volume, connector):
        """Whether more attachments of the volume than one are there."""
        return sum(self._is_on_machine(attachment, connector)
                   for attachment in volume.volume_attachment or ()) > 1

    def _is_on_machine(self, attachment, connector):
        if attachment.attach_status in UNCONNECTED_STATUSES:
            return False
        try:
            theirs = self._protocol.initiators(attachment.connector or {})
        except exceptions.PureConnectorError:
            return attachment.attached_host == connector.get('host')
        return theirs == self._protocol.initiators(connector)
