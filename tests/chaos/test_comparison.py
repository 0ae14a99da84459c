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
"""What the audit finds is a shortfall, unless it is listed with a reason."""

import json

import pytest

import flasharray_sim
from tools.chaos import comparison
from tools.chaos import stack as stacks
from tools.demo import console
from tools.demo import flasharray

NAME = 'volume-6a3a1b58-5b41-4d6b-a4ff-1e1b6b9f5a42-cinder'


def finding(check='volumes', cause='There is no volume.', severity='error'):
    return {'section': 'pure-sync', 'severity': severity, 'check': check,
            'array': 'pure01', 'subject': NAME, 'cause': cause, 'remedy': '',
            'command': '', 'is_repaired': False}


@pytest.fixture
def array():
    with flasharray_sim.Simulator(arrays=1) as simulator:
        [one] = simulator.arrays
        yield flasharray.FlashArray(one.address, one.api_token,
                                    simulator.certificate_path)


class Audited(stacks.ChaosStack):
    """Its audit has told something already."""

    def __init__(self, directory, status, findings):
        super().__init__(directory, console.Console())
        self.layout.make()
        self._told = status, findings

    def run(self, title, command, environment=None):
        status, findings = self._told
        path = self.layout.log(title)
        path.write_text(json.dumps(
            {'exit_code': status, 'findings': findings}))
        self.layout.log(title + '-progress').write_text('No such section.')
        return status, path


def test_finding_is_a_fault():
    assert comparison.split([finding()]) == ([finding()], [])


def test_finding_with_a_reason_is_none():
    idle = finding('hosts', 'It has no volume.', 'warning')
    assert comparison.split([idle]) == ([], [idle])


def test_reason_is_for_its_check_alone():
    other = finding('connections', 'It has no volume.', 'warning')
    assert comparison.split([other]) == ([other], [])


def test_what_should_be_repaired_is_a_fault_then():
    old = finding('tags', 'Tags of it are old: VmId.', 'warning')
    assert comparison.split([old]) == ([], [old])
    assert comparison.split([old], is_repaired=True) == ([old], [])


def test_what_is_well_is_no_finding(tmp_path):
    stack = Audited(tmp_path, 1, [
        finding(severity='ok'), finding(severity='warning')])
    assert comparison.audit(stack, 'audit') == [finding(severity='warning')]


def test_audit_that_says_nothing_is_no_success(tmp_path):
    with pytest.raises(comparison.AuditFailure, match='No such section'):
        comparison.audit(Audited(tmp_path, comparison.UNKNOWN, []), 'audit')


def test_planted_volume_is_seen_until_it_is_taken_away(array):
    assert comparison.remains(array) == []
    comparison.plant(array, NAME)
    assert comparison.remains(array) == [NAME]
    comparison.uproot(array, NAME)
    assert comparison.remains(array) == []


def test_what_is_not_cinders_is_not_seen(array):
    comparison.plant(array, 'somebody-elses')
    assert comparison.remains(array) == []


def test_finding_is_told_in_a_line():
    assert comparison.told({**finding(), 'command': 'cinder extend 1 2'}) == (
        'pure-sync: error: volumes: pure01 %s: There is no volume. '
        '$ cinder extend 1 2' % NAME)
