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
"""Machines that reach both arrays of a pod are connected to both."""

import logging
import time

from os_brick.initiator.connectors import fibre_channel as brick_fc
from os_brick.initiator.connectors import iscsi as brick_iscsi
from os_brick.initiator.connectors import nvmeof as brick_nvme
import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder.attachments import connections
from pure_cinder.attachments import luns
from pure_cinder import driver
from pure_cinder import exceptions
from pure_cinder.fleet import outages
from tests import fabric
from tests import fleet as fleet_module
from tests import world as world_module

POD = 'cinder-pod'
# As long as a small copy takes to be in step again.
RESYNC_S = 60
HOST = 'compute-1-4c4c4544000000000000000000000001-cinder'
CONNECTOR = world_module.connector()
OTHER = world_module.connector('compute-2', 2)


@pytest.fixture
def alpha(uniform_fleet):
    return uniform_fleet.arrays[0]


@pytest.fixture
def beta(uniform_fleet):
    return uniform_fleet.arrays[1]


@pytest.fixture
def clients(uniform_fleet):
    """Plain SDK clients of alpha and beta."""
    return [uniform_fleet.client(array) for array in uniform_fleet.arrays]


@pytest.fixture
def world(uniform_fleet):
    return uniform_fleet.start()


def synchronous(world, **values):
    """A volume in the pod."""
    volume_type = world_module.replicated_type('sync')
    return world.create(volume_type_id=volume_type.id, status='available',
                        **values)


def connected(array):
    """Volumes that hosts of an array have, destroyed ones, too.

    :returns: set of names of host and volume
    """
    db = array.model.db
    return {(db.hosts.get(row.host_id).name, db.volumes.get(row.volume_id
                                                            ).name)
            for row in db.connections.select('all', 'all')}


def hosts(client):
    return [row['name'] for row in client.list_hosts()]


def lun_of(client, host, volume):
    [lun] = [row['lun'] for row in client.list_host_connections(host)
             if row['vol'] == volume.provider_id]
    return lun


def portals(client):
    return [row['portal'] for row in client.list_ports() if row['iqn']]


def take_the_first_lun(client, volume):
    """Have the machine's host use the LUN that the volume would get."""
    client.create_host(HOST, iqnlist=[CONNECTOR['initiator']])
    client.create_volume('local', '1G')
    client.connect_host(HOST, 'local', lun=next(
        luns.candidates(volume.provider_id)))


def come_back(fleet, array):
    array.start()
    fleet.pass_time(RESYNC_S)


def report(world):
    return world.driver.get_volume_stats(refresh=True)


def problems(caplog):
    return [record.getMessage() for record in caplog.records
            if record.levelno >= logging.WARNING
            and record.name.startswith('pure_cinder')]


# Both arrays there


def test_every_path_of_both_arrays_is_told(world, clients):
    volume = synchronous(world)
    take_the_first_lun(clients[1], volume)

    info = world.attach(volume, CONNECTOR)

    luns_there = [lun_of(client, HOST, volume) for client in clients]
    assert luns_there[0] != luns_there[1]
    ports = [[row for row in client.list_ports() if row['iqn']]
             for client in clients]
    assert brick_iscsi.ISCSIConnector('sudo')._get_ips_iqns_luns(
        info['data'], discover=False) == [
            (row['portal'], row['iqn'], lun)
            for lun, rows in zip(luns_there, ports) for row in rows]


def test_paths_of_the_array_that_serves_come_first(uniform_fleet, world,
                                                   clients):
    volume = synchronous(world)
    failed_over = uniform_fleet.start(active_backend_id='at-beta')
    told = failed_over.attach(volume, CONNECTOR)['data']['target_portals']
    assert told == portals(clients[1]) + portals(clients[0])


def test_networks_choose_among_the_ports_of_both(uniform_fleet, world,
                                                 clients):
    chosen = [portals(client)[-1] for client in clients]
    filtered = uniform_fleet.start(pure_iscsi_cidr_list=[
        portal.rpartition(':')[0] for portal in chosen])
    info = filtered.attach(synchronous(world), CONNECTOR)
    assert info['data']['target_portals'] == chosen
    assert len(info['data']['target_luns']) == 2


