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
"""Every ``pure_*`` option, as data.

Names, types and defaults are those of the in-tree driver, so that a backend
section works under either. Nothing is registered at import: two definitions
of one name in one process raise ``DuplicateOptError``, and the in-tree module
may be loaded beside this one.
"""

from oslo_config import cfg

HOST_PERSONALITIES = ('aix', 'esxi', 'hitachi-vsp', 'hpux',
                      'oracle-vm-server', 'solaris', 'vms')
ANY_IPV4 = '0.0.0.0/0'
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
MAX_CONNECTIONS = 32
MAX_THREADS = 16

_KEPT = ('If this is not set, protection groups that replicate already keep '
         'what they have.')

PURE_OPTS = [
    cfg.StrOpt('pure_api_token',
               secret=True,
               help='API token of the FlashArray user on whose behalf the '
                    'driver acts.'),
    cfg.IntOpt('pure_rest_connect_timeout',
               default=CONNECT_TIMEOUT_S,
               min=1,
               help='Seconds within which the management address of an array '
                    'has to accept a connection.'),
    cfg.IntOpt('pure_rest_read_timeout',
               default=READ_TIMEOUT_S,
               min=1,
               help='Seconds within which an array has to answer a request '
                    'as a whole. A request that is repeated takes no longer '
                    'than this and pure_rest_connect_timeout together.'),
    cfg.IntOpt('pure_max_connections',
               default=MAX_CONNECTIONS,
               min=1,
               help='Connections that are open to one array at once. A '
                    'request that finds all of them in use waits for one.'),
    cfg.IntOpt('pure_max_threads',
               default=MAX_THREADS,
               min=0,
               help='Threads of the backend that send requests which need '
                    'not wait for one another, beside those of the '
                    'operations themselves. Without any, all requests of an '
                    'operation are sent one after another.'),
    cfg.BoolOpt('pure_automatic_max_oversubscription_ratio',
                default=True,
                help='Report the ratio of provisioned to used space that the '
                     'array achieves now as max_over_subscription_ratio, in '
                     'place of the configured value.'),
    cfg.StrOpt('pure_host_personality',
               choices=HOST_PERSONALITIES + (None,),
               help='Personality given to the hosts that the driver creates '
                    'on the array. It tunes the protocol for the operating '
                    'system of the initiator. Existing hosts keep theirs.'),
    cfg.IntOpt('pure_replica_interval_default',
               default=3600,
               help='Seconds between two asynchronously replicated '
                    'snapshots. ' + _KEPT),
    cfg.IntOpt('pure_replica_retention_short_term_default',
               default=14400,
               help='Seconds for which the target keeps every replicated '
                    'snapshot. ' + _KEPT),
    cfg.IntOpt('pure_replica_retention_long_term_per_day_default',
               default=3,
               help='Replicated snapshots that the target keeps for each day '
                    'after the short term. ' + _KEPT),
    cfg.IntOpt('pure_replica_retention_long_term_default',
               default=7,
               help='Days for which the target keeps the daily snapshots. '
                    + _KEPT),
    cfg.StrOpt('pure_replication_pg_name',
               default='cinder-group',
               help='Protection group for asynchronous replication. It is '
                    'created if missing. Do not change it while replicated '
                    'volumes exist.'),
    cfg.StrOpt('pure_trisync_pg_name',
               default='cinder-trisync',
               help='Protection group inside the pod for three-site '
                    'replication. It is created if missing.'),
    cfg.StrOpt('pure_replication_pod_name',
               default='cinder-pod',
               help='Pod for synchronous replication. It is created if '
                    'missing. Do not change it while replicated volumes '
                    'exist.'),
    cfg.StrOpt('pure_ghost_pod_name',
               default='cinder-ghost-pod',
               help='Prefix of the temporary pods through which a volume '
                    'moves into or out of synchronous replication, of 26 '
                    'characters at most: the id of the volume follows it.'),
    cfg.StrOpt('pure_iscsi_cidr',
               default=ANY_IPV4,
               help='Network of the iSCSI target ports that hosts may use. '
                    'The default admits every port, IPv6 included. Ignored '
                    'when pure_iscsi_cidr_list is set.'),
    cfg.ListOpt('pure_iscsi_cidr_list',
                help='Networks of the iSCSI target ports that hosts may use, '
                     'separated by commas, IPv4 and IPv6.'),
    cfg.StrOpt('pure_nvme_cidr',
               default=ANY_IPV4,
               help='Network of the NVMe target ports that hosts may use. '
                    'The default admits every port, IPv6 included. Ignored '
                    'when pure_nvme_cidr_list is set.'),
    cfg.ListOpt('pure_nvme_cidr_list',
                help='Networks of the NVMe target ports that hosts may use, '
                     'separated by commas, IPv4 and IPv6.'),
    cfg.StrOpt('pure_nvme_transport',
               default='roce',
               choices=('roce', 'tcp'),
               help='Transport of the NVMe driver.'),
    cfg.BoolOpt('pure_eradicate_on_delete',
                default=False,
                help='Eradicate volumes, snapshots and protection groups at '
                     'once when Cinder deletes them. They cannot be recovered '
                     'then. Otherwise the array keeps them for its '
                     'eradication delay, 24 hours by default.'),
    cfg.BoolOpt('pure_trisync_enabled',
                default=False,
                help='With one synchronous and one asynchronous replication '
                     'device: replicate types that ask for it to all three '
                     'sites.'),
    cfg.BoolOpt('pure_safemode_enabled',
                default=False,
                help='Leave new volumes to the SafeMode default protection '
                     'of the array. Eradication on delete is off then.'),
]

# Options that Cinder declares and the driver reads.
COMMON_OPTION_NAMES = (
    'san_ip', 'driver_ssl_cert_verify', 'driver_ssl_cert_path',
    'use_chap_auth', 'replication_device', 'reserved_percentage',
    'max_over_subscription_ratio')

# Options of the first drivers, and what stands in their place today. Cinder
# would ignore them without a word.
OBSOLETE = {
    'pure_target': "Write the array's management address as san_ip.",
    'pure_host_name': 'Remove it: the host of each machine is found by its '
                      'initiators, and created if there is none.',
}
OBSOLETE_OPTS = [cfg.StrOpt(name) for name in OBSOLETE]


def list_opts():
    """What oslo-config-generator lists, by entry point ``oslo.config.opts``.

    :returns: list of one ``(section, [option, ...])``
    """
    return [('backend_defaults', PURE_OPTS)]
