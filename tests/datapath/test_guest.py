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
"""Guests boot, do as they are told and leave nothing; the rest of a run."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tools.datapath.guest import __main__ as guest_main
from tools.datapath.guest import inside
from tools.datapath.guest import kernel
from tools.datapath.guest import uml
from tools.datapath.guest import writer

DEADLINE_S = 120
WHOLE_TIMEOUT_S = 1800
DEEP = [name for name, suite in guest_main.SUITES.items() if suite.is_deep]
needs_guests = pytest.mark.skipif(
    bool(uml.missing()), reason='no guests here: %s' % uml.missing())
needs_kernel = pytest.mark.skipif(kernel.cached() is None, reason=(
    'no kernel has been built for deep guests; make datapath DEEP=1 does so'))


def processes(directory):
    """Processes of guests that share a directory."""
    found = []
    for process in psutil.process_iter():
        try:
            found += [process.pid] * (
                'GUEST_SHARE=%s' % directory in process.cmdline())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def wait_for(probe):
    for _turn in range(DEADLINE_S * 10):
        if probe():
            return
        time.sleep(0.1)
    raise AssertionError('not within %d s' % DEADLINE_S)


@pytest.fixture
def guest(tmp_path):
    """Make a guest that runs a command: ``guest(*command)``."""
    made = []

    def make(*command):
        made.append(uml.Guest(tmp_path, command))
        made[-1].start(DEADLINE_S)
        return made[-1]
    yield make
    for each in made:
        each.end()


def status_of(guest):
    wait_for(lambda: guest.poll() is not None)
    return guest.poll()


@needs_guests
def test_command_runs_in_another_kernel_with_this_checkout(guest, tmp_path):
    running = guest('sh', '-c', 'uname -r; cat setup.cfg; exit 3')
    assert status_of(running) == 3
    release, _newline, text = (tmp_path / 'log').read_text().partition('\n')
    assert release in os.listdir(uml.MODULES)
    assert text == (uml.ROOT / 'setup.cfg').read_text()
    assert not processes(tmp_path)


@needs_guests
def test_what_a_guest_writes_elsewhere_is_gone(guest, tmp_path):
    place = tmp_path.parent / 'written-by-a-guest'
    assert status_of(guest('sh', '-c', 'echo > %s && ls %s' % (
        place, place))) == 0
    assert not place.exists()


@needs_guests
def test_guest_that_takes_too_long_is_ended(tmp_path):
    guest = uml.Guest(tmp_path, ['sleep', '1000'])
    guest.start(5)
    wait_for(lambda: processes(tmp_path))
    with pytest.raises(uml.GuestFailure, match='in time'):
        status_of(guest)
    assert not processes(tmp_path)


@needs_guests
def test_guest_that_is_killed_leaves_no_helpers(guest, tmp_path):
    running = guest('sh', '-c', 'touch %s/up; sleep 1000' % tmp_path)
    wait_for((tmp_path / 'up').exists)
    own = {process.pid for process in psutil.Process().children()}
    [kernel] = own.intersection(processes(tmp_path))
    assert len(processes(tmp_path)) > 1
    os.kill(kernel, signal.SIGKILL)
    with pytest.raises(uml.GuestFailure, match='by itself'):
        status_of(running)
    assert not processes(tmp_path)


def start(directory, *options):
    return subprocess.Popen(
        uml.python('tools.datapath.guest', '--directory', str(directory),
                   *options),
        cwd=uml.ROOT, stdout=subprocess.PIPE, text=True)


@needs_guests
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('suite', [
    'async', pytest.param('nvme', marks=needs_kernel)])
def test_interrupted_run_leaves_nothing(tmp_path, number, suite):
    with start(tmp_path, '--only', suite) as run:
        wait_for(lambda: processes(tmp_path / suite))
        run.send_signal(number)
        told, _errors = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 130
    assert told == 'interrupted\n'
    assert not processes(tmp_path / suite)


@needs_guests
def test_run_that_is_killed_leaves_nothing(tmp_path):
    with start(tmp_path, '--only', 'async') as run:
        wait_for((tmp_path / 'async' / 'log').exists)
        run.kill()
    wait_for(lambda: not processes(tmp_path / 'async'))


@needs_guests
@pytest.mark.exhaustive
@pytest.mark.timeout(WHOLE_TIMEOUT_S)
@needs_kernel
def test_deep_suites(tmp_path):
    with start(tmp_path, *(word for suite in DEEP
                           for word in ('--only', suite))) as run:
        told, _errors = run.communicate()
    assert run.returncode == 0, told
    assert '%d suites, 0 failed, 0 skipped' % len(DEEP) in told
    for suite in DEEP:
        assert not processes(tmp_path / suite)


@pytest.mark.usefixtures('handlers')
def test_directory_with_a_blank_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(uml, 'missing', list)
    assert guest_main.main(['--directory', str(tmp_path / 'a b')]) == 1
    assert 'a blank' in capsys.readouterr().out


def test_machine_without_guests_is_told_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(uml, 'KERNEL', 'no-such-kernel')
    monkeypatch.setattr(uml, 'PROGRAMS', ('no-such-kernel', 'sh'))
    assert guest_main.main(['--directory', str(tmp_path)]) == 2
    [line] = capsys.readouterr().out.splitlines()
    assert 'no-such-kernel' in line and 'user-mode-linux' in line
    assert not list(tmp_path.iterdir())


class FakeGuest:
    """Ends at once with a status, having written outcomes."""

    outcomes, status, failure = (), 0, ''
    kernels = []

    def __init__(self, directory, command, kernel):
        self._directory = pathlib.Path(directory)
        self.kernels.append(kernel)
        assert command[0] == sys.executable

    def start(self, deadline_s):
        lines = [json.dumps({'name': name, 'title': 'A title.',
                             'seconds': 1, 'facts': {},
                             'shortfall': shortfall})
                 for name, shortfall in self.outcomes]
        (self._directory / inside.OUTCOMES).write_text(
            ''.join(line + '\n' for line in lines) + '{"half')

    def poll(self):
        if self.failure:
            raise uml.GuestFailure(self.failure)
        return self.status

    def end(self):
        raise AssertionError('it has ended')


@pytest.mark.parametrize('outcomes, status, failure, expected', [
    ([('one', ''), ('two', '')], 0, '', 0),
    ([('one', ''), ('two', 'bytes differ')], 1, '', 1),
    ([('one', '')], 1, '', 1),
    ([('one', '')], 0, 'not done in time', 1)])
@pytest.mark.usefixtures('handlers')
def test_outcomes_are_told_and_decide(tmp_path, monkeypatch, capsys, outcomes,
                                      status, failure, expected):
    monkeypatch.setattr(uml, 'Guest', FakeGuest)
    monkeypatch.setattr(uml, 'missing', list)
    for name, value in (('outcomes', outcomes), ('status', status),
                        ('failure', failure)):
        monkeypatch.setattr(FakeGuest, name, value, raising=False)
    assert guest_main.main(['--directory', str(tmp_path),
                            '--only', 'iscsi']) == expected
    told = capsys.readouterr().out
    for name, shortfall in outcomes:
        assert name in told and (shortfall or 'A title.') in told
    assert failure in told
    assert ('ended with 1' in told) is (status == 1 and len(outcomes) == 1)
    assert told == (tmp_path / guest_main.REPORT).read_text()


@pytest.fixture
def deep_machine(tmp_path, monkeypatch, handlers):
    """One with guests, and without a kernel for the deep ones."""
    monkeypatch.setattr(uml, 'Guest', FakeGuest)
    monkeypatch.setattr(uml, 'missing', list)
    monkeypatch.setattr(uml, 'which', lambda program: program)
    monkeypatch.setattr(kernel, 'missing', list)
    monkeypatch.setattr(FakeGuest, 'kernels', [])
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


def test_deep_suites_are_skipped_with_the_reason(tmp_path, monkeypatch, capsys,
                                                 deep_machine):
    monkeypatch.setattr(kernel, 'missing', lambda: ['flex', 'bison'])
    monkeypatch.setattr(uml, 'which', lambda program: (
        None if program == 'nvme' else program))
    assert guest_main.main(['--directory', str(tmp_path), '--deep']) == 0
    told = capsys.readouterr().out
    [nvme, fibre] = [line for line in told.splitlines() if 'SKIPPED' in line]
    assert 'lacks: nvme, flex, bison' in nvme
    assert 'lacks: flex, bison' in fibre
    assert '5 suites, 0 failed, 2 skipped' in told
    assert FakeGuest.kernels == [uml.KERNEL] * 3
    assert told == (tmp_path / guest_main.REPORT).read_text()


def test_deep_suites_play_only_if_asked_for(tmp_path, deep_machine):
    assert guest_main.main(['--directory', str(tmp_path)]) == 0
    assert FakeGuest.kernels == [uml.KERNEL] * 3


def test_deep_suites_have_the_kernel_that_is_built(tmp_path, monkeypatch,
                                                   deep_machine):
    built = []

    def build(log_path, say):
        built.append(log_path)
        path = kernel.cache() / kernel.name('6.1.1-1')
        path.parent.mkdir(parents=True)
        path.touch()
    monkeypatch.setattr(kernel, 'SOURCES', tmp_path)
    monkeypatch.setattr(kernel, 'build', build)
    for _turn in range(2):
        assert guest_main.main(['--directory', str(tmp_path),
                                '--only', 'nvme']) == 0
    assert built == [tmp_path / 'kernel.log']
    assert FakeGuest.kernels == [kernel.cached()] * 2


def test_kernel_that_cannot_be_built_is_a_failure(tmp_path, monkeypatch,
                                                  capsys, deep_machine):
    def build(log_path, say):
        raise kernel.KernelFailure('compiling the kernel failed')
    monkeypatch.setattr(kernel, 'build', build)
    assert guest_main.main(['--directory', str(tmp_path), '--deep']) == 1
    assert 'FAILED: compiling the kernel failed' in capsys.readouterr().out
    assert FakeGuest.kernels == [uml.KERNEL] * 3


# The program that writes


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / 'disk'
    path.write_bytes(bytes(64 * writer.BLOCK_BYTES))
    return path


def written(disk):
    with writer.writing(str(disk), blocks=16) as program:
        program.wait_for_writes(40)
    return program


def test_what_was_written_is_there(disk):
    program = written(disk)
    assert program.count >= 40
    program.check()


@pytest.mark.parametrize('damage', [b'\xff', bytes(writer.BLOCK_BYTES)])
def test_lost_write_is_found(disk, damage):
    program = written(disk)
    with disk.open('r+b') as stream:
        stream.seek(5 * writer.BLOCK_BYTES)
        stream.write(damage)
    with pytest.raises(AssertionError, match='block 5'):
        program.check()


def test_older_write_in_place_of_a_newer_one_is_found(disk):
    program = written(disk)
    number = program._acknowledged[5]
    with disk.open('r+b') as stream:
        stream.seek(5 * writer.BLOCK_BYTES)
        stream.write(writer.content(5, number - 16))
    with pytest.raises(AssertionError, match='block 5'):
        program.check()


def test_writer_that_meets_an_error_is_a_failure(tmp_path):
    with pytest.raises(AssertionError, match='No such file'):
        with writer.writing(str(tmp_path / 'none')) as program:
            program.wait_for_writes(1)
