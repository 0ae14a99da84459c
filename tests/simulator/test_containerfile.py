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
"""simulator/Containerfile, as far as it can be tried without an engine.

Its wheel is installed into an environment of its own, with what the tests run
with below it, and its commands run there as they are written.
"""

import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import urllib.request

import pytest

from tests.simulator import examples

SIMULATOR = pathlib.Path(__file__).resolve().parents[2] / 'simulator'
KNOWN = {'FROM', 'COPY', 'RUN', 'USER', 'WORKDIR', 'VOLUME', 'ENV', 'EXPOSE',
         'HEALTHCHECK', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD'}
STATE = '/state'


def instructions():
    """(instruction, arguments) of each one, in their order."""
    text = re.sub(r'^#.*\n', '', (SIMULATOR / 'Containerfile').read_text(),
                  flags=re.MULTILINE)
    lines = re.sub(r'\\\n\s*', '', text).splitlines()
    return [tuple(line.split(' ', 1)) for line in lines if line]


def told(name):
    return [arguments for instruction, arguments in instructions()
            if instruction == name]


def only(name):
    [arguments] = told(name)
    return arguments


@pytest.fixture(scope='module')
def environment(tmp_path_factory):
    """Directory of an environment with the wheel of what is copied."""
    home = tmp_path_factory.mktemp('container')
    source = home / 'src'
    source.mkdir()
    for arguments in told('COPY'):
        *names, target = arguments.split()
        for name in names:
            here, there = SIMULATOR / name, source / target[len('/src/'):]
            if here.is_dir():
                shutil.copytree(here, there, ignore=shutil.ignore_patterns(
                    '__pycache__'))
            else:
                shutil.copy(here, there)
    subprocess.run(
        [sys.executable, '-c', 'import setuptools.build_meta as it, sys\n'
         'it.build_wheel(sys.argv[1])', home], cwd=source, check=True,
        capture_output=True, timeout=100)
    python = home / 'venv' / 'bin' / 'python'
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip',
                    home / 'venv'], check=True, timeout=100)
    [wheel] = home.glob('*.whl')
    subprocess.run(
        [sys.executable, '-m', 'pip', '--python', python, 'install',
         '--quiet', '--no-index', '--no-deps', wheel], check=True,
        timeout=100)
    [packages] = home.glob('venv/lib/python*/site-packages')
    (packages / 'needed.pth').write_text(sysconfig.get_path('purelib'))
    return home / 'venv'


@pytest.fixture
def ports():
    """{port in the container: one that is free here}; in a row of arrays."""
    with contextlib.ExitStack() as stack:
        found = {}
        for port in ('8443', '8080'):
            free = stack.enter_context(socket.socket())
            free.bind(('0.0.0.0', 0))
            found[port] = str(free.getsockname()[1])
    return found


@pytest.fixture
def as_here(tmp_path, ports):
    """A command, as it can run next to others on this machine."""
    def replaced(words):
        words = [str(tmp_path) if word == STATE else word for word in words]
        for there, here in ports.items():
            words = [re.sub(rf'\b{there}\b', here, word) for word in words]
        return words
    return replaced


@pytest.fixture
def variables(environment, as_here):
    [given] = as_here([only('ENV')])
    name, _, value = given.partition('=')
    return {'PATH': f'{environment / "bin"}:/usr/bin:/bin', name: value}


