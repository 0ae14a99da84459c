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
"""The report of a run, for people and for programs."""

import dataclasses
import json


def write(directory, outcomes, seconds):
    """Write ``report.json`` and ``report.txt``.

    :param seconds: of the whole run
    """
    shortfalls = [outcome for outcome in outcomes if outcome.shortfall]
    (directory / 'report.json').write_text(json.dumps({
        'seconds': round(seconds, 1), 'shortfalls': len(shortfalls),
        'scenarios': [dataclasses.asdict(outcome) for outcome in outcomes]},
        indent=2) + '\n')
    lines = ['%d scenarios, %d shortfalls, %.1f s'
             % (len(outcomes), len(shortfalls), seconds)]
    for outcome in outcomes:
        lines += ['', heading(outcome), *(
            '    %s: %s' % fact for fact in outcome.facts.items())]
    (directory / 'report.txt').write_text('\n'.join(lines) + '\n')


def heading(outcome):
    """One line of an outcome."""
    return '%-9s %-16s %5.1f s  %s' % (
        'SHORTFALL' if outcome.shortfall else 'ok', outcome.name,
        outcome.seconds, outcome.shortfall or outcome.title)
