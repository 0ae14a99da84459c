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
"""The driver is what Cinder expects of one."""

import inspect
import subprocess
import sys

from cinder import interface
from cinder.interface import util
from cinder.interface import volume_driver
from cinder.volume import driver as base_driver
import pytest

from pure_cinder import driver
from pure_cinder import options
from pure_cinder import opts

CORE = dict(inspect.getmembers(volume_driver.VolumeDriverCore,
                               inspect.isfunction))


def definer(name):
    """The class that a driver method comes from."""
    return next((cls for cls in driver.PureISCSIDriver.__mro__
                 if name in vars(cls)), None)


OWN = [name for name in CORE
       if definer(name) and definer(name).__module__ == driver.__name__]


@pytest.mark.parametrize('name', CORE)
def test_core_method_is_there(name):
    assert definer(name) is not None


@pytest.mark.parametrize('name', OWN)
def test_own_method_can_be_called_as_the_interface_says(name):
    wanted = [parameter for parameter in
              inspect.signature(CORE[name]).parameters.values()
              if parameter.default is parameter.empty
              and parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    method = inspect.signature(getattr(driver.PureISCSIDriver, name))

    positional = [parameter.name for parameter in method.parameters.values()
                  if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert positional == [parameter.name for parameter in wanted]


@pytest.mark.parametrize('name', [
    'create_group', 'create_group_from_src', 'create_group_snapshot',
    'delete_group', 'delete_group_snapshot', 'disable_replication',
    'enable_replication', 'failover_replication', 'update_group'])
def test_group_method_is_ours_and_takes_what_cinder_gives(name):
    def parameters(cls):
        return [(parameter.name, parameter.default) for parameter in
                inspect.signature(getattr(cls, name)).parameters.values()]

    assert definer(name).__module__ == driver.__name__
    assert parameters(driver.PureISCSIDriver) == parameters(
        base_driver.BaseVD)


def test_interface_has_methods_to_check():
    assert len(CORE) > 15
    assert len(OWN) > 10


def test_driver_is_registered():
    assert driver.PureISCSIDriver in interface._volume_register
    info = util.DriverInfo(driver.PureISCSIDriver)
    assert info.version == driver.PureISCSIDriver.VERSION
    assert info.ci_wiki_name == 'Pure_Storage_CI'


def test_driver_options_are_listed_once():
    names = [option.name for option in
             driver.PureISCSIDriver.get_driver_options()]
    assert len(names) == len(set(names))
    assert set(names) >= {option.name for option in options.PURE_OPTS}
    assert set(names) >= set(options.COMMON_OPTION_NAMES)


def test_options_for_the_generator():
    assert opts.list_opts() == [('backend_defaults', options.PURE_OPTS)]


def test_secret_options_are_marked():
    [token] = [option for option in options.PURE_OPTS
               if option.name == 'pure_api_token']
    assert token.secret


# Name, type and default of each option of the in-tree driver.
IN_TREE_OPTIONS = {
    'pure_api_token': ('StrOpt', None),
    'pure_automatic_max_oversubscription_ratio': ('BoolOpt', True),
    'pure_eradicate_on_delete': ('BoolOpt', False),
    'pure_ghost_pod_name': ('StrOpt', 'cinder-ghost-pod'),
    'pure_host_personality': ('StrOpt', None),
    'pure_iscsi_cidr': ('StrOpt', '0.0.0.0/0'),
    'pure_iscsi_cidr_list': ('ListOpt', None),
    'pure_nvme_cidr': ('StrOpt', '0.0.0.0/0'),
    'pure_nvme_cidr_list': ('ListOpt', None),
    'pure_nvme_transport': ('StrOpt', 'roce'),
    'pure_replica_interval_default': ('IntOpt', 3600),
    'pure_replica_retention_long_term_default': ('IntOpt', 7),
    'pure_replica_retention_long_term_per_day_default': ('IntOpt', 3),
    'pure_replica_retention_short_term_default': ('IntOpt', 14400),
    'pure_replication_pg_name': ('StrOpt', 'cinder-group'),
    'pure_replication_pod_name': ('StrOpt', 'cinder-pod'),
    'pure_safemode_enabled': ('BoolOpt', False),
    'pure_trisync_enabled': ('BoolOpt', False),
    'pure_trisync_pg_name': ('StrOpt', 'cinder-trisync'),
}


def test_options_are_those_of_the_in_tree_driver():
    assert {option.name: (type(option).__name__, option.default)
            for option in options.PURE_OPTS} == IN_TREE_OPTIONS


def test_in_tree_driver_can_live_in_the_same_process():
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c',
         'from cinder import objects; objects.register_all()\n'
         'from cinder.volume import configuration\n'
         'from cinder.volume.drivers import pure\n'
         'from pure_cinder import driver\n'
         'driver.PureISCSIDriver(configuration=configuration.Configuration('
         'pure.PURE_OPTS, config_group="pure"))\n'
         'print("both")'], capture_output=True, text=True)
    assert done.stdout == 'both\n', done.stderr
