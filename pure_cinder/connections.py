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
"""Presenting a volume to a machine, and taking it away again."""

from cinder import coordination
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder import rollback

LOG = logging.getLogger(__name__)

# A host can vanish between look-up and use, when a detach elsewhere removes
# it with its last volume.
ATTEMPTS = 3

# From "attaching" on, whether or not it is ever finished, an attachment may
# be connected.
UNCONNECTED_STATUSES = (fields.VolumeAttachStatus.RESERVED,
                        fields.VolumeAttachStatus.DETACHED,
                        fields.VolumeAttachStatus.DELETED)


class ConnectionService:
    """Attach and detach on one array, for one protocol."""

    def __init__(self, gateway, protocol, hosts):
        self._gateway = gateway
        self._protocol = protocol
        self._hosts = hosts
        self._targets = []

    def refresh_targets(self):
        """Ask the array for its target ports and remember them.

        :returns: list of the protocol's targets
        :raises PureNoTargetPortError: none can be used
        """
        self._targets = []
        targets = self._protocol.select_targets(self._gateway.list_ports())
        self._targets = targets
        return targets

    def initialize(self, volume_name, serial, connector):
        """Present the volume to the connector's machine.

        :returns: connection information for os-brick
        """
        targets = self._targets or self.refresh_targets()
        connection = self._connect(self._host_key(connector), volume_name,
                                   connector)
        return self._protocol.connection_info(targets, connection.lun,
                                              serial)

    def terminate(self, volume, volume_name, connector):
        """Take the volume from the connector's machine.

        :param connector: None takes it from every machine
        :returns: whether the machine still uses the volume
        """
        if connector is None:
            self.disconnect_all(volume_name)
            return False
        if self._is_shared_on_machine(volume, connector):
            LOG.info('Volume %(volume)s stays connected to %(host)s: another '
                     'attachment there uses it.',
                     {'volume': volume_name, 'host': connector.get('host')})
            return True
        self._disconnect(self._host_key(connector), volume_name, connector)
        return False

    def disconnect_all(self, volume_name):
        """Take the volume from every host of this array."""
        for connection in self._connections_of(volume_name):
            self._disconnect_host(connection.host, volume_name)

    def _host_key(self, connector):
        initiators = self._protocol.initiators(connector)
        return naming.host_names(connector, initiators)[0]

    @coordination.synchronized('pure-{host_key}')
    def _connect(self, host_key, volume_name, connector):
        for attempts_left in reversed(range(ATTEMPTS)):
            host, is_new = self._hosts.ensure(connector)
            try:
                with rollback.on_failure(self._discard_host, host, is_new):
                    return self._gateway.ensure_connection(host, volume_name)
            except errors.ArrayHostNotFoundError:
                self._hosts.forget(connector)
                if not attempts_left:
                    raise

    def _discard_host(self, host, is_new):
        if is_new:
            self._hosts.delete_if_unused(host)

    @coordination.synchronized('pure-{host_key}')
    def _disconnect(self, host_key, volume_name, connector):
        host = self._hosts.find(connector)
        if host and self._take_from(host, volume_name):
            return
        # The host has another name than the driver gives, or it is gone.
        self._hosts.forget(connector)
        others = [connection.host for connection in
                  self._connections_of(volume_name)]
        host = self._hosts.find_among(others, connector)
        if host is None or not self._take_from(host, volume_name):
            LOG.warning('Volume %(volume)s is not connected to %(host)s '
                        'already.', {'volume': volume_name,
                                     'host': connector.get('host')})

    @coordination.synchronized('pure-{host}')
    def _disconnect_host(self, host, volume_name):
        self._take_from(host, volume_name)

    def _take_from(self, host, volume_name):
        """Disconnect, and delete the host if that was its last volume.

        :returns: False if there was no such connection
        """
        try:
            self._gateway.disconnect(host, volume_name)
        except (errors.ArrayNotConnectedError, errors.ArrayNotFoundError):
            return False
        self._hosts.delete_if_unused(host)
        return True

    def _connections_of(self, volume_name):
        try:
            return self._gateway.list_volume_connections(volume_name)
        except (errors.ArrayNotFoundError,
                errors.ArrayPendingEradicationError):
            return []

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
