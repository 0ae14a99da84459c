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

import functools

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
    read, failed = _read(backend, database, tell)
    for member, error in failed.items():
        yield _uncompared(backend, member.backend_id, error)
    shared = context.Audit(backend, database, read, is_repairing)
    for compare in COMPARISONS:
        try:
            yield from compare(shared)
        except exceptions.PureDriverException as error:
            yield _uncompared(backend, '', error)


def _read(backend, database, tell):
    """Read all that there is, of arrays that answer, at once.

    :returns: dict of roster.Member to its Contents, and one of the others to
        the PureDriverException that they failed with
    """
    answers = queries.ParallelQuery(1 + backend.config.endpoint.limit_s).ask(
        lambda member: member.gateway.get_array(), backend.fleet.members)
    failed = {member: answer for member, answer in answers.items()
              if isinstance(answer, exceptions.PureDriverException)}
    read = {member: contents.Contents(member, tell) for member in answers
            if member not in failed}

    def attempt(member, reading):
        try:
            reading()
        except exceptions.PureDriverException as error:
            failed.setdefault(member, error)

    backend.fleet.workers.run([lambda: database.volumes, *(
        functools.partial(attempt, member, reading)
        for member, content in read.items()
        for reading in content.readings)])
    return {member: content for member, content in read.items()
            if member not in failed}, failed


def _uncompared(backend, subject, error):
    """:returns: findings.Finding of what could not be compared"""
    return findings.Finding(
        findings.Severity.ERROR, backend.config.section, 'arrays',
        exceptions.Problem(
            subject or error.problem.subject,
            _('It could not be compared: %s') % error.problem.cause,
            error.problem.remedy))
