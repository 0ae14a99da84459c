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
"""Simulated arrays as an operator or another program sees them: by the SDK.

Whatever drives the simulator uses it, with any driver and any Cinder.
"""

import purestorage


def client_of(array, certificate_path):
    return purestorage.FlashArray(
        array.address, api_token=array.api_token, request_kwargs={
            'verify': str(certificate_path), 'timeout': 30})


def connect(source, target, address, *kinds):
    """Connect two arrays, as an operator does before Cinder starts.

    :param source: client of one
    :param target: client of the other one, which has the address
    :param kinds: ``async`` or ``sync``
    """
    source.connect_array(
        address, target.get(connection_key=True)['connection_key'],
        list(kinds))


def writes_of(array):
    """Requests that changed something on an array, since they were forgotten.

    :returns: list such as ``PUT pgroup/cinder-group``
    """
    return ['%s %s' % (record.method, record.path)
            for record in array.requests
            if record.method != 'GET'
            and not record.path.startswith('auth/')]
