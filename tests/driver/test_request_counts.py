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
"""What requests cost beside their number: bytes, connections, what grows.

How many each operation makes is in test_budgets.py.
"""

import pytest

from tests import world as world_module


@pytest.fixture
def cost(array):
    """``cost(call)`` -> the requests that the call made."""
    def measure(call, *args, **kwargs):
        array.requests.clear()
        call(*args, **kwargs)
        return ['%s %s' % (record.method, record.path.split('/')[0])
                for record in array.requests]
    return measure


def test_detach_from_a_host_that_another_made_costs_one_request(
        world, client, cost):
    volume = world.create()
    connector = world_module.connector()
    client.create_host('theirs', iqnlist=[connector['initiator']])
    world.attach(volume, connector)
    assert cost(world.detach, volume, connector) == ['DELETE host']


def test_detach_of_a_volume_still_used_on_the_machine_is_free(world, cost):
    volume = world.create(multiattach=True)
    world.attach(volume, world_module.connector())
    world.attach(volume, world_module.connector())
    assert cost(world.detach, volume, world_module.connector()) == []


def test_stats_cost_does_not_grow(world, cost):
    empty = cost(world.driver.get_volume_stats, refresh=True)
    for _number in range(5):
        volume = world.create()
        world.snapshot(volume)
        world.attach(volume, world_module.connector())
    full = cost(world.driver.get_volume_stats, refresh=True)
    assert sorted(full) == sorted(empty)
    assert len(empty) == 7


def test_stats_transfer_does_not_grow(world, array):
    def transferred_bytes():
        array.requests.clear()
        world.driver.get_volume_stats(refresh=True)
        return sum(record.reply_size_bytes for record in array.requests)

    for _number in range(2):
        world.snapshot(world.create())
    few = transferred_bytes()
    for _number in range(20):
        world.snapshot(world.create())

    # The same rows, but numbers may have gained a digit.
    assert abs(transferred_bytes() - few) < 100


def test_one_connection_serves_what_is_asked_one_by_one(start, array):
    world = start(pure_max_threads=0)
    volume = world.create()
    world.attach(volume, world_module.connector())
    world.detach(volume, world_module.connector())
    world.driver.delete_volume(volume)
    world.driver.get_volume_stats(refresh=True)
    assert array.connection_count == 1
