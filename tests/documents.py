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
"""Examples of the documentation: blocks of configuration, and commands."""

import re
import textwrap
import typing

BLOCK = re.compile(
    r'^( *)\.\. code-block:: (\w+)\n((?:\1 +:\w+: .*\n)*)\n'
    r'((?:\1 {3}.*\n|\n)+)', re.MULTILINE)
CAPTION = re.compile(r':caption: (.*)')
# What a reader of the source would take for an example, of no language.
LITERAL = re.compile(r'^(?! *\.\. ).*::$', re.MULTILINE)
DEMO_STEP = re.compile(r'^ *\d+ of \d+  (.+?) \.\.\.', re.MULTILINE)


class Block(typing.NamedTuple):
    """An example.

    :ivar caption: as a rule the file that it is of; may be empty
    """

    language: str
    caption: str
    text: str


def blocks(text):
    """:returns: list of Block"""
    return [Block(language, ''.join(CAPTION.findall(options)),
                  textwrap.dedent(body).strip())
            for _indent, language, options, body in BLOCK.findall(text)]


def typed(text):
    """:returns: each command of a block, with what it prints"""
    return text.removeprefix('$ ').split('\n$ ')


def demo_steps(text):
    """:returns: what the steps of a demo are called, as it prints them"""
    return DEMO_STEP.findall(text)
