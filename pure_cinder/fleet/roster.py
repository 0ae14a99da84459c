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
"""Which arrays there are, what role each has, and who serves now.

What is remembered is one value, the ``backend_id`` of the array that serves;
Cinder keeps it as the service's ``active_backend_id``. Everything else is
configuration, or stands in the rows of Cinder's database. An array is asked
for no more than its id, and that only to find what did not follow a failover.
"""

import dataclasses

from cinder import exception
from cinder.i18n import _
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import gateway as array_gateway
from pure_cinder import config
from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder.types import specs

LOG = logging.getLogger(__name__)

FAILBACK = config.FAILBACK

# With any other replication_status, a volume goes where the backend goes.
STAYING = (None, fields.ReplicationStatus.DISABLED,
           fields.ReplicationStatus.NOT_CAPABLE,
           fields.ReplicationStatus.FAILOVER_ERROR)


def location(array_id, serial):
    """Where an object is, as ``provider_location`` of its row says it."""
    return '%s:%s' % (array_id, serial)


def split_location(text):
    """:returns: id of the array and serial; None and None if unknown"""
    array_id, _separator, serial = (text or '').partition(':')
    return array_id or None, serial or None


@dataclasses.dataclass(frozen=True, eq=False)
class Member:
    """One array of the fleet.

    :ivar replication: how the primary replicates to it; NONE is the primary
    :ivar is_uniform: hosts reach it beside the array that serves
    """

    backend_id: str
    gateway: array_gateway.Gateway
    replication: specs.ReplicationType = specs.ReplicationType.NONE
    is_uniform: bool = False

    @property
    def is_primary(self):
        return self.replication is specs.ReplicationType.NONE

    @property
    def holds_pod(self):
        """Whether the array is one of those that a pod is stretched over."""
        return self.replication is not specs.ReplicationType.ASYNC


class Fleet:
    """The arrays of one backend."""

    def __init__(self, primary, targets=(), active_backend_id=None):
        """:param active_backend_id: as Cinder's service row has it"""
        self.primary = primary
        self.targets = tuple(targets)
        self.members = (primary,) + self.targets
        self.serve_from(active_backend_id)

    @classmethod
    def of_config(cls, backend_config, user_agent, active_backend_id=None):
        """:param backend_config: :class:`pure_cinder.config.BackendConfig`"""
        primary = Member(backend_config.backend_name, array_gateway.Gateway(
            backend_config.endpoint, user_agent))
        targets = [
            Member(device.backend_id,
                   array_gateway.Gateway(device.endpoint, user_agent),
                   device.replication, device.is_uniform)
            for device in backend_config.replication.devices]
        return cls(primary, targets, active_backend_id)

    @property
    def serving(self):
        """The member that serves volumes now."""
        return self._serving

    def serve_from(self, backend_id):
        """Change who serves.

        :param backend_id: empty or ``default`` is the primary
        :raises InvalidReplicationTarget: no such array is configured
        """
        self._serving = self.member(backend_id)

    def member(self, backend_id):
        """The member of that id; empty or ``default`` is the primary.

        :raises InvalidReplicationTarget: no such array is configured
        """
        if not backend_id or backend_id == FAILBACK:
            return self.primary
        for member in self.members:
            if member.backend_id == backend_id:
                return member
        raise exception.InvalidReplicationTarget(reason=_(
            "No array with backend_id '%(id)s' is configured; there are "
            '%(known)s.') % {'id': backend_id, 'known': ', '.join(
                member.backend_id for member in self.members)})

    def of(self, volume):
        """The member that has a volume.

        * One whose group was failed over by itself bears the id of its array
          in ``replication_driver_data``.
        * A new row, and a replicated volume, is where the backend is.
        * Any other stays where it was made when the backend goes elsewhere:
          a volume that is not replicated, or that a failover could not
          serve (``failover-error``). ``provider_location`` has the id of its
          array. To act on it on the array that serves would report success
          for a volume that is not there.
        * Rows of the in-tree driver have no location; what stayed, stayed on
          the primary.

        :raises PureDriverException: it is on none of the configured arrays
        """
        own_id = volume.replication_driver_data
        if own_id:
            return self.member(own_id)
        if not volume.provider_id or self.is_following(volume):
            return self._serving
        return self._at(volume.provider_location)

    @staticmethod
    def is_following(volume):
        """Whether a volume goes where the backend goes."""
        return (not volume.replication_driver_data
                and volume.replication_status not in STAYING)

    def of_all(self, volumes):
        """The member that has all the volumes; the serving one for none.

        Those that were never made do not count.

        :raises PureGroupError: they are on several
        """
        members = {self.of(volume) for volume in volumes
                   if volume.provider_id}
        if len(members) > 1:
            raise exceptions.PureGroupError(_(
                'A group is on one array, but its volumes are on %s. Fail '
                'them over to one array, or take some out.') % ', '.join(
                    sorted(member.backend_id for member in members)))
        return members.pop() if members else self.serving

    def of_snapshot(self, snapshot):
        """The member that has a snapshot.

        One in a pod is wherever the pod is. Any other is not replicated with
        its volume, and stays on the array that made it.

        :raises PureDriverException: it is on none of the configured arrays
        """
        member = self.of(snapshot.volume)
        if member.holds_pod and naming.is_in_pod(
                snapshot.volume.provider_id or ''):
            array_id, _serial = split_location(snapshot.provider_location)
            found, _away = self._find(array_id, [
                other for other in self.members if not other.holds_pod])
            return member if found is None or found.holds_pod else found
        return self._at(snapshot.provider_location)

    def _at(self, text):
        """The member that a ``provider_location`` speaks of.

        If the array is not found but some are away, it is taken to be one of
        these, and its use tells that it is away.
        """
        array_id, _serial = split_location(text)
        if array_id is None:
            return self.primary
        found, away = self._find(array_id, self.members)
        if found or away:
            return found or away[0]
        raise exceptions.PureDriverException(_(
            'It is on the array with id %s, which is none of this backend. '
            'Configure that array as a replication_device again.') % array_id)

    def _find(self, array_id, members):
        """The one of that id; none is asked if any is known by it.

        :param members: those that may be asked
        :returns: Member or None, list of those that did not answer
        """
        if array_id is None:
            return None, []
        for member in self.members:
            known = member.gateway.known_array()
            if known and known.id == array_id:
                return member, []
        away = []
        for member in members:
            try:
                if member.gateway.get_array().id == array_id:
                    return member, []
            except errors.ArrayError as error:
                LOG.warning('Array %(member)s does not tell whether its id '
                            'is %(id)s: %(error)s',
                            {'member': member.backend_id, 'id': array_id,
                             'error': error})
                away.append(member)
        return None, away

    def pod_partners(self, member):
        """The other members of the pods that ``member`` holds."""
        if not member.holds_pod:
            return ()
        return tuple(other for other in self.members
                     if other.holds_pod and other is not member)

    def uniform_partners(self, member):
        """Those of the pod partners that hosts are to be connected to, too.

        ``uniform`` of a replication device is a statement about it and the
        primary, so it holds in either direction.
        """
        return tuple(other for other in self.pod_partners(member)
                     if other.is_uniform or member.is_uniform)
