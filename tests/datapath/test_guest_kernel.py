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
"""Where the kernel of deep guests is kept, and what keeps it from being made.

It is not built here; a source that takes a moment stands in for the kernel's.
"""

import os
import pathlib
import shutil
import subprocess

import pytest

from tools.datapath.guest import kernel

VERSION = '6.1.192-3'
BUILDERS = 'make', 'tar', 'xz', 'strip', 'setpriv'
# It wants no options of a make that has started all this.
MAKEFILE = """\
ifneq ($(ONLY),)
$(error told ONLY)
endif
allnoconfig:
\tcp $(KCONFIG_ALLCONFIG) .config
linux:
\techo '  CC      kernel/fork.o'
\t%s
"""
needs_builders = pytest.mark.skipif(
    not all(map(shutil.which, BUILDERS)),
    reason='not all of %s are here' % ', '.join(BUILDERS))


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """One that could build a kernel: all programs, and a source."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.setattr(kernel, 'SOURCES', tmp_path / 'src')
    monkeypatch.setattr(kernel, 'PROGRAMS', ('sh',))
    monkeypatch.setattr(kernel.platform, 'machine', lambda: 'x86_64')
    monkeypatch.setattr(kernel, 'version', lambda source: VERSION)
    monkeypatch.setattr(kernel, 'BUILD_GIB', 0)
    (tmp_path / 'src').mkdir()
    (tmp_path / 'src' / 'linux-source-6.1.tar.xz').touch()
    return tmp_path


def keep(version):
    kernel.cache().mkdir(parents=True, exist_ok=True)
    path = kernel.cache() / kernel.name(version)
    path.touch()
    return path


def test_cache_is_the_user_s(monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', '/somewhere')
    assert kernel.cache() == pathlib.Path('/somewhere/pure_cinder/kernels')
    monkeypatch.setenv('XDG_CACHE_HOME', '')
    monkeypatch.setenv('HOME', '/home/someone')
    assert kernel.cache() == pathlib.Path(
        '/home/someone/.cache/pure_cinder/kernels')


def test_kernel_is_known_by_version_and_configuration(machine, monkeypatch):
    assert kernel.cached() is None
    path = keep(VERSION)
    assert kernel.cached() == path
    monkeypatch.setattr(kernel, 'version', lambda source: '6.1.200-1')
    assert kernel.cached() is None
    monkeypatch.setattr(kernel, 'version', lambda source: VERSION)
    other = machine / 'other.config'
    other.write_bytes(kernel.CONFIG.read_bytes() + b'CONFIG_MORE=y\n')
    monkeypatch.setattr(kernel, 'CONFIG', other)
    assert kernel.cached() is None


def test_without_a_source_the_newest_of_this_configuration_will_do(machine):
    for version in ('6.1.99-1', '6.1.192-3', '6.1.9-1'):
        keep(version)
    (kernel.SOURCES / 'linux-source-6.1.tar.xz').unlink()
    assert kernel.cached().name == kernel.name('6.1.192-3')


def test_newest_source_is_taken(machine):
    for version in ('6.12', '6.9'):
        (kernel.SOURCES / ('linux-source-%s.tar.xz' % version)).touch()
    assert kernel.source().name == 'linux-source-6.12.tar.xz'


def test_machine_that_can_build_lacks_nothing(machine):
    assert kernel.missing() == []


@pytest.mark.parametrize('name, value, told', [
    ('PROGRAMS', ('sh', 'no-such-compiler'), 'no-such-compiler'),
    ('SOURCES', pathlib.Path('/no-such'), '/no-such/linux-source-*.tar.xz'),
    ('MACHINE', 'pdp11', 'an pdp11 processor'),
    ('BUILD_GIB', 1 << 30, 'GiB of room')])
def test_what_is_missing_is_told(machine, monkeypatch, name, value, told):
    monkeypatch.setattr(kernel, name, value)
    [reason] = kernel.missing()
    assert told in reason


def test_configuration_asks_for_each_transport_at_both_ends():
    lines = kernel.CONFIG.read_text().splitlines()
    options = [line for line in lines if line.startswith('CONFIG_')]
    assert len(options) == len(set(options))
    assert all(not line or line.startswith(('#', 'CONFIG_'))
               for line in lines)
    for option in ('NVME_TCP', 'NVME_MULTIPATH', 'NVME_TARGET_TCP', 'FCOE',
                   'TCM_FC', 'DM_MULTIPATH', 'XFS_FS', 'HOSTFS'):
        assert 'CONFIG_%s=y' % option in options
    assert not any(option.startswith('CONFIG_MODULES=')
                   for option in options)


def test_option_that_the_source_does_not_take_is_told():
    text = kernel.CONFIG.read_text()
    kernel.check_configured(text + 'CONFIG_MORE=y\n')
    with pytest.raises(kernel.KernelFailure, match='CONFIG_TCM_FC=y'):
        kernel.check_configured(text.replace('CONFIG_TCM_FC=y', ''))


@pytest.fixture
def pack(machine):
    """Make a source: ``pack(what the compiler does)``."""
    def make(command):
        tree = machine / 'linux-source-6.1'
        tree.mkdir()
        (tree / 'Makefile').write_text(MAKEFILE % command)
        subprocess.run(['tar', '-C', machine, '-cJf', kernel.source(),
                        tree.name], check=True)
    return make


def left():
    return sorted(path.name for path in kernel.cache().iterdir()
                  if path.name != 'lock')


@needs_builders
def test_kernel_is_built_once(machine, pack, monkeypatch):
    monkeypatch.setenv('MAKEFLAGS', ' -- ONLY=nvme')
    kernel.cache().mkdir(parents=True)
    (kernel.cache() / 'build-of-one-that-was-killed').mkdir()
    pack('cp /bin/true linux')
    told = []
    path = kernel.build(machine / 'log', told.append)
    assert path == kernel.cached()
    assert os.access(path, os.X_OK)
    assert left() == [path.name]
    assert 'kernel/fork.o' in (machine / 'log').read_text()
    assert str(machine / 'log') in told[0]
    pack_time = path.stat().st_mtime_ns
    assert kernel.build(machine / 'log', told.append) == path
    assert path.stat().st_mtime_ns == pack_time
    assert len(told) == 1


@needs_builders
def test_failure_is_told_and_leaves_nothing(machine, pack):
    pack('false')
    with pytest.raises(kernel.KernelFailure, match='compiling.*log'):
        kernel.build(machine / 'log', lambda text: None)
    assert left() == []


@needs_builders
@pytest.mark.parametrize('deadline_s, error', [
    (0, kernel.KernelFailure), (3600, KeyboardInterrupt)])
def test_build_that_is_ended_leaves_nothing(machine, pack, monkeypatch,
                                            deadline_s, error):
    def say(text):
        if text.startswith('compiling'):
            raise KeyboardInterrupt
    pack('echo $$PPID >%s; sleep 1000' % (machine / 'pid'))
    monkeypatch.setattr(kernel, 'DEADLINE_S', deadline_s)
    monkeypatch.setattr(kernel, 'PROGRESS_S', 0)
    monkeypatch.setattr(kernel, 'INTERVAL_S', 0.5)
    with pytest.raises(error):
        kernel.build(machine / 'log', say)
    assert left() == []
    if (machine / 'pid').exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int((machine / 'pid').read_text()), 0)
