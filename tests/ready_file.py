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
"""What a simulator that is not started would tell of itself."""


def content(arrays):
    """As its ready file has it.

    :param arrays: how many
    """
    return {'certificate': '/certificate.pem',
            'arrays': [{'name': 'pure0%d' % number,
                        'address': '127.0.0.1:%d' % number,
                        'api_token': 'token-of-%d' % number}
                       for number in range(1, arrays + 1)]}
