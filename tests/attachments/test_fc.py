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
"""Attach and detach over Fibre Channel, with Cinder's real zone manager."""

from cinder import exception
from os_brick.initiator.connectors import fibre_channel as brick_fc
import pytest

from pure_cinder.array import models
from pure_cinder.attachments.protocols import fc
from pure_cinder import driver
from pure_cinder import exceptions
from tests import fabric
from tests import world as world_module

WWPNS = ['1000000000000011', '1000000000000012']


@pytest.fixture
def world(start):
    return start(driver.PureFCDriver)


@pytest.fixture
def zoned(conf, start):
    """A backend with zoning, and an empty fabric."""
    fabric.ZONES.clear()
    start()  # registers the options of the zone manager
    conf.set(None, zoning_mode='fabric')
    conf.set('fc-zone-manager', zone_driver='tests.fabric.ZoneDriver',
             fc_san_lookup_service='tests.fabric.LookupService',
             fc_fabric_names='A,B')
    return start(driver.PureFCDriver)


def connector(number=1, **changes):
    return world_module.connector('fc-%d' % number, number, **changes)


def targets(client):
    return [row['wwn'].lower() for row in client.list_ports()
            if row['wwn'] and not row['nqn']]


def hosts(client):
    return {row['name']: row['wwn'] for row in client.list_hosts()}


def test_connection_info_names_every_target(world, client):
    volume = world.create()

    info = world.attach(volume, connector())

    wwns = targets(client)
    serial = client.get_volume(volume.provider_id)['serial']
    [lun] = [row['lun'] for row in
             client.list_volume_private_connections(volume.provider_id)]
    assert len(wwns) > 1
    assert info == {
        'driver_volume_type': 'fibre_channel',
        'data': {
            'target_discovered': True,
            'target_lun': lun,
            'target_luns': [lun] * len(wwns),
            'target_wwn': wwns,
            'target_wwns': wwns,
            'initiator_target_map': {wwpn: wwns for wwpn in WWPNS},
            'discard': True,
            'addressing_mode': 'SAM2',
            'wwn': '3624a9370' + serial.lower(),
        }}


def test_os_brick_reads_every_target(world, client):
    info = world.attach(world.create(), connector())
    brick = brick_fc.FibreChannelConnector('sudo')

    properties = brick._add_targets_to_connection_properties(info['data'])

    lun = info['data']['target_lun']
    assert properties['targets'] == [(wwn, lun) for wwn in targets(client)]
    assert set(properties['initiator_target_lun_map']) == set(WWPNS)


def test_host_owns_every_wwpn(world, client):
    world.attach(world.create(), connector())
    assert list(hosts(client).values()) == [WWPNS]


@pytest.mark.parametrize('spell', [
    str.upper, lambda wwpn: ':'.join(
        wwpn[place:place + 2] for place in range(0, 16, 2))])
def test_wwpn_is_the_same_however_spelled(world, client, spell):
    first, second = world.create(), world.create()
    world.attach(first, connector())
    world.attach(second, connector(wwpns=[spell(wwpn) for wwpn in WWPNS]))
    assert len(hosts(client)) == 1


def test_host_of_ours_that_lacks_a_wwpn_gets_it(world, client):
    name = 'fc-1-0123456789abcdef0123456789abcdef-cinder'
    client.create_host(name, wwnlist=WWPNS[:1])
    world.attach(world.create(), connector())
    assert hosts(client) == {name: WWPNS}


def test_host_that_another_made_is_used_as_it_is(world, client):
    client.create_host('esx-7', wwnlist=WWPNS[:1])
    world.attach(world.create(), connector())
    assert hosts(client) == {'esx-7': WWPNS[:1]}


def test_wwpns_on_two_hosts_are_an_error_that_names_both(world, client):
    client.create_host('one', wwnlist=WWPNS[:1])
    client.create_host('two', wwnlist=WWPNS[1:])
    volume = world.create()

    with pytest.raises(exceptions.PureHostConflictError) as caught:
        world.connect(volume, connector())

    assert 'one' in str(caught.value) and 'two' in str(caught.value)
    assert client.list_volume_private_connections(volume.provider_id) == []


def test_wwpn_missing_from_our_host_that_is_on_another(world, client):
    ours = 'fc-1-0123456789abcdef0123456789abcdef-cinder'
    client.create_host(ours, wwnlist=WWPNS[:1])
    client.create_host('two', wwnlist=WWPNS[1:])
    with pytest.raises(exceptions.PureHostConflictError, match='two'):
        world.connect(world.create(), connector())
    assert hosts(client) == {ours: WWPNS[:1], 'two': WWPNS[1:]}


