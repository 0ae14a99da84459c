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
"""The primary dies after a failback, before what it sends has arrived.

The array that had served has all that came home. What it got from the
primary is from before the first failover, which may be weeks ago.
"""

import pytest

from tests import failovers
from tests.replication.test_failover import created
from tests.replication.test_failover import start
from tests import world as world_module

MIB = failovers.MIB


class Story:
    """A volume that was away, was written to there, and came home.

    :ivar held: what it holds since
    """

    def __init__(self, fleet_of, *kinds):
        self.fleet = fleet_of(*kinds, replication_rate=MIB // 10)
        self.alpha, self.beta, *_others = self.fleet.arrays
        self.service = start(self.fleet)
        [self.volume] = created(self.service, 'async')
        failovers.write(self.alpha, self.volume)
        self.fleet.replicate()
        assert self.service.fail_over('at-beta') == 'failed-over'
        self.volume = failovers.reload(self.volume)
        self.held = failovers.write(self.beta, self.volume, 8 * MIB)
        assert self.service.fail_over('default') == 'enabled'

    def report(self):
        for _number in range(3):
            self.service.world.driver.get_volume_stats(refresh=True)

    def fail_over(self, target=None):
        """:returns: what the volume holds on beta then"""
        self.alpha.stop()
        assert self.service.fail_over(target) == 'failed-over'
        self.volume = failovers.reload(self.volume)
        assert self.volume.status == 'available'
        return failovers.content(self.beta, self.volume.provider_id)


@pytest.mark.parametrize('is_restarted', [False, True])
def test_what_came_home_can_be_served(fleet_of, is_restarted):
    story = Story(fleet_of, 'async')
    story.report()
    if is_restarted:
        story.service.restart()
        story.report()

    assert story.fail_over('at-beta') == story.held


def test_what_came_home_is_used_again_and_again(fleet_of):
    story = Story(fleet_of, 'async')
    story.report()
    assert story.fail_over('at-beta') == story.held
    held = failovers.write(story.beta, story.volume, 16 * MIB)
    story.report()
    story.alpha.start()
    assert story.service.fail_over('default') == 'enabled'
    story.report()

    assert story.fail_over('at-beta') == held


def test_best_target_is_where_it_came_home_from(fleet_of):
    """Although another array got something in between."""
    story = Story(fleet_of, 'async', 'async')
    assert story.fail_over() == story.held
    assert story.service.row.active_backend_id == 'at-beta'


def test_what_is_sent_after_that_is_newer(fleet_of):
    story = Story(fleet_of, 'async')
    held = failovers.write(story.alpha, failovers.reload(story.volume),
                           16 * MIB)
    story.fleet.replicate()
    story.fleet.replicate()

    assert story.fail_over('at-beta') == held


def test_copy_goes_when_something_newer_has_arrived(fleet_of):
    story = Story(fleet_of, 'async')
    client = story.fleet.client(story.beta)
    story.report()
    assert [row['name'] for row in client.list_volumes()] == [
        story.volume.provider_id]
    story.fleet.replicate()
    story.fleet.replicate()
    story.report()
    assert client.list_volumes() == []
    assert [row['name'] for row in client.list_pgroups(snap=True)
            if '.retired-' in row['name']] == []


def test_copy_of_what_is_replicated_no_more_goes_at_once(fleet_of):
    story = Story(fleet_of, 'async')
    volume, plain = failovers.reload(story.volume), world_module.new_type()
    _is_retyped, update = story.service.world.driver.retype(
        world_module.CONTEXT, volume, plain, {}, {'host': volume.host})
    volume.update({**update, 'volume_type_id': plain.id})
    volume.save()
    story.report()
    assert story.fleet.client(story.beta).list_volumes() == []
