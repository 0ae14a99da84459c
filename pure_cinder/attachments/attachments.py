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
"""Attaching volumes to machines, over every array that presents them.

A volume in a pod that is stretched to a ``uniform`` array is presented by
both. One array that answers is enough: what the other one refuses is a
warning, and what could not be taken from it is taken later.
"""

import contextlib
import dataclasses
import socket

from cinder.i18n import _
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import leftovers
from pure_cinder.array import models
from pure_cinder.attachments.protocols import base
from pure_cinder import exceptions
from pure_cinder.fleet import outages
from pure_cinder import naming
from pure_cinder import rollback

LOG = logging.getLogger(__name__)

# From "attaching" on, whether or not it is ever finished, an attachment may
# be connected.
UNCONNECTED_STATUSES = (fields.VolumeAttachStatus.RESERVED,
                        fields.VolumeAttachStatus.DETACHED,
                        fields.VolumeAttachStatus.DELETED)

# While Cinder itself reads a volume, it attaches it without an attachment.
COPYING_STATUSES = ('uploading', 'backing-up')

# For these, another array may do what one does not.
SIDE_ERRORS = (errors.ArrayError, exceptions.PureNoTargetPortError)


@dataclasses.dataclass(frozen=True)
class Detachment:
    """What a detach left behind.

    :ivar closed_paths: what the protocol tells Cinder of it
    """

    is_volume_still_used: bool
    closed_paths: dict | None


