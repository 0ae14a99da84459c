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
from tests.explorer import story as stories
from tests.explorer import told

SEEN = [each for each in told.STORIES if each not in told.UNSEEN]
IN_SLICE = ('B2', 'C6')


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


def test_database_that_is_away_refuses_what_is_waited_for(stories_database):
    """Whichever statement of the driver it is."""
    setting, steps = told.told('create, v1, plain', 'snapshot, s1, v1')
    with stories.begun(setting, stories_database) as story:
        for step in steps:
            assert story.do(step) == 'done'
        outcomes = [story.do(stories.Step(
            'back_up', ('s1',), 'database %d' % number))
            for number in range(4)]
        assert 'refused' in outcomes
        assert story.do(stories.Step('back_up', ('s1',))) == 'done'


def test_deletion_that_was_killed_is_resumed_with_its_array_away(
        stories_database):
    """Cinder ends the process for that, and the next one serves."""
    setting, steps = told.told('create, v1, async', 'stop, site1',
                               'delete, v1, False with kill 0',
                               replication='async')
    assert not shrinking.outcome(setting, steps, stories_database)
