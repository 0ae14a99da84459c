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
"""Presenting a volume of one array to a machine, and taking it away."""

from cinder import coordination
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder import luns
from pure_cinder import naming
from pure_cinder import rollback

LOG = logging.getLogger(__name__)

# A host can vanish between look-up and use, when a detach elsewhere removes
# it with its last volume.
ATTEMPTS = 3


class ArrayConnections:
    """Attach and detach on one array, for one protocol."""

    def __init__(self, gateway, protocol, hosts, chap=None):
        """:param chap: chap.ChapService if the array is to demand CHAP"""
        self._gateway = gateway
        self._protocol = protocol
        self._hosts = hosts
        self._chap = chap
        self._luns = luns.LunMemory()
        self._targets = []

    def check_capabilities(self):
        """:raises PureUnsupportedError: the array has no personalities"""
        self._hosts.check_capabilities()

    def refresh_targets(self):
        """Ask the array for its target ports and remember them.

        An array that does not answer leaves the memory as it is.

        :returns: list of the protocol's targets
        :raises PureNoTargetPortError: none can be used
        """
        try:
            self._targets = self._protocol.select_targets(
                self._gateway.list_ports(),
                self._gateway.list_interface_services)
        except exceptions.PureNoTargetPortError:
            self._targets = []
            raise
        return self._targets

    def targets(self):
        """The remembered target ports, asked for if there are none."""
        return self._targets or self.refresh_targets()

    def connect(self, volume_name, connector):
        """Present the volume to the connector's machine.

        :returns: models.Connection, dict of authentication properties
        """
        return self._connect(self._host_key(connector), volume_name,
                             connector)

    def disconnect(self, volume_name, connector):
        """Take the volume from the connector's machine, whoever uses it.

        :returns: whether the machine's host has no volume left
        """
        return self._disconnect(self._host_key(connector), volume_name,
                                connector)

    def disconnect_all(self, volume_name):
        """Take the volume from every host of this array."""
        for connection in self._connections_of(volume_name):
            self._disconnect_host(connection.host, volume_name)

    def _host_key(self, connector):
        initiators = self._protocol.initiators(connector)
        return naming.host_names(connector, initiators)[0]

    @coordination.synchronized('pure-{host_key}')
    def _connect(self, host_key, volume_name, connector):
        """:returns: models.Connection, dict of authentication properties"""
        for attempts_left in reversed(range(ATTEMPTS)):
            host, is_new = self._hosts.ensure(connector)
            if is_new and self._chap:
                self._chap.forget(host)
            try:
                with rollback.on_failure(self._discard_host, host, is_new):
                    return self._present(host, volume_name, connector)
            except (errors.ArrayHostNotFoundError,
                    errors.ArrayLunInUseError):
                self._hosts.forget(connector)
                if not attempts_left:
                    raise

    def _present(self, host, volume_name, connector):
        authentication = self._chap.ensure(host, connector) if (
            self._chap) else {}
        connection = self._gateway.connections.ensure(
            host, volume_name, lun=self._choose_lun(host))
        self._luns.given(connection)
        return connection, authentication

    def _choose_lun(self, host):
        """A LUN that the machine holds no old device of; None is any."""
        cooling = self._luns.cooling(host)
        if not cooling:
            return None
        used = {connection.lun for connection in
                self._gateway.connections.of_host(host)}
        return luns.lowest_free(used | cooling)

    def _discard_host(self, host, is_new):
        if is_new:
            self._hosts.delete_if_unused(host)

    @coordination.synchronized('pure-{host_key}')
    def _disconnect(self, host_key, volume_name, connector):
        """:returns: whether the machine's host has no volume left"""
        host = self._hosts.find(connector)
        if host and self._take_from(host, volume_name):
            return self._hosts.delete_if_unused(host)
        # The host has another name than the driver gives, or it is gone.
        self._hosts.forget(connector)
        others = [connection.host for connection in
                  self._connections_of(volume_name)]
        other = self._hosts.find_among(others, connector)
        if other and self._take_from(other, volume_name):
            return self._hosts.delete_if_unused(other)
        LOG.warning('Volume %(volume)s is not connected to %(host)s '
                    'already.', {'volume': volume_name,
                                 'host': connector.get('host')})
        return bool(host) and self._hosts.is_unused(host)

    @coordination.synchronized('pure-{host}')
    def _disconnect_host(self, host, volume_name):
        if self._take_from(host, volume_name):
            self._hosts.delete_if_unused(host)

    def _take_from(self, host, volume_name):
        """:returns: False if there was no such connection"""
        try:
            self._gateway.connections.remove(host, volume_name)
        except (errors.ArrayNotConnectedError, errors.ArrayNotFoundError):
            return False
        self._luns.released(host, volume_name)
        return True

    def _connections_of(self, volume_name):
        try:
            return self._gateway.connections.of_volume(volume_name)
        except (errors.ArrayNotFoundError,
                errors.ArrayPendingEradicationError):
            return []
