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
"""The configuration that `make stack` writes; nothing is started."""

import configparser

from oslo_config import cfg
import pytest

from tests import ready_file
from tools.stack import layout as layouts
from tools.stack import services
from tools.stack.settings import cinder
from tools.stack.settings import common
from tools.stack import stack as stacks

SIMULATOR = ready_file.content(3)


@pytest.fixture
def layout(tmp_path):
    made = layouts.Layout(tmp_path / 'stack')
    made.make()
    return made


@pytest.fixture
def files(layout):
    """``{path below etc: configparser.ConfigParser}``"""
    written = {}
    for path, sections in stacks.configuration(layout, SIMULATOR).items():
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(common.text(sections))
        written[str(path.relative_to(layout.etc))] = parser
    return written


def test_five_backends_on_three_arrays(files):
    config = files['cinder/cinder.conf']
    names = config['DEFAULT']['enabled_backends'].split(',')
    assert names == ['pure-1', 'pure-2', 'pure-3', 'pure-fc', 'pure-nvme']
    assert {config[name]['san_ip'] for name in names} == {
        array['address'] for array in SIMULATOR['arrays']}
    assert [config[name]['volume_driver'].rpartition('.')[2]
            for name in names] == [
        'PureISCSIDriver', 'PureISCSIDriver', 'PureISCSIDriver',
        'PureFCDriver', 'PureNVMEDriver']
    assert config['pure-1']['use_chap_auth'] == 'true'
    assert 'type:async' in config['pure-1']['replication_device']
    assert config['pure-2']['image_volume_cache_enabled'] == 'true'
    assert 'type:sync' in config['pure-3']['replication_device']
    assert config['pure-nvme']['pure_nvme_transport'] == 'tcp'


def test_certificates_are_verified(files):
    config = files['cinder/cinder.conf']
    for backend in cinder.BACKENDS:
        assert config[backend.name]['driver_ssl_cert_verify'] == 'true'
        assert config[backend.name]['driver_ssl_cert_path'] == \
            SIMULATOR['certificate']
        replication = config[backend.name].get('replication_device', '')
        assert not replication or 'ssl_cert_verify:true' in replication


def test_all_listens_on_this_machine_alone(files):
    for config in files.values():
        for section in config.sections():
            for option, value in config[section].items():
                if '://' in value and 'file://' not in value:
                    assert layouts.ADDRESS in value, (section, option)


def test_compute_knows_no_database(files):
    told = files['nova-compute/nova.conf']
    assert not {'database', 'api_database'} & set(told.sections())
    assert 'database' in files['nova/nova.conf']


def test_secrets_are_their_owner_s(layout):
    path = layout.config('keystone')
    layouts.write_private(path, 'secret')
    assert path.stat().st_mode & 0o077 == 0
    assert layout.passwords == layouts.Layout(layout.directory).passwords
    [kept] = layout.directory.glob('passwords.json')
    assert kept.stat().st_mode & 0o077 == 0


def test_no_secret_is_on_a_command_line(layout):
    commands = [command for many in services.schemas(layout).values()
                for command, _variables in many]
    programs = [*services.workers(layout), *stacks.programs(layout),
                *(services.api(layout, name) for name in services.APIS)]
    for words in (*commands, *(program.command for program in programs)):
        assert not [secret for secret in layout.passwords.values()
                    for word in words if secret in word]
    assert not [secret for secret in layout.passwords.values()
                for program in programs if secret in repr(program)]


def test_oslo_reads_a_file(files, layout):
    path = layout.config('cinder')
    with open(path, 'w') as written:
        files['cinder/cinder.conf'].write(written)
    conf = cfg.ConfigOpts()
    conf.register_opt(cfg.ListOpt('enabled_backends'))
    conf.register_opt(cfg.MultiStrOpt('replication_device'), group='pure-1')
    conf(['--config-file', str(path)])
    assert len(conf.enabled_backends) == 5
    [device] = conf['pure-1'].replication_device
    assert device.startswith('backend_id:pure02,')
