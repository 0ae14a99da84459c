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
"""The log of requests is bounded, whatever it is that comes."""

import sys

import pytest

from flasharray_sim.wire import requestlog

MIB = 1 << 20


def record(params, **more):
    return requestlog.Record(**{
        'method': 'POST', 'path': 'volume/v', 'params': params,
        'status': 400, 'rest_version': '1.19', 'user_agent': '', 'time': '',
        **more})


def nested(depth, width):
    return [nested(depth - 1, width) for _ in range(width)] if depth else 'x'


# Each makes something of about 2 MiB.
LARGE = {
    'a value': lambda: record({'a': 'x' * 2 * MIB}),
    'a name': lambda: record({'x' * 2 * MIB: 1}),
    'many values': lambda: record({'a': [
        f'value {number}' for number in range(30000)]}),
    'many names': lambda: record({
        f'name {number}': number for number in range(20000)}),
    'many numbers': lambda: record({'a': [
        number + 0.5 for number in range(60000)]}),
    'much in much': lambda: record({'a': nested(5, 8)}),
    'a path': lambda: record({}, path='x' * 2 * MIB),
    'a client': lambda: record({}, user_agent='x' * 2 * MIB),
}


def held_bytes(value):
    inner = (*value.keys(), *value.values()) if isinstance(value, dict) else (
        value if isinstance(value, list) else ())
    return sys.getsizeof(value) + sum(map(held_bytes, inner))


@pytest.mark.parametrize('make', LARGE.values(), ids=LARGE)
def test_a_record_does_not_grow_with_what_was_asked(make):
    asked = vars(make())
    assert held_bytes(asked) > MIB
    kept = vars(requestlog.RequestLog().append(make()))
    assert held_bytes(kept) < 2 * requestlog.RECORD_LIMIT_BYTES
    assert requestlog.CUT in repr(kept)


def test_the_log_as_a_whole_is_bounded():
    log = requestlog.RequestLog()
    for number in range(500):
        log.append(record({'number': number, 'a': 'x' * MIB}))
    kept = list(log)
    fitting = requestlog.LOG_LIMIT_BYTES // requestlog.RECORD_LIMIT_BYTES
    assert fitting - 1 <= len(kept) == len(log) <= fitting
    assert kept[-1].params['number'] == 499
    log.clear()
    log.append(record({}))
    assert len(log) == 1


def test_small_records_are_kept_whole_up_to_the_capacity():
    log = requestlog.RequestLog()
    params = {'names': [f'volume-{number:055}' for number in range(1000)]}
    assert log.append(record(params)).params == params
    for number in range(requestlog.CAPACITY + 1):
        log.append(record({'number': number}))
    assert len(log) == requestlog.CAPACITY
    assert next(iter(log)).params == {'number': 1}


def test_secrets_are_not_kept_however_long():
    log = requestlog.RequestLog()
    kept = log.append(record({
        'host_password': 's' * 2 * MIB,
        'certificate': '-PRIVATE KEY-' + 's' * MIB, 'name': 'h'}))
    assert kept.params == {'host_password': requestlog.MASK,
                           'certificate': requestlog.MASK, 'name': 'h'}
