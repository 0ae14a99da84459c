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
"""docs/simulator.rst is true: its examples run, its lists are whole."""

import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

import pytest

import flasharray_sim
from flasharray_sim import cli
from flasharray_sim import control
from flasharray_sim import faults

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / 'docs' / 'simulator.rst').read_text()


def blocks(language):
    found = re.findall(
        rf'^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)', TEXT,
        re.MULTILINE)
    assert found
    return [textwrap.dedent(block).strip() for block in found]


def examples():
    """(command, output) of each example, in their order."""
    for block in blocks('console'):
        for example in block.removeprefix('$ ').split('\n$ '):
            command, _, output = example.partition('\n')
            yield command, output


def fits(expected, got):
    """Whether an output is the expected one; '...' stands for anything."""
    pattern = '.*'.join(map(re.escape, expected.strip().split('...')))
    return re.fullmatch(pattern, got.strip(), re.DOTALL) is not None


@pytest.fixture
def started(tmp_path):
    """What a simulator says that was started as in the document."""
    ready = tmp_path / 'sim.json'
    program = subprocess.Popen(
        [sys.executable, '-m', 'flasharray_sim', '--arrays', '2',
         '--state-dir', 'sim', '--ready-file', ready], cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(ROOT)}, text=True,
        stdout=subprocess.PIPE)
    with program:
        try:
            assert any(line.startswith('certificate ')
                       for line in program.stdout)
            yield json.loads(ready.read_text())
        finally:
            program.terminate()
    assert program.returncode == 0


def test_examples_in_the_shell(started, tmp_path):
    bin_directory = pathlib.Path(sys.executable).parent
    environment = {
        'PATH': f'{bin_directory}:{os.environ["PATH"]}',
        'TOKEN': started['arrays'][0]['api_token']}

    def as_here(text):
        return text.replace(
            'http://127.0.0.1:8080', started['control']).replace(
                '127.0.0.1:8443', started['arrays'][0]['address'])

    count = 0
    for command, expected in examples():
        if command.startswith('export '):
            name, _, value = as_here(command)[len('export '):].partition('=')
            environment[name] = value
            continue
        done = subprocess.run(
            ['bash', '-c', as_here(command)], cwd=tmp_path, text=True,
            env=environment, capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ''), command
        assert fits(as_here(expected), done.stdout), (command, done.stdout)
        count += 1
    assert count >= 20


def test_examples_in_python():
    for block in blocks('python'):
        exec(compile(block, 'simulator.rst', 'exec'), {})


def test_seed():
    [seed] = blocks('json')
    with flasharray_sim.Simulator(seed=json.loads(seed)) as simulator:
        db = simulator.arrays[0].model.db
        assert (len(db.volumes), len(db.hosts), len(db.connections)) == (
            3, 1, 2)


def options(text):
    return set(re.findall(r'--[a-z]+(?:-[a-z]+)*', text))


def test_every_option_of_the_command_line(capsys):
    with pytest.raises(SystemExit):
        cli.main(['--help'])
    listed = options(''.join(re.findall(r'^   \* - ``(--.*)$', TEXT,
                                        re.MULTILINE)))
    assert listed == options(
        capsys.readouterr().out.partition('ctl --help')[0]) - {'--help'}


def test_every_request_of_the_control_api():
    listed = set(re.findall(
        r'^   \* - ``([A-Z]+ /control/[\w/]+)``$', TEXT, re.MULTILINE))
    served = {
        f'{method} {re.sub("<name>", "NAME", rule.rule)}'
        for rule in control._URLS.iter_rules()
        for method in rule.methods - {'HEAD'} if rule.rule != '/'}
    assert listed == {re.sub('<int:fault_id>', 'ID', line)
                      for line in served}


def test_every_kind_of_fault():
    listed = re.findall(r'^   \* - ``(\w+)``$', TEXT.partition(
        '\nFaults\n======\n')[2], re.MULTILINE)
    assert sorted(listed) == sorted(faults.KINDS)


def test_texts_are_those_of_the_table():
    written = subprocess.run(
        [sys.executable, ROOT / 'tools' / 'error-texts'], timeout=60,
        check=True, capture_output=True, text=True).stdout
    assert (ROOT / 'docs' / 'simulator-texts.rst').read_text() == written, (
        'run tools/error-texts > docs/simulator-texts.rst')
