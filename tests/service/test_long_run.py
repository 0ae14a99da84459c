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
"""A day of mixed load leaves nothing behind in the process."""

import gc
import threading
import time
import tracemalloc

import pytest

from pure_cinder import options
from tests import world as world_module

HOURS = 24
WARM_HOURS = 6
VOLUMES = 3
GROWTH_BYTES = 50_000


@pytest.fixture
def clock(monkeypatch):
    """The monotonic clock: ``clock(seconds)`` passes time."""
    ahead, real = [0], time.monotonic
    monkeypatch.setattr(time, 'monotonic', lambda: real() + ahead[0])

    def advance(seconds):
        ahead[0] += seconds
    return advance


def work(world, hour):
    """Machines, volumes and snapshots that are there for an hour."""
    machines = [world_module.connector('node-%d-%d' % (hour, number),
                                       100 * hour + number)
                for number in range(VOLUMES)]
    volumes = [world.create() for _machine in machines]
    for volume, machine in zip(volumes, machines):
        world.attach(volume, machine)
    world.driver.delete_snapshot(world.snapshot(volumes[1]))
    world.driver.get_volume_stats(refresh=True)
    for volume, machine in zip(volumes, machines):
        world.detach(volume, machine)
    for volume in volumes:
        world.driver.delete_volume(volume)
        volume.destroy()


def held_bytes():
    """What was allocated in the driver's modules and is held still."""
    gc.collect()
    snapshot = tracemalloc.take_snapshot().filter_traces(
        [tracemalloc.Filter(True, '*/pure_cinder/*')])
    return sum(trace.size for trace in snapshot.traces)


def test_a_day_leaves_memory_threads_and_connections_as_they_were(
        world, array, clock):
    tracemalloc.start()
    try:
        for hour in range(HOURS):
            work(world, hour)
            clock(3600)
            world.driver.get_volume_stats(refresh=True)
            if hour == WARM_HOURS:
                before = (held_bytes(), threading.active_count(),
                          array.connection_count)
        after = (held_bytes(), threading.active_count(),
                 array.connection_count)
    finally:
        tracemalloc.stop()
    assert after[0] - before[0] < GROWTH_BYTES
    # As many as were ever busy at once stay; none is left with each hour.
    assert after[1] - before[1] <= options.MAX_THREADS
    assert after[2] - before[2] <= options.MAX_THREADS
