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
"""Users of the services, and where they are: what Keystone has to know."""

import dataclasses

from tools.stack import cloud
from tools.stack import layout as layouts

INTERFACES = ('admin', 'internal', 'public')
# The role "service" lets Nova delete attachments of its servers.
ROLES = ('admin', 'service')


@dataclasses.dataclass(frozen=True)
class Service:
    """An entry of the catalogue.

    :ivar kind: service type
    :ivar name: of the service
    :ivar user: whom it logs in as; also in ``PORTS``, but for Neutron
    """

    kind: str
    name: str
    user: str
    path: str = ''

    def url(self, layout):
        return layout.url('network' if self.user == 'neutron' else self.user,
                          self.path)


SERVICES = (
    Service('image', 'glance', 'glance'),
    Service('block-storage', 'cinder', 'cinder', '/v3'),
    Service('volumev3', 'cinderv3', 'cinder', '/v3'),
    Service('compute', 'nova', 'nova', '/v2.1'),
    Service('placement', 'placement', 'placement'),
    Service('network', 'neutron', 'neutron'))


def fill(layout):
    """Make the users and entries that are not there."""
    identity = cloud.Cloud(layout).identity
    project = cloud.make(identity, '/projects', 'project',
                         name=layouts.SERVICE_PROJECT, domain_id='default')
    roles = {name: cloud.make(identity, '/roles', 'role', name=name)['id']
             for name in ROLES}
    for name in sorted({service.user for service in SERVICES}):
        user = cloud.make(identity, '/users', 'user', name=name,
                          domain_id='default',
                          password=layout.passwords['service'])
        for role in roles.values():
            identity.put('/projects/%s/users/%s/roles/%s' % (
                project['id'], user['id'], role))
    known = {service['type']
             for service in identity.get('/services').json()['services']}
    for service in SERVICES:
        if service.kind not in known:
            _add(identity, service, service.url(layout))


def _add(identity, service, url):
    made = identity.post('/services', json={'service': {
        'type': service.kind, 'name': service.name}}).json()['service']
    for interface in INTERFACES:
        identity.post('/endpoints', json={'endpoint': {
            'service_id': made['id'], 'interface': interface, 'url': url,
            'region_id': layouts.REGION}})
