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
"""A machine of uniform arrays gets the paths that it lacks, and no others."""

import logging

from cinder import exception
import pytest

import flasharray_sim
from pure_cinder import driver
from tests import fabric
from tests import world as world_module

CONNECTOR = world_module.connector()
HOST = 'compute-1-4c4c4544000000000000000000000001-cinder'
# As long as a small copy takes to be in step again.
RESYNC_S = 60


@pytest.fixture
def world(uniform_fleet):
    return uniform_fleet.start()


@pytest.fixture
def zoned(conf, uniform_fleet):
    fabric.ZONES.clear()
    uniform_fleet.start()  # registers the options of the zone manager
    conf.set(None, zoning_mode='fabric')
    conf.set('fc-zone-manager', zone_driver='tests.fabric.ZoneDriver',
             fc_san_lookup_service='tests.fabric.LookupService',
             fc_fabric_names='A,B')
    return uniform_fleet.start(driver.PureFCDriver)


def synchronous(world):
    """A volume in the pod."""
    return world.create(
        volume_type_id=world_module.replicated_type('sync').id)


def machines(array, volume):
    """Hosts of an array that have a volume."""
    db = array.model.db
    return {db.hosts.get(row.host_id).name
            for row in db.connections.select('all', 'all')
            if db.volumes.get(row.volume_id).name == volume.provider_id}


def report(world):
    return world.driver.get_volume_stats(refresh=True)


def missing(world):
    return {entry['backend_id']: entry['volume_count']
            for entry in report(world)['missing_paths']}


def come_back(fleet, array):
    array.start()
    fleet.pass_time(RESYNC_S)


def told(caplog, level):
    return [record.getMessage() for record in caplog.records
            if record.name == 'pure_cinder.attachments.sweep'
            and record.levelno == level]


@pytest.mark.parametrize('away', [0, 1])
@pytest.mark.parametrize('is_restarted', [False, True])
def test_path_of_an_array_that_was_away_is_made(uniform_fleet, world, away,
                                                is_restarted):
    array = uniform_fleet.arrays[away]
    volume = synchronous(world)
    array.stop()
    world.attach(volume, CONNECTOR)
    if is_restarted:
        world.restart()
    report(world)
    come_back(uniform_fleet, array)

    report(world)

    for each in uniform_fleet.arrays:
        assert machines(each, volume) == {HOST}
    report(world)
    world.detach(volume, CONNECTOR)
    for each in uniform_fleet.arrays:
        assert uniform_fleet.client(each).list_hosts() == []


def test_missing_paths_are_told_until_they_are_made(uniform_fleet, world,
                                                    caplog):
    caplog.set_level(logging.INFO, 'pure_cinder.attachments.sweep')
    beta = uniform_fleet.array('beta')
    first, second = synchronous(world), synchronous(world)
    assert missing(world) == {}
    beta.stop()
    for volume in (first, second):
        world.attach(volume, CONNECTOR)
    for _number in range(2):
        assert missing(world) == {'at-beta': 2}
    assert len(told(caplog, logging.WARNING)) == 1
    come_back(uniform_fleet, beta)

    report(world)

    assert missing(world) == {}
    assert len(told(caplog, logging.INFO)) == 1


def test_volume_that_was_detached_meanwhile_lacks_nothing(uniform_fleet,
                                                          world):
    beta = uniform_fleet.array('beta')
    volume = synchronous(world)
    beta.stop()
    world.attach(volume, CONNECTOR)
    assert missing(world) == {'at-beta': 1}
    world.detach(volume, CONNECTOR)
    assert missing(world) == {}
    come_back(uniform_fleet, beta)
    assert missing(world) == {}
    assert machines(beta, volume) == set()


def test_array_that_refuses_is_asked_again_with_each_report(uniform_fleet,
                                                            world):
    beta = uniform_fleet.array('beta')
    volume = synchronous(world)
    fault = beta.faults.add(flasharray_sim.Fault('status', method='POST',
                                                 path='host/*', status=403))
    world.attach(volume, CONNECTOR)
    for _number in range(2):
        assert missing(world) == {'at-beta': 1}
    beta.faults.remove(fault)
    report(world)
    assert machines(beta, volume) == {HOST}
    assert missing(world) == {}


def test_array_without_a_port_for_machines_lacks_nothing(uniform_fleet):
    [portal] = [row['portal'] for row in uniform_fleet.client(
        uniform_fleet.primary).list_ports() if row['iqn']][:1]
    world = uniform_fleet.start(pure_iscsi_cidr=portal.rpartition(':')[0])
    volume = synchronous(world)
    world.attach(volume, CONNECTOR)
    for _number in range(2):
        world.restart()
        assert missing(world) == {}
    assert machines(uniform_fleet.array('beta'), volume) == set()


