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

from cinder import exception
from cinder.i18n import _

from pure_cinder.fleet import whereabouts as places
from pure_cinder.replication import relocation
from pure_cinder.replication import targets


class Failback:
    """Brings volumes home.

    Volumes of a pod are home as soon as the primary's side of it is online.
    All others are replicated back first, and the primary's volumes get what
    their copies hold. Nothing is given up on either array before that: it
    can be done again at any time.
    """

    def __init__(self, fleet, whereabouts, config, relocator,
                 replication_back):
        """:param whereabouts: whereabouts.Whereabouts

        :param config: config.ReplicationConfig
        :param relocator: replication.relocation.Relocator
        :param replication_back: replicating_back.ReplicationBack
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._config = config
        self._relocator = relocator
        self._replication_back = replication_back

    def run(self, volumes):
        """Have the primary able to serve, with nothing lost.

        :param volumes: objects.Volumes that are replicated
        :returns: relocation.Relocation
        :raises InvalidReplicationTarget: it is not possible now
        """
        primary, source = self._fleet.primary, self._fleet.serving
        _check_groups(volumes)
        self._check_switched(volumes)
        self._check_pods(volumes)
        coming = [
            volume for volume in volumes if volume.provider_id
            and places.is_following(volume)
            and self._relocator.way(volume, primary) is relocation.Way.COPY]
        pgroup = self._config.async_pgroup
        with self._replication_back.replicated(
                source, primary, pgroup,
                [volume.provider_id for volume in coming]) as replica:
            moved = self._relocator.relocate(volumes, primary,
                                             replica=replica)
            moved.check(volumes)
            home_pgroups = [pgroup, self._config.trisync_pgroup]
            if coming:
                names = {volume.id: volume.provider_id for volume in coming
                         if volume.id in moved.served}
                self._replication_back.check_unconnected(source,
                                                         names.values())
                self._relocator.remember(coming, moved)
                self._replication_back.retire(
                    source, moved, pgroup, names, home_pgroups)
            elif source is not primary:
                self._replication_back.delete_deleted(source, primary,
                                                      home_pgroups)
        return moved

    def _check_switched(self, volumes):
        """See that the array that serves has what is to come home."""
        for volume in volumes:
            place = self._whereabouts.place(volume)
            if place.state is places.State.UNFINISHED_SWITCH:
                raise exception.InvalidReplicationTarget(reason=_(
                    'Volume %(name)s was taken to another array by a failover '
                    'that was not finished. Fail over to that array again, '
                    'and then back.') % {'name': volume.provider_id})

    def _check_pods(self, volumes):
        primary = self._fleet.primary
        pods = {self._relocator.pod(volume, primary) for volume in volumes}
        for pod in sorted(filter(None, pods)):
            status = targets.pod_status(primary, pod)
            if status != targets.ONLINE:
                raise exception.InvalidReplicationTarget(reason=_(
                    'Pod %(pod)s is %(status)s on %(array)s. Fail back when '
                    'it is online there.')
                    % {'pod': pod, 'status': status or _('not there'),
                       'array': primary.backend_id})


def _check_groups(volumes):
    """Volumes that their group took elsewhere come home with it."""
    for volume in volumes:
        if volume.replication_driver_data:
            raise exception.InvalidReplicationTarget(reason=_(
                'Group %(group)s was failed over by itself to %(array)s. '
                'Fail it back first.')
                % {'group': volume.group_id,
                   'array': volume.replication_driver_data})
