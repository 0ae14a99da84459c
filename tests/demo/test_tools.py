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
"""The demo's own tools: telling, waiting, comparing, minding processes."""

import logging
import os
import re
import signal
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


@pytest.fixture
def printer(tmp_path, log_of_process):
    """A console with a log."""
    made = console.Console()
    made.log_to(tmp_path / 'demo.log')
    return made


def told(number, outcome='done'):
    return console.Step('step %d' % number, lambda: outcome)


def timeless(text):
    """What was printed, without how long it took."""
    return re.sub(r'[0-9.]+ s\b', 'N s', text)


def test_difference_between_cinder_and_array_is_a_failure(printer, capsys):
    printer.same('size', 1, 1)
    with pytest.raises(console.DemoFailure, match='LUN.*1.*array says 2'):
        printer.same('LUN', 1, 2)
    assert capsys.readouterr().out == ''
    assert printer.log_path.read_text().count('the array says') == 2


def test_each_step_is_a_line_that_tells_which_of_how_many_it_is(capsys):
    console.Console().tell([('One', [told(1), told(2, 'as it should be')]),
                            ('Two', [told(number) for number in range(8)])])
    lines = timeless(capsys.readouterr().out).splitlines()
    assert lines[:5] == ['', 'One', ' 1 of 10  step 1 ... done (N s)',
                         ' 2 of 10  step 2 ... as it should be (N s)', '']
    assert lines[-1] == '10 of 10  step 7 ... done (N s)'
    assert len(lines) == 14


def test_failed_step_tells_no_outcome(capsys):
    printer = console.Console()

    def fail():
        raise console.DemoFailure('no')

    with pytest.raises(console.DemoFailure):
        printer.tell([('One', [console.Step('first', fail)])])
    printer.say('FAILED: no')
    assert capsys.readouterr().out == (
        '\nOne\n1 of 1  first ...\nFAILED: no\n')


def test_what_is_waited_for_is_told_between_a_step_and_its_outcome(
        monkeypatch, capsys):
    monkeypatch.setattr(console, 'PROGRESS_INTERVAL_S', 0)
    printer = console.Console()
    answers = iter([None, 'there'])
    printer.tell([('One', [console.Step('first', lambda: printer.wait_for(
        'the volume', lambda: next(answers)))])])
    assert timeless(capsys.readouterr().out).splitlines()[2:] == [
        '1 of 1  first ...',
        '        waiting for the volume: N s, at most N s',
        '        ... there (N s)']


def test_log_has_what_is_told_and_what_is_asked_but_no_secret(printer):
    printer.tell([('One', [told(1, 'as it should be')])])
    printer.detail('members', ['a', 'b'])
    logging.getLogger('other').debug(
        'REQ: %s', '{"auth_key": "0123", "auth_password": "4567"}')
    log = printer.log_path.read_text()
    for line in ('1 of 1  step 1', '... as it should be (',
                 'members                a', 'b\n', '"auth_key": "***"'):
        assert line in log
    assert '0123' not in log and '4567' not in log


def test_waiting_returns_what_was_found():
    answers = iter([None, None, 0])
    assert console.Console().wait_for('it', lambda: next(answers)) == 0


def test_waiting_ends_with_a_failure_that_names_what_was_awaited():
    with pytest.raises(console.DemoFailure, match='the volume: not within 0'):
        console.Console().wait_for('the volume', lambda: None, timeout_s=0)


def test_waiting_ends_with_a_failure_that_names_the_log(printer, tmp_path):
    for log_path, expected in ((None, printer.log_path),
                               (tmp_path / 'its.log', tmp_path / 'its.log')):
        with pytest.raises(console.DemoFailure,
                           match='look into %s$' % expected):
            printer.wait_for('it', lambda: None, timeout_s=0,
                             log_path=log_path)


@pytest.mark.parametrize('load,times', [(0, 1), (1, 1), (2.5, 2.5), (90, 4)])
def test_machine_under_load_is_waited_for_longer_within_bounds(
        monkeypatch, printer, load, times):
    cores = len(os.sched_getaffinity(0))
    monkeypatch.setattr(os, 'getloadavg', lambda: (load * cores, 0, 0))
    assert console.patience() == times
    with pytest.raises(console.DemoFailure,
                       match=r'not within %.1f s' % (times * 0.2)):
        printer.wait_for('it', lambda: None, timeout_s=0.2)


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


@pytest.mark.usefixtures('handlers')
def test_process_whose_start_is_interrupted_is_ended(
        minded, tmp_path, monkeypatch):
    # Tests in the background of a shell ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    start = psutil.Popen

    def interrupted(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGINT)
        return start(*args, **kwargs)

    monkeypatch.setattr(psutil, 'Popen', interrupted)
    with pytest.raises(KeyboardInterrupt):
        minded.start('one', SLEEP, tmp_path / 'one.log')
    assert minded.stop() == ['one']


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


def test_killed_process_and_its_children_are_gone_and_can_start_again(
        minded, tmp_path):
    parent = ('import subprocess, sys; subprocess.run(%r)' % SLEEP)
    minded.start('one', [sys.executable, '-c', parent], tmp_path / 'one.log')
    minded.start('other', SLEEP, tmp_path / 'other.log')
    console.Console().wait_for('the child', lambda: len(
        [name for name, _process in minded.running() if name == 'one'])
        == 2 or None)
    pids = minded.kill('one')
    assert len(pids) == 2
    assert not any(map(psutil.pid_exists, pids))
    assert [name for name, _process in minded.running()] == ['other']
    minded.start('one', SLEEP, tmp_path / 'one.log')
    minded.check_alive()


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
    minded._started['brief'][0].wait()
    minded.check_alive(besides='brief')
    assert wait_finished(minded, 'brief') == 0
    minded.check_alive()


def test_process_that_ended_meanwhile_is_no_failure(minded, tmp_path):
    minded.start('brief', [sys.executable, '-c', ''], tmp_path / 'brief.log')
    [process] = [found for found, _log in minded._started.values()]
    process.wait()
    processes._end([process])
    assert minded.stop() == []