def test_array_without_a_port_in_the_networks_is_left_out(
        uniform_fleet, world, clients, beta, caplog):
    [network] = [portals(clients[0])[0].rpartition(':')[0]]
    filtered = uniform_fleet.start(pure_iscsi_cidr=network)
    info = filtered.attach(synchronous(world), CONNECTOR)
    assert info['data']['target_portals'] == portals(clients[0])[:1]
    assert 'pure_iscsi_cidr' in problems(caplog)[-1]
    assert connected(beta) == set()


def test_volume_outside_the_pod_has_one_array(world, alpha, beta):
    volume = world.create()
    info = world.attach(volume, CONNECTOR)
    assert connected(alpha) == {(HOST, volume.provider_id)}
    assert connected(beta) == set()
    world.detach(volume, CONNECTOR)
    assert info['data']['target_portals']


def test_array_that_is_not_uniform_is_left_alone(sync_fleet):
    world = sync_fleet.start()
    volume = synchronous(world)
    sync_fleet.forget_requests()
    info = world.attach(volume, CONNECTOR)
    world.detach(volume, CONNECTOR)
    assert len(sync_fleet.arrays[1].requests) == 0
    assert info['data']['target_portals'] == portals(
        sync_fleet.client(sync_fleet.primary))


def test_detach_takes_the_volume_from_both(world, clients, alpha, beta):
    first, second = synchronous(world), synchronous(world)
    world.attach(first, CONNECTOR)
    world.attach(second, CONNECTOR)

    world.detach(first, CONNECTOR)
    for array in (alpha, beta):
        assert connected(array) == {(HOST, second.provider_id)}

    world.detach(second, CONNECTOR)
    for client in clients:
        assert hosts(client) == []


def test_force_detach_takes_the_volume_from_everyone(world, clients, alpha,
                                                     beta):
    volume = synchronous(world)
    world.attach(volume, CONNECTOR)
    world.attach(volume, OTHER)
    world.detach(volume, None)
    for client in clients:
        assert hosts(client) == []


def test_delete_takes_the_volume_from_everyone(world, clients):
    volume = synchronous(world)
    world.attach(volume, CONNECTOR)
    world.driver.delete_volume(volume)
    for client in clients:
        assert hosts(client) == []


def test_cost_is_that_of_one_array_on_each(world, alpha, beta,
                                           uniform_fleet):
    first, second = synchronous(world), synchronous(world)
    world.attach(first, CONNECTOR)
    report(world)
    uniform_fleet.forget_requests()

    world.attach(second, CONNECTOR)
    for array in (alpha, beta):
        assert [record.method for record in array.requests] == ['POST']

    uniform_fleet.forget_requests()
    world.detach(second, CONNECTOR)
    for array in (alpha, beta):
        assert [record.method for record in array.requests] == ['DELETE']


def test_machine_has_one_secret_on_both(uniform_fleet, alpha, beta):
    world = uniform_fleet.start(use_chap_auth=True)
    info = world.attach(synchronous(world), CONNECTOR)
    expected = (info['data']['auth_username'], info['data']['auth_password'])
    for array in (alpha, beta):
        row = array.model.db.hosts.find('name', HOST)
        assert (row.host_user, row.host_password) == expected


def test_host_that_another_made_is_used_on_its_array(world, clients, beta):
    clients[1].create_host('theirs', iqnlist=[CONNECTOR['initiator']])
    volume = synchronous(world)
    world.attach(volume, CONNECTOR)
    assert connected(beta) == {('theirs', volume.provider_id)}
    world.detach(volume, CONNECTOR)
    assert hosts(clients[1]) == ['theirs']
    assert hosts(clients[0]) == []


def test_conflict_on_the_second_array_undoes_the_first(
        uniform_fleet, clients, alpha, beta):
    world = uniform_fleet.start(use_chap_auth=True)
    clients[1].create_host('theirs', iqnlist=[CONNECTOR['initiator']])
    with pytest.raises(exceptions.PureHostConflictError, match='theirs'):
        world.attach(synchronous(world), CONNECTOR)
    assert connected(alpha) == connected(beta) == set()
    assert hosts(clients[0]) == []


