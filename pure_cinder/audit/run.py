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
"""All comparisons of one backend, in the order in which they are told."""

from cinder.i18n import _

from pure_cinder.audit import connections
from pure_cinder.audit import contents
from pure_cinder.audit import context
from pure_cinder.audit import orphans
from pure_cinder.audit import rows
from pure_cinder.audit import snapshots
from pure_cinder.audit import tags
from pure_cinder.audit import volumes
from pure_cinder import exceptions
from pure_cinder import findings
from pure_cinder.fleet import queries

COMPARISONS = (volumes.check_volumes, snapshots.check_snapshots,
               snapshots.check_groups, connections.check_connections,
               connections.check_hosts, tags.check_tags, orphans.check_names,
               orphans.check_pods, orphans.check_orphans)


def audit(backend, is_repairing, tell):
    """Hold Cinder's database against the arrays of a backend, both ways.

    :param backend: backend.Backend
    :param is_repairing: put right what is safe to; nothing is written else
    :param tell: called with a roster.Member, what is read, and how many
    :returns: iterator of findings.Finding
    """
    database = rows.Database(backend.attachment_records.owner,
                             backend.attachment_records)
    reachable, away = _asked(backend)
    for member, error in away.items():
        yield findings.Finding(
            findings.Severity.ERROR, backend.config.section, 'arrays',
            exceptions.Problem(
                member.backend_id, _('It could not be compared: %s')
                % error.problem.cause, error.problem.remedy))
    read = {member: contents.Contents(member, tell) for member in reachable}
    backend.fleet.workers.run([lambda: database.volumes, *(
        reading for content in read.values()
        for reading in content.readings)])
    shared = context.Audit(backend, database, read, is_repairing)
    for compare in COMPARISONS:
        yield from compare(shared)


def _asked(backend):
    """Ask each array who it is.

    :returns: list of those that answer, dict of the others to their errors
    """
    config = backend.config.endpoint
    answers = queries.ParallelQuery(
        1 + config.connect_timeout_s + config.read_timeout_s).ask(
            lambda member: member.gateway.get_array(), backend.fleet.members)
    away = {member: answer for member, answer in answers.items()
            if isinstance(answer, exceptions.PureDriverException)}
    return [member for member in answers if member not in away], away
