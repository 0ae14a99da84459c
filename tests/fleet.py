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
"""Several simulated arrays that replicate, and a backend on the first one.

``fleet_of('async')``, ``fleet_of('sync', 'async')`` and so on make one;
``async_fleet``, ``sync_fleet``, ``uniform_fleet`` and ``trisync_fleet`` are
those that most tests need. All clocks stand still: ``pass_time`` moves them,
and so does everything in the driver that waits.
"""

import contextlib
import operator
import pathlib

import pytest

import flasharray_sim
from pure_cinder import driver
from pure_cinder import polling
from tests import arrays
from tests import world as world_module

ARRAY_NAMES = ('alpha', 'beta', 'gamma')
UNIFORM = 'sync uniform'
INTERVAL_S = 3600
# A transfer of what a test writes takes less.
TRANSFER_S = 600


class Fleet:
    """Connected arrays: the primary, and one target for each of ``kinds``.

    :ivar arrays: as the simulator has them; ``alpha`` is the primary
    :ivar kinds: ``async``, ``sync`` or ``sync uniform`` of each target
    :ivar clock: of all arrays
    :ivar control_address: of the simulator's control API
    :ivar address_of: tells at which address backends are to reach an array
    """

    def __init__(self, conf, running, kinds):
        self._conf = conf
        self.certificate_path = str(pathlib.Path(running.certificate_path))
        self.arrays = running.arrays
        self.primary = running.arrays[0]
        self.targets = running.arrays[1:]
        self.kinds = kinds
        self.clock = running.clock
        self.control_address = running.control_address
        self.address_of = operator.attrgetter('address')

    # The arrays

    def array(self, name):
        [array] = [each for each in self.arrays if each.name == name]
        return array

    def client(self, array):
        """An array as another program sees it: the plain SDK."""
        return arrays.client_of(array, self.certificate_path)

    def connect_arrays(self):
        """As an operator does it before Cinder starts.

        What replicates synchronously has a connection of that type, all
        others have asynchronous ones.
        """
        for number, source in enumerate(self.arrays):
            for target in self.arrays[number + 1:]:
                is_sync = source is self.primary and 'sync' in (
                    self.kinds[self.targets.index(target)].split())
                self.connect(source, target, 'sync' if is_sync else 'async')

    def connect(self, source, target, kind):
        """:param kind: ``async`` or ``sync``"""
        arrays.connect(self.client(source), self.client(target),
                       target.address, kind)

    @contextlib.contextmanager
    def link_down(self, array, peer=None):
        """Arrays that cannot reach each other; clients reach both.

        :param peer: all of the array's peers unless given
        """
        fault = array.faults.add(flasharray_sim.Fault(
            'link_down', peer=peer.name if peer else '*'))
        yield
        array.faults.remove(fault)

    def pass_time(self, seconds):
        self.clock.advance(seconds)
        for array in self.arrays:
            with array.model.transaction():
                array.model.tick()

    def replicate(self):
        """Let all be snapshotted, and arrive everywhere."""
        self.pass_time(INTERVAL_S)
        self.pass_time(TRANSFER_S)

    def writes(self, array):
        """Requests that changed something on an array, and forget all.

        :returns: list such as ``PUT pgroup/cinder-group``
        """
        made = arrays.writes_of(array)
        array.requests.clear()
        return made

    def forget_requests(self):
        for array in self.arrays:
            array.requests.clear()

    # The backend

    def section(self, **values):
        """Options of the backend section."""
        return {
            'volume_backend_name': 'pure',
            'san_ip': self.address_of(self.primary),
            'pure_api_token': self.primary.api_token,
            'driver_ssl_cert_verify': True,
            'driver_ssl_cert_path': self.certificate_path,
            'replication_device': [
                self.device(array, kind)
                for array, kind in zip(self.targets, self.kinds)],
            'pure_trisync_enabled': sorted(
                kind.split()[0] for kind in self.kinds) == ['async', 'sync'],
            **values}

    def device(self, array, kind):
        """One ``replication_device``; its ``backend_id`` is ``at-<name>``."""
        replication, _space, uniform = kind.partition(' ')
        return {'backend_id': 'at-' + array.name,
                'san_ip': self.address_of(array),
                'api_token': array.api_token, 'type': replication,
                'uniform': str(bool(uniform)), 'ssl_cert_verify': 'True',
                'ssl_cert_path': self.certificate_path}

    def world(self, driver_class=driver.PureISCSIDriver,
              active_backend_id=None, **values):
        """A backend that is not started yet.

        :param values: options of the section
        """
        return world_module.World(
            world_module.backend_configuration(
                self._conf, 'pure', driver_class, **self.section(**values)),
            driver_class, active_backend_id)

    def start(self, *args, **values):
        """A started backend; parameters of ``world``."""
        return self.world(*args, **values).start()


@contextlib.contextmanager
def running_fleet(conf, kinds, are_connected=True, **array):
    """:param array: fields of the simulator's configuration of each array"""
    with flasharray_sim.Simulator(
            arrays=[{'name': name, **array}
                    for name in ARRAY_NAMES[:len(kinds) + 1]],
            strict=True, is_clock_frozen=True) as running:
        fleet = Fleet(conf, running, kinds)
        if are_connected:
            fleet.connect_arrays()
            fleet.forget_requests()
        yield fleet


@pytest.fixture
def fleet_of(conf, database, coordinator, monkeypatch):
    """Make a fleet: ``fleet_of(*kinds, **values)``, as ``running_fleet``."""
    with contextlib.ExitStack() as stack:
        def make(*kinds, **values):
            fleet = stack.enter_context(running_fleet(conf, kinds, **values))
            monkeypatch.setattr(polling, 'sleep', fleet.pass_time)
            return fleet
        yield make


@pytest.fixture
def async_fleet(fleet_of):
    return fleet_of('async')


@pytest.fixture
def sync_fleet(fleet_of):
    return fleet_of('sync')


@pytest.fixture
def uniform_fleet(fleet_of):
    return fleet_of(UNIFORM)


@pytest.fixture
def trisync_fleet(fleet_of):
    """``beta`` has the pod, too, and ``gamma`` is replicated to."""
    return fleet_of(UNIFORM, 'async')
