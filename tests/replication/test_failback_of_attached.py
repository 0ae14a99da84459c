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
"""A failback loses nothing that a machine wrote before it ended.

The machine writes whenever it can: before each request of the failback, and
while that waits.
"""

import itertools

from cinder import exception
import pytest

import flasharray_sim
from pure_cinder.array import session
from pure_cinder import exceptions
from pure_cinder import polling
from tests import failovers
from tests import groups as groups_module
from tests import products
from tests import world as world_module

CONNECTOR = world_module.connector()
# Whatever it takes; the last rounds meet no request any more.
MAX_REQUESTS = 60


class Backend:
    """All of a backend is on beta, and is to come home.

    :ivar attached: a volume there that a machine has
    :ivar idle: another one, which none has
    """

    def __init__(self, fleet):
        self.fleet = fleet
        self.alpha, self.beta = fleet.arrays
        self.service = failovers.Service(fleet.start())
        self.world = self.service.world
        volumes = self._filled()
        fleet.replicate()
        self._leave()
        self.attached, self.idle = map(failovers.reload, volumes)
        self.world.attach(self.attached, CONNECTOR)

    def _filled(self):
        kind = world_module.replicated_type('async')
        return [self.world.create(volume_type_id=kind.id)
                for _number in range(2)]

    def _leave(self):
        assert self.service.fail_over('at-beta') == 'failed-over'

    def come_home(self):
        """:returns: whether it is home"""
        return self.service.fail_back() == 'enabled'

    def repair(self):
        """What an administrator does after a failback that failed."""

    def has_at(self, array, volume):
        """What an array has of a volume of that row."""
        return failovers.content(array,
                                 failovers.reload(volume).provider_id)

    def machines_of(self, volume):
        """The connections of a volume on beta."""
        return self.fleet.client(
            self.beta).list_volume_private_connections(volume.provider_id)

    def is_on_beta(self, volume):
        return volume.provider_id in {
            row['name'] for row in self.fleet.client(self.beta).list_volumes()}


class Group(Backend):
    """A group of it is on beta."""

    def _filled(self):
        self._groups = groups_module.Groups(self.world)
        self._group, volumes = self._groups.filled(
            2, world_module.replicated_type('async'),
            specs=groups_module.REPLICATED)
        return volumes

    def _leave(self):
        self._groups.failover(self._group, 'at-beta')

    def come_home(self):
        try:
            self._groups.failover(self._group, 'default')
        except exception.ReplicationGroupError:
            return False
        return True

    def repair(self):
        for row in [self._group, *self._groups.volumes(self._group)]:
            row.update({'status': 'available',
                        'replication_status': 'failed-over'})
            row.save()


@pytest.fixture(params=[Backend, Group])
def backend(request, async_fleet):
    return request.param(async_fleet)


class Machine:
    """It writes to a volume whenever beta presents it.

    :ivar held: what the volume holds then
    """

    def __init__(self, backend, volume):
        self._backend, self._volume = backend, volume
        self._offsets = itertools.count(0, failovers.MIB)
        self.held = failovers.content(backend.beta, volume.provider_id)
        self.write_count = 0

    def work(self):
        if self._backend.machines_of(self._volume):
            self.held = failovers.write(self._backend.beta, self._volume,
                                        next(self._offsets))
            self.write_count += 1


class Meanwhile:
    """What is done before each request, and in each wait."""

    def __init__(self):
        self.acts = []

    def run(self):
        # What an act asks of the array is no occasion for others.
        acts, self.acts = self.acts, []
        for act in acts:
            act()
        self.acts = acts


@pytest.fixture
def meanwhile(monkeypatch):
    send, sleep = session.ArraySession._send, polling.sleep
    occasions = Meanwhile()

    def act_and_send(*args):
        occasions.run()
        return send(*args)

    def act_and_sleep(seconds):
        occasions.run()
        sleep(seconds)

    monkeypatch.setattr(session.ArraySession, '_send', act_and_send)
    monkeypatch.setattr(polling, 'sleep', act_and_sleep)
    yield occasions
    monkeypatch.undo()


def test_all_that_a_machine_wrote_is_home(backend, meanwhile):
    machine = Machine(backend, backend.attached)
    meanwhile.acts.append(machine.work)

    assert backend.come_home()

    assert machine.write_count > 5
    assert backend.has_at(backend.alpha, backend.attached) == machine.held
    assert not backend.machines_of(backend.attached)


