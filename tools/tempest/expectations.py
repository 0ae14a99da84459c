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
"""Which tests need not pass, and why: the list, and what is held against it.

The list is YAML, a list of groups that have a reason in common::

    - reason: Nova's fake driver has no such thing.
      skipped:
      - tempest.api.volume.test_x.Class.test_y
    - reason: ...
      failing:
      - ...

``skipped`` are tests that tempest does not run, by itself. ``failing`` are
run, and have to fail: so nothing is left out, and what comes to pass is seen.
"""

import dataclasses
import pathlib

import yaml

PATH = pathlib.Path(__file__).with_name('expected.yaml')
KINDS = ('skipped', 'failing')


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What becomes of one test that does not pass.

    :ivar kind: one of ``KINDS``
    """

    kind: str
    reason: str


def read(path=PATH):
    """The list.

    :returns: dict of test to Expectation
    :raises ValueError: if it is not as it has to be
    """
    expected = {}
    for group in yaml.safe_load(path.read_text()) or ():
        reason = group.get('reason')
        kinds = group.keys() - {'reason'}
        if not reason or not kinds or not kinds <= set(KINDS):
            raise ValueError('%s: a group needs a reason and tests that are '
                             'one of %s: %s' % (path, KINDS, group))
        for kind in kinds:
            for test in group[kind]:
                if test in expected:
                    raise ValueError('%s: twice: %s' % (path, test))
                expected[test] = Expectation(kind, ' '.join(reason.split()))
    return expected


def shortfalls(outcomes, expected, is_whole=True):
    """What is not as the list says.

    :param outcomes: dict of test to results.Outcome
    :param expected: dict of test to Expectation
    :param is_whole: whether all tests were to run, and not a part of them
    :returns: list of lines
    """
    found = []
    for test, outcome in sorted(outcomes.items()):
        wanted = expected[test].kind if test in expected else 'passed'
        if outcome.status != wanted:
            found.append('%s: %s, expected: %s%s' % (
                test, outcome.status, wanted,
                '; ' + outcome.detail if outcome.detail else ''))
    if is_whole:
        found += ['%s: was not there, and is listed as %s' % (
            test, expected[test].kind)
            for test in sorted(expected.keys() - outcomes.keys())]
    return found
