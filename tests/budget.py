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
"""What an operation costs: requests, and how many wait for one another.

No clock tells whether requests went out at once. A thread carries the number
of requests that came one after another before it; what it starts begins with
that number, and whoever takes a result goes on with the greater one. So the
figures are exact, however busy the machine is. Limits of threads do not
count.
"""

from concurrent import futures
import contextlib
import dataclasses
import functools
import threading
from unittest import mock

from pure_cinder.array import session
from pure_cinder import parallel
from tests import interruptions


@dataclasses.dataclass
class Cost:
    """What was asked while it was measured.

    :ivar requests: such as ``GET host/h1``, in the order in which they went
    :ivar serial: how many waited for one another, at most
    :ivar statements: SQL statements
    """

    requests: list = dataclasses.field(default_factory=list)
    serial: int = 0
    statements: int = 0

    @property
    def figures(self):
        """:returns: requests, and those that waited for one another"""
        return len(self.requests), self.serial


@contextlib.contextmanager
def measured():
    """:returns: context manager that gives a Cost, which grows"""
    cost, depths = Cost(), _Depths()
    send = session.ArraySession._send

    def count(self, method, path, *rest):
        depths.own += 1
        cost.requests.append('%s %s' % (method, path))
        cost.serial = max(cost.serial, depths.own)
        return send(self, method, path, *rest)

    def count_statement(*_args):
        cost.statements += 1

    with (mock.patch.object(session.ArraySession, '_send', count),
          depths.followed(), interruptions.listening(
              'before_cursor_execute', count_statement)):
        yield cost


class _Depths(threading.local):
    """Requests that came one after another, as each thread knows them."""

    own = 0

    @contextlib.contextmanager
    def followed(self):
        """Take the number along to other threads, and back with results."""
        run, start = parallel.Workers.run, threading.Thread.start
        set_result, set_exception, result = (
            futures.Future.set_result, futures.Future.set_exception,
            futures.Future.result)

        def run_after(workers, acts):
            depth, ends = self.own, [self.own]

            def after(act):
                self.own = depth
                try:
                    return act()
                finally:
                    ends.append(self.own)

            try:
                return run(workers, [functools.partial(after, act)
                                     for act in acts])
            finally:
                self.own = max(ends)

        def start_after(thread):
            run_thread, depth = thread.run, self.own

            def go_on():
                self.own = depth
                run_thread()

            thread.run = go_on
            start(thread)

        def noting(settle):
            def note(future, outcome):
                future.depth = self.own
                settle(future, outcome)
            return note

        def result_of(future, timeout=None):
            try:
                return result(future, timeout)
            finally:
                self.own = max(self.own, getattr(future, 'depth', 0))

        with (mock.patch.object(parallel.Workers, 'run', run_after),
              mock.patch.object(threading.Thread, 'start', start_after),
              mock.patch.multiple(
                  futures.Future, set_result=noting(set_result),
                  set_exception=noting(set_exception), result=result_of)):
            yield
