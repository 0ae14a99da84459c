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
"""The many small administrative objects, by one table of their kinds.

A kind is declared in administration_kinds.py; here is what can be done
with its objects, which are rows of the table `items`.
"""

import dataclasses
import re

from flasharray_sim import errors
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import names
from flasharray_sim.state import rows

# The one object of a kind that has no names.
SINGLE = ''


@dataclasses.dataclass(frozen=True)
class Field:
    """An attribute of the objects of a kind.

    :ivar kind: as of routing.Parameter
    :ivar since: REST version that introduced it
    :ivar choices: the values it can have, any when empty
    :ivar bounds: lowest and highest number, longest list
    :ivar is_secret: shown as asterisks when it is set
    :ivar is_required: has to be given at creation
    :ivar is_settable: a client can give it
    :ivar is_shown: appears in replies
    """
    name: str
    kind: str = 'string'
    default: object = None
    since: str = '1.0'
    choices: tuple = ()
    bounds: tuple[int, int] | None = None
    is_secret: bool = False
    is_required: bool = False
    is_settable: bool = True
    is_shown: bool = True


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a kind of objects is like.

    :ivar path: of its collection, or of its only object
    :ivar fields: with their defaults, in the order of replies
    :ivar since: REST version that introduced it
    :ivar is_single: there is one object, which always exists
    :ivar initial: names of the objects an array has from the start
    :ivar name_pattern: what names look like; those of hosts when None
    :ivar is_renamable: PUT takes a new `name`
    """
    key: str
    noun: str
    path: str
    fields: tuple[Field, ...]
    since: str = '1.0'
    is_single: bool = False
    initial: tuple[str, ...] = ()
    name_pattern: re.Pattern | None = None
    is_renamable: bool = False


class Administration:
    """The small objects of one array.

    :param kinds: by their keys
    """

    def __init__(self, core: cores.Core, kinds: dict[str, Kind]):
        self._core = core
        self._db = core.db
        self.kinds = kinds

    def set_up(self):
        """Make what an array has from the start."""
        for kind in self.kinds.values():
            for name in (SINGLE,) if kind.is_single else kind.initial:
                self._insert(kind, name, {})

    def every(self, key: str):
        return self._db.items.select('kind', key)

    def get(self, key: str, name: str = SINGLE) -> rows.Item:
        found = self.find(key, name)
        if found is None:
            raise errors.refuse(
                'item_missing', ctx=name, noun=self.kinds[key].noun)
        return found

    def find(self, key: str, name: str) -> rows.Item | None:
        return self._db.items.find('name', (key, names.key(name)))

    def setting(self, key: str, field: str):
        """A field of the only object of a kind."""
        return dict(self.get(key).values)[field]

    def create(self, key: str, name: str, values: dict) -> rows.Item:
        """Make an object; fields that are not given have their defaults."""
        kind = self.kinds[key]
        self._check_name(kind, name)
        if self.find(key, name):
            raise errors.refuse('item_exists', ctx=name, noun=kind.noun)
        for field in kind.fields:
            if field.is_required and not values.get(field.name):
                raise errors.refuse('parameters_invalid', ctx=name)
        self._core.check_limit('items', kind.noun, self.every(key), name)
        return self._insert(kind, name, values)

    def change(self, key: str, name: str, values: dict) -> rows.Item:
        kind = self.kinds[key]
        found = self.get(key, name)
        return self._db.items.change(found, values=tuple(
            (dict(found.values) | self._checked(kind, name, values)
             ).items()))

    def rename(self, key: str, name: str, new_name: str) -> rows.Item:
        kind = self.kinds[key]
        found = self.get(key, name)
        self._check_name(kind, new_name)
        other = self.find(key, new_name)
        if other and other.id != found.id:
            raise errors.refuse('item_exists', ctx=new_name, noun=kind.noun)
        return self._db.items.change(found, name=new_name)

    def delete(self, key: str, name: str) -> rows.Item:
        kind = self.kinds[key]
        found = self.get(key, name)
        if found.name.lower() in kind.initial:
            raise errors.refuse('item_built_in', ctx=name, noun=kind.noun)
        self._db.items.remove(found)
        return found

    def _insert(self, kind, name, values):
        defaults = {field.name: field.default for field in kind.fields}
        return self._db.items.insert(rows.Item(
            self._db.next_id(), kind.key, name,
            tuple((defaults | self._checked(kind, name, values)).items())))

    def _checked(self, kind, name, values):
        known = {field.name: field for field in kind.fields}
        return {key: _value(known[key], name, value)
                for key, value in values.items()}

    def _check_name(self, kind, name):
        if kind.name_pattern is None:
            names.check(kind.noun, name)
        elif not kind.name_pattern.fullmatch(name):
            raise errors.refuse('item_name_invalid', ctx=name,
                                noun=kind.noun)


def _value(field, name, value):
    """Refuse a bad value; None and "" take a field back to its default."""
    if value in (None, ''):
        return field.default
    is_list = isinstance(value, (list, tuple))
    if is_list:
        value = tuple(value)
    parts = value if is_list else (value,)
    lowest, highest = field.bounds or (None, None)
    measured = len(value) if is_list else value
    if (field.choices and not set(parts) <= set(field.choices)) or (
            field.bounds and not lowest <= measured <= highest):
        raise errors.refuse('parameter_value', ctx=name,
                            parameter=field.name)
    return value