def test_conflict_leaves_what_was_there_before(uniform_fleet, clients, alpha):
    world = uniform_fleet.start(use_chap_auth=True)
    volume = synchronous(world)
    world.attach(volume, CONNECTOR)
    clients[1].disconnect_host(HOST, volume.provider_id)
    clients[1].delete_host(HOST)
    clients[1].create_host('theirs', iqnlist=[CONNECTOR['initiator']])
    with pytest.raises(exceptions.PureHostConflictError, match='theirs'):
        world.attach(volume, CONNECTOR)
    assert connected(alpha) == {(HOST, volume.provider_id)}


# Preferred array


def preferred(client, host=HOST):
    return client.get_host(host, preferred_array=True)['preferred_array']


def test_new_hosts_prefer_the_array_that_serves(world, clients):
    world.attach(synchronous(world), CONNECTOR)
    assert [preferred(client) for client in clients] == [['alpha']] * 2


def test_hosts_of_one_array_prefer_none(world, clients):
    world.attach(world.create(), CONNECTOR)
    assert preferred(clients[0]) == []


def test_hosts_of_others_keep_their_preference(world, clients):
    clients[1].create_host('theirs', iqnlist=[CONNECTOR['initiator']],
                           preferred_array=['beta'])
    world.attach(synchronous(world), CONNECTOR)
    assert preferred(clients[1], 'theirs') == ['beta']


def test_old_arrays_have_no_preference(fleet_of):
    fleet = fleet_of(fleet_module.UNIFORM, rest_versions=('1.14',))
    world = fleet.start()
    volume = synchronous(world)
    world.attach(volume, CONNECTOR)
    for array in fleet.arrays:
        assert connected(array) == {(HOST, volume.provider_id)}


# One array away


def test_attach_without_the_second_array(world, alpha, beta, clients,
                                         caplog):
    volume = synchronous(world)
    beta.stop()
    info = world.attach(volume, CONNECTOR)
    assert info['data']['target_portals'] == portals(clients[0])
    [warning] = problems(caplog)
    assert 'at-beta' in warning and 'Check san_ip' in warning


def test_array_that_was_away_is_not_asked_again_at_once(world, beta):
    first, second = synchronous(world), synchronous(world)
    beta.faults.add(flasharray_sim.Fault('status', status=503))
    world.attach(first, CONNECTOR)
    beta.requests.clear()
    world.attach(second, CONNECTOR)
    world.detach(first, CONNECTOR)
    assert len(beta.requests) == 0


def test_array_that_was_away_is_asked_again_later(world, beta, monkeypatch):
    first, second = synchronous(world), synchronous(world)
    beta.stop()
    world.attach(first, CONNECTOR)
    beta.start()
    now = time.monotonic()
    monkeypatch.setattr(time, 'monotonic', lambda: now + outages.MEMORY_S)
    world.attach(second, CONNECTOR)
    assert connected(beta) == {(HOST, second.provider_id)}


def test_array_that_answers_a_report_is_asked_again_at_once(world, beta):
    first, second = synchronous(world), synchronous(world)
    beta.stop()
    world.attach(first, CONNECTOR)
    beta.start()
    world.driver.get_volume_stats(refresh=True)
    world.attach(second, CONNECTOR)
    assert connected(beta) == {(HOST, first.provider_id),
                               (HOST, second.provider_id)}


def test_ports_of_the_second_array_are_read_again(uniform_fleet, world, beta,
                                                  monkeypatch):
    world.attach(synchronous(world), CONNECTOR)
    uniform_fleet.forget_requests()
    now = time.monotonic()
    monkeypatch.setattr(time, 'monotonic',
                        lambda: now + connections.TARGET_MEMORY_S)
    world.attach(synchronous(world), CONNECTOR)
    assert 'port' in [record.path for record in beta.requests]


@pytest.mark.parametrize('is_restarted', [False, True])
def test_attach_without_the_array_that_serves(world, alpha, beta, clients,
                                              is_restarted):
    volume = synchronous(world)
    alpha.stop()
    if is_restarted:
        world.restart()
    info = world.attach(volume, CONNECTOR)
    assert info['data']['target_portals'] == portals(clients[1])
    serial = clients[1].get_volume(volume.provider_id)['serial']
    assert info['data']['wwn'].endswith(serial.lower())
    # Who the array is that serves, only the one that met it knows.
    assert preferred(clients[1]) == ['beta' if is_restarted else 'alpha']


