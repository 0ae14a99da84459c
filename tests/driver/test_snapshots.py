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
"""Snapshots on the array."""

import pytest

from pure_cinder.array import errors


def array_snapshots(client):
    return [row['name'] for row in client.list_volumes(snap=True)]


def test_snapshot_has_the_in_tree_name(world, client):
    volume = world.create()
    snapshot = world.snapshot(volume)
    assert array_snapshots(client) == [
        '%s.snapshot-%s' % (volume.provider_id, snapshot.id)]


def test_delete_leaves_the_other_snapshots(world, client):
    volume = world.create()
    deleted, kept = world.snapshot(volume), world.snapshot(volume)
    world.driver.delete_snapshot(deleted)
    assert array_snapshots(client) == [
        '%s.%s' % (volume.provider_id, kept.name)]


def test_delete_twice_succeeds(world):
    snapshot = world.snapshot(world.create())
    world.driver.delete_snapshot(snapshot)
    world.driver.delete_snapshot(snapshot)


def test_delete_of_a_snapshot_that_vanished_succeeds(world, client):
    volume = world.create()
    snapshot = world.snapshot(volume)
    name = '%s.%s' % (volume.provider_id, snapshot.name)
    client.destroy_volume(name)
    client.eradicate_volume(name)
    world.driver.delete_snapshot(snapshot)


def test_snapshot_outlives_what_happens_to_the_volume(world, client):
    volume = world.create(size=1)
    snapshot = world.snapshot(volume)
    world.extend(volume, 2)
    assert client.get_volume('%s.%s' % (volume.provider_id, snapshot.name),
                             snap=True)[0]['size'] == 1024 ** 3


def test_same_snapshot_twice_is_refused(world):
    snapshot = world.snapshot(world.create())
    with pytest.raises(errors.ArrayAlreadyExistsError):
        world.driver.create_snapshot(snapshot)
