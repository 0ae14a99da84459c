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
"""Faults that a test or an operator injects into one array."""

from collections.abc import Callable
import dataclasses
import fnmatch
import threading

from pure_cinder.simulator.wire import routing

KINDS = ('latency', 'reset_before', 'reset_after', 'status', 'offline')
MAX_DELAY_S = 3600.0


@dataclasses.dataclass(eq=False)
class Fault:
    """What goes wrong, for which requests, and how often.

    :ivar kind: 'latency' answers delay_s of real time later; 'reset_before'
        and 'reset_after' reset the TCP connection without an answer, before
        the request took effect or after it did; 'status' refuses the request
        with status and text; 'offline' refuses every TCP connection for as
        long as the fault is there
    :ivar method: HTTP verb, '*' for any
    :ivar path: shell pattern for the path below /api/1.x/, e.g. 'volume/*'
    :ivar count: how many requests are hit, None for no end
    :ivar hits: how many requests were hit so far
    """
    kind: str
    method: str = '*'
    path: str = '*'
    count: int | None = None
    delay_s: float = 0.0
    status: int = 500
    text: str = 'Injected fault.'
    hits: int = dataclasses.field(default=0, init=False)

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f'unknown fault kind {self.kind!r}')
        if self.method not in (*routing.METHODS, '*'):
            raise ValueError(f'unknown method {self.method!r}')
        if not isinstance(self.path, str) or not isinstance(self.text, str):
            raise ValueError('path and text are strings')
        if self.count is not None and not _is_integer(self.count, 1, 10**9):
            raise ValueError(f'count must be at least 1, not {self.count!r}')
        if not _is_integer(self.status, 400, 599):
            raise ValueError(f'{self.status!r} is no HTTP error status')
        if self.kind == 'latency':
            self._check_delay()
        if self.kind == 'offline' and (
                self.method, self.path, self.count) != ('*', '*', None):
            raise ValueError('an array is offline for every request')

    def _check_delay(self) -> None:
        delay_s = self.delay_s
        if isinstance(delay_s, bool) or not isinstance(delay_s, (int, float)):
            raise ValueError(f'delay_s is a number, not {delay_s!r}')
        if not 0 < delay_s <= MAX_DELAY_S:
            raise ValueError(f'delay_s must be above 0 and at most '
                             f'{MAX_DELAY_S:g}, not {delay_s!r}')

    def matches(self, method: str, path: str) -> bool:
        return (self.method in ('*', method)
                and fnmatch.fnmatchcase(path, self.path)
                and (self.count is None or self.hits < self.count))


class Faults:
    """The faults of one array; safe to use from many threads.

    :param on_change: called after each change, for the array to leave the
        network or to come back as is_offline says
    """

    def __init__(self, on_change: Callable[[], None]):
        self._lock = threading.Lock()
        self._on_change = on_change
        self._faults: list[Fault] = []

    def __iter__(self):
        with self._lock:
            return iter(list(self._faults))

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        self._on_change()
        return fault

    def remove(self, fault: Fault) -> None:
        """Take one fault away; raises ValueError if it is not there."""
        with self._lock:
            self._faults.remove(fault)
        self._on_change()

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
        self._on_change()

    @property
    def is_offline(self) -> bool:
        return any(fault.kind == 'offline' for fault in self)

    def take(self, method: str, path: str) -> list[Fault]:
        """The faults that hit this request, counted as hits."""
        with self._lock:
            taken = [fault for fault in self._faults
                     if fault.kind != 'offline'
                     and fault.matches(method, path)]
            for fault in taken:
                fault.hits += 1
            return taken


def _is_integer(value, low: int, high: int) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)
            and low <= value <= high)
