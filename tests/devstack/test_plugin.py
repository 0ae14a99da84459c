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
"""The DevStack plugin does what its README tells, as stack.sh would run it.

``devstack`` here is that in miniature: helpers of DevStack are stubs, all else
is real. The cinder.conf that the plugin writes starts the driver, on the
simulator that the plugin started.
"""

import dataclasses
import json
import os
import pathlib
import re
import socket
import subprocess
import sys

import purestorage
import pytest

import flasharray_sim
from tests import deployment
from tests import documents
from tests import operator_commands
from tests import world as world_module

ROOT = pathlib.Path(__file__).parents[2]
PLUGIN = ROOT / 'devstack'
PAGES = [PLUGIN / 'README.rst',
         ROOT / 'docs' / 'operators' / 'deployment-tools.rst',
         ROOT / 'docs' / 'developers' / 'third-party-ci.rst']
LOCALRC = [block.text.removeprefix('[[local|localrc]]') for page in PAGES
           for block in documents.blocks(page.read_text())
           if block.text.startswith('[[local|localrc]]')]
VARIABLE = re.compile(r'^   \* - ``(PURE_\w+)``$', re.MULTILINE)


def localrc(text):
    """:returns: dict of what bash makes of it, beside ``enable_plugin``"""
    done = subprocess.run(
        ['bash', '-ec', 'enable_plugin() { [[ $# == 2 ]]; }\nset -a\n' + text
         + '\nenv -0'], env={'PATH': os.environ['PATH']}, text=True,
        capture_output=True, check=True, timeout=60)
    found = dict(line.split('=', 1) for line in done.stdout.split('\0')[:-1])
    return {name: value for name, value in found.items()
            if name.startswith(('PURE_', 'CINDER_'))}


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as taken:
        return taken.getsockname()[1]


@dataclasses.dataclass
class DevStack:
    """A host of DevStack's.

    :ivar directory: of what it makes
    """

    directory: pathlib.Path

    @property
    def conf_path(self):
        return self.directory / 'cinder.conf'

    @property
    def ready_path(self):
        return self.directory / 'pure-sim' / 'ready.json'

    def run(self, command, **variables):
        """:returns: subprocess.CompletedProcess"""
        where = str(self.directory)
        return subprocess.run(
            [ROOT / 'tests' / 'devstack' / 'devstack', command], text=True,
            capture_output=True, timeout=100, env={
                **os.environ, 'BIN': os.path.dirname(sys.executable),
                'PYTHONPATH': '%s:%s' % (ROOT, ROOT / 'simulator'),
                'DEST': where, 'DATA_DIR': where, 'PURE_DIR': str(ROOT),
                'NOTES': str(self.directory / 'notes'), 'USER': 'stack',
                'CINDER_CONF': str(self.conf_path),
                'PURE_SIM_PORT': str(free_port()),
                'PURE_SIM_CONTROL_PORT': str(free_port()),
                'PURE_SIM_DATA_PLANE': 'none',
                **variables})

    def stack(self, **variables):
        done = self.run('stack', **variables)
        assert done.returncode == 0, done.stderr
        return done

    def notes(self, about):
        """:returns: list of what was asked of a helper"""
        return [line.removeprefix(about + ' ') for line
                in (self.directory / 'notes').read_text().splitlines()
                if line.startswith(about + ' ')]

    def told(self):
        """:returns: what the simulator says of itself"""
        return json.loads(self.ready_path.read_text())


@pytest.fixture
def devstack(tmp_path, database, coordinator):
    host = DevStack(tmp_path)
    # What pure-cinder-check asks, in a process of its own.
    host.conf_path.write_text(
        '[database]\nconnection = sqlite:///%s\n[oslo_concurrency]\n'
        'lock_path = %s\n' % (tmp_path / 'cinder.sqlite', tmp_path))
    (tmp_path / 'notes').touch()
    yield host
    if (tmp_path / 'pure-sim.pid').exists():
        assert host.run('unstack', PURE_ARRAY='simulator').returncode == 0


@pytest.fixture
def array():
    """One that is no simulator of the plugin's."""
    with operator_commands.open_ports(4) as portals, flasharray_sim.Simulator(
            arrays=[{'name': name, 'iscsi_portals': portals,
                     'nvme_portals': portals}
                    for name in ('alpha', 'beta')], strict=True) as running:
        yield running


def serve(devstack):
    """Start all backends; each makes and attaches a volume.

    :returns: dict of section to the driver's world
    """
    worlds = deployment.start(devstack.directory,
                              devstack.conf_path.read_text())
    for world in worlds.values():
        world.attach(world.create(), world_module.connector())
    return worlds


def test_one_line_gives_a_backend_on_the_simulator(devstack):
    done = devstack.stack(PURE_ARRAY='simulator')
    [world] = serve(devstack).values()
    section = world.driver.configuration
    [array] = devstack.told()['arrays']
    assert section.san_ip == array['address']
    assert section.volume_backend_name == 'pure-1'
    assert section.driver_ssl_cert_verify
    assert array['api_token'] not in done.stdout + done.stderr
    assert devstack.notes('openstack') == []


def test_packages_are_installed_but_no_other_cinder(devstack):
    """DevStack's may be newer than any that is released."""
    devstack.stack(PURE_ARRAY='simulator')
    [simulator, requirements, driver] = devstack.notes('pip_install')
    assert simulator == str(ROOT / 'simulator')
    assert requirements.startswith('-r ')
    assert driver == '--no-deps %s' % ROOT
    names = {line.partition('>')[0] for line in devstack.notes('requirement')}
    assert {'purestorage', 'os-brick'} < names
    assert 'cinder' not in names


