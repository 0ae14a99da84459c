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
"""What is measured: operations of the request budgets, each as one line."""

import contextlib
import dataclasses
import functools
from unittest import mock

from cinder import objects

from tests import cinder_start  # noqa: F401
from tests import failovers
from tests import operations
from tests.scenarios import backends

Operation = operations.Operation
FAILED_OVER = 100


def _list(stage, _prepared):
    stage.world.driver.get_manageable_volumes(
        [], None, 1000, 0, ['reference'], ['desc'])


@functools.cache
def _service(stage):
    return failovers.Service(stage.world)


def _at_home(stage):
    """Its volumes are where they belong, and have arrived elsewhere."""
    service = _service(stage)
    if service.row.active_backend_id:
        with contextlib.ExitStack() as stack:
            for backend in backends.BACKENDS.values():
                stack.enter_context(
                    mock.patch(backend.sleep, stage.fleet.pass_time))
            service.fail_back()
    stage.fleet.replicate()
    return service


def _new_volumes(stage):
    """Of the only volumes that Cinder has, which are new."""
    _at_home(stage)
    for row in objects.VolumeList.get_all(failovers.CONTEXT):
        row.destroy()
    for _number in range(FAILED_OVER):
        stage.volume('async')
    return _at_home(stage)


def _fail_over(_stage, service):
    status = service.fail_over()
    assert status == 'failed-over', status


def _returned(stage):
    """Of volumes that came home from where they will go again."""
    if not _service(stage).row.active_backend_id:
        _fail_over(stage, _new_volumes(stage))
    return _at_home(stage)


FURTHER = (
    Operation('fail 100 over, async', _fail_over, _new_volumes,
              operations.REPLICATED['async']),
    Operation('fail 100 over again, async', _fail_over, _returned,
              operations.REPLICATED['async']),
    Operation('report stats', operations.report_alone),
    Operation('list manageable volumes', _list),
    *operations.COSTLY,
)
OPERATIONS = {operation.name: operation
              for operation in (*operations.OPERATIONS, *FURTHER)}

# On an array that grows.
FULL = 'full'
GROWING = ('report stats', 'list manageable volumes', 'create',
           'attach, iSCSI')
OPERATIONS.update({
    '%s, full array' % name: dataclasses.replace(
        OPERATIONS[name], name='%s, full array' % name, targets=(FULL,))
    for name in GROWING})
