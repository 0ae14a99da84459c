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

from oslo_log import log as logging

from pure_cinder.array import errors

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

        A wrong address, token, certificate or network filter stops the start
        here, and not the first attach. An array that is away does so only if
        there is no other one: a service that is not there cannot fail over.

        :raises PureDriverException: with cause and remedy
        """
        self._warn_of_unverified()
        try:
            self._check_serving()
        except errors.ArrayCertificateError:
            raise
        except (errors.ArrayUnreachableError,
                errors.ArrayNoAnswerError) as error:
            if not self._fleet.targets:
                raise
            LOG.error('Backend %(backend)s starts without its array '
                      '%(array)s: %(error)s Until it is back, or "cinder '
                      'failover-host" has made another one serve, its '
                      'volumes cannot be managed.',
                      {'backend': self._config.backend_name,
                       'array': self._fleet.serving.backend_id,
                       'error': error})
        self._replication_setup.ensure(reachable={
            view.member for view in self._readiness.look()
            if not view.is_away})

    def _check_serving(self):
        array = self._fleet.serving.gateway.get_array()
        LOG.info('Backend %(backend)s is served by FlashArray %(name)s, '
                 'Purity %(purity)s.',
                 {'backend': self._config.backend_name, 'name': array.name,
                  'purity': array.purity_version})
        self._attachments.check_capabilities()
        self._attachments.refresh_targets()

    def _warn_of_unverified(self):
        options = {self._config.endpoint: 'driver_ssl_cert_verify'}
        for device in self._config.replication.devices:
            options[device.endpoint] = (
                'ssl_cert_verify of replication_device ' + device.backend_id)
        for endpoint, option in options.items():
            if not endpoint.verify:
                LOG.warning('The certificate of FlashArray %(address)s is not '
                            'verified: %(option)s is off.',
                            {'address': endpoint.address, 'option': option})