def started(command, variables, directory):
    process = subprocess.Popen(
        command, env=variables, cwd=directory, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith('certificate '):
            break
    return process, lines


def test_every_instruction_is_one_that_there_is():
    names = [name for name, _arguments in instructions()]
    assert set(names) == KNOWN
    assert names[0] == 'FROM'
    for name in ('FROM', 'USER', 'ENTRYPOINT', 'CMD', 'HEALTHCHECK'):
        assert names.count(name) == 1
    assert names.index('RUN') > max(
        place for place, name in enumerate(names) if name == 'COPY')


def test_what_it_copies_is_there():
    for arguments in told('COPY'):
        *names, target = arguments.split()
        assert target.startswith('/src/')
        for name in names:
            assert (SIMULATOR / name).exists(), name


def test_base_has_a_python_that_the_package_takes():
    base = re.fullmatch(r'python:3\.(\d+)-slim', only('FROM'))
    text = (SIMULATOR / 'pyproject.toml').read_text()
    assert int(base[1]) >= int(re.search('requires-python = ">=3.([0-9]+)"',
                                         text)[1])
    assert f'Python :: 3.{base[1]}' in text


def test_nothing_runs_as_root():
    names = [name for name, _arguments in instructions()]
    user = only('USER')
    assert f'--home-dir {STATE}' in only('RUN')
    assert re.search(rf'useradd .* {user}$', only('RUN'))
    assert names.index('USER') > names.index('RUN')


def test_commands_of_the_build_are_a_shell_that_parses():
    done = subprocess.run(['sh', '-n', '-c', only('RUN')], timeout=30)
    assert done.returncode == 0
    for part in only('RUN').split('&&'):
        assert shlex.split(part)[0] in ('pip', 'rm', 'useradd')


def test_ports_are_those_of_the_arrays_and_of_the_control_api():
    command = json.loads(only('ENTRYPOINT'))
    first = int(command[command.index('--port') + 1])
    control = command[command.index('--control-port') + 1]
    assert only('EXPOSE').split() == [
        *(str(first + place) for place in range(4)), control]
    assert only('ENV').endswith(f':{control}')


def test_it_runs_is_healthy_and_ends(environment, as_here, variables,
                                     tmp_path):
    command = as_here([*json.loads(only('ENTRYPOINT')),
                       *json.loads(only('CMD'))])
    check = as_here(json.loads(only('HEALTHCHECK').partition('CMD ')[2]))
    healthy = {'env': variables, 'timeout': 60, 'capture_output': True}
    assert subprocess.run(check, **healthy).returncode == 1
    process, lines = started(command, variables, tmp_path)
    try:
        done = subprocess.run(check, **healthy)
        assert (done.returncode, done.stderr) == (0, b'')
        # It is the one of the wheel, with all that it serves.
        assert str(environment) in shutil.which(
            command[0], path=variables['PATH'])
        [control] = re.findall('^control http://0.0.0.0:(.*)$',
                               ''.join(lines), re.MULTILINE)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for path in ('', 'window/window.js', 'control/snapshot'):
            with opener.open(f'http://127.0.0.1:{control}/{path}',
                             timeout=30) as reply:
                assert reply.status == 200
        process.send_signal(signal.Signals[only('STOPSIGNAL')])
        _out, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, '')
        assert 'certificate.pem' in os.listdir(tmp_path)
    finally:
        process.kill()
        process.communicate()


def test_plugin_is_found_by_pytest(environment, variables, tmp_path):
    (tmp_path / 'test_it.py').write_text(
        'def test_it(flasharray, flasharray_faults):\n'
        '    flasharray_faults.inject("offline")\n'
        '    assert not flasharray.is_online\n')
    done = subprocess.run(
        [environment / 'bin' / 'python', '-m', 'pytest', '-q', '-p',
         'no:cacheprovider'], cwd=tmp_path, env=variables, timeout=110,
        capture_output=True, text=True)
    assert '1 passed' in done.stdout, done.stdout + done.stderr


class Engine:
    """Does what podman is told, with processes in place of containers."""

    def __init__(self, as_here, variables, directory):
        self._as_here = as_here
        self._variables = variables
        self._directory = directory
        self._running = {}
        self._images = set()

    def __call__(self, command):
        engine, verb, *words = shlex.split(command)
        assert engine == 'podman'
        return getattr(self, f'_{verb}')(words)

    def kill(self):
        for process in self._running.values():
            process.kill()
            process.communicate()

    def _build(self, words):
        option, tag, directory = words
        assert option == '--tag'
        assert (SIMULATOR.parent / directory / 'Containerfile').exists()
        self._images.add(tag)
        return ''

    def _run(self, words):
        flags = {'--detach', '--rm'}
        values = []
        while words[0].startswith('--'):
            option = words.pop(0)
            if option not in flags:
                values.append((option, words.pop(0)))
        image, *arguments = words
        assert image in self._images
        published = [value.split(':')[-1] for option, value in values
                     if option == '--publish']
        assert published and set(published) <= set(only('EXPOSE').split())
        process, _lines = started(
            self._as_here([*json.loads(only('ENTRYPOINT')), *(
                arguments or json.loads(only('CMD')))]),
            self._variables, self._directory)
        self._running[dict(values)['--name']] = process
        return ''

    def _exec(self, words):
        name, *command = words
        assert self._running[name].poll() is None
        done = subprocess.run(
            command, env=self._variables, timeout=60, capture_output=True,
            text=True)
        assert (done.returncode, done.stderr) == (0, '')
        return done.stdout

    def _stop(self, words):
        process = self._running.pop(*words)
        process.send_signal(signal.Signals[only('STOPSIGNAL')])
        _out, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, '')
        return ''


def test_examples_of_the_guide(as_here, variables, tmp_path):
    guide = (SIMULATOR / 'docs' / 'guide.rst').read_text()
    _before, chapter, _after = examples.around(guide, 'In a container')
    engine = Engine(as_here, variables, tmp_path)
    try:
        count = 0
        for command, expected in examples.of(chapter):
            output = engine(command)
            assert examples.fits(expected, output), (command, output)
            count += 1
        assert count >= 5
    finally:
        engine.kill()
