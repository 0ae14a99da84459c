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

import json

import pytest

import flasharray_sim
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
# What seeds have no words for.
SET_UP = (
    ('vgroup/vg1', {}), ('volume/vg1/v1', {'size': '1G'}), ('pod/pod1', {}),
    ('volume/pod1::v1', {'size': '1G'}),
    ('pgroup/pg1', {'vollist': ['v1']}),
    ('pgroup', {'snap': True, 'source': ['pg1'], 'suffix': '1'}),
    ('pgroup/pod1::pg1', {'vollist': ['pod1::v1']}))


class Target:
    """Two arrays, the first of which is asked over one connection."""

    def __init__(self, simulator):
        self._simulator = simulator
        self._models = [array.model for array in simulator.arrays]
        self.array = simulator.arrays[0]
        self._line = None
        self._set_up()
        self._initial = states.capture(self._models)

    def _set_up(self):
        line = self._ready_line()
        peer = self._models[1]
        for path, params in (*SET_UP, ('array/connection', {
                'connection_key': peer.core.setting('connection_key'),
                'management_address': peer.cabling.interface(
                    'vir0').address, 'type': ['sync']})):
            reply = line.ask('POST', b'/api/1.19/' + path.encode(),
                             json.dumps(params).encode())
            assert reply.status == 200, reply

    def ask(self, request, records: tuple[str, ...] = ()) -> lines.Reply:
        """Send a request to arrays that are as they were at the start.

        A refused one changes nothing, one that reads neither, and the
        connection serves the next request.

        :param records: tables that keep a record of refusals, too
        """
        line = self._ready_line()
        self._line = None
        states.restore(self._models, self._initial)
        reply = line.ask(request.method, request.target, request.body,
                         request.content_type)
        after = states.capture(self._models)
        if reply.status != 200 or request.method == 'GET':
            assert _without(after, records) == _without(
                self._initial, records)
        self._line = line
        self.check_usable()
        return reply

    def check_usable(self):
        """The connection is still there and answers."""
        line = self._ready_line()
        self._line = None
        states.restore(self._models, self._initial)
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


def _without(captured, tables):
    return [{name: rows for name, rows in array.items()
             if name not in tables} for array in captured]


@pytest.fixture(scope='module')
def target():
    with flasharray_sim.Simulator(
            arrays=2, strict=True, is_clock_frozen=True,
            seed={'arrays': {'pure01': SEED}}) as simulator:
        target = Target(simulator)
        yield target
        target.close()
