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
"""The virtual clock."""

import datetime

import pytest

from flasharray_sim import clock as clocks

DAY = datetime.timedelta(days=1)


def test_frozen_clock_moves_by_advance_only():
    clock = clocks.Clock(frozen=True)
    start = clock.now()
    assert clock.now() == start
    assert start.tzinfo is datetime.timezone.utc
    clock.advance(86400)
    clock.advance(0.5)
    assert clock.now() == start + DAY + datetime.timedelta(seconds=0.5)


def test_running_clock_is_real_time_and_an_offset():
    clock = clocks.Clock()
    before = datetime.datetime.now(datetime.timezone.utc)
    first = clock.now()
    clock.advance(86400)
    second = clock.now()
    after = datetime.datetime.now(datetime.timezone.utc)
    assert before <= first <= after
    assert before + DAY <= second <= after + DAY


@pytest.mark.parametrize('seconds', [
    -1, float('nan'), float('inf'), 1e30, -0.001])
def test_clock_goes_forward_only(seconds):
    clock = clocks.Clock(frozen=True)
    start = clock.now()
    with pytest.raises(ValueError, match='advance'):
        clock.advance(seconds)
    assert clock.now() == start


def test_offset_survives(tmp_path):
    path = str(tmp_path / 'clock.json')
    clocks.Clock(path=path).advance(86400)
    clocks.Clock(path=path).advance(86400)
    now = clocks.Clock(path=path).now()
    assert now >= datetime.datetime.now(datetime.timezone.utc) + 2 * DAY - (
        datetime.timedelta(minutes=5))
