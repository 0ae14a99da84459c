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
"""The tables, and what is told of a run that is held against one."""

import json
import subprocess
import sys

import pytest

from tests.scenarios import cells
from tests.scenarios import fleet
from tests.scenarios import tables
from tools.demo_failover import report


def cell(kind='sync', outcome='works', operation='create',
         phase=cells.DURING):
    return cells.Cell('primary dead', kind, operation, phase, outcome)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setitem(tables.PATHS, 'a driver', tmp_path / 'table.yaml')
    return tables.PATHS['a driver']


def test_a_table_is_read_as_it_was_saved(path):
    saved = [cell(phase=cells.HOME), cell(outcome='in error: all'),
             cell('async'), cell(operation='I/O', outcome='stops')]
    tables.save('a driver', saved)
    assert sorted(map(repr, tables.load('a driver'))) == sorted(
        map(repr, saved))


def test_what_is_the_same_for_all_kinds_is_said_once(path):
    tables.save('a driver', [cell(kind) for kind in fleet.KINDS])
    assert path.read_text() == (
        'primary dead:\n  create:\n    during the disaster: works\n')


def test_kinds_that_come_to_the_same_stand_together(path):
    tables.save('a driver', [cell('async'), cell('trisync'),
                             cell('sync', 'refused')])
    assert path.read_text().splitlines()[-2:] == [
        '      async, trisync: works', '      sync: refused']


def test_shortfalls_are_wrong_missing_and_surplus_cells():
    good, wrong, surplus = cell(), cell('async', 'refused'), cell('trisync')
    wanted, missing = cell('async'), cell('sync uniform')
    assert tables.shortfalls(
        [good, wrong, surplus], [good, wanted, missing]) == [
        (wrong, wanted), (surplus, None), (None, missing)]


def test_a_shortfall_is_told_with_its_place():
    lines = report.shortfall_lines([(cell(outcome='refused'), cell()),
                                    (None, cell())])
    place = 'primary dead, sync, create, during the disaster'
    assert lines == [
        f'{place}: refused, but it should be: works',
        f'{place}: does not come to this, but it should be: works']


def test_the_summary_counts_shortfalls(capsys):
    expected = [cell(), cell('async'), cell('async', phase=cells.HOME)]
    found = [cell(), cell('async', 'refused'), expected[2]]
    printer = report.Printer(expected, is_coloured=False)
    printer.tell(found[1:])
    printer.summarize([('primary dead', 'async'), ('primary dead', 'sync')],
                      tables.shortfalls(found, expected), 1.0)
    lines = capsys.readouterr().out.splitlines()
    assert '  NOT create    during the disaster  refused' in lines
    assert '  ok  create    back home            works' in lines
    assert 'primary dead 1 of 2        ok (1)       ' in lines
    assert 'SHORT of the table in 1 places, 1 s' in lines


@pytest.mark.exhaustive
def test_the_command_runs_what_it_is_asked_for(tmp_path):
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'tools.demo_failover',
         '--directory', str(tmp_path / 'run'), '--disaster', 'primary dead',
         '--kind', 'sync uniform'], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, '')
    assert 'OK: all as the table says' in done.stdout
    told = json.loads((tmp_path / 'run/report.json').read_text())
    assert told['shortfalls'] == []
    assert {found['kind'] for found in told['cells']} == {'sync uniform'}
    assert (tmp_path / 'run/primary-dead_sync-uniform.log').stat().st_size
