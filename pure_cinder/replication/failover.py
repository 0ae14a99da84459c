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
"""Failing over, and telling Cinder what became of each volume."""

from cinder import exception
from cinder.i18n import _
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder import exceptions
from pure_cinder.fleet import roster as fleets
from pure_cinder.volumes import rows

LOG = logging.getLogger(__name__)

# The column in Cinder's database.
MAX_REASON_LENGTH = 255
STATUS_ERROR = 'error'


class FailoverService:
    """Another array serves; which one does, Cinder remembers."""

    def __init__(self, fleet, targets, relocator, failback, retired_copies):
        """:param targets: replication.targets.Targets

        :param relocator: replication.relocation.Relocator
        :param failback: replication.failback.Failback
        :param retired_copies: replication.retired_copies.RetiredCopies
        """
        self._fleet = fleet
        self._targets = targets
        self._relocator = relocator
        self._failback = failback
        self._retired_copies = retired_copies

    def failover(self, volumes, target_id, groups):
        """Have another array able to serve; nothing is switched yet.

        What was begun and not finished is gone on with when it is done
        again. The array that serves now is asked nothing, unless to fail
        back.

        :param volumes: objects.Volumes that are replicated
        :param target_id: ``backend_id`` of it; None for the best one,
            ``default`` to bring everything home to the primary
        :param groups: objects.Groups that are replicated
        :returns: ``backend_id``, volume updates, group updates
        :raises InvalidReplicationTarget: it cannot serve; all stays as it is
        """
        volumes, is_failback = list(volumes), target_id == fleets.FAILBACK
        try:
            target = self._choose(target_id)
            with self._retired_copies.released_on_failure(target):
                # Without volumes, nothing else would tell that it is away.
                target.gateway.get_space()
                relocation = (self._failback.run(volumes) if is_failback
                              else self._relocator.relocate(volumes, target))
                lost = relocation.check(volumes)
        except (exceptions.PureDriverException,
                exception.UnableToFailOver) as error:
            raise exception.InvalidReplicationTarget(reason=_(
                'Nothing was switched: %s') % error) from error
        status = (fields.ReplicationStatus.ENABLED if is_failback
                  else fields.ReplicationStatus.FAILED_OVER)
        updates = [{'volume_id': volume.id,
                    'updates': self._update(volume, relocation, status)}
                   for volume in volumes if volume.id in relocation.served
                   or volume.id in relocation.lost]
        LOG.info('%(done)s %(served)d volumes to array %(array)s; %(lost)d '
                 'stayed behind.',
                 {'done': 'Failed back' if is_failback else 'Failed over',
                  'served': len(relocation.served),
                  'lost': len(lost),
                  'array': target.gateway.array_name})
        return (fleets.FAILBACK if is_failback else target.backend_id,
                updates, _group_updates(groups, volumes, relocation, status))

    def complete(self, backend_id):
        """Have the array of that id serve, as Cinder has remembered it.

        :param backend_id: empty or ``default`` is the primary
        """
        self._fleet.serve_from(backend_id)
        self._retired_copies.forget(self._fleet.serving)
        LOG.info('Array %s serves the backend now.',
                 self._fleet.serving.gateway.array_name)

    def _choose(self, target_id):
        if not target_id:
            return self._targets.choose(self._retired_copies.notes)
        target = self._fleet.member(target_id)
        if target is self._fleet.serving and target_id != fleets.FAILBACK:
            raise exception.InvalidReplicationTarget(reason=_(
                '%s serves already.') % target_id)
        return target

    def _update(self, volume, relocation, status):
        if volume.id in relocation.lost:
            return lost_update(volume, relocation)
        update = served_update(volume, relocation, status)
        if _was_broken(volume):
            update['status'] = _status_before(volume)
        return update


def lost_update(volume, relocation):
    """What Cinder keeps of a volume that could not be taken along."""
    reason = relocation.lost[volume.id]
    LOG.error('Volume %(id)s cannot be served by %(target)s: %(reason)s',
              {'id': volume.id, 'reason': reason,
               'target': relocation.target.backend_id})
    return {'status': STATUS_ERROR,
            'replication_status': fields.ReplicationStatus.FAILOVER_ERROR,
            'replication_extended_status': reason[:MAX_REASON_LENGTH]}


def served_update(volume, relocation, status):
    """What Cinder keeps of a volume that is on another array now.

    :param status: its ``replication_status`` there
    """
    served = relocation.served[volume.id]
    update = rows.model_update(volume, relocation.target, served.volume,
                               served.wanted)
    del update['id']
    return {**update, 'replication_status': status,
            'replication_extended_status': _origin(served)}


def _origin(served):
    """What a volume holds, for an operator; None if it lost nothing."""
    if served.snapshot is None:
        return None
    return _('As of %(created)s, from %(name)s') % {
        'created': served.snapshot.created, 'name': served.snapshot.name}


def _was_broken(row):
    """Whether an earlier failover put a volume, or a group, in error."""
    return (row.status == STATUS_ERROR and row.replication_status
            == fields.ReplicationStatus.FAILOVER_ERROR)


def _status_before(volume):
    if volume.previous_status not in (None, STATUS_ERROR):
        return volume.previous_status
    return 'in-use' if volume.volume_attachment else 'available'


def _group_updates(groups, volumes, relocation, status):
    """A group is served if all of its volumes are."""
    broken = {volume.group_id for volume in volumes
              if volume.id in relocation.lost}
    updates = []
    for group in groups or ():
        if group.id in broken:
            update = {'status': STATUS_ERROR, 'replication_status':
                      fields.ReplicationStatus.FAILOVER_ERROR}
        else:
            update = {'replication_status': status}
            if _was_broken(group):
                update['status'] = fields.GroupStatus.AVAILABLE
        updates.append({'group_id': group.id, 'updates': update})
    return updates
