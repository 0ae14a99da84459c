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
"""pure-flasharray-sim as a process of its own."""

import contextlib
import json
import os
import pathlib
import resource
import signal
import socket
import stat
import subprocess
import sys

import purestorage
import pytest
import requests

from flasharray_sim import cli


@pytest.fixture
def run(tmp_path):
    """Start simulators: ``run('--arrays', '2')`` waits until it is ready."""
    with contextlib.ExitStack() as stack:
        def start(*arguments):
            process = subprocess.Popen(
                [sys.executable, '-m', 'flasharray_sim', *arguments],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            stack.callback(process.communicate)
            stack.callback(process.kill)
            process.announced = []
            for line in process.stdout:
                process.announced.append(line.split())
                if line.startswith('certificate '):
                    return process
            raise AssertionError(process.stderr.read())
        yield start


def read(ready_file):
    return json.loads(ready_file.read_text())


def sdk(ready, position=0):
    array = ready['arrays'][position]
    return purestorage.FlashArray(
        array['address'], api_token=array['api_token'],
        request_kwargs={'verify': ready['certificate'], 'timeout': 30})


def control(ready, path):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f'{ready["control"]}/control/{path}', timeout=30)


def end(process, number):
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_life_of_a_simulator(run, tmp_path, number):
    ready_file = tmp_path / 'ready.json'
    process = run('--arrays', '2', '--ready-file', str(ready_file))
    ready = read(ready_file)

    assert stat.S_IMODE(ready_file.stat().st_mode) == 0o600
    assert [array['name'] for array in ready['arrays']] == [
        'pure01', 'pure02']
    for position in range(2):
        got = sdk(ready, position).get()
        assert got['id'] == ready['arrays'][position]['id']
    assert control(ready, 'ready').json() == {'ready': True}
    assert process.announced == [
        *(['array', array['name'], f'https://{array["address"]}']
          for array in ready['arrays']),
        ['tokens', str(ready_file)],
        ['control', ready['control']],
        ['window', ready['window']],
        ['certificate', ready['certificate']]]

    assert end(process, number) == (0, '', '')
    assert not ready_file.exists()
    assert not os.path.exists(ready['certificate'])
    for array in ready['arrays']:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(array['address'].split(':'), 30)


def test_silent_clients_beyond_what_may_be_open_keep_nobody_out(run):
    process = run('--arrays', '1')
    ready = printed(process)
    client = sdk(ready)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (100, 100))
    host, port = ready['arrays'][0]['address'].split(':')
    with contextlib.ExitStack() as stack:
        for _number in range(200):
            stack.enter_context(socket.create_connection((host, port), 30))
        for _number in range(10):
            sdk(ready).invalidate_cookie()
        assert client.get()['array_name'] == 'pure01'
    assert end(process, signal.SIGTERM)[2] == ''


def printed(process):
    """What is needed to log in to the first array, by what was printed."""
    told = {line[0]: line for line in process.announced}
    _array, _name, url, token = told['array']
    return {'certificate': told['certificate'][1], 'arrays': [{
        'address': url.removeprefix('https://'),
        'api_token': token.removeprefix('api_token=')}]}


def test_newcomer_logs_in_with_what_is_printed(run):
    assert sdk(printed(run())).get()['array_name'] == 'pure01'


def test_token_is_printed_whatever_became_of_the_password(run, tmp_path):
    arguments = ('--state-dir', str(tmp_path / 'state'))
    process = run(*arguments)
    client = sdk(printed(process))
    client.set_admin('pureuser', password='another-one',
                     old_password='pureuser')
    client.delete_api_token('pureuser')
    end(process, signal.SIGTERM)
    assert sdk(printed(run(*arguments))).get()['array_name'] == 'pure01'


