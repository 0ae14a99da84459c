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
"""Round trips are the currency: what each operation costs on the arrays.

budgets.yaml has a line for each operation: its requests, and how many of them
wait for one another. Both are exact. An operation that got cheaper misses its
line as well, so that the table always tells what is.
"""

import functools
import pathlib

import pytest
import yaml

from tests import budget
from tests import failovers
from tests import groups as groups_module
from tests import operations
from tests import stage as stage_module
from tests import world as world_module

PATH = pathlib.Path(__file__).with_name('budgets.yaml')
CONTEXT = world_module.CONTEXT
Operation = operations.Operation
MANY = operations.MANY


def _tidy_up(stage, _prepared):
    stage.world.driver._backend.housekeeping.run()


def _list(method, stage, _prepared):
    """A page as Cinder's API asks for it, unless told otherwise."""
    return getattr(stage.world.driver, method)(
        [], None, 10, 0, ['reference'], ['desc'])


def _list_volumes(stage, prepared):
    _list('get_manageable_volumes', stage, prepared)


def _list_snapshots(stage, prepared):
    _list('get_manageable_snapshots', stage, prepared)


def _attached_volumes(stage):
    for _number in range(3):
        stage.attached(stage.volume())


def _replicated(kind, stage):
    """A service whose volumes have all arrived on the other arrays."""
    for _number in range(MANY):
        stage.volume(kind)
    stage.fleet.replicate()
    return failovers.Service(stage.world)


def _failed_over(kind, stage):
    service = _replicated(kind, stage)
    service.fail_over()
    return service


def _failed_over_before(stage):
    """It came home without having been anywhere else since."""
    service = _failed_over('async', stage)
    service.fail_back()
    stage.fleet.replicate()
    return service


def _replicated_group(stage):
    return stage.group('async', count=MANY, specs=groups_module.REPLICATED)


def _failed_over_group(stage):
    group = _replicated_group(stage)
    stage.fleet.replicate()
    stage.groups.failover(group)
    return group


ASYNC, SYNC = operations.REPLICATED['async'], operations.REPLICATED['sync']
FURTHER = [
    Operation('report stats', operations.report_alone, _attached_volumes),
    Operation('report stats, async', operations.report_alone,
              _attached_volumes, ASYNC),
    Operation('report stats, sync', operations.report_alone,
              _attached_volumes, SYNC),
    Operation('what is done beside the report', _tidy_up, _attached_volumes),
    Operation('what is done beside the report, async', _tidy_up,
              _attached_volumes, ASYNC),
    Operation('list manageable volumes', _list_volumes, _attached_volumes),
    Operation('list manageable snapshots', _list_snapshots,
              lambda s: s.snapshotted()),
    *operations.COSTLY,
    Operation('accept transfer',
              lambda s, v: s.world.driver.accept_transfer(
                  CONTEXT, v, 'user', 'project'), lambda s: s.volume()),
    Operation('fail many over, async', lambda s, service: service.fail_over(),
              functools.partial(_replicated, 'async'), ASYNC),
    Operation('fail many over again, async',
              lambda s, service: service.fail_over(), _failed_over_before,
              ASYNC),
    Operation('fail many back, async', lambda s, service: service.fail_back(),
              functools.partial(_failed_over, 'async'), ASYNC),
    Operation('fail many over, sync', lambda s, service: service.fail_over(),
              functools.partial(_replicated, 'sync'), SYNC),
    Operation('fail many back, sync', lambda s, service: service.fail_back(),
              functools.partial(_failed_over, 'sync'), SYNC),
    Operation('fail group of many over',
              lambda s, group: s.groups.failover(group),
              lambda s: (_replicated_group(s), s.fleet.replicate())[0],
              ASYNC),
    Operation('fail group of many back',
              lambda s, group: s.groups.failover(group, 'default'),
              _failed_over_group, ASYNC),
    Operation('disable replication of a group',
              lambda s, group: s.groups.disable_replication(group),
              _replicated_group, ASYNC),
]
BUDGETS = yaml.safe_load(PATH.read_text())


@pytest.mark.parametrize('operation', [*operations.OPERATIONS, *FURTHER],
                         ids=lambda operation: operation.name)
def test_operation_costs_what_the_table_tells(fleet_of, operation):
    stage = stage_module.Stage(fleet_of(*operation.targets), operation)
    prepared = operation.prepare(stage)
    with budget.measured() as cost:
        operation.act(stage, prepared)
    assert list(cost.figures) == BUDGETS[operation.name], cost.requests


def test_table_has_no_other_lines():
    assert BUDGETS.keys() == {operation.name for operation in [
        *operations.OPERATIONS, *FURTHER]}
