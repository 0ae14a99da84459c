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
"""The objects of an array: searched, sorted, and a page of them.

Which objects are on a page is found by looking at rows; only those are then
asked for, as any REST client asks.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import functools
import json
import operator
from typing import Any

from flasharray_sim.resources import shapes
from flasharray_sim.rules import lookup
from flasharray_sim.window import reader as readers

MAX_LIMIT = 500
REQUESTS = 'requests'
_FIRST_CONNECTIONS = 4
_FIRST_MEMBERS = 4
_PARAMETERS_LIMIT = 160
_MEMBER_LISTS = ('volumes', 'hosts', 'hgroups', 'iqn', 'wwn', 'nqn')


@dataclasses.dataclass(frozen=True)
class Page:
    """Which objects: `limit` of them, from the one at `start` on.

    :ivar search: in what they are known by, without regard to case
    :ivar sort: key to order them by, '-' before it for the other way round;
        '' for the newest first
    """
    limit: int
    start: int = 0
    search: str = ''
    sort: str = ''

    def __post_init__(self):
        if not 1 <= self.limit <= MAX_LIMIT:
            raise ValueError(f'limit is a number from 1 to {MAX_LIMIT}')


@dataclasses.dataclass(frozen=True)
class _Kind:
    """One kind of objects.

    :ivar path: of the resource that shows them
    :ivar views: parameters of each request whose answers are merged
    :ivar rows: the rows of a database, the oldest first
    :ivar name: (database, row) to the object's name
    :ivar also_searched: row to further texts that it is known by
    :ivar keys: what can be sorted by besides the name: (model, row) to a
        value
    :ivar more: (model, name) to what is added to what is shown
    """
    path: str
    views: tuple[dict, ...]
    rows: Callable[[Any], Sequence]
    name: Callable[[Any, Any], str] = lambda db, row: row.name
    also_searched: Callable[[Any], Iterable[str]] = lambda row: ()
    keys: dict[str, Callable[[Any, Any], Any]] = dataclasses.field(
        default_factory=dict)
    more: Callable[[Any, str], dict] = lambda model, name: {}


def _created(model, row):
    return row.created_s


def _size(model, row):
    return row.size_bytes


def _snapshot_used(model, row):
    return model.contents.usage(row.content_id, 'snapshots')


def _volume_used(model, row):
    return shapes.volume_space(model, row)['total']


def _volume_connections(model, name):
    volume = lookup.any_volume(model.db, name)
    connections = model.db.connections.select('volume', volume.id)
    shown = []
    for connection in connections[:_FIRST_CONNECTIONS]:
        is_shared = connection.hgroup_id is not None
        owner = (model.db.hgroups.get(connection.hgroup_id) if is_shared
                 else model.db.hosts.get(connection.host_id))
        shown.append({'to': owner.name, 'lun': connection.lun,
                      'is_shared': is_shared})
    return {'connections': {'total': len(connections), 'rows': shown}}


def _host_connections(model, name):
    host = lookup.host(model.db, name)
    private = model.connections.private(host.id)
    shared = model.connections.shared(host.hgroup_id)
    first = [*private[:_FIRST_CONNECTIONS], *shared[:_FIRST_CONNECTIONS]]
    shown = [{'to': model.db.volumes.get(connection.volume_id).name,
              'lun': connection.lun,
              'is_shared': connection.hgroup_id is not None}
             for connection in first[:_FIRST_CONNECTIONS]]
    return {'connections': {
        'total': len(private) + len(shared), 'rows': shown}}


_KINDS = {
    'volumes': _Kind(
        'volume', ({'pending': True}, {'pending': True, 'space': True}),
        lambda db: db.volumes.select('state', ('volume', 'all')),
        also_searched=lambda row: (row.serial,),
        keys={'size': _size, 'total': _volume_used, 'created': _created},
        more=_volume_connections),
    'snapshots': _Kind(
        'volume', ({'pending': True, 'snap': True},
                   {'pending': True, 'snap': True, 'space': True}),
        lambda db: db.snapshots.select('state', 'all'), lookup.snapshot_name,
        lambda row: (row.serial,),
        {'size': _size, 'total': _snapshot_used, 'created': _created}),
    'hosts': _Kind(
        'host', ({},), lambda db: db.hosts.select('all', 'all'),
        also_searched=lambda row: (*row.iqns, *row.wwns, *row.nqns),
        more=_host_connections),
    'host_groups': _Kind(
        'hgroup', ({},), lambda db: db.hgroups.select('all', 'all')),
    'volume_groups': _Kind(
        'vgroup', ({'pending': True},),
        lambda db: db.vgroups.select('state', 'all')),
    'pods': _Kind(
        'pod', ({'pending': True, 'mediator': True},),
        lambda db: db.pods.select('state', 'all')),
    'protection_groups': _Kind(
        'pgroup', ({'pending': True}, {'pending': True, 'schedule': True}),
        lambda db: db.pgroups.select('state', 'all')),
    'group_snapshots': _Kind(
        'pgroup', ({'pending': True, 'snap': True, 'transfer': True},),
        lambda db: db.pgroup_snapshots.select('state', 'all'),
        lookup.pgroup_snapshot_name, keys={'created': _created}),
}
KINDS = (*_KINDS, REQUESTS)


def totals(array, reader: readers.Reader) -> dict[str, int]:
    """How many there are of each kind that the array knows."""
    return {name: len(kind.rows(array.model.db))
            for name, kind in _KINDS.items() if reader.has(kind.path)}


def page(array, name: str, wanted: Page) -> dict:
    """{'total', 'found', 'start', 'rows', 'sorts'} of one kind.

    :param array: an endpoint.SimulatedArray
    :param name: of KINDS
    :raises ValueError: the array has no such kind, or no such order
    """
    if name == REQUESTS:
        return _requests(array.requests, wanted)
    if name not in _KINDS:
        raise ValueError(f'there are no {name}')
    with array.model.transaction():
        array.model.tick()
        return _objects(array, _KINDS[name], wanted)


def _objects(array, kind, wanted):
    model, reader = array.model, readers.Reader(array)
    if not reader.has(kind.path):
        raise ValueError(f'{array.name} is too old for {kind.path}')
    every = kind.rows(model.db)
    rows = _sorted(model, kind, _searched(model, kind, every, wanted.search),
                   wanted.sort)
    names = [kind.name(model.db, row) for row in
             _slice(rows, wanted, is_newest_first=not wanted.sort)]
    return {'total': len(every), 'found': len(rows), 'start': wanted.start,
            'sorts': ['name', *kind.keys],
            'rows': _shown(model, reader, kind, names)}


def _searched(model, kind, rows, text):
    if not text:
        return rows
    text = text.lower()
    return [row for row in rows
            if text in kind.name(model.db, row).lower() or any(
                text in known.lower() for known in kind.also_searched(row))]


def _sorted(model, kind, rows, sort):
    if not sort:
        return rows
    key, is_descending = sort.removeprefix('-'), sort.startswith('-')
    if key == 'name':
        return sorted(rows, reverse=is_descending, key=lambda row: kind.name(
            model.db, row).lower())
    if key not in kind.keys:
        raise ValueError(f'cannot be sorted by {key!r}')
    value = kind.keys[key]
    return sorted(rows, reverse=is_descending,
                  key=lambda row: value(model, row))


def _slice(rows, wanted, is_newest_first):
    if not is_newest_first:
        return rows[wanted.start:wanted.start + wanted.limit]
    end = max(0, len(rows) - wanted.start)
    return rows[max(0, end - wanted.limit):end][::-1]


def _shown(model, reader, kind, names):
    if not names:
        return []
    answers = [reader.get(kind.path, names=names, **view)
               for view in kind.views]
    shown = []
    for parts in zip(*answers, strict=True):
        row = functools.reduce(operator.or_, parts)
        shown.append(_cut(row) | kind.more(model, row['name']))
    return shown


def _cut(row):
    """Its first members only, and how many there are."""
    lists = {key: row[key] for key in _MEMBER_LISTS
             if isinstance(row.get(key), (list, tuple))}
    return row | {key: members[:_FIRST_MEMBERS]
                  for key, members in lists.items()} | {
        f'{key}_total': len(members) for key, members in lists.items()}


def _requests(log, wanted):
    """The newest first, whatever the order that is wanted."""
    if wanted.sort:
        raise ValueError('requests are in the order of time')
    total = len(log)
    if wanted.search:
        text = wanted.search.lower()
        records = [record for record in log.latest(total)
                   if text in (f'{record.status} {record.method} '
                               f'{record.path}').lower()]
        found = len(records)
    else:
        found = total
        records = log.latest(wanted.start + wanted.limit)
    chosen = records[wanted.start:wanted.start + wanted.limit]
    return {'total': total, 'found': found, 'start': wanted.start,
            'sorts': [], 'rows': [_request(record) for record in chosen]}


def _request(record):
    shown = dataclasses.asdict(record)
    params = shown.pop('params')
    return shown | {'parameters': json.dumps(params)[:_PARAMETERS_LIMIT]
                    if params else ''}
