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
"""Fixtures: arrays, and backends as a cinder.conf describes them."""

import pytest

import flasharray_sim
from tests import arrays
from tests import deployment


@pytest.fixture
def places():
    with flasharray_sim.Simulator(
            arrays=[{'name': name} for name in ('one', 'two', 'three')],
            strict=True) as running:
        places = [deployment.Place(array) for array in running.arrays]
        for other in places[1:]:
            arrays.connect(places[0].sdk, other.sdk, other.ip, 'async')
        yield places


@pytest.fixture
def start(places, database, coordinator, tmp_path):
    """Start what a cinder.conf says; ``{0.ip}`` and so on name the arrays."""
    def make(text):
        return deployment.start(tmp_path, text.format(*places))
    return make


@pytest.fixture
def one(start):
    """Start one backend: ``one(driver_name, line, ...)``."""
    def make(driver_name='PureISCSIDriver', *lines):
        return start(deployment.ONE_BACKEND % (
            driver_name, '\n'.join(lines)))['PURE']
    return make
