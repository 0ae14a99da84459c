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
"""Detach, while failed over, what was attached at home before."""

import pytest

from tests import failovers
from tests import world as world_module

CONNECTOR = world_module.connector()


@pytest.fixture
def service(async_fleet):
    return failovers.Service(async_fleet.start())


@pytest.fixture
def volume(service, async_fleet):
    """Replicated, and attached on alpha."""
    volume = service.world.create(
        volume_type_id=world_module.replicated_type('async').id)
    async_fleet.replicate()
    service.world.attach(volume, CONNECTOR)
    return volume


def test_machine_gives_up_the_original(async_fleet, service, volume):
    [alpha, _beta] = async_fleet.arrays
    service.fail_over()
    service.world.detach(failovers.reload(volume), CONNECTOR)
    assert async_fleet.client(alpha).list_hosts() == []


def test_array_that_is_away_keeps_nobody(async_fleet, service, volume):
    [alpha, beta] = async_fleet.arrays
    alpha.stop()
    service.fail_over()
    service.world.detach(failovers.reload(volume), CONNECTOR)
    assert async_fleet.client(beta).list_hosts() == []

    alpha.start()
    service.fail_back()
    service.world.driver.get_volume_stats(refresh=True)
    assert async_fleet.client(alpha).list_hosts() == []


def test_machine_that_was_told_of_the_target_asks_no_other(
        async_fleet, service, volume):
    [alpha, beta] = async_fleet.arrays
    service.world.detach(volume, CONNECTOR)
    service.fail_over()
    moved = failovers.reload(volume)
    service.world.attach(moved, CONNECTOR)
    async_fleet.forget_requests()
    service.world.detach(moved, CONNECTOR)
    assert [str(record) for record in alpha.requests] == []
    assert async_fleet.client(beta).list_hosts() == []
