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
"""Targets of the kernel's LIO, against a directory in place of configfs.

What a kernel makes of it, tools.datapath.guest tells.
"""

import os
import shutil

import pytest

from flasharray_sim.data_plane import configfs
from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import lio_iscsi
from flasharray_sim.data_plane import plane
from tests.simulator.data_plane import configfs_directory
from tests.simulator.data_plane.configfs_directory import tree

IQN = 'iqn.2010-06.com.purestorage:flasharray.0123456789abcdef'
HOST = 'iqn.1994-05.org.example:host1'
PORTALS = {'10.0.0.1:3260': IQN, '10.0.0.2:3260': IQN}
SERIAL = '0123456789ABCDEF00011010'


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A configfs that makes the directories of attributes, as the kernel."""
    (tmp_path / 'core').mkdir()

    remove = os.rmdir

    def rmdir(path, **options):
        if options:
            remove(path, **options)
            return
        for folder, names, _files in os.walk(path):
            for name in names:
                kept = os.path.join(folder, name)
                assert not os.path.islink(kept), f'{kept} is in use'
                assert not name.startswith(('lun_', 'tpgt_', 'iqn.')), kept
        shutil.rmtree(path)
    monkeypatch.setattr(configfs, 'write', configfs_directory.write)
    monkeypatch.setattr(lio_iscsi.os, 'rmdir', rmdir)
    return tmp_path


@pytest.fixture
def targets(root):
    return lio_iscsi.Targets(str(root))


def lun(path='/data/working/7.img', **changes):
    return exports.Lun(**{'path': path, 'size_bytes': 1 << 30,
                          'serial': SERIAL} | changes)


def export(luns, **options):
    return {1: exports.Export(frozenset([HOST]), luns, **options)}


def test_a_lun_of_a_host(root, targets):
    targets.apply(PORTALS, export({300: lun()}))
    found = tree(root)
    device = f'core/fileio_0/0123456789abcdef-{SERIAL}'
    assert found[f'{device}/control'] == (
        'fd_dev_name=/data/working/7.img,fd_dev_size=1073741824,'
        'fd_buffered_io=1')
    assert found[f'{device}/wwn/vpd_unit_serial'] == f'0{SERIAL.lower()}'
    assert found[f'{device}/wwn/vendor_id'] == 'PURE'
    assert found[f'{device}/enable'] == '1'
    groups = [key for key in found if os.path.basename(key).startswith(
        'tpgt_')]
    assert sorted(groups) == [f'iscsi/{IQN}/tpgt_1', f'iscsi/{IQN}/tpgt_2']
    for group, portal in zip(sorted(groups), PORTALS):
        assert f'{group}/np/{portal}' in found
        assert found[f'{group}/enable'] == '1'
        assert found[f'{group}/attrib/generate_node_acls'] == '0'
        assert found[f'{group}/lun/lun_0/device'] == device
        # 300 in the flat form, 0x4000 | 300.
        assert found[f'{group}/acls/{HOST}/lun_16684/lun'] == (
            f'{group}/lun/lun_0')
        assert found[f'{group}/acls/{HOST}/attrib/authentication'] == '0'


def test_chap_both_ways_and_none_again(root, targets):
    chap = exports.Chap('user', 'secret-01234')
    mutual = exports.Chap('array', 'secret-56789')
    place = f'iscsi/{IQN}/tpgt_1/acls/{HOST}'

    def said():
        found = tree(root)
        return [found[f'{place}/{name}'] for name in (
            'auth/userid', 'auth/password', 'auth/userid_mutual',
            'auth/password_mutual', 'attrib/authentication')]
    targets.apply(PORTALS, export({1: lun()}, chap=chap, mutual_chap=mutual))
    assert said() == ['user', 'secret-01234', 'array', 'secret-56789', '1']
    targets.apply(PORTALS, export({1: lun()}))
    assert said() == ['NULL', 'NULL', 'NULL', 'NULL', '0']


def test_what_stays_is_not_touched(root, targets):
    targets.apply(PORTALS, export({1: lun()}))
    place = root / 'iscsi' / IQN / 'tpgt_1' / 'acls' / HOST / 'lun_1'
    before = place.stat().st_ino
    other = lun('/data/working/8.img', serial=SERIAL[::-1])
    targets.apply(PORTALS, export({1: lun(size_bytes=2 << 30), 2: other}))
    assert place.stat().st_ino == before
    device = f'core/fileio_0/0123456789abcdef-{SERIAL}'
    assert tree(root)[f'{device}/control'] == 'fd_dev_size=2147483648'
    targets.apply(PORTALS, export({1: lun(size_bytes=2 << 30)}))
    assert place.stat().st_ino == before
    assert not [key for key in tree(root) if SERIAL[::-1] in key]


def test_no_host_is_let_in_before_it_has_its_luns(root, targets,
                                                  monkeypatch):
    written, write = [], configfs.write

    def note(directory, name, value):
        written.append((os.path.basename(directory), name, value))
        write(directory, name, value)
    monkeypatch.setattr(configfs, 'write', note)
    targets.apply(PORTALS, export({1: lun()}))
    assert written[-2:] == [('tpgt_1', 'enable', '1'),
                            ('tpgt_2', 'enable', '1')]


def test_another_file_is_another_device(root, targets):
    targets.apply(PORTALS, export({1: lun()}))
    targets.apply(PORTALS, export({1: lun('/data/working/9.img')}))
    device = f'core/fileio_0/0123456789abcdef-{SERIAL}'
    assert 'fd_dev_name=/data/working/9.img' in tree(root)[
        f'{device}/control']
    assert f'iscsi/{IQN}/tpgt_2/acls/{HOST}/lun_1/lun' in tree(root)


def test_read_only_is_write_protected(root, targets):
    place = f'iscsi/{IQN}/tpgt_1/acls/{HOST}/lun_1/write_protect'
    targets.apply(PORTALS, export({1: lun(is_read_only=True)}))
    assert tree(root)[place] == '1'
    targets.apply(PORTALS, export({1: lun()}))
    assert tree(root)[place] == '0'


def test_a_portal_goes_and_comes_back(root, targets):
    targets.apply(PORTALS, export({1: lun()}))
    one = dict(list(PORTALS.items())[1:])
    targets.apply(one, export({1: lun()}))
    assert f'iscsi/{IQN}/tpgt_1' not in tree(root)
    assert f'iscsi/{IQN}/tpgt_2/acls/{HOST}/lun_1/lun' in tree(root)
    targets.apply(PORTALS, export({1: lun()}))
    assert f'iscsi/{IQN}/tpgt_1/acls/{HOST}/lun_1/lun' in tree(root)


def test_closing_leaves_nothing(root, targets):
    targets.apply(PORTALS, export({1: lun()}))
    other = lio_iscsi.Targets(str(root))
    other.apply({'10.0.1.1:3260': f'{IQN}0'}, export({1: lun()}))
    targets.close()
    assert not [key for key in tree(root)
                if key.startswith((f'iscsi/{IQN}/', 'core/fileio_0'))]
    assert f'iscsi/{IQN}0/tpgt_1/np/10.0.1.1:3260' in tree(root)
    other.close()
    assert set(tree(root)) == {'core', 'iscsi'}


def test_what_a_killed_simulator_left_goes(root, targets):
    targets.apply(PORTALS, export({1: lun()}))
    again = lio_iscsi.Targets(str(root))
    again.apply(PORTALS, export({2: lun()}))
    found = tree(root)
    assert f'iscsi/{IQN}/tpgt_1/acls/{HOST}/lun_2/lun' in found
    assert f'iscsi/{IQN}/tpgt_1/acls/{HOST}/lun_1' not in found
    again.close()
    assert set(tree(root)) == {'core', 'iscsi'}


def test_without_lio_it_says_what_is_missing(tmp_path):
    with pytest.raises(ValueError, match='target_core_mod'):
        lio_iscsi.Targets(str(tmp_path / 'none'))
    assert plane.BACKENDS['lio'] is lio_iscsi.Targets
