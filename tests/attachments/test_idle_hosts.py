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
"""No host that a Cinder driver made stays without volumes on an array."""

import concurrent.futures
import contextlib
import itertools
import threading
import time
from unittest import mock

from cinder import exception
import pytest

import flasharray_sim
from pure_cinder.array import session
from pure_cinder.attachments import idle_hosts
from pure_cinder.attachments import sweep
from pure_cinder import driver
from pure_cinder import exceptions
from tests import fabric
from tests import interruptions
from tests import world as world_module

ISCSI = driver.PureISCSIDriver, {}
CHAP = driver.PureISCSIDriver, {'use_chap_auth': True}
FC = driver.PureFCDriver, {}
NVME = driver.PureNVMEDriver, {'pure_nvme_transport': 'tcp'}
ONE = world_module.connector('one', 1)
NAME = 'one-%s-cinder' % ONE['system uuid'].replace('-', '')
IDLE = 'x-%032x-cinder'
IQN = 'iqn.2001-01.org.example:%d'

# How long a request that must not come is waited for.
PATIENCE_S = 0.5


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The monotonic clock: ``clock(seconds)`` passes time."""
    ahead, real = [0], time.monotonic
    monkeypatch.setattr(time, 'monotonic', lambda: real() + ahead[0])
    monkeypatch.setattr(session, 'MAX_BACK_OFF_S', 0)

    def advance(seconds):
        ahead[0] += seconds
    return advance


@pytest.fixture
def zones(conf):
    """A fabric for the backends that are started after the first one."""
    def make():
        fabric.ZONES.clear()
        conf.set(None, zoning_mode='fabric')
        conf.set('fc-zone-manager', zone_driver='tests.fabric.ZoneDriver',
                 fc_san_lookup_service='tests.fabric.LookupService',
                 fc_fabric_names='A,B')
    return make


@pytest.fixture(params=[ISCSI, CHAP, FC, NVME],
                ids=['iSCSI', 'CHAP', 'FC', 'NVMe'])
def world_of_any(request, start, zones):
    driver_class, values = request.param
    start()  # registers the options of the zone manager
    zones()
    return start(driver_class, **values)


def report(world):
    return world.driver.get_volume_stats(refresh=True)


def names(client):
    return [row['name'] for row in client.list_hosts()]


def lists(array):
    """How often all hosts were read."""
    return sum(record.method == 'GET' and record.path == 'host'
               and str(record.params.get('limit')) != '1'
               for record in array.requests)


def deletions(array):
    return [record.path for record in array.requests
            if record.method == 'DELETE']


def synchronous(world):
    """A volume in the pod."""
    return world.create(
        volume_type_id=world_module.replicated_type('sync').id)


def forget(volume):
    """Cinder's row of the attachment is deleted."""
    for attachment in volume.volume_attachment:
        attachment.destroy()


def settle(world, clock):
    """The reports after a start, until the sweep is done."""
    world.restart()
    report(world)
    clock(idle_hosts.IDLE_S)
    report(world)


def attach(world, volume):
    world.connect(volume, ONE)


def detach(world, volume):
    world.driver.terminate_connection(volume, ONE)


def use_once(world, volume):
    """The process knows its ports and is logged in."""
    attach(world, volume)
    detach(world, volume)
    report(world)


def detach_all(world, volume):
    world.driver.terminate_connection(volume, None)


def killed_before_each_request(world, act, volume):
    """The process dies in an act, before each request that the act makes.

    :returns: iterator, with the process dead and no row of an attachment
    """
    for number in range(40):
        if act is not attach:
            world.attach(volume, ONE)
        with interruptions.killed_before_request(number) as fatal:
            act(world, volume)
        forget(volume)
        yield
        if not fatal:
            assert number > 1
            return
    pytest.fail('It never ends.')


# A process that is killed

@pytest.mark.parametrize('act', [attach, detach])
def test_killed_before_any_request(world_of_any, client, clock, act):
    volume = world_of_any.create()
    for _death in killed_before_each_request(world_of_any, act, volume):
        settle(world_of_any, clock)
        assert names(client) == []
        assert fabric.ZONES == set()


def test_killed_in_the_detach_from_all_machines(world, client, clock):
    volume = world.create()
    for _death in killed_before_each_request(world, detach_all, volume):
        settle(world, clock)
        assert names(client) == []


@pytest.mark.parametrize('act', [attach, detach])
@pytest.mark.parametrize('driver_class, values', [
    pytest.param(*ISCSI, id='iSCSI'),
    pytest.param(*FC, id='FC', marks=pytest.mark.exhaustive),
    pytest.param(*NVME, id='NVMe', marks=pytest.mark.exhaustive)])
