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
"""What the other arrays could serve, if the one that serves were gone.

Only they themselves are asked, so that it can be told when that one is dead.
"""

import dataclasses

from cinder import exception
from cinder.i18n import _

from pure_cinder.array import models
from pure_cinder import exceptions
from pure_cinder.fleet import outages
from pure_cinder.fleet import queries
from pure_cinder.fleet import roster
from pure_cinder import naming
from pure_cinder.replication import peers
from pure_cinder.replication import received_snapshots

ONLINE = 'online'
# For the answers of all targets when one is to be chosen.
CHOICE_LIMIT_S = 60


@dataclasses.dataclass(frozen=True)
class Replica:
    """A protection group as its target has it.

    :ivar newest: newest models.PgroupSnapshot that has arrived as a whole,
        or None
    """

    is_allowed: bool
    has_volumes: bool
    newest: models.PgroupSnapshot | None


@dataclasses.dataclass(frozen=True)
class TargetView:
    """What an array tells of itself as a target.

    :ivar pod_status: its own in the pod, see models.PodMember; None if it
        is not, or need not be, one of its arrays
    :ivar replicas: by the group's name where it comes from; None for one
        that has not appeared
    :ivar retired: models.PgroupSnapshots of what it held when that had come
        home from it
    :ivar error: why it tells nothing, or None
    """

    member: roster.Member
    pod_status: str | None = None
    replicas: dict[str, Replica | None] = dataclasses.field(
        default_factory=dict)
    retired: tuple[models.PgroupSnapshot, ...] = ()
    error: exceptions.PureDriverException | None = None

    @property
    def is_away(self):
        return isinstance(self.error, (
            *outages.AWAY_ERRORS,
            exceptions.PureNoAnswerInTimeError))

    @property
    def is_pod_online(self):
        return self.pod_status == ONLINE

    @property
    def newest(self):
        """Newest usable models.PgroupSnapshot of any group, or None."""
        arrived = [replica.newest for replica in self.replicas.values()
                   if replica and replica.newest]
        return max([*arrived, *self.retired],
                   key=lambda snapshot: snapshot.created, default=None)

    @property
    def reason(self):
        """Why the array could not serve, or None if it could."""
        if self.error:
            return exceptions.cause_of(self.error)
        if self.is_pod_online or self.newest:
            return None
        return _('its pod is %(status)s, and no protection group snapshot '
                 'has arrived completely') % {
                     'status': self.pod_status or _('not there')}


class Targets:
    """The arrays that could serve in place of the one that does."""

    def __init__(self, fleet, config):
        """:param config: config.ReplicationConfig"""
        self._fleet = fleet
        self._config = config

    @property
    def others(self):
        """:returns: tuple of all fleet.Members but the one that serves"""
        return tuple(member for member in self._fleet.members
                     if member is not self._fleet.serving)

    def view(self, member):
        """What one of the others tells of itself.

        :returns: TargetView
        :raises ArrayError: it does not answer, or refuses
        """
        serving, status = self._fleet.serving, None
        pgroups = [self._config.async_pgroup]
        if serving.holds_pod and member.holds_pod:
            status = pod_status(member, self._config.pod)
        elif serving.holds_pod and self._config.is_trisync:
            pgroups.append(self._config.trisync_pgroup)
        return TargetView(member, status, {
            pgroup: self.replica(member, pgroup) for pgroup in pgroups})

    def replica(self, member, pgroup):
        """A protection group of the array that serves, as another has it.

        :param pgroup: its name on the array that serves
        :returns: Replica, or None if there is none
        """
        groups = self._groups(member, pgroup)
        arrived = filter(None, (
            received_snapshots.newest_complete(member, group.name)
            for group in groups))
        return Replica(
            is_allowed=any(own.is_allowed for own in (
                peers.own_target(member, group) for group in groups) if own),
            has_volumes=any(group.volumes for group in groups),
            newest=max(arrived, default=None,
                       key=lambda snapshot: snapshot.created),
        ) if groups else None

    def _groups(self, member, pgroup):
        """What another array has of a group of the one that serves.

        That one is not asked. If it has been away since the start, so that
        its name is not known, any array's group of the name is taken for its
        own: better a target too many than none in a disaster.

        :returns: list of models.Pgroup
        """
        pgroups = member.gateway.pgroups
        if naming.is_in_pod(pgroup):
            found = pgroups.find(naming.on_target(None, pgroup))
        elif self._fleet.serving.gateway.known_array():
            found = peers.find_replica(member, self._fleet.serving, pgroup)
        else:
            return pgroups.list_fitting(naming.on_target('*', pgroup))
        return [found] if found else []

    def choose(self, notes):
        """The array that volumes should fail over to now; see ``choose``.

        :param notes: called with a roster.Member and a protection group,
            returns what that held itself, see RetiredCopies
        """
        pgroup = self._config.async_pgroup
        return choose(
            lambda member: dataclasses.replace(
                self.view(member), retired=tuple(notes(member, pgroup))),
            self.others)


def look(asking, view, members):
    """What arrays tell of themselves.

    :param asking: queries.ParallelQuery
    :param view: called with each roster.Member, returns TargetView
    :returns: list of TargetView, in the order of the members
    """
    return [answer if isinstance(answer, TargetView)
            else TargetView(member, error=answer)
            for member, answer in asking.ask(view, members).items()]


def choose(view, members):
    """The array that could serve best.

    One with an online copy in the pod loses nothing; of the others, that
    with the newest complete snapshot loses least.

    :param view: called with each roster.Member, returns TargetView
    :returns: roster.Member
    :raises UnableToFailOver: none could serve; tells why of each
    """
    views = look(queries.ParallelQuery(CHOICE_LIMIT_S), view, members)
    best = best_of(views)
    if best is None:
        raise exception.UnableToFailOver(reason=_(
            'None of the arrays could serve: %s.') % '; '.join(
                '%s: %s' % (view.member.backend_id, view.reason)
                for view in views))
    return best.member


def pod_status(member, pod):
    """Status that an array tells of its own side of a pod.

    :param pod: name of the pod
    :returns: see models.PodMember; None if the array does not hold it
    """
    found = member.gateway.pods.find(pod)
    own = found and found.member(member.gateway.get_array().id)
    return own.status if own else None


def best_of(views):
    """See choose.

    :param views: TargetViews
    :returns: one of them, or None
    """
    for view in views:
        if view.is_pod_online:
            return view
    return max((view for view in views if view.newest),
               key=lambda view: view.newest.created, default=None)
