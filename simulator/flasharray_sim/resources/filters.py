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
"""The filter language of collections: name = 'v*' and size > 1048576.

Only ``key='value'`` was seen; the other operators, ``and``, ``or``, ``not``
and parentheses are inferred from the command line's ``--filter``.
"""

from collections.abc import Callable
import fnmatch
import operator
import re

from flasharray_sim import errors

Predicate = Callable[[dict], bool]

_TOKEN = re.compile(r"""\s*(?:
    (?P<text>'[^']*'|"[^"]*") |
    (?P<operator><=|>=|!=|<>|=|<|>) |
    (?P<bracket>[()]) |
    (?P<word>[^\s'"<>=!()]+))""", re.VERBOSE)
_ORDERS = {'<': operator.lt, '<=': operator.le, '>': operator.gt,
           '>=': operator.ge}
_DEEPEST = 50


def parse(text: str) -> Predicate:
    """A function that tells whether a row matches; refuses bad filters."""
    parser = _Parser(_tokens(text))
    predicate = parser.either()
    if parser.kind is not None:
        raise _bad(f'unexpected {parser.text!r}')
    return predicate


def matches(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern with `*`, without regard to case."""
    literal = pattern.lower().replace('[', '[[]').replace('?', '[?]')
    return fnmatch.fnmatchcase(name.lower(), literal)


class _Parser:
    """Recursive descent over (kind, text) tokens."""

    def __init__(self, tokens):
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def kind(self):
        return self._tokens[self._at][0]

    @property
    def text(self):
        return self._tokens[self._at][1]

    def either(self) -> Predicate:
        choices = [self._both()]
        while self._accept('word', 'or'):
            choices.append(self._both())
        return lambda row: any(choice(row) for choice in choices)

    def _both(self):
        parts = [self._one()]
        while self._accept('word', 'and'):
            parts.append(self._one())
        return lambda row: all(part(row) for part in parts)

    def _one(self):
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _bad('too many levels')
        if self._accept('word', 'not'):
            inner = self._one()
            result = _negated(inner)
        elif self._accept('bracket', '('):
            result = self.either()
            if not self._accept('bracket', ')'):
                raise _bad('a parenthesis is not closed')
        else:
            result = self._comparison()
        self._depth -= 1
        return result

    def _comparison(self):
        key = self._take('word')
        sign = self._take('operator')
        value = (self._take('text')[1:-1] if self.kind == 'text'
                 else _bare(self._take('word')))
        return _comparison(key, sign, value)

    def _accept(self, kind, text):
        if self.kind == kind and self.text.lower() == text:
            self._at += 1
            return True
        return False

    def _take(self, kind):
        if self.kind != kind:
            raise _bad(f'{kind} expected')
        text = self.text
        self._at += 1
        return text


def _tokens(text):
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _bad(f'unexpected {text[at:]!r}')
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return [*found, (None, '')]


def _bare(text):
    words = {'true': True, 'false': False, 'null': None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return float(text) if '.' in text else int(text)
    except ValueError:
        return text


def _comparison(key, sign, value):
    if sign in _ORDERS:
        return lambda row: _is_ordered(_ORDERS[sign], _field(row, key), value)
    if sign == '=':
        return lambda row: _is_equal(_field(row, key), value)
    return lambda row: not _is_equal(_field(row, key), value)


def _negated(inner):
    return lambda row: not inner(row)


def _field(row, key):
    if key not in row:
        raise _bad(f'unknown attribute {key!r}')
    return row[key]


def _is_equal(found, value):
    if isinstance(found, (list, tuple)):
        return any(_is_equal(one, value) for one in found)
    if isinstance(found, str) and isinstance(value, str):
        return matches(value, found)
    return found == value or str(found) == value


def _is_ordered(compare, found, value):
    try:
        return compare(found, value)
    except TypeError:
        return False


def _bad(reason):
    return errors.refuse('filter_invalid', reason=reason)
