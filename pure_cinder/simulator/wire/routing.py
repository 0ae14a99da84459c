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
from typing import Any

KINDS = ('string', 'integer', 'boolean', 'list', 'size', 'any')
METHODS = ('GET', 'POST', 'PUT', 'DELETE')


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
