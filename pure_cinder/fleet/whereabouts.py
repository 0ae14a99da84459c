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
"""Where a row's volume or snapshot is.

This is the one place that reads and writes ``provider_location``, which has
the id of the array that had the object last and its serial there. Arrays are
told apart by their ids. A volume is told apart by its name; if that is not
there, its serial finds it, see ``find``.
"""

import dataclasses
import enum

from cinder import context
from cinder import exception
from cinder.i18n import _
from cinder import objects
from cinder.objects import fields
from cinder.volume import volume_utils
from oslo_log import log as logging

from pure_cinder import exceptions
from pure_cinder.fleet import roster
from pure_cinder import naming

LOG = logging.getLogger(__name__)

# With any other replication_status, a volume goes where the backend goes.
STAYING = (None, fields.ReplicationStatus.DISABLED,
           fields.ReplicationStatus.NOT_CAPABLE,
           fields.ReplicationStatus.FAILOVER_ERROR)


class State(enum.Enum):
    """What is known of a volume's place."""

    NEVER_MADE = 'its row has no name yet'
    HERE = 'on the array that serves'
    IN_POD = 'in a pod, which the array that serves holds'
    STAYED = 'on an array that does not serve; it stayed there'
    WITH_GROUP = 'on another array, where its group was failed over to'
    UNFINISHED_SWITCH = 'a failover is not finished here'
    UNKNOWN_ARRAY = 'on an array that is none of this backend'


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a volume is.

    :ivar member: roster.Member that has it; None if that is not known
    """

    state: State
    member: roster.Member | None


def location(member, serial):
    """``provider_location`` of what an array has."""
    return '%s:%s' % (member.gateway.get_array().id, serial)


def array_id(row):
    """Id of the array that had a volume or snapshot last; None if unknown."""
    return _split(row.provider_location)[0]


def serial_at(row, member):
    """Serial on an array of what is outside of pods, or None.

    :returns: 24 hex digits, or None if the row does not have it
    """
    own_id, serial = _split(row.provider_location)
    return (serial if serial and own_id == member.gateway.get_array().id
            else None)


def is_following(volume):
    """Whether a volume goes where the backend goes."""
    return (not volume.replication_driver_data
            and volume.replication_status not in STAYING)


class Whereabouts:
    """Answers for the rows of one backend."""

    def __init__(self, fleet):
        """:param fleet: roster.Fleet"""
        self._fleet = fleet

    def place(self, volume):
        """Where a volume is, by its row; see State.

        Arrays are asked for their ids, and Cinder for who serves, only if
        the row speaks of another array than the one that serves.

        :returns: Place
        :raises ArrayError: the array that serves does not tell who it is
        """
        if volume.replication_driver_data:
            return self._with_group(volume)
        if not volume.provider_id:
            return Place(State.NEVER_MADE, self._fleet.serving)
        if is_following(volume):
            return self._following(volume)
        return self._stayed(volume)

    def member(self, volume):
        """The member to act on for a volume.

        :returns: roster.Member
        :raises PureUnfinishedSwitchError: this process has not heard of a
            failover, or Cinder has not finished one
        :raises PureUnknownArrayError: it is on none of the arrays
        """
        place = self.place(volume)
        if place.state is State.UNFINISHED_SWITCH:
            raise exceptions.PureUnfinishedSwitchError(_(
                'Volume %(name)s is on %(there)s, while this service has '
                '%(serving)s serve: the switch to %(there)s is not finished '
                'here. Nothing was changed. Try again when it is; if it was '
                'interrupted, restart the service or fail over again.')
                % {'name': volume.provider_id,
                   'there': self._describe(place, volume),
                   'serving': self._fleet.serving.backend_id})
        if place.member is None:
            raise exceptions.PureUnknownArrayError(_(
                'Volume %(name)s is on the array with id %(id)s, which is '
                'none of this backend. Configure that array as a '
                'replication_device again.')
                % {'name': volume.provider_id, 'id': array_id(volume)})
        return place.member

    def member_of_all(self, volumes):
        """The member that has all the volumes; the serving one for none.

        Those that were never made do not count.

        :raises PureGroupError: they are on several
        """
        members = {self.member(volume) for volume in volumes
                   if volume.provider_id}
        if len(members) > 1:
            raise exceptions.PureGroupError(_(
                'A group is on one array, but its volumes are on %s. Fail '
                'them over to one array, or take some out.') % ', '.join(
                    sorted(member.backend_id for member in members)))
        return members.pop() if members else self._fleet.serving

    def snapshot_member(self, snapshot):
        """The member that has a snapshot.

        One in a pod is wherever the pod is. Any other is not replicated with
        its volume, and stays on the array that made it.

        :raises PureUnknownArrayError: it is on none of the arrays
        """
        volume, own_id = snapshot.volume, array_id(snapshot)
        if naming.is_in_pod(volume.provider_id or ''):
            member = self.member(volume)
            if member.holds_pod:
                found, _away = self._fleet.by_array_id(own_id, [
                    other for other in self._fleet.members
                    if not other.holds_pod])
                return (member if found is None or found.holds_pod
                        else found)
        if own_id is None:
            return self._fleet.primary
        found, away = self._fleet.by_array_id(own_id)
        if found or away:
            return found or away[0]
        return self.member(volume)

    def is_at(self, volume, member):
        """Whether an array has the latest of a volume outside of pods.

        The array that served until now is not asked for it.
        """
        own_id = array_id(volume)
        is_named = own_id == member.gateway.get_array().id
        if volume.replication_driver_data:
            return member is self.place(volume).member
        if not is_following(volume):
            return member.is_primary if own_id is None else is_named
        if is_named:
            return member is self.place(volume).member
        return member is self._fleet.serving and (
            self.place(volume).state is State.HERE)

    def is_home(self, volume):
        """Whether a replicated volume is on the primary, which serves.

        So says Cinder, too. What another array has of it then is left of an
        earlier failover.
        """
        place = self.place(volume)
        return (volume.replication_status == fields.ReplicationStatus.ENABLED
                and place.state in (State.HERE, State.IN_POD)
                and place.member is self._fleet.primary
                and self.serves_by_cinder(volume))

    def last_array_id(self, volume):
        """Id of the array that had a volume last; None if unknown.

        No array is asked.
        """
        own_id = array_id(volume)
        if own_id is None and is_following(volume):
            known = self._fleet.serving.gateway.known_array()
            return known and known.id
        return own_id

    @staticmethod
    def serial(volume, member, name):
        """Serial of a volume on an array, if its row has it.

        A volume in a pod has the same serial on every array; an array that
        may be away is not asked who it is.

        :returns: 24 hex digits, or None
        """
        if naming.is_in_pod(name):
            return _split(volume.provider_location)[1]
        return serial_at(volume, member)

    def find(self, volume):
        """A volume that is not where its row says, by its serial.

        An interrupted move, or an administrator, took it to another place of
        the array, or gave it another name. This reads the names of the whole
        array.

        :returns: models.Volume, or None
        """
        member = self.member(volume)
        serial = self.serial(volume, member, volume.provider_id)
        return next((found for found in member.gateway.volumes.list_all()
                     if found.serial == serial), None) if serial else None

    def _with_group(self, volume):
        try:
            member = self._fleet.member(volume.replication_driver_data)
        except exception.InvalidReplicationTarget:
            # The array may be configured under another backend_id by now.
            member, _away = self._fleet.by_array_id(array_id(volume))
            if member is None:
                raise
        return Place(State.WITH_GROUP, member)

    def _following(self, volume):
        """The place of a volume that goes where the backend goes.

        Cinder remembers who serves before it writes the rows, so those that
        still have the primary's id may be behind. A row that has another
        array's id is ahead: this process has not heard of the failover, or
        Cinder has not finished it.
        """
        serving, own_id = self._fleet.serving, array_id(volume)
        if serving.holds_pod and naming.is_in_pod(volume.provider_id):
            return Place(State.IN_POD, serving)
        member, away = self._fleet.by_array_id(own_id, [serving])
        if own_id is None or member is serving or away:
            # One that is away tells so when it is used.
            return Place(State.HERE, serving)
        member, away = self._fleet.by_array_id(own_id)
        if serving.is_primary:
            is_ahead = member is not None or away
        else:
            is_ahead = not self.serves_by_cinder(volume)
        if not is_ahead:
            return Place(State.HERE, serving)
        return Place(State.UNFINISHED_SWITCH, member)

    def serves_by_cinder(self, volume):
        """Whether Cinder's row of the service, too, has this array serve."""
        host = volume_utils.extract_host(volume.host, 'backend')
        admin = context.get_admin_context()
        try:
            if volume.cluster_name:
                row = objects.Cluster.get_by_id(
                    admin, None, binary='cinder-volume',
                    name=volume_utils.extract_host(volume.cluster_name,
                                                   'backend'))
            else:
                row = objects.Service.get_by_args(admin, host,
                                                  'cinder-volume')
            return (self._fleet.member(row.active_backend_id)
                    is self._fleet.serving)
        except (exception.ServiceNotFound, exception.ClusterNotFound,
                exception.InvalidReplicationTarget) as error:
            LOG.warning('Cinder does not tell which array serves backend '
                        '%(host)s: %(error)s', {'host': host, 'error': error})
            return False

    def _stayed(self, volume):
        """The place of a volume that stays when the backend goes elsewhere.

        It is not replicated, or a failover could not serve it. To act on it
        on the array that serves would report success for a volume that is
        not there. Rows of the in-tree driver have no location; what stayed,
        stayed on the primary.
        """
        own_id = array_id(volume)
        if own_id is None:
            return self._staying_at(self._fleet.primary)
        member, away = self._fleet.by_array_id(own_id)
        if member or away:
            return self._staying_at(member or away[0])
        return self._replaced(volume)

    def _replaced(self, volume):
        """The place of a volume whose array is none of those configured.

        The primary may stand in place of an older one, whose volumes, with
        their names, were moved to it.
        """
        primary = self._fleet.primary
        if not self._fleet.targets or (
                primary.gateway.volumes.find(volume.provider_id)):
            return self._staying_at(primary)
        return Place(State.UNKNOWN_ARRAY, None)

    def _staying_at(self, member):
        return Place(State.HERE if member is self._fleet.serving
                     else State.STAYED, member)

    @staticmethod
    def _describe(place, volume):
        return (place.member.backend_id if place.member
                else _('the array with id %s') % array_id(volume))


class Homes:
    """Who has volumes, looked for once for all that are alike.

    Arrays that are away do not tell who they are, each time anew.
    """

    def __init__(self, whereabouts):
        """:param whereabouts: Whereabouts"""
        self._whereabouts = whereabouts
        self._found = {}

    def member(self, volume):
        """:returns: roster.Member; raises as Whereabouts.member does"""
        key = (volume.replication_driver_data, is_following(volume),
               array_id(volume), naming.is_in_pod(volume.provider_id or ''))
        if key not in self._found:
            try:
                self._found[key] = self._whereabouts.member(volume)
            except exceptions.PureDriverException as error:
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, exceptions.PureDriverException):
            raise found
        return found


def _split(text):
    """:returns: id of the array and serial; None and None if unknown"""
    own_id, _separator, serial = (text or '').partition(':')
    return own_id or None, serial or None
