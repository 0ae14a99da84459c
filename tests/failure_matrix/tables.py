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
"""The tables: what each operation came to with each fault.

A table is a YAML file, operation -> outcome -> the faults that come to it,
one after the other.
"""

import pathlib

import yaml

from tests.failure_matrix import faults
from tests.failure_matrix import outcomes
from tests import operations

DIRECTORY = pathlib.Path(__file__).parent
PATHS = {'pure_cinder': DIRECTORY / 'pure_cinder.yaml',
         'in-tree': DIRECTORY / 'in_tree.yaml'}
_WIDTH = 1000


def load(driver):
    """:returns: {operation: {fault: outcome}}, by names"""
    content = yaml.safe_load(PATHS[driver].read_text()) or {}
    return {operation: {fault: outcome for outcome, names in rows.items()
                        for fault in names.split(', ')}
            for operation, rows in content.items()}


def save(driver, found):
    """Put what was found into the table of a driver.

    :param found: as ``load`` returns it; what else the table has, stays
    """
    known = load(driver) if PATHS[driver].exists() else {}
    for operation, cells in found.items():
        known.setdefault(operation, {}).update(cells)
    PATHS[driver].write_text(yaml.safe_dump(
        {operation.name: _by_outcome(known[operation.name])
         for operation in operations.OPERATIONS if operation.name in known},
        sort_keys=False, width=_WIDTH))


def _by_outcome(cells):
    rows = {}
    for fault in faults.FAULTS:
        if fault in cells:
            rows.setdefault(cells[fault], []).append(fault)
    return {outcome: ', '.join(rows[outcome]) for outcome in sorted(
        rows, key=lambda each: outcomes.SEVERITY.index(
            outcomes.word_of(each)))}