def test_machines_go_on_while_most_of_it_travels(backend, meanwhile):
    """Only what they wrote meanwhile travels without them."""
    group = backend.fleet.client(backend.beta)
    arrived = []

    def look():
        if backend.machines_of(backend.attached):
            arrived[:] = [row['name'] for row in group.list_pgroups(
                snap=True, transfer=True)
                if '.failback-' in row['name'] and row['completed']]

    meanwhile.acts.append(look)
    assert backend.come_home()
    assert len(arrived) == 1


def test_volume_is_attached_nowhere_while_it_comes_home(backend, meanwhile):
    """Before that it is, and then it is taken away and comes home whole."""
    machine, refusals = Machine(backend, backend.idle), []
    other = world_module.connector('compute-2', 2)

    def attach():
        try:
            backend.world.connect(backend.idle, other)
        except exceptions.PureReplicationError as error:
            refusals.append(str(error))

    meanwhile.acts += [attach, machine.work]

    assert backend.come_home()

    assert machine.write_count
    assert backend.has_at(backend.alpha, backend.idle) == machine.held
    assert 'being brought home from at-beta' in refusals[0]
    assert not backend.machines_of(backend.idle)


@pytest.mark.parametrize('number', products.every(
    3, range(4, MAX_REQUESTS, 11)))
def test_what_another_node_attaches_meanwhile_is_not_lost(
        backend, meanwhile, caplog, number):
    """It does not know of the failback."""
    machine = Machine(backend, backend.idle)
    occasions = itertools.count()
    client = backend.fleet.client(backend.beta)
    client.create_host('other', iqnlist=['iqn.1994-05.com.redhat:other'])

    def attach():
        if next(occasions) == number:
            client.connect_host('other', backend.idle.provider_id)

    meanwhile.acts += [attach, machine.work]

    is_home = backend.come_home()

    meanwhile.acts.clear()
    backend.world.driver.get_volume_stats(refresh=True)
    if not is_home:
        assert backend.idle.provider_id in caplog.text
        assert backend.has_at(backend.beta, backend.idle) == machine.held
        backend.repair()
        assert backend.come_home()
    # What came too late to be noticed is not destroyed with the other copy.
    array = backend.beta if backend.is_on_beta(backend.idle) else backend.alpha
    assert backend.has_at(array, backend.idle) == machine.held


def test_failback_that_fails_in_the_end_tells_what_it_disconnected(
        backend, caplog):
    """It has lost nothing, and is done again."""
    held = backend.has_at(backend.beta, backend.attached)
    fault = backend.alpha.faults.add(flasharray_sim.Fault(
        'status', status=400, text='Refused.', method='POST',
        path='volume/*'))

    is_home = backend.come_home()

    backend.alpha.faults.remove(fault)
    assert fault.hits and not is_home
    assert backend.attached.provider_id in caplog.text
    assert 'Fail back again' in caplog.text
    assert backend.has_at(backend.beta, backend.attached) == held
    backend.world.attach(backend.attached, CONNECTOR)
    backend.repair()
    assert backend.come_home()
    assert backend.has_at(backend.alpha, backend.attached) == held


def test_volume_of_a_host_group_stays_and_is_told(backend, caplog):
    """The driver takes nothing from machines that it did not connect."""
    client = backend.fleet.client(backend.beta)
    client.create_hgroup('theirs')
    client.connect_hgroup('theirs', backend.idle.provider_id)

    assert not backend.come_home()

    assert backend.machines_of(backend.attached)
    assert '%s is connected to host groups' % (
        backend.idle.provider_id) in caplog.text
    client.disconnect_hgroup('theirs', backend.idle.provider_id)
    backend.repair()
    assert backend.come_home()


def test_with_nothing_attached_one_snapshot_travels(backend):
    backend.world.detach(backend.attached, CONNECTOR)
    client = backend.fleet.client(backend.beta)
    backend.beta.requests.clear()

    assert backend.come_home()

    sent = [record for record in backend.beta.requests
            if (record.method, record.path) == ('POST', 'pgroup')
            and record.params.get('replicate_now')]
    assert len(sent) == 1
    assert not client.list_hosts()