def test_killed_between_two_arrays(uniform_fleet, clock, act, driver_class,
                                   values):
    world = uniform_fleet.start(driver_class, **values)
    volume = synchronous(world)
    for _death in killed_before_each_request(world, act, volume):
        settle(world, clock)
        for array in uniform_fleet.arrays:
            assert names(uniform_fleet.client(array)) == []


# An array that goes away

@contextlib.contextmanager
def away_from(array, number, kind):
    """The array goes away at a request, counted from 0 on."""
    faults = [array.faults.add(fault) for fault in (
        flasharray_sim.Fault(kind, skip=number, count=1),
        flasharray_sim.Fault('status', skip=number + 1, status=503))]
    yield faults
    for fault in faults:
        array.faults.remove(fault)


@pytest.mark.parametrize('kind', ['reset_before', 'reset_after'])
def test_array_that_went_away_in_an_attach(world_of_any, array, client, kind):
    """The process lives, and knows which host it may have made."""
    world, volume = world_of_any, world_of_any.create()
    use_once(world, volume)
    for number in itertools.count():
        with away_from(array, number, kind) as faults:
            with contextlib.suppress(exceptions.PureDriverException):
                attach(world, volume)
        if not faults[0].hits:
            break
        report(world)
        assert names(client) == []
    assert number > 1


@pytest.mark.parametrize('kind', ['reset_before', 'reset_after'])
def test_second_array_that_went_away_in_an_attach(uniform_fleet, kind):
    beta = uniform_fleet.array('beta')
    world = uniform_fleet.start()
    volume = synchronous(world)
    use_once(world, volume)
    for number in itertools.count():
        with away_from(beta, number, kind) as faults:
            attach(world, volume)
        if not faults[0].hits:
            break
        report(world)
        assert names(uniform_fleet.client(beta)) == []
        detach(world, volume)
    assert number > 1


# What is not ours, or not yet

def test_hosts_that_are_left_alone(world, client, clock):
    """Of others' names, in groups, connected, and of other protocols."""
    world.create()
    client.create_volume('local', '1G')
    client.create_host('theirs', iqnlist=[IQN % 1])
    client.create_host('x-cinder', iqnlist=[IQN % 2])
    for number in (3, 4):
        client.create_host(IDLE % number, iqnlist=[IQN % number])
    client.create_hgroup('group', hostlist=[IDLE % 3])
    client.connect_host(IDLE % 4, 'local')
    client.create_host(IDLE % 5, wwnlist=['1000000000000005'])
    client.create_host(IDLE % 6)
    before = names(client)

    settle(world, clock)

    assert names(client) == before


@pytest.mark.parametrize('change', ['connected', 'grouped', 'deleted'])
def test_host_that_was_idle_for_a_moment(world, array, client, clock, change):
    """As one that another cloud made for its attach is."""
    world.create()
    client.create_host(IDLE % 1, iqnlist=[IQN % 1])
    world.restart()
    report(world)
    client.create_volume('local', '1G')
    {'connected': lambda: client.connect_host(IDLE % 1, 'local'),
     'grouped': lambda: client.create_hgroup('group', hostlist=[IDLE % 1]),
     'deleted': lambda: client.delete_host(IDLE % 1)}[change]()
    before = names(client)
    array.requests.clear()
    clock(idle_hosts.IDLE_S)
    report(world)
    assert names(client) == before
    assert deletions(array) == []


def test_host_that_was_idle_once_and_is_again(world, client, clock):
    """It was used meanwhile, so it is waited for again."""
    world.create()
    client.create_volume('local', '1G')
    client.create_host(IDLE % 1, iqnlist=[IQN % 1])
    world.restart()
    report(world)
    client.connect_host(IDLE % 1, 'local')
    clock(idle_hosts.IDLE_S)
    report(world)
    client.disconnect_host(IDLE % 1, 'local')
    clock(sweep.FULL_LOOK_INTERVAL_S)
    report(world)
    assert names(client) == [IDLE % 1]

    clock(idle_hosts.IDLE_S)
    report(world)
    assert names(client) == []


def test_host_of_another_process_is_found_within_the_hour(world, client,
                                                          clock):
    world.create()
    report(world)
    client.create_host(IDLE % 1, iqnlist=[IQN % 1])
    for pause in (sweep.FULL_LOOK_INTERVAL_S, idle_hosts.IDLE_S):
        assert names(client) == [IDLE % 1]
        clock(pause)
        report(world)
    assert names(client) == []


