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
"""Work that need not wait for other work, by a limited number of threads."""

from concurrent import futures
import threading


def portions(items, size):
    """Parts of a list, none longer than ``size``.

    :returns: iterator of lists
    """
    items = list(items)
    return (items[start:start + size]
            for start in range(0, len(items), size))


class Workers:
    """Threads that all operations of one backend share.

    Whoever has work does it himself, too. So what is begun goes on when all
    threads are busy, and work may have more work done in its turn.
    """

    def __init__(self, limit):
        """:param limit: threads beside those that call; none for 0"""
        self._limit = limit
        self._pool = futures.ThreadPoolExecutor(max(limit, 1), 'pure')

    def run(self, acts):
        """Do all of it at once, as far as there are threads.

        When anything fails, what was not begun is left, and what was begun
        is waited for.

        :param acts: callables without arguments
        :returns: list of what they returned, in the same order
        :raises BaseException: of those that failed, that of the first one
        """
        batch = _Batch(acts)
        helpers = [self._pool.submit(batch.work)
                   for _number in range(min(self._limit, batch.count - 1))]
        batch.work()
        for helper in helpers:
            if not helper.cancel():
                helper.result()
        return batch.outcome()


class _Batch:
    """What one ``run`` has to do."""

    def __init__(self, acts):
        acts = list(acts)
        self.count = len(acts)
        self._left = iter(enumerate(acts))
        self._lock = threading.Lock()
        self._results = {}
        self._errors = {}

    def work(self):
        """Do what is left, until nothing is or anything has failed."""
        while (found := self._next()) is not None:
            number, act = found
            try:
                self._results[number] = act()
            except BaseException as error:
                self._errors[number] = error

    def outcome(self):
        if self._errors:
            raise self._errors[min(self._errors)]
        return [self._results[number] for number in range(self.count)]

    def _next(self):
        with self._lock:
            return None if self._errors else next(self._left, None)
