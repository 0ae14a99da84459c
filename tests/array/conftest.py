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
"""Gateways to two simulated arrays, through the real SDK."""

import dataclasses
import shutil

import pytest

import flasharray_sim
from pure_cinder.array import gateway as gateway_module
from pure_cinder import config
from tests.array import writes
from tests import arrays
from tests import middleman as middleman_module


@pytest.fixture
def simulator():
    with flasharray_sim.Simulator(arrays=2, strict=True) as running:
        yield running


def endpoint_of(simulator, array):
    return config.ArrayEndpoint(address=array.address,
                                api_token=array.api_token,
                                verify=str(simulator.certificate_path))


@pytest.fixture
def endpoint(simulator, array):
    return endpoint_of(simulator, array)


@pytest.fixture
def gateway(endpoint):
    return gateway_module.Gateway(endpoint, 'test')


@pytest.fixture
def old_gateway():
    """Gateway to an array of an older REST: ``old_gateway('1.13')``.

    The array is told along, for its requests.
    """
    running = []

    def make(rest_version):
        simulator = flasharray_sim.Simulator(strict=True, arrays=[
            {'name': 'old', 'rest_versions': (rest_version,)},
            {'name': 'old2', 'rest_versions': (rest_version,)}])
        simulator.start()
        running.append(simulator)
        connect(simulator)
        old = simulator.arrays[0]
        old.requests.clear()
        return gateway_module.Gateway(endpoint_of(simulator, old),
                                      'test'), old

    yield make
    for simulator in running:
        simulator.stop()


def client_of(simulator, array):
    return arrays.client_of(array, simulator.certificate_path)


def connect(simulator):
    """Connect the two arrays for synchronous replication."""
    clients = [client_of(simulator, array) for array in simulator.arrays]
    arrays.connect(*clients, simulator.arrays[1].address, 'sync')


@pytest.fixture
def peer(simulator):
    """The other array, connected."""
    connect(simulator)
    return simulator.arrays[1]


@pytest.fixture
def peer_client(simulator, peer):
    return client_of(simulator, peer)


@pytest.fixture
def peer_gateway(simulator, peer):
    return gateway_module.Gateway(endpoint_of(simulator, peer), 'test')


@pytest.fixture(scope='module')
def staged_directory(tmp_path_factory):
    """State of arrays on which there is something for every verb."""
    directory = tmp_path_factory.mktemp('staged')
    with flasharray_sim.Simulator(arrays=2, strict=True,
                                  state_dir=directory) as running:
        connect(running)
        writes.stage(*(
            gateway_module.Gateway(endpoint_of(running, array), 'test')
            for array in running.arrays))
    return directory


@pytest.fixture
def staged_simulator(staged_directory, tmp_path):
    """Arrays with all that ``tests.array.writes`` puts there."""
    shutil.copytree(staged_directory, tmp_path / 'state')
    with flasharray_sim.Simulator(arrays=2, strict=True,
                                  state_dir=tmp_path / 'state') as running:
        yield running


@pytest.fixture
def middleman(simulator, array):
    """Stands between ``gateway_through`` and the array."""
    standing = middleman_module.Middleman(array, simulator.certificate_path)
    yield standing
    standing.close()


@pytest.fixture
def gateway_through(endpoint, middleman):
    """Gateway to the array through the man in the middle.

    ``gateway_through(connect_timeout_s=..., read_timeout_s=...)``
    """
    def make(**timeouts):
        return gateway_module.Gateway(dataclasses.replace(
            endpoint, address=middleman.address, **timeouts), 'test')

    return make
