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
"""A snapshot is attached through an instant copy of it."""

import pytest

from pure_cinder.array import errors
from tests import world as world_module


def attach(world, snapshot, connector):
    world.driver.create_export_snapshot(world_module.CONTEXT, snapshot,
                                        connector)
    return world.driver.initialize_connection_snapshot(snapshot, connector)


def detach(world, snapshot, connector):
    world.driver.terminate_connection_snapshot(snapshot, connector,
                                               force=False)
    world.driver.remove_export_snapshot(world_module.CONTEXT, snapshot)


def test_attached_snapshot_is_a_copy_of_it(world, client):
    snapshot = world.snapshot(world.create(size=2))

    info = attach(world, snapshot, world_module.connector())

    copy = client.get_volume('snapshot-%s-cinder' % snapshot.id)
    assert copy['size'] == 2 * 1024 ** 3
    assert info['data']['wwn'].endswith(copy['serial'].lower())


def test_detached_snapshot_leaves_nothing(world, client):
    volume = world.create()
    snapshot = world.snapshot(volume)
    for _time in range(2):
        attach(world, snapshot, world_module.connector())
        detach(world, snapshot, world_module.connector())
    assert [row['name'] for row in client.list_volumes()] == [
        volume.provider_id]
    assert client.list_hosts() == []


def test_export_twice_is_one_copy(world, client):
    snapshot = world.snapshot(world.create())
    attach(world, snapshot, world_module.connector())
    attach(world, snapshot, world_module.connector())
    assert len(client.list_volumes()) == 2


def test_snapshot_that_vanished(world, client):
    snapshot = world.snapshot(world.create())
    world.driver.delete_snapshot(snapshot)
    with pytest.raises(errors.ArrayError):
        attach(world, snapshot, world_module.connector())
    assert len(client.list_volumes()) == 1
    assert client.list_hosts() == []
