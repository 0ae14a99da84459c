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
"""keystone.conf."""

from tools.stack.settings import common


def sections(layout):
    keys = layout.etc / 'keystone'
    return {
        'DEFAULT': {'log_options': 'false',
                    'public_endpoint': layout.url('keystone')},
        'database': common.connection(layout, 'keystone'),
        'cache': {'enabled': 'true', 'backend': 'dogpile.cache.memcached',
                  'memcache_servers': common.memcached()},
        'token': {'provider': 'fernet', 'expiration': '86400'},
        'fernet_tokens': {'key_repository': keys / 'fernet-keys'},
        'credential': {'key_repository': keys / 'credential-keys'},
        # Passwords are random, and last as long as the stack.
        'identity': {'password_hash_rounds': '4'},
        'oslo_messaging_notifications': {'driver': 'noop'}}
