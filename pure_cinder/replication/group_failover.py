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
"""Cinder's replication of groups: each goes to another array by itself.

The backend stays where it is. A group's volumes bear the id of their array
in ``replication_driver_data`` while it is another one than serves.
"""

from cinder import exception
from cinder.i18n import _
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder import exceptions
from pure_cinder.fleet import roster as fleets
from pure_cinder.fleet import whereabouts as places
from pure_cinder import naming
from pure_cinder.replication import failover
from pure_cinder.replication import group_replication
from pure_cinder.replication import received_snapshots
from pure_cinder.replication import relocation
from pure_cinder.replication import targets
from pure_cinder.types import group_types

LOG = logging.getLogger(__name__)

REFUSALS = (exceptions.PureDriverException,
            exception.InvalidReplicationTarget, exception.UnableToFailOver)
ERROR = {'replication_status': fields.ReplicationStatus.ERROR}
FAILED_OVER = {'replication_status': fields.ReplicationStatus.FAILED_OVER}


class GroupFailoverService:
    """Enables, disables and fails over single groups.

    All methods return a model update of the group and a list of those of its
    volumes. What is not possible is logged and returned as the error of the
    group: for an exception, Cinder would set all its volumes to ``error``,
    with which nothing is wrong.
    """

    def __init__(self, fleet, whereabouts, types, group_replication,
                 relocator, replication_back, retired_copies):
        """:param whereabouts: whereabouts.Whereabouts

        :param types: group_types.GroupTypes

        :param group_replication: group_replication.GroupReplication
        :param relocator: replication.relocation.Relocator
        :param replication_back: replicating_back.ReplicationBack
        :param retired_copies: retired_copies.RetiredCopies
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._types = types
        self._group_replication = group_replication
        self._relocator = relocator
        self._replication_back = replication_back
        self._retired_copies = retired_copies

    def enable(self, group, volumes):
        """Have the group replicated, as far as the arrays allow now."""
        try:
            self._only_consistent(group)
            member = self._whereabouts.member_of_all(volumes)
            update = self._group_replication.start(group, member)
        except REFUSALS as error:
            _log_refused(group, error)
            update = group_replication.DISABLED
        if update == group_replication.ENABLED:
            _log_done('Enabled replication of', group, member)
            return update, None
        return ERROR, [{'id': volume.id, **ERROR} for volume in volumes]

    def disable(self, group, volumes):
        """Have the group sent nowhere; what was sent stays.

        A pod goes on replicating it, but Cinder counts it as not replicated.
        """
        try:
            self._only_consistent(group)
            member = self._whereabouts.member_of_all(volumes)
            self._group_replication.stop(group, member)
        except REFUSALS as error:
            _log_refused(group, error)
            return ERROR, [{'id': volume.id, **ERROR} for volume in volumes]
        _log_done('Disabled replication of', group, member)
        return group_replication.DISABLED, None

    def failover(self, group, volumes, target_id):
        """Take the group to another array, or back to where all others are.

        :param target_id: ``backend_id`` of it; None for the best one,
            ``default`` to go back with all that was changed meanwhile. That
            array's own id goes back with what has arrived there, which is
            all that is left if the array where the group is has died, too.
        """
        is_failback = target_id == fleets.FAILBACK
        try:
            self._only_consistent(group)
            target = self._choose(group, volumes, target_id)
            moved = self._move(group, volumes, target, is_failback)
        except REFUSALS as error:
            _log_refused(group, error)
            # Cinder lets no volume that is failed-over out of a group that
            # is in error.
            return ERROR, [
                {'id': volume.id, **(
                    ERROR if self._is_elsewhere(volume)
                    else group_replication.ENABLED)} for volume in volumes]
        _log_done('Failed back' if is_failback else 'Failed over', group,
                  target)
        updates = [{'id': volume.id,
                    **self._update(volume, moved, _status(is_failback))}
                   for volume in volumes]
        return _status(is_failback), updates

    def _only_consistent(self, group):
        if not self._types.is_consistent(group):
            raise exceptions.PureUnsupportedError(_(
                "No protection group stands for it: its type has no %s='<is> "
                "True'.") % group_types.CONSISTENCY_KEY)

    def _own_id(self, member):
        """What tells in a volume's row that it is on that array."""
        return None if member is self._fleet.serving else member.backend_id

    def _is_elsewhere(self, volume):
        try:
            return self._whereabouts.member(volume) is not self._fleet.serving
        except REFUSALS:
            # That it is nowhere can be the error that is being told.
            return True

    def _choose(self, group, volumes, target_id):
        """:returns: roster.Member to go to"""
        if target_id == fleets.FAILBACK:
            return self._fleet.serving
        source = self._whereabouts.member_of_all(volumes)
        if not target_id:
            return self._best(group, volumes, source)
        target = self._fleet.member(target_id)
        if target is source:
            raise exception.InvalidReplicationTarget(reason=_(
                'It is on %s already.') % target_id)
        return target

    def _best(self, group, volumes, source):
        pgroup = self._types.pgroup(group, source)
        array_id = next((places.array_id(volume)
                         for volume in volumes), None)

        def view(member):
            if naming.is_in_pod(pgroup) and member.holds_pod:
                return targets.TargetView(member, targets.pod_status(
                    member, naming.split_container(pgroup)[0]))
            received = received_snapshots.ReceivedSnapshots(member)
            newest = next(iter(received.snapshots(pgroup, array_id)), None)
            return targets.TargetView(member, replicas={
                pgroup: newest and targets.Replica(True, True, newest)},
                retired=tuple(self._retired_copies.notes(
                    member, self._types.pgroup(group, member))))

        return targets.choose(view, [member for member in self._fleet.members
                                     if member is not source])

    def _move(self, group, volumes, target, is_failback):
        """Have the volumes on the array, those that are elsewhere yet.

        :returns: relocation.Relocation
        """
        leaving = [volume for volume in volumes
                   if self._whereabouts.member(volume) is not target]
        if not leaving:
            return relocation.Relocation(target)
        source = self._whereabouts.member_of_all(leaving)
        pgroup = self._types.pgroup(group, source)
        copied = {volume.id: volume.provider_id for volume in leaving
                  if volume.provider_id and self._relocator.way(
                      volume, target) is relocation.Way.COPY}
        with self._replication_back.replicated(
                source, target, pgroup,
                list(copied.values()) if is_failback else ()) as replica:
            moved = self._relocator.relocate(leaving, target, pgroup, replica)
            if moved.lost and (is_failback or not moved.served):
                raise exception.InvalidReplicationTarget(
                    reason=next(iter(moved.lost.values())))
            if copied and is_failback:
                self._replication_back.check_unconnected(source,
                                                         copied.values())
                self._replication_back.retire(
                    source, moved, pgroup, copied,
                    home_pgroups=[self._types.pgroup(group, target)])
            if copied:
                self._group_replication.turn(group, source, target)
        return moved

    def _update(self, volume, moved, status):
        """What Cinder keeps of a volume.

        If the ``replication_status`` of one were an error, Cinder would have
        the group in error, which then could not come back.
        """
        if volume.id in moved.lost:
            return failover.lost_update(volume, moved) | status
        if volume.id not in moved.served:
            return status
        return {**failover.served_update(volume, moved,
                                         status['replication_status']),
                'replication_driver_data': self._own_id(moved.target)}


def _status(is_failback):
    return group_replication.ENABLED if is_failback else FAILED_OVER


def _log_done(done, group, member):
    LOG.info('%(done)s group %(id)s on array %(array)s.',
             {'done': done, 'id': group.id,
              'array': member.gateway.array_name})


def _log_refused(group, error):
    LOG.error('The replication of group %(id)s is not changed: %(error)s',
              {'id': group.id, 'error': error})
