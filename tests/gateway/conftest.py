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
"""A gateway to the simulated array, through the real SDK."""

import pytest

from pure_cinder.array import gateway as gateway_module
from pure_cinder import config


@pytest.fixture
def endpoint(simulator, array):
    return config.ArrayEndpoint(address=array.address,
                                api_token=array.api_token,
                                verify=str(simulator.certificate_path))


@pytest.fixture
def gateway(endpoint):
    return gateway_module.Gateway(endpoint, 'test')
