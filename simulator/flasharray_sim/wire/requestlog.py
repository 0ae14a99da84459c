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
import math
import threading
from typing import Any

CAPACITY = 10000
# What all records may hold, and one of them; requests that mean something
# stay far below.
LOG_LIMIT_BYTES = 32 << 20
RECORD_LIMIT_BYTES = 256 << 10
CUT = '...'
MASK = '****'
# What Python needs for a value beside its text, roughly.
_VALUE_BYTES = 64
_SECRET_NAMES = frozenset((
    'api_token', 'connection_key', 'secret_access_key', 'private_key',
    'publickey', 'session', 'cookie', 'community'))
_SECRET_PARTS = ('password', 'passphrase')
_PRIVATE_KEY = 'PRIVATE KEY'


@dataclasses.dataclass(frozen=True)
class Record:
    """One request.

    :ivar path: below /api/1.x/, percent-decoded, without the query
    :ivar params: query and body merged; the log keeps them with secrets
        masked, and CUT in place of what is too long
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
    """The latest requests of one array, oldest first.

    At most CAPACITY, and what fits into LOG_LIMIT_BYTES.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._records = collections.deque()
        self._sizes_bytes = collections.deque()
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self):
        with self._lock:
            return iter(list(self._records))

    def latest(self, count: int) -> list[Record]:
        """At most so many records, the newest first."""
        with self._lock:
            return list(itertools.islice(reversed(self._records), count))

    def append(self, record: Record) -> Record:
        """Keep a record, without secrets and cut; returns what is kept."""
        copy = _Copy(RECORD_LIMIT_BYTES)
        record = dataclasses.replace(
            record, path=copy.of(record.path), params=copy.of(record.params),
            user_agent=copy.of(record.user_agent))
        with self._lock:
            self._records.append(record)
            self._sizes_bytes.append(copy.size_bytes)
            self._size_bytes += copy.size_bytes
            while (len(self._records) > CAPACITY
                   or self._size_bytes > LOG_LIMIT_BYTES):
                self._records.popleft()
                self._size_bytes -= self._sizes_bytes.popleft()
        return record

    def clear(self) -> None:
        with self._lock:
            self._records.clear()
            self._sizes_bytes.clear()
            self._size_bytes = 0


def mask(value: Any) -> Any:
    """A copy of decoded JSON with every secret in it replaced."""
    return _Copy(math.inf).of(value)


class _Copy:
    """Copies decoded JSON without its secrets, up to a limit."""

    def __init__(self, limit_bytes: float):
        self._limit_bytes = limit_bytes
        self.size_bytes = 0

    def of(self, value: Any) -> Any:
        self.size_bytes += _VALUE_BYTES
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, str):
            return MASK if _PRIVATE_KEY in value else self._text(value)
        return value

    def _object(self, value):
        copied = {}
        for name, inner in value.items():
            if self.size_bytes >= self._limit_bytes:
                return copied | {CUT: CUT}
            copied[self._text(name)] = (
                MASK if _is_secret(name) else self.of(inner))
        return copied

    def _list(self, value):
        copied = []
        for inner in value:
            if self.size_bytes >= self._limit_bytes:
                return [*copied, CUT]
            copied.append(self.of(inner))
        return copied

    def _text(self, text):
        room = max(0, self._limit_bytes - self.size_bytes)
        if len(text) <= room:
            self.size_bytes += len(text)
            return text
        self.size_bytes = self._limit_bytes
        return text[:room] + CUT


def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return lowered in _SECRET_NAMES or any(
        part in lowered for part in _SECRET_PARTS)
