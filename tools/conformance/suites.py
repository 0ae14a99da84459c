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
"""Suites that pytest runs: Cinder's own driver, the SDK, client habits."""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

from tests.simulator import sdk_calls
from tools.conformance import environments
from tools.conformance import outcomes

TOP = pathlib.Path(__file__).parents[2]
IN_TREE = 'tests/simulator/in_tree'
_PINNED = TOP / 'tests/conformance/requirements-cinder24.txt'
_CALLS_DIRECTORY = 'IN_TREE_CALLS_DIRECTORY'


def run_in_tree(directory: pathlib.Path) -> list[outcomes.Outcome]:
    """The driver of Cinder 24, with the Python that has Cinder 24.

    Besides the tests, every public method of the three drivers counts as
    an operation: it has to have been called.
    """
    client = 'Cinder 24 driver'
    interpreter = environments.make_venv(
        directory / 'venv-cinder24', _PINNED)
    calls = directory / 'in-tree-calls'
    shutil.rmtree(calls, ignore_errors=True)
    calls.mkdir()
    results = _pytest(
        client, interpreter, directory / 'in-tree.xml',
        '-c', f'{IN_TREE}/pytest.ini', f'--confcutdir={IN_TREE}',
        '-n', '2', IN_TREE, environment={_CALLS_DIRECTORY: str(calls)})
    return results + _methods(calls)


def _methods(calls: pathlib.Path) -> list[outcomes.Outcome]:
    """Add up what each process of the run called."""
    client = 'Cinder 24 driver, public methods'
    counts = collections.Counter()
    for path in calls.iterdir():
        for protocol, methods in json.loads(path.read_text()).items():
            counts.update({f'{protocol}.{name}': count
                           for name, count in methods.items()})
    if not counts:
        return [outcomes.Outcome(client, 'run', 'no record of calls')]
    return [outcomes.Outcome(client, name,
                             None if count else 'was never called')
            for name, count in sorted(counts.items())]


def run_scenarios(directory: pathlib.Path) -> list[outcomes.Outcome]:
    """Disasters, each operation held against what it came to before."""
    client = 'Cinder 24 driver, disasters'
    interpreter = environments.make_venv(
        directory / 'venv-cinder24', _PINNED)
    report = directory / 'scenarios'
    subprocess.run(
        [str(interpreter), '-W', 'ignore', '-m', 'tools.demo_failover',
         '--driver', 'in-tree', '--directory', str(report)],
        cwd=TOP, stdin=subprocess.DEVNULL)
    path = report / 'report.json'
    if not path.exists():
        return [outcomes.Outcome(client, 'run', 'ended without a report')]
    told = json.loads(path.read_text())
    reasons = {tuple(shortfall['place']): f'{shortfall["found"]}, not: '
               f'{shortfall["wanted"]}' for shortfall in told['shortfalls']}
    places = [(cell['disaster'], cell['kind'], cell['operation'],
               cell['phase']) for cell in told['cells']]
    return [outcomes.Outcome(client, ', '.join(place), reasons.get(place))
            for place in dict.fromkeys([*places, *reasons])]


def run_failures(directory: pathlib.Path) -> list[outcomes.Outcome]:
    """A part of the failure matrix, held against what it came to before."""
    interpreter = environments.make_venv(
        directory / 'venv-cinder24', _PINNED)
    done = subprocess.run(
        [str(interpreter), '-W', 'ignore', '-m', 'tools.failure_matrix',
         '--driver', 'in-tree', '--slice'],
        cwd=TOP, env={**os.environ, 'PYTHONPATH': 'simulator'},
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return [outcomes.Outcome(
        'Cinder 24 driver, failing requests', 'slice of the matrix',
        (done.stdout + done.stderr)[-1000:] if done.returncode else None)]


def run_sdk_coverage(directory: pathlib.Path) -> list[outcomes.Outcome]:
    """Every public method of the SDK, once, and the table that tells so."""
    client = 'SDK 1.19.0, public methods'
    methods = [
        outcomes.Outcome(
            client, name, text if outcome == sdk_calls.REFUSED else None)
        for name, (outcome, _requests, text) in sdk_calls.cover().items()]
    return methods + _pytest(
        'SDK 1.19.0, coverage table', sys.executable,
        directory / 'sdk-coverage.xml',
        'tests/simulator/test_sdk_coverage.py')


def run_habits(directory: pathlib.Path) -> list[outcomes.Outcome]:
    """The ways in which other programs form their requests."""
    return _pytest('Client habits', sys.executable,
                   directory / 'client-habits.xml',
                   'tests/simulator/wire/test_client_habits.py')


def _pytest(client, interpreter, report, *arguments, environment=None):
    report.unlink(missing_ok=True)
    subprocess.run(
        [str(interpreter), '-m', 'pytest', '-q', '-p', 'no:cacheprovider',
         f'--junit-xml={report}', *arguments],
        cwd=TOP, env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL)
    return outcomes.of_junit(client, report)
