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
"""What os-brick needs on the node."""

import pytest

from pure_cinder.check import node
from pure_cinder.check import subject
from pure_cinder import driver
from tests import world as world_module

DRIVERS = {'iqn': driver.PureISCSIDriver, 'wwn': driver.PureFCDriver,
           'nqn': driver.PureNVMEDriver}
PROGRAMS = {'iqn': ('iscsiadm', 'multipath'), 'wwn': ('multipath',),
            'nqn': ('nvme',)}
FILES = {'iqn': ('etc/iscsi/initiatorname.iscsi', 'run/multipathd.pid'),
         'wwn': ('sys/class/fc_host', 'run/multipathd.pid'),
         'nqn': ('etc/nvme/hostnqn',
                 'sys/module/nvme_core/parameters/multipath')}


@pytest.fixture
def examine(backend, database, coordinator, tmp_path, monkeypatch):
    """What is told of a node: ``examine(kind, programs, files)``."""
    monkeypatch.setattr(node, 'SYSTEM_PATH', '')

    def make(kind, programs, files, content='Y\n'):
        (tmp_path / 'bin').mkdir()
        for program in programs:
            (tmp_path / 'bin' / program).touch(0o755)
        for name in files:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        monkeypatch.setenv('PATH', str(tmp_path / 'bin'))
        world = world_module.World(backend(), DRIVERS[kind])
        world.driver.do_setup(None)
        return list(node.check_node(subject.Subject(
            world.driver.backend, world.driver.configuration), tmp_path))
    return make


@pytest.mark.parametrize('kind', DRIVERS)
def test_node_that_has_all(examine, kind):
    assert examine(kind, PROGRAMS[kind], FILES[kind]) == []


@pytest.mark.parametrize('kind, program', [
    (kind, program) for kind in PROGRAMS for program in PROGRAMS[kind]])
def test_missing_program(examine, kind, program):
    [(severity, problem)] = examine(
        kind, [name for name in PROGRAMS[kind] if name != program],
        FILES[kind])
    assert problem.subject == program and problem.remedy.startswith('Install')


@pytest.mark.parametrize('kind', DRIVERS)
def test_node_without_initiator(examine, kind):
    [(severity, problem)] = examine(kind, PROGRAMS[kind], FILES[kind][1:])
    assert problem.subject == '/' + FILES[kind][0] and problem.remedy


@pytest.mark.parametrize('kind', ['iqn', 'wwn'])
def test_multipathd_that_does_not_run(examine, kind):
    [(severity, problem)] = examine(kind, PROGRAMS[kind], FILES[kind][:1])
    assert problem.subject == 'multipathd'


def test_kernel_without_multipathing_of_nvme(examine):
    [(severity, problem)] = examine('nqn', PROGRAMS['nqn'], FILES['nqn'],
                                    content='N\n')
    assert 'nvme_core.multipath' in problem.remedy


def test_images_over_one_path(checks):
    assert 'use_multipath_for_image_xfer' in [
        finding['subject'] for finding in checks.findings(
            'node', use_multipath_for_image_xfer='false')]


def test_no_place_for_locks(checks, conf):
    conf.set('oslo_concurrency', lock_path=None)
    assert 'lock_path' in [finding['subject'] for finding
                           in checks.findings('node')]
