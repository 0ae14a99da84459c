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
"""Whatever comes over the line, the answer is Purity's and harmless."""

import pytest

from pure_cinder import simulator as simulator_package
from tests.simulator.fuzz import lines
from tests.simulator.fuzz import states

SEED = {
    'volumes': [
        {'name': 'v1', 'size': '1G', 'used_bytes': 8192,
         'snapshots': ['a', 'b'], 'tags': {'key': 'value'}},
        {'name': 'v2', 'source': 'v1', 'snapshots': ['a']},
        {'name': 'v3', 'size': '1M'},
        {'name': 'gone', 'size': '1G', 'used_bytes': 4096,
         'snapshots': ['a'], 'destroyed': True}],
    'hosts': [{'name': 'h1', 'iqns': ['iqn.2020-01.com.example:1']},
              {'name': 'h2', 'wwns': ['1111222233334444']},
              {'name': 'h3'}],
    'hgroups': [{'name': 'hg1', 'hosts': ['h2']}, {'name': 'hg2'}],
    'connections': [{'host': 'h1', 'volume': 'v1'},
                    {'hgroup': 'hg1', 'volume': 'v2'}],
}


class Target:
    """Two arrays, the first of which is asked over one connection."""

    def __init__(self, simulator):
        self._simulator = simulator
        self._models = [array.model for array in simulator.arrays]
        self.array = simulator.arrays[0]
        self._initial = states.capture(self._models)
        self._line = None

    def ask(self, request) -> lines.Reply:
        """Send a request to arrays that are as they were at the start.

        A refused one changes nothing, one that reads neither, and the
        connection serves the next request.
        """
        states.restore(self._models, self._initial)
        line = self._ready_line()
        self._line = None
        reply = line.ask(request.method, request.target, request.body,
                         request.content_type)
        after = states.capture(self._models)
        if reply.status != 200 or request.method == 'GET':
            assert after == self._initial
        self._line = line
        self.check_usable()
        return reply

    def check_usable(self):
        """The connection is still there and answers."""
        states.restore(self._models, self._initial)
        line = self._ready_line()
        self._line = None
        reply = line.ask('GET', b'/api/1.0/array')
        assert reply.status == 200, reply
        assert reply.body['array_name'] == self.array.name
        self._line = line

    def open(self) -> lines.Line:
        return lines.Line(self.array.address,
                          self._simulator.certificate_path)

    def close(self):
        if self._line:
            self._line.close()

    def _ready_line(self):
        # After a failed example there is none.
        if self._line is None:
            self._line = self.open()
            self._line.log_in(self.array.api_token)
        return self._line


@pytest.fixture(scope='module')
def target():
    with simulator_package.Simulator(
            arrays=2, strict=True, is_clock_frozen=True,
            seed={'arrays': {'pure01': SEED}}) as simulator:
        target = Target(simulator)
        yield target
        target.close()
