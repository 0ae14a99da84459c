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
"""The simulator's control API: what no real array has."""

import requests

from tools.demo import console

TIMEOUT_S = 10


class Simulator:
    """Time, disasters, and what hosts write and read."""

    def __init__(self, address):
        self._base = address + '/control/'
        self._session = requests.Session()
        self._session.trust_env = False

    def advance(self, seconds):
        """Move the clock of all arrays on."""
        self._ask('POST', 'clock/advance', json={'seconds': seconds})

    def set_offline(self, array_name, is_offline):
        """Kill an array, its paths to hosts included, or bring it back."""
        self._ask('POST', 'arrays/%s/offline' % array_name,
                  json={'offline': is_offline})

    def delay(self, array_name, method, path, seconds):
        """Let requests wait before they take effect.

        :param path: pattern of what is delayed
        """
        self._ask('POST', 'arrays/%s/faults' % array_name, json={
            'kind': 'latency', 'method': method, 'path': path,
            'delay_s': seconds})

    def mend(self, array_name):
        """Take all faults away; what waits goes on waiting."""
        self._ask('DELETE', 'arrays/%s/faults' % array_name)

    def write(self, array_name, volume_name):
        """A host writes to a volume.

        :returns: what ``read`` finds of it, on whichever array
        """
        return self._ask('POST', 'arrays/%s/data' % array_name, json={
            'name': volume_name, 'length': 4096})['data']

    def read(self, array_name, volume_name):
        """What a host finds: what was written last."""
        found = self._ask('GET', 'arrays/%s/data' % array_name,
                          params={'name': volume_name})
        return ', '.join(extent['data'] for extent in found) or 'nothing'

    def forget_requests(self, array_name):
        self._ask('DELETE', 'arrays/%s/requests' % array_name)

    def changes(self, array_name):
        """What the array was asked to change since they were forgotten."""
        return ['%(method)s %(path)s' % request for request
                in self._ask('GET', 'arrays/%s/requests' % array_name)
                if request['method'] != 'GET'
                and not request['path'].startswith('auth/')]

    def _ask(self, method, path, **kwargs):
        response = self._session.request(
            method, self._base + path,
            timeout=TIMEOUT_S * console.patience(), **kwargs)
        response.raise_for_status()
        return response.json()
