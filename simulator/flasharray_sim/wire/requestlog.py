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
"""What an array was asked, for tests and operators to look at."""

import collections
import dataclasses
import itertools
import threading
from typing import Any

CAPACITY = 10000
MASK = '****'
_SECRET_NAMES = frozenset((
    'api_token', 'connection_key', 'secret_access_key', 'private_key',
    'publickey', 'session', 'cookie', 'community'))
_SECRET_PARTS = ('password', 'passphrase')
_PRIVATE_KEY = 'PRIVATE KEY'


@dataclasses.dataclass(frozen=True)
class Record:
    """One request.

    :ivar path: below /api/1.x/, percent-decoded, without the query
    :ivar params: query and body merged, secrets masked
    :ivar status: of the answer, None when there was none; a connection that
        was reset after the operation has the status that got lost
    :ivar rest_version: as in the URL, '' for the version list
    :ivar reply_size_bytes: of the answer's body
    :ivar time: of the arrays when it was answered, ISO 8601 with offset
    :ivar fault: kind of the injected fault that the request met last
    """
    method: str
    path: str
    params: dict[str, Any]
    status: int | None
    rest_version: str
    user_agent: str
    time: str
    reply_size_bytes: int = 0
    fault: str | None = None


class RequestLog:
    """The latest requests of one array, oldest first, at most CAPACITY."""

    def __init__(self):
        self._lock = threading.Lock()
        self._records = collections.deque(maxlen=CAPACITY)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self):
        with self._lock:
            return iter(list(self._records))

    def latest(self, count: int) -> list[Record]:
        """At most so many records, the newest first."""
        with self._lock:
            return list(itertools.islice(reversed(self._records), count))

    def append(self, record: Record) -> None:
        with self._lock:
            self._records.append(record)

    def clear(self) -> None:
        with self._lock:
            self._records.clear()


def mask(value: Any) -> Any:
    """A copy of decoded JSON with every secret in it replaced."""
    if isinstance(value, dict):
        return {name: MASK if _is_secret(name) else mask(inner)
                for name, inner in value.items()}
    if isinstance(value, list):
        return [mask(inner) for inner in value]
    if isinstance(value, str) and _PRIVATE_KEY in value:
        return MASK
    return value


def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return lowered in _SECRET_NAMES or any(
        part in lowered for part in _SECRET_PARTS)
