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
"""What these pages are put together from."""

import re
import textwrap

WIDTH = 79
SPECIAL = re.compile(r'([*`|\\]|_(?=\W|$))')


def title(text):
    line = '=' * len(text)
    return ('%s\n%s\n%s\n\n.. Written by python -m tools.reference_pages.'
            '\n\n' % (line, text, line))


def section(text):
    return '%s\n%s\n\n' % (text, '=' * len(text))


def plain(text):
    """A text without a meaning in any of its signs."""
    return SPECIAL.sub(r'\\\1', text)


def literal(text):
    return '``%s``' % text


def definitions(rows):
    """:param rows: of a term, what kind it is of, and a list of paragraphs"""
    lines = []
    for term, kind, paragraphs in rows:
        lines.append(term + (' : ' + kind if kind else ''))
        for paragraph in paragraphs:
            lines += [*_wrapped(paragraph, ' ' * 4), '']
    return '\n'.join(lines) + '\n'


def bullet(text):
    return '* ' + text


def table(head, rows, widths):
    """:param rows: of cells"""
    lines = ['.. list-table::', '   :header-rows: 1', '   :widths: ' + widths,
             '']
    for row in (head, *rows):
        for number, cell in enumerate(row):
            lines += _cell(cell, '     - ' if number else '   * - ')
    return '\n'.join(lines) + '\n\n'


def _cell(text, mark):
    lines = _wrapped(text, ' ' * len(mark))
    return [mark + lines[0].lstrip(), *lines[1:]]


def _wrapped(text, indent):
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, break_long_words=False,
        subsequent_indent=indent + '  ' * text.startswith(bullet('')),
        break_on_hyphens=False)