class AttachmentService:
    """Attach and detach, for one protocol."""

    def __init__(self, fleet, protocol, connections, stale_connections):
        """:param connections: connections.ArrayConnections by backend_id

        :param stale_connections: stale_connections.StaleConnections
        """
        self._fleet = fleet
        self._protocol = protocol
        self._connections = connections
        self._stale_connections = stale_connections
        self._outages = outages.Outages()
        self._answering = ()
        self._withheld = set()

    def check_capabilities(self):
        """:raises PureUnsupportedError: the serving array cannot do it"""
        self._at(self._fleet.serving).check_capabilities()

    def welcome_back(self, members):
        """Machines get paths again to arrays that have answered.

        :param members: all, apart from the one that serves, that do answer
        """
        self._answering = tuple(members)
        for member in members:
            self._outages.forget(member)

    def refresh_targets(self):
        """Ask the serving array for its target ports and remember them.

        :raises PureNoTargetPortError: none can be used
        """
        self._at(self._fleet.serving).refresh_targets()

    def initialize(self, member, volume_name, serial, connector):
        """Present the volume to the connector's machine.

        :param member: roster.Member that serves the volume
        :param serial: of the volume; None if it has to be asked for
        :returns: connection information for os-brick
        :raises PureReplicationError: it is leaving that array
        """
        if (member, volume_name) in self._withheld:
            raise exceptions.PureReplicationError(_(
                'Volume %(volume)s is being brought home from %(array)s. '
                'Attach it when that is done.')
                % {'volume': volume_name, 'array': member.backend_id})
        with rollback.undoing() as undo:
            sides = self._present(undo, member, volume_name, connector)
            if serial is None:
                first = sides[0][0]
                serial = first.gateway.volumes.get(volume_name).serial
            info = self._protocol.connection_info(
                [base.Side(side.targets, side.connection.lun)
                 for _member, side in sides], serial, connector)
            for _member, side in sides:
                info['data'].update(side.authentication)
            self._protocol.open_paths(info)
        LOG.info('Connected volume %(volume)s to %(hosts)s.', {
            'volume': volume_name, 'hosts': ', '.join(
                'host %s on array %s' % (side.connection.host,
                                         member.gateway.array_name)
                for member, side in sides)})
        return info

    @contextlib.contextmanager
    def withholding(self, member, volume_names):
        """Give volumes of an array to no machine while the block runs."""
        withheld = {(member, name) for name in volume_names}
        self._withheld |= withheld
        try:
            yield
        finally:
            self._withheld -= withheld

    def terminate(self, member, volume, volume_name, connector):
        """Take the volume from the connector's machine.

        :param connector: None takes it from every machine
        :returns: Detachment
        """
        if connector is None:
            return Detachment(False, self.disconnect_all(member, volume_name))
        if self._is_shared_on_machine(volume, connector):
            LOG.info('Volume %(volume)s stays connected to %(host)s: another '
                     'attachment there uses it.',
                     {'volume': volume_name, 'host': connector.get('host')})
            return Detachment(True, self._protocol.close_paths([]))
        return Detachment(False, self.disconnect(member, volume_name,
                                                 connector))

    def disconnect(self, member, volume_name, connector):
        """Take the volume from the connector's machine, whoever uses it.

        :returns: what the protocol tells Cinder of it
        """
        removals = []

        def sides():
            presenting = self._sides(member, volume_name)
            yield from presenting
            if not any(removal.was_connected for removal in removals):
                # Attached while another array served, as it may have been.
                yield from (holder for holder in self._holders(
                    member, volume_name) if holder not in presenting)

        def act(side):
            removals.append(self._at(side).disconnect(volume_name, connector))
            return removals[-1]

        return self._close(self._take(sides(), act), volume_name,
                           connector.get('host'))

    def disconnect_all(self, member, volume_name):
        """Take the volume from every host of every array that has it.

        :returns: what the protocol tells Cinder of it
        """
        return self._close(self._take(
            self._holders(member, volume_name),
            lambda holder: self._at(holder).disconnect_all(volume_name)),
            volume_name, 'every host')

    def check_no_group_has(self, member, volume_name):
        """See that no host group is connected to a volume.

        The driver connects none, and disconnects none: other machines of the
        group may use the volume for what Cinder does not know.

        :raises PureSharedVolumeError: names the groups
        """
        found = ['%s of %s' % (group, holder.backend_id)
                 for holder, groups in self._on(
                     self._holders(member, volume_name),
                     lambda holder: self._at(holder).groups_of(volume_name))[0]
                 for group in sorted(groups)]
        if found:
            error = exceptions.PureSharedVolumeError(_(
                'Volume %(volume)s is connected to host groups, which the '
                'driver does not change: %(groups)s. Disconnect it from them '
                'on the array.')
                % {'volume': volume_name, 'groups': ', '.join(found)})
            LOG.error('%s', error)
            raise error

    def clean_up(self):
        """Take away what could not be taken when it was due.

        Arrays that are away are not waited for.
        """
        for member in (self._fleet.serving, *self._answering):
            try:
                self._at(member).clean_up()
            except errors.ArrayError as error:
                LOG.warning('Array %(array)s still has hosts without volumes '
                            'that are to be deleted: %(error)s',
                            {'array': member.backend_id, 'error': error})
        self._stale_connections.clean_up(self._withdraw)

    def _at(self, member):
        return self._connections[member.backend_id]

    def _sides(self, member, volume_name):
        """The arrays that present a volume, the one that serves it first."""
        if not naming.is_in_pod(volume_name):
            return [member]
        return [member, *self._fleet.uniform_partners(member)]

    def _holders(self, member, volume_name):
        """The arrays that have a volume, the one that serves it first."""
        if not naming.is_in_pod(volume_name):
            return [member]
        return [member, *self._fleet.pod_partners(member)]

    def _present(self, undo, member, volume_name, connector):
        """:returns: list of Member and connections.Presentation"""
        sides = self._sides(member, volume_name)
        preferred = []

        def present(side):
            if len(sides) > 1 and not preferred:
                preferred.append(side.gateway.get_array().name)
            presented = self._at(side).connect(volume_name, connector,
                                               *preferred)
            if presented.connection.is_new:
                undo.push(self._withdraw, side, presented.connection,
                          left=leftovers.connected(side.gateway.connections,
                                                   presented.connection))
            return presented

        presented, _refused = self._on(
            sides, present, is_one_enough=not self._protocol.has_several_sides)
        return presented

    def _take(self, sides, act):
        """:returns: list of Member and connections.Removal"""
        removals, refused = self._on(sides, act)
        for side in refused:
            self._stale_connections.note(side)
        return removals

    def _on(self, sides, act, is_one_enough=False):
        """Do something on several arrays.

        :param sides: of Member; the first one is asked even if it was away a
            moment ago
        :param is_one_enough: stop at the first one that does it
        :returns: list of Member and result, list of Member that refused
        :raises SIDE_ERRORS: the first one's, if all refuse
        """
        done, refused = [], {}
        for side in sides:
            try:
                if done or refused:
                    self._outages.check(side)
                done.append((side, act(side)))
            except SIDE_ERRORS as error:
                self._outages.note(side, error)
                refused[side] = error
            if done and is_one_enough:
                break
        if not done:
            raise next(iter(refused.values()))
        for side, error in refused.items():
            LOG.warning('Array %(array)s of a pod does not take part in '
                        'attaching or detaching a volume: %(error)s',
                        {'array': side.backend_id, 'error': error})
        return done, list(refused)

    def _withdraw(self, member, connection, is_due=None):
        """Undo a models.Connection; parameters as of disconnect_host."""
        self._close([(member, self._at(member).disconnect_host(
            connection.host, connection.volume, is_due))],
            connection.volume, connection.host)

    def _close(self, removals, volume_name, host):
        """:returns: what the protocol tells Cinder of it"""
        arrays = [member.gateway.array_name for member, removal in removals
                  if removal.was_connected]
        if arrays:
            LOG.info('Disconnected volume %(volume)s from %(host)s on array '
                     '%(arrays)s.', {'volume': volume_name, 'host': host,
                                     'arrays': ', '.join(arrays)})
        return self._protocol.close_paths(
            [(self._at(member).targets(), initiators)
             for member, removal in removals
             for initiators in removal.unused])

    def _is_shared_on_machine(self, volume, connector):
        """Whether somebody else uses the volume there."""
        users = sum(self._is_on_machine(attachment, connector)
                    for attachment in volume.volume_attachment or ())
        if (volume.status in COPYING_STATUSES
                and connector.get('host') == socket.gethostname()):
            users += 1
        return users > 1

    def _is_on_machine(self, attachment, connector):
        if attachment.attach_status in UNCONNECTED_STATUSES:
            return False
        try:
            theirs = self._protocol.initiators(attachment.connector or {})
        except exceptions.PureConnectorError:
            return attachment.attached_host == connector.get('host')
        return not self._keys(theirs).isdisjoint(
            self._keys(self._protocol.initiators(connector)))

    def _keys(self, initiators):
        return {models.initiator_key(self._protocol.initiator_kind, name)
                for name in initiators}
