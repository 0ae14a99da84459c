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
"""Making volumes of what replication has brought, many at once."""

import dataclasses
import functools

from cinder.i18n import _
from oslo_log import log as logging
from oslo_utils import units

from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder import exceptions
from pure_cinder.fleet import outages
from pure_cinder import naming
from pure_cinder.types import specs

LOG = logging.getLogger(__name__)

# For fewer volumes, the array is not asked for all that it has.
WORTH_A_LOOK = 10

# What concerns the array as a whole, and not the one volume.
ARRAY_IS_AWAY = (*outages.AWAY_ERRORS, errors.ArrayProtocolError,
                 errors.ArrayAuthenticationError, errors.ArrayPermissionError)


@dataclasses.dataclass(frozen=True)
class Promotion:
    """A volume that is to have the content of a snapshot.

    :ivar source: full name of the volume snapshot
    :ivar name: full name of the volume
    :ivar size_gib: of the volume; the snapshot may be from before it grew
    :ivar wanted: specs.VolumeSpecs of its type
    :ivar may_overwrite: whether a volume of that name is known to be ours
    """

    source: str
    name: str
    size_gib: int
    wanted: specs.VolumeSpecs
    may_overwrite: bool


class Promoter:
    """Promotes snapshots to volumes; doing it again does no harm."""

    def __init__(self, workers, volumes, volume_groups, attachments):
        """:param workers: parallel.Workers

        :param volumes: volumes.VolumeService
        :param volume_groups: volume_groups.VolumeGroupService
        """
        self._workers = workers
        self._volumes = volumes
        self._volume_groups = volume_groups
        self._attachments = attachments

    def promote(self, member, promotions):
        """Make the volumes, several at a time.

        A volume that cannot be made does not keep the others from it.

        :param member: roster.Member that has the snapshots
        :returns: dict of Promotion to models.Volume, or to the
            PureDriverException that was in the way
        :raises ArrayError: the array itself is away
        """
        there = self._look_for_copies(member, promotions)
        made = self._workers.run(
            functools.partial(self._attempt, member, promotion,
                              there.get(promotion.name))
            for promotion in promotions)
        return dict(zip(promotions, made))

    def _look_for_copies(self, member, promotions):
        """What earlier failovers left, asked for at once if it may be many.

        What comes or goes afterwards is noticed by each promotion itself.

        :returns: dict of name to array.volumes.Overwritten
        """
        names = [promotion.name for promotion in promotions
                 if promotion.may_overwrite
                 and not naming.is_in_pod(promotion.name)]
        if len(names) < WORTH_A_LOOK or not (
                member.gateway.volumes.is_taken(names[0])):
            return {}
        return link.unless_missing(member.gateway.volumes.copies_among,
                                   self._workers, names) or {}

    def _attempt(self, member, promotion, copy):
        try:
            if copy and not copy.is_connected:
                return self._renew(member, promotion, copy)
            return self._promote(member, promotion)
        except ARRAY_IS_AWAY:
            raise
        except exceptions.PureDriverException as error:
            return error

    def _renew(self, member, promotion, copy):
        """Overwrite a copy that nobody is connected to.

        :param copy: array.volumes.Overwritten
        """
        volumes = member.gateway.volumes
        try:
            made = volumes.copy(promotion.source, promotion.name,
                                overwrite=True, before=copy)
        except (errors.ArrayRefusal, errors.ArrayNoEffectError):
            return self._promote(member, promotion)
        if copy.qos != promotion.wanted.qos:
            self._limit(member, made.name, promotion.wanted.qos)
        self._grow(volumes, promotion, made)
        return made

    def _promote(self, member, promotion):
        try:
            return self._promote_once(member, promotion)
        except errors.ArrayNoEffectError:
            return self._promote_once(member, promotion)

    def _promote_once(self, member, promotion):
        verbs = member.gateway.volumes
        qos = promotion.wanted.qos
        try:
            made = self._volume_groups.put(
                member, promotion.wanted,
                lambda: verbs.copy(promotion.source, promotion.name))
        except (errors.ArrayAlreadyExistsError,
                errors.ArrayPendingEradicationError) as error:
            made = self._overwrite(member, promotion, error)
            self._limit(member, made.name, qos)
        else:
            if qos != specs.UNLIMITED:
                self._limit(member, made.name, qos)
        self._grow(verbs, promotion, made)
        return made

    @staticmethod
    def _grow(volumes, promotion, made):
        size_bytes = promotion.size_gib * units.Gi
        if made.size_bytes < size_bytes:
            volumes.extend(made.name, size_bytes)

    def _limit(self, member, name, qos):
        """Limit a volume; one without limits is better than none."""
        try:
            self._volumes.apply_qos(member, name, qos)
        except ARRAY_IS_AWAY:
            raise
        except exceptions.PureDriverException as error:
            LOG.warning('Volume %(name)s on %(array)s has not the limits of '
                        'its type: %(error)s',
                        {'name': name, 'array': member.backend_id,
                         'error': error})

    def _overwrite(self, member, promotion, refusal):
        """Overwrite what an earlier failover, or failback, left.

        Whoever is connected to it still would see its content change.
        """
        if not promotion.may_overwrite:
            raise exceptions.PureReplicationError(_(
                'FlashArray %(array)s has another volume %(name)s. Rename it '
                'there, and fail over again.')
                % {'array': member.gateway.get_array().name,
                   'name': promotion.name})
        volumes = member.gateway.volumes
        if isinstance(refusal, errors.ArrayPendingEradicationError):
            volumes.recover(promotion.name)
        self._attachments.disconnect_all(member, promotion.name)
        return volumes.copy(promotion.source, promotion.name, overwrite=True)
