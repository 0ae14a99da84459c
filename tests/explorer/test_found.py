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
"""Stories that the search found, with the fault of each and without it."""

import pytest

from tests.explorer import fault_table
from tests.explorer import faults
from tests.explorer import found
from tests.explorer import settings
from tests.explorer import shrinking
from tests.explorer import told

HUNTS = {fault_id: hunt for fault_id, hunt in found.load().items()
         if hunt.text}
IN_SLICE = ('A1', 'M16')


@pytest.fixture(scope='module')
def stories_database():
    return settings.new_database()


@pytest.mark.parametrize('fault_id', [
    pytest.param(each, marks=() if each in IN_SLICE
                 else pytest.mark.exhaustive) for each in HUNTS])
def test_found_story_shows_its_fault(fault_id, stories_database):
    hunt = HUNTS[fault_id]
    assert not shrinking.outcome(hunt.setting, hunt.steps, stories_database)
    with faults.BY_ID[fault_id].applied():
        assert shrinking.outcome(hunt.setting, hunt.steps, stories_database)


def test_page_is_of_the_record():
    assert fault_table.PATH.read_text(encoding='utf-8') == (
        fault_table.render())


def test_every_fault_is_in_the_page():
    page = fault_table.render()
    for fault in faults.FAULTS:
        assert '   * - %s\n' % fault.id in page


def test_what_was_found_is_not_told_by_hand():
    assert not HUNTS.keys() & told.STORIES.keys()


def test_enough_was_found():
    """By the search itself, and not only by stories written for them."""
    assert len(HUNTS) > 20
    assert {'A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'E1'} <= set(HUNTS)
