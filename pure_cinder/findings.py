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
"""What operators' commands find, as a text and as JSON."""

import collections
import dataclasses
import enum
import itertools
import textwrap

from oslo_serialization import jsonutils

from pure_cinder import exceptions

WIDTH = 79
INDENT = ' ' * 4
# The exit code of a command that could not do its work; those of one that
# could are the severities.
UNKNOWN = 3


class Severity(enum.IntEnum):
    """How bad it is; the worst one is the exit code of a command."""

    OK = 0
    WARNING = 1
    ERROR = 2


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that a command has seen.

    :ivar section: backend section of cinder.conf; empty for what is of none
    :ivar check: name of the check that found it
    :ivar array: name of the array that has the object, or empty
    :ivar command: of Purity or Cinder, to be typed by a person, or empty
    :ivar is_repaired: whether it has been put right
    """

    severity: Severity
    section: str
    check: str
    problem: exceptions.Problem
    array: str = ''
    command: str = ''
    is_repaired: bool = False


def exit_code(findings):
    """:returns: the worst severity of what is not repaired"""
    return int(max((finding.severity for finding in findings
                    if not finding.is_repaired), default=Severity.OK))


def as_json(findings):
    """:returns: an object with ``exit_code`` and ``findings``, a list"""
    return jsonutils.dumps(
        {'exit_code': exit_code(findings),
         'findings': list(map(_plain, findings))}, indent=4)


def as_text(findings):
    """:returns: lines of at most WIDTH columns, a paragraph a section"""
    lines = []
    for section, found in itertools.groupby(
            findings, lambda finding: finding.section):
        lines += ['[%s]' % section if section else 'This node', *(
            line for finding in found for line in _lines(finding)), '']
    return '\n'.join([*lines, _summary(findings)])


def _plain(finding):
    problem = finding.problem
    return {'severity': finding.severity.name.lower(),
            'section': finding.section, 'check': finding.check,
            'array': finding.array, 'subject': str(problem.subject),
            'cause': str(problem.cause), 'remedy': str(problem.remedy),
            'command': finding.command, 'is_repaired': finding.is_repaired}


def _lines(finding):
    problem = finding.problem
    yield '  %-8s %s' % (
        'repaired' if finding.is_repaired else finding.severity.name.lower(),
        ': '.join(filter(None, (finding.check, finding.array,
                                str(problem.subject)))))
    yield from _wrapped(problem.cause, INDENT * 2)
    if problem.remedy:
        yield from _wrapped(problem.remedy, INDENT * 2, '-> ')
    if finding.command:
        # As it is to be typed, however long.
        yield INDENT * 2 + '$ ' + finding.command


def _wrapped(text, indent, mark=''):
    return textwrap.wrap(
        str(text), WIDTH, initial_indent=indent + mark,
        subsequent_indent=indent + ' ' * len(mark), break_long_words=False,
        break_on_hyphens=False)


def _summary(findings):
    counts = collections.Counter(
        'repaired' if finding.is_repaired else finding.severity.name.lower()
        for finding in findings)
    return ', '.join('%d %s' % (counts[key], key) for key in (
        'error', 'warning', 'repaired', 'ok') if counts[key]) or (
            'nothing found')
