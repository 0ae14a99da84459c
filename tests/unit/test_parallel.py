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
"""Work at once: its results, its failures, and its limit."""

import functools
import threading

import pytest

from pure_cinder import parallel

WAIT_S = 30


@pytest.mark.parametrize('limit', [0, 1, 4, 40])
def test_results_come_in_order(limit):
    assert parallel.Workers(limit).run(
        functools.partial(pow, number, 2) for number in range(20)) == [
            number ** 2 for number in range(20)]


def test_nothing_to_do():
    assert parallel.Workers(4).run([]) == []


def test_work_is_done_at_once():
    barrier = threading.Barrier(3)
    parallel.Workers(2).run([lambda: barrier.wait(WAIT_S)] * 3)


def test_no_more_threads_than_the_limit():
    running, most, lock = set(), [0], threading.Lock()
    workers = parallel.Workers(2)

    def act():
        with lock:
            running.add(threading.current_thread())
            most[0] = max(most[0], len(running))

    callers = [threading.Thread(target=workers.run, args=([act] * 50,))
               for _number in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(WAIT_S)
    assert most[0] <= 2 + len(callers)


def test_without_threads_the_caller_works():
    found = parallel.Workers(0).run([threading.current_thread] * 3)
    assert set(found) == {threading.current_thread()}


def test_work_may_have_work_done_with_all_threads_busy():
    workers = parallel.Workers(1)

    def outer():
        return sum(workers.run([lambda: 1] * 5))

    assert workers.run([outer] * 5) == [5] * 5


def test_first_of_the_failures_is_told_when_all_have_ended():
    barrier, ended = threading.Barrier(2), []

    def fail(number):
        barrier.wait(WAIT_S)
        ended.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match='0'):
        parallel.Workers(1).run([functools.partial(fail, number)
                                 for number in range(2)])
    assert sorted(ended) == [0, 1]


def test_what_was_not_begun_when_something_failed_is_left():
    done = []

    def fail():
        raise KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt):
        parallel.Workers(0).run([fail, lambda: done.append(1)])
    assert done == []