@pytest.mark.parametrize('wwpns', [None, []])
def test_connector_without_wwpns_is_refused(world, client, wwpns):
    volume = world.create()
    with pytest.raises(exceptions.PureConnectorError, match='fc-1'):
        world.driver.initialize_connection(volume, connector(wwpns=wwpns))
    assert hosts(client) == {}


def test_manager_refuses_a_connector_without_wwpns(world):
    nothing = connector()
    del nothing['wwpns']
    with pytest.raises(exception.InvalidConnectorException):
        world.connect(world.create(), nothing)


def test_port_that_speaks_nvme_is_no_target():
    ports = [models.Port('CT0.FC0', None, '524A937000000000', None, None),
             models.Port('CT0.FC1', None, '524A937000000001', 'nqn.x', None)]
    protocol = fc.FibreChannelProtocol()
    assert protocol.select_targets(ports, None) == ['524a937000000000']
    with pytest.raises(exceptions.PureNoTargetPortError, match='NVMe'):
        protocol.select_targets(ports[1:], None)


def test_detach_tells_the_targets_only_for_the_last_volume(world, client):
    first, second = world.create(), world.create()
    world.attach(first, connector())
    world.attach(second, connector())

    assert world.driver.terminate_connection(first, connector()) == {
        'driver_volume_type': 'fibre_channel', 'data': {}}
    wwns = targets(client)
    assert world.driver.terminate_connection(second, connector()) == {
        'driver_volume_type': 'fibre_channel',
        'data': {'target_wwn': wwns,
                 'initiator_target_map': {wwpn: wwns for wwpn in WWPNS}}}


def test_zones_live_as_long_as_a_volume_is_attached(zoned, client):
    first, second = zoned.create(), zoned.create()
    wwns = targets(client)
    of_fabric = {
        WWPNS[0]: [wwn for wwn in wwns if fabric.of(wwn) == 'A'],
        WWPNS[1]: [wwn for wwn in wwns if fabric.of(wwn) == 'B']}
    expected = {(wwpn, wwn) for wwpn, reached in of_fabric.items()
                for wwn in reached}

    info = zoned.attach(first, connector())
    assert all(of_fabric.values())
    assert info['data']['initiator_target_map'] == of_fabric
    assert fabric.ZONES == expected

    zoned.attach(second, connector())
    zoned.detach(first, connector())
    assert fabric.ZONES == expected

    zoned.detach(second, connector())
    assert fabric.ZONES == set()


def test_second_attachment_on_a_machine_keeps_the_zones(zoned):
    volume = zoned.create(multiattach=True)
    zoned.attach(volume, connector())
    zoned.attach(volume, connector())
    zoned.detach(volume, connector())
    assert fabric.ZONES


def test_machine_is_the_same_with_an_adapter_less(world, client):
    volume = world.create(multiattach=True)
    world.attach(volume, connector())
    world.attach(volume, connector(wwpns=WWPNS[1:]))
    world.detach(volume, connector(wwpns=WWPNS[::-1]))
    assert client.list_volume_private_connections(volume.provider_id)


@pytest.mark.parametrize('there', [[], WWPNS[:1]])
def test_zones_of_a_machine_that_is_logged_out_are_removed(zoned, monkeypatch,
                                                           there):
    """It died, so no fabric knows its adapters any more."""
    volume = zoned.create()
    zoned.attach(volume, connector())
    assert fabric.ZONES
    known = fabric.LookupService.get_device_mapping_from_network
    monkeypatch.setattr(
        fabric.LookupService, 'get_device_mapping_from_network',
        lambda service, initiators, targets: known(service, there, targets))

    zoned.detach(volume, connector())

    assert fabric.ZONES == set()


@pytest.mark.parametrize('is_forced', [False, True])
def test_zones_that_could_not_be_removed_are_removed_later(
        zoned, client, monkeypatch, is_forced):
    volume = zoned.create()
    zoned.attach(volume, connector())
    with monkeypatch.context() as patch:
        patch.setattr(fabric.ZoneDriver, 'delete_connection', fail)
        with pytest.raises(exception.ZoneManagerException):
            zoned.detach(volume, None if is_forced else connector())
        assert zoned.driver.get_volume_stats(refresh=True)[
            'backend_state'] == 'up'
    assert fabric.ZONES and len(hosts(client)) == 1

    zoned.driver.get_volume_stats(refresh=True)

    assert fabric.ZONES == set()
    assert hosts(client) == {}


