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
"""Connections that were to be removed from an array while it was away.

Nothing is written down about them: a process that dies would lose it, and so
would a volume that is deleted. When the arrays of the pod are together again
they are compared with each other and with Cinder's database. A connection is
removed if everything says that nobody uses it:

* it belongs to a volume of this backend's pod, and to a host that a Cinder
  driver made;
* the machine does not have the volume on the other array;
* Cinder has no attachment of the volume on the machine, and is not at work
  on the volume; or the volume is destroyed.

This is done once after a start, and after this process met an array that did
not do as it was told.
"""

import enum

from cinder import context
from cinder import objects
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import naming

LOG = logging.getLogger(__name__)

# Cinder is at work on a volume of any other status, and may have attached it
# itself, which it does without an attachment.
QUIET_STATUSES = (fields.VolumeStatus.AVAILABLE, fields.VolumeStatus.IN_USE)
QUIET_MIGRATIONS = (None, 'success', 'error')


class Verdict(enum.Enum):
    """What becomes of a connection."""

    STALE = 'nobody uses it'
    USED = 'somebody uses it'
    UNCLEAR = 'to be looked at again'


class StaleConnections:
    """Finds what is left over on the arrays of the pod."""

    def __init__(self, fleet, pod):
        """:param pod: name of the pod"""
        self._fleet = fleet
        self._pod = pod
        self._suspects = {member for member in fleet.members
                          if fleet.pod_partners(member)}

    def note(self, member):
        """An array may have kept a connection."""
        if self._fleet.pod_partners(member):
            self._suspects.add(member)

    def clean_up(self, withdraw):
        """Remove what is left over, as soon as all arrays take part again.

        :param withdraw: removes; called with Member, models.Connection and a
            function that says, while nobody else can connect the host,
            whether it is still to be removed
        """
        serving = self._fleet.serving
        holders = (serving, *self._fleet.pod_partners(serving))
        suspects = self._suspects.intersection(holders)
        try:
            if suspects and self._is_whole(serving):
                self._suspects -= suspects
                if self._remove_stale(holders, suspects, withdraw):
                    self._suspects |= suspects
        except errors.ArrayError as error:
            self._suspects |= suspects
            LOG.warning('What may be left over of detached volumes is looked '
                        'for again later: %s', error)

    def _is_whole(self, serving):
        """Whether each array of the pod is in step, and so can be asked."""
        pod = serving.gateway.pods.find(self._pod)
        return pod is not None and all(array.status == 'online'
                                       for array in pod.arrays)

    def _remove_stale(self, holders, suspects, withdraw):
        """:returns: whether something has to be looked at again"""
        known = {member: member.gateway.connections.of_pod(self._pod)
                 for member in holders}
        verdicts = set()
        for member in suspects:
            elsewhere = [(other, connection) for other in holders
                         if other is not member for connection in known[other]]
            names = {(connection.host, connection.volume)
                     for _other, connection in elsewhere}
            for connection in known[member]:
                if (connection.host, connection.volume) in names or (
                        not naming.is_generated_host_name(connection.host)):
                    continue

                def is_stale(connection=connection):
                    verdict = self._verdict(member, connection, elsewhere)
                    verdicts.add(verdict)
                    return verdict is Verdict.STALE

                withdraw(member, connection, is_stale)
        return Verdict.UNCLEAR in verdicts

    def _verdict(self, member, connection, elsewhere):
        host = member.gateway.hosts.find(connection.host)
        if host is None or any(
                _is_same_machine(host, other.gateway.hosts.find(twin.host))
                for other, twin in elsewhere
                if twin.volume == connection.volume):
            return Verdict.USED
        volumes = objects.VolumeList.get_all(
            context.get_admin_context(),
            filters={'provider_id': connection.volume})
        if not volumes:
            is_live = member.gateway.volumes.find(connection.volume)
            return Verdict.USED if is_live else Verdict.STALE
        verdicts = {_verdict_of(volume, host) for volume in volumes}
        return next(verdict for verdict in (
            Verdict.USED, Verdict.UNCLEAR, Verdict.STALE)
            if verdict in verdicts)


def _verdict_of(volume, host):
    """What Cinder's row says of a models.Host that has the volume."""
    connectors = [attachment.connector
                  for attachment in volume.volume_attachment]
    if any(connector and _is_on_host(connector, host)
           for connector in connectors):
        return Verdict.USED
    if not all(connectors) or (
            volume.status not in QUIET_STATUSES
            or volume.migration_status not in QUIET_MIGRATIONS):
        return Verdict.UNCLEAR
    return Verdict.STALE


def _is_on_host(connector, host):
    """Whether a connector is that of the host's machine."""
    return bool(
        host.owned('iqn', filter(None, [connector.get('initiator')]))
        or host.owned('wwn', connector.get('wwpns') or ())
        or host.owned('nqn', filter(None, [connector.get('nqn')])))


def _is_same_machine(host, other):
    return other is not None and any(
        host.owned(kind, names) for kind, names in other.initiators.items())
