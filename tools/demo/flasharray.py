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
"""The demo's own look at an array: plain REST 1.x, none of the driver.

It only looks, but for the one thing that is an operator's: connecting arrays.
"""

import requests

from tools.demo import console

TIMEOUT_S = 10
TAG_NAMESPACE = 'openstack-integration.purestorage.com'


class FlashArray:
    """Reads from one array over HTTPS with a verified certificate.

    :ivar name: the array's
    """

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
        self._api_token = api_token
        self._log_in()
        self.name = self.get('array')['array_name']

    def get(self, path, **params):
        """GET below ``/api/1.x/``.

        :returns: the decoded reply
        :raises requests.HTTPError: if the array refuses
        """
        return self.ask('GET', path, params=params)

    def connect_to(self, other, address):
        """Connect two arrays, for replication of either kind.

        :param other: FlashArray
        :param address: where it is managed
        """
        key = other.get('array', connection_key='true')['connection_key']
        self.ask('POST', 'array/connection', json={
            'management_address': address, 'connection_key': key,
            'type': ['sync-replication']})

    def ask(self, method, path, **kwargs):
        """Any request below ``/api/1.x/``.

        :param kwargs: ``params`` or ``json``
        :returns: the decoded reply
        :raises requests.HTTPError: if the array refuses
        """
        try:
            return self._ask(method, self._base + path, **kwargs)
        except requests.HTTPError as error:
            if error.response.status_code != 401:
                raise
            # Sessions end when the arrays' clock is moved on.
            self._log_in()
            return self._ask(method, self._base + path, **kwargs)

    def contents(self):
        """Names of what lives on the array, by kind."""
        return {'volumes': _names(self.get('volume')),
                'snapshots': _names(self.get('volume', snap='true')),
                'hosts': _names(self.get('host'))}

    def pending(self):
        """What is destroyed and waits for its eradication."""
        return [*self.get('volume', pending_only='true'),
                *self.get('volume', pending_only='true', snap='true')]

    def volume(self, name):
        """A volume in words: name, size and serial."""
        return '%(name)s %(size)d bytes, serial %(serial)s' % self.get(
            'volume/' + name)

    def limits(self, name):
        """Limits of a volume in words, as ``words_of_limits`` says them."""
        found = self.get('volume/' + name, qos='true')
        return words_of_limits(found['iops_limit'], found['bandwidth_limit'])

    def protection_groups(self, volume_name):
        return sorted(row['protection_group'] for row in
                      self.get('volume/' + volume_name, protect='true'))

    def members(self, protection_group):
        """Names of the volumes of a protection group."""
        return sorted(self.get('pgroup/' + protection_group)['volumes'] or ())

    def volume_groups(self):
        return _names(self.get('vgroup'))

    def consistency_groups(self, **params):
        """Names of the protection groups that stand for groups of Cinder.

        :param params: ``snap='true'`` for those of their snapshots
        """
        return [name for name in _names(self.get('pgroup', **params))
                if name.startswith('consisgroup-')]

    def arrived(self, protection_group):
        """Names of the snapshots of a group that have arrived as a whole."""
        return sorted(row['name'] for row in self.get(
            'pgroup/' + protection_group, snap='true', transfer='true')
            if row['completed'])

    def tags(self, volume_name):
        return {row['key']: row['value'] for row in self.get(
            'volume/' + volume_name, tags='true', namespace=TAG_NAMESPACE)}

    def pod_status(self, pod):
        """``{array: status}`` of the arrays that hold a pod."""
        return {row['name']: row['status']
                for row in self.get('pod/' + pod)['arrays']}

    def iscsi_portals(self):
        """``<address>:<port> <iqn>`` of every iSCSI port, sorted."""
        return sorted('%(portal)s %(iqn)s' % port
                      for port in self.get('port') if port['iqn'])

    def _log_in(self):
        self._ask('POST', self._base + 'auth/session',
                  json={'api_token': self._api_token})

    def _ask(self, method, url, **kwargs):
        response = self._session.request(
            method, url, timeout=TIMEOUT_S * console.patience(), **kwargs)
        response.raise_for_status()
        return response.json()


def words_of_limits(iops, bandwidth_bytes_s):
    """:param iops: None for no limit; ``bandwidth_bytes_s``, too"""
    return '%s IOPS, %s bytes/s' % (iops or 'any', bandwidth_bytes_s or 'any')


def _names(found):
    return sorted(item['name'] for item in found)