def test_row_without_a_serial_is_attached_over_the_other_array(
        world, alpha, clients):
    volume = synchronous(world)
    volume.provider_location = None
    volume.save()
    alpha.stop()
    info = world.attach(volume, CONNECTOR)
    serial = clients[1].get_volume(volume.provider_id)['serial']
    assert info['data']['wwn'].endswith(serial.lower())


def test_volume_outside_the_pod_needs_its_array(world, alpha, beta):
    volume = world.create()
    alpha.stop()
    with pytest.raises(errors.ArrayUnreachableError):
        world.attach(volume, CONNECTOR)
    assert connected(beta) == set()


def test_failure_of_all_is_that_of_the_array_that_serves(world, alpha, beta):
    volume = synchronous(world)
    beta.stop()
    alpha.faults.add(flasharray_sim.Fault('status', status=403, method='POST'))
    with pytest.raises(errors.ArrayPermissionError):
        world.attach(volume, CONNECTOR)
    assert connected(alpha) == set()


def test_array_that_serves_but_refuses_is_made_up_for(world, alpha, beta,
                                                      caplog):
    volume = synchronous(world)
    alpha.faults.add(flasharray_sim.Fault('status', status=403, method='POST'))
    world.attach(volume, CONNECTOR)
    assert connected(alpha) == set()
    assert connected(beta) == {(HOST, volume.provider_id)}
    assert 'pure_api_token' in problems(caplog)[-1]


def test_link_down_leaves_the_copy_that_is_online(uniform_fleet, world,
                                                  alpha, beta):
    before, during = synchronous(world), synchronous(world)
    world.attach(before, CONNECTOR)
    with uniform_fleet.link_down(alpha):
        world.attach(during, CONNECTOR)
        world.detach(before, CONNECTOR)
        assert connected(alpha) == {(HOST, during.provider_id)}
        assert connected(beta) == {(HOST, before.provider_id)}
        report(world)
    uniform_fleet.pass_time(RESYNC_S)

    report(world)

    for array in (alpha, beta):
        assert connected(array) == {(HOST, during.provider_id)}


# What could not be taken away


def detached_without(world, array, volumes=1):
    """Volumes that were detached while one of the arrays was away."""
    made = [synchronous(world) for _number in range(volumes)]
    for volume in made:
        world.attach(volume, CONNECTOR)
    report(world)
    array.stop()
    for volume in made:
        world.detach(volume, CONNECTOR)
    return made


@pytest.mark.parametrize('is_restarted', [False, True])
@pytest.mark.parametrize('name', ['alpha', 'beta'])
def test_array_that_is_back_is_cleaned(uniform_fleet, world, clients, name,
                                       is_restarted):
    array = uniform_fleet.array(name)
    [volume] = detached_without(world, array)
    [other] = [each for each in uniform_fleet.arrays if each is not array]
    assert connected(other) == set()
    if is_restarted:
        world.restart()
    come_back(uniform_fleet, array)
    assert connected(array) == {(HOST, volume.provider_id)}

    report(world)

    assert connected(array) == set()
    for client in clients:
        assert hosts(client) == []


def searches(array):
    """Requests for what hosts have of the volumes of a pod."""
    return [record for record in array.requests
            if (record.method, record.path) == ('GET', 'volume')
            and record.params.get('connect')]


def test_leftovers_are_looked_for_once(uniform_fleet, world, beta):
    synchronous(world)
    uniform_fleet.forget_requests()
    report(world)
    assert len(searches(beta)) == 1
    report(world)
    assert len(searches(beta)) == 1


def test_array_that_is_away_makes_no_work_for_the_other(world, alpha, beta):
    detached_without(world, beta)
    report(world)
    assert len(searches(alpha)) == 1


def test_dead_array_that_serves_is_not_waited_for_twice(world, alpha, caplog):
    detached_without(world, alpha)
    caplog.clear()
    assert report(world)['backend_state'] == 'down'
    assert not [text for text in problems(caplog) if 'left over' in text]


def test_volume_that_is_in_use_elsewhere_loses_only_what_is_left_over(
        uniform_fleet, world, beta):
    volume = synchronous(world)
    world.attach(volume, CONNECTOR)
    world.attach(volume, OTHER)
    beta.stop()
    world.detach(volume, CONNECTOR)
    come_back(uniform_fleet, beta)
    report(world)
    assert [name.split('-')[1] for name, _volume in connected(beta)] == ['2']


