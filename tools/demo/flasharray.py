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
"""The demo's own look at an array: plain REST 1.x, none of the driver."""

import requests

TIMEOUT_S = 10


class FlashArray:
    """Reads from one array over HTTPS with a verified certificate."""

    def __init__(self, address, api_token, certificate):
        self._session = requests.Session()
        self._session.verify = certificate
        # REQUESTS_CA_BUNDLE would take precedence, and a proxy is of no use.
        self._session.trust_env = False
        versions = self._ask('GET', 'https://%s/api/api_version' % address)
        self.rest_version = max(
            (version for version in versions['version']
             if version.startswith('1.')),
            key=lambda version: int(version.partition('.')[2]))
        self._base = 'https://%s/api/%s/' % (address, self.rest_version)
        self._ask('POST', self._base + 'auth/session',
                  json={'api_token': api_token})

    def get(self, path, **params):
        """GET below ``/api/1.x/``.

        :returns: the decoded reply
        :raises requests.HTTPError: if the array refuses
        """
        return self._ask('GET', self._base + path, params=params)

    def contents(self):
        """Names of what lives on the array, by kind."""
        return {'volumes': _names(self.get('volume')),
                'snapshots': _names(self.get('volume', snap='true')),
                'hosts': _names(self.get('host'))}

    def pending(self):
        """What is destroyed and waits for its eradication."""
        return [*self.get('volume', pending_only='true'),
                *self.get('volume', pending_only='true', snap='true')]

    def iscsi_portals(self):
        """``<address>:<port> <iqn>`` of every iSCSI port, sorted."""
        return sorted('%(portal)s %(iqn)s' % port
                      for port in self.get('port') if port['iqn'])

    def _ask(self, method, url, **kwargs):
        response = self._session.request(method, url, timeout=TIMEOUT_S,
                                         **kwargs)
        response.raise_for_status()
        return response.json()


def _names(found):
    return sorted(item['name'] for item in found)
