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
"""All checks, in the order in which they are told."""

from cinder import exception
from cinder.i18n import _
from oslo_db import exception as db_exception

from pure_cinder.check import arrays
from pure_cinder.check import capacity
from pure_cinder.check import features
from pure_cinder.check import initiators
from pure_cinder.check import node
from pure_cinder.check import options
from pure_cinder.check import ports
from pure_cinder.check import replication
from pure_cinder.check import types
from pure_cinder import exceptions
from pure_cinder import findings

# Of one backend; each is called with a subject.Subject.
CHECKS = (
    ('options', lambda subject: options.check_doubts(subject.config)),
    ('reach', arrays.check_reach),
    ('tls', arrays.check_certificates),
    ('arrays', arrays.check_doubles),
    ('clock', arrays.check_clocks),
    ('role', arrays.check_roles),
    ('version', features.check_features),
    ('ports', ports.check_ports),
    ('hosts', initiators.check_hosts),
    ('node', node.check_node),
    ('node', node.check_multipath_option),
    ('node', node.check_lock_path),
    ('replication', replication.check_connections),
    ('replication', replication.check_readiness),
    ('limits', capacity.check_space),
    ('limits', capacity.check_counts),
    ('limits', capacity.check_destroyed),
)


def section_findings(driver):
    """What is wrong with a section before there is a backend.

    :param driver: driver.PureBaseVolumeDriver
    :returns: iterator of findings.Finding
    """
    return _told(driver.configuration.config_group, 'options',
                 lambda: options.check_values(driver))


def problems_of(section, error):
    """What keeps a section from being a backend.

    :param error: PureDriverException
    :returns: iterator of findings.Finding
    """
    for problem in getattr(error, 'problems', [error.problem]):
        yield findings.Finding(findings.Severity.ERROR, section, 'options',
                               problem)


def backend_findings(subject):
    """Make all checks of a backend.

    :param subject: subject.Subject
    :returns: iterator of findings.Finding
    """
    for name, check in CHECKS:
        yield from _told(subject.config.section, name,
                         lambda check=check: check(subject))


def database_findings(subjects, enabled_names):
    """Make the checks that concern Cinder's database.

    :param subjects: of all backends
    :param enabled_names: what all backends of cinder.conf are called
    :returns: iterator of findings.Finding
    """
    try:
        yield from _told('', 'types', lambda: types.check_types(
            subjects, enabled_names))
        yield from _told('', 'initiators', initiators.check_machines)
    except db_exception.DBError as error:
        yield findings.Finding(
            findings.Severity.WARNING, '', 'database', exceptions.Problem(
                'connection', _('Volume types and initiators could not be '
                                "checked, as Cinder's database does not "
                                'answer: %s')
                % getattr(error.inner_exception, 'orig', error),
                _('See to connection of section [database], or run this '
                  'where cinder-volume runs.')))


def _told(section, name, check):
    """What a check yields; if it cannot be made, why."""
    try:
        for severity, problem in check():
            yield findings.Finding(severity, section, name, problem)
    except exception.CinderException as error:
        problem = exceptions.problem_of(error)
        yield findings.Finding(
            findings.Severity.WARNING, section, name, exceptions.Problem(
                problem.subject, _('This could not be checked: %s')
                % problem.cause, problem.remedy))
