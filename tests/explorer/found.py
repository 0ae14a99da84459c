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
"""What the explorer found of the faults that the driver had.

The record is found.yaml, which ``python -m tools.explore.faults`` writes:
{id of a fault: what was found, or how long it was looked for}.
"""

import dataclasses
import pathlib

import yaml

from tests.explorer import settings
from tests.explorer import story as stories

PATH = pathlib.Path(__file__).with_name('found.yaml')


@dataclasses.dataclass(frozen=True)
class Hunt:
    """How the search for one fault went.

    :ivar step_count: until it was found, or given up
    :ivar seed: of the stories
    :ivar text: what went wrong, empty if nothing did
    :ivar setting: of the shortest story
    :ivar steps: list of stories.Step, the shortest story
    """

    step_count: int
    seed: int
    text: str = ''
    setting: settings.Setting = settings.Setting()
    steps: tuple = ()


def load():
    """:returns: {id of a fault: Hunt}"""
    if not PATH.exists():
        return {}
    return {fault_id: _hunt(row) for fault_id, row in
            yaml.safe_load(PATH.read_text()).items()}


def save(hunts):
    PATH.write_text(yaml.safe_dump(
        {fault_id: _row(hunt) for fault_id, hunt in sorted(hunts.items())},
        default_flow_style=None, width=78))


def _hunt(row):
    return Hunt(**{
        **row, 'setting': settings.Setting(**row.get('setting', {})),
        'steps': tuple(_step(*words) for words in row.get('steps', ()))})


def _step(verb, *arguments, during=''):
    if arguments and isinstance(arguments[-1], dict):
        *arguments, during = arguments
        during = during['during']
    return stories.Step(verb, tuple(arguments), during)


def _row(hunt):
    row = {'step_count': hunt.step_count, 'seed': hunt.seed}
    if hunt.text:
        row.update(text=hunt.text, setting=changed(hunt.setting),
                   steps=list(map(_words, hunt.steps)))
    return row


def changed(setting):
    """What is not as it is by default."""
    usual = dataclasses.asdict(settings.Setting())
    return {name: value for name, value in
            dataclasses.asdict(setting).items() if value != usual[name]}


def _words(step):
    return [step.verb, *step.arguments,
            *([{'during': step.during}] if step.during else [])]
