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
"""What the configuration files of the services have in common.

Every module here makes dicts, ``{section: {option: value}}``.
"""

import configparser
import io

from tools.stack import layout as layouts


def service(layout, name, database=None):
    """Sections of a service behind Keystone.

    :param name: of its user
    :param database: name of it, None if it has none of its own
    """
    sections = {
        'DEFAULT': {'transport_url': layout.transport_url,
                    'log_options': 'false'},
        'oslo_concurrency': {'lock_path': layout.scratch('locks')},
        'oslo_messaging_notifications': {'driver': 'noop'},
        'oslo_messaging_rabbit': {'heartbeat_in_pthread': 'false'},
        'keystone_authtoken': {
            **credentials(layout, name),
            'www_authenticate_uri': layout.auth_url,
            'memcached_servers': memcached(),
            'service_token_roles': 'service',
            'service_token_roles_required': 'true'}}
    if database:
        sections['database'] = connection(layout, database)
    return sections


def credentials(layout, user):
    """Options by which a service logs in at Keystone."""
    return {'auth_type': 'password', 'auth_url': layout.auth_url,
            'username': user, 'password': layout.passwords['service'],
            'project_name': layouts.SERVICE_PROJECT,
            'user_domain_name': layouts.DOMAIN,
            'project_domain_name': layouts.DOMAIN,
            'region_name': layouts.REGION}


def connection(layout, database):
    """Options of a section that names a database."""
    return {'connection': layout.database_url(database),
            'max_pool_size': '10', 'max_overflow': '40'}


def memcached():
    return '%s:%d' % (layouts.ADDRESS, layouts.PORTS['memcached'])


def merged(*parts):
    """One dict of sections; options of later parts replace earlier ones."""
    sections = {}
    for part in parts:
        for name, options in part.items():
            sections.setdefault(name, {}).update(options)
    return sections


def text(sections):
    """:returns: text of a configuration file"""
    config = configparser.ConfigParser(interpolation=None)
    config.read_dict(sections)
    written = io.StringIO()
    config.write(written)
    return written.getvalue()
