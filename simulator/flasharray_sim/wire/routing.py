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
"""What a REST resource declares, and what a request looks like to it.

Resources declare `Route` objects; the wire turns every HTTP request into a
`Call` and renders what the handler returns. Nothing here knows a socket.
"""

from collections.abc import Callable
import dataclasses
import functools
from typing import Any
import urllib.parse

from flasharray_sim import errors

KINDS = ('string', 'integer', 'boolean', 'list', 'size', 'any')
METHODS = ('GET', 'POST', 'PUT', 'DELETE')
# Path variables that may take two segments, as in 'vgroup/volume'.
_TWO_SEGMENTS = frozenset(('volume', 'snapshot'))


@functools.lru_cache
def parse_version(text: str) -> tuple[int, int]:
    """Turn '1.17' into (1, 17), which compares as versions do."""
    major, minor = text.split('.')
    return int(major), int(minor)


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter that a route accepts.

    :ivar kind: one of KINDS. 'size' is passed on as it came, a number of
        bytes or a text like '10G'; 'any' is not looked at.
    :ivar since: REST version that introduced the parameter
    :ivar until: last REST version that accepts it, None for no end
    """
    name: str
    kind: str
    since: str = '1.0'
    until: str | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f'unknown parameter kind {self.kind!r}')

    def is_served_by(self, rest_version: tuple[int, int]) -> bool:
        if rest_version < parse_version(self.since):
            return False
        return self.until is None or rest_version <= parse_version(self.until)


@dataclasses.dataclass(frozen=True)
class Route:
    """A verb on a path below /api/1.x/, e.g. 'host/{host}/volume/{volume}'.

    :ivar handler: called with the array's model and the `Call`, returns the
        reply body (dict or list) or a `Reply`
    """
    method: str
    pattern: str
    handler: Callable[[Any, 'Call'], Any]
    parameters: tuple[Parameter, ...] = ()
    since: str = '1.0'

    def __post_init__(self):
        if self.method not in METHODS:
            raise ValueError(f'unknown method {self.method!r}')


@dataclasses.dataclass(frozen=True)
class Call:
    """One request, decoded.

    :ivar names: path variables, percent-decoded
    :ivar params: query merged with body (the body wins), decoded to the
        declared kinds; a null stays None, an absent parameter is not a key
    """
    names: dict[str, str]
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    rest_version: tuple[int, int] = (1, 19)
    user: str = 'pureuser'

    def get(self, name: str, default: Any = None) -> Any:
        return self.params.get(name, default)

    def flag(self, name: str) -> bool:
        return bool(self.params.get(name))


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a handler returns when it has headers to send, too."""
    body: dict | list
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


class Router:
    """Finds the route of a request, and the names that its path holds.

    :param routes: all routes of an array
    """

    def __init__(self, routes: tuple[Route, ...]):
        self._routes: dict[str, list[tuple[tuple[str, ...], Route]]] = {}
        seen = set()
        for route in routes:
            key = (route.method, route.pattern)
            if key in seen:
                raise ValueError(f'{key} is declared twice')
            seen.add(key)
            tokens = tuple(route.pattern.split('/'))
            self._routes.setdefault(tokens[0], []).append((tokens, route))
        for group in self._routes.values():
            group.sort(key=_literal_count, reverse=True)

    def find(self, method: str, path: str, rest_version: tuple[int, int],
             has_volume: Callable[[str], bool]
             ) -> tuple[Route, dict[str, str]]:
        """Choose the route for a path below /api/1.x/, still encoded.

        'volume/a/host' is a sub-resource of volume 'a' if that exists, else
        volume 'host' in volume group 'a' if that exists.

        :raises PurityError: path unknown to this REST version (404), or
            without this verb (405)
        """
        segments = split_path(path)
        matches = [
            (route, names)
            for tokens, route in self._routes.get(segments[0], ())
            if parse_version(route.since) <= rest_version
            for names in _match(tokens, segments)]
        if not matches:
            raise errors.refuse('path_unknown', ctx='/'.join(segments))
        served = [match for match in matches if match[0].method == method]
        if not served:
            raise errors.refuse('method_unknown', ctx='/'.join(segments))
        return _choose(served, has_volume)


def split_path(path: str) -> list[str]:
    """Decoded segments of a path; a '%2F' stays inside its segment."""
    return [urllib.parse.unquote(segment)
            for segment in path.rstrip('/').split('/')]


def _choose(readings: list[tuple[Route, dict[str, str]]],
            has_volume: Callable[[str], bool]):
    if len(readings) > 1:
        for route, names in readings:
            if 'volume' in names and has_volume(names['volume']):
                return route, names
    return readings[0]


def _literal_count(entry: tuple[tuple[str, ...], Route]) -> int:
    return sum(not token.startswith('{') for token in entry[0])


def _match(tokens: tuple[str, ...], segments: list[str]):
    """Yield every reading of the segments, as {variable: name}."""
    if not tokens or not segments:
        if not tokens and not segments:
            yield {}
        return
    token, rest = tokens[0], tokens[1:]
    if not token.startswith('{'):
        if token == segments[0]:
            yield from _match(rest, segments[1:])
        return
    variable = token[1:-1]
    for size in (1, 2) if variable in _TWO_SEGMENTS else (1,):
        taken = segments[:size]
        if len(taken) == size and all(taken):
            for names in _match(rest, segments[size:]):
                yield {variable: '/'.join(taken), **names}
