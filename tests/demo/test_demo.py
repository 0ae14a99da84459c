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
"""The demo, whole: its exit status, what it said, and that nothing is left."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import zlib

import pytest

from tests.datapath import target as tgt
from tests import documents
from tests import products
from tools.demo import console
from tools.demo import host
from tools.demo import processes
from tools.demo import stack
from tools.initiator import lun_connection

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / 'docs' / 'pictures' / 'demo.txt'
DEMO_TIMEOUT_S = 480
MAX_LINES = 150
STEP = re.compile(r'^ *([0-9]+) of ([0-9]+)  ', re.MULTILINE)
# A step of each; those that are told at all went as they should.
CHAPTERS = (
    'the host reads .* "before the snapshot"', 'reverted to the snapshot',
    'retyped: replicated', r'taken over \(manage',
    'a group from the snapshot', 'migrated to the other one',
    'tags on the array', 'pure01 dies',
    'pure-1: .* pure02 serves; .* "before the disaster"',
    'pure-1-sync: .* pure02 serves; .* "before the disaster"',
    'pure-1: .* --backend_id default',
    'pure-1-sync: .* --backend_id default', 'Both arrays are empty again')
MODES = {'eventlet': '0', 'threads': '1'}


def command(action, directory, *arguments):
    return [sys.executable, '-W', 'ignore', '-m', 'tools.demo', action,
            '--directory', str(directory), *arguments]


def start(directory, **kwargs):
    return subprocess.Popen(command('run', directory), cwd=ROOT,
                            stdout=subprocess.PIPE, text=True, **kwargs)


def run_demo(directory, *arguments, mode='eventlet'):
    environment = {**os.environ,
                   'OS_CINDER_DISABLE_EVENTLET_PATCHING': MODES[mode]}
    return subprocess.run(
        command('run', directory, *arguments), cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=DEMO_TIMEOUT_S)


def read_until(demo, words):
    told = []
    for line in demo.stdout:
        told.append(line)
        if words in line:
            return ''.join(told)
    pytest.fail('the demo ended before: %s\n%s' % (words, ''.join(told)))


def check_nothing_left(directory):
    assert processes.Processes(directory).running() == []
    assert tgt.left_below(directory) == []
    # The file of a loop device that lost its daemon is nowhere.
    assert lun_connection.NOWHERE not in \
        lun_connection.backing_files().values()


@pytest.fixture
def directory(request):
    """A directory below build/, whose logs outlive the test.

    Its name is short, as the path of a socket has to be.
    """
    name = request.node.name
    path = ROOT / 'build' / 'demo-test' / ('%08x' % zlib.crc32(name.encode()))
    yield path
    stack.Stack(path, console.Console()).stop()


@pytest.fixture
def path_without_tgtd(tmp_path):
    """A PATH with all programs of this machine but that one."""
    for directory in os.get_exec_path():
        for program in pathlib.Path(directory).glob('*'):
            link = tmp_path / program.name
            if program.name != 'tgtd' and not os.path.lexists(link):
                link.symlink_to(program)
    return str(tmp_path)


@pytest.mark.timeout(DEMO_TIMEOUT_S + 30)
@pytest.mark.parametrize('mode', [
    'eventlet', pytest.param('threads', marks=pytest.mark.exhaustive)])
def test_demo_goes_through_and_leaves_nothing_running(directory, mode):
    finished = run_demo(directory, mode=mode)
    assert finished.returncode == 0, finished.stdout
    assert '%s)' % mode in finished.stdout
    assert re.search('window .* http://127.0.0.1:[0-9]+/ ', finished.stdout)
    assert finished.stdout.count('an attachment ...') == 2
    assert finished.stdout.count('the array is empty again ...') == 2
    for chapter in CHAPTERS:
        assert re.search(chapter, finished.stdout), chapter
    lines = finished.stdout.splitlines()
    assert lines[-1].startswith('OK: ')
    assert len(lines) <= MAX_LINES
    missing = host.missing(directory)
    for item in missing or ['note.txt: ']:
        assert item in finished.stdout
    assert documents.demo_steps(finished.stdout) == documents.demo_steps(
        PICTURE.read_text())
    places = STEP.findall(finished.stdout)
    assert places == [(str(number), str(len(places)))
                      for number in range(1, len(places) + 1)]
    check_nothing_left(directory)
    check_log(directory, finished.stdout)


def check_log(directory, told):
    """See that the log whose place is told once has all the rest."""
    path = directory / 'logs' / 'demo.log'
    assert told.count('demo.log') == 1
    assert str(path.relative_to(ROOT)) in told
    log = path.read_text()
    assert STEP.sub('', told.splitlines()[-2]) in log
    for detail in (r'\$ .*pure-flasharray-sim', r'the array says  *volume-',
                   'REQ: curl .* POST .*/volumes', 'RESP BODY: .*available',
                   '"auth_key": "[*]{3}"', 'GET /api/1.19/volume/'):
        assert re.search(detail, log), detail
    assert not re.search('"auth_key": "[^*]', log)


@pytest.mark.exhaustive
@pytest.mark.timeout(DEMO_TIMEOUT_S + 30)
def test_kept_demo_serves_the_command_line_until_it_is_stopped(directory):
    finished = run_demo(directory, '--keep')
    assert finished.returncode == 0, finished.stdout
    listed = subprocess.run(
        ['bash', '-c', '. %s && cinder service-list' % (directory / 'openrc')],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=60)
    assert listed.returncode == 0, listed.stdout
    assert listed.stdout.count('demo@pure-') == 3
    second = run_demo(directory)
    assert second.returncode == 1
    assert 'make demo-stop' in second.stdout
    names = [name for name, _process
             in processes.Processes(directory).running()]
    assert sorted(names) == ['cinder', 'simulator']
    stopped = subprocess.run(command('stop', directory), cwd=ROOT, timeout=60)
    assert stopped.returncode == 0
    check_nothing_left(directory)


@pytest.mark.timeout(DEMO_TIMEOUT_S)
@pytest.mark.parametrize('name', products.every(2, ['simulator', 'cinder']))
def test_demo_fails_when_one_of_its_processes_dies(directory, name):
    with start(directory) as demo:
        read_until(demo, 'an attachment')
        # Those that the simulator has started come after it.
        next(process for each, process
             in processes.Processes(directory).running()
             if each == name).kill()
        assert 'FAILED: ' in demo.stdout.read()
    assert demo.returncode == 1
    check_nothing_left(directory)


@pytest.mark.timeout(DEMO_TIMEOUT_S)
@pytest.mark.parametrize('number,step', [
    (signal.SIGINT, 'Make the database'), (signal.SIGTERM, 'an attachment')])
def test_interrupted_demo_leaves_nothing(directory, number, step):
    with start(directory) as demo:
        read_until(demo, step)
        demo.send_signal(number)
        assert 'interrupted' in demo.stdout.read()
    assert demo.returncode == 130
    check_nothing_left(directory)


@pytest.mark.timeout(DEMO_TIMEOUT_S)
def test_demo_interrupted_while_a_volume_is_connected_leaves_nothing(
        directory):
    missing = host.missing(directory)
    if missing:
        pytest.skip('no bytes on this machine: %s' % ', '.join(missing))
    with start(directory) as demo:
        read_until(demo, 'an attachment')
        console.Console().wait_for('a connection', lambda: list(
            directory.glob('hosts/*/*/device')) or None)
        demo.send_signal(signal.SIGINT)
        assert 'interrupted' in demo.stdout.read()
    assert demo.returncode == 130
    check_nothing_left(directory)


@pytest.mark.timeout(DEMO_TIMEOUT_S)
def test_machine_that_lacks_a_program_is_told_once_and_goes_on(
        directory, path_without_tgtd):
    with start(directory, env={**os.environ,
                               'PATH': path_without_tgtd}) as demo:
        told = read_until(demo, 'reverted to the snapshot')
        demo.send_signal(signal.SIGINT)
        told += demo.stdout.read()
    assert re.findall('.*tgtd.*', told) == ['tgtd.']
    assert 'a write: "before the snapshot"' in told
    assert 'note.txt' not in told
    check_nothing_left(directory)