def test_path_made_while_the_array_was_away_stays(uniform_fleet, world,
                                                  alpha, beta):
    volume = synchronous(world)
    alpha.stop()
    world.attach(volume, CONNECTOR)
    come_back(uniform_fleet, alpha)
    report(world)
    assert connected(beta) == {(HOST, volume.provider_id)}


def test_volume_that_was_attached_again_keeps_its_path(uniform_fleet, world,
                                                       beta):
    [volume] = detached_without(world, beta)
    world.attach(volume, CONNECTOR)
    come_back(uniform_fleet, beta)
    report(world)
    assert connected(beta) == {(HOST, volume.provider_id)}


def test_connections_of_others_are_never_removed(uniform_fleet, world, beta,
                                                 clients):
    """Of hosts that no driver made, and of volumes that Cinder has not."""
    [volume] = detached_without(world, beta)
    come_back(uniform_fleet, beta)
    generated = 'x-%032x-cinder' % 1
    clients[1].create_host('theirs', iqnlist=['iqn.2001-01.org.example:1'])
    clients[1].create_host(generated, iqnlist=['iqn.2001-01.org.example:2'])
    clients[1].create_volume(POD + '::other', '1G')
    clients[1].create_volume('local', '1G')
    clients[1].connect_host('theirs', volume.provider_id)
    clients[1].connect_host(generated, POD + '::other')
    clients[1].connect_host(generated, 'local')

    report(world)

    assert connected(beta) == {
        ('theirs', volume.provider_id), (generated, POD + '::other'),
        (generated, 'local')}


def test_volume_that_was_deleted_meanwhile_leaves_nothing(
        uniform_fleet, world, beta, clients):
    [volume] = detached_without(world, beta)
    world.driver.delete_volume(volume)
    volume.destroy()
    come_back(uniform_fleet, beta)
    report(world)
    assert connected(beta) == set()
    assert hosts(clients[1]) == []


@pytest.mark.parametrize('changes', [
    {'status': 'uploading'}, {'status': 'attaching'},
    {'migration_status': 'migrating'}])
def test_volume_that_cinder_is_at_work_on_is_looked_at_later(
        uniform_fleet, world, beta, changes):
    [volume] = detached_without(world, beta)
    volume.update(changes)
    volume.save()
    come_back(uniform_fleet, beta)
    report(world)
    assert connected(beta) == {(HOST, volume.provider_id)}

    volume.update({'status': 'available', 'migration_status': None})
    volume.save()
    report(world)
    assert connected(beta) == set()


def test_attachment_that_is_about_to_be_made_is_waited_for(
        uniform_fleet, world, beta):
    [volume] = detached_without(world, beta)
    reserved = world_module.objects.VolumeAttachment(
        world_module.CONTEXT, volume_id=volume.id, attach_status='reserved')
    reserved.create()
    come_back(uniform_fleet, beta)
    report(world)
    assert connected(beta) == {(HOST, volume.provider_id)}

    reserved.destroy()
    report(world)
    assert connected(beta) == set()


def test_array_that_fails_while_it_is_cleaned_is_cleaned_later(
        uniform_fleet, world, beta, caplog):
    detached_without(world, beta)
    come_back(uniform_fleet, beta)
    fault = beta.faults.add(flasharray_sim.Fault('status', status=403,
                                                 method='DELETE'))
    report(world)
    assert 'later' in problems(caplog)[-1]
    beta.faults.remove(fault)
    report(world)
    assert connected(beta) == set()


def test_volume_attached_where_the_other_array_served(sync_fleet):
    """Not uniform: after the way back, a detach finds it where it is."""
    volume = synchronous(sync_fleet.start())
    failed_over = sync_fleet.start(active_backend_id='at-beta')
    failed_over.attach(volume, CONNECTOR)
    back = sync_fleet.start()
    back.detach(volume, CONNECTOR)
    assert connected(sync_fleet.arrays[1]) == set()
    assert hosts(sync_fleet.client(sync_fleet.arrays[1])) == []


# Other protocols


