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
"""Where volumes are found, or made, when another array is to serve them.

Nothing is asked of the array that served them until now. What a volume's row
tells and what the other array holds decide:

* A volume in a pod is there already, if the other array holds the pod and
  its side of it is online. No data is moved.
* One that an earlier failover could not take along is there, if it stayed on
  the array that is to serve now.
* Any other is made of the newest complete snapshot that has arrived there, or
  of what was there when it had come home, if nothing newer has arrived since.
"""

import dataclasses
import enum
import functools

from cinder import exception
from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import link
from pure_cinder.array import models
from pure_cinder import exceptions
from pure_cinder.fleet import roster
from pure_cinder.fleet import whereabouts as places
from pure_cinder import naming
from pure_cinder.replication import pgroup_replication
from pure_cinder.replication import promotion
from pure_cinder.replication import received_snapshots
from pure_cinder.replication import targets
from pure_cinder.types import specs
from pure_cinder.volumes import rows

LOG = logging.getLogger(__name__)


class Way(enum.Enum):
    """How a volume gets to another array."""

    POD = 'it is there, in its pod'
    STAYED = 'it is there, left by an earlier failover'
    COPY = 'it is made of what has arrived'


@dataclasses.dataclass(frozen=True)
class Served:
    """A volume that the other array can serve.

    :ivar wanted: specs.VolumeSpecs of its type
    :ivar snapshot: models.PgroupSnapshot that it was made of, or None
    """

    volume: models.Volume
    wanted: specs.VolumeSpecs
    snapshot: models.PgroupSnapshot | None = None


@dataclasses.dataclass(frozen=True)
class Relocation:
    """What became of each volume, by its id in Cinder.

    :ivar lost: why the other array cannot serve it
    """

    target: roster.Member
    served: dict[str, Served] = dataclasses.field(default_factory=dict)
    lost: dict[str, str] = dataclasses.field(default_factory=dict)

    def check(self, volumes):
        """See that not all that was made is lost.

        :returns: list of why, for each volume that was made and is lost
        :raises InvalidReplicationTarget: none of them is served
        """
        lost = [self.lost[volume.id] for volume in volumes
                if volume.provider_id and volume.id in self.lost]
        if lost and not self.served:
            raise exception.InvalidReplicationTarget(reason=_(
                '%(target)s could serve none of the volumes. %(reason)s')
                % {'target': self.target.backend_id, 'reason': lost[0]})
        return lost


