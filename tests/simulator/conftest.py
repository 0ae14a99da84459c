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
"""Fixtures: a simulated array with all its rules, and the plain SDK."""

import pytest

import flasharray_sim
from tests import arrays


@pytest.fixture
def simulator():
    """One array, strict."""
    with flasharray_sim.Simulator(arrays=1, strict=True) as running:
        yield running


@pytest.fixture
def client(simulator):
    return arrays.client_of(simulator.arrays[0], simulator.certificate_path)
