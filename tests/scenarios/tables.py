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
"""Tables of outcomes: what a driver is to come to, and what it came to.

A table is a YAML file, disaster -> operation -> phase -> outcome, where an
outcome that is not the same for all kinds of replication is a mapping from
kinds (``sync, trisync``) to outcomes. A kind that does not come to a phase is
left out.
"""

import pathlib

import yaml

from tests.scenarios import cells as names
from tests.scenarios import fleet

DIRECTORY = pathlib.Path(__file__).parent
PATHS = {'pure_cinder': DIRECTORY / 'pure_cinder.yaml',
         'in-tree': DIRECTORY / 'in_tree.yaml'}
_WIDTH = 1000


def load(driver):
    """The table of a driver, as a list of Cells in the file's order."""
    content = yaml.safe_load(PATHS[driver].read_text()) or {}
    return [names.Cell(disaster, kind, operation, phase, outcome)
            for disaster, operations in content.items()
            for operation, phases in operations.items()
            for phase, outcomes in phases.items()
            for kinds, outcome in _by_kinds(outcomes)
            for kind in kinds]


def _by_kinds(outcomes):
    if isinstance(outcomes, str):
        return [(list(fleet.KINDS), outcomes)]
    return [(kinds.split(', '), outcome)
            for kinds, outcome in outcomes.items()]


def save(driver, cells):
    """Make the table of a driver from the cells of all rehearsals."""
    content = {}
    for cell in sorted(cells, key=_place):
        content.setdefault(cell.disaster, {}).setdefault(
            cell.operation, {}).setdefault(cell.phase, {})[
                cell.kind] = cell.outcome
    for operations in content.values():
        for phases in operations.values():
            for phase, outcomes in phases.items():
                phases[phase] = grouped(outcomes)
    PATHS[driver].write_text(yaml.safe_dump(
        content, sort_keys=False, width=_WIDTH))


def _place(cell):
    return (names.OPERATIONS.index(cell.operation),
            names.PHASES.index(cell.phase))


def grouped(outcomes):
    """Join kinds that came to the same.

    :param outcomes: {kind: outcome}
    :returns: {'kind, kind': outcome}, or the outcome of all kinds
    """
    found = {}
    for kind in fleet.KINDS:
        if kind in outcomes:
            found.setdefault(outcomes[kind], []).append(kind)
    if len(found) == 1 and len(outcomes) == len(fleet.KINDS):
        return next(iter(found))
    return {', '.join(kinds): outcome for outcome, kinds in found.items()}


def shortfalls(cells, expected):
    """Where two lists of cells differ.

    :returns: list of (Cell that came out, Cell that was wanted); either is
        None where the other has no counterpart
    """
    found = {cell.place: cell for cell in cells}
    wanted = {cell.place: cell for cell in expected}
    return [(found.get(place), wanted.get(place))
            for place in dict.fromkeys([*found, *wanted])
            if found.get(place) != wanted.get(place)]
