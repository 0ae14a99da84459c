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
"""Whether a failover would do what it is for."""

from cinder.i18n import _

from pure_cinder import exceptions
from pure_cinder.findings import Severity
from pure_cinder.replication import pgroup_replication


def check_connections(subject):
    """See that the array that serves is connected to the others."""
    serving = subject.fleet.serving
    if not subject.is_serving_up:
        return
    for member in subject.reachable:
        if member is serving or member in subject.fleet.doubles_of(serving):
            continue
        is_sync = member in subject.fleet.pod_partners(serving)
        try:
            pgroup_replication.check_connected(
                serving, member, pgroup_replication.SYNC_CONNECTION
                if is_sync else pgroup_replication.ASYNC_CONNECTION)
        except exceptions.PureDriverException as error:
            yield Severity.ERROR, exceptions.Problem(
                'replication_device %s' % member.backend_id,
                error.problem.cause, error.problem.remedy)


def check_readiness(subject):
    """See what the driver tells of each target with its stats, too."""
    if not subject.fleet.targets:
        return
    service = subject.backend.readiness
    readiness = service.judge(service.look(), subject.is_serving_up)
    for view, problems in zip(readiness.views, readiness.problems):
        name = 'replication_device %s' % view.member.backend_id
        for problem in problems:
            yield Severity.ERROR if view.reason else Severity.WARNING, (
                exceptions.Problem(name, problem))
        if not problems:
            yield Severity.OK, exceptions.Problem(
                name, _('Replication to %s is as it should be.')
                % view.member.backend_id)
    yield (Severity.OK, exceptions.Problem(
        'replication_device', _('A failover would go to %s.')
        % readiness.best)) if readiness.best else (
            Severity.ERROR, exceptions.Problem(
                'replication_device',
                _('A failover would find no array that can serve.'),
                _('See to what is told of each one; a backend that has never '
                  'started is set up by its start.')))