@pytest.fixture
def zoned(conf, uniform_fleet):
    fabric.ZONES.clear()
    uniform_fleet.start()  # registers the options of the zone manager
    conf.set(None, zoning_mode='fabric')
    conf.set('fc-zone-manager', zone_driver='tests.fabric.ZoneDriver',
             fc_san_lookup_service='tests.fabric.LookupService',
             fc_fabric_names='A,B')
    return uniform_fleet.start(driver.PureFCDriver)


def wwns(client):
    return [row['wwn'].lower() for row in client.list_ports()
            if row['wwn'] and not row['nqn']]


def zoned_targets():
    return {target for _initiator, target in fabric.ZONES}


def test_fibre_channel_tells_the_lun_of_each_array(uniform_fleet, clients):
    world = uniform_fleet.start(driver.PureFCDriver)
    volume = synchronous(world)
    clients[1].create_host(HOST, wwnlist=CONNECTOR['wwpns'])
    clients[1].create_volume('local', '1G')
    clients[1].connect_host(HOST, 'local', lun=next(
        luns.candidates(volume.provider_id)))

    info = world.attach(volume, CONNECTOR)

    paths = [(wwn, lun_of(client, HOST, volume))
             for client in clients for wwn in wwns(client)]
    assert len({lun for _wwn, lun in paths}) == 2
    assert info['data']['target_lun'] == paths[0][1]
    properties = brick_fc.FibreChannelConnector(
        'sudo')._add_targets_to_connection_properties(info['data'])
    assert properties['targets'] == paths
    assert properties['initiator_target_lun_map'] == {
        wwpn: paths for wwpn in CONNECTOR['wwpns']}


def test_zones_to_both_arrays(zoned, clients):
    volume = synchronous(zoned)
    zoned.attach(volume, CONNECTOR)
    assert zoned_targets() == {*wwns(clients[0]), *wwns(clients[1])}
    zoned.detach(volume, CONNECTOR)
    assert fabric.ZONES == set()


def test_zones_of_an_array_where_the_machine_has_more_stay(zoned, clients):
    volume, local = synchronous(zoned), zoned.create()
    zoned.attach(volume, CONNECTOR)
    zoned.attach(local, CONNECTOR)
    zoned.detach(volume, CONNECTOR)
    assert zoned_targets() == set(wwns(clients[0]))


def test_zones_of_an_array_that_was_away_are_removed_later(
        zoned, uniform_fleet, clients, beta):
    there = wwns(clients[1])
    detached_without(zoned, beta)
    assert zoned_targets() == set(there)
    come_back(uniform_fleet, beta)
    report(zoned)
    assert fabric.ZONES == set()


def test_zones_after_a_failover_are_those_of_the_array_that_serves(
        zoned, uniform_fleet, alpha, clients):
    failed_over = uniform_fleet.start(driver.PureFCDriver,
                                      active_backend_id='at-beta')
    volume = synchronous(failed_over)
    alpha.stop()
    failed_over.attach(volume, CONNECTOR)
    assert zoned_targets() == set(wwns(clients[1]))
    failed_over.detach(volume, CONNECTOR)
    assert fabric.ZONES == set()


def test_nvme_has_one_subsystem_for_a_volume(uniform_fleet, clients, alpha,
                                             beta):
    world = uniform_fleet.start(driver.PureNVMEDriver,
                                pure_nvme_transport='tcp')
    volume = synchronous(world)

    info = world.attach(volume, CONNECTOR)

    [target] = brick_nvme.NVMeOFConnProps(info['data']).targets
    expected = [row for row in clients[0].list_ports()
                if row['nqn'] and row['portal']]
    assert target.nqn == expected[0]['nqn']
    assert ['%s:%s' % (portal.address, portal.port)
            for portal in target.portals] == [
                row['portal'] for row in expected]
    assert connected(alpha) == {(HOST, volume.provider_id)}
    assert connected(beta) == set()


def test_nvme_takes_the_other_subsystem_if_need_be(uniform_fleet, clients,
                                                   alpha):
    world = uniform_fleet.start(driver.PureNVMEDriver,
                                pure_nvme_transport='tcp')
    volume = synchronous(world)
    alpha.stop()
    info = world.attach(volume, CONNECTOR)
    there = {row['nqn'] for row in clients[1].list_ports() if row['nqn']}
    assert {info['data']['target_nqn']} == there
    world.driver.terminate_connection(volume, CONNECTOR)
    assert hosts(clients[1]) == []
