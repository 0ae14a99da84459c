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
"""An array that takes no more requests in the middle of an operation.

What was done until then cannot be undone. The log says what is left, on which
array, and the commands that remove it; here they are carried out, and then
the arrays are as they were.
"""

import itertools

import pytest

import flasharray_sim
from pure_cinder.volumes import ghost_pods
from tests import command_line
from tests import operations
from tests import products
from tests import reconciliation
from tests import stage as stage_module

NAMES = (
    'create in a volume group', 'create in a group', 'clone and grow',
    'clone into limits', 'clone into a volume group', 'clone into a group',
    'extend limited per GB', 'retype into a volume group',
    'retype out of a volume group', 'manage as limited',
    'snapshot group', 'create group from snapshot', 'clone group',
    'attach, iSCSI', 'attach, CHAP', 'attach, iSCSI over two arrays',
    'retype into, async', 'unmanage, async', 'create group, async',
    'retype into, sync', 'retype out of, sync')


def _exchange(stage, prepared):
    volume, copy = prepared
    update = stage.world.driver.update_migrated_volume(
        stage_module.CONTEXT, volume, copy, 'available')
    assert update['_name_id'] is None, 'the copy keeps its name'


OPERATIONS = [
    *(operation for operation in operations.OPERATIONS
      if operation.name in NAMES),
    operations.Operation('finish a migration', _exchange,
                         lambda stage: (stage.volume(), stage.volume()))]


@pytest.mark.parametrize('operation', products.every(3, OPERATIONS))
def test_log_tells_what_is_left_and_how_to_remove_it(
        fleet_of, caplog, operation):
    stage = stage_module.Stage(
        fleet_of(*operation.targets, limits={'pods': 1000}), operation)
    told = []
    for array in stage.fleet.arrays:
        for number in itertools.count():
            known = stage.known()
            prepared = operation.prepare(stage)
            before = stage.state()
            caplog.clear()
            fault = array.faults.add(flasharray_sim.Fault(
                'status', skip=number, status=400, text='Read only.'))
            error = stage.attempt(operation, prepared)
            array.faults.remove(fault)
            if not fault.hits:
                break
            left = [command for text in caplog.messages
                    for command in command_line.told(text)]
            for name, command in left:
                [client] = [each.client for each in stage.arrays
                            if each.name == name]
                command_line.CommandLine(
                    client, lambda: stage.fleet.pass_time(
                        ghost_pods.RESYNC_LIMIT_S)).run(command)
            told += left
            if error:
                for then, now in zip(before, stage.state()):
                    assert reconciliation.changes(then, now) == [], left
            stage.delete_failed(known)
    assert told