def test_nvme_machine_needs_one_array(uniform_fleet):
    alpha, beta = uniform_fleet.arrays
    world = uniform_fleet.start(driver.PureNVMEDriver,
                                pure_nvme_transport='tcp')
    volume = synchronous(world)
    alpha.stop()
    world.attach(volume, CONNECTOR)
    come_back(uniform_fleet, alpha)
    for _number in range(2):
        assert missing(world) == {}
    assert machines(alpha, volume) == set()
    assert machines(beta, volume) == {HOST}


def test_zones_are_made_with_the_path(zoned, uniform_fleet):
    beta = uniform_fleet.array('beta')
    volume = synchronous(zoned)
    beta.stop()
    zoned.attach(volume, CONNECTOR)
    there = {row['wwn'].lower() for row in uniform_fleet.client(
        uniform_fleet.primary).list_ports() if row['wwn'] and not row['nqn']}
    assert {target for _initiator, target in fabric.ZONES} == there
    come_back(uniform_fleet, beta)

    report(zoned)

    assert len({target for _initiator, target in fabric.ZONES}) == (
        2 * len(there))
    zoned.detach(volume, CONNECTOR)
    assert fabric.ZONES == set()


def test_zone_that_fails_with_one_machine_is_no_harm_to_the_next(
        zoned, uniform_fleet, monkeypatch):
    """Of what an array kept while it was away."""
    beta = uniform_fleet.array('beta')
    connectors = [world_module.connector('node-%d' % number, number)
                  for number in (1, 2)]
    volumes = [synchronous(zoned) for _connector in connectors]
    for volume, connector in zip(volumes, connectors):
        zoned.attach(volume, connector)
    report(zoned)
    beta.stop()
    for volume, connector in zip(volumes, connectors):
        zoned.detach(volume, connector)
    come_back(uniform_fleet, beta)

    def fail(*args, **values):
        raise exception.ZoneManagerException(reason='The switch is away.')
    with monkeypatch.context() as patch:
        patch.setattr(fabric.ZoneDriver, 'delete_connection', fail)
        assert report(zoned)['backend_state'] == 'up'
    assert len(uniform_fleet.client(beta).list_hosts()) == 2
    assert fabric.ZONES

    for _machine in connectors:
        report(zoned)

    assert uniform_fleet.client(beta).list_hosts() == []
    assert fabric.ZONES == set()


# A type that takes the volume of a machine out of the pod

def retype(world, volume, volume_type):
    _is_done, update = world.driver.retype(
        world_module.CONTEXT, volume, volume_type, {}, {'host': volume.host})
    volume.update({**update, 'volume_type_id': volume_type.id})
    volume.save()
    volume.volume_type = volume_type


def left(fleet):
    return [row['name'] for array in fleet.arrays
            for row in fleet.client(array).list_hosts()]


@pytest.mark.parametrize('is_forced', [False, True])
@pytest.mark.parametrize('is_restarted', [False, True])
def test_volume_that_left_the_pod_leaves_nothing_on_the_second_array(
        uniform_fleet, zoned, is_forced, is_restarted):
    volume = synchronous(zoned)
    zoned.attach(volume, CONNECTOR)
    retype(zoned, volume, world_module.new_type())
    if is_restarted:
        zoned.restart()
    zoned.detach(volume, None if is_forced else CONNECTOR)
    assert left(uniform_fleet) == []
    assert fabric.ZONES == set()


@pytest.mark.parametrize('driver_class, options', [
    (driver.PureISCSIDriver, {}),
    (driver.PureNVMEDriver, {'pure_nvme_transport': 'tcp'})])
def test_every_protocol_leaves_the_second_array(uniform_fleet, driver_class,
                                                options):
    world = uniform_fleet.start(driver_class, **options)
    volume = synchronous(world)
    world.attach(volume, CONNECTOR)
    retype(world, volume, world_module.new_type())
    world.detach(volume, CONNECTOR)
    assert left(uniform_fleet) == []


def test_second_array_that_is_away_when_the_volume_is_detached(
        uniform_fleet, zoned):
    beta = uniform_fleet.array('beta')
    volume = synchronous(zoned)
    zoned.attach(volume, CONNECTOR)
    retype(zoned, volume, world_module.new_type())
    beta.stop()
    zoned.detach(volume, CONNECTOR)
    come_back(uniform_fleet, beta)
    report(zoned)
    assert left(uniform_fleet) == []
    assert fabric.ZONES == set()


def test_machine_with_another_volume_there_keeps_its_host(uniform_fleet,
                                                          zoned):
    volume, stays = synchronous(zoned), synchronous(zoned)
    for each in (volume, stays):
        zoned.attach(each, CONNECTOR)
    zones = set(fabric.ZONES)
    retype(zoned, volume, world_module.new_type())
    zoned.detach(volume, CONNECTOR)
    for array in uniform_fleet.arrays:
        assert machines(array, stays) == {HOST}
    assert fabric.ZONES == zones


def test_volume_that_was_never_in_the_pod_asks_one_array(uniform_fleet,
                                                         world):
    volume = world.create()
    world.attach(volume, CONNECTOR)
    uniform_fleet.forget_requests()
    world.detach(volume, CONNECTOR)
    assert len(uniform_fleet.array('beta').requests) == 0
