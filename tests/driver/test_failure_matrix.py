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
"""Each request of an operation meets each fault.

Unlike in test_failure_at_every_call, someone else than the array does it: a
man in the middle, who also sends requests twice, cuts answers, or lets the
array be away from then on. Of this product, ``python -m tools.failure_matrix``
does the whole.
"""

import pytest

from tests.failure_matrix import document
from tests.failure_matrix import faults
from tests.failure_matrix import outcomes
from tests.failure_matrix import tables
from tests.failure_matrix import trial
from tests import operations
from tests import products
from tests.scenarios import backends

DRIVERS = list(tables.PATHS)
# What the matrix found, whichever else the slice has.
FOUND = [('create in a volume group', 'away'), ('delete connected', 'twice'),
         ('retype into a volume group', 'away'),
         ('manage as limited', 'twice')]


def _parameters():
    """Each operation with one of the faults, which take turns."""
    rows = operations.OPERATIONS
    in_slice = [*products.turns(rows, faults.FAULTS, step=12), *(
        (operation, fault) for operation in rows
        for name, fault in FOUND if name == operation.name)]
    others = [pair for pair in products.turns(rows, faults.FAULTS, step=2)
              if pair not in in_slice]
    return [pytest.param(operation, fault, id='%s-%s' % (
                operation.name, fault), marks=marks)
            for pairs, marks in ((in_slice, ()),
                                 (others, pytest.mark.exhaustive))
            for operation, fault in pairs]


@pytest.mark.parametrize('operation, fault', _parameters())
def test_the_table_tells_what_comes_of_it(fleet_of, operation, fault):
    fleet = fleet_of(*operation.targets, **trial.ARRAY)
    with trial.trial(backends.OURS, operation, fleet) as rehearsed:
        assert rehearsed.is_offered
        cases = rehearsed.cases(fault)
    found = outcomes.worst(cases)
    assert [case for case in cases if case.word == outcomes.word_of(found)
            and case.word not in outcomes.GOOD] == []
    assert found == tables.load('pure_cinder')[operation.name][fault]


@pytest.mark.parametrize('driver', DRIVERS)
def test_a_table_has_each_operation_and_fault(driver):
    table = tables.load(driver)
    assert table.keys() == {
        operation.name for operation in operations.OPERATIONS}
    for name, cells in table.items():
        assert sorted(cells) == sorted(faults.FAULTS), name


def test_whatever_fails_is_done_or_told():
    assert {(name, fault): outcome for name, cells
            in tables.load('pure_cinder').items()
            for fault, outcome in cells.items()
            if outcomes.word_of(outcome) not in outcomes.GOOD} == {}


def test_the_document_is_current():
    """Made anew with tools/failure-matrix."""
    assert document.PATH.read_text(encoding='utf-8') == document.render()
