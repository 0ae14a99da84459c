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
"""Volume types, understood without an array."""

from cinder import exception
import pytest

from pure_cinder.types import specs

MIB = 1024 ** 2


def test_plain_type_asks_for_nothing():
    assert specs.parse({}, None, 1) == specs.VolumeSpecs()


@pytest.mark.parametrize('text, expected', [
    ('<in> async', specs.ReplicationType.ASYNC),
    ('<in> sync', specs.ReplicationType.SYNC),
    ('<in> trisync', specs.ReplicationType.TRISYNC),
    ('async', specs.ReplicationType.ASYNC),
    ('sync', specs.ReplicationType.SYNC),
    ('trisync', specs.ReplicationType.TRISYNC)])
def test_replication_type(text, expected):
    assert specs.replication_type({'replication_enabled': '<is> True',
                                   'replication_type': text}) is expected


def test_replication_defaults_to_async():
    assert specs.replication_type(
        {'replication_enabled': '<is> True'}) is specs.ReplicationType.ASYNC


@pytest.mark.parametrize('enabled', ['<is> False', 'True', '', '<is> maybe'])
def test_replication_that_is_not_enabled_is_none(enabled):
    assert specs.replication_type({
        'replication_enabled': enabled, 'replication_type': '<in> sync',
    }) is specs.ReplicationType.NONE


@pytest.mark.parametrize('text', [
    'asynchronous', '<in> asynchronous', '<is> sync', '<in> <in> sync', 'Sync',
    '', '<in> '])
def test_unknown_replication_type_is_refused(text):
    with pytest.raises(exception.InvalidVolumeType, match='<in> sync'):
        specs.replication_type({'replication_enabled': '<is> True',
                                'replication_type': text})


@pytest.mark.parametrize('text, iops, bandwidth', [
    ({'maxIOPS': '500'}, 500, None),
    ({'maxBWS': '10'}, None, 10 * MIB),
    ({'maxIOPS': '500', 'maxBWS': '10'}, 500, 10 * MIB),
    ({'maxIOPS': '0', 'maxBWS': '0'}, None, None),
    ({'maxIOPS_per_GB': '100'}, 400, None),
    ({'maxIOPS_per_GB': '10'}, 100, None),
    ({'maxBWS_per_GB': '1000000'}, None, 524288 * MIB),
    ({'maxIOPS': '300', 'maxIOPS_per_GB': '100'}, 300, None),
    ({'maxIOPS': '300', 'maxIOPS_per_GB': '50'}, 300, None),
    ({'maxIOPS': '0', 'maxIOPS_per_GB': '100'}, 400, None),
    ({'flasharray:maxIOPS': '500', 'maxIOPS': '600'}, 500, None),
    ({'read_iops_sec': '5'}, None, None)])
def test_limits_of_a_volume_of_four_gib(text, iops, bandwidth):
    assert specs.qos_limits(text, 4) == specs.QosLimits(iops, bandwidth)


@pytest.mark.parametrize('text', [
    {'maxIOPS': '99'}, {'maxIOPS': '100000001'}, {'maxBWS': '524289'},
    {'maxIOPS': 'many'}, {'maxIOPS': '-1'}, {'maxBWS_per_GB': '1.5'},
    {'maxIOPS_per_GB': '-1'}])
def test_limit_out_of_range_is_refused(text):
    with pytest.raises(exception.InvalidQoSSpecs, match=list(text)[0]):
        specs.qos_limits(text, 4)


def test_qos_specs_win_over_extra_specs_as_a_whole():
    parsed = specs.parse({'maxIOPS': '500'}, {'maxBWS': '10'}, 1)
    assert parsed.qos == specs.QosLimits(None, 10 * MIB)


def test_volume_group_is_limited_in_place_of_its_volumes():
    parsed = specs.parse({'flasharray:vg_name': 'gold_1',
                          'flasharray:vg_maxIOPS': '500'},
                         {'maxIOPS': '700'}, 1)
    assert parsed == specs.VolumeSpecs(
        volume_group='gold-1', volume_group_qos=specs.QosLimits(500, None))


def test_empty_name_is_no_volume_group():
    assert specs.parse({'flasharray:vg_name': ''}, None, 1).volume_group is (
        None)


@pytest.mark.parametrize('text, expected', [
    ('1', MIB), ('524288', 524288 * MIB), ('1048576', MIB),
    ('549755813888', 524288 * MIB), ('0', None)])
def test_bandwidth_of_a_volume_group_in_mib_or_bytes(text, expected):
    parsed = specs.parse({'flasharray:vg_name': 'gold',
                          'flasharray:vg_maxBWS': text}, None, 1)
    assert parsed.volume_group_qos.bandwidth_bytes_s == expected
