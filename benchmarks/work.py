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

import dataclasses

from tests import cinder_start  # noqa: F401
from tests import operations

Operation = operations.Operation


def _list(stage, _prepared):
    stage.world.driver.get_manageable_volumes(
        [], None, 1000, 0, ['reference'], ['desc'])


FURTHER = (
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
