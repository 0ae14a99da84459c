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
"""Whole runs, with the real services."""

import pathlib
import signal
import subprocess
import sys

import pytest

from tests.datapath import target as tgt
from tools.datapath import stack
from tools.demo import console
from tools.initiator import lun_connection
from tools.initiator import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN_TIMEOUT_S = 480

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(RUN_TIMEOUT_S)]


@pytest.fixture
def directory():
    """A directory below build/, beside the Glance that runs share."""
    missing = machine.missing()
    if missing:
        pytest.skip('no data path on this machine: %s' % ', '.join(missing))
    path = ROOT / 'build' / 'datapath-test'
    yield path
    stack.DataPathStack(path, console.Console()).stop()


def start(directory, *names):
    only = [option for name in names for option in ('--only', name)]
    return subprocess.Popen(
        [sys.executable, '-m', 'tools.datapath', '--directory',
         str(directory), *only], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def check_nothing_left(directory):
    assert stack.DataPathStack(
        directory, console.Console()).processes.running() == []
    assert tgt.left_below(directory) == []
    # The file of a loop device that lost its daemon is nowhere.
    assert lun_connection.NOWHERE not in \
        lun_connection.backing_files().values()


def wait_until_it_connects(directory):
    connections = stack.services_host(directory)
    console.Console().wait_for(
        'a connection', lambda: list(connections.glob('*/device')) or None,
        RUN_TIMEOUT_S)


def test_runs_leave_nothing_however_they_end(directory):
    """One after the other, since they share an environment for Glance."""
    with start(directory, 'image-raw') as run:
        wait_until_it_connects(directory)
        run.send_signal(signal.SIGINT)
        assert 'interrupted' in run.stdout.read()
    assert run.returncode == 130
    check_nothing_left(directory)
    with start(directory, 'image-raw') as run:
        wait_until_it_connects(directory)
        run.kill()
    assert tgt.left_below(directory)
    with start(directory, 'chap', 'trim') as run:
        told = run.stdout.read()
    assert run.returncode == 0, told
    assert '2 scenarios, 0 shortfalls' in told
    assert 'bytes after discarding' in (directory / 'report.txt').read_text()
    check_nothing_left(directory)
