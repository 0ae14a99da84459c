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
"""Failing back to the primary, with all that was changed meanwhile."""

import uuid

from cinder import exception
from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder import fleet as fleets
from pure_cinder import naming
from pure_cinder import polling
from pure_cinder.replication import arming
from pure_cinder.replication import relocation
from pure_cinder.replication import targets

LOG = logging.getLogger(__name__)

# For what has changed since the last replication to arrive at the primary.
PATIENCE_S = 600
INTERVAL_S = 5
SNAPSHOT_PREFIX = 'failback-'


class Failback:
    """Brings volumes home.

    Volumes of a pod are home as soon as the primary's side of it is online.
    All others are replicated back first, and the primary's volumes get what
    their copies hold. Nothing is given up on either array before that: it
    can be done again at any time.
    """

    def __init__(self, fleet, config, relocator, attachments):
        """:param config: config.ReplicationConfig

        :param relocator: replication.relocation.Relocator
        """
        self._fleet = fleet
        self._config = config
        self._relocator = relocator
        self._attachments = attachments

    def run(self, volumes):
        """Have the primary able to serve, with nothing lost.

        :param volumes: objects.Volumes that are replicated
        :returns: relocation.Relocation
        :raises InvalidReplicationTarget: it is not possible now
        """
        primary, source = self._fleet.primary, self._fleet.serving
        _check_groups(volumes)
        self._check_pods(volumes)
        coming = [
            volume for volume in volumes if volume.provider_id
            and volume.replication_status not in fleets.STAYING
            and self._relocator.way(volume, primary) is relocation.Way.COPY]
        if coming:
            self._replicate_home(source, coming)
        moved = self._relocator.relocate(volumes, primary)
        if coming:
            names = [volume.provider_id for volume in coming
                     if volume.id in moved.served]
            self._retire(source, names, volumes)
        return moved

    def _check_pods(self, volumes):
        primary = self._fleet.primary
        pods = {naming.split_container(volume.provider_id)[0]
                for volume in volumes
                if naming.is_in_pod(volume.provider_id or '')}
        for pod in sorted(pods):
            status = targets.pod_status(primary, pod)
            if status != targets.ONLINE:
                raise exception.InvalidReplicationTarget(reason=_(
                    'Pod %(pod)s is %(status)s on %(array)s. Fail back when '
                    'it is online there.')
                    % {'pod': pod, 'status': status or _('not there'),
                       'array': primary.backend_id})

    def _replicate_home(self, source, volumes):
        primary, pgroup = self._fleet.primary, self._config.async_pgroup
        problems = arming.arm(source, pgroup, [primary], self._config.policy)
        if problems:
            raise exception.InvalidReplicationTarget(reason=_(
                'Nothing can be replicated to %(array)s: %(error)s')
                % {'array': primary.backend_id, 'error': problems[primary]})
        _gather(source, pgroup, [volume.provider_id for volume in volumes])
        taken = source.gateway.pgroups.create_snapshot(
            pgroup, SNAPSHOT_PREFIX + uuid.uuid4().hex[:12],
            replicate_now=True)
        replica = naming.on_target(arming.array_name(source), taken.name)
        if not polling.until(lambda: _has_arrived(primary, replica),
                             PATIENCE_S, INTERVAL_S):
            raise exception.InvalidReplicationTarget(reason=_(
                '%(name)s has not arrived completely on %(array)s within '
                '%(limit)s s. It goes on arriving; fail back again later.')
                % {'name': replica, 'array': primary.backend_id,
                   'limit': PATIENCE_S})

    def _retire(self, source, names, volumes):
        """Leave nothing behind that acts on what has come home.

        The copies stay until the next failover overwrites them: snapshots
        of Cinder may hang on them.
        """
        for step, args in (
                (self._delete_deleted, (source, volumes)),
                (self._remove_snapshots, (source,)),
                (source.gateway.pgroups.remove_volumes,
                 (self._config.async_pgroup, names)),
                (self._disconnect, (source, names))):
            try:
                step(*args)
            except exceptions.PureDriverException as error:
                LOG.warning('Something is left of the time when %(array)s '
                            'served: %(error)s',
                            {'array': source.backend_id, 'error': error})

    def _delete_deleted(self, source, volumes):
        """Destroy what was destroyed on the array that served meanwhile.

        It can be recovered as long as the array keeps it.
        """
        verbs = self._fleet.primary.gateway.volumes
        kept = {_leaf(volume.provider_id) for volume in volumes
                if volume.provider_id}
        gone = {volume.name for volume in
                source.gateway.volumes.list_destroyed()} - kept
        for pgroup in (self._config.async_pgroup,
                       self._config.trisync_pgroup):
            found = self._fleet.primary.gateway.pgroups.find(pgroup)
            for name in found.volumes if found else ():
                if _leaf(name) in gone:
                    LOG.info('Volume %(name)s was deleted on %(array)s; it '
                             'is destroyed on the primary, too.',
                             {'name': name, 'array': source.backend_id})
                    self._attachments.disconnect_all(
                        self._fleet.primary, name)
                    verbs.destroy(name)

    def _remove_snapshots(self, source):
        """Destroy what was taken to bring volumes home."""
        pgroup = self._config.async_pgroup
        replica = naming.on_target(arming.array_name(source), pgroup)
        for member, name in ((source, pgroup),
                             (self._fleet.primary, replica)):
            for snapshot in member.gateway.pgroups.list_snapshots(name):
                if snapshot.name.startswith(
                        naming.snapshot_name(name, SNAPSHOT_PREFIX)):
                    member.gateway.pgroups.destroy(snapshot.name)

    def _disconnect(self, source, names):
        """Take the copies from all machines: what they write is lost."""
        for name in source.gateway.volumes.list_connected() & set(names):
            LOG.warning('Volume %(name)s was still connected on %(array)s; '
                        'attach it again.',
                        {'name': name, 'array': source.backend_id})
            self._attachments.disconnect_all(source, name)


def _check_groups(volumes):
    """Volumes that their group took elsewhere come home with it."""
    for volume in volumes:
        if volume.replication_driver_data:
            raise exception.InvalidReplicationTarget(reason=_(
                'Group %(group)s was failed over by itself to %(array)s. '
                'Fail it back first.')
                % {'group': volume.group_id,
                   'array': volume.replication_driver_data})


def _gather(source, pgroup, names):
    """Make volumes members, as far as they are there."""
    try:
        relocation.add_members(source, pgroup, names)
    except (errors.ArrayNotFoundError, errors.ArrayPendingEradicationError):
        for name in names:
            try:
                source.gateway.pgroups.add_volumes(pgroup, [name])
            except (errors.ArrayNotFoundError,
                    errors.ArrayPendingEradicationError) as error:
                LOG.error('Volume %(name)s cannot be brought home: '
                          '%(error)s', {'name': name, 'error': error})


def _has_arrived(primary, replica):
    found = primary.gateway.pgroups.find_snapshot(replica,
                                                  with_transfer=True)
    return found is not None and found.is_complete


def _leaf(name):
    return naming.split_container(name)[1]