# An attach at the same time

@pytest.mark.parametrize('driver_class, values, wwns', [
    (*ISCSI, ()), (*CHAP, ()), (*FC, ()), (*FC, ONE['wwpns'][:1])],
    ids=['iSCSI', 'CHAP', 'FC', 'host that lacks an adapter'])
def test_attach_whose_host_another_process_deletes(
        start, client, driver_class, values, wwns):
    """Before any of its requests."""
    world = start(driver_class, **values)
    volume = world.create()
    send = session.ArraySession._send
    for number in itertools.count():
        requests = itertools.count()

        def deleting(*args):
            if next(requests) == number:
                for name in names(client):
                    client.delete_host(name)
            return send(*args)
        if wwns:
            client.create_host(NAME, wwnlist=wwns)
        with mock.patch.object(session.ArraySession, '_send', deleting):
            attach(world, volume)
        if next(requests) <= number:
            break
        assert client.list_volume_private_connections(volume.provider_id)
        detach(world, volume)
        assert names(client) == []
    assert number > 1


def test_attach_is_waited_for(world, client, clock):
    """The idle host that it found is not deleted before it is connected."""
    volume = world.create()
    client.create_host(NAME, iqnlist=[ONE['initiator']])
    world.restart()
    report(world)
    clock(idle_hosts.IDLE_S)
    send, deleting = session.ArraySession._send, threading.Event()
    reports = []

    def sending(self, method, path, *rest):
        if path.endswith(volume.provider_id) and not reports:
            reports.append(pool.submit(report, world))
            assert not deleting.wait(PATIENCE_S)
        if method == 'DELETE':
            deleting.set()
        return send(self, method, path, *rest)
    with concurrent.futures.ThreadPoolExecutor() as pool, mock.patch.object(
            session.ArraySession, '_send', sending):
        attach(world, volume)
        reports[0].result()
    assert deleting.is_set()
    assert client.list_volume_private_connections(volume.provider_id)


# What it costs, and what fails

def test_look_is_made_again_only_for_idle_hosts(world, array, client, clock):
    world.attach(world.create(), ONE)
    client.create_host(IDLE % 1, iqnlist=[IQN % 1])
    world.restart()
    counts = []
    for pause in (0, 0, idle_hosts.IDLE_S, 0, idle_hosts.IDLE_S):
        clock(pause)
        array.requests.clear()
        report(world)
        counts.append((lists(array), len(deletions(array))))
    assert counts == [(1, 0), (0, 0), (1, 1), (0, 0), (0, 0)]
    assert names(client) == [NAME]


def test_one_report_deletes_so_many(world, array, client, clock, monkeypatch):
    monkeypatch.setattr(sweep, 'MAX_IDLE_HOSTS', 2)
    world.create()
    for number in range(5):
        client.create_host(IDLE % number, iqnlist=[IQN % number])
    world.restart()
    left = []
    for _number in range(4):
        report(world)
        left.append(len(names(client)))
        clock(idle_hosts.IDLE_S)
    assert left == [5, 3, 1, 0]


@pytest.mark.parametrize('status', [400, 403, 503])
def test_deletion_that_fails_is_tried_again(world, array, client, clock,
                                            status):
    world.create()
    for number in range(3):
        client.create_host(IDLE % number, iqnlist=[IQN % number])
    fault = array.faults.add(flasharray_sim.Fault(
        'status', method='DELETE', path='host/*', status=status))
    settle(world, clock)
    for _number in range(2):
        assert report(world)['backend_state'] == 'up'
    assert len(names(client)) == 3
    array.faults.remove(fault)

    report(world)
    clock(idle_hosts.IDLE_S)
    report(world)

    assert names(client) == []


def test_zones_that_cannot_be_removed_are_tried_again(uniform_fleet, zones,
                                                      clock):
    uniform_fleet.start()
    zones()
    world = uniform_fleet.start(driver.PureFCDriver)
    volume = synchronous(world)
    world.attach(volume, ONE)
    forget(volume)
    clients = [uniform_fleet.client(array) for array in uniform_fleet.arrays]
    for client in clients:
        client.disconnect_host(NAME, volume.provider_id)
    with mock.patch.object(
            fabric.ZoneDriver, 'delete_connection',
            side_effect=exception.ZoneManagerException(reason='Away.')):
        settle(world, clock)
    for client in clients:
        assert names(client) == [NAME]
    assert fabric.ZONES

    report(world)

    for client in clients:
        assert names(client) == []
    assert fabric.ZONES == set()
