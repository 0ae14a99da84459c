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
"""Lists as replies: choosing by name, filter, order, and one page of it."""

import base64
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import operator
import re

from flasharray_sim import errors
from flasharray_sim.resources import filters
from flasharray_sim.rules import array as arrays
from flasharray_sim.state import table
from flasharray_sim.wire import routing

_TOKEN = re.compile(r'(id|row) = ([0-9]{1,18})(?:, row = ([0-9]{1,18}))?')


def reply(array: arrays.Array, call: routing.Call, items: Sequence,
          render: Callable[..., dict] | None = None) -> routing.Reply:
    """A page of `items` with its headers.

    Nothing but the page is rendered, unless a filter or an order wants all.

    :param items: rows, or ready dicts when `render` is None
    """
    if _is_arranged(call):
        items = _arranged(call, _rendered(items, render))
        render = None
    by_id = isinstance(items, table.Selection)
    start = _start(array, call, items, by_id)
    limit = _number(call, 'limit', 1)
    end = len(items) if limit is None else start + limit
    page = items[start:end]
    headers = {'x-total-item-count': str(len(items))}
    if limit is not None and page:
        headers['x-next-token'] = _encode(
            f'id = {page[-1].id}' if by_id else f'row = {start + len(page)}')
    return routing.Reply(_rendered(page, render), headers)


def expanded(array: arrays.Array, call: routing.Call, objects: Sequence,
             rows_of: Callable[..., list],
             owner_ids: list[int] | None = None) -> routing.Reply:
    """A page of the rows of `objects`, each of which has any number.

    Where a limit and tokens make the pages, nothing else is looked at. How
    many rows there are in all is told where it is known: of the whole list,
    and of its only page.

    :param owner_ids: sorted ids of those that have any rows; None: look
    """
    limit = _number(call, 'limit', 1)
    if (limit is None and not call.get('token')
            or call.get('start') is not None or _is_arranged(call)
            or not isinstance(objects, table.Selection)):
        return reply(array, call, [
            row for item in objects for row in rows_of(item)])
    first_id, done = _place(array, call)
    page, headers = [], {}
    for item in objects.starting_at(first_id, owner_ids):
        rows = rows_of(item)
        start = done if item.id == first_id else 0
        end = len(rows) if limit is None else start + limit - len(page)
        page.extend(rows[start:end])
        if limit is not None and page:
            headers['x-next-token'] = _encode(
                f'id = {item.id}, row = {min(end, len(rows))}')
        if len(page) == limit:
            return routing.Reply(page, headers)
    if not first_id:
        headers['x-total-item-count'] = str(len(page))
    return routing.Reply(page, headers)


def chosen_several(call: routing.Call, every: Sequence,
                   find: Callable) -> Sequence:
    """As `chosen`, where one name can stand for several rows.

    :param find: from a name or pattern to its rows; a row that more than one
        of them finds is listed once
    """
    if call.get('names') is None:
        return every
    found = {row.id: row for name in call.get('names') for row in find(name)}
    return list(found.values())


def chosen(call: routing.Call, every: Sequence, find: Callable,
           name_of: Callable = operator.attrgetter('name')) -> Sequence:
    """The rows that `names=` asks for, or all.

    :param find: from a name to the row, refusing when there is none
    """
    return chosen_several(call, every, lambda name: (
        matching(name, every, name_of) if '*' in name else [find(name)]))


def matching(pattern: str, every: Iterable, name_of: Callable) -> list:
    """The rows whose names fit a pattern with `*`."""
    return [row for row in every if filters.matches(pattern, name_of(row))]


def _is_arranged(call):
    return call.get('filter') is not None or bool(call.get('sort'))


def _rendered(items, render):
    return list(items) if render is None else [render(row) for row in items]


def _arranged(call, bodies):
    if call.get('filter') is not None:
        is_match = filters.parse(call.get('filter'))
        bodies = [body for body in bodies if is_match(body)]
    for key in reversed(call.get('sort') or ()):
        name, is_descending = key.rstrip('+-'), key.endswith('-')
        if any(name not in body for body in bodies):
            raise errors.refuse('sort_invalid', key=name)
        bodies.sort(key=lambda body: _sort_key(body[name]),
                    reverse=is_descending)
    return bodies


def _sort_key(value):
    # Unset values come first; texts are compared without case.
    if isinstance(value, (int, float)):
        return 1, value, ''
    return (0, 0, '') if value is None else (2, 0, str(value).lower())


def _start(array, call, items, by_id):
    token = call.get('token')
    if not token:
        return _number(call, 'start', 0) or 0
    kind, number, _row = _decode(token)
    if kind == 'row':
        return 0 if by_id else number
    if not by_id or _is_made_up(array, number):
        return 0
    return items.place_after(number)


def _place(array, call):
    """(id of the object to begin with, how many of its rows were shown)."""
    token = call.get('token')
    if not token:
        return 0, 0
    kind, number, row = _decode(token)
    if kind == 'row' or _is_made_up(array, number):
        return 0, 0
    return (number + 1, 0) if row is None else (number, row)


def _is_made_up(array, object_id):
    """Whether it was never given out: the client made up its first token.

    Delfin does, and wants to begin at the beginning.
    """
    return object_id > array.db.last_number('id')


def _number(call, name, lowest):
    number = call.get(name)
    if number is not None and number < lowest:
        raise errors.refuse('parameter_value', parameter=name)
    return number


def _encode(text):
    return base64.b64encode(text.encode()).decode()


def _decode(token):
    try:
        text = base64.b64decode(token, validate=True).decode('ascii')
    except ValueError as error:
        raise errors.refuse('token_malformed') from error
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise errors.refuse('token_malformed')
    return match[1], int(match[2]), match[3] and int(match[3])
