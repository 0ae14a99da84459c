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
"""What the tests of the data path share."""

import pytest

from tests.datapath import target as tgt
from tools.initiator import connector


@pytest.fixture
def target(tmp_path):
    with tgt.running(tmp_path) as target:
        yield target


@pytest.fixture
def host_directory(tmp_path):
    """Of one host's connections, which are gone after the test."""
    path = tmp_path / 'host'
    yield path
    for connection in connector.connections(path):
        connection.close()
    assert tgt.left_below(tmp_path) == []


@pytest.fixture
def host(host_directory):
    return connector.UserlandISCSIConnector(
        directory=host_directory, initiator=tgt.INITIATOR)
