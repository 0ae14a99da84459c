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
"""One-way CHAP: a secret for each initiator, kept by Cinder.

The secret lies in Cinder's ``driver_initiator_data``, so every cinder-volume
of a backend uses the same. The array never shows a password; what was set on
which host is remembered for a while and set again when in doubt.
"""

import secrets
import string
import threading

import cachetools
from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder import exceptions
from pure_cinder import naming

LOG = logging.getLogger(__name__)

# The in-tree driver's key, so that either driver finds the other's secret.
SECRET_KEY = 'PURE_TARGET_CHAP_SECRET'
SECRET_LENGTH = 16
SECRET_ALPHABET = string.ascii_letters + string.digits
MEMORY_S = 300
MEMORY_SIZE = 10000


class ChapService:
    """CHAP credentials of the hosts of one array."""

    def __init__(self, gateway, driver_utils):
        """:param driver_utils: Cinder's VolumeDriverUtils"""
        self._gateway = gateway
        self._driver_utils = driver_utils
        self._set = cachetools.TTLCache(MEMORY_SIZE, ttl=MEMORY_S)
        self._set_lock = threading.Lock()

    def ensure(self, host, connector):
        """Make the array demand the machine's secret of its host.

        :returns: dict of os-brick's authentication properties
        :raises PureHostConflictError: somebody else's host
        :raises ArrayError: the array refused; nothing must be connected
        """
        if not naming.is_generated_host_name(host):
            raise exceptions.PureHostConflictError(_(
                'use_chap_auth is on, but host %(host)s with the initiator '
                '%(initiator)s was not made by the driver, which does not '
                "change others' hosts. Remove the initiator from it.")
                % {'host': host, 'initiator': connector['initiator']})
        user, secret = connector['host'], self._secret(connector['initiator'])
        with self._set_lock:
            is_set = self._set.get(host) == (user, secret)
        if not is_set:
            self._gateway.hosts.set_chap(host, user, secret)
            with self._set_lock:
                self._set[host] = user, secret
        return {'auth_method': 'CHAP', 'auth_username': user,
                'auth_password': secret}

    def forget(self, host):
        """Set the secret again next time: the host was made anew."""
        with self._set_lock:
            self._set.pop(host, None)

    def _secret(self, initiator):
        """The initiator's secret; of two that race, the first one stays."""
        known = self._known_secret(initiator)
        if known:
            return known
        secret = ''.join(secrets.choice(SECRET_ALPHABET)
                         for _number in range(SECRET_LENGTH))
        if self._driver_utils.insert_driver_initiator_data(
                initiator, SECRET_KEY, secret):
            LOG.info("Put a CHAP secret for %s into Cinder's database.",
                     initiator)
            return secret
        return self._known_secret(initiator)

    def _known_secret(self, initiator):
        rows = self._driver_utils.get_driver_initiator_data(initiator)
        return next((row['value'] for row in rows
                     if row['key'] == SECRET_KEY), None)
