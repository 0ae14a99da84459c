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


def shortest(setting, steps, database, limit=200):
    """:param limit: how often a story may be told

    :returns: the steps, and what went wrong; no text if it was not repeated
    """
    steps = list(steps)
    text = outcome(setting, steps, database)
    size = max(len(steps) // 2, 1)
    while text and limit > 0:
        for start in range(0, len(steps), size):
            shorter = steps[:start] + steps[start + size:]
            limit -= 1
            found = outcome(setting, shorter, database)
            if found and kind(found) == kind(text):
                steps, text = shorter, found
                break
        else:
            if size == 1:
                break
            size = size // 2
    return _simplified(setting, steps, text, database)


def _simplified(setting, steps, text, database):
    """Without circumstances that make no difference."""
    for number, step in enumerate(steps):
        if step.during:
            calm = [*steps[:number], stories.Step(step.verb, step.arguments),
                    *steps[number + 1:]]
            found = outcome(setting, calm, database)
            if found and kind(found) == kind(text):
                steps, text = calm, found
    return steps, text


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
