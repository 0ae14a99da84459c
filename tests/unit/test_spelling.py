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
"""An option that there is not is told, with the nearest one that there is."""

from oslo_config import cfg
import pytest

from pure_cinder import config
from pure_cinder import exceptions
from pure_cinder import options
from tests import world


@pytest.fixture
def doubts(conf, tmp_path):
    """What is told of lines in ``[pure]``: ``doubts(line, ...)``."""
    def read(*lines, other_sections='', name='pure'):
        path = tmp_path / 'cinder.conf'
        path.write_text('[%s]\nsan_ip = 192.0.2.1\npure_api_token = a-token\n'
                        '%s\n%s' % (name, '\n'.join(lines), other_sections))
        cfg.CONF([], project='cinder', default_config_files=[str(path)])
        backend = world.backend_configuration(conf, 'pure')
        return list(map(str, config.read(backend, 'PureISCSIDriver').doubts))
    return read


def test_every_option_that_there_is_raises_no_doubt(doubts):
    assert not doubts(
        'volume_driver = pure_cinder.driver.PureISCSIDriver',
        'volume_backend_name = gold', 'image_volume_cache_enabled = true',
        *('%s = %s' % (option.name, option.default)
          for option in options.PURE_OPTS if option.default is not None))


@pytest.mark.parametrize('name, nearest', [
    ('pure_iscsi_cdir', 'pure_iscsi_cidr'),
    ('pure_iscsi_cidr_lists', 'pure_iscsi_cidr_list'),
    ('Pure_Eradicate_On_Delete', 'pure_eradicate_on_delete'),
    ('pure-nvme-transport', 'pure_nvme_transport'),
    ('pure_replication_interval', 'pure_replica_interval_default'),
    ('use_chap_auht', 'use_chap_auth'),
    ('replication_devices', 'replication_device'),
    ('driver_ssl_cert_verfy', 'driver_ssl_cert_verify')])
def test_misspelt_option(doubts, name, nearest):
    [doubt] = doubts(name + ' = a-value')
    assert name in doubt and '[pure]' in doubt
    assert doubt.endswith('The nearest name is %s.' % nearest)
    assert 'a-value' not in doubt


def test_misspelt_option_is_told_with_what_is_missing_for_it(doubts):
    with pytest.raises(exceptions.PureConfigurationError) as caught:
        doubts('pure_iscsi_cidr = office',
               'pure_iscsi_cidr_lst = 192.0.2.0/24')
    assert [text in problem for text, problem in zip(
        ('office', 'pure_iscsi_cidr_list'),
        map(str, caught.value.problems),
        strict=True)] == [True, True]


def test_option_of_ours_that_resembles_nothing(doubts):
    [doubt] = doubts('pure_x = 1')
    assert doubt.endswith('Remove it.')


def test_option_of_somebody_else_is_none_of_ours(doubts):
    assert not doubts('netapp_login = me', 'purity = 6', 'my_own_note = 1')


def test_option_for_all_backends_counts(doubts):
    [doubt] = doubts(
        other_sections='[backend_defaults]\npure_iscsi_cdir = 192.0.2.0/24\n')
    assert '[backend_defaults]' in doubt


def test_other_backends_do_not_count(doubts):
    assert not doubts(other_sections='[lvm]\npure_iscsi_cdir = 1\n')


def test_section_of_a_cinder_without_backends(conf, tmp_path):
    path = tmp_path / 'cinder.conf'
    path.write_text('[DEFAULT]\nsan_ip = 192.0.2.1\npure_api_token = a-token\n'
                    'pure_iscsi_cdir = 192.0.2.0/24\ndebug = false\n')
    cfg.CONF([], project='cinder', default_config_files=[str(path)])
    read = config.read(world.backend_configuration(conf, None),
                       'PureISCSIDriver')
    assert read.section == 'DEFAULT'
    [doubt] = map(str, read.doubts)
    assert 'pure_iscsi_cdir' in doubt and '[DEFAULT]' in doubt


def test_section_is_found_however_it_is_spelled(doubts):
    assert doubts('pure_iscsi_cdir = 192.0.2.0/24', name='Pure')


def test_files_of_a_directory_count(conf, tmp_path):
    (tmp_path / 'cinder.conf').write_text(
        '[pure]\nsan_ip = 192.0.2.1\npure_api_token = a-token\n')
    (tmp_path / 'conf.d').mkdir()
    (tmp_path / 'conf.d' / 'more.conf').write_text(
        '[pure]\npure_iscsi_cdir = 192.0.2.0/24\n')
    cfg.CONF(['--config-file', str(tmp_path / 'cinder.conf'),
              '--config-dir', str(tmp_path / 'conf.d')], project='cinder')
    [doubt] = config.read(world.backend_configuration(conf, 'pure'),
                          'PureISCSIDriver').doubts
    assert doubt.subject == 'pure_iscsi_cdir'


@pytest.mark.parametrize('spoil', [
    lambda path: path.unlink(),
    lambda path: path.write_text('[pure]\n   half a line\n')])
def test_file_that_has_changed_since_does_not_stop_the_start(
        conf, tmp_path, spoil):
    path = tmp_path / 'cinder.conf'
    path.write_text('[pure]\nsan_ip = 192.0.2.1\npure_api_token = a-token\n')
    cfg.CONF([], project='cinder', default_config_files=[str(path)])
    backend = world.backend_configuration(conf, 'pure')
    spoil(path)
    [doubt] = config.read(backend, 'PureISCSIDriver').doubts
    assert str(path) in str(doubt)
