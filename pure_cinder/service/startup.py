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
"""What has to be right before a backend serves."""

import functools

from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder.fleet import outages

LOG = logging.getLogger(__name__)


class StartUp:
    """The start of one backend, with any array away."""

    def __init__(self, fleet, attachments, config, readiness,
                 replication_setup):
        """:param config: config.BackendConfig

        :param readiness: replication.readiness.ReadinessService
        :param replication_setup: replication.setup.ReplicationSetup
        """
        self._fleet = fleet
        self._attachments = attachments
        self._config = config
        self._readiness = readiness
        self._replication_setup = replication_setup

    def check(self):
        """Log in to the array, look for its target ports, set replication up.

        A wrong address, token, role, certificate or network filter stops the
        start here, and not the first attach. An array that is away does so
        only if there is no other one: a service that is not there cannot
        fail over.

        :raises PureDriverException: with section, cause and remedy
        """
        for doubt in self._config.doubts:
            LOG.error('Backend section [%(section)s]: %(doubt)s',
                      {'section': self._config.section, 'doubt': doubt})
        for problem in self._config.unverified():
            LOG.warning('Backend section [%(section)s]: %(problem)s',
                        {'section': self._config.section, 'problem': problem})
        try:
            views = self._look_with_serving()
        except exceptions.PureDriverException as error:
            if not (self._fleet.targets and _is_away(error)):
                raise error.at_start(self._config.section)
            LOG.error('Backend section [%(section)s] starts without its '
                      'array %(array)s: %(error)s Until it is back, or '
                      '"cinder failover-host" has made another one serve, '
                      'its volumes cannot be managed.',
                      {'section': self._config.section,
                       'array': self._fleet.serving.backend_id,
                       'error': error})
            views = self._readiness.look()
        self._check_that_arrays_differ()
        self._replication_setup.ensure(reachable={
            view.member for view in views if not view.is_away})

    def _look_with_serving(self):
        """Check the array that serves, and look at the others meanwhile.

        :returns: what ``readiness.look`` does
        """
        array = self._fleet.serving.gateway.get_array()
        LOG.info('Backend section [%(section)s] is served by FlashArray '
                 '%(name)s, Purity %(purity)s.',
                 {'section': self._config.section, 'name': array.name,
                  'purity': array.purity_version})
        *_passed, views = self._fleet.workers.run([
            *self.checks_of(self._fleet.serving), self._readiness.look])
        return views

    def checks_of(self, member):
        """What has to be right with an array that serves.

        :param member: roster.Member
        :returns: list of what raises a PureDriverException unless it is
        """
        return [member.gateway.check_role,
                functools.partial(self._attachments.check_capabilities,
                                  member),
                functools.partial(self._attachments.refresh_targets, member)]

    def _check_that_arrays_differ(self):
        """No two members may be one array, whatever they are called.

        With the primary away, readiness tells it and the service starts, as
        nothing else could fail over.
        """
        if self._fleet.primary.gateway.known_array() is None:
            return
        found = list(self.doubles())
        if found:
            raise exceptions.PureConfigurationError(self._config.section,
                                                    found)

    def doubles(self):
        """Devices that are arrays which are there already.

        :returns: iterator of exceptions.Problem
        """
        for member in self._fleet.targets:
            others = self._fleet.doubles_of(member)
            if others:
                yield _same_array(member, others)


def _same_array(member, others):
    array = member.gateway.get_array()
    return exceptions.Problem(
        'replication_device %s' % member.backend_id,
        _('replication_device %(id)s is the same FlashArray as %(others)s: '
          '%(name)s with id %(array_id)s.')
        % {'id': member.backend_id, 'name': array.name,
           'array_id': array.id, 'others': ', '.join(
               _('the primary') if other.is_primary
               else other.backend_id for other in others)},
        _('Name another array, or remove the line.'))


def _is_away(error):
    return isinstance(error, outages.AWAY_ERRORS) and (
        not isinstance(error, errors.ArrayCertificateError))
