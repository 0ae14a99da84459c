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
"""Whichever of the driver's statements to the database fails: all or nothing.

What the driver reads, it reads before it writes to an array.
"""

import itertools

from cinder import exception
from oslo_db import exception as db_exception
import pytest
import sqlalchemy

from tests import checkpoint
from tests import interruptions
from tests import operations
from tests import products
from tests import reconciliation
from tests import stage as stage_module


@pytest.mark.parametrize('operation', products.every(12, [
    operation for operation in operations.OPERATIONS
    if not operation.is_removal]))
def test_all_or_nothing(fleet_of, operation):
    fleet = fleet_of(*operation.targets)
    stage = stage_module.Stage(fleet, operation)
    start = checkpoint.Checkpoint(fleet)
    found = []
    for number in itertools.count():
        prepared = operation.prepare(stage)
        before = stage.state()
        with interruptions.failing_statement(number) as failed:
            error = stage.attempt(operation, prepared)
        if error is not None:
            assert isinstance(error, (
                db_exception.DBError, sqlalchemy.exc.OperationalError,
                exception.CinderException))
            found += [(number, change) for then, now in zip(
                before, stage.state())
                for change in reconciliation.changes(then, now)]
        start.restore()
        if not failed:
            break
    assert found == []
