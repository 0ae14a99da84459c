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
"""glance-api.conf."""

from tools.stack.settings import common

_STORES = ('files', 'os_glance_staging_store', 'os_glance_tasks_store')


def sections(layout):
    stores = {name: layout.scratch('glance', name) for name in _STORES}
    return common.merged(common.service(layout, 'glance', 'glance'), {
        'DEFAULT': {
            'enabled_backends': 'files:file',
            'enabled_import_methods': '[glance-direct]',
            'node_staging_uri':
                'file://%s' % stores['os_glance_staging_store'],
            'image_cache_dir': layout.scratch('glance', 'cache'),
            'worker_self_reference_url': layout.url('glance')},
        'glance_store': {'default_backend': 'files'},
        'paste_deploy': {
            'flavor': 'keystone',
            'config_file': layout.shipped('glance', 'glance-api-paste.ini')},
        **{name: {'filesystem_store_datadir': path}
           for name, path in stores.items()}})
