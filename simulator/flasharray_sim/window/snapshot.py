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
"""What the window shows of an array, in pages and never all at once.

Objects are asked for as any REST client asks, with the array's own resources
and its newest REST version, so that secrets are as hidden as they are there.
"""

from collections.abc import Iterable
import dataclasses

from flasharray_sim import errors
from flasharray_sim import resources
from flasharray_sim.rules import lookup
from flasharray_sim.wire import routing

MAX_LIMIT = 500
_FIRST_CONNECTIONS = 4
# Kind of object -> path, and the parameters of each request whose rows are
# merged by name.
_KINDS: dict[str, tuple[str, tuple[dict, ...]]] = {
    'volumes': ('volume', ({'pending': True},)),
    'snapshots': ('volume', ({'pending': True, 'snap': True},)),
    'hosts': ('host', ({},)),
    'host_groups': ('hgroup', ({},)),
    'protection_groups': ('pgroup', (
        {'pending': True}, {'pending': True, 'schedule': True})),
    'group_snapshots': ('pgroup', (
        {'pending': True, 'snap': True, 'transfer': True},)),
    'pods': ('pod', ({'pending': True},)),
    'volume_groups': ('vgroup', ({'pending': True},)),
    'array_connections': ('array/connection', ({},)),
    'replica_links': ('pod/replica-link', ({},)),
}
KINDS = (*_KINDS, 'requests')
_ROUTER = routing.Router(resources.ROUTES)


@dataclasses.dataclass(frozen=True)
class Page:
    """Which rows: `limit` of them, the newest but `start`."""
    limit: int
    start: int = 0

    def __post_init__(self):
        if not 1 <= self.limit <= MAX_LIMIT:
            raise ValueError(f'limit is a number from 1 to {MAX_LIMIT}')
        if self.start < 0:
            raise ValueError('a page starts at 0 or above')


class _Reader:
    """Reads one array inside a transaction of it."""

    def __init__(self, array):
        self._model = array.model
        self._version = max(map(routing.parse_version, array.rest_versions))

    def has(self, path: str) -> bool:
        """Whether the array's newest REST version serves this."""
        try:
            self._find(path)
        except errors.PurityError as exc:
            if exc.status != 404:
                raise
            return False
        return True

    def get(self, path: str, **params) -> routing.Reply:
        reply = self._find(path).handler(self._model, routing.Call(
            {}, params, self._version))
        return reply if isinstance(reply, routing.Reply) else (
            routing.Reply(reply))

    def count(self, path: str, **params) -> int:
        reply = self.get(path, start=0, limit=1, **params)
        return int(reply.headers['x-total-item-count'])

    def page(self, path: str, views: Iterable[dict], page: Page) -> dict:
        """{'total', 'start', 'rows'}, the newest row first."""
        first, *others = views
        total = self.count(path, **first)
        end = max(0, total - page.start)
        start = max(0, end - page.limit)
        rows = []
        if end > start:
            rows = self.get(path, **first, start=start, limit=end - start
                            ).body
            for view in others:
                more = self.get(path, **view, start=start, limit=end - start)
                rows = [row | further
                        for row, further in zip(rows, more.body)]
        return {'total': total, 'start': page.start, 'rows': rows[::-1]}

    def _find(self, path):
        route, _names = _ROUTER.find(
            'GET', path, self._version, self._model.has_volume)
        return route


def overview(array) -> dict:
    """One array in a few numbers.

    :param array: an endpoint.SimulatedArray
    """
    with array.model.transaction():
        array.model.tick()
        reader = _Reader(array)
        identity, space = reader.get('array').body, reader.get(
            'array', space=True).body[0]
        totals = {kind: reader.count(path, **views[0])
                  for kind, (path, views) in _KINDS.items()
                  if reader.has(path)}
        controllers = reader.get('array', controllers=True).body
    return {
        'name': array.name, 'id': array.id, 'address': array.address,
        'purity_version': identity['version'],
        'rest_version': max(array.rest_versions, key=routing.parse_version),
        'is_online': array.is_online, 'controllers': controllers,
        'space': space, 'totals': totals,
        'faults': [dataclasses.asdict(fault) for fault in array.faults],
        'connection_count': array.connection_count,
        'session_count': len(array.sessions),
        'request_count': len(array.requests)}


def details(array, pages: dict[str, Page]) -> dict:
    """{kind: {'total', 'start', 'rows'}} of what this array knows of.

    :param array: an endpoint.SimulatedArray
    :param pages: by kind, for each one that is wanted
    """
    found = {}
    with array.model.transaction():
        array.model.tick()
        reader = _Reader(array)
        for kind, (path, views) in _KINDS.items():
            if kind in pages and reader.has(path):
                found[kind] = reader.page(path, views, pages[kind])
        for row in found.get('volumes', {'rows': ()})['rows']:
            row['connections'] = _volume_connections(array.model, row)
        for row in found.get('hosts', {'rows': ()})['rows']:
            row['connections'] = _host_connections(array.model, row)
    if 'requests' in pages:
        found['requests'] = _requests(array.requests, pages['requests'])
    return found


def _volume_connections(model, row):
    volume = lookup.any_volume(model.db, row['name'])
    connections = model.db.connections.select('volume', volume.id)
    shown = []
    for connection in connections[:_FIRST_CONNECTIONS]:
        is_shared = connection.hgroup_id is not None
        owner = (model.db.hgroups.get(connection.hgroup_id) if is_shared
                 else model.db.hosts.get(connection.host_id))
        shown.append({'to': owner.name, 'lun': connection.lun,
                      'is_shared': is_shared})
    return {'total': len(connections), 'rows': shown}


def _host_connections(model, row):
    host = lookup.host(model.db, row['name'])
    private = model.connections.private(host.id)
    shared = model.connections.shared(host.hgroup_id)
    first = [*private[:_FIRST_CONNECTIONS], *shared[:_FIRST_CONNECTIONS]]
    return {'total': len(private) + len(shared), 'rows': [
        {'to': model.db.volumes.get(connection.volume_id).name,
         'lun': connection.lun,
         'is_shared': connection.hgroup_id is not None}
        for connection in first[:_FIRST_CONNECTIONS]]}


def _requests(log, page):
    records = log.latest(page.start + page.limit)
    return {'total': len(log), 'start': page.start, 'rows': [
        dataclasses.asdict(record) for record in records[page.start:]]}
