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
"""The kernel of deep guests, built from Debian's source, once.

usage: python -m tools.datapath.guest.kernel

Tells where it is. Ends with 1 where it has not been built.

Debian's own kernel for guests has neither NVMe/TCP nor Fibre Channel. What
``kernel.config`` makes of its source is kept in the user's cache, by the
version of the source and by this configuration.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from tools.demo import console

CONFIG = pathlib.Path(__file__).with_name('kernel.config')
SOURCES = pathlib.Path('/usr/src')
PROGRAMS = ('gcc', 'make', 'flex', 'bison', 'bc', 'xz', 'tar', 'strip',
            'setpriv', 'dpkg-query')
PACKAGES = ('linux-source', 'build-essential', 'flex', 'bison', 'bc',
            'xz-utils')
MACHINE = 'x86_64'
# What source and objects take while it is built.
BUILD_GIB = 2
# Of each step without load; with it, longer.
DEADLINE_S = 3600
PROGRESS_S = 30
INTERVAL_S = 0.2
COMPILED = re.compile(r'^\s+CC\s', re.M)


class KernelFailure(Exception):
    """The kernel was not built; the text is for the reader."""


def cache():
    """The directory that kernels are kept in; it need not be there."""
    base = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
    return pathlib.Path(base, 'pure_cinder', 'kernels')


def source():
    """The newest kernel source of this machine, None if there is none."""
    return max(SOURCES.glob('linux-source-*.tar.xz'), default=None,
               key=lambda path: _numbers(path.name))


def cached():
    """The kernel, None if it has not been built.

    Without a source any version will do that was built as it is now.
    """
    if source() is not None and shutil.which('dpkg-query'):
        path = cache() / name(version(source()))
        return path if path.exists() else None
    return max(cache().glob(name('*')), default=None,
               key=lambda path: _numbers(path.name))


def name(source_version):
    """What a kernel of that version is called in the cache."""
    digest = hashlib.sha256(CONFIG.read_bytes()).hexdigest()
    return 'linux-%s-%s' % (source_version, digest[:12])


def version(path):
    """Debian's version of a kernel source."""
    return subprocess.run(
        ['dpkg-query', '--show', '--showformat', '${Version}',
         path.name.removesuffix('.tar.xz')],
        check=True, stdout=subprocess.PIPE, text=True).stdout


def missing():
    """What this machine lacks to build a kernel, in words.

    :returns: list, empty where one can be built
    """
    found = [program for program in PROGRAMS if not shutil.which(program)]
    if source() is None:
        found.append('%s/linux-source-*.tar.xz' % SOURCES)
    if platform.machine() != MACHINE:
        found.append('an %s processor' % MACHINE)
    place = next(path for path in (cache(), *cache().parents)
                 if path.exists())
    if shutil.disk_usage(place).free < BUILD_GIB << 30:
        found.append('%d GiB of room in %s' % (BUILD_GIB, place))
    return found


def build(log_path, say):
    """Build the kernel, unless another process does.

    :param log_path: for what the programs print
    :param say: is called with progress, in words
    :returns: its path
    :raises KernelFailure: a program fails, or takes too long
    """
    cache().mkdir(parents=True, exist_ok=True)
    with _alone():
        for left in cache().glob('build-*'):
            shutil.rmtree(left)
        if cached() is not None:
            return cached()
        with tempfile.TemporaryDirectory(
                prefix='build-', dir=cache()) as directory:
            return _built(pathlib.Path(directory), log_path, say)


def _built(directory, log_path, say):
    found = source()
    path = cache() / name(version(found))
    tree = directory / found.name.removesuffix('.tar.xz')
    run = _Programs(log_path, say)
    say('a kernel is built, once, in a few minutes; log: %s' % log_path)
    run('unpacking', directory, 'tar', '-xf', str(found))
    run('configuring', tree, 'make', 'ARCH=um', 'allnoconfig',
        'KCONFIG_ALLCONFIG=%s' % CONFIG)
    check_configured((tree / '.config').read_text())
    run('compiling', tree, 'make', 'ARCH=um', '-j%d' % len(
        os.sched_getaffinity(0)), 'linux')
    run('stripping', tree, 'strip', '-o', str(directory / path.name), 'linux')
    os.replace(directory / path.name, path)
    return path


def check_configured(text):
    """Whether the source has taken all that was asked for.

    :param text: of the configuration that it made
    :raises KernelFailure: it has not
    """
    lines = set(text.splitlines())
    refused = [line for line in CONFIG.read_text().splitlines()
               if line.startswith('CONFIG_') and line not in lines]
    if refused:
        raise KernelFailure('this kernel source does not take %s'
                            % ', '.join(refused))


class _Programs:
    """Runs programs one after the other, and tells how far they are."""

    def __init__(self, log_path, say):
        self._log_path = log_path
        self._say = say
        log_path.parent.mkdir(parents=True, exist_ok=True)
        log_path.write_bytes(b'')

    def __call__(self, what, directory, *command):
        began_s = told_s = time.monotonic()
        with self._log_path.open('ab') as log, _running(
                command, directory, log) as process:
            while process.poll() is None:
                time.sleep(INTERVAL_S)
                now_s = time.monotonic()
                if now_s - told_s > PROGRESS_S:
                    told_s = now_s
                    self._say('%s: %d s, %d files compiled' % (
                        what, now_s - began_s, len(COMPILED.findall(
                            self._log_path.read_text(errors='replace')))))
                if now_s - began_s > DEADLINE_S * console.patience():
                    raise KernelFailure('%s is not done in time, see %s' % (
                        what, self._log_path))
        if process.returncode:
            raise KernelFailure('%s the kernel failed, see %s' % (
                what, self._log_path))


@contextlib.contextmanager
def _running(command, directory, log):
    """A program that is ended, with its children, if need be."""
    # The make that has started this one has told its options to all below.
    environment = {key: value for key, value in os.environ.items()
                   if key in ('PATH', 'HOME', 'TMPDIR')}
    process = subprocess.Popen(
        ['setpriv', '--pdeathsig', 'TERM', 'nice', *command], cwd=directory,
        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        start_new_session=True, env={**environment, 'LANG': 'C.UTF-8'})
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def _alone():
    """Wait for other processes that build."""
    with (cache() / 'lock').open('w') as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _numbers(text):
    return [int(number) for number in re.findall(r'\d+', text)]


if __name__ == '__main__':
    if cached() is None:
        sys.exit(1)
    print(cached())
