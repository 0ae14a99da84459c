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
"""The table of disasters, with this driver."""

import pathlib

import pytest

from tests import products
from tests.scenarios import backends
from tests.scenarios import disasters
from tests.scenarios import document
from tests.scenarios import fleet
from tests.scenarios import rehearsal
from tests.scenarios import tables
from tools.demo_failover import report

DOCUMENT = (pathlib.Path(__file__).parents[2] / 'docs'
            / 'developers' / 'disaster-scenarios.rst')


@pytest.mark.parametrize('disaster, kind', products.diagonal(
    disasters.DISASTERS, fleet.KINDS))
def test_rehearsal(disaster, kind, tmp_path):
    cells = list(rehearsal.play(disaster, kind, backends.OURS, tmp_path))
    expected = [cell for cell in tables.load(backends.OURS.name)
                if (cell.disaster, cell.kind) == (disaster, kind)]
    assert report.shortfall_lines(tables.shortfalls(cells, expected)) == []


@pytest.mark.parametrize('driver', tables.PATHS)
def test_tables_have_every_disaster_and_kind(driver):
    assert {(cell.disaster, cell.kind) for cell in tables.load(driver)} == {
        (disaster, kind) for disaster in disasters.DISASTERS
        for kind in fleet.KINDS}


def test_the_document_is_current():
    """Made anew with tools/disaster-scenarios."""
    assert DOCUMENT.read_text(encoding='utf-8') == document.render()