def test_state_survives_a_kill(run, tmp_path):
    ready_file = tmp_path / 'ready.json'
    arguments = ('--arrays', '1', '--ready-file', str(ready_file),
                 '--state-dir', str(tmp_path / 'state'))
    process = run(*arguments)
    before = read(ready_file)
    client = sdk(before)
    for number in range(20):
        client.create_volume(f'v{number}', '1G')
    client.create_snapshot('v0', suffix='s')
    client.create_host('h', iqnlist=['iqn.2020-01.org.example:h'])
    client.connect_host('h', 'v0')
    client.destroy_volume('v19')
    volumes = client.list_volumes(pending=True)
    trusted = pathlib.Path(before['certificate']).read_text()
    assert end(process, signal.SIGKILL)[0] == -signal.SIGKILL

    run(*arguments)
    after = read(ready_file)
    client = sdk(after)
    assert [{**volume, 'time_remaining': None}
            for volume in client.list_volumes(pending=True)] == [
                {**volume, 'time_remaining': None} for volume in volumes]
    assert [volume['name'] for volume in client.list_volumes(
        pending_only=True)] == ['v19']
    assert client.list_volumes(snap=True)[0]['name'] == 'v0.s'
    assert client.list_host_connections('h')[0]['vol'] == 'v0'
    assert pathlib.Path(after['certificate']).read_text() == trusted
    assert [array['api_token'] for array in after['arrays']] == [
        array['api_token'] for array in before['arrays']]


def test_seed_file(run, tmp_path):
    seed = tmp_path / 'seed.json'
    seed.write_text(json.dumps({'arrays': {'pure01': {
        'volumes': [{'name': 'v1', 'size': 1048576}]}}}))
    ready_file = tmp_path / 'ready.json'
    run('--seed', str(seed), '--ready-file', str(ready_file))
    assert sdk(read(ready_file)).get_volume('v1')['size'] == 1048576


@pytest.mark.parametrize('arguments,status', [
    ((), 400), (('--lenient',), 200)])
def test_strict_unless_told_otherwise(run, tmp_path, arguments, status):
    ready_file = tmp_path / 'ready.json'
    run('--ready-file', str(ready_file), *arguments)
    client = sdk(read(ready_file))
    try:
        client.list_volumes(nonsense=True)
    except purestorage.PureHTTPError as exc:
        assert exc.code == status
    else:
        assert status == 200


def test_purity_version(run, tmp_path):
    ready_file = tmp_path / 'ready.json'
    run('--purity-version', '5.0.0', '--ready-file', str(ready_file))
    assert sdk(read(ready_file)).get_rest_version() == '1.15'


def test_verbose_log_has_requests_and_no_secret(run, tmp_path):
    ready_file = tmp_path / 'ready.json'
    process = run('--verbose', '--ready-file', str(ready_file))
    ready = read(ready_file)
    client = sdk(ready)
    client.create_host('h')
    client.set_host('h', host_user='u', host_password='chap-secret-0123')
    status, _output, errors = end(process, signal.SIGTERM)
    assert status == 0
    assert "PUT 'host/h'" in errors
    assert 'chap-secret-0123' not in errors
    assert ready['arrays'][0]['api_token'] not in errors


def test_stale_ready_file_goes_before_anything_else(tmp_path, capsys):
    ready_file = tmp_path / 'ready.json'
    ready_file.write_text('{}')
    assert cli.main(['--arrays', '0', '--ready-file', str(ready_file)]) == 1
    assert not ready_file.exists()
    assert 'cannot simulate 0 arrays' in capsys.readouterr().err


@pytest.mark.parametrize('arguments,said', [
    (('--arrays', '0'), 'cannot simulate 0 arrays'),
    (('--purity-version', 'six'), 'six'),
    (('--seed', 'missing.json'), 'missing.json'),
    (('--state-dir', '/dev/null/state'), 'state'),
    (('--listen', '192.0.2.1'), 'assign'),
    (('--data-dir', 'data'), 'no use without a data plane'),
    (('--data-plane', 'tgt', '--state-dir', 'state'),
     'needs a data directory'),
    (('--data-plane', 'lio'), 'target_core_mod'),
    (('--data-plane', 'tgt', '--data-dir', '/dev/null/data'), 'data')])
def test_mistake_is_told_in_one_line(capsys, arguments, said):
    assert cli.main(list(arguments)) == 1
    output = capsys.readouterr()
    assert output.out == ''
    assert said in output.err
    assert output.err.count('\n') == 1


@pytest.mark.parametrize('arguments', [
    ('--port', '65536'), ('--port', 'http'), ('--control-port', '-1'),
    ('--nonsense',), ('--data-plane', 'scst')])
def test_argument_that_makes_no_sense(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        cli.main(list(arguments))
    assert caught.value.code == 2
    assert 'usage' in capsys.readouterr().err
