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
"""Rows that came over Cinder's message bus, with what they bring along."""

from cinder.objects import base
import pytest

from pure_cinder.volumes import rows
from tests import world as world_module

CONTEXT = world_module.CONTEXT


def sent(row):
    """As it is for who gets it."""
    serializer = base.CinderObjectSerializer()
    return serializer.deserialize_entity(
        CONTEXT, serializer.serialize_entity(CONTEXT, row))


def check_saved(row):
    row.provider_id = 'another'
    rows.save(row)
    row.refresh()
    assert row.provider_id == 'another'


@pytest.fixture
def volume(world):
    made = world.create(volume_type_id=world_module.new_type(
        qos={'maxIOPS': '500'}).id)
    assert made.volume_type.qos_specs.specs
    return made


def test_volume_whose_type_was_looked_at_is_saved(volume):
    row = sent(volume)
    assert 'volume_type' in row.obj_what_changed()
    check_saved(row)


def test_volume_whose_snapshots_were_looked_at_is_saved(world, volume):
    world.snapshot(volume, metadata={'owner': 'alice'})
    assert len(volume.snapshots) == 1
    row = sent(volume)
    assert 'snapshots' in row.obj_what_changed()
    rows.save(row)
    assert not row.obj_what_changed()


def test_snapshot_whose_volume_was_looked_at_is_saved(world, volume):
    snapshot = world.snapshot(volume)
    assert snapshot.volume.volume_type.qos_specs.specs
    row = sent(snapshot)
    assert 'volume' in row.obj_what_changed()
    check_saved(row)
