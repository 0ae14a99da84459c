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
"""The simulator's documents are true: examples run, lists are whole."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys

import docutils.core
import pytest

import flasharray_sim
from flasharray_sim import cli
from flasharray_sim import control
from flasharray_sim import faults
from flasharray_sim.window import objects
from tests.simulator import examples

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIMULATOR = ROOT / 'simulator'
README = (SIMULATOR / 'README.rst').read_text()
GUIDE = (SIMULATOR / 'docs' / 'guide.rst').read_text()
ARRAY = '127.0.0.1:8443'
CONTROL = 'http://127.0.0.1:8080'


@pytest.fixture
def start(tmp_path):
    """Start a simulator as documented; gives the lines that it prints."""
    with contextlib.ExitStack() as stack:
        def started(*arguments):
            program = stack.enter_context(subprocess.Popen(
                [sys.executable, '-m', 'flasharray_sim', '--state-dir', 'sim',
                 *arguments], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
                env={**os.environ, 'PYTHONPATH': str(SIMULATOR)}))
            stack.callback(program.terminate)
            lines = []
            for line in program.stdout:
                lines.append(line.rstrip())
                if line.startswith('certificate '):
                    return lines
            raise AssertionError(lines)
        yield started


def run_examples(text, directory, array, control, **environment):
    """Type each example; gives how many there were."""
    def as_here(text):
        return text.replace(CONTROL, control).replace(ARRAY, array)

    bin_directory = pathlib.Path(sys.executable).parent
    environment['PATH'] = f'{bin_directory}:{os.environ["PATH"]}'
    count = 0
    for command, expected in examples.of(text):
        if command.startswith('export '):
            name, _, value = as_here(command)[len('export '):].partition('=')
            environment[name] = value
            continue
        done = subprocess.run(
            ['bash', '-c', as_here(command)], cwd=directory, text=True,
            env=environment, capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ''), command
        assert examples.fits(as_here(expected), done.stdout), (
            command, done.stdout)
        count += 1
    return count


def test_readme_is_all_that_a_newcomer_needs(start, tmp_path):
    [promised] = examples.blocks(README, 'text')
    printed = start()
    addresses = [re.search('https?://([^ ]+)', line)[1]
                 for line in printed[:2]]
    array, control = addresses
    assert '\n'.join(printed) == promised.replace(ARRAY, array).replace(
        CONTROL, f'http://{control}')
    assert run_examples(
        README, tmp_path, array, f'http://{control}') >= 7


@pytest.mark.parametrize('path', [
    'README.rst', *(f'docs/{path.name}'
                    for path in SIMULATOR.glob('docs/*.rst'))])
def test_documents_are_plain_rst(path):
    """No directive, role or reference that docutils alone does not know."""
    docutils.core.publish_string(
        (SIMULATOR / path).read_text(), writer='null',
        settings_overrides={'halt_level': 2, 'report_level': 2})


TESTS = [block for text in (README, GUIDE)
         for block in examples.blocks(text, 'python') if 'def test_' in block]


@pytest.mark.parametrize('text', TESTS, ids=map(str, range(len(TESTS))))
def test_examples_in_pytest(tmp_path, text):
    (tmp_path / 'test_example.py').write_text(text)
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', '--strict-markers',
         '-p', 'no:cacheprovider', '-p', 'flasharray_sim.pytest_plugin'],
        cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(SIMULATOR),
                           'PYTEST_DISABLE_PLUGIN_AUTOLOAD': '1'},
        capture_output=True, text=True, timeout=110)
    assert f'{text.count("def test_")} passed' in done.stdout, done.stdout


def test_examples_of_the_guide_in_the_shell(start, tmp_path):
    start('--arrays', '2', '--ready-file', 'sim.json')
    started = json.loads((tmp_path / 'sim.json').read_text())
    before, _container, after = examples.around(GUIDE, 'In a container')
    first = started['arrays'][0]
    assert run_examples(
        before + after, tmp_path, first['address'], started['control'],
        TOKEN=first['api_token']) >= 20


def test_examples_of_the_guide_in_python():
    for block in examples.blocks(GUIDE, 'python'):
        if block not in TESTS:
            exec(compile(block, 'guide.rst', 'exec'), {})


def test_seed():
    [seed] = examples.blocks(GUIDE, 'json')
    with flasharray_sim.Simulator(seed=json.loads(seed)) as simulator:
        db = simulator.arrays[0].model.db
        assert (len(db.volumes), len(db.hosts), len(db.connections)) == (
            3, 1, 2)


def options(text):
    return set(re.findall(r'--[a-z]+(?:-[a-z]+)*', text))


def test_every_option_of_the_command_line(capsys):
    with pytest.raises(SystemExit):
        cli.main(['--help'])
    listed = options(''.join(re.findall(r'^   \* - ``(--.*)$', GUIDE,
                                        re.MULTILINE)))
    assert listed == options(
        capsys.readouterr().out.partition('ctl --help')[0]) - {'--help'}


def test_every_request_of_the_control_api():
    listed = set(re.findall(
        r'^   \* - ``([A-Z]+ /control/[\w/]+)``$', GUIDE, re.MULTILINE))
    served = {
        f'{method} {rule.rule}' for rule in control._URLS.iter_rules()
        for method in rule.methods - {'HEAD'} if rule.endpoint != 'window'}
    for variable, name in (('<name>', 'NAME'), ('<kind>', 'KIND'),
                           ('<int:fault_id>', 'ID')):
        served = {line.replace(variable, name) for line in served}
    assert listed == served


def test_every_kind_of_object():
    [told] = re.findall(r'a page of (.*), the newest first', ' '.join(
        GUIDE.split()))
    assert re.findall(r'``(\w+)``', told) == list(objects.KINDS)


def test_every_fixture_of_the_plugin():
    told = re.findall(r'^``(flasharray\w*)``  ', GUIDE, re.MULTILINE)
    made = re.findall(r'^@pytest.fixture\ndef (\w+)', pathlib.Path(
        SIMULATOR, 'flasharray_sim', 'pytest_plugin.py').read_text(),
        re.MULTILINE)
    assert sorted(told) == sorted(made)


def test_every_kind_of_fault():
    listed = re.findall(r'^   \* - ``(\w+)``$', GUIDE.partition(
        '\nFaults\n======\n')[2], re.MULTILINE)
    assert sorted(listed) == sorted(faults.KINDS)


def test_texts_are_those_of_the_table():
    written = subprocess.run(
        [sys.executable, ROOT / 'tools' / 'error-texts'], timeout=60,
        check=True, capture_output=True, text=True).stdout
    kept = (SIMULATOR / 'docs' / 'error-texts.rst').read_text()
    assert kept == written, (
        'run tools/error-texts > simulator/docs/error-texts.rst')
