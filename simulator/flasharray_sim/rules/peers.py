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
"""The arrays of one simulator, which know each other.

How several arrays act as one:

- One lock for all. `array.transaction()` holds the whole fleet, and a
  transaction of a peer inside is part of the outer one: a rule may change
  its own tables and those of a peer, and when it raises, both are put back.
  When it succeeds, each array's file gets its share in one SQLite
  transaction, or all get theirs at the next start (`state.redo`).
- A rule finds its peer with `fleet.find(array_id)` (None for an array that
  is not simulated any more) and asks `fleet.is_linked(array, peer)` whether
  the two can talk now. They cannot while one of them is off the network
  (`set_online`, told by the array's endpoint), nor while a fault cuts the
  link (`cut`, `mend`). Objects on an array that cannot be reached are not to
  be changed by a rule of another, as a real array could not.
- The mediator of stretched pods is beyond the fleet; an array reaches it
  unless a fault says otherwise (`lose_mediator`, `reaches_mediator`).
- Each time that any of this changes, what was due is done first, and then
  every array hears of it: all functions in `array.on_links_changed` are
  called, without arguments, in a transaction. They must be idempotent, as
  they are called at each start, too.
- The bytes of contents, where there are any, are kept by `fleet.store`: all
  that a transaction needs is there before it is kept.
- What is due later is a row in an ordered index. `array.timers` lists (table,
  index, function): the function gets the row when its time has come and has
  to take it out of the index or to put it further on. `fleet.tick` runs the
  timers of all arrays in order of time; each sees the time when it was due
  as `core.now_s()`, however far the clock was advanced at once.
"""

import contextlib
import fnmatch
import threading

from flasharray_sim.data_plane import store as stores
from flasharray_sim.rules import names
from flasharray_sim.state import redo as redo_log


class Fleet:
    """Arrays with one lock and one course of time.

    :param redo: keeps what several arrays are to write at once
    :param store: keeps the bytes of contents

    :ivar on_kept: functions without arguments, called with the lock held
        after each transaction that was kept
    :ivar moment_s: the time that a timer which is running now was due at,
        else None
    """

    def __init__(self, redo: redo_log.RedoLog | None = None,
                 store: stores.Identities | None = None):
        self.store = store or stores.Identities()
        self.on_kept: list = []
        self.moment_s: int | None = None
        self._redo = redo or redo_log.RedoLog()
        self._lock = threading.RLock()
        self._depth = 0
        self._members: list = []
        self._offline_ids: set[str] = set()
        self._cut_links: set[frozenset[str]] = set()
        self._unmediated: dict[str, frozenset[str]] = {}

    def __iter__(self):
        return iter(self._members)

    def join(self, array):
        """Add an array; its `db` takes part in all transactions now on."""
        with self._lock:
            self._members.append(array)

    @contextlib.contextmanager
    def transaction(self):
        """Hold all arrays; all changes made inside are kept, or none."""
        with self._lock:
            if self._depth:
                yield
                return
            self._depth += 1
            try:
                with contextlib.ExitStack() as writing:
                    with contextlib.ExitStack() as stack:
                        for array in self._members:
                            stack.enter_context(array.db.transaction())
                        yield
                        self.store.prepare(self._members)
                        writing.enter_context(
                            self._redo.writing(self._changes()))
            except BaseException:
                self.store.undo()
                raise
            finally:
                self._depth -= 1
            self.store.finish(self._members)
            for react in self.on_kept:
                react()

    @contextlib.contextmanager
    def savepoint(self):
        """Within a transaction: undo only what was done inside."""
        with contextlib.ExitStack() as stack:
            for array in self._members:
                stack.enter_context(array.db.savepoint())
            yield

    def find(self, array_id: str):
        """The array with this id, or None."""
        for array in self._members:
            if array.id == array_id:
                return array
        return None

    def highest_id(self) -> int:
        """The highest row id that any array has given."""
        return max((array.db.last_number('id') for array in self._members),
                   default=0)

    def peers(self, array) -> list:
        """All other arrays, reachable or not."""
        return [other for other in self._members if other is not array]

    def is_online(self, array) -> bool:
        return array.id not in self._offline_ids

    def is_linked(self, array, other) -> bool:
        """Whether two arrays can talk to each other now."""
        return (self.is_online(array) and self.is_online(other)
                and frozenset((array.id, other.id)) not in self._cut_links)

    def set_online(self, array, is_online: bool):
        """Tell that an array came to the network, or left it."""
        with self._changing_links(array):
            if is_online:
                self._offline_ids.discard(array.id)
            else:
                self._offline_ids.add(array.id)

    def cut(self, array, other):
        """Take the link between two arrays down; both stay online."""
        with self._changing_links(array):
            self._cut_links.add(frozenset((array.id, other.id)))

    def mend(self, array, other):
        with self._changing_links(array):
            self._cut_links.discard(frozenset((array.id, other.id)))

    def lose_mediator(self, array, pods: frozenset[str]):
        """Tell for which pods an array cannot reach the mediator.

        :param pods: shell patterns of their names; none when it is back
        """
        with self._changing_links(array):
            self._unmediated[array.id] = pods

    def reaches_mediator(self, array, pod) -> bool:
        return not any(
            fnmatch.fnmatchcase(names.key(pod.name), names.key(pattern))
            for pattern in self._unmediated.get(array.id, ()))

    def announce(self, *arrays):
        """Let arrays look again at whom they can reach, and for what."""
        for array in arrays:
            for react in array.on_links_changed:
                react()

    def tick(self, now_s: int):
        """Do what has become due on any array, in order of time."""
        self.store.observe(self._members)
        while (due := self._next_due()) and due[0] <= now_s:
            due_s, run, row = due
            self.moment_s = max(due_s, self.moment_s or 0)
            try:
                run(row)
            except BaseException:
                self.moment_s = None
                raise
        self.moment_s = None

    def _changes(self):
        return {array.config.name: changes for array in self._members
                if (changes := array.db.changes())}

    def _next_due(self):
        """(time, function, row) of the timer that comes first, or None."""
        found = None
        for array in self._members:
            for table, index, run in array.timers:
                first = table.first(index)
                if first and (found is None or first[0] < found[0]):
                    found = first[0], run, first[1]
        return found

    @contextlib.contextmanager
    def _changing_links(self, array):
        with self.transaction():
            array.tick()
            yield
            self.announce(*self._members)
