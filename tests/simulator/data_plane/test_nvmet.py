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
"""Namespaces of the kernel's nvmet, against a directory as configfs.

What a kernel makes of it, tools.datapath.guest tells.
"""

import contextlib
import os
import shutil

import pytest

from flasharray_sim.data_plane import configfs
from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import loops
from flasharray_sim.data_plane import nvmet
from flasharray_sim.data_plane import plane
from tests.simulator.data_plane import configfs_directory
from tests.simulator.data_plane.configfs_directory import tree

NQN = 'nqn.2010-06.com.purestorage:flasharray.0123456789abcdef'
HOST = 'nqn.2014-08.org.nvmexpress:uuid:00000000-0000-0000-0000-0000000000a1'
OTHER_HOST = HOST[:-1] + '2'
PORTALS = {'10.0.0.1:4420': NQN, '[2001:db8::1]:4420': NQN}
SERIAL = '0123456789ABCDEF00011010'
SUBSYSTEM = f'subsystems/{NQN}'
# Directories that come with those made in one of these.
GROUPS = {'subsystems': ('namespaces', 'allowed_hosts'),
          'ports': ('subsystems',)}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A configfs that makes and removes groups, as the kernel."""
    make, remove = os.mkdir, os.rmdir

    def mkdir(path, *args, **options):
        make(path, *args, **options)
        for group in GROUPS.get(os.path.basename(os.path.dirname(path)), ()):
            make(os.path.join(path, group))

    def rmdir(path, **options):
        if options:
            remove(path, **options)
            return
        links = [key for key, value in tree(tmp_path).items()
                 if value == os.path.relpath(path, tmp_path)]
        assert not links, f'{path} is in use'
        for group in os.scandir(path):
            assert not group.is_dir() or not os.listdir(group), group.path
        shutil.rmtree(path)
    for name in ('hosts', *GROUPS):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(configfs, 'write', configfs_directory.write)
    monkeypatch.setattr(nvmet.os, 'mkdir', mkdir)
    monkeypatch.setattr(nvmet.os, 'rmdir', rmdir)
    return tmp_path


@pytest.fixture
def resized(monkeypatch):
    """Loop devices are called by their files; those that were resized."""
    found = []
    monkeypatch.setattr(loops, 'attached', lambda path: (
        contextlib.nullcontext('/dev/loop-of' + path)))
    monkeypatch.setattr(loops, 'resize', found.append)
    return found


@pytest.fixture
def targets(root, resized):
    return nvmet.Targets(str(root))


def lun(path='/data/working/7.img', **changes):
    return exports.Lun(**{'path': path, 'size_bytes': 1 << 30,
                          'serial': SERIAL} | changes)


def export(luns, host=HOST):
    return exports.Export(frozenset([host]), luns)


def test_a_namespace_of_a_host(root, targets):
    targets.apply(PORTALS, {1: export({7: lun()})})
    found = tree(root)
    namespace = f'{SUBSYSTEM}/namespaces/7'
    assert found[f'{namespace}/device_path'] == (
        '/dev/loop-of/data/working/7.img')
    assert found[f'{namespace}/device_nguid'] == (
        '000123456789abcd24a937ef00011010')
    assert not found[f'{namespace}/device_uuid'].strip('-0')
    assert found[f'{namespace}/enable'] == '1'
    assert found[f'{SUBSYSTEM}/attr_allow_any_host'] == '0'
    assert found[f'{SUBSYSTEM}/attr_model'] == 'Pure Storage FlashArray'
    assert found[f'{SUBSYSTEM}/allowed_hosts/{HOST}'] == f'hosts/{HOST}'
    seen = {tuple(found[f'ports/{port}/{name}'] for name in (
        'addr_trtype', 'addr_adrfam', 'addr_traddr', 'addr_trsvcid',
        f'subsystems/{NQN}')) for port in (1, 2)}
    assert seen == {('tcp', 'ipv4', '10.0.0.1', '4420', SUBSYSTEM),
                    ('tcp', 'ipv6', '2001:db8::1', '4420', SUBSYSTEM)}


def test_no_portal_listens_before_its_hosts_are_known(root, targets,
                                                      monkeypatch):
    linked, link = [], os.symlink

    def note(target, path):
        linked.append(os.path.relpath(path, root))
        link(target, path)
    monkeypatch.setattr(nvmet.os, 'symlink', note)
    targets.apply(PORTALS, {1: export({7: lun()})})
    assert linked == [f'{SUBSYSTEM}/allowed_hosts/{HOST}',
                      f'ports/1/subsystems/{NQN}',
                      f'ports/2/subsystems/{NQN}']


def test_a_volume_grows_in_place(root, targets, resized):
    targets.apply(PORTALS, {1: export({7: lun()})})
    before = (root / SUBSYSTEM / 'namespaces' / '7').stat().st_ino
    targets.apply(PORTALS, {1: export({7: lun(size_bytes=2 << 30)})})
    assert resized == ['/dev/loop-of/data/working/7.img']
    assert (root / SUBSYSTEM / 'namespaces' / '7').stat().st_ino == before
    assert tree(root)[f'{SUBSYSTEM}/namespaces/7/revalidate_size'] == '1'


def test_a_namespace_is_given_to_another_volume(root, targets):
    targets.apply(PORTALS, {1: export({7: lun()})})
    other = lun('/data/working/8.img', serial=SERIAL[::-1])
    targets.apply(PORTALS, {1: export({7: other})})
    found = tree(root)
    assert found[f'{SUBSYSTEM}/namespaces/7/device_nguid'] == other.nguid
    targets.apply(PORTALS, {1: export({7: other, 8: lun()})})
    assert tree(root)[f'{SUBSYSTEM}/namespaces/8/enable'] == '1'
    targets.apply(PORTALS, {1: export({})})
    assert not os.listdir(root / SUBSYSTEM / 'namespaces')


def test_another_file_is_another_namespace(root, targets):
    targets.apply(PORTALS, {1: export({7: lun()})})
    before = (root / SUBSYSTEM / 'namespaces' / '7').stat().st_ctime_ns
    targets.apply(PORTALS, {1: export({7: lun('/data/working/9.img')})})
    place = root / SUBSYSTEM / 'namespaces' / '7'
    assert place.stat().st_ctime_ns != before
    assert (place / 'device_path').read_text() == (
        '/dev/loop-of/data/working/9.img')


def test_hosts_with_the_same_lun_for_two_volumes(root, targets, caplog):
    other = lun('/data/working/8.img', serial=SERIAL[::-1])
    wanted = {1: export({7: lun()}), 2: export({7: other}, OTHER_HOST)}
    targets.apply(PORTALS, wanted)
    targets.apply(PORTALS, wanted)
    found = tree(root)
    assert {found[f'{SUBSYSTEM}/namespaces/{number}/device_nguid']
            for number in (1, 7)} == {lun().nguid, other.nguid}
    [told] = caplog.messages
    assert 'the volumes of all' in told


def test_what_is_read_only_is_not_served(root, targets):
    targets.apply(PORTALS, {1: export({7: lun(is_read_only=True)})})
    assert not os.listdir(root / SUBSYSTEM / 'namespaces')


def test_a_portal_goes_and_comes_back(root, targets):
    targets.apply(PORTALS, {1: export({7: lun()})})
    one = dict(list(PORTALS.items())[1:])
    targets.apply(one, {1: export({7: lun()})})
    assert os.listdir(root / 'ports') == ['2']
    targets.apply(PORTALS, {1: export({7: lun()})})
    assert tree(root)[f'ports/1/subsystems/{NQN}'] == SUBSYSTEM


def test_a_host_goes_unless_another_array_has_it(root, targets):
    targets.apply(PORTALS, {1: export({7: lun()})})
    other = nvmet.Targets(str(root))
    other.apply({'10.0.1.1:4420': f'{NQN}0'},
                {1: export({1: lun()}), 2: export({}, OTHER_HOST)})
    targets.apply(PORTALS, {})
    assert f'{SUBSYSTEM}/allowed_hosts/{HOST}' not in tree(root)
    assert sorted(os.listdir(root / 'hosts')) == [HOST, OTHER_HOST]
    other.close()
    assert not os.listdir(root / 'hosts')
    targets.close()
    assert set(tree(root)) == {'hosts', *GROUPS}


def test_what_a_killed_simulator_left_goes(root, targets):
    targets.apply(PORTALS, {1: export({7: lun()})})
    again = nvmet.Targets(str(root))
    again.apply(PORTALS, {1: export({8: lun()})})
    assert os.listdir(root / SUBSYSTEM / 'namespaces') == ['8']
    assert sorted(os.listdir(root / 'ports')) == ['1', '2']
    again.close()
    assert set(tree(root)) == {'hosts', *GROUPS}


def test_without_nvmet_it_says_what_is_missing(tmp_path):
    with pytest.raises(ValueError, match='nvmet-tcp'):
        nvmet.Targets(str(tmp_path / 'none'))
    assert plane.BACKENDS['nvmet'] is nvmet.Targets