class Relocator:
    """Takes volumes to another array of the fleet."""

    def __init__(self, fleet, whereabouts, config, types, group_types, names,
                 promoter, retired_copies):
        """:param whereabouts: whereabouts.Whereabouts

        :param config: config.ReplicationConfig
        :param types: volume_types.VolumeTypes
        :param group_types: group_types.GroupTypes
        :param names: names.Names
        :param promoter: promotion.Promoter
        :param retired_copies: retired_copies.RetiredCopies
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._config = config
        self._types = types
        self._group_types = group_types
        self._names = names
        self._promoter = promoter
        self._retired_copies = retired_copies

    def relocate(self, volumes, target, group_pgroup=None, replica=None):
        """Find or make the volumes on another array; may be done again.

        A volume that was taken elsewhere with its group is left out, unless
        it is the group that is relocated.

        :param volumes: objects.Volumes
        :param target: roster.Member
        :param group_pgroup: full name of the protection group that stands
            for the group of all of them, to be used in place of those of
            their types
        :param replica: name of the group's snapshot on the target to make
            volumes of, in place of the newest
        :returns: Relocation
        :raises ArrayError: the array is away, or does not do as it should
        """
        if group_pgroup is None:
            volumes = [volume for volume in volumes
                       if not volume.replication_driver_data]
        self._retired_copies.reserve(target)
        relocation = Relocation(target)
        by_way = {way: [] for way in Way}
        for volume in self._known(volumes, relocation):
            by_way[self.way(volume, target)].append(volume)
        self._look_into_pods(by_way[Way.POD], relocation)
        self._look_for(by_way[Way.STAYED], relocation)
        self._promote(by_way[Way.COPY], relocation, group_pgroup, replica)
        return relocation

    @staticmethod
    def remember(volumes, relocation):
        """Write into rows that they are at home before Cinder does.

        A process that dies before Cinder has written them starts where they
        are; rows that speak of another array would be refused there.

        :param volumes: objects.Volumes
        """
        for volume in volumes:
            served = relocation.served.get(volume.id)
            if served:
                volume.provider_location = places.location(
                    relocation.target, served.volume.serial)
                rows.save(volume)

    def way(self, volume, target):
        """The Way that a volume, which has a name, gets to an array."""
        if target.holds_pod and naming.is_in_pod(volume.provider_id):
            return Way.POD
        return Way.STAYED if self._whereabouts.is_at(
            volume, target) else Way.COPY

    def pod(self, volume, target):
        """Name of the pod that a volume is in on an array, or None."""
        if not target.holds_pod:
            return None
        if naming.is_in_pod(volume.provider_id or ''):
            return naming.split_container(volume.provider_id)[0]
        return self._types.placement(
            self._types.specs_or_default(volume), target).pod

    @staticmethod
    def _known(volumes, relocation):
        known = []
        for volume in volumes:
            if volume.provider_id:
                known.append(volume)
            else:
                relocation.lost[volume.id] = _(
                    'It has never been made on an array.')
        return known

    def _look_into_pods(self, volumes, relocation):
        member, by_pod = relocation.target, {}
        for volume in volumes:
            pod, _leaf = naming.split_container(volume.provider_id)
            by_pod.setdefault(pod, []).append(volume)
        for pod, inside in by_pod.items():
            status = targets.pod_status(member, pod)
            found = {} if status != targets.ONLINE else {
                known.name: known for known in
                member.gateway.volumes.list_fitting(
                    naming.in_pod(pod, '*'))}
            for volume in inside:
                self._settle(
                    relocation, volume, found.get(volume.provider_id),
                    _('Its pod %(pod)s is %(status)s on %(array)s.')
                    if status != targets.ONLINE else
                    _('It is not in pod %(pod)s on %(array)s.'),
                    pod=pod, status=status or _('not there'))

    def _look_for(self, volumes, relocation):
        verbs = relocation.target.gateway.volumes
        found = self._fleet.workers.run(
            functools.partial(verbs.find, volume.provider_id)
            for volume in volumes)
        for volume, known in zip(volumes, found):
            self._settle(relocation, volume, known, _(
                'Array %(array)s, where it stayed, has no volume %(name)s.'),
                name=volume.provider_id)

    def _settle(self, relocation, volume, found, reason, **names):
        if found:
            relocation.served[volume.id] = Served(
                found, self._types.specs_or_default(volume))
        else:
            relocation.lost[volume.id] = reason % dict(
                names, array=relocation.target.backend_id)

    def _promote(self, volumes, relocation, group_pgroup, replica):
        target = relocation.target
        received = received_snapshots.ReceivedSnapshots(
            target, replica, self._retired_copies.notes(target)
            if volumes and not replica else ())
        planned = []
        for volume in volumes:
            try:
                planned.append((volume, *self._plan(
                    volume, target, received, group_pgroup)))
            except exceptions.PureReplicationError as error:
                relocation.lost[volume.id] = str(error)
        made = self._promoter.promote(
            target, [job for _volume, job, _snapshot in planned])
        placed = []
        for volume, job, snapshot in planned:
            if isinstance(made[job], exceptions.PureDriverException):
                relocation.lost[volume.id] = str(made[job])
            else:
                relocation.served[volume.id] = Served(
                    made[job], job.wanted, snapshot)
                placed.append((volume, job))
        self._protect(placed, target, is_group=group_pgroup is not None)

    def _plan(self, volume, target, received, group_pgroup):
        """:returns: promotion.Promotion, models.PgroupSnapshot of it

        :raises PureReplicationError: nothing of the volume has arrived
        """
        pgroup = group_pgroup or (
            self._config.trisync_pgroup
            if naming.is_in_pod(volume.provider_id)
            else self._config.async_pgroup)
        array_id = self._whereabouts.last_array_id(volume)
        name = self._names.name_at(volume, target)
        snapshot, source = received.find(pgroup, array_id, volume.provider_id,
                                         name)
        wanted = self._types.specs_or_default(volume)
        if snapshot is None:
            raise exceptions.PureReplicationError(_why_not(
                wanted, target, pgroup, received.snapshots(pgroup, array_id)))
        _container, leaf = naming.split_container(volume.provider_id)
        return promotion.Promotion(
            source, name, volume.size, wanted,
            may_overwrite=self._names.is_own_name(volume, leaf)), snapshot

    def _protect(self, placed, target, is_group):
        """Have new volumes replicated from there; later is soon enough.

        The groups of their types are for those that the backend serves. The
        backend's own is there for what will be created, too.
        """
        members = {} if is_group else {self._config.async_pgroup: []}
        for volume, job in placed:
            pgroups = self._group_types.pgroups_of(volume, target)
            if not is_group or target is self._fleet.serving:
                pgroups += self._types.placement(job.wanted, target).pgroups
            for pgroup in pgroups:
                members.setdefault(pgroup, []).append(job.name)
        for pgroup, names in members.items():
            try:
                pgroup_replication.ensure_pgroup(target, pgroup)
                add_members(target, pgroup, names)
            except exceptions.PureDriverException as error:
                LOG.warning('Volumes on %(array)s are not in protection '
                            'group %(pgroup)s: %(error)s',
                            {'array': target.backend_id, 'pgroup': pgroup,
                             'error': error})


def add_members(member, pgroup, names):
    """Make any number of volumes members of a protection group."""
    for some in link.portions(names):
        member.gateway.pgroups.add_volumes(pgroup, some)


def remove_members(member, pgroup, names):
    """Take any number of volumes out of a protection group."""
    for some in link.portions(names):
        member.gateway.pgroups.remove_volumes(pgroup, some)


def _why_not(wanted, target, pgroup, snapshots):
    """Why nothing of a volume has arrived."""
    names = {'array': target.backend_id, 'pgroup': pgroup}
    if wanted.replication is specs.ReplicationType.SYNC and (
            not target.holds_pod):
        return _('Its type is replicated synchronously, and %(array)s is '
                 'none of the arrays of its pod.') % names
    if not snapshots:
        return _('No snapshot of protection group %(pgroup)s has arrived '
                 'completely on %(array)s.') % names
    return _('%(snapshot)s of %(created)s, the newest complete snapshot on '
             '%(array)s, does not have it.') % dict(
                 names, snapshot=snapshots[0].name,
                 created=snapshots[0].created)
