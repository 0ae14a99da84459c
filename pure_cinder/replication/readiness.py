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
"""Whether a failover would do what it is for: in stats, and in the log."""

import dataclasses

from cinder.i18n import _
from oslo_log import log as logging
from oslo_utils import timeutils

from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder import exceptions
from pure_cinder.fleet import queries
from pure_cinder.replication import pgroup_replication
from pure_cinder.replication import targets

LOG = logging.getLogger(__name__)

# A report is due every minute; an array that is dead may not hold it up.
LIMIT_S = 5
# A snapshot may be this many intervals old: one until the next is taken, one
# for its transfer.
INTERVALS = 2
# An operator has to correct cinder.conf, and waiting does not help.
MISCONFIGURATIONS = (
    errors.ArrayCertificateError, errors.ArrayAuthenticationError,
    errors.ArrayPermissionError, errors.ArrayVersionError,
    errors.ArrayProtocolError)


@dataclasses.dataclass(frozen=True)
class Sender:
    """What the array that serves tells of its sending.

    :ivar types: of the connection with each array that it reaches, by the
        id of that
    :ivar schedules: models.ReplicationSchedule by the name of its own group,
        None for one that is not there
    """

    types: dict
    schedules: dict

    @property
    def capability(self):
        """The most that its connections allow, as the extra spec says it.

        :returns: ``trisync``, ``sync``, ``async`` or None
        """
        kinds = {kind for kinds in self.types.values() for kind in kinds}
        if pgroup_replication.SYNC_CONNECTION not in kinds:
            return 'async' if kinds else None
        return 'sync' if len(kinds) == 1 else 'trisync'


@dataclasses.dataclass(frozen=True)
class Readiness:
    """What a backend can rely on.

    :ivar views: list of targets.TargetView
    :ivar problems: of each of them, a list of sentences
    :ivar sender: Sender, or None if the array that serves is not asked
    """

    views: list
    problems: list
    sender: Sender | None

    @property
    def best(self):
        """The backend_id of the array to fail over to, or None."""
        best = targets.best_of(self.views)
        return best and best.member.backend_id

    def stats(self):
        """:returns: dict, to be part of the stats report"""
        return {
            'replication_capability': self.sender and self.sender.capability,
            'replication_failover_target': self.best,
            'replication_readiness': [
                {'backend_id': view.member.backend_id,
                 'is_ready': view.reason is None,
                 'pod_status': view.pod_status,
                 'newest_snapshot_age_s': view.newest and _age_s(view.newest),
                 'problems': problems}
                for view, problems in zip(self.views, self.problems)]}


class ReadinessService:
    """Watches over the replication of one backend."""

    def __init__(self, fleet, config):
        """:param config: config.ReplicationConfig"""
        self._fleet = fleet
        self._config = config
        self._targets = targets.Targets(fleet, config)
        self._inquiry = queries.ParallelQuery(LIMIT_S)
        self._logged = {}

    def look(self):
        """What the arrays that do not serve tell; takes LIMIT_S at most.

        :returns: list of targets.TargetView
        """
        return targets.look(self._inquiry, self._view, self._targets.others)

    def _view(self, member):
        view = self._targets.view(member)
        member.gateway.check_role()
        return view

    def judge(self, views, is_serving_up):
        """What can be relied on; what has changed is logged.

        :param views: as ``look`` told; a failover since then leaves out the
            array that serves now
        :param is_serving_up: whether the array that serves may be asked
        :returns: Readiness
        """
        views = [view for view in views
                 if view.member is not self._fleet.serving]
        sender = self._sender() if views and is_serving_up else None
        readiness = Readiness(
            views, [list(map(str, self._problems(view, sender)))
                    for view in views],
            sender)
        if views:
            self._tell(readiness)
        return readiness

    def _sender(self):
        """:returns: Sender, or None from an array that refuses to tell"""
        try:
            return self._ask_sender()
        except errors.ArrayError as error:
            LOG.warning('The array that serves does not tell how it '
                        'replicates: %s', error)
            return None

    def _ask_sender(self):
        gateway = self._fleet.serving.gateway
        pgroups = [self._config.async_pgroup]
        if self._config.is_trisync and self._fleet.serving.holds_pod:
            pgroups.append(self._config.trisync_pgroup)
        return Sender(
            {connection.array_id: connection.types
             for connection in gateway.list_array_connections()
             if connection.is_connected},
            {pgroup: link.unless_missing(gateway.pgroups.get_schedule, pgroup)
             for pgroup in pgroups})

    def _problems(self, view, sender):
        """Sentences, the same as long as the problem is the same."""
        doubles = self._fleet.doubles_of(view.member)
        if doubles:
            yield _('It is the same FlashArray as %s; each replication_device '
                    'is to be another one.') % ', '.join(
                        double.backend_id for double in doubles)
            return
        if view.error:
            yield (_('It tells nothing: %s') if view.is_away
                   else _('It cannot be used: %s')) % _advice_on(view.error)
            return
        if sender and (
                view.member.gateway.get_array().id not in sender.types):
            yield _('The array that serves does not reach it.')
        if view.member.holds_pod and self._fleet.serving.holds_pod and (
                not view.is_pod_online):
            yield _('Pod %(pod)s is %(status)s on it.') % {
                'pod': self._config.pod,
                'status': view.pod_status or _('missing')}
        for pgroup, replica in view.replicas.items():
            schedule = sender and sender.schedules.get(pgroup)
            problem = _problem_of(replica, sender, schedule)
            if problem:
                yield problem % pgroup

    def _tell(self, readiness):
        for view, problems in zip(readiness.views, readiness.problems):
            backend_id = view.member.backend_id
            if not self._is_new(backend_id, problems):
                continue
            if problems:
                log = LOG.error if self._is_misconfigured(view) else (
                    LOG.warning)
                log('Replication to %(id)s is not as it should be: '
                    '%(problems)s', {'id': backend_id,
                                     'problems': ' '.join(problems)})
            else:
                LOG.info('Replication to %s is as it should be.', backend_id)
        if self._is_new(None, readiness.best):
            if readiness.best:
                LOG.info('A failover would go to %s.', readiness.best)
            else:
                LOG.warning('A failover would find no array that can serve.')

    def _is_misconfigured(self, view):
        return isinstance(view.error, MISCONFIGURATIONS) or bool(
            self._fleet.doubles_of(view.member))

    def _is_new(self, key, value):
        is_new = key not in self._logged or self._logged[key] != value
        self._logged[key] = value
        return is_new


def _advice_on(error):
    """Cause and remedy, without the id of the request."""
    return ' '.join(filter(None, (
        str(exceptions.cause_of(error)), str(getattr(error, 'remedy', '')))))


def _problem_of(replica, sender, schedule):
    """What is wrong with a replicated group, with a place for its name."""
    if replica is None:
        return _('Protection group %s is missing on it.')
    if not replica.is_allowed:
        return _('It does not allow protection group %s.')
    if sender and not (schedule and schedule.is_enabled):
        return _('The array that serves does not replicate protection group '
                 '%s.')
    if not replica.has_volumes:
        return None
    if replica.newest is None:
        return _('No snapshot of protection group %s has arrived as a whole.')
    if schedule and _age_s(replica.newest) > INTERVALS * schedule.interval_s:
        return _('The newest snapshot of protection group %s is too old for '
                 'its interval.')
    return None


def _age_s(snapshot):
    """Seconds since a snapshot was taken, by the clock of this host."""
    created = timeutils.normalize_time(timeutils.parse_isotime(
        snapshot.created))
    return max(0, int(timeutils.delta_seconds(created, timeutils.utcnow())))
