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
"""No outcome depends on a text, or a status, for which there is no evidence.

The simulator's texts tell which are inferred. All of them are replaced, so
that what the driver asks after a refusal is refused in unknown words, too.
"""

import dataclasses

import pytest

import flasharray_sim
from flasharray_sim import texts
from flasharray_sim.texts import text
from pure_cinder.array import errors
from tests import operations

Operation = operations.Operation
Stage = operations.Stage
# What HTTP has for "no": 400 is the only one that was seen.
STATUSES = (400, 403, 404, 409)


def made_before(stage):
    """A volume group that another node or cloud made."""
    stage.client.create_vgroup('gold')


def destroyed_before(stage):
    made_before(stage)
    stage.client.destroy_vgroup('gold')


def without_its_group(stage):
    """A volume that left its volume group, which went."""
    volume = stage.volume('gold')
    leaf = volume.provider_id.partition('/')[2]
    stage.client.move_volume(volume.provider_id, '')
    stage.client.destroy_vgroup('gold')
    stage.client.eradicate_vgroup('gold')
    volume.provider_id = leaf
    volume.save()
    return volume


@pytest.fixture
def reword(monkeypatch):
    """``reword(status)``: nothing that is inferred is true any more."""
    def change(status):
        for name, entry in texts.TEXTS.items():
            # The SDK, which speaks to any array, needs 401, 450 and 500.
            if entry.provenance == text.INFERRED and entry.status not in (
                    401, 450, 500):
                monkeypatch.setitem(texts.TEXTS, name, dataclasses.replace(
                    entry, text='Nope.', status=status))
    return change


@pytest.mark.parametrize('status', STATUSES)
@pytest.mark.parametrize('operation', [
    Operation('create in a volume group', lambda s, _: s.create('gold')),
    Operation('create in a group that is there',
              lambda s, _: s.create('gold'), made_before),
    Operation('create in a destroyed group',
              lambda s, _: s.create('gold'), destroyed_before),
    Operation('clone into a volume group', lambda s, v: s.clone(v, 'gold'),
              Stage.volume),
    Operation('retype into a volume group', lambda s, v: s.retype(v, 'gold'),
              Stage.volume),
    Operation('delete the last of a volume group', Stage.delete,
              lambda s: s.volume('gold')),
    Operation('delete when the volume group is gone', Stage.delete,
              without_its_group),
    Operation('delete connected', Stage.delete, Stage.connected),
    Operation('delete connected and eradicate', Stage.delete,
              Stage.connected, options={'pure_eradicate_on_delete': True}),
    Operation('retype into a pod', lambda s, v: s.retype(v, 'sync'),
              Stage.volume, targets=operations.REPLICATED['sync']),
    Operation('retype out of a pod', lambda s, v: s.retype(v, 'none'),
              lambda s: s.volume('sync'),
              targets=operations.REPLICATED['sync']),
], ids=lambda operation: operation.name)
def test_operation_succeeds(fleet_of, reword, operation, status):
    stage = Stage(fleet_of(*operation.targets), operation)
    prepared = operation.prepare(stage)
    reword(status)
    assert stage.attempt(operation, prepared) is None
    assert stage.problems() == []


@pytest.mark.parametrize('status', STATUSES)
def test_refused_interval_stops_no_replication(async_fleet, status):
    async_fleet.primary.faults.add(flasharray_sim.Fault(
        'status', method='PUT', path='pgroup/cinder-group', status=status,
        text='Nope.', count=2))
    async_fleet.start()
    group = async_fleet.client(async_fleet.primary).get_pgroup(
        'cinder-group', schedule=True)
    assert group['replicate_enabled']


@pytest.mark.parametrize('status', STATUSES)
def test_refused_eradication_is_no_error(start, client, array, status):
    world = start(pure_eradicate_on_delete=True)
    volume = world.create()
    array.faults.add(flasharray_sim.Fault(
        'status', method='DELETE', path='volume/*', status=status,
        text='Nope.', skip=1))
    world.driver.delete_volume(volume)
    assert client.list_volumes() == []


@pytest.mark.parametrize('status', STATUSES)
def test_cause_that_is_not_known_is_told(fleet_of, reword, status):
    """It is no missing object, and nothing is left of what was tried."""
    stage = Stage(fleet_of(), Operation('none', None))
    reword(status)
    stage.fleet.primary.faults.add(flasharray_sim.Fault(
        'full', method='POST', path='volume/*'))
    for kind in ('none', 'gold'):
        with pytest.raises(errors.ArrayRefusal, match='Nope'):
            stage.create(kind)
    assert stage.client.list_volumes() == []
    assert stage.client.list_vgroups() == []
