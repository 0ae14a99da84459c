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
"""Fixtures: the wire around the smallest array that it can serve."""

import purestorage
import pytest
import requests

from flasharray_sim import clock as clocks
from flasharray_sim.wire import certificate
from flasharray_sim.wire import connection
from flasharray_sim.wire import endpoint
from flasharray_sim.wire import routing
from tests.simulator.wire import tiny


class Rest:
    """A program that speaks REST with `requests` over one connection."""

    def __init__(self, address, certificate_path):
        self.base = f'https://{address}/api/'
        self.http = requests.Session()
        # REQUESTS_CA_BUNDLE would win over the session's own setting.
        self.http.trust_env = False
        self.http.verify = certificate_path

    def __call__(self, method, path, version='1.19', timeout=30, **kwargs):
        return self.http.request(
            method, f'{self.base}{version}{version and "/"}{path}',
            timeout=timeout, **kwargs)

    def log_in(self):
        reply = self('POST', 'auth/session',
                     json={'api_token': tiny.API_TOKEN})
        assert reply.json() == {'username': 'pureuser'}
        return self

    @property
    def cookie(self):
        return self.http.cookies.get('session')


@pytest.fixture(scope='session')
def certificate_files(tmp_path_factory):
    return certificate.ensure_certificate(
        str(tmp_path_factory.mktemp('certificate')), '127.0.0.1')


@pytest.fixture
def certificate_path(certificate_files):
    return certificate_files[0]


@pytest.fixture
def clock():
    return clocks.Clock(frozen=True)


@pytest.fixture
def serve(certificate_files, clock):
    """Make arrays: ``serve(strict=False)``."""
    arrays = []

    def make(strict=True):
        array = endpoint.SimulatedArray(
            tiny.TinyArray(), routing.Router(tiny.ROUTES), clock,
            connection.TLSAdapter(*certificate_files), '127.0.0.1', 0, strict)
        arrays.append(array)
        array.start()
        return array
    yield make
    for array in arrays:
        array.close()


@pytest.fixture
def array(serve):
    return serve()


@pytest.fixture
def connect(certificate_path):
    """Make clients that are not logged in: ``connect(array)``."""
    clients = []

    def make(array):
        clients.append(Rest(array.address, certificate_path))
        return clients[-1]
    yield make
    for client in clients:
        client.http.close()


@pytest.fixture
def rest(array, connect):
    """A client that is logged in; the log begins after that."""
    client = connect(array).log_in()
    array.requests.clear()
    return client


@pytest.fixture
def sdk(array, certificate_path):
    """Make SDK clients: ``sdk(rest_version='1.3')``."""
    def make(**kwargs):
        if 'username' not in kwargs:
            kwargs.setdefault('api_token', tiny.API_TOKEN)
        return purestorage.FlashArray(
            array.address, **kwargs,
            request_kwargs={'verify': certificate_path, 'timeout': 30})
    return make
