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
"""A story goes wrong with the fault that it was written for, and only then."""

import pytest

from tests.explorer import faults
from tests.explorer import settings
from tests.explorer import shrinking
from tests.explorer import told

# Of the others the checks do not see the fault in the story that there is.
SEEN = ('A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A9', 'B1', 'B2', 'B5', 'B7', 'B8',
        'C1', 'C6', 'E1', 'H5', 'M3', 'M4', 'M6', 'M9', 'M10', 'M11', 'M12',
        'M13', 'M15', 'M16', 'M17', 'M18')
IN_SLICE = ('A1', 'A3', 'A5', 'E1', 'B8', 'M6')


@pytest.fixture(scope='module')
def stories_database():
    return settings.new_database()


@pytest.mark.parametrize('fault_id', [
    pytest.param(each, marks=() if each in IN_SLICE
                 else pytest.mark.exhaustive) for each in SEEN])
def test_story_shows_its_fault(fault_id, stories_database):
    setting, steps = told.STORIES[fault_id]
    assert not shrinking.outcome(setting, steps, stories_database)
    with faults.BY_ID[fault_id].applied():
        assert shrinking.outcome(setting, steps, stories_database)
