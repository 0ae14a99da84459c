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
"""The cluster that chaos is made in: configured, and refused in time."""

import socket

import pytest

from tests import ready_file
from tools.chaos import __main__ as main
from tools.chaos import settings
from tools.chaos import stack as stacks
from tools.demo import console
from tools.initiator import machine
from tools.stack import layout as layouts
from tools.stack import packages

SIMULATOR = ready_file.content(settings.ARRAYS)


@pytest.fixture
def layout(tmp_path):
    made = layouts.Layout(tmp_path / 'chaos')
    made.make()
    return made


@pytest.fixture
def files(layout):
    """``{name of the file: sections}``"""
    return {path.name: sections for path, sections
            in settings.files(layout, SIMULATOR).items()}


def test_two_hosts_of_one_cluster(files):
    nodes = [files[node + '.conf']['DEFAULT'] for node in settings.NODES]
    assert [node['host'] for node in nodes] == ['volume-a', 'volume-b']
    assert {node['cluster'] for node in nodes} == {settings.CLUSTER}
    assert 'cluster' not in files['cinder.conf']['DEFAULT']


def test_locks_are_those_of_etcd(files):
    for sections in files.values():
        assert sections['coordination']['backend_url'] == \
            'etcd3+http://127.0.0.1:%d' % layouts.PORTS['etcd']


def test_all_is_logged_and_tls_is_verified(files):
    for sections in files.values():
        assert sections['DEFAULT']['debug'] == 'true'
        for backend in settings.BACKENDS:
            options = sections[backend.name]
            assert options['driver_ssl_cert_verify'] == 'true'
            assert 'ssl_cert_verify:true' in options['replication_device']


def test_everything_can_be_killed_and_started(layout):
    stack = stacks.ChaosStack(layout.directory, console.Console())
    assert set(stack._all_programs()) == {
        'arrays', 'mariadb', 'rabbitmq', 'etcd', 'cinder-api',
        'cinder-scheduler', *settings.NODES}


def test_another_stack_is_not_disturbed(tmp_path, monkeypatch, capsys,
                                        log_of_process):
    with socket.socket() as listening:
        listening.bind((layouts.ADDRESS, 0))
        listening.listen()
        monkeypatch.setitem(layouts.PORTS, 'RabbitMQ',
                            listening.getsockname()[1])
        monkeypatch.setattr(machine, 'missing_programs', lambda *names: [])
        for name in ('heed_interrupts', 'ignore_interrupts'):
            monkeypatch.setattr(console, name, lambda: None)
        assert main.main(['run', '--directory', str(tmp_path / 'it')]) == 1
    printed = capsys.readouterr().out
    assert 'FAILED: ports are not free:' in printed
    assert 'for RabbitMQ, taken by process' in printed


def test_what_is_missing_is_named(tmp_path, monkeypatch, capsys,
                                  log_of_process):
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.setattr(packages, 'install_openstack', pytest.fail)
    for name in ('heed_interrupts', 'ignore_interrupts'):
        monkeypatch.setattr(console, name, lambda: None)
    assert main.main(['run', '--directory', str(tmp_path / 'it')]) == 1
    assert 'this machine lacks: mariadbd' in capsys.readouterr().out


def test_short_and_long_form():
    short = main._options(['run', '--directory', 'it', '--smoke'])
    long = main._options(['run', '--directory', 'it'])
    assert (short.operations, long.operations) == (150, 1000)
    assert short.minutes < long.minutes
    assert main._options(['run', '--directory', 'it', '--smoke',
                          '--operations', '7']).operations == 7
