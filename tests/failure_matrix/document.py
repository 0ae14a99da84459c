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
"""docs/developers/failure-matrix.rst, made from the tables."""

import pathlib

from tests.failure_matrix import faults
from tests.failure_matrix import outcomes
from tests.failure_matrix import tables
from tests import operations

PATH = (pathlib.Path(__file__).parents[2] / 'docs' / 'developers'
        / 'failure-matrix.rst')
_DRIVERS = ('pure_cinder', 'in-tree')
_HEAD = """\
==============
Failure matrix
==============

.. Written by tools/failure-matrix from tests/failure_matrix/*.yaml.

What becomes of an operation when one of the requests that it sends to an
array fails: with this driver, and with the in-tree driver of Cinder 24, the
last one that speaks REST 1.x. Each cell is the outcome of runs. A man in the
middle, with TLS of his own, stands between the driver and each simulated
array; the operation is done as often as it sends requests, on whichever
array, reads and log-ins among them, and each time another one meets the
fault. Then Cinder's rows are compared with what the arrays hold, and, if the
operation failed, the fault is taken away, what was not created is deleted,
and the operation is done again.

A cell has two signs: this driver's, and after it the in-tree driver's, each
for the request that ended worst. What was left, and which exception it was,
is in the tables that this page is made from.

``python -m tools.failure_matrix`` does it all. ``make test`` does a part,
``make test-exhaustive`` a larger one, and ``make conformance`` a part with
the in-tree driver.

"""
_SECTIONS = (
    ('Volumes, snapshots and groups on one array', operations.ON_ONE_ARRAY),
    ('All others', [operation for operation in operations.OPERATIONS
                    if operation not in operations.ON_ONE_ARRAY]))


def render():
    found = {driver: tables.load(driver) for driver in _DRIVERS}
    lines = [_HEAD + _csv_table(
        ('Sign', 'Means'), '6, 94', [(sign, meaning + '.') for sign, meaning
                                     in outcomes.WORDS.values()])]
    lines.append(_csv_table(
        ('Fault', 'The request'), '12, 88',
        [(name, meaning + '.') for name, (_act, meaning)
         in faults.FAULTS.items()]))
    for title, operations_ in _SECTIONS:
        rows = [operation for operation in operations_
                if all(operation.name in found[driver]
                       for driver in _DRIVERS)]
        if not rows:
            continue
        lines.append('%s\n%s\n' % (title, '=' * len(title)))
        lines.append(_csv_table(
            ('Operation', *faults.FAULTS),
            ', '.join(['30'] + ['5'] * len(faults.FAULTS)),
            [(operation.name, *(_cell(found, operation.name, fault)
                                for fault in faults.FAULTS))
             for operation in rows]))
    lines.append(_summary(found))
    return '\n'.join(lines)


def _cell(found, operation, fault):
    return ' '.join(
        outcomes.WORDS[outcomes.word_of(
            found[driver][operation][fault])][0] for driver in _DRIVERS)


def _summary(found):
    """How many cells came to what."""
    title = 'In numbers'
    counts = {driver: [outcomes.word_of(cell) for cells in rows.values()
                       for cell in cells.values()]
              for driver, rows in found.items()}
    return '%s\n%s\n\n%s' % (title, '=' * len(title), _csv_table(
        ('Sign', *_DRIVERS), '6, 20, 20',
        [(sign, *(str(counts[driver].count(word)) for driver in _DRIVERS))
         for word, (sign, _meaning) in outcomes.WORDS.items()]))


def _csv_table(head, widths, rows):
    return '\n'.join([
        '.. csv-table::', '   :header-rows: 1', '   :widths: ' + widths, '',
        *('   ' + ', '.join('"%s"' % field.replace('"', '""')
                            for field in row)
          for row in (head, *rows)), ''])
