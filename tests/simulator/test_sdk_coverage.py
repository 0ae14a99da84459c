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
"""Every public method of the SDK, called once against simulated arrays."""

import collections
import importlib.metadata
import pathlib

import pytest

from tests.simulator import sdk_calls

DOCUMENT = (pathlib.Path(__file__).parents[2]
            / 'simulator' / 'docs' / 'sdk-coverage.rst')


@pytest.fixture(scope='module')
def covered():
    return sdk_calls.cover()


def test_the_sdk_is_the_one_that_is_documented():
    assert importlib.metadata.version('purestorage') == (
        sdk_calls.SDK_VERSION)


def test_every_method_is_called(covered):
    assert sorted(covered) == sdk_calls.public_methods()
    assert len(covered) == 222


def test_nothing_is_refused(covered):
    assert {name: text for name, (outcome, _requests, text)
            in covered.items() if outcome == sdk_calls.REFUSED} == {}


def test_one_call_is_one_request(covered):
    counts = collections.Counter(
        len(requests) for _outcome, requests, _text in covered.values())
    assert counts == {1: 221, 0: 1}


def test_what_is_answered_with_fixed_data(covered):
    assert {name for name, (outcome, _requests, _text) in covered.items()
            if outcome == sdk_calls.FIXED} == sdk_calls.FIXED_READS | {
        'refresh_admin', 'refresh_admins', 'test_alert',
        'test_alert_recipient', 'test_directory_service', 'test_kmip',
        'test_snmp_manager'}


def test_the_document_is_current(covered):
    """Made anew with tools/sdk-coverage."""
    assert DOCUMENT.read_text(encoding='utf-8') == (
        sdk_calls.render(covered))
