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
"""The table of refusals (1.5, 3.9)."""

import ast
import pathlib
import string

import pytest

import flasharray_sim
from flasharray_sim import errors
from flasharray_sim import texts
from flasharray_sim.texts import text


def refusals():
    """(name, placeholders given) of each refuse() in the simulator."""
    for path in pathlib.Path(flasharray_sim.__file__).parent.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(
                    node.func, 'attr', None) == 'refuse':
                yield node.args[0].value, {
                    keyword.arg for keyword in node.keywords} - {'ctx'}


def test_each_text_is_used_and_gets_its_values():
    used = set()
    for name, given in refusals():
        needed = {field for _, field, _, _ in string.Formatter().parse(
            texts.TEXTS[name].text) if field}
        assert given == needed, name
        used.add(name)
    assert used == set(texts.TEXTS)


@pytest.mark.parametrize('name', texts.TEXTS)
def test_each_text_has_its_provenance(name):
    entry = texts.TEXTS[name]
    assert entry.provenance in (text.SOURCED, text.INFERRED)
    assert entry.evidence


def test_no_area_has_a_text_of_another():
    assert len(texts.TEXTS) == sum(len(area.TEXTS) for area in texts.AREAS)


def test_the_exception_is_the_wire_error():
    error = errors.refuse('initiator_in_use', ctx='h1', kind='IQN')
    assert (error.status, error.text, error.ctx, error.code) == (
        400, 'The specified IQN is already in use.', 'h1', 0)
    assert str(error) == '400 The specified IQN is already in use. (h1)'
    assert errors.refuse('volume_missing').code == 6
    assert errors.refuse('session_missing').status == 401


def test_several_objects_are_one_error():
    both = errors.combine([errors.refuse('volume_missing', ctx='a'),
                           errors.refuse('volume_destroyed', ctx='b')])
    assert both.failures == (
        errors.Failure('Volume does not exist.', 'a', 6),
        errors.Failure(texts.TEXTS['volume_destroyed'].text, 'b', 0))
    assert (both.status, both.ctx) == (400, 'a')


@pytest.mark.parametrize('name, needed, forbidden', [
    ('volume_destroyed', 'has been destroyed', 'already exists'),
    ('snapshot_destroyed', 'has been destroyed', 'already exists'),
    ('volume_exists', 'already exists', 'destroyed'),
    ('connection_exists', 'already exists', 'destroyed'),
    ('connection_missing', 'is not connected', 'exist'),
    ('host_missing', 'Host does not exist', 'Volume'),
    ('host_connected', 'cannot be deleted due to existing connections',
     'does not exist'),
])
def test_what_clients_look_for(name, needed, forbidden):
    told = texts.TEXTS[name].text
    assert needed in told
    assert forbidden not in told
