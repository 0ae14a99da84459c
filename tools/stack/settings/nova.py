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
"""nova.conf and placement.conf."""

import uuid

from tools.stack import layout as layouts
from tools.stack.settings import cinder
from tools.stack.settings import common

HOST = 'compute-1'


def placement(layout):
    return common.merged(common.service(layout, 'placement'), {
        'placement_database': common.connection(layout, 'placement')})


def control(layout):
    """Of the API, the conductor and the scheduler."""
    return common.merged(compute(layout), {
        'database': common.connection(layout, 'nova'),
        'api_database': common.connection(layout, 'nova_api')})


def compute(layout):
    """Of nova-compute, which must not know the databases."""
    return common.merged(common.service(layout, 'nova'), {
        'DEFAULT': {
            'host': HOST,
            'my_ip': layouts.ADDRESS,
            'state_path': layout.scratch('nova'),
            'compute_driver': 'fake.FakeDriver',
            'allow_resize_to_same_host': 'true',
            'service_down_time': cinder.DOWN_S,
            'block_device_allocate_retries_interval': '1',
            'reserved_host_memory_mb': '0'},
        'wsgi': {'api_paste_config': layout.shipped('nova', 'api-paste.ini')},
        'conductor': {'workers': '1'},
        'scheduler': {'workers': '1'},
        'filter_scheduler': {
            'enabled_filters': 'ComputeFilter,ImagePropertiesFilter,'
                               'SameHostFilter,DifferentHostFilter',
            'track_instance_changes': 'false'},
        'quota': {'instances': '-1', 'cores': '-1', 'ram': '-1'},
        'vnc': {'enabled': 'false'},
        'key_manager': {
            'backend': 'castellan.key_manager.not_implemented_key_manager.'
                       'NotImplementedKeyManager'},
        'glance': {'api_servers': layout.url('glance')},
        'cinder': {**common.credentials(layout, 'nova'),
                   'os_region_name': layouts.REGION,
                   'catalog_info': 'volumev3:cinderv3:publicURL'},
        'placement': common.credentials(layout, 'placement'),
        'neutron': common.credentials(layout, 'neutron'),
        'service_user': {**common.credentials(layout, 'nova'),
                         'send_service_user_token': 'true'}})


def write_identity(layout):
    """Give the compute host the identity that it else takes at a start.

    One that was ended in its first start would refuse the next.
    """
    path = layout.scratch('nova') / 'compute_id'
    if not path.exists():
        path.write_text('%s\n' % uuid.uuid4())
