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

import contextlib
import dataclasses
import time

from cinder import coordination
from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import leftovers
from pure_cinder.attachments import hosts
from pure_cinder.attachments import luns
from pure_cinder.attachments.protocols import base
from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder import rollback

LOG = logging.getLogger(__name__)

# What was true at the look can be false at the use: a detach elsewhere removes
# a host with its last volume, or the connection that was in the way.
ATTEMPTS = 3
TRANSIENT_ERRORS = (errors.ArrayHostNotFoundError,
                    errors.ArrayAlreadyExistsError)

# Refusals of a connection that no other LUN would spare.
NOT_OF_THE_LUN = (errors.ArrayHostNotFoundError,
                  errors.ArrayAuthenticationError,
                  errors.ArrayPermissionError)

# The ports of the array that serves are read with every stats report.
TARGET_MEMORY_S = 300


@dataclasses.dataclass(frozen=True)
class Presentation:
    """A volume that a machine can see on one array.

    :ivar targets: the protocol's
    :ivar connection: models.Connection
    :ivar authentication: dict of os-brick's authentication properties
    """

    targets: list
    connection: object
    authentication: dict

    def as_side(self, needs_lun):
        """:returns: base.Side

        :param needs_lun: whether the machine finds the volume by its LUN
        :raises PureDriverException: the array told none
        """
        if needs_lun and self.connection.lun is None:
            raise exceptions.PureDriverException(_(
                'The array did not tell at which LUN it connected volume '
                '%(volume)s to host %(host)s. Try again, and see that it is '
                'a FlashArray with REST 1.x.')
                % {'volume': self.connection.volume,
                   'host': self.connection.host})
        return base.Side(self.targets, self.connection.lun)


@dataclasses.dataclass(frozen=True)
class Removal:
    """What taking a volume away found, and what it left.

    :ivar was_connected: whether there was anything to take away
    :ivar unused: hosts.UnusedHost of each machine that may have no volume
        left there, for ``delete_unused``
    """

    was_connected: bool = False
    unused: tuple[hosts.UnusedHost, ...] = ()


