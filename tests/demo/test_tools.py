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
"""The demo's own tools: waiting, comparing, minding processes."""

import subprocess
import sys

import psutil
import pytest

from tools.demo import console
from tools.demo import processes

SLEEP = [sys.executable, '-c', 'import signal; signal.pause()']


@pytest.fixture
def minded(tmp_path):
    found = processes.Processes(tmp_path)
    yield found
    found.stop()


@pytest.fixture
def stranger():
    with subprocess.Popen(SLEEP) as process:
        yield process
        process.kill()


def wait_finished(minded, name):
    return console.Console().wait_for(
        'end of %s' % name, lambda: minded.finished(name), timeout_s=30)


def test_difference_between_cinder_and_array_is_a_failure(capsys):
    printer = console.Console()
    printer.same('size', 1, 1)
    with pytest.raises(console.DemoFailure, match='LUN.*1.*array says 2'):
        printer.same('LUN', 1, 2)
    assert 'the array says' in capsys.readouterr().out


def test_failed_step_prints_no_time(capsys):
    printer = console.Console()
    with pytest.raises(console.DemoFailure):
        with printer.step('first'):
            raise console.DemoFailure('no')
    assert capsys.readouterr().out == ' 1. first\n'


def test_waiting_returns_what_was_found():
    answers = iter([None, None, 0])
    assert console.Console().wait_for('it', lambda: next(answers)) == 0


def test_waiting_ends_with_a_failure_that_names_what_was_awaited():
    with pytest.raises(console.DemoFailure, match='the volume: not within 0'):
        console.Console().wait_for('the volume', lambda: None, timeout_s=0)


def test_waiting_does_not_hide_an_error():
    def probe():
        raise ValueError('wrong')

    with pytest.raises(ValueError, match='wrong'):
        console.Console().wait_for('it', probe)


def test_stop_ends_what_was_started_and_nothing_else(
        minded, stranger, tmp_path):
    minded.start('one', SLEEP, tmp_path / 'one.log')
    minded.start('two', SLEEP, tmp_path / 'two.log')
    assert sorted(minded.stop()) == ['one', 'two']
    assert minded.running() == []
    assert stranger.poll() is None


def test_one_process_ends_and_is_not_missed(minded, tmp_path):
    minded.start('one', SLEEP, tmp_path / 'one.log')
    minded.start('two', SLEEP, tmp_path / 'two.log')
    minded.end('one')
    minded.check_alive()
    assert [name for name, _process in minded.running()] == ['two']


def test_later_run_finds_and_ends_what_an_earlier_one_left(minded, tmp_path):
    minded.start('left', SLEEP, tmp_path / 'left.log')
    [(_name, process)] = minded.running()
    assert processes.Processes(tmp_path).stop() == ['left']
    assert not psutil.pid_exists(process.pid)


def test_other_directory_is_left_alone(minded, tmp_path):
    minded.start('mine', SLEEP, tmp_path / 'mine.log')
    assert processes.Processes(tmp_path / 'other').stop() == []
    minded.check_alive()


def test_ended_process_is_reported_with_its_last_words(minded, tmp_path):
    minded.start('broken', [sys.executable, '-c', 'raise SystemExit("why")'],
                 tmp_path / 'broken.log')
    with pytest.raises(console.DemoFailure, match='broken.*status 1.*\n.*why'):
        console.Console().wait_for('its end', minded.check_alive)


def test_process_that_is_meant_to_end_is_no_failure(minded, tmp_path):
    minded.start('brief', [sys.executable, '-c', ''], tmp_path / 'brief.log')
    assert wait_finished(minded, 'brief') == 0
    minded.check_alive()
