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
"""Another array serves, and the one that did may be dead."""

import pytest

from tests import failovers
from tests import world as world_module

ASYNC = 'async'
SYNC = 'sync'
TRISYNC = 'trisync'


def start(fleet, **values):
    return failovers.Service(fleet.start(**values))


def created(service, replication, count=1, **values):
    volume_type = world_module.replicated_type(replication)
    return [service.world.create(volume_type_id=volume_type.id, **values)
            for _number in range(count)]


def test_async_volumes_are_served_with_what_had_arrived(async_fleet):
    service = start(async_fleet)
    [volume] = created(service, ASYNC)
    [alpha, beta] = async_fleet.arrays
    arrived = failovers.write(alpha, volume)
    async_fleet.replicate()
    failovers.write(alpha, volume, 8 * failovers.MIB)
    alpha.stop()

    assert service.fail_over('at-beta') == 'failed-over'

    volume = failovers.reload(volume)
    assert (volume.status, volume.replication_status) == (
        'available', 'failed-over')
    assert failovers.content(beta, volume.provider_id) == arrived
    assert volume.provider_location.startswith(beta.id)
    assert volume.metadata['array_name'] == 'beta'
    assert 'alpha:cinder-group.' in volume.replication_extended_status
    assert service.row.active_backend_id == 'at-beta'


def test_sync_volumes_are_served_without_touching_data(sync_fleet):
    service = start(sync_fleet)
    [volume] = created(service, SYNC)
    [alpha, beta] = sync_fleet.arrays
    held = failovers.write(alpha, volume)
    alpha.stop()
    name, serial = volume.provider_id, volume.provider_location.split(':')[1]
    beta.requests.clear()

    assert service.fail_over('at-beta') == 'failed-over'

    assert sync_fleet.writes(beta) == []
    volume = failovers.reload(volume)
    assert (volume.status, volume.replication_status) == (
        'available', 'failed-over')
    assert volume.provider_id == name
    assert volume.provider_location == '%s:%s' % (beta.id, serial)
    assert failovers.content(beta, name) == held
