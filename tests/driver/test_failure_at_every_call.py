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
"""Whichever request of an operation fails: all of it is done, or nothing.

Each operation is repeated, and each time another one of its requests fails,
on each array that it asks. Then Cinder's view is compared with the arrays'.
"""

import itertools

from cinder import exception
import pytest

import flasharray_sim
from tests import checkpoint
from tests import operations
from tests import products
from tests import reconciliation
from tests import stage as stage_module

FAULTS = {
    'refused': {'kind': 'status', 'status': 400, 'text': 'Refused.'},
    'reset before': {'kind': 'reset_before'},
    'reset after': {'kind': 'reset_after'},
}


@pytest.mark.parametrize('operation, fault', products.diagonal(
    operations.OPERATIONS, FAULTS, operations.SAMPLE.__contains__))
def test_all_or_nothing(fleet_of, operation, fault):
    fleet = fleet_of(*operation.targets)
    stage = stage_module.Stage(fleet, operation)
    assert stage.attempt(operation, operation.prepare(stage)) is None
    assert stage.problems() == []

    start = checkpoint.Checkpoint(fleet)
    found, count = [], 0
    for array in fleet.arrays:
        for number in itertools.count():
            failed, wrong = _fail(stage, operation, array, skip=number,
                                  **FAULTS[fault])
            start.restore()
            if failed is None:
                break
            count += 1
            found += ['%s: %s' % (failed, text) for text in wrong]
    assert found == []
    assert count


def _fail(stage, operation, array, **fault):
    """Do the operation with one failing request.

    :returns: the request, or None if there are fewer; list of what is wrong
    """
    prepared = operation.prepare(stage)
    before, known = stage.state(), stage.known()
    array.requests.clear()
    fault = array.faults.add(flasharray_sim.Fault(count=1, **fault))
    error = stage.attempt(operation, prepared)
    array.faults.remove(fault)
    if not fault.hits:
        assert error is None
        return None, []
    [failed] = ['%s %s' % (record.method, record.path)
                for record in array.requests if record.fault]
    return '%s on %s' % (failed, array.name), list(
        _wrong(stage, operation, prepared, before, known, error))


def _wrong(stage, operation, prepared, before, known, error):
    """What is wrong after one request failed, one text for each thing."""
    if error is None:
        yield from stage.problems()
        return
    if not isinstance(error, exception.CinderException):
        yield 'it raises %r' % error
    if not operation.is_removal:
        for then, now in zip(before, stage.state()):
            yield from reconciliation.changes(then, now)
    stage.delete_failed(known)
    again = stage.attempt(operation, prepared)
    if again:
        yield 'it cannot be repeated: %s' % again
    yield from stage.problems()
