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
import itertools
import random
import threading

from flasharray_sim.wire import routing

# What happens to single requests.
CONDITIONS = ('full', 'limit_reached', 'read_only')
REQUEST_KINDS = ('latency', 'slow_body', 'reset_before', 'reset_after',
                 'status', *CONDITIONS)
# What is there until it is taken away.
STANDING_KINDS = ('offline', 'failover', 'link_down', 'mediator_down')
KINDS = (*REQUEST_KINDS, *STANDING_KINDS)
_TIMED_KINDS = ('latency', 'slow_body', 'failover')
MAX_DELAY_S = 3600.0
MAX_FAULTS = 1000


@dataclasses.dataclass(eq=False)
class Fault:
    """What goes wrong, for which requests, and how often.

    Kinds that hit requests:

    - 'latency': the answer comes delay_s of real time later, and up to
      jitter_s on top; the same series of delays for each new fault
    - 'slow_body': the answer's body takes delay_s to arrive
    - 'reset_before', 'reset_after': the TCP connection is reset without an
      answer, before the request took effect or after it did
    - 'status': the request is refused with status and text
    - 'full', 'limit_reached': the request finds the array without space, or
      with as many objects of each kind as it can have
    - 'read_only': the request is that of a user who may only read

    Kinds that last as long as the fault is there:

    - 'offline': every TCP connection is refused
    - 'failover': the primary controller is away and the other one takes
      over, refusing connections for delay_s of real time; all sessions are
      lost. With the fault the controller comes back, as the secondary.
    - 'link_down': the array and its peers cannot reach each other
    - 'mediator_down': the array cannot reach the mediator of its pods

    :ivar id: number that it got when it was added
    :ivar method: HTTP verb, '*' for any
    :ivar path: shell pattern for the path below /api/1.x/, e.g. 'volume/*'
    :ivar skip: how many requests that match are let through first
    :ivar count: how many requests are hit, None for no end
    :ivar peer: shell pattern for the names of the peers that are cut off
    :ivar pod: shell pattern for the names of the pods without mediator
    :ivar hits: how many requests were hit so far
    """
    kind: str
    method: str = '*'
    path: str = '*'
    count: int | None = None
    skip: int = 0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    status: int = 500
    text: str = 'Injected fault.'
    peer: str = '*'
    pod: str = '*'
    hits: int = dataclasses.field(default=0, init=False)
    skipped: int = dataclasses.field(default=0, init=False)
    id: int | None = dataclasses.field(default=None, init=False)

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f'unknown fault kind {self.kind!r}')
        if self.method not in (*routing.METHODS, '*'):
            raise ValueError(f'unknown method {self.method!r}')
        if not all(isinstance(value, str)
                   for value in (self.path, self.text, self.peer, self.pod)):
            raise ValueError('path, text, peer and pod are strings')
        if self.count is not None and not _is_integer(self.count, 1, 10**9):
            raise ValueError(f'count must be at least 1, not {self.count!r}')
        if not _is_integer(self.skip, 0, 10**9):
            raise ValueError(f'skip must not be below 0, as {self.skip!r} is')
        if not _is_integer(self.status, 400, 599):
            raise ValueError(f'{self.status!r} is no HTTP error status')
        if self.kind in STANDING_KINDS and (
                self.method, self.path, self.count, self.skip) != (
                    '*', '*', None, 0):
            raise ValueError(
                f'{self.kind} is for every request, without a count')
        self._check_times()
        self._random = random.Random(0)

    def _check_times(self) -> None:
        for name in ('delay_s', 'jitter_s'):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(
                    value, (int, float)) or not 0 <= value <= MAX_DELAY_S:
                raise ValueError(f'{name} is a number from 0 to '
                                 f'{MAX_DELAY_S:g}, not {value!r}')
        if self.jitter_s and self.kind != 'latency':
            raise ValueError('only latency has a jitter_s')
        if self.kind in _TIMED_KINDS and not self.delay_s + self.jitter_s:
            raise ValueError(f'{self.kind} needs a delay_s above 0')

    def hit(self) -> bool:
        """Count a request that matches; says whether it is hit."""
        if self.skipped < self.skip:
            self.skipped += 1
            return False
        self.hits += 1
        return True

    def next_delay_s(self) -> float:
        """How long this hit lasts: delay_s and up to jitter_s more."""
        return self.delay_s + self._random.uniform(0, self.jitter_s)

    def matches(self, method: str, path: str) -> bool:
        return (self.kind in REQUEST_KINDS
                and self.method in ('*', method)
                and fnmatch.fnmatchcase(path, self.path)
                and (self.count is None or self.hits < self.count))


class Faults:
    """The faults of one array; safe to use from many threads.

    :param on_change: called after each change, for the array to do what
        the standing faults say
    """

    def __init__(self, on_change: Callable[[], None]):
        self._lock = threading.Lock()
        self._on_change = on_change
        self._ids = itertools.count(1)
        self._faults: list[Fault] = []

    def __iter__(self):
        with self._lock:
            return iter(list(self._faults))

    def add(self, fault: Fault) -> Fault:
        """Let it happen from now on.

        :raises ValueError: there are too many, or the array has only one
            controller left
        """
        with self._lock:
            if len(self._faults) >= MAX_FAULTS:
                raise ValueError(f'there are {MAX_FAULTS} faults already')
            if fault.kind == 'failover' and any(
                    other.kind == 'failover' for other in self._faults):
                raise ValueError('one controller is away already')
            fault.id = next(self._ids)
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

    def find(self, kind: str) -> Fault | None:
        """The oldest fault of a kind."""
        for fault in self:
            if fault.kind == kind:
                return fault
        return None

    def is_cut_off(self, peer: str) -> bool:
        """Whether a fault takes the link to this peer down."""
        return any(
            fnmatch.fnmatchcase(peer.lower(), fault.peer.lower())
            for fault in self if fault.kind == 'link_down')

    def pods_without_mediator(self) -> frozenset[str]:
        """Patterns of the pods whose mediator cannot be reached."""
        return frozenset(
            fault.pod for fault in self if fault.kind == 'mediator_down')

    def take(self, method: str, path: str) -> list[Fault]:
        """The faults that hit this request, counted as hits."""
        with self._lock:
            matching = [fault for fault in self._faults
                        if fault.matches(method, path)]
            return [fault for fault in matching if fault.hit()]


def _is_integer(value, low: int, high: int) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)
            and low <= value <= high)