class ArrayConnections:
    """Attach and detach on one array, for one protocol."""

    def __init__(self, gateway, protocol, host_service, chap=None,
                 find_recent_luns=None):
        """:param chap: chap.ChapService if the array is to demand CHAP

        :param find_recent_luns: recent_luns.recent_luns if other
            processes connect the same machines
        """
        self._gateway = gateway
        self._protocol = protocol
        self._hosts = host_service
        self._chap = chap
        self._luns = luns.LunMemory()
        self._find_recent_luns = find_recent_luns or (lambda machine: ())
        self._targets = [], 0

    @property
    def address(self):
        """Of the array; machines are locked on each array by itself."""
        return self._gateway.address

    def check_capabilities(self):
        """:raises PureUnsupportedError: the array cannot do what is set"""
        self._hosts.check_capabilities()

    def refresh_targets(self):
        """Ask the array for its target ports and remember them.

        An array that does not answer leaves the memory as it is.

        :returns: list of the protocol's targets
        :raises PureNoTargetPortError: none can be used
        """
        try:
            targets = self._protocol.select_targets(
                self._gateway.list_ports(),
                self._gateway.list_interface_services)
        except exceptions.PureNoTargetPortError:
            self._targets = [], 0
            raise
        self._targets = targets, time.monotonic() + TARGET_MEMORY_S
        return targets

    def targets(self):
        """The target ports; asked for if that was long ago."""
        targets, until = self._targets
        return targets if time.monotonic() < until else self.refresh_targets()

    def connect(self, volume_name, connector, preferred_array=None):
        """Present the volume to the connector's machine.

        :param preferred_array: name of the array whose paths a machine of
            several arrays is to use first; a new host is told
        :returns: Presentation
        """
        targets = self.targets()
        connection, authentication = self._connect(
            self._host_key(connector), volume_name, connector,
            preferred_array)
        return Presentation(targets, connection, authentication)

    def disconnect(self, volume_name, connector):
        """Take the volume from the connector's machine, whoever uses it.

        :returns: Removal
        """
        return self._disconnect(self._host_key(connector), volume_name,
                                connector)

    def disconnect_all(self, volume_name):
        """Take the volume from every host of this array.

        :returns: Removal
        """
        removals = [self.disconnect_host(connection.host, volume_name)
                    for connection in self._connections_of(volume_name)]
        return Removal(
            any(removal.was_connected for removal in removals),
            tuple(host for removal in removals for host in removal.unused))

    @coordination.synchronized('pure-{self.address}-{host}')
    def disconnect_host(self, host, volume_name, is_due=None):
        """Take the volume from a host of that name.

        :param is_due: asked, if given, while nobody else can connect the
            host; says whether to do it
        :returns: Removal
        """
        if is_due and not is_due():
            return Removal()
        with self._leaving_over(host):
            initiators = self._initiators_of(host)
            return (self._remove(host, volume_name, initiators)
                    or Removal(unused=self._unused(host, initiators)))

    def leave_over(self, host):
        """Remember what could not be done for a host without volumes.

        :param host: hosts.UnusedHost
        """
        self._hosts.leave_over(host.name, host.initiators)

    def leave_over_machine(self, connector):
        """Remember that a machine's host may have no volume left."""
        self._hosts.leave_over(self._host_key(connector),
                               self._protocol.initiators(connector))

    def take_left_over(self):
        """The hosts that were to be deleted and could not be.

        :returns: iterator of hosts.UnusedHost
        """
        return self._hosts.take_left_over()

    @coordination.synchronized('pure-{self.address}-{host.name}')
    def delete_unused(self, host):
        """Delete a host that may have lost its last volume.

        What leads to it is closed first: if the process dies, what is left is
        a host without volumes, which the next one finds.

        :param host: hosts.UnusedHost
        :returns: list of what the protocol closed
        """
        if not self._protocol.is_zoned:
            self._delete_if_unused(host.name, host.initiators)
            return []
        with self._leaving_over(host.name, host.initiators):
            initiators = host.initiators or self._initiators_of(host.name)
            if not self._hosts.is_unused(host.name):
                return []
            closed = self._protocol.close_paths(self.targets(), initiators)
            self._delete_if_unused(host.name, initiators)
        return [closed]

    def groups_of(self, volume_name):
        """:returns: set of the host groups that have the volume"""
        return self._gateway.connections.groups_of_volume(volume_name)

    def _host_key(self, connector):
        initiators = self._protocol.initiators(connector)
        return naming.host_names(connector, initiators)[0]

    @coordination.synchronized('pure-{self.address}-{host_key}')
    def _connect(self, host_key, volume_name, connector, preferred_array):
        """:returns: models.Connection, dict of authentication properties"""
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                return self._connect_once(volume_name, connector,
                                          preferred_array)
            except TRANSIENT_ERRORS:
                self._hosts.forget(connector)
                if not attempts_left:
                    raise

    def _connect_once(self, volume_name, connector, preferred_array):
        host, is_new = self._hosts.ensure(connector, preferred_array)
        if is_new and self._chap:
            self._chap.forget(host)
        with rollback.on_failure(
                self._discard_host, host, is_new,
                left=leftovers.host(self._gateway.hosts, host)):
            return self._present(host, volume_name, connector)

    def _present(self, host, volume_name, connector):
        authentication = self._chap.ensure(host, connector) if (
            self._chap) else {}
        connection = self._connect_volume(host, volume_name, connector)
        self._luns.given(connection)
        return connection, authentication

    def _connect_volume(self, host, volume_name, connector):
        """Connect at a LUN of the driver's choice, if need be the array's.

        Nobody has written down how an array refuses a LUN that is taken. So
        after any refusal that can be one, what the host has is looked at and
        another LUN is asked for, and at last none.
        """
        connect = self._gateway.connections.ensure
        chosen = self._choose_lun(host, volume_name, connector)
        if chosen is None:
            return connect(host, volume_name)
        try:
            return connect(host, volume_name, lun=chosen)
        except errors.ArrayError as error:
            if not _may_be_of_the_lun(error):
                raise
        self._learn_luns(host)
        try:
            return connect(host, volume_name, lun=self._choose_lun(
                host, volume_name, connector, {chosen}))
        except errors.ArrayError as error:
            if not _may_be_of_the_lun(error):
                raise
        return connect(host, volume_name)

    def _choose_lun(self, host, volume_name, connector, refused=()):
        """:returns: a LUN, or None to leave it to the array"""
        if not (self._protocol.is_addressed_by_lun
                or self._luns.is_cooling(host)):
            return None
        recent = {*self._find_recent_luns(connector.get('host')), *refused}
        lun = self._luns.choose(host, volume_name, recent)
        if lun > luns.SPREAD:
            self._learn_luns(host)
            lun = self._luns.choose(host, volume_name, recent)
        return lun

    def _learn_luns(self, host):
        self._luns.learn(host, self._gateway.connections.of_host(host))

    def _discard_host(self, host, is_new):
        if is_new:
            self._delete_if_unused(host, ())

    @coordination.synchronized('pure-{self.address}-{host_key}')
    def _disconnect(self, host_key, volume_name, connector):
        """:returns: Removal"""
        initiators = self._protocol.initiators(connector)
        with self._leaving_over(host_key, initiators):
            return self._disconnect_machine(volume_name, connector,
                                            initiators)

    def _disconnect_machine(self, volume_name, connector, initiators):
        host = self._hosts.find(connector)
        removal = host and self._remove(host, volume_name, initiators)
        if removal:
            return removal
        # The host has another name than the driver gives, or it is gone.
        self._hosts.forget(connector)
        others = [connection.host for connection in
                  self._connections_of(volume_name)]
        other = self._hosts.find_among(others, connector)
        removal = other and self._remove(other, volume_name, initiators)
        if removal:
            return removal
        LOG.info('Volume %(volume)s was not connected to %(host)s on array '
                 '%(array)s.',
                 {'volume': volume_name, 'host': connector.get('host'),
                  'array': self._gateway.array_name})
        if not host:
            return Removal()
        # What is remembered of it is in doubt.
        self._luns.forget(host)
        return Removal(unused=self._unused(host, initiators))

    def _remove(self, host, volume_name, initiators):
        """:returns: Removal, or None if there was no such connection"""
        with self._leaving_over(host, initiators):
            try:
                self._gateway.connections.remove(host, volume_name)
            except (errors.ArrayNotConnectedError, errors.ArrayNotFoundError):
                return None
            self._luns.released(host, volume_name)
            return Removal(True, self._unused(host, initiators))

    def _unused(self, host, initiators):
        """Delete the host if it is not needed any more, and not zoned.

        What is remembered of its other volumes may be over; the next stats
        report has that looked at.

        :returns: tuple of hosts.UnusedHost
        """
        if self._luns.has_given(host):
            self._hosts.leave_over(host, initiators)
            return ()
        if self._protocol.is_zoned:
            return (hosts.UnusedHost(host, initiators),)
        self._delete_if_unused(host, initiators)
        return ()

    def _delete_if_unused(self, host, initiators):
        with self._leaving_over(host, initiators):
            if self._hosts.delete_if_unused(host):
                self._luns.forget(host)

    @contextlib.contextmanager
    def _leaving_over(self, host, initiators=()):
        """Look at a host again if the array does not do what it should."""
        try:
            yield
        except errors.ArrayError:
            self._hosts.leave_over(host, initiators)
            raise

    def _initiators_of(self, host):
        """:returns: tuple; empty unless somebody needs it"""
        found = self._protocol.is_zoned and self._gateway.hosts.find(host)
        return found.initiators[self._protocol.initiator_kind] if (
            found) else ()

    def _connections_of(self, volume_name):
        try:
            return self._gateway.connections.of_volume(volume_name)
        except (errors.ArrayNotFoundError,
                errors.ArrayPendingEradicationError):
            return []


def _may_be_of_the_lun(error):
    """Whether a connection may have been refused for its LUN."""
    is_refusal = error.status is not None and 400 <= error.status < 500
    return isinstance(error, errors.ArrayNoEffectError) or (
        is_refusal and not isinstance(error, NOT_OF_THE_LUN))
