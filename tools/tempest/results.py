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
"""What a run came to, from its JUnit report; the summary."""

import collections
import dataclasses
import xml.etree.ElementTree as ElementTree

_STATUSES = {'skipped': 'skipped', 'failure': 'failing', 'error': 'failing'}
_LONGEST = 400
SLOWEST = 5


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one test.

    :ivar status: 'passed', 'skipped' or 'failing'
    :ivar detail: why it did not pass, empty if it did
    """

    status: str
    detail: str = ''
    seconds: float = 0


def read(path):
    """:returns: dict of test to Outcome"""
    return {_name(case): _outcome(case)
            for case in ElementTree.parse(path).iter('testcase')}


def counts(outcomes):
    """:returns: collections.Counter of the statuses"""
    return collections.Counter(
        outcome.status for outcome in outcomes.values())


def summary(outcomes, expected, shortfalls, facts):
    """The report, for people.

    :param facts: list of lines at its top
    """
    found = counts(outcomes)
    lines = [*facts, '', '%d passed, %d failed, %d skipped, %d shortfalls' % (
        found['passed'], found['failing'], found['skipped'],
        len(shortfalls)), '', 'Shortfalls:', *(shortfalls or ['none']), '',
        'Did not pass, as expected:']
    reasons = collections.defaultdict(list)
    for test, outcome in sorted(outcomes.items()):
        if outcome.status != 'passed' and test in expected:
            reasons[expected[test].reason].append(
                '    %s (%s)' % (test, outcome.status))
    for reason, tests in reasons.items():
        lines += [reason, *tests]
    lines += ['', 'Slowest:']
    slowest = sorted(outcomes.items(), key=lambda item: -item[1].seconds)
    lines += ['%6.1f s  %s' % (outcome.seconds, test)
              for test, outcome in slowest[:SLOWEST]]
    return '\n'.join(lines) + '\n'


def _name(case):
    name = case.get('name').partition('[')[0]
    return '.'.join(filter(None, (case.get('classname'), name)))


def _outcome(case):
    seconds = float(case.get('time') or 0)
    for child in case:
        if child.tag in _STATUSES:
            text = (child.text or child.get('message') or '').strip()
            return Outcome(_STATUSES[child.tag],
                           ' '.join(text.split())[-_LONGEST:], seconds)
    return Outcome('passed', '', seconds)
