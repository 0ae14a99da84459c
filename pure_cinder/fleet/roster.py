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
configuration, or stands in the rows of Cinder's database, see
:mod:`pure_cinder.fleet.whereabouts`. An array is asked for no more than its
id, and that only to find what is not where the others are.
"""

import dataclasses

from cinder import exception
from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import gateway as array_gateway
from pure_cinder import config
from pure_cinder.fleet import outages
from pure_cinder import options
from pure_cinder import parallel
from pure_cinder.types import specs

LOG = logging.getLogger(__name__)

FAILBACK = config.FAILBACK


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
    """The arrays of one backend.

    :ivar outages: outages.Outages, those that are away
    :ivar workers: parallel.Workers, for requests to any of them
    """

    def __init__(self, primary, targets=(), active_backend_id=None,
                 max_threads=options.MAX_THREADS):
        """:param active_backend_id: as Cinder's service row has it"""
        self.workers = parallel.Workers(max_threads)
        self.primary = primary
        self.targets = tuple(targets)
        self.members = (primary,) + self.targets
        self.outages = outages.Outages()
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
        return cls(primary, targets, active_backend_id,
                   backend_config.max_threads)

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

    def by_array_id(self, array_id, members=None):
        """The member that an array id belongs to.

        None is asked if any is known by it.

        :param array_id: None is nobody's
        :param members: those that may be asked; all unless given
        :returns: Member or None, list of those that did not answer
        """
        if array_id is None:
            return None, []
        for member in self.members:
            known = member.gateway.known_array()
            if known and known.id == array_id:
                return member, []
        away = []
        for member in self.members if members is None else members:
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

    def doubles_of(self, member):
        """The other members that are the same array.

        :returns: list of those whose id is known to be that of ``member``
        """
        array = member.gateway.known_array()
        return [other for other in self.members
                if array and other is not member
                and other.gateway.known_array()
                and other.gateway.known_array().id == array.id]

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
