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
"""Products of cases, of which ``make test`` runs a slice.

The others have the mark ``exhaustive``: ``make test-exhaustive`` runs them.
"""

import pytest


def diagonal(rows, columns, in_slice=lambda row: True):
    """Parameters of a product, for ``pytest.mark.parametrize``.

    In the slice is each row with one of the columns, which take turns.

    :param rows: what has a ``name`` is called so in the test's id
    :param in_slice: whether a row is in the slice at all
    """
    return [
        pytest.param(
            row, column, id='%s-%s' % (getattr(row, 'name', row), column),
            marks=() if in_slice(row) and place == number % len(columns)
            else pytest.mark.exhaustive)
        for number, row in enumerate(rows)
        for place, column in enumerate(columns)]


def part(rows, in_slice):
    """Parameters of a list, of which those ``in_slice`` are in the slice."""
    return [pytest.param(row, id=str(getattr(row, 'name', row)),
                         marks=() if in_slice(row)
                         else pytest.mark.exhaustive)
            for row in rows]


def every(step, rows):
    """The same for each so many-th."""
    return part(rows, list(rows)[::step].__contains__)


def turns(rows, columns, step=3):
    """Pairs of each so many-th row with a column; columns take turns."""
    names = list(columns)
    return [(row, names[number % len(names)])
            for number, row in enumerate(rows) if number % step == 0]
