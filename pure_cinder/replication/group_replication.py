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
"""Replication of the protection groups that stand for replicated groups."""

from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder.fleet import queries
from pure_cinder import naming
from pure_cinder.replication import pgroup_replication
from pure_cinder.types import specs

LOG = logging.getLogger(__name__)

# For an array to answer whether it can be replicated to.
LIMIT_S = 10

ENABLED = {'replication_status': fields.ReplicationStatus.ENABLED}
DISABLED = {'replication_status': fields.ReplicationStatus.DISABLED}


class GroupReplication:
    """Replication of the protection groups that stand for groups of Cinder.

    One in a pod is on both of its arrays; three sites add what it is sent
    to. One for asynchronous replication is sent to all other arrays.
    """

    def __init__(self, fleet, config, types, removal, trash):
        """:param config: config.ReplicationConfig

        :param types: group_types.GroupTypes
        :param removal: removal.VolumeRemoval
        """
        self._fleet = fleet
        self._config = config
        self._types = types
        self._removal = removal
        self._trash = trash

    def start(self, group, member):
        """Have a group's array replicate it.

        A target that is away does not keep the others from it.

        :returns: model update of the group
        """
        targets = self._targets(group, member)
        if targets is None:
            return ENABLED
        pgroup = self._types.pgroup(group, member)
        problems = _away(targets)
        problems |= pgroup_replication.start(
            member, pgroup,
            [target for target in targets if target not in problems],
            self._config.policy)
        for target, error in problems.items():
            LOG.error('Group %(group)s is not replicated from %(source)s to '
                      '%(target)s; enable its replication again when the '
                      'cause is gone: %(error)s',
                      {'group': group.id, 'source': member.backend_id,
                       'target': target.backend_id, 'error': error})
        return ENABLED if len(problems) < len(targets) else DISABLED

    def stop(self, group, member):
        """Have a group's array send it nowhere; what was sent stays.

        A pod goes on replicating all that is in it.
        """
        pgroup_replication.stop(member, self._types.pgroup(group, member))

    def turn(self, group, source, target):
        """Have a group sent from where it is now, and no more from before.

        The array where it was is left alone if it is away.
        """
        old = self._types.pgroup(group, source)
        try:
            self.start(group, target)
            if not _away([source]):
                pgroup_replication.stop(source, old)
        except exceptions.PureDriverException as error:
            LOG.warning('Group %(group)s is on %(target)s now, but not '
                        'replicated from there as it should be: %(error)s',
                        {'group': group.id, 'target': target.backend_id,
                         'error': error})

    def forget(self, group, volumes=()):
        """Destroy what stands for a group, on every array that is there.

        Besides its own protection group that is what replication made of
        it, to this side and back, and what a failover of the group left
        behind of its volumes.

        :param volumes: those that were deleted with the group
        """
        left = {naming.split_container(volume.provider_id)[1]
                for volume in volumes if volume.provider_id}
        for member in self._fleet.members:
            try:
                self._forget_at(group, member, left)
            except errors.ArrayError as error:
                LOG.warning('Group %(group)s is deleted, but what replication '
                            'made of it on %(member)s may stay: %(error)s',
                            {'group': group.id, 'member': member.backend_id,
                             'error': error})

    def _forget_at(self, group, member, left):
        pgroups = member.gateway.pgroups
        own = self._types.pgroup(group, member)
        for pgroup in pgroups.list_fitting(
                '*' + naming.group_name(group.id)):
            if pgroup.name == own:
                for name in pgroup.volumes:
                    if naming.split_container(name)[1] in left:
                        self._removal.delete_at(member, name)
            self._trash.delete(pgroups, pgroup.name)

    def _targets(self, group, member):
        """The arrays that a group is sent to; None if the pod is enough."""
        kinds = self._types.replications(group)
        if not member.holds_pod or specs.ReplicationType.ASYNC in kinds:
            return [other for other in self._fleet.members
                    if other is not member]
        if specs.ReplicationType.TRISYNC in kinds:
            return [other for other in self._fleet.members
                    if not other.holds_pod]
        return None


def _away(members):
    """Those of the arrays that do not answer, found without a long wait.

    :returns: dict of roster.Member to the PureDriverException
    """
    answers = queries.ParallelQuery(LIMIT_S).ask(
        lambda member: member.gateway.list_array_connections(), members)
    return {member: answer for member, answer in answers.items()
            if isinstance(answer, exceptions.PureDriverException)}