def test_simulator_goes_on_after_unstack_and_not_after_clean(devstack):
    address = ['PURE_SIM_PORT', str(free_port())]
    local_conf = dict([address], PURE_ARRAY='simulator')
    devstack.stack(**local_conf)
    serve(devstack)
    assert devstack.run('unstack', **local_conf).returncode == 0
    assert not devstack.ready_path.exists()
    devstack.stack(**local_conf)
    told = devstack.told()
    [array] = told['arrays']
    client = purestorage.FlashArray(
        array['address'], api_token=array['api_token'],
        request_kwargs={'verify': told['certificate']})
    assert len(client.list_volumes()) == 1
    for command in ('unstack', 'clean'):
        assert devstack.run(command, **local_conf).returncode == 0
    assert not devstack.ready_path.parent.exists()


def test_data_plane_takes_root_and_a_package(devstack):
    """The simulator is not waited for; tests/datapath reads real bytes."""
    done = devstack.run('stack', PURE_ARRAY='simulator', PURE_SIM_TIMEOUT='0',
                        PURE_SIM_DATA_PLANE='tgt')
    assert 'the simulator did not start' in done.stderr
    assert devstack.notes('install_package') == ['tgt']
    assert devstack.notes('run_process') == ['pure-sim root root']


def test_each_backend_has_a_simulated_array_of_its_own(devstack):
    devstack.stack(PURE_ARRAY='simulator', CINDER_ENABLED_BACKENDS=(
        'lvm:lvmdriver-1,pure:pure-1,pure:pure-2'))
    text = devstack.conf_path.read_text()
    assert '[DEFAULT]\nenabled_backends = lvmdriver-1,pure-1,pure-2\n' in text
    devstack.conf_path.write_text(text.replace('lvmdriver-1,', ''))
    worlds = serve(devstack)
    assert [world.driver.configuration.san_ip for world in worlds.values()
            ] == [array['address'] for array in devstack.told()['arrays']]


@pytest.mark.parametrize('text', LOCALRC, ids=range(len(LOCALRC)))
def test_local_conf_of_the_documentation_serves(devstack, array, text):
    for place, letter in zip(array.arrays, 'abc'):
        text = text.replace('array-%s.example.com' % letter, place.address)
        text = text.replace('TOKEN-%s' % letter.upper(), place.api_token)
    variables = {'PURE_ARRAY': '%s,%s' % (
        array.arrays[0].address, array.arrays[0].api_token), **localrc(text)}
    done = devstack.stack(**variables)
    worlds = serve(devstack)
    assert '+ configure_cinder_backend_pure pure-1' in done.stderr
    for place in array.arrays:
        assert place.api_token not in done.stdout + done.stderr
    if variables['PURE_ARRAY'] == 'simulator':
        places = devstack.told()['arrays']
    else:
        places = [{'address': place.address} for place in array.arrays
                  if place.address in variables['PURE_ARRAY']]
        assert devstack.notes('run_process') == []
    assert [world.driver.configuration.san_ip for world in worlds.values()
            ] == [places[number % len(places)]['address']
                  for number in range(len(worlds))]


def test_type_of_the_backend_tells_the_protocol(devstack, array):
    place = array.arrays[0]
    devstack.stack(
        PURE_ARRAY='%s,%s' % (place.address, place.api_token),
        PURE_CA_FILE=str(array.certificate_path),
        PURE_TYPE_PROPERTIES='replication_enabled=<is> True;a=b',
        CINDER_ENABLED_BACKENDS='pure:i,pure_fc:f,pure_nvme:n')
    worlds = serve(devstack)
    assert {name: type(world.driver).__name__
            for name, world in worlds.items()} == {
        'i': 'PureISCSIDriver', 'f': 'PureFCDriver', 'n': 'PureNVMEDriver'}
    assert worlds['i'].driver.configuration.driver_ssl_cert_verify
    assert devstack.notes('openstack') == [
        '--os-region-name=RegionOne volume type set --property '
        'replication_enabled=<is> True --property a=b ' + name
        for name in 'ifn']


def test_a_backend_that_cannot_serve_ends_it(devstack, array):
    place = array.arrays[0]
    done = devstack.run('stack', PURE_ARRAY=place.address + ',no-token')
    assert done.returncode == 1
    assert 'a backend cannot serve' in done.stderr
    assert 'pure-1' in done.stdout


@pytest.mark.parametrize('value,told', [
    ('', 'PURE_ARRAY=simulator'), ('192.0.2.1', 'not ADDRESS,TOKEN'),
    ('192.0.2.1,TOKEN simulator', 'not ADDRESS,TOKEN')])
def test_what_is_no_array_ends_it_before_anything(devstack, value, told):
    done = devstack.run('stack', PURE_ARRAY=value)
    assert done.returncode == 1
    assert told in done.stderr
    assert devstack.notes('pip_install') == []


def test_where_cinder_volume_does_not_run_nothing_is_done(devstack):
    devstack.stack(PURE_ARRAY='simulator', ENABLED_SERVICES='n-cpu',
                   CINDER_ENABLED_BACKENDS='lvm:lvmdriver-1')
    assert devstack.notes('pip_install') == []
    assert devstack.notes('run_process') == []


def test_readme_tells_every_variable():
    told = set(VARIABLE.findall((PLUGIN / 'README.rst').read_text()))
    assert told == set(re.findall(r'^(PURE_\w+)=',
                                  (PLUGIN / 'settings').read_text(), re.M))
