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
"""Virtual environments of other programs, and what else they need.

Everything is kept between runs, and made again when what it is made from
changes.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tarfile

from oslo_concurrency import lockutils

_RELEASE = '3.11'
_UV = 'uv>=0.5,<1'
_COLLECTION = pathlib.PurePosixPath(
    'ansible_collections/purestorage/flasharray')


class EnvironmentProblem(Exception):
    """Something that the run needs cannot be had."""


def find_python() -> str:
    """Python 3.11: later ones lack `distutils`, which the SDK imports."""
    for candidate in (os.environ.get('PYTHON311'), 'python3.11'):
        path = candidate and shutil.which(candidate)
        if path and _release_of(path) == _RELEASE:
            return path
    raise EnvironmentProblem(
        'the programs of the REST 1 era need Python 3.11: install it, or '
        'name it: make conformance PYTHON311=/path/to/python3.11')


def make_venv(directory: pathlib.Path, requirements: pathlib.Path,
              python: str | None = None, is_large: bool = False
              ) -> pathlib.Path:
    """Install pinned requirements; the path of the environment's Python.

    Whoever wants the same at that time waits for it.

    :param python: to make it with, if another than `find_python` finds will do
    :param is_large: let uv install, if that can be had: it takes a fraction
        of the time of pip, which does as well
    """
    interpreter = directory / 'bin' / 'python'
    stamp = directory / 'made-from.sha256'
    python = python or find_python()
    wanted = _digest(requirements.read_bytes() + python.encode())
    with lockutils.lock(directory.name + '.lock', external=True,
                        lock_path=str(directory.parent)):
        if _read(stamp) != wanted:
            _say(f'making {directory} from {requirements} (a minute or two)')
            _run(python, '-m', 'venv', '--clear', str(directory))
            _install(interpreter, requirements, is_large)
            stamp.write_text(wanted)
    return interpreter


def _install(interpreter, requirements, is_large):
    pip = [str(interpreter), '-m', 'pip', 'install',
           '--disable-pip-version-check', '--progress-bar', 'off', '-q']
    if is_large and _succeeds(*pip, _UV):
        pip = [str(interpreter), '-m', 'uv', 'pip', 'install', '-q',
               '--python', str(interpreter)]
    _run(*pip, '-r', str(requirements))


def fetch_collection(directory: pathlib.Path, interpreter: pathlib.Path,
                     source: pathlib.Path) -> pathlib.Path:
    """Unpack the FlashArray collection out of the archive that carries it.

    :param source: requirements file that names the archive and its digest
    :returns: the directory that holds `ansible_collections`
    """
    stamp = directory / 'made-from.sha256'
    wanted = _digest(source.read_bytes())
    if _read(stamp) != wanted:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        _say('fetching the archive with the Ansible collection')
        _run(str(interpreter), '-m', 'pip', 'download', '-q',
             '--disable-pip-version-check', '--progress-bar', 'off',
             '--no-deps', '--no-binary', ':all:', '--require-hashes',
             '-r', str(source), '-d', str(directory))
        archive, = directory.glob('*.tar.gz')
        _unpack(archive, directory)
        archive.unlink()
        stamp.write_text(wanted)
    return directory


def _unpack(archive: pathlib.Path, directory: pathlib.Path) -> None:
    with tarfile.open(archive) as stream:
        for member in stream:
            inside = pathlib.PurePosixPath(
                *pathlib.PurePosixPath(member.name).parts[1:])
            if inside.is_relative_to(_COLLECTION):
                stream.extract(member.replace(name=str(inside)), directory,
                               filter='data')


def _release_of(python: str) -> str:
    done = subprocess.run(
        [python, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
        capture_output=True, text=True)
    return done.stdout.strip()


def _succeeds(*command: str) -> bool:
    return not subprocess.run(command, stdin=subprocess.DEVNULL).returncode


def _run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise EnvironmentProblem(
            f'exit status {done.returncode}: {" ".join(command)}')


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(path: pathlib.Path) -> str | None:
    return path.read_text() if path.exists() else None


def _say(text: str) -> None:
    print(f'== {text}', flush=True)
