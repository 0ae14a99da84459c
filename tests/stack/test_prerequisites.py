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
"""What a stack needs is told by name, if it is not there or not free."""

import os
import socket

import pytest

from tools.demo import console
from tools.stack import __main__ as main
from tools.stack import layout
from tools.stack import prerequisites
from tools.stack import stack as stacks


@pytest.fixture
def listener():
    with socket.socket() as listening:
        listening.bind((layout.ADDRESS, 0))
        listening.listen()
        yield listening


def test_taken_port_is_named_with_who_has_it(listener):
    port = listener.getsockname()[1]
    [told] = prerequisites.taken({'keystone': port})
    assert told.startswith('127.0.0.1:%d, for keystone, taken by process %d '
                           '(' % (port, os.getpid()))


def test_free_port_is_not_named(listener):
    port = listener.getsockname()[1]
    listener.close()
    assert prerequisites.taken({'keystone': port}) == []


def test_up_ends_with_the_taken_port(listener, tmp_path, monkeypatch, capsys,
                                     log_of_process):
    monkeypatch.setitem(layout.PORTS, 'glance', listener.getsockname()[1])
    monkeypatch.setattr(prerequisites, 'missing', list)
    monkeypatch.setattr(main.console, 'ignore_interrupts', lambda: None)
    stack = stacks.Stack(tmp_path / 'stack', console.Console())
    assert main.bring_up(stack, console.Console()) == 1
    printed = capsys.readouterr().out
    assert 'FAILED: ports are not free:' in printed
    assert 'for glance, taken by process %d' % os.getpid() in printed
    assert stack.running() == []


def test_missing_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    assert {'mariadbd', 'rabbitmq-server', 'memcached', 'tgtd'} <= set(
        prerequisites.missing())


def test_down_leaves_the_logs_alone(tmp_path, capsys):
    place = layout.Layout(tmp_path / 'stack')
    place.make()
    place.log('keystone-api').write_text('what it said\n')
    assert place.passwords
    assert main.main(['status', '--directory', str(place.directory)]) == 1
    stacks.Stack(place.directory, console.Console()).down()
    assert list(place.directory.iterdir()) == [place.logs]
    assert place.log('keystone-api').read_text() == 'what it said\n'


def test_openrc_of_no_stack(tmp_path, capsys):
    assert main.main(['openrc', '--directory', str(tmp_path / 'none')]) == 1
    assert 'no stack is up' in capsys.readouterr().out
