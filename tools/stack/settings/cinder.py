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
"""cinder.conf, with five backends on three arrays."""

import secrets

from tools.demo import stack as demo
from tools.stack import layout as layouts
from tools.stack.settings import common

HOST = 'stack'
INTERNAL_PROJECT_ID = '00000000000000000000000000000c1d'
INTERNAL_USER_ID = '00000000000000000000000000000c1e'
PURE_1 = demo.Backend('pure-1', 0, target=1, replication='type:async',
                      options={'use_chap_auth': 'true'})
PURE_2 = demo.Backend('pure-2', 1,
                      options={'image_volume_cache_enabled': 'true'})
PURE_3 = demo.Backend('pure-3', 2, target=1,
                      replication='type:sync,uniform:true')
PURE_FC = demo.Backend('pure-fc', 0,
                       driver='pure_cinder.driver.PureFCDriver')
PURE_NVME = demo.Backend('pure-nvme', 1,
                         driver='pure_cinder.driver.PureNVMEDriver',
                         options={'pure_nvme_transport': 'tcp'})
BACKENDS = (PURE_1, PURE_2, PURE_3, PURE_FC, PURE_NVME)
POLL_S = '30'
# Longer than a service may be starved on a machine that others use, too.
DOWN_S = '300'


def sections(layout, simulator):
    """:param simulator: content of the simulator's ready file"""
    return common.merged(
        common.service(layout, 'cinder', 'cinder'), _services(layout),
        {backend.name: demo.backend_section(backend, simulator)
         for backend in BACKENDS})


def _services(layout):
    return {
        'DEFAULT': {
            'auth_strategy': 'keystone',
            'host': HOST,
            'my_ip': layouts.ADDRESS,
            'state_path': layout.scratch('cinder'),
            'image_conversion_dir': layout.scratch('cinder', 'conversion'),
            'api_paste_config': layout.shipped('cinder', 'api-paste.ini'),
            'resource_query_filters_file':
                layout.shipped('cinder', 'resource_filters.json'),
            'enabled_backends': ','.join(
                backend.name for backend in BACKENDS),
            'glance_api_servers': layout.url('glance'),
            'backup_driver': 'cinder.backup.drivers.posix.PosixBackupDriver',
            'backup_posix_path': layout.scratch('cinder', 'backup'),
            'backup_compression_algorithm': 'zstd',
            'cinder_internal_tenant_project_id': INTERNAL_PROJECT_ID,
            'cinder_internal_tenant_user_id': INTERNAL_USER_ID,
            'periodic_interval': POLL_S,
            'backend_stats_polling_interval': POLL_S,
            'scheduler_driver_init_wait_time': '1',
            'service_down_time': DOWN_S,
            **{'quota_' + name: '10000' for name in (
                'volumes', 'snapshots', 'gigabytes', 'backups',
                'backup_gigabytes', 'groups')}},
        'oslo_policy': {'enforce_scope': 'true',
                        'enforce_new_defaults': 'true'},
        'coordination': {
            'backend_url': 'file://%s' % layout.scratch('cinder', 'locks')},
        'key_manager': {
            'backend': 'cinder.keymgr.conf_key_mgr.ConfKeyManager',
            'fixed_key': _fixed_key(layout)},
        'nova': {**common.credentials(layout, 'nova'),
                 'interface': 'public'},
        'service_user': {**common.credentials(layout, 'cinder'),
                         'send_service_user_token': 'true'}}


def _fixed_key(layout):
    """The key of all encrypted volumes, which stays for as long as they do."""
    path = layout.config('cinder', 'fixed-key')
    if not path.exists():
        layouts.write_private(path, secrets.token_hex(32))
    return path.read_text()
