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
"""Fixtures for tests of programs that speak to FlashArrays.

pytest loads this wherever the package is installed; the simulator itself is
imported by the first test that asks for an array.
"""

import pytest

MARKER = 'flasharray'


def pytest_configure(config):
    config.addinivalue_line('markers', (
        f'{MARKER}(**settings): what flasharray_sim.Simulator is to be made '
        f'with, e.g. arrays=2, instead of one array'))


@pytest.fixture
def flasharray_simulator(request):
    """A simulator that is running: of one array, or as the marker says.

    Indirect parameters are settings, too, and win over those of the marker.
    """
    import flasharray_sim
    marker = request.node.get_closest_marker(MARKER)
    settings = {'arrays': 1}
    if marker is not None:
        if marker.args:
            raise pytest.UsageError(f'{MARKER} takes settings by name only')
        settings |= marker.kwargs
    settings |= getattr(request, 'param', {})
    with flasharray_sim.Simulator(**settings) as running:
        yield running


@pytest.fixture
def flasharrays(flasharray_simulator):
    """All arrays, each with address, api_token, faults, requests ..."""
    return flasharray_simulator.arrays


@pytest.fixture
def flasharray(flasharrays):
    """The only array, or the first one."""
    return flasharrays[0]


@pytest.fixture
def flasharray_faults(flasharrays):
    """Inject faults and restore; what is left is undone after the test."""
    injected = Injected(flasharrays)
    yield injected
    injected.restore()


class Injected:
    """The faults that a test has injected.

    :param arrays: the first one is meant where none is told
    """

    def __init__(self, arrays):
        self._arrays = arrays
        self._faults = []

    def inject(self, kind, array=None, **fields):
        """Let a fault happen from now on.

        :param kind: e.g. 'offline', 'latency', 'reset_after'
        :param array: where
        :param fields: others of flasharray_sim.Fault, e.g. path, count
        :returns: the flasharray_sim.Fault, whose `hits` count
        :raises ValueError: there is no such fault
        """
        import flasharray_sim
        array = array or self._arrays[0]
        fault = array.faults.add(flasharray_sim.Fault(kind, **fields))
        self._faults.append((array, fault))
        return fault

    def restore(self, *faults):
        """End these faults, or all that were injected here."""
        wanted = faults or [fault for _array, fault in self._faults]
        for array, fault in list(self._faults):
            if fault in wanted:
                self._faults.remove((array, fault))
                if fault in array.faults:
                    array.faults.remove(fault)
