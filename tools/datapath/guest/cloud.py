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
"""Simulated arrays that the kernel serves for, and the real driver."""

import contextlib
import glob
import pathlib
from unittest import mock

import flasharray_sim
from flasharray_sim.data_plane import lio
from flasharray_sim.data_plane import nvmet
from flasharray_sim.rules import lookup
from pure_cinder import polling
from tests import database
from tests import failovers
from tests import fixtures
from tests import fleet as fleet_module
from tools.datapath.guest import initiator as initiator_module
from tools.datapath.guest import node

CONTENTS = 'contents'


class Cloud:
    """A backend on simulated arrays, and the host that uses its volumes.

    :ivar console: tells what is done (tools.demo.console.Console)
    :ivar fleet: tests.fleet.Fleet; the first array serves
    :ivar service: tests.failovers.Service
    :ivar host: Initiator
    :ivar data: directory with what hosts have written
    """

    def __init__(self, console, transport, fleet, data):
        self.console = console
        self.fleet = fleet
        self.service = failovers.Service(fleet.start(
            transport.driver, **transport.options))
        self.host = initiator_module.Initiator(
            console, transport, self.world)
        self.data = data

    @property
    def world(self):
        return self.service.world

    @property
    def array(self):
        """The simulated array that serves unless it is dead."""
        return self.fleet.primary

    def client(self):
        """The array as an administrator's program sees it."""
        return self.fleet.client(self.array)

    def file_of(self, volume):
        """The array's file with what hosts write to a volume."""
        model = self.array.model
        return pathlib.Path(model.fleet.store.path(
            lookup.live_volume(model.db, volume.provider_id)))

    @contextlib.contextmanager
    def volumes(self, count=1, **values):
        """Volumes that are deleted in the end."""
        made = []
        try:
            for _number in range(count):
                made.append(self.world.create(**values))
            yield made
        finally:
            for volume in made:
                self.delete(volume)

    def delete(self, volume):
        volume = failovers.reload(volume)
        self.world.driver.delete_volume(volume)
        volume.destroy()


@contextlib.contextmanager
def running(console, transport, kinds, directory):
    """A Cloud whose first array has targets of these kinds.

    :param transport: a transports.Transport
    :param kinds: as tests.fleet.Fleet takes them
    :param directory: for locks and contents
    """
    directory = pathlib.Path(directory)
    locks, contents = directory / 'locks', directory / CONTENTS
    locks.mkdir(parents=True)
    node.make_pool(contents)
    transport.prepare()
    names = fleet_module.ARRAY_NAMES[:len(kinds) + 1]
    with contextlib.ExitStack() as stack:
        conf = stack.enter_context(fixtures.configured(locks))
        initiator_module.set_up(locks)
        stack.enter_context(fixtures.serving(conf, database.Database()))
        stack.enter_context(fixtures.coordinating())
        simulator = stack.enter_context(flasharray_sim.Simulator(
            arrays=[{'name': name, **transport.array} for name in names],
            data_plane=transport.data_plane, data_dir=contents))
        fleet = fleet_module.Fleet(conf, simulator, kinds)
        fleet.connect_arrays()
        # What the driver waits for comes as the arrays' clock goes on.
        stack.enter_context(mock.patch.object(
            polling, 'sleep', fleet.pass_time))
        yield Cloud(console, transport, fleet, contents)


def check_that_nothing_is_served(directory):
    """:param directory: that of the cloud

    :raises AssertionError: the kernel has targets, volumes or loop devices
    """
    left = [path for pattern in (
        lio.ROOT + '/iscsi/iqn.*', lio.ROOT + '/fc/20:*',
        lio.ROOT + '/core/fileio_*',
        nvmet.ROOT + '/*/*') for path in glob.glob(pattern)]
    left += [path for path in glob.glob('/sys/block/loop*/loop/backing_file')
             if str(directory / CONTENTS) + '/' in pathlib.Path(
                 path).read_text()]
    assert not left, left
