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
"""QoS, retype without replication, statistics."""

from cinder import exception
import purestorage
import pytest

from tests.simulator.in_tree import world

LIMITS = {'maxIOPS': '5000', 'maxBWS': '100'}


def qos_of(array, volume):
    row = array.get_volume(volume.provider_id, qos=True)
    return row['iops_limit'], row['bandwidth_limit']


@pytest.mark.parametrize('limits,expected', [
    (LIMITS, (5000, 100 << 20)),
    ({'maxIOPS': '5000'}, (5000, None)),
    ({'maxBWS': '100'}, (None, 100 << 20)),
    ({'maxIOPS': '0', 'maxBWS': '0'}, (None, None))])
def test_create_with_qos(backend, array, limits, expected):
    volume = backend.create(volume_type=world.new_type(qos=limits))
    assert qos_of(array, volume) == expected


def test_qos_of_extra_specs(backend, array):
    volume = backend.create(volume_type=world.new_type(extra_specs=LIMITS))
    assert qos_of(array, volume) == (5000, 100 << 20)


@pytest.mark.parametrize('limits', [
    {'maxIOPS': '99'}, {'maxIOPS': '100000001'}, {'maxBWS': '524289'}])
def test_qos_out_of_range_is_refused_by_the_driver(backend, array, limits):
    with pytest.raises(exception.InvalidQoSSpecs):
        backend.create(volume_type=world.new_type(qos=limits))
    assert array.list_volumes() == []


def test_highest_and_lowest_qos(backend, array):
    for limits, expected in (
            ({'maxIOPS': '100', 'maxBWS': '1'}, (100, 1 << 20)),
            ({'maxIOPS': '100000000', 'maxBWS': '524288'},
             (100000000, 549755813888))):
        volume = backend.create(volume_type=world.new_type(qos=limits))
        assert qos_of(array, volume) == expected


def test_copies_get_the_limits_of_their_type(backend, array):
    limited = world.new_type(qos=LIMITS)
    source = backend.create()
    clone = backend.clone(source, volume_type=limited)
    copy = backend.from_snapshot(backend.snapshot(source),
                                 volume_type=limited)
    assert qos_of(array, clone) == qos_of(array, copy) == (5000, 100 << 20)


def test_retype_sets_and_clears_limits(backend, array):
    volume = backend.create()
    assert backend.retype(volume, world.new_type(qos=LIMITS))
    assert qos_of(array, volume) == (5000, 100 << 20)
    assert backend.retype(volume, world.new_type(qos={'maxIOPS': '200'}))
    assert qos_of(array, volume) == (200, None)
    assert backend.retype(volume, world.new_type())
    assert qos_of(array, volume) == (None, None)


def test_retype_to_no_limits_sends_zero(backend, array):
    """Defect 27 of the driver: 0 bytes per second are out of range."""
    volume = backend.create(volume_type=world.new_type(qos=LIMITS))
    unlimited = world.new_type(qos={'maxIOPS': '0', 'maxBWS': '0'})
    with pytest.raises(purestorage.PureHTTPError) as caught:
        backend.retype(volume, unlimited)
    assert caught.value.code == 400
    assert qos_of(array, volume) == (5000, 100 << 20)


def test_stats(backend, protocol, array):
    volume, node = backend.create(size=10), world.connector()
    backend.snapshot(volume)
    backend.attach(volume, node)
    array.create_pgroup('pg1')
    backend.driver.delete_volume(backend.create(size=5))
    stats = backend.stats()
    space, = array.get(space=True)
    assert stats['volume_backend_name'] == 'pure'
    assert stats['vendor_name'] == 'Pure Storage'
    assert stats['storage_protocol'] == {
        'iscsi': 'iSCSI', 'fc': 'FC', 'nvme': 'NVMe-TCP'}[protocol]
    assert stats['total_capacity_gb'] == space['capacity'] / world.GIB
    assert stats['free_capacity_gb'] == (
        (space['capacity'] - space['total']) / world.GIB)
    assert stats['provisioned_capacity'] == 15
    assert [stats[f'total_{noun}'] for noun in (
        'volumes', 'snapshots', 'hosts', 'pgroups')] == [2, 1, 1, 1]
    assert stats['max_over_subscription_ratio'] == 20.0
    assert (stats['replication_enabled'], stats['replication_type'],
            stats['replication_capability']) == (False, [], None)
    for key in ('writes_per_sec', 'reads_per_sec', 'input_per_sec',
                'output_per_sec', 'usec_per_read_op', 'usec_per_write_op',
                'queue_depth'):
        assert stats[key] == 0


def test_stats_tell_the_ratio_of_what_was_written(backend, fleet, array):
    volume = backend.create(size=10)
    fleet.arrays[0].model.write(volume.provider_id, 0, world.GIB)
    used_gib = array.get(space=True)[0]['total'] / world.GIB
    assert used_gib > 0
    assert backend.stats()['max_over_subscription_ratio'] == 10 / used_gib
