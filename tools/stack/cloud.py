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
"""The clients of a stack, as its administrator."""

import contextlib

from keystoneauth1 import adapter
from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1 import session

from tools.stack import layout as layouts

VOLUME_VERSION = '3.70'
COMPUTE_VERSION = '2.90'


class Cloud:
    """REST, service by service.

    :ivar identity: keystoneauth1 adapter; ``image``, ``volume`` and
        ``compute``, too
    """

    def __init__(self, layout):
        """:param layout: layout.Layout"""
        self._session = session.Session(auth=v3.Password(
            **credentials(layout)))
        self.identity = self._adapter('identity')
        self.image = self._adapter('image')
        self.volume = self._adapter(
            'block-storage', default_microversion=VOLUME_VERSION)
        self.compute = self._adapter(
            'compute', default_microversion=COMPUTE_VERSION)

    def _adapter(self, service, **kwargs):
        return adapter.Adapter(
            self._session, service_type=service, interface='public',
            region_name=layouts.REGION, raise_exc=True, **kwargs)


def credentials(layout):
    """What the administrator logs in with.

    :returns: dict
    """
    return {'auth_url': layout.auth_url, 'username': 'admin',
            'password': layout.passwords['admin'], 'project_name': 'admin',
            'user_domain_name': layouts.DOMAIN,
            'project_domain_name': layouts.DOMAIN}


def make(client, path, kind, plural=None, **content):
    """Make an item, or find that of the same name.

    :param client: adapter
    :returns: dict of the item
    """
    plural = plural or kind + 's'
    with contextlib.suppress(exceptions.Conflict):
        return client.post(path, json={kind: content}).json()[kind]
    found = client.get(path, params={'name': content['name']}).json()[plural]
    return next(item for item in found if item['name'] == content['name'])
