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
"""What is wrong with a section of cinder.conf, and told with its options."""

import pytest

from pure_cinder.cmd import check


def test_section_without_fault(checks):
    assert checks.findings('options') == []


def test_misspelt_option_with_the_nearest_one(checks):
    [finding] = checks.findings('options', pure_iscsi_cdir='192.0.2.0/24')
    assert (finding['severity'], finding['section'], finding['subject']) == (
        'error', 'pure', 'pure_iscsi_cdir')
    assert 'has no effect' in finding['cause']
    assert finding['remedy'] == 'The nearest name is pure_iscsi_cidr.'
    assert checks.ok('reach'), 'the rest is checked, too'


def test_every_problem_is_told_at_once(checks):
    found = checks.findings('options', san_ip='', pure_api_token=None,
                            pure_iscsi_cidr='office',
                            pure_safemode_enabled='true',
                            pure_target='192.0.2.1',
                            replication_device='backend_id:b,typ:sync')
    assert {finding['subject'] for finding in found} == {
        'san_ip', 'pure_api_token', 'pure_iscsi_cidr', 'pure_target',
        'pure_safemode_enabled', 'replication_device b'}
    assert all(finding['cause'] and finding['remedy'] for finding in found)
    assert checks.code == 2


@pytest.mark.parametrize('option, value', [
    ('pure_rest_read_timeout', 'soon'), ('pure_host_personality', 'windows'),
    ('pure_eradicate_on_delete', 'perhaps'),
    ('pure_nvme_transport', 'pigeon')])
def test_value_of_another_type(checks, option, value):
    [finding] = checks.findings('options', **{option: value})
    assert finding['subject'] == option
    assert value in finding['cause'] and finding['remedy']


def test_driver_that_there_is_not(checks):
    [finding] = checks.findings(
        'options', volume_driver='pure_cinder.driver.PureISCIDriver')
    assert finding['subject'] == 'volume_driver'
    assert finding['remedy'].endswith('pure_cinder.driver.PureISCSIDriver.')


def test_module_that_there_is_not(checks):
    [finding] = checks.findings(
        'options', volume_driver='pure_cinder.drivers.PureFCDriver')
    assert finding['remedy'].endswith('pure_cinder.driver.PureFCDriver.')


def test_base_of_the_drivers(checks):
    [finding] = checks.findings(
        'options', volume_driver='pure_cinder.driver.PureBaseVolumeDriver')
    assert finding['subject'] == 'volume_driver'
    assert 'serves no protocol' in finding['cause']


def findings_of(checks, **sections):
    checks.operator.write(**sections)
    return checks.operator.findings(check.main)


def test_section_that_is_enabled_and_not_there(checks):
    code, found = findings_of(
        checks, default={'enabled_backends': 'pure,gold'},
        pure=checks.operator.section(checks.array))
    [finding] = [finding for finding in found
                 if finding['section'] == 'gold']
    assert code == 2 and finding['subject'] == 'enabled_backends'
    assert 'pure' in finding['remedy']


def test_section_that_is_there_and_not_enabled(checks):
    _code, found = findings_of(
        checks, default={'enabled_backends': 'pure'},
        pure=checks.operator.section(checks.array),
        silver=checks.operator.section(checks.array,
                                       volume_backend_name='silver'))
    [finding] = [finding for finding in found
                 if finding['section'] == 'silver'
                 and finding['check'] == 'options']
    assert finding['severity'] == 'warning'
    assert finding['subject'] == 'enabled_backends'


def test_backends_of_others_are_theirs(checks):
    _code, found = findings_of(
        checks, pure=checks.operator.section(checks.array),
        lvm={'volume_driver': 'cinder.volume.drivers.lvm.LVMVolumeDriver'})
    assert {finding['section'] for finding in found} <= {'pure', ''}
