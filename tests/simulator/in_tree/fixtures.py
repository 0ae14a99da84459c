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
"""Fixtures: simulated arrays, and Cinder 24 with its own driver."""

import json
import os
import pathlib

from cinder import coordination
from cinder.db.sqlalchemy import api as db_api
from cinder.db.sqlalchemy import models
from oslo_config import cfg
from oslo_db.sqlalchemy import enginefacade
import pytest
import tenacity

import flasharray_sim
from tests.simulator.in_tree import world

CALLS_DIRECTORY = 'IN_TREE_CALLS_DIRECTORY'
# No REST 2, so that nothing else than REST 1 is spoken.
PURITY_VERSION = '6.4.10'
ARRAY_NAMES = ('primary', 'secondary', 'tertiary')


@pytest.fixture
def conf(tmp_path):
    """Load Cinder's configuration from a file: ``conf(section={...})``."""
    def load(**sections):
        path = tmp_path / 'cinder.conf'
        path.write_text(world.configuration_text({
            'DEFAULT': {'state_path': tmp_path},
            'oslo_concurrency': {'lock_path': tmp_path},
            'coordination': {'backend_url': f'file://{tmp_path}'},
            **sections}))
        cfg.CONF(['--config-file', str(path)], project='cinder')
    load()
    yield load
    cfg.CONF.reset()


@pytest.fixture
def database(conf):
    """Cinder's schema in memory, empty but for the default volume type."""
    manager = enginefacade.transaction_context()
    manager.configure(connection='sqlite://')
    restore = db_api.main_context_manager.patch_factory(manager)
    models.BASE.metadata.create_all(db_api.get_engine())
    world.new_type(name='__DEFAULT__')
    yield
    restore()


@pytest.fixture
def coordinator(conf):
    coordination.COORDINATOR.start()
    yield
    coordination.COORDINATOR.stop()


@pytest.fixture
def fleet():
    """Three arrays that do not know each other yet."""
    configs = [{'name': name, 'purity_version': PURITY_VERSION}
               for name in ARRAY_NAMES]
    with flasharray_sim.Simulator(
            arrays=configs, strict=True, is_clock_frozen=True) as running:
        yield running


@pytest.fixture
def arrays(fleet):
    """Clients of the three arrays: the SDK as an operator uses it."""
    return [world.client_of(fleet, array) for array in fleet.arrays]


@pytest.fixture
def array(arrays):
    """The client of the array that serves the backend."""
    return arrays[0]


class Polls(list):
    """Durations that were slept, in seconds."""

    def __init__(self, clock):
        super().__init__()
        self._clock = clock
        self._next = []

    def then(self, action):
        """Do this when the driver sleeps next."""
        self._next.append(action)

    def sleep(self, seconds):
        self.append(seconds)
        self._clock.advance(seconds)
        while self._next:
            self._next.pop(0)()


@pytest.fixture
def polls(fleet, monkeypatch):
    """Durations that the driver slept between its attempts.

    It polls every 5 s and longer until a protection group shows up on its
    target, and retries creating a host after 1 s, 2 s ...: there, and
    nowhere else, time passes on the arrays' clock instead of in reality.
    """
    made = Polls(fleet.clock)
    monkeypatch.setattr(tenacity.nap, 'sleep', made.sleep)
    return made


@pytest.fixture
def backends(conf, database, coordinator, fleet, polls):
    """Start backends: ``backends('iscsi', option=value)``."""
    def start(protocol, active_backend_id=None, devices=(), **options):
        section = world.backend_section(fleet, protocol, devices, options)
        conf(**{world.BACKEND: section},
             DEFAULT={'enabled_backends': world.BACKEND})
        return world.Backend(protocol, active_backend_id).start()
    return start


@pytest.fixture(params=world.PROTOCOLS)
def protocol(request):
    return request.param


@pytest.fixture
def backend(backends, protocol):
    """A started backend without replication, once for each driver."""
    return backends(protocol)


def pytest_sessionfinish(session):
    """Tell which methods of the drivers were called, for the report."""
    directory = os.environ.get(CALLS_DIRECTORY)
    if directory:
        worker = getattr(session.config, 'workerinput', {})
        path = pathlib.Path(
            directory, f'{worker.get("workerid", "main")}.json')
        path.write_text(json.dumps(world.calls_made(), indent=1))
