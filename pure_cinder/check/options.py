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
"""What a section of cinder.conf says, without asking any array."""

import difflib
import inspect

from cinder.i18n import _
from oslo_utils import importutils

from pure_cinder import exceptions
from pure_cinder.findings import Severity

MODULE = 'pure_cinder.driver'
DRIVER_CLASSES = ('PureISCSIDriver', 'PureFCDriver', 'PureNVMEDriver')


def is_ours(configuration):
    """Whether a section names a driver of this package, or tries to."""
    return str(configuration.volume_driver).startswith('pure_cinder')


def check_driver(configuration, is_enabled):
    """See that a driver of this package is named, and started.

    :param is_enabled: whether ``enabled_backends`` lists the section
    """
    if not is_enabled:
        yield Severity.WARNING, exceptions.Problem(
            'enabled_backends',
            _('enabled_backends does not list section [%s], so that it is '
              'not started.') % configuration.config_group,
            _('Add it there, or remove the section.'))
    name = configuration.volume_driver
    module, _dot, class_name = name.rpartition('.')
    driver_class = importutils.try_import(name, default=None) if (
        module != MODULE) else getattr(
            importutils.import_module(MODULE), class_name, None)
    if not inspect.isclass(driver_class):
        nearest = difflib.get_close_matches(class_name, DRIVER_CLASSES, 1, 0)
        yield Severity.ERROR, exceptions.Problem(
            'volume_driver', _('There is no driver %s.') % name,
            _('The nearest name is %s.') % '.'.join((MODULE, *nearest)))


def check_values(driver):
    """See that each option has a value of its type."""
    for option in driver.get_driver_options():
        try:
            getattr(driver.configuration, option.name)
        except ValueError as error:
            yield Severity.ERROR, exceptions.Problem(
                option.name, _('%(name)s cannot be read: %(error)s.') % {
                    'name': option.name, 'error': str(error).rstrip('.')},
                _('It is: %s') % option.help)


def check_doubts(config):
    """Tell options that are there without effect."""
    for doubt in config.doubts:
        yield Severity.ERROR, doubt
