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
"""The process that simulates arrays, and tells what it was asked.

``python -m benchmarks.arrays NAME...``
"""

import sys
import threading
import time

from benchmarks import lines
import flasharray_sim
from flasharray_sim.wire import app

SERVED, LOCK = [], threading.Lock()
# The first that the in-tree driver takes for NVMe/TCP.
PURITY = '6.4.2'
LIMITS = {'volumes': 50_000, 'snapshots': 200_000, 'hosts': 5_000,
          'pods': 1000}


def timed(call):
    """An ArrayApp's ``__call__`` that notes how long each request takes."""
    def measure(self, environ, start_response):
        start = time.perf_counter()
        try:
            return call(self, environ, start_response)
        finally:
            with LOCK:
                SERVED.append(time.perf_counter() - start)
    return measure


class Arrays:
    """What the benchmark asks of the arrays."""

    def __init__(self, simulator):
        self._simulator = simulator

    def ready(self):
        return {'certificate': str(self._simulator.certificate_path),
                'control': self._simulator.control_address,
                'arrays': [{'name': array.name, 'address': array.address,
                            'api_token': array.api_token}
                           for array in self._simulator.arrays]}

    def answer(self, do, **values):
        return getattr(self, do)(**values)

    def take(self):
        """Requests since the last time, and how long they took here."""
        with LOCK:
            served = list(SERVED)
            SERVED.clear()
        return {'requests': len(served), 'server_s': sum(served)}

    def advance(self, seconds):
        self._simulator.clock.advance(seconds)
        for array in self._simulator.arrays:
            with array.model.transaction():
                array.model.tick()
        return {}

    def fill(self, name, count):
        """Let an array have so many volumes of others."""
        [array] = [array for array in self._simulator.arrays
                   if array.name == name]
        with array.model.transaction():
            for number in range(len(array.model.db.volumes), count):
                array.model.volumes.create('other-%d' % number, '1G')
        return {}


def main(names):
    app.ArrayApp.__call__ = timed(app.ArrayApp.__call__)
    with flasharray_sim.Simulator(
            [{'name': name, 'capacity_bytes': 1 << 50, 'limits': LIMITS,
              'purity_version': PURITY} for name in names],
            is_clock_frozen=True) as simulator:
        arrays = Arrays(simulator)
        lines.serve(arrays.ready(), arrays.answer)


if __name__ == '__main__':
    main(sys.argv[1:])
