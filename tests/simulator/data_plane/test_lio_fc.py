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
"""Fibre Channel targets of the kernel, against directories.

What differs from iSCSI; what a kernel makes of it, tools.datapath.guest tells.
"""

import os
import shutil

import pytest

from flasharray_sim.data_plane import configfs
from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import lio_fc
from flasharray_sim.data_plane import plane
from tests.simulator.data_plane import configfs_directory
from tests.simulator.data_plane.configfs_directory import tree

WWNS = ['2000524a937a0000', '2000524a937a0001']
PORTALS = dict(zip(WWNS, WWNS))
INITIATOR = '2000524a93000010'
ACL = '20:00:52:4a:93:00:00:10'
GROUP = 'target/fc/20:00:52:4a:93:7a:00:00/tpgt_1'
SERIAL = '0123456789ABCDEF00011010'


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A configfs, and two ports of this machine as sysfs has them."""
    (tmp_path / 'target' / 'core').mkdir(parents=True)
    (tmp_path / 'fc_host').mkdir()
    for number, wwn in enumerate(WWNS):
        host = tmp_path / f'ctlr_{number}' / 'host' / 'fc_host' / 'host'
        host.mkdir(parents=True)
        (host / 'port_name').write_text(f'0x{wwn}\n')
        (tmp_path / 'fc_host' / f'host{number}').symlink_to(host)
    remove = os.rmdir
    monkeypatch.setattr(configfs, 'write', configfs_directory.write)
    monkeypatch.setattr(lio_fc.os, 'rmdir', lambda path, **options: (
        remove(path, **options) if options else shutil.rmtree(path)))
    return tmp_path


@pytest.fixture
def targets(root):
    return lio_fc.Targets(str(root / 'target'), str(root / 'fc_host'))


def export(luns):
    return {1: exports.Export(frozenset([INITIATOR]), luns)}


def lun(**changes):
    return exports.Lun(**{'path': '/data/working/7.img', 'serial': SERIAL,
                          'size_bytes': 1 << 30} | changes)


def links(root):
    return [(root / f'ctlr_{number}' / 'enabled').read_text()
            for number in range(2)]


def test_a_lun_of_a_host(root, targets):
    targets.apply(PORTALS, export({300: lun()}))
    found = tree(root)
    device = f'target/core/fileio_0/{WWNS[0]}-{SERIAL}'
    assert found[f'{GROUP}/lun/lun_0/device'] == device
    # 300 in the flat form, 0x4000 | 300.
    assert found[f'{GROUP}/acls/{ACL}/lun_16684/lun'] == f'{GROUP}/lun/lun_0'
    assert not [key for key in found if 'auth' in key or '/np' in key]
    assert links(root) == ['1', '1']


def test_a_port_is_linked_when_its_hosts_are_known(root, targets,
                                                   monkeypatch):
    written, write = [], configfs.write

    def note(directory, name, value):
        written.append((name, value))
        write(directory, name, value)
    monkeypatch.setattr(configfs, 'write', note)
    targets.apply(PORTALS, {})
    assert not written
    targets.apply(PORTALS, export({}))
    assert written == [('enabled', '1')] * 2
    targets.apply(PORTALS, {})
    assert links(root) == ['0', '0']
    assert not list((root / 'target' / 'fc').iterdir())


def test_a_port_that_goes_is_not_linked(root, targets):
    targets.apply(PORTALS, export({1: lun()}))
    targets.apply({WWNS[1]: WWNS[1]}, export({1: lun()}))
    assert links(root) == ['0', '1']
    targets.apply(PORTALS, export({1: lun()}))
    assert links(root) == ['1', '1']
    targets.close()
    assert links(root) == ['0', '0']
    assert not list((root / 'target' / 'fc').iterdir())
    assert not list((root / 'target' / 'core').iterdir())


def test_what_a_killed_simulator_left_goes(root, targets):
    targets.apply(PORTALS, export({1: lun()}))
    again = lio_fc.Targets(str(root / 'target'), str(root / 'fc_host'))
    again.apply(PORTALS, export({2: lun()}))
    found = tree(root)
    assert f'{GROUP}/acls/{ACL}/lun_2/lun' in found
    assert f'{GROUP}/acls/{ACL}/lun_1' not in found


def test_a_port_that_the_machine_has_not(root, targets):
    other = '2000524a937a00ff'
    with pytest.raises(OSError, match=other):
        targets.apply({other: other}, export({}))


def test_without_lio_it_says_what_is_missing(tmp_path):
    with pytest.raises(ValueError, match='tcm_fc'):
        lio_fc.Targets(str(tmp_path / 'none'))
    assert plane.BACKENDS['tcm_fc'] is lio_fc.Targets
