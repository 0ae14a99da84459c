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
"""The shortest story that goes wrong in the same way.

Hypothesis chooses each step by what is there, so that leaving one out would
change all that come after it. Steps as data do not have that trouble.
"""

import re

from tests.explorer import story as stories

_NAMES = re.compile(r"[\w:/-]*[0-9a-f]{8,}[\w:/-]*|\b[vsgcmf]\d+\b|"
                    r"\b127\S+|'[^']*'")


def outcome(setting, steps, database):
    """:returns: what went wrong, an empty text if nothing did"""
    try:
        stories.tell(setting, steps, database)
    except stories.Broken as error:
        return str(error)
    return ''


def without_end(steps):
    """Steps without the one that ends each story that is told."""
    return [step for step in steps if step.verb != 'settle'
            or step is not steps[-1]]


def shortest(setting, steps, database):
    """Leave out steps and circumstances that make no difference.

    :returns: the steps, and what went wrong; no text if it was not repeated
    """
    telling = _Telling(setting, database, list(steps))
    size = len(telling.steps) // 2
    while telling.text and size:
        start = 0
        while start < len(telling.steps):
            if not telling.is_same(telling.steps[:start]
                                   + telling.steps[start + size:]):
                start += size
        size //= 2
    for number, step in enumerate(telling.steps):
        if step.during:
            telling.is_same([*telling.steps[:number],
                             stories.Step(step.verb, step.arguments),
                             *telling.steps[number + 1:]])
    return telling.steps, telling.text


class _Telling:
    """The shortest story until now.

    :ivar text: what goes wrong in it
    """

    def __init__(self, setting, database, steps):
        self._setting = setting
        self._database = database
        self.steps = steps
        self.text = outcome(setting, steps, database)

    def is_same(self, steps):
        """Take these steps instead, if they go wrong in the same way."""
        text = outcome(self._setting, steps, self._database)
        is_same = bool(text) and kind(text) == kind(self.text)
        if is_same:
            self.steps, self.text = steps, text
        return is_same


def kind(text):
    """What went wrong, whatever it went wrong with."""
    return _NAMES.sub('', text.partition(';')[0])[:60]


def script(setting, steps, text):
    """The story as a program that runs."""
    lines = ''.join('    stories.Step(%r, %r, %r),\n' % (
        step.verb, step.arguments, step.during) for step in steps)
    return _SCRIPT % {'text': text, 'setting': setting, 'steps': lines}


_SCRIPT = '''"""%(text)s"""

import tools.explore  # makes Cinder's objects known

from tests.explorer import story as stories
from tests.explorer.settings import Setting

stories.tell(%(setting)r, [
%(steps)s])
'''
