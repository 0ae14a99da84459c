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
"""What a backend reports to the scheduler, and what it means.

A test holds the keys against a report.
"""

from tools.reference_pages import rst

INTRODUCTION = """\
``cinder get-pools --detail`` shows what a backend reports, once a minute, for
itself and for its one pool. Filter and goodness functions, and types, can use
all of it. What an array does not tell is left out.

"""
MEANINGS = {
    'Capabilities': {
        'volume_backend_name': 'as in ``cinder.conf``',
        'pool_name': 'the same; in the pool alone',
        'vendor_name': '``Pure Storage``',
        'driver_version': 'of this driver',
        'storage_protocol': '``iSCSI``, ``FC`` or NVMe with its transport',
        'thin_provisioning_support': 'always true',
        'thick_provisioning_support': 'always false',
        'multiattach': 'always true',
        'online_extend_support': 'always true',
        'QoS_support': 'always true',
        'consistencygroup_support': 'always true',
        'consistent_group_snapshot_enabled': 'always true',
        'location_info': 'what another backend of the same array needs to '
                         'take a volume over without a copy',
        'backend_state': '``up``; ``down`` while the array that serves does '
                         'not answer',
        'filter_function': 'as in ``cinder.conf``',
        'goodness_function': 'as in ``cinder.conf``'},
    'Capacity': {
        'total_capacity_gb': 'of the array, in GiB; 0 while it is down',
        'free_capacity_gb': 'total less what is used; snapshots and destroyed '
                            'volumes use space',
        'provisioned_capacity_gb': 'what all volumes of the array offer '
                                   'together',
        'reserved_percentage': 'as in ``cinder.conf``',
        'max_over_subscription_ratio': 'what the array achieves now, 1 at '
                                       'least, or as in ``cinder.conf``',
        'total_volumes': 'of the array', 'total_snapshots': 'of the array',
        'total_hosts': 'of the array', 'total_pgroups': 'of the array'},
    'Performance': {
        'reads_per_sec': 'reads a second', 'writes_per_sec': 'writes a second',
        'input_per_sec': 'bytes written a second',
        'output_per_sec': 'bytes read a second',
        'usec_per_read_op': 'latency of reads, in microseconds',
        'usec_per_write_op': 'latency of writes',
        'queue_depth': 'requests that wait',
        'queue_usec_per_read_op': 'of the latency, time in the queue',
        'queue_usec_per_write_op': 'the same of writes',
        'queue_usec_per_mirrored_write_op': 'the same of writes to a pod '
                                            'over two arrays'},
    'Replication': {
        'replication_enabled': 'whether there is another array',
        'replication_type': 'list of ``async``, ``sync`` and ``trisync``',
        'replication_count': 'of other arrays',
        'replication_targets': 'their ``backend_id``',
        'consistent_group_replication_enabled': 'whether there is another '
                                                'array',
        'replication_capability': 'the most that the connections of the '
                                  'array that serves allow',
        'replication_failover_target': 'where a failover without a target '
                                       'would go now',
        'replication_readiness': 'a row for each other array; see '
                                 ':doc:`/operators/replication`',
        'missing_paths': 'a row for each array over which attached volumes '
                         'have no path; see :doc:`/operators/attachments`'},
}


def page():
    return rst.title('Stats') + INTRODUCTION + ''.join(
        rst.section(name) + rst.table(
            ('Key', 'Meaning'),
            [(rst.literal(key), meaning) for key, meaning in keys.items()],
            '45 55') for name, keys in MEANINGS.items())
