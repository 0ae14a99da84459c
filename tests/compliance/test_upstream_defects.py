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
"""The table of the in-tree driver's defects names tests that there are."""

import ast
import pathlib
import re

import pytest

TESTS = pathlib.Path(__file__).parents[1]
TABLE = (TESTS.parent / 'docs' / 'developers'
         / 'upstream-defects.rst').read_text()
SECTIONS = re.split(r'\n=+\n', TABLE)[-3:]
REFERENCE = re.compile(r'``(\S+\.py)::(\w+)``')
ROW = re.compile(r'^   \* - (.+?)$(.*?)(?=^   \* - |\Z)', re.M | re.S)


def rows(section):
    """:returns: list of the first cell and the rest of each row"""
    return ROW.findall(section)[1:]


@pytest.mark.parametrize('path, name', sorted(set(REFERENCE.findall(TABLE))))
def test_named_test_is_there(path, name):
    tree = ast.parse((TESTS / path).read_text())
    assert name in [node.name for node in tree.body
                    if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize('section, count', zip(SECTIONS, (89, 67, 13)),
                         ids=('fixed', 'open', 'later'))
def test_every_defect_has_a_test_or_a_reason(section, count):
    assert len(rows(section)) == count
    for first, rest in rows(section):
        assert REFERENCE.search(rest) or '- nothing: ' in rest, first


def test_numbers_are_without_a_gap():
    for section in SECTIONS[1:]:
        numbers = [int(first) for first, _rest in rows(section)]
        assert numbers == list(range(1, len(numbers) + 1))
