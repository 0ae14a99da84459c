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
"""Examples of documents: what to type, and what comes of it."""

import re

from tests import documents


def blocks(text, language):
    found = [block.text for block in documents.blocks(text)
             if block.language == language]
    assert found
    return found


def of(text):
    """(command, output) of each example, in their order."""
    for block in blocks(text, 'console'):
        for example in documents.typed(block):
            command, _, output = example.partition('\n')
            yield command, output


def fits(expected, got):
    """Whether an output is the expected one; '...' stands for anything."""
    pattern = '.*'.join(map(re.escape, expected.strip().split('...')))
    return re.fullmatch(pattern, got.strip(), re.DOTALL) is not None


def around(text, title):
    """What is before a chapter, the chapter, and what is after it."""
    before, _, rest = text.partition(f'\n{title}\n{"=" * len(title)}\n')
    chapter = re.split(r'\n(?=[^\n]+\n={4,}\n)', rest, maxsplit=1)
    return before, chapter[0], chapter[1]
