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
"""What all parts of an audit share."""

import functools

from cinder import exception
from cinder.i18n import _

from pure_cinder.audit import rows
from pure_cinder import exceptions
from pure_cinder import findings
from pure_cinder.findings import Severity
from pure_cinder.fleet import whereabouts
from pure_cinder import naming

REPAIRABLE = _('"pure-cinder-audit --repair" puts it right.')


class Audit:
    """One backend, its rows and its arrays' contents.

    :ivar backend: backend.Backend
    :ivar database: rows.Database
    :ivar contents: dict of roster.Member to contents.Contents, of those that
        have answered
    """

    def __init__(self, backend, database, contents, is_repairing):
        """:param is_repairing: put right what is safe to"""
        self.backend = backend
        self.database = database
        self.contents = contents
        self.is_repairing = is_repairing
        self.homes = whereabouts.Homes(backend.whereabouts)
        self._snapshot_members = {}
        self._pgroups = {}

    def finding(self, check, member, subject, cause, remedy='',
                severity=Severity.WARNING, command='', repair=None):
        """Tell of something, and put it right if that is wanted.

        :param member: roster.Member that has it, or None
        :param subject: as of exceptions.Problem, and so are the next two
        :param command: what a person is to type
        :param repair: puts it right; returns False if it could not
        :returns: findings.Finding
        """
        is_repaired = False
        if repair and not self.is_repairing:
            remedy = REPAIRABLE
        elif repair:
            try:
                is_repaired = repair() is not False
            except exception.CinderException as error:
                remedy = _('It could not be put right: %s') % error
        return findings.Finding(
            severity, self.backend.config.section, check,
            exceptions.Problem(subject, cause, remedy),
            member.gateway.array_name if member else '',
            '' if is_repaired else command, is_repaired)

    def unlike(self, check, row, error):
        """:returns: findings.Finding of a row that cannot be compared"""
        problem = exceptions.problem_of(error)
        return self.finding(
            check, None, rows.described(row),
            _('It could not be compared: %s') % problem.cause,
            problem.remedy, Severity.ERROR)

    def home(self, volume):
        """Contents of the array that has a volume.

        :returns: contents.Contents; None if it has not answered
        :raises CinderException: it is not known which it is
        """
        return self.contents.get(self.homes.member(volume))

    def snapshot_member(self, snapshot):
        """Who has a snapshot, looked for once for all that are alike.

        :returns: roster.Member
        :raises CinderException: it is not known
        """
        volume = snapshot.volume
        key = (whereabouts.array_id(snapshot), self.homes.member(volume),
               naming.is_in_pod(volume.provider_id))
        if key not in self._snapshot_members:
            self._snapshot_members[key] = (
                self.backend.whereabouts.snapshot_member(snapshot))
        return self._snapshot_members[key]

    def pgroups_of(self, volume, member):
        """The protection groups that a volume is to be in, on an array.

        :returns: tuple of full names
        """
        types, key = self.backend.types, (volume.group_id, member)
        if key not in self._pgroups:
            self._pgroups[key] = self.backend.group_types.pgroups_of(
                volume, member) if volume.group else ()
        return self._pgroups[key] + types.placement(
            types.specs_or_default(volume), member).pgroups

    def confirmed(self, candidates, is_so):
        """Those that are still so when looked at once more, all at once.

        While an audit reads, the service works.

        :param is_so: called with each one
        :returns: list
        """
        answers = self.backend.fleet.workers.run(
            [functools.partial(is_so, candidate) for candidate in candidates])
        return [candidate for candidate, answer in zip(candidates, answers)
                if answer]
