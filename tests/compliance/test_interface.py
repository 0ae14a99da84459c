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

import ast
import inspect
import pathlib
import re
import subprocess
import sys

from cinder import interface
from cinder.interface import util
from cinder.interface import volume_driver
from cinder.interface import volume_group_driver
from cinder.interface import volume_manageable_driver
from cinder.interface import volume_snapshot_revert
from cinder.interface import volume_snapshotmanagement_driver
from cinder.volume import manager
import pytest

from pure_cinder import driver
from pure_cinder import options

DIFFERENCES = (pathlib.Path(__file__).parents[2] / 'docs'
               / 'operators' / 'differences.rst').read_text()
DRIVERS = [driver.PureISCSIDriver, driver.PureFCDriver,
           driver.PureNVMEDriver]
# Consistency groups are groups since Ocata, and asked for only of a driver
# that has no groups.
LEGACY = re.compile('consistencygroup|cgsnapshot')
INTERFACES = [
    volume_driver.VolumeDriverCore, volume_group_driver.VolumeGroupDriver,
    volume_manageable_driver.VolumeManagementDriver,
    volume_manageable_driver.VolumeListManageableDriver,
    volume_snapshot_revert.VolumeSnapshotRevertDriver,
    volume_snapshotmanagement_driver.VolumeSnapshotManagementDriver]
# Cinder passes it to no driver.
NEVER_PASSED = 'initiator_data'

PACKAGE = pathlib.Path(manager.__file__).parent
CALLERS = [PACKAGE / 'manager.py', PACKAGE / 'driver.py',
           *sorted((PACKAGE / 'flows' / 'manager').glob('*.py'))]


def is_ours(driver_class, name):
    return next(cls for cls in driver_class.__mro__
                if name in vars(cls)).__module__ == driver.__name__


def methods_of(cls):
    return [name for name, _method in inspect.getmembers(
        cls, inspect.isfunction) if not name.startswith('_')]


def parameters(cls, name):
    """Named parameters of a method with their defaults, in order.

    Cinder spells one of them in two ways, even for one method.
    """
    return [(parameter.name.replace('ctxt', 'context'), parameter.default)
            for parameter in
            inspect.signature(getattr(cls, name)).parameters.values()
            if parameter.name != NEVER_PASSED and parameter.kind not in (
                parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)]


@pytest.mark.parametrize('driver_class', DRIVERS)
@pytest.mark.parametrize('interface_class', INTERFACES)
def test_every_method_of_an_interface_is_there_as_it_is_written(
        driver_class, interface_class):
    names = methods_of(interface_class)
    assert names
    for name in names:
        if not isinstance(inspect.getattr_static(driver_class, name),
                          property):
            assert parameters(driver_class, name) == parameters(
                interface_class, name), name


@pytest.mark.parametrize('driver_class', DRIVERS)
def test_every_method_of_the_base_that_is_ours_is_called_as_there(
        driver_class):
    names = [name for name in methods_of(driver_class)
             if is_ours(driver_class, name)]
    assert len(names) > 45
    for name in names:
        bases = [cls for cls in (*driver_class.__mro__, *INTERFACES)
                 if name in vars(cls) and cls.__module__ != driver.__name__]
        assert bases, '%s is public, but nobody calls it' % name
        for base in bases:
            assert parameters(driver_class, name) == parameters(
                base, name), (name, base)


def calls():
    """Calls of a driver's methods in Cinder's volume service.

    :returns: dict of file, line and method to the number of arguments by
        position and the names of the others
    """
    found = {}
    for path in CALLERS:
        for node in ast.walk(ast.parse(path.read_text())):
            if (isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and ast.unparse(node.func.value) in ('self.driver',
                                                         'driver')
                    and not LEGACY.search(node.func.attr)
                    and not any(isinstance(argument, ast.Starred)
                                for argument in node.args)):
                found[path.name, node.lineno, node.func.attr] = (
                    len(node.args), [keyword.arg for keyword in node.keywords
                                     if keyword.arg])
    return found


CALLS = calls()


def test_cinder_makes_calls_to_check():
    assert len(CALLS) > 60
    assert {name for _path, _line, name in CALLS} > {
        'create_volume', 'retype', 'get_volume_stats', 'terminate_connection'}


@pytest.mark.parametrize('driver_class', DRIVERS)
@pytest.mark.parametrize('call', CALLS, ids=lambda call: '%s:%s %s' % call)
def test_what_cinder_calls_can_be_called_so(driver_class, call):
    positional, keywords = CALLS[call]
    method = getattr(driver_class, call[2])
    is_static = not inspect.ismethod(method) and not isinstance(
        inspect.getattr_static(driver_class, call[2]), staticmethod)
    inspect.signature(method).bind(
        *[None] * (positional + is_static), **dict.fromkeys(keywords))


@pytest.mark.parametrize('driver_class', DRIVERS)
def test_driver_is_registered(driver_class):
    assert driver_class in interface._volume_register
    info = util.DriverInfo(driver_class)
    assert info.version == driver_class.VERSION
    assert info.ci_wiki_name == 'Pure_Storage_CI'


def test_driver_options_are_listed_once():
    names = [option.name for option in
             driver.PureISCSIDriver.get_driver_options()]
    assert len(names) == len(set(names))
    assert set(names) >= {option.name for option in options.PURE_OPTS}
    assert set(names) >= set(options.COMMON_OPTION_NAMES)


def test_options_for_the_generator():
    assert options.list_opts() == [('backend_defaults', options.PURE_OPTS)]


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

# Those that the in-tree driver does not have; docs/operators/differences.rst
# tells them.
ADDED_OPTIONS = {
    'pure_rest_connect_timeout': ('IntOpt', 10),
    'pure_rest_read_timeout': ('IntOpt', 60),
    'pure_max_connections': ('IntOpt', 32),
    'pure_max_threads': ('IntOpt', 16),
}


def test_options_are_those_of_the_in_tree_driver():
    assert {option.name: (type(option).__name__, option.default)
            for option in options.PURE_OPTS} == {
                **IN_TREE_OPTIONS, **ADDED_OPTIONS}


@pytest.mark.parametrize('name', ADDED_OPTIONS)
def test_added_options_are_told(name):
    assert name in DIFFERENCES


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
