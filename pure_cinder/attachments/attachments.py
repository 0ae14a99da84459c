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

from cinder import exception
from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import leftovers
from pure_cinder.attachments import sides as pod_sides
from pure_cinder.attachments import users
from pure_cinder import exceptions
from pure_cinder import rollback

LOG = logging.getLogger(__name__)

# How the log calls all machines of a volume.
EVERY_HOST = 'every host'


@dataclasses.dataclass(frozen=True)
class Detachment:
    """What a detach left behind.

    :ivar closed_paths: what the protocol tells Cinder of it
    :ivar was_connected: whether there was anything to take away, by the name
        that the volume has
    """

    is_volume_still_used: bool
    closed_paths: dict | None
    was_connected: bool = True


class AttachmentService:
    """Attach and detach, for one protocol."""

    def __init__(self, fleet, protocol, connections, connection_sweep):
        """:param connections: connections.ArrayConnections by backend_id

        :param connection_sweep: sweep.ConnectionSweep
        """
        self._fleet = fleet
        self._protocol = protocol
        self._connections = connections
        self._sweep = connection_sweep
        self._users = users.MachineUsers(protocol)
        self._outages = fleet.outages
        self._sides = pod_sides.Sides(fleet)
        self._answering = ()
        self._withheld = set()

    def check_capabilities(self, member):
        """:raises PureUnsupportedError: the array cannot do what is set"""
        self._at(member).check_capabilities()

    def welcome_back(self, members):
        """Machines get paths again to arrays that have answered.

        :param members: all, apart from the one that serves, that do answer
        """
        self._answering = tuple(members)
        for member in members:
            self._outages.forget(member)

    def refresh_targets(self, member):
        """Ask an array for its target ports and remember them.

        :raises PureNoTargetPortError: none can be used
        """
        self._at(member).refresh_targets()

    def initialize(self, member, volume_name, serial, connector):
        """Present the volume to the connector's machine.

        :param member: roster.Member that serves the volume
        :param serial: of the volume; None if it has to be asked for
        :returns: connection information for os-brick
        :raises PureReplicationError: it is leaving that array
        """
        self._check_not_withheld(member, volume_name)
        try:
            with rollback.undoing() as undo:
                presented, refused = self._present(undo, member, volume_name,
                                                   connector)
                if serial is None:
                    first = presented[0][0]
                    serial = first.gateway.volumes.get(volume_name).serial
                info = self._connection_info(
                    [side for _member, side in presented], serial, connector)
                self._protocol.open_paths(info)
        except Exception:
            for side in self._sides.presenting(member, volume_name):
                self._sweep.note_attach(side, volume_name)
            raise
        self._note_refused(refused, volume_name)
        LOG.info('Connected volume %(volume)s to %(hosts)s.', {
            'volume': volume_name, 'hosts': ', '.join(
                'host %s on array %s' % (side.connection.host,
                                         each.gateway.array_name)
                for each, side in presented)})
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
        attachments = self._users.attachments(volume, connector)
        if connector is None:
            removals = [*self._disconnect_all(member, volume_name),
                        *self._leave_told(member, volume_name, attachments)]
            return Detachment(
                False, self._close(removals, volume_name, EVERY_HOST),
                _was_connected(removals))
        if len(attachments) > 1:
            # Which of them is detached is not told. What their rows say
            # afterwards tells whether the machine still needs the volume.
            for side in self._sides.presenting(member, volume_name):
                self._sweep.note_detach(side, volume_name)
        if self._users.is_left_to_others(volume, connector):
            LOG.info('Volume %(volume)s stays connected to %(host)s: another '
                     'attachment there uses it.',
                     {'volume': volume_name, 'host': connector.get('host')})
            return Detachment(True, self._protocol.detachment_info([]))
        removals = [*self._disconnect(member, volume_name, connector),
                    *self._leave_told(member, volume_name, attachments)]
        return Detachment(False, self._close(removals, volume_name,
                                             connector.get('host')),
                          _was_connected(removals))

    def disconnect(self, member, volume_name, connector):
        """Take the volume from the connector's machine, whoever uses it.

        :returns: what the protocol tells Cinder of it
        """
        return self._close(self._disconnect(member, volume_name, connector),
                           volume_name, connector.get('host'))

    def disconnect_all(self, member, volume_name):
        """Take the volume from every host of every array that has it.

        :returns: what the protocol tells Cinder of it
        """
        return self._close(self._disconnect_all(member, volume_name),
                           volume_name, EVERY_HOST)

    def withdraw(self, member, connection, is_due=None):
        """Undo a models.Connection; parameters as of disconnect_host."""
        self._close([(member, self._at(member).disconnect_host(
            connection.host, connection.volume, is_due))],
            connection.volume, connection.host)

    def delete_unused(self, member, host):
        """Delete a hosts.UnusedHost, unless it is used by now."""
        self._delete_unused([(member, host)])

    @property
    def has_several_sides(self):
        """Whether a machine uses the paths of several arrays at once."""
        return self._protocol.has_several_sides

    def has_targets(self, member):
        """Whether an array has ports that machines are to use."""
        try:
            return bool(self._at(member).targets())
        except exceptions.PureNoTargetPortError:
            return False

    def add_path(self, member, volume, attachment):
        """Present a volume that is attached over one more array.

        :param attachment: objects.VolumeAttachment of the volume
        """
        name, connector = volume.provider_id, attachment.connector
        self._check_not_withheld(member, name)
        preferred = ([self._fleet.serving.gateway.get_array().name]
                     if self._fleet.uniform_partners(member) else [])
        with rollback.undoing() as undo:
            side = self._connect(undo, member, name, connector, *preferred)
            serial = member.gateway.volumes.get(name).serial
            self._protocol.open_paths(
                self._connection_info([side], serial, connector))
        LOG.info('Connected volume %(volume)s to %(host)s on array %(array)s, '
                 'too. The machine sees that when it scans for devices.',
                 {'volume': name, 'host': connector.get('host'),
                  'array': member.gateway.array_name})

    def missing_paths(self):
        """How many volumes lack a path, for the stats report.

        :returns: list of dicts with ``backend_id`` and ``volume_count``
        """
        return self._sweep.missing_paths()

    def check_no_group_has(self, member, volume_name):
        """See that no host group is connected to a volume.

        The driver connects none, and disconnects none: other machines of the
        group may use the volume for what Cinder does not know.

        :raises PureSharedVolumeError: names the groups
        """
        found = ['%s of %s' % (group, holder.backend_id)
                 for holder, groups in self._sides.ask(
                     self._sides.holding(member, volume_name),
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

        What is missing is made. Arrays that are away are not waited for.
        """
        answering = dict.fromkeys((self._fleet.serving, *self._answering))
        for member in answering:
            try:
                for host in self._at(member).take_left_over():
                    self.delete_unused(member, host)
            except exception.CinderException as error:
                LOG.warning('Array %(array)s may still have hosts without '
                            'volumes, or paths to them, that are to be '
                            'deleted: %(error)s',
                            {'array': member.backend_id, 'error': error})
        self._sweep.run(list(answering), self)

    def _at(self, member):
        return self._connections[member.backend_id]

    def _check_not_withheld(self, member, volume_name):
        if (member, volume_name) in self._withheld:
            raise exceptions.PureReplicationError(_(
                'Volume %(volume)s is being brought home from %(array)s. '
                'Attach it when that is done.')
                % {'volume': volume_name, 'array': member.backend_id})

    def _present(self, undo, member, volume_name, connector):
        """:returns: as of Sides.ask, with connections.Presentation"""
        sides = self._sides.presenting(member, volume_name)
        known = [side.gateway.known_array() for side in sides]
        preferred = [array.name for array in known if array][:1] if (
            len(sides) > 1) else []
        return self._sides.ask(
            sides, lambda side: self._connect(undo, side, volume_name,
                                              connector, *preferred),
            is_one_enough=not self._protocol.has_several_sides)

    def _connect(self, undo, side, volume_name, connector, *preferred):
        """:returns: connections.Presentation"""
        presented = self._at(side).connect(volume_name, connector, *preferred)
        if presented.connection.is_new:
            undo.push(self.withdraw, side, presented.connection,
                      left=leftovers.connected(side.gateway.connections,
                                               presented.connection))
        return presented

    def _connection_info(self, presented, serial, connector):
        """What os-brick needs to attach.

        :param presented: list of connections.Presentation
        :raises PureDriverException: an array told no LUN
        """
        sides = [side.as_side(self._protocol.is_addressed_by_lun)
                 for side in presented]
        info = self._protocol.connection_info(sides, serial, connector)
        for side in presented:
            info['data'].update(side.authentication)
        return info

    def _note_refused(self, refused, volume_name):
        """Remember the arrays over which a volume was not attached."""
        for side, error in refused.items():
            if self._protocol.has_several_sides and isinstance(
                    error, errors.ArrayError):
                self._sweep.note_missing(side, volume_name)
            else:
                self._sweep.note_attach(side, volume_name)

    def _disconnect(self, member, volume_name, connector):
        """:returns: list of Member and connections.Removal"""
        presenting = self._sides.presenting(member, volume_name)
        # Attached while another array served, as it may have been.
        others = [holder for holder in self._sides.holding(
            member, volume_name) if holder not in presenting]
        taken = self._take(
            [presenting, others], volume_name,
            lambda side: self._at(side).disconnect(volume_name, connector))
        if not _was_connected(taken):
            # Its host may have got other initiators since it was attached.
            for side in presenting:
                self._sweep.note_detach(side, volume_name)
        return taken

    def _disconnect_all(self, member, volume_name):
        """:returns: list of Member and connections.Removal"""
        return self._take(
            [self._sides.holding(member, volume_name)], volume_name,
            lambda holder: self._at(holder).disconnect_all(volume_name))

    def _leave_told(self, member, volume_name, attachments):
        """Take from arrays that a volume left what is there for machines.

        A machine that was told of another array than those that have the
        volume now got it before the volume's type took it out of a pod, or
        before a failover.

        :param attachments: list of objects.VolumeAttachment
        :returns: list of Member and connections.Removal
        """
        sides = self._sides.presenting(member, volume_name)
        others = [other for other in self._fleet.members
                  if other not in sides]
        removals = []
        for attachment in attachments if others else ():
            connector = attachment.connector
            told = self._protocol.told_targets(
                attachment.connection_info or {})
            if not connector or told.issubset(map(
                    self._protocol.target_name, self._at(member).targets())):
                continue
            for other in others:
                try:
                    self._outages.check(other)
                    removals.append((other, self._at(other).disconnect(
                        volume_name, connector)))
                except errors.ArrayError as error:
                    self._outages.note(other, error)
                    self._at(other).leave_over_machine(connector)
        return removals

    def _take(self, rounds, volume_name, act):
        """Ask for a volume, until any array of a round had it connected.

        :param rounds: lists of roster.Member that are asked at once
        :returns: list of Member and connections.Removal
        """
        removals, refused, asked = [], {}, []
        try:
            for sides in rounds:
                if _was_connected(removals):
                    break
                asked += sides
                done, failed = self._sides.ask_all(
                    sides, act, is_first=not (removals or refused))
                removals += done
                refused |= failed
            pod_sides.concluded(removals, refused)
        except Exception:
            # All that were asked may have refused.
            refused = asked
            raise
        finally:
            for side in refused:
                self._sweep.note_detach(side, volume_name)
        return removals

    def _close(self, removals, volume_name, host):
        """:returns: what the protocol tells Cinder of it"""
        arrays = [member.gateway.array_name for member, removal in removals
                  if removal.was_connected]
        if arrays:
            LOG.info('Disconnected volume %(volume)s from %(host)s on array '
                     '%(arrays)s.', {'volume': volume_name, 'host': host,
                                     'arrays': ', '.join(arrays)})
        return self._delete_unused(
            [(member, host) for member, removal in removals
             for host in removal.unused])

    def _delete_unused(self, unused):
        """Delete hosts without volumes, and close paths; at last later.

        :param unused: list of Member and hosts.UnusedHost
        :returns: what the protocol tells Cinder of it
        """
        closed, left = [], list(unused)
        try:
            for member, host in unused:
                closed += self._at(member).delete_unused(host)
                left.remove((member, host))
        except Exception:
            for member, host in left:
                self._at(member).leave_over(host)
            raise
        return self._protocol.detachment_info(closed)


def _was_connected(removals):
    """:param removals: list of Member and connections.Removal"""
    return any(removal.was_connected for _member, removal in removals)
