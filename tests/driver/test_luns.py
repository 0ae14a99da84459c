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
"""A LUN is not given again while a machine may hold its old device."""

import pytest

from pure_cinder import luns
from tests import world as world_module


def lun_of(info):
    return info['data']['target_luns'][0]


def test_lun_of_a_detached_volume_is_not_reused(world):
    old, new, later = (world.create() for _number in range(3))
    assert lun_of(world.attach(old, world_module.connector())) == 1
    world.detach(old, world_module.connector())
    assert lun_of(world.attach(new, world_module.connector())) == 2
    world.detach(new, world_module.connector())
    assert lun_of(world.attach(later, world_module.connector())) == 3


def test_other_machines_are_not_concerned(world):
    volume = world.create()
    world.attach(volume, world_module.connector('one', 1))
    world.detach(volume, world_module.connector('one', 1))
    assert lun_of(world.attach(volume, world_module.connector('two', 2))) == 1


def test_luns_in_use_are_passed_over(world):
    volumes = [world.create() for _number in range(4)]
    for volume in volumes[:3]:
        world.attach(volume, world_module.connector())
    world.detach(volumes[1], world_module.connector())
    assert lun_of(world.attach(volumes[3], world_module.connector())) == 4


def test_lun_is_free_again_after_the_cool_down(world, monkeypatch):
    memory = world.driver._attachments._connections['pure']._luns
    old, new = world.create(), world.create()
    world.attach(old, world_module.connector())
    world.detach(old, world_module.connector())
    memory._released.clear()
    assert lun_of(world.attach(new, world_module.connector())) == 1


@pytest.mark.parametrize('taken, expected', [
    (set(), 1), ({2}, 1), ({1, 2, 4}, 3)])
def test_lowest_free(taken, expected):
    assert luns.lowest_free(taken) == expected
