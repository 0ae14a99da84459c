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
"""The pieces of a run: bytes, plays, outcomes and their report."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tools.datapath import __main__ as command
from tools.datapath import contents
from tools.datapath import play
from tools.datapath import report
from tools.datapath import runner
from tools.datapath import stack
from tools.demo import console
from tools.initiator import machine

SLEEP = [sys.executable, '-c', 'import signal; signal.pause()']
SIZE_BYTES = 64 * contents.MIB
GOOD = runner.Outcome('good', 'What is fine.', 1.0, '', {'volume': 'abc'})
BAD = runner.Outcome('bad', 'What is not.', 2.0, 'found was def', {})


class Manager:
    """What a client would delete by."""

    def __init__(self):
        self.deleted = []


class Cloud:
    def delete(self, manager, item):
        manager.deleted.append(item)


def test_written_pieces_are_random_and_the_rest_stays(tmp_path):
    path = tmp_path / 'image'
    checksum = contents.make_file(path, SIZE_BYTES)
    assert path.stat().st_size == SIZE_BYTES
    assert path.stat().st_blocks * 512 == 3 * contents.PIECE_BYTES
    assert contents.checksum(path, SIZE_BYTES) == checksum
    contents.fill(path, SIZE_BYTES)
    assert contents.checksum(path, SIZE_BYTES) != checksum


def test_checksum_is_of_the_first_bytes(tmp_path):
    path = tmp_path / 'image'
    path.write_bytes(b'abc')
    shown = subprocess.run(['sha256sum'], input=b'ab', check=True,
                           stdout=subprocess.PIPE).stdout.decode()
    assert contents.checksum(path, 2) == shown.split()[0]


def test_device_that_is_too_small_has_no_checksum(tmp_path):
    path = tmp_path / 'image'
    path.write_bytes(b'abc')
    with pytest.raises(EOFError, match='ends 1 bytes too early'):
        contents.checksum(path, 4)


def test_another_checksum_is_a_failure_that_tells_both():
    scene = play.Play(Cloud())
    scene.same('first', 'abc', 'abc')
    with pytest.raises(console.DemoFailure, match='second: .*abc.*def'):
        scene.same('second', 'abc', 'def')
    assert scene.facts == {'first': 'abc', 'second': 'def'}


def test_requirement_that_is_not_met_is_a_failure():
    scene = play.Play(Cloud())
    scene.require('header', True, 'LUKS')
    with pytest.raises(console.DemoFailure, match='plaintext: found'):
        scene.require('plaintext', False, 'found')


def test_what_a_failed_scenario_made_is_deleted_last_first():
    manager = Manager()
    with pytest.raises(ValueError, match='no'):
        with play.Play(Cloud()) as scene:
            scene.owns(manager, 'volume')
            scene.owns(manager, 'snapshot')
            raise ValueError('no')
    assert manager.deleted == ['snapshot', 'volume']


def test_interrupted_scenario_deletes_nothing():
    manager = Manager()
    with pytest.raises(KeyboardInterrupt):
        with play.Play(Cloud()) as scene:
            scene.owns(manager, 'volume')
            raise KeyboardInterrupt
    assert manager.deleted == []


def test_report_tells_shortfalls_and_facts(tmp_path):
    report.write(tmp_path, [GOOD, BAD], 3.04)
    told = json.loads((tmp_path / 'report.json').read_text())
    assert told['shortfalls'] == 1
    assert [found['name'] for found in told['scenarios']] == ['good', 'bad']
    text = (tmp_path / 'report.txt').read_text()
    assert text.startswith('2 scenarios, 1 shortfalls, 3.0 s\n')
    assert 'SHORTFALL bad' in text and 'found was def' in text
    assert '    volume: abc\n' in text


def test_every_scenario_says_in_a_line_what_it_is():
    for name, scenario in runner.SCENARIOS.items():
        assert scenario.__doc__ and '\n' not in scenario.__doc__, name


def test_scenario_that_is_not_known_is_an_error(capsys):
    with pytest.raises(SystemExit, match='2'):
        command.main(['--directory', 'nowhere', '--only', 'unknown'])
    assert 'image-raw' in capsys.readouterr().err


def test_machine_without_a_data_path_is_told_what_it_lacks(
        monkeypatch, tmp_path, capsys):
    monkeypatch.setenv('PATH', str(tmp_path))
    assert command.main(['--directory', str(tmp_path / 'run')]) == 2
    told = capsys.readouterr().out
    for program in machine.PROGRAMS:
        assert program in told
    assert not (tmp_path / 'run').exists()


def test_processes_can_be_ended_by_name(tmp_path):
    run = stack.DataPathStack(tmp_path, console.Console())
    for name in ('simulator', 'cinder', 'glance'):
        run.processes.start(name, SLEEP, tmp_path / 'log')
    pids = {name: process.pid for name, process in run.processes.running()}
    assert run.processes.stop('cinder') == ['cinder']
    os.kill(pids['simulator'], 0)
    assert sorted(run.stop()) == ['glance', 'simulator']
    assert run.processes.running() == []


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_leaves_nothing(tmp_path, number):
    missing = machine.missing()
    if missing:
        pytest.skip('no data path on this machine: %s' % ', '.join(missing))
    with subprocess.Popen(
            [sys.executable, '-m', 'tools.datapath', '--directory',
             str(tmp_path / 'run'), '--only', 'chap'],
            stdout=subprocess.PIPE, text=True) as run:
        assert 'arrays' in run.stdout.readline()
        run.send_signal(number)
        assert 'interrupted' in run.stdout.read()
    assert run.returncode == 130
    run = stack.DataPathStack(tmp_path / 'run', console.Console())
    assert run.processes.running() == []
    assert run.connected() == []
