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
"""Fixtures: a simulated array, and Cinder's database in memory."""

import contextlib
import logging
import pathlib
import signal

from cinder import coordination
from oslo_config import cfg
import pytest

import flasharray_sim
from pure_cinder import driver
from tests import arrays
from tests import database as database_module
from tests import world as world_module


class Overrides:
    """Cinder's configuration, changed for one test."""

    def __init__(self):
        self._changed = []

    def set(self, group, **values):
        for name, value in values.items():
            cfg.CONF.set_override(name, value, group)
            self._changed.append((name, group))

    def clear(self):
        for name, group in self._changed:
            cfg.CONF.clear_override(name, group)


@contextlib.contextmanager
def configured(directory):
    """:returns: Overrides of a configuration that is empty but for locks"""
    cfg.CONF([], project='cinder', default_config_files=[])
    overrides = Overrides()
    overrides.set('oslo_concurrency', lock_path=str(directory))
    overrides.set('coordination', backend_url='file://%s' % directory)
    yield overrides
    overrides.clear()


@pytest.fixture
def conf(tmp_path):
    """Change options for this test: ``conf.set(group, option=value)``."""
    with configured(tmp_path) as overrides:
        yield overrides


@pytest.fixture
def log_of_process():
    """Who sets up the log of the whole process leaves it as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    for handler in set(root.handlers).difference(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def handlers():
    """Those of signals, which a run replaces."""
    before = {number: signal.getsignal(number) for number in (
        signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope='session')
def memory_database():
    return database_module.Database()


@pytest.fixture
def database(conf, memory_database):
    """Cinder's schema, empty but for the default type; the engine."""
    with serving(conf, memory_database) as engine:
        yield engine


@contextlib.contextmanager
def serving(conf, database_):
    """Let Cinder use a tests.database.Database; gives the engine."""
    # Cinder asks the option, too, what kind of database it has.
    conf.set('database', connection=database_.url)
    with database_.serving() as engine:
        yield engine


@contextlib.contextmanager
def coordinating():
    coordination.COORDINATOR.start()
    yield
    coordination.COORDINATOR.stop()


@pytest.fixture
def coordinator(conf):
    """The lock service that Cinder's services start."""
    with coordinating():
        yield


@pytest.fixture
def simulator():
    with flasharray_sim.Simulator(arrays=1, strict=True) as running:
        yield running


@pytest.fixture
def array(simulator):
    """The simulated array that serves the backend."""
    return simulator.arrays[0]


@pytest.fixture
def client(simulator, array):
    """The array as another program sees it: the plain SDK."""
    return arrays.client_of(array, simulator.certificate_path)


@pytest.fixture
def backend(conf, simulator, array):
    """Make a backend section: ``backend(option=value, ...)``."""
    def make(**values):
        section = {
            'volume_backend_name': 'pure',
            'san_ip': array.address,
            'pure_api_token': array.api_token,
            'driver_ssl_cert_verify': True,
            'driver_ssl_cert_path': str(
                pathlib.Path(simulator.certificate_path)),
        }
        section.update(values)
        return world_module.backend_configuration(conf, 'pure', **section)
    return make


@pytest.fixture
def world(backend, database, coordinator):
    """A started backend on one simulated array."""
    return world_module.World(backend()).start()


@pytest.fixture
def start(backend, database, coordinator):
    """Start another backend: ``start(driver_class, option=value, ...)``."""
    def make(driver_class=driver.PureISCSIDriver, **values):
        return world_module.World(backend(**values), driver_class).start()
    return make


@pytest.fixture
def start_on_old(start):
    """Start a backend on an array that serves REST up to a version.

    ``start_on_old(rest_version, **options)``, such as ``'1.16'``.
    """
    with contextlib.ExitStack() as stack:
        def make(rest_version, **values):
            running = stack.enter_context(flasharray_sim.Simulator(
                arrays=[{'name': 'old', 'rest_versions': (rest_version,)}],
                strict=True))
            [array] = running.arrays
            return start(san_ip=array.address, pure_api_token=array.api_token,
                         driver_ssl_cert_path=running.certificate_path,
                         **values)
        yield make