def test_zones_go_before_the_host_that_tells_of_them(zoned, client,
                                                     monkeypatch):
    """Whatever dies between the two, the next process finds the host."""
    volume = zoned.create()
    zoned.attach(volume, connector())
    seen, delete = [], fabric.ZoneDriver.delete_connection

    def spied(*args, **values):
        seen.append(hosts(client))
        return delete(*args, **values)

    monkeypatch.setattr(fabric.ZoneDriver, 'delete_connection', spied)
    zoned.detach(volume, connector())

    assert {len(there) for there in seen} == {1}
    assert fabric.ZONES == set() and hosts(client) == {}


def test_zones_of_a_machine_that_is_attached_again_stay(zoned, monkeypatch):
    volume = zoned.create()
    zoned.attach(volume, connector())
    with monkeypatch.context() as patch:
        patch.setattr(fabric.ZoneDriver, 'delete_connection', fail)
        with pytest.raises(exception.ZoneManagerException):
            zoned.detach(volume, connector())
    zoned.attach(volume, connector())
    zones = set(fabric.ZONES)

    zoned.driver.get_volume_stats(refresh=True)

    assert fabric.ZONES == zones


def fail(*args, **values):
    raise exception.ZoneManagerException(reason='The switch is away.')


def test_repeated_wwpn_is_one(world, client):
    world.attach(world.create(), connector(wwpns=WWPNS + [WWPNS[0].upper()]))
    assert list(hosts(client).values()) == [WWPNS]


def test_host_of_another_that_lost_its_last_volume_is_unzoned(zoned, client):
    client.create_host('esx-7', wwnlist=WWPNS)
    volume = zoned.create()
    zoned.attach(volume, connector())
    zoned.detach(volume, connector())
    assert fabric.ZONES == set()
    assert list(hosts(client)) == ['esx-7']


def test_detach_without_a_connector_removes_the_zones(zoned):
    volume, other = zoned.create(), zoned.create()
    zoned.attach(volume, connector(1))
    zoned.attach(volume, connector(2))
    zoned.attach(other, connector(2))

    info = zoned.driver.terminate_connection(volume, None)

    of_second = set(connector(2)['wwpns'])
    assert {initiator for initiator, _target in fabric.ZONES} == of_second
    assert set(info['data']['initiator_target_map']) == set(WWPNS)
    zoned.driver.terminate_connection(other, None)
    assert fabric.ZONES == set()


@pytest.mark.parametrize('is_forced', [False, True])
def test_attached_snapshot_has_zones_while_it_lasts(zoned, is_forced):
    snapshot = zoned.snapshot(zoned.create())
    zoned.driver.create_export_snapshot(
        world_module.CONTEXT, snapshot, connector())
    zoned.driver.initialize_connection_snapshot(snapshot, connector())
    assert fabric.ZONES

    zoned.driver.terminate_connection_snapshot(
        snapshot, None if is_forced else connector())
    assert fabric.ZONES == set()


def test_machine_that_no_fabric_knows_is_refused(zoned, client):
    volume = zoned.create()
    stranger = connector(wwpns=[fabric.UNKNOWN])
    with pytest.raises(exceptions.PureNoTargetPortError,
                       match='fc_fabric_names'):
        zoned.connect(volume, stranger)
    assert client.list_volume_private_connections(volume.provider_id) == []
    assert hosts(client) == {}


def test_failed_zoning_keeps_what_was_attached_before(zoned, client):
    volume = zoned.create()
    zoned.attach(volume, connector())
    zones = set(fabric.ZONES)
    fabric.FAILURES.append(exception.ZoneManagerException(reason='no switch'))
    with pytest.raises(exception.ZoneManagerException):
        zoned.connect(volume, connector())
    assert client.list_volume_private_connections(volume.provider_id)
    assert fabric.ZONES == zones


def test_failed_zoning_of_a_snapshot_disconnects(zoned, client):
    snapshot = zoned.snapshot(zoned.create())
    zoned.driver.create_export_snapshot(world_module.CONTEXT, snapshot,
                                        connector())
    fabric.FAILURES.append(exception.ZoneManagerException(reason='no switch'))
    with pytest.raises(exception.ZoneManagerException):
        zoned.driver.initialize_connection_snapshot(snapshot, connector())
    assert client.list_volumes(connect=True) == []
    assert hosts(client) == {}


def test_failed_zoning_disconnects(zoned, client):
    fabric.FAILURES.append(exception.ZoneManagerException(reason='no switch'))
    volume = zoned.create()
    with pytest.raises(exception.ZoneManagerException):
        zoned.connect(volume, connector())
    assert client.list_volume_private_connections(volume.provider_id) == []
    assert hosts(client) == {}
