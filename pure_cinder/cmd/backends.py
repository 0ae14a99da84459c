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
"""The backends of a cinder.conf that this package serves."""

import contextlib
import dataclasses

from cinder import context
from cinder.db import api as db_api
from cinder import exception
from cinder.i18n import _
from cinder import objects
from cinder.volume import configuration as cinder_config
from cinder.volume import driver as cinder_driver
from cinder.volume import manager
from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_utils import importutils

from pure_cinder.check import examination
from pure_cinder.check import options
from pure_cinder import exceptions
from pure_cinder import findings
from pure_cinder import spelling

CONF = cfg.CONF
# cinder-volume declares them where it starts, which changes the process.
CLUSTER = cfg.StrOpt('cluster')
HOST = cfg.StrOpt('backend_host')


class CommandError(Exception):
    """The command cannot do its work; the text says why."""


@dataclasses.dataclass(frozen=True)
class Section:
    """A section of cinder.conf that names a driver of this package.

    :ivar name: of the section
    :ivar findings: list of findings.Finding, what is wrong with it
    :ivar backend: backend.Backend; None if it cannot be one
    """

    name: str
    configuration: cinder_config.Configuration
    findings: list
    backend: object = None


def configure(config_files):
    """Read cinder.conf.

    :param config_files: paths; where there are none, those of cinder-volume
    :raises CommandError: there is none, or it is none
    """
    arguments = [argument for path in config_files
                 for argument in ('--config-file', path)]
    try:
        CONF(arguments, project='cinder')
    except cfg.Error as error:
        raise CommandError(str(error))
    if not CONF.config_file:
        raise CommandError(_('There is no cinder.conf; name it with '
                             '--config-file.'))
    _declare(CLUSTER)
    # A database that is away is told at once, and not waited for.
    CONF.set_override('max_retries', 0, 'database')


def enabled_names():
    """:returns: set of what the backends of cinder.conf are called"""
    return {_configuration(name).volume_backend_name or name
            for name in CONF.enabled_backends or ()}


def load(chosen=None):
    """The sections that are ours.

    :param chosen: name of the only one; None for all that are enabled
    :returns: list of Section
    :raises CommandError: there is no such section
    """
    enabled = list(filter(None, CONF.enabled_backends or ()))
    written = spelling.written()
    names = [chosen] if chosen else [*enabled, *(
        name for name, keys in written.items() if 'volume_driver' in keys
        and name not in map(str.lower, enabled))]
    found = [*(_missing(name) for name in names
               if name.lower() not in written),
             *(_load(name, name in enabled) for name in names
               if options.is_ours(_configuration(name)))]
    if not found:
        raise CommandError(
            _('Section [%s] names no driver of pure_cinder.') % chosen
            if chosen else
            _('No section names a driver of pure_cinder.'))
    return found


def _missing(name):
    return Section(name, None, [findings.Finding(
        findings.Severity.ERROR, name, 'options', exceptions.Problem(
            'enabled_backends',
            _('cinder.conf has no section [%s].') % name,
            _('The sections are %s.') % ', '.join(sorted(
                spelling.written()))))])


def _configuration(name):
    _declare(HOST, name)
    configuration = cinder_config.Configuration(
        manager.volume_backend_opts, config_group=name)
    configuration.append_config_values(cinder_driver.volume_opts)
    return configuration


def _declare(option, group=None):
    with contextlib.suppress(cfg.DuplicateOptError):
        CONF.register_opt(option, group)


def _load(name, is_enabled):
    configuration = _configuration(name)
    found = [findings.Finding(severity, name, 'options', problem)
             for severity, problem in options.check_driver(
                 configuration, is_enabled)]
    if findings.exit_code(found) == findings.Severity.ERROR:
        return Section(name, configuration, found)
    active_backend_id, told = _active_backend_id(name)
    driver = importutils.import_class(configuration.volume_driver)(
        configuration=configuration, db=db_api, host=_host(name),
        cluster_name=_cluster(name), active_backend_id=active_backend_id)
    found += [*told, *examination.section_findings(driver)]
    if findings.exit_code(found) == findings.Severity.ERROR:
        return Section(name, configuration, found)
    try:
        driver.do_setup(context.get_admin_context())
    except exceptions.PureDriverException as error:
        found += examination.problems_of(name, error)
        return Section(name, configuration, found)
    return Section(name, configuration, found, driver.backend)


def _host(name):
    return '%s@%s' % (CONF[name].backend_host or CONF.host, name)


def _cluster(name):
    cluster = (CONF.cluster or '').strip()
    return '%s@%s' % (cluster, name) if cluster else None


def _active_backend_id(name):
    """Who serves, and a list of what there is to tell of that."""
    try:
        return _service(name).active_backend_id, []
    except (exception.ServiceNotFound, exception.ClusterNotFound) as error:
        return None, [_unknown_service(name, findings.Severity.OK, error)]
    except db_exception.DBError as error:
        return None, [_unknown_service(name, findings.Severity.WARNING,
                                       error)]


def _service(name):
    """Cinder's row of the service, or of its cluster."""
    admin, cluster = context.get_admin_context(), _cluster(name)
    if cluster:
        return objects.Cluster.get_by_id(admin, None, name=cluster,
                                         binary='cinder-volume')
    return objects.Service.get_by_args(admin, _host(name), 'cinder-volume')


def _unknown_service(name, severity, error):
    return findings.Finding(
        severity, name, 'service', exceptions.Problem(
            _host(name), _("Cinder's database does not tell which array "
                           'serves; the primary is taken for it: %s')
            % getattr(getattr(error, 'inner_exception', None), 'orig', error)))
