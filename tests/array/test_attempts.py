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
"""An attempt that fails is not repeated by everyone who waited for it."""

import concurrent.futures
import threading

import pytest

import flasharray_sim
from pure_cinder.array import attempts
from pure_cinder.array import errors

THREADS = 8


def in_threads(call):
    """What each of the threads got: None or its exception."""
    start = threading.Barrier(THREADS)

    def run(_number):
        start.wait()
        try:
            call()
        except Exception as error:
            return error

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.parametrize('failure', [None, KeyError('x')])
def test_waiting_threads_share_the_outcome(failure):
    made = []

    def attempt():
        made.append(1)
        if failure:
            raise failure

    shared = attempts.SharedAttempt(attempt)
    assert in_threads(lambda: shared.make(0)) == [failure] * THREADS
    assert len(made) == 1


def test_later_need_makes_a_new_attempt():
    made = []
    shared = attempts.SharedAttempt(lambda: made.append(1) or 1 // (
        len(made) - 1))
    with pytest.raises(ZeroDivisionError):
        shared.make(shared.count)
    shared.make(shared.count)
    assert len(made) == 2


def test_threads_share_the_failure_to_connect(gateway, array):
    array.faults.add(flasharray_sim.Fault(kind='latency', delay_s=0.5))
    refused = array.faults.add(flasharray_sim.Fault(
        kind='status', status=400, path='api_version'))

    outcomes = in_threads(gateway.get_array)

    assert refused.hits == 1
    assert len(outcomes) == THREADS
    assert all(isinstance(error, errors.ArrayError) for error in outcomes)

    array.faults.clear()
    assert gateway.get_array().name == array.name


def test_threads_share_the_failure_to_log_in(gateway, array):
    gateway.get_array()
    array.sessions.expire_all()
    array.faults.add(flasharray_sim.Fault(kind='latency', delay_s=0.5))
    refused = array.faults.add(flasharray_sim.Fault(
        kind='status', status=401, path='auth/session'))

    outcomes = in_threads(gateway.get_space)

    assert refused.hits == 1
    assert all(isinstance(error, errors.ArrayAuthenticationError)
               for error in outcomes)

    array.faults.clear()
    assert gateway.get_space().capacity_bytes
