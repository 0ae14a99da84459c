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
"""What a client's operations came to, and the table of all clients."""

import collections
import dataclasses
import json
import pathlib
import xml.etree.ElementTree as ElementTree

_LONGEST_REASON = 300


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One operation of one client.

    :ivar reason: why it failed, None when it passed
    """
    client: str
    operation: str
    reason: str | None = None


def of_junit(client: str, path: pathlib.Path) -> list[Outcome]:
    """Outcomes of the tests that a pytest run wrote down.

    A test that was skipped did not show anything: it counts as failed.
    """
    if not path.exists():
        return [Outcome(client, 'run', 'pytest ended without a report')]
    outcomes = []
    for case in ElementTree.parse(path).iter('testcase'):
        name = f'{case.get("classname")}.{case.get("name")}'
        bad = [child for child in case
               if child.tag in ('failure', 'error', 'skipped')]
        reason = _first_lines(bad[0]) if bad else None
        outcomes.append(Outcome(client, name, reason))
    return outcomes or [Outcome(client, 'run', 'pytest ran no test')]


def _first_lines(element: ElementTree.Element) -> str:
    text = element.get('message') or element.text or element.tag
    return ' '.join(text.split())[:_LONGEST_REASON]


def write(outcomes: list[Outcome], directory: pathlib.Path) -> None:
    """Write report.txt, for people, and report.json."""
    (directory / 'report.txt').write_text(table(outcomes) + '\n')
    (directory / 'report.json').write_text(json.dumps(
        [dataclasses.asdict(outcome) for outcome in outcomes], indent=1))


def table(outcomes: list[Outcome]) -> str:
    """One line for each client, and one for each failed operation."""
    by_client = collections.defaultdict(list)
    for outcome in outcomes:
        by_client[outcome.client].append(outcome)
    width = max(map(len, by_client))
    lines = [f'{"client":{width}}  tried  passed  failed']
    for client, those in by_client.items():
        failed = [outcome for outcome in those if outcome.reason is not None]
        lines.append(f'{client:{width}}  {len(those):5}  '
                     f'{len(those) - len(failed):6}  {len(failed):6}')
        lines.extend(f'    FAILED {outcome.operation}: {outcome.reason}'
                     for outcome in failed)
    return '\n'.join(lines)
