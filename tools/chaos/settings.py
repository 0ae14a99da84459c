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
"""cinder.conf of each process: a cluster of two, two backends, two arrays."""

from tools.demo import stack as demo
from tools.stack import layout as layouts
from tools.stack.settings import common

CLUSTER = 'chaos'
NODES = ('volume-a', 'volume-b')
PURE_ASYNC = demo.Backend('pure-async', 0, target=1, replication='type:async',
                          options={'use_chap_auth': 'true'})
PURE_SYNC = demo.Backend('pure-sync', 0, target=1,
                         replication='type:sync,uniform:true',
                         options={'use_chap_auth': 'true'})
BACKENDS = (PURE_ASYNC, PURE_SYNC)
ARRAYS = 2
# Pairs of arrays that replicate to each other.
CONNECTED = ((0, 1),)
REPORT_S = 10
# Longer than a service may be starved on a machine that others use, too.
DOWN_S = 30
RPC_TIMEOUT_S = 30
# Within each backend a plain type and one that is replicated; a retype goes
# from one to the other.
TYPES = {
    'async-plain': {'volume_backend_name': PURE_ASYNC.name},
    'async': {'volume_backend_name': PURE_ASYNC.name,
              'replication_enabled': '<is> True',
              'replication_type': '<in> async'},
    'sync-plain': {'volume_backend_name': PURE_SYNC.name},
    'sync': {'volume_backend_name': PURE_SYNC.name,
             'replication_enabled': '<is> True',
             'replication_type': '<in> sync'},
}
# A consistent group whose own type does not replicate takes no other.
GROUPED_TYPES = ('async-plain', 'sync-plain')
GROUP_TYPE = 'consistent'


def files(layout, simulator):
    """Every configuration file.

    :param simulator: content of the simulator's ready file
    :returns: dict of path to ``{section: {option: value}}``
    """
    services = _sections(layout, simulator)
    return {layout.config('cinder'): services, **{
        config(layout, node): common.merged(services, {'DEFAULT': {
            'host': node, 'cluster': CLUSTER}}) for node in NODES}}


def config(layout, node):
    """:returns: pathlib.Path of the cinder.conf of a cinder-volume"""
    return layout.config('cinder', node + '.conf')


def cluster_of(backend):
    """What Cinder calls the cluster of a backend."""
    return '%s@%s' % (CLUSTER, backend.name)


def _sections(layout, simulator):
    sections = common.merged(common.service(layout, 'cinder', 'cinder'), {
        'DEFAULT': {
            'debug': 'true',
            'auth_strategy': 'noauth',
            'host': 'control',
            'my_ip': layouts.ADDRESS,
            'state_path': layout.scratch('cinder'),
            'api_paste_config': layout.shipped('cinder', 'api-paste.ini'),
            'resource_query_filters_file':
                layout.shipped('cinder', 'resource_filters.json'),
            'enabled_backends': ','.join(
                backend.name for backend in BACKENDS),
            'report_interval': '5',
            'service_down_time': str(DOWN_S),
            'rpc_response_timeout': str(RPC_TIMEOUT_S),
            'periodic_interval': str(REPORT_S),
            'periodic_fuzzy_delay': '0',
            'backend_stats_polling_interval': str(REPORT_S),
            'scheduler_driver_init_wait_time': '1',
            'volume_clear': 'none',
            **{'quota_' + name: '100000' for name in (
                'volumes', 'snapshots', 'gigabytes', 'groups')}},
        'coordination': {'backend_url': 'etcd3+' + layout.url('etcd')}},
        {backend.name: demo.backend_section(backend, simulator)
         for backend in BACKENDS})
    # Nobody logs in.
    del sections['keystone_authtoken']
    return sections
