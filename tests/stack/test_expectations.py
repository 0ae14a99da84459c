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
"""A run of tempest is held against the list of what need not pass."""

import pathlib

import pytest

from tools.tempest import expectations
from tools.tempest import results
from tools.tempest import run

JUNIT = '''<testsuite errors="0" failures="1" tests="4" time="3.5">
<testcase classname="a.Volumes" name="test_create[id-1,smoke]" time="2.5"/>
<testcase classname="a.Volumes" name="test_extend[id-2]" time="0.5">
<failure type="testtools.testresult.real._StringException">Traceback
  AssertionError: 1 != 2</failure></testcase>
<testcase classname="a.Swap" name="test_swap[id-3]" time="0.0">
<skipped>Swapping is not supported.</skipped></testcase>
<testcase classname="" name="setUpClass (a.Shelve)" time="0.0">
<skipped>Shelve is not available.</skipped></testcase>
</testsuite>'''
LIST = '''
- reason: >-
    Nova's fake driver
    swaps nothing.
  skipped:
  - a.Swap.test_swap
  - setUpClass (a.Shelve)
- reason: A fault of tempest.
  failing: [a.Volumes.test_extend]
'''


@pytest.fixture
def outcomes(tmp_path):
    path = tmp_path / 'tempest.xml'
    path.write_text(JUNIT)
    return results.read(path)


@pytest.fixture
def expected(tmp_path):
    return read(tmp_path, LIST)


def read(tmp_path, text):
    path = tmp_path / 'expected.yaml'
    path.write_text(text)
    return expectations.read(path)


def test_run_as_expected(outcomes, expected):
    assert results.counts(outcomes) == {
        'passed': 1, 'failing': 1, 'skipped': 2}
    assert expectations.shortfalls(outcomes, expected) == []


def test_unexpected_skip_is_a_shortfall(outcomes, expected):
    del expected['a.Swap.test_swap']
    assert expectations.shortfalls(outcomes, expected) == [
        'a.Swap.test_swap: skipped, expected: passed; '
        'Swapping is not supported.']


def test_failure_is_a_shortfall(outcomes, expected):
    del expected['a.Volumes.test_extend']
    [told] = expectations.shortfalls(outcomes, expected)
    assert told.startswith('a.Volumes.test_extend: failing, expected: passed')
    assert 'AssertionError: 1 != 2' in told


@pytest.mark.parametrize('test', ['a.Swap.test_swap',
                                  'a.Volumes.test_extend'])
def test_listed_test_that_passes_is_a_shortfall(outcomes, expected, test):
    outcomes[test] = results.Outcome('passed')
    [told] = expectations.shortfalls(outcomes, expected)
    assert told.startswith(test + ': passed, expected: ')


def test_listed_test_has_to_be_there(outcomes, expected):
    del outcomes['setUpClass (a.Shelve)']
    assert expectations.shortfalls(outcomes, expected, is_whole=False) == []
    assert expectations.shortfalls(outcomes, expected) == [
        'setUpClass (a.Shelve): was not there, and is listed as skipped']


def test_summary_tells_reasons_and_shortfalls(outcomes, expected):
    text = results.summary(outcomes, expected, ['a shortfall'], ['a fact'])
    assert text.startswith('a fact\n')
    assert '1 passed, 1 failed, 2 skipped, 1 shortfalls' in text
    assert 'a shortfall' in text
    assert "Nova's fake driver swaps nothing." in text


@pytest.mark.parametrize('text', [
    '- skipped: [a.b]', '- reason: why', '- {reason: why, passed: [a.b]}',
    '- {reason: why, skipped: [a.b], failing: [a.b]}'])
def test_list_that_is_none(tmp_path, text):
    with pytest.raises(ValueError):
        read(tmp_path, text)


def test_the_list_is_one():
    assert all(expectation.reason
               for expectation in expectations.read().values())


def test_smoke_is_a_part_of_the_whole():
    lines = [line for line in pathlib.Path(run.SMOKE).read_text().splitlines()
             if line and not line.startswith('#')]
    assert lines and len(lines) == len(set(lines))
    for line in lines:
        assert line.startswith(('tempest.api.volume.',
                                'tempest.api.compute.volumes.',
                                'cinder_tempest_plugin.')), line
