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
"""tempest.conf: every feature that the driver claims."""

from tools.demo import console
from tools.stack import cloud
from tools.stack import layout as layouts
from tools.stack import seeds
from tools.stack.settings import cinder

# What the driver's stats say.
VENDOR = 'Pure Storage'
PROTOCOL = 'iSCSI'
TIMEOUT_S = 300


def sections(layout, directory):
    """:param directory: pathlib.Path that tempest may write to"""
    client = cloud.Cloud(layout)
    images = seeds.images_of(client)
    flavors = seeds.flavors_of(client)
    polls = {'build_interval': '1', 'build_timeout': timeout_s()}
    return {
        'DEFAULT': {'log_file': directory / 'tempest.log',
                    'debug': 'true'},
        'oslo_concurrency': {'lock_path': directory / 'locks'},
        'auth': {'admin_username': 'admin',
                 'admin_password': layout.passwords['admin'],
                 'admin_project_name': 'admin',
                 'admin_domain_name': layouts.DOMAIN,
                 'create_isolated_networks': 'false',
                 'tempest_roles': 'member'},
        'identity': {'uri_v3': layout.auth_url, 'auth_version': 'v3',
                     'region': layouts.REGION, 'v3_endpoint_type': 'public'},
        'identity-feature-enabled': {'api_v2': 'false'},
        'service_available': {'cinder': 'true', 'glance': 'true',
                              'nova': 'true', 'neutron': 'true',
                              'swift': 'false', 'horizon': 'false'},
        'enforce_scope': {'cinder': 'true'},
        'image': {'region': layouts.REGION},
        'image-feature-enabled': {'import_image': 'false'},
        'compute': {**polls, 'region': layouts.REGION,
                    'image_ref': images[seeds.IMAGES[0]],
                    'image_ref_alt': images[seeds.IMAGES[1]],
                    'flavor_ref': flavors['small'],
                    'flavor_ref_alt': flavors['large'],
                    'max_microversion': 'latest'},
        'compute-feature-enabled': _compute_features(),
        # There is nobody in the servers to talk to.
        'validation': {'run_validation': 'false'},
        'volume': {**polls, 'region': layouts.REGION,
                   'catalog_type': 'volumev3',
                   'min_microversion': '3.0', 'max_microversion': 'latest',
                   'backend_names': ','.join(
                       backend.name for backend in cinder.BACKENDS),
                   'vendor_name': VENDOR, 'storage_protocol': PROTOCOL,
                   'volume_type_multiattach': seeds.MULTIATTACH,
                   'backup_driver': 'posix',
                   'manage_volume_ref':
                       'source-name,volume-%s-cinder-unmanaged',
                   'manage_snapshot_ref': 'source-name,%s'},
        'volume-feature-enabled': _volume_features()}


def timeout_s():
    """How long tempest waits for one thing, as the machine is now."""
    return int(TIMEOUT_S * console.patience())


def _compute_features():
    """What Nova's fake driver can do, and tests of volumes ask for."""
    has = ('attach_encrypted_volume', 'resize', 'shelve', 'snapshot',
           'swap_volume', 'volume_multiattach')
    lacks = ('console_output', 'interface_attach', 'live_migration', 'pause',
             'rescue', 'suspend')
    return {**dict.fromkeys(has, 'true'), **dict.fromkeys(lacks, 'false')}


def _volume_features():
    claimed = ('backup', 'clone', 'concurrency_tests', 'consistency_group',
               'enable_volume_image_dep_tests', 'extend_attached_volume',
               'extend_attached_encrypted_volume',
               'extend_volume_with_snapshot', 'manage_snapshot',
               'manage_volume', 'multi_backend', 'replication', 'snapshot',
               'volume_revert')
    return dict.fromkeys(claimed, 'true')
