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
"""Setting replication up from the array that serves to all others.

In a backend with replication devices, each array that serves volumes, the
primary or one that was failed over to,

* has the protection group for asynchronous replication, with all other
  arrays as targets,
* has the pod, if it is one of the two arrays for it, stretched to the other,
* has the protection group for three sites in that pod.

The other arrays' groups of the same names are left alone: another backend
may replicate in the opposite direction. What the primary sends while it does
not serve is what its volumes held before the failover, which is there.
"""

from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder.replication import peers
from pure_cinder.replication import pgroup_replication

LOG = logging.getLogger(__name__)


class ReplicationSetup:
    """Replication of one backend, brought into shape as far as possible.

    What is done is not done again, until the process or the array that
    serves is another. What could not be done is tried again at each call.
    """

    def __init__(self, fleet, config):
        """:param config: config.ReplicationConfig"""
        self._fleet = fleet
        self._config = config
        self._serving = None
        self._is_prepared = False
        self._waiting = ()
        self._logged = {}

    @property
    def is_complete(self):
        """Whether nothing is left to do for the array that serves now."""
        return self._serving is self._fleet.serving and (
            self._is_prepared and not self._waiting)

    def ensure(self, patience_s=pgroup_replication.PATIENCE_S, reachable=None):
        """Do what is missing for the array that serves now.

        Without anything to do, no array is asked. What cannot be done is
        logged, once for each reason, and does not keep the rest from it.

        :param patience_s: how long to wait for each target
        :param reachable: the fleet.Members that may be asked; None for all
        :returns: is_complete
        """
        if not self._fleet.targets:
            return True
        if self._serving is not self._fleet.serving:
            self._start_anew()
        targets = [member for member in self._waiting
                   if reachable is None or member in reachable]
        if targets or not self._is_prepared:
            self._set_up(targets, patience_s)
        return self.is_complete

    def _start_anew(self):
        self._serving = self._fleet.serving
        self._is_prepared = False
        self._waiting = tuple(member for member in self._fleet.members
                              if member is not self._serving)
        self._logged = {}

    def _set_up(self, targets, patience_s):
        problems = {}
        for part in (self._stretch, self._start_async, self._start_trisync):
            try:
                found = part(targets, patience_s)
            except exceptions.PureDriverException as error:
                found = dict.fromkeys([self._serving, *targets], error)
            # The first problem is the cause of those that follow.
            problems = found | problems
        self._is_prepared = self._serving not in problems
        self._waiting = tuple(member for member in self._waiting
                              if member not in targets or member in problems)
        self._tell([self._serving, *targets], problems)

    def _stretch(self, targets, _patience_s):
        """See that the pod is there, and on its other array.

        :returns: problems, as pgroup_replication.start tells them
        """
        partners = self._fleet.pod_partners(self._serving)
        if not partners:
            return {}
        pod = self._ensure_pod(partners, targets)
        problems = {}
        for partner in partners:
            if partner in targets:
                try:
                    if pod.member(partner.gateway.get_array().id) is None:
                        _stretch_to(self._serving, partner, pod.name)
                except exceptions.PureDriverException as error:
                    problems[partner] = error
        return problems

    def _start_async(self, targets, patience_s):
        return pgroup_replication.start(
            self._serving, self._config.async_pgroup, targets,
            self._config.policy, patience_s)

    def _start_trisync(self, targets, patience_s):
        if not (self._config.is_trisync and self._serving.holds_pod):
            return {}
        return pgroup_replication.start(
            self._serving, self._config.trisync_pgroup,
            [target for target in targets if not target.holds_pod],
            self._config.policy, patience_s)

    def _ensure_pod(self, partners, targets):
        """The pod on the array that serves.

        The primary gets it whatever its other array has. That one gets it
        only if it cannot be on the primary already: pods of the same name on
        both arrays could never become one.

        :returns: models.Pod
        """
        name, pods = self._config.pod, self._serving.gateway.pods
        if not self._serving.is_primary and pgroup_replication.find_or_recover(
                self._serving, 'Pod', pods, name) is None:
            for partner in partners:
                if partner not in targets:
                    raise exceptions.PureReplicationError(_(
                        'Pod %(pod)s is not there. It may be on %(partner)s, '
                        'which is away, and is not created until that tells.')
                        % {'pod': name, 'partner': partner.backend_id})
                if partner.gateway.pods.find(name):
                    _stretch_to(partner, self._serving, name)
        return pgroup_replication.ensure(self._serving, 'Pod', pods, name)

    def _tell(self, members, problems):
        """Log what has changed since the last time."""
        for member in members:
            error = problems.get(member)
            logged = error and exceptions.cause_of(error)
            if member in self._logged and self._logged[member] == logged:
                continue
            self._logged[member] = logged
            names = {'serving': self._serving.backend_id,
                     'target': member.backend_id, 'error': error}
            if error:
                LOG.error('Replication from %(serving)s to %(target)s is not '
                          'set up: %(error)s' if member is not self._serving
                          else 'Replication from %(serving)s is not set up: '
                          '%(error)s', names)
            elif member is not self._serving:
                LOG.info('Replication from %(serving)s to %(target)s is set '
                         'up.', names)


def _stretch_to(source, target, pod):
    target_name = pgroup_replication.check_connected(
        source, target, pgroup_replication.SYNC_CONNECTION)
    try:
        source.gateway.pods.add_array(pod, target_name)
    except errors.ArrayPendingEradicationError as error:
        raise exceptions.PureReplicationError(_(
            'FlashArray %(target)s has a destroyed pod %(pod)s, which may '
            'still be wanted. Eradicate or rename it there, so that pod '
            '%(pod)s of %(source)s can be stretched. %(error)s')
            % {'target': target_name, 'pod': pod, 'error': error,
               'source': peers.array_name(source)})
