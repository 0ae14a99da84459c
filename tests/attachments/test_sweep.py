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
"""No machine keeps a volume that Cinder does not know to be attached there."""

import time

from cinder import exception
from cinder import objects
from oslo_db import exception as db_exception
import pytest

import flasharray_sim
from pure_cinder.array import session
from pure_cinder.attachments import records
from pure_cinder.attachments import sweep
from pure_cinder import driver
from pure_cinder import exceptions
from tests import fabric
from tests import world as world_module

CONTEXT = world_module.CONTEXT
OPTIONS = {
    driver.PureISCSIDriver: {},
    driver.PureFCDriver: {},
    driver.PureNVMEDriver: {'pure_nvme_transport': 'tcp'},
}
ONE = world_module.connector('one', 1)
OTHER = world_module.connector('two', 2)
CONNECT = 'host/*/volume/*'
GENERATED = 'x-%032x-cinder' % 1


@pytest.fixture(params=OPTIONS, ids=lambda cls: cls.__name__)
def world_of_any(request, start, conf, monkeypatch):
    """A backend of each protocol, with zones where there are any."""
    monkeypatch.setattr(session, 'MAX_BACK_OFF_S', 0)
    fabric.ZONES.clear()
    start()  # registers the options of the zone manager
    conf.set(None, zoning_mode='fabric')
    conf.set('fc-zone-manager', zone_driver='tests.fabric.ZoneDriver',
             fc_san_lookup_service='tests.fabric.LookupService',
             fc_fabric_names='A,B')
    return start(request.param, **OPTIONS[request.param])


def connected(client):
    """:returns: set of the start of a host's name and of a volume's name"""
    return {(row['host'].split('-')[0], row['name'])
            for row in client.list_volumes(connect=True)}


def report(world):
    return world.driver.get_volume_stats(refresh=True)


def attached_by_another_adapter(world, client):
    """The machine ``one`` and its host have others now.

    :returns: volume, with an attachment that tells the initiators of then
    """
    volume = world.create()
    world.attach(volume, ONE)
    [host] = client.list_hosts()
    [kind] = [kind for kind in ('iqn', 'wwn', 'nqn') if host[kind]]
    new = world_module.connector('one', 7)
    client.set_host(host['name'], **{kind + 'list': {
        'iqn': [new['initiator']], 'wwn': new['wwpns'],
        'nqn': [new['nqn']]}[kind]})
    world.restart()
    report(world)
    return volume


def save(row, **changes):
    row.update(changes)
    row.save()


def away_after(array, method, path):
    """An array goes away when a request has taken effect."""
    faults = [array.faults.add(flasharray_sim.Fault(
        'reset_after', method=method, path=path, count=1))]
    faults += [array.faults.add(flasharray_sim.Fault(
        'status', method=other, path='host/*', status=503))
        for other in ('GET', 'DELETE') if other != method]
    return faults


def come_back(array, faults):
    for fault in faults:
        array.faults.remove(fault)


# What died while it attached

def test_process_that_died_in_an_attach(world_of_any, client):
    """Its row was never written."""
    world = world_of_any
    volume, kept = world.create(), world.create()
    world.attach(kept, OTHER)
    world.connect(volume, ONE)
    world.restart()
    assert connected(client) == {('one', volume.provider_id),
                                 ('two', kept.provider_id)}

    report(world)

    assert connected(client) == {('two', kept.provider_id)}
    assert len(client.list_hosts()) == 1
    assert {initiator for initiator, _target in fabric.ZONES} <= set(
        OTHER['wwpns'])


def test_array_that_went_away_in_an_attach(world_of_any, array, client):
    world = world_of_any
    volume, known = world.create(), world.create()
    world.attach(known, ONE)
    report(world)
    faults = away_after(array, 'POST', CONNECT)
    with pytest.raises(exceptions.PureDriverException):
        world.attach(volume, ONE)
    report(world)
    come_back(array, faults)
    world.attach(volume, OTHER)
    assert ('one', volume.provider_id) in connected(client)

    report(world)

    assert connected(client) == {('one', known.provider_id),
                                 ('two', volume.provider_id)}


def test_volume_is_taken_wherever_it_is(start, client):
    world = start()
    gold = world_module.new_type(extra_specs={'flasharray:vg_name': 'gold'})
    world.connect(world.create(volume_type_id=gold.id), ONE)
    world.restart()
    report(world)
    assert client.list_hosts() == []


@pytest.mark.parametrize('status', ['available', 'in-use', 'error',
                                    'error_deleting', 'awaiting-transfer'])
def test_status_in_which_cinder_does_nothing(world, client, status):
    volume = world.create()
    world.connect(volume, ONE)
    save(volume, status=status)
    world.restart()
    report(world)
    assert connected(client) == set()


@pytest.mark.parametrize('changes', [
    *({'status': status} for status in (
        'creating', 'downloading', 'uploading', 'backing-up', 'retyping',
        'restoring-backup', 'maintenance', 'reserved', 'attaching',
        'detaching', 'deleting')),
    {'migration_status': 'migrating'}, {'migration_status': 'target:other'}])
def test_volume_that_cinder_is_at_work_on_is_looked_at_later(
        world, array, client, changes):
    volume = world.create()
    world.connect(volume, ONE)
    save(volume, **changes)
    world.restart()
    report(world)
    assert connected(client) == {('one', volume.provider_id)}
    array.requests.clear()
    report(world)
    assert looks(array) == []

    save(volume, status='available', migration_status=None)
    report(world)
    assert connected(client) == set()


def test_attachment_that_is_about_to_be_made_is_waited_for(world, client):
    volume = world.create()
    world.connect(volume, ONE)
    reserved = objects.VolumeAttachment(CONTEXT, volume_id=volume.id,
                                        attach_status='reserved')
    reserved.create()
    world.restart()
    report(world)
    assert connected(client) == {('one', volume.provider_id)}

    save(reserved, connector=ONE, attach_status='attached')
    report(world)
    assert connected(client) == {('one', volume.provider_id)}


def test_attachment_of_the_old_api_does_not_tell_its_machine(world, client):
    volume = world.create()
    world.attach(volume, ONE)
    save(volume.volume_attachment[0], connector=None)
    world.restart()
    report(world)
    assert connected(client) == {('one', volume.provider_id)}


def test_machine_that_got_another_adapter_keeps_its_volume(world_of_any,
                                                           client):
    """What Cinder knows of it is what it was when it was attached."""
    volume = attached_by_another_adapter(world_of_any, client)
    assert connected(client) == {('one', volume.provider_id)}


def test_machine_that_got_another_adapter_gives_up_what_it_detaches(
        world_of_any, client):
    """Cinder tells the initiators that it was attached with."""
    volume = attached_by_another_adapter(world_of_any, client)
    world_of_any.detach(volume, ONE)
    report(world_of_any)
    assert connected(client) == set()


# What is not ours

def test_connections_of_others_are_never_removed(world, client):
    """Of volumes that Cinder has not, and of hosts that no driver made."""
    volume, elsewhere = world.create(), world.create()
    client.create_host('theirs', iqnlist=['iqn.2001-01.org.example:1'])
    client.create_host(GENERATED, iqnlist=['iqn.2001-01.org.example:2'])
    client.create_volume('local', '1G')
    client.create_volume('volume-0-cinder', '1G')
    client.connect_host('theirs', volume.provider_id)
    for name in ('local', 'volume-0-cinder', elsewhere.provider_id):
        client.connect_host(GENERATED, name)
    save(elsewhere, host='node@another#pure')
    before = connected(client)
    world.restart()

    report(world)

    assert connected(client) == before


def test_live_volume_of_a_deleted_row_is_left_alone(world, client):
    """Somebody made it again, or took it back."""
    volume = world.create()
    world.connect(volume, ONE)
    volume.destroy()
    world.restart()
    report(world)
    assert connected(client) == {('one', volume.provider_id)}


def test_cluster_has_the_volumes_of_all_its_nodes(backend, database,
                                                  coordinator, client):
    world = world_module.World(backend(), cluster_name='nodes@pure').start()
    ours = world.create(cluster_name='nodes@pure#pure', host='third@pure#pure')
    theirs = world.create(cluster_name='others@pure#pure')
    for volume in (ours, theirs):
        world.connect(volume, ONE)
    world.restart()
    report(world)
    assert connected(client) == {('one', theirs.provider_id)}


# What it costs

def looks(array):
    """Requests about what is connected."""
    return ['%s %s' % (record.method, record.path) for record in array.requests
            if record.path.startswith('host/')
            or 'connect' in record.params or record.path == 'host'
            and str(record.params.get('limit')) != '1']


def fill(world, client, count):
    for number in range(count):
        world.attach(world.create(), world_module.connector(
            'node-%d' % (number % 3), number % 3 + 1))
        client.create_volume('local-%d' % number, '1G')
        client.connect_host('theirs', 'local-%d' % number)


def test_look_at_all_costs_two_lists_and_is_made_once(world, array, client,
                                                      monkeypatch):
    client.create_host('theirs', iqnlist=['iqn.2001-01.org.example:1'])
    fill(world, client, 6)
    world.restart()
    array.requests.clear()
    report(world)
    assert looks(array) == ['GET volume', 'GET host']
    array.requests.clear()
    report(world)
    assert looks(array) == []

    now = time.monotonic()
    monkeypatch.setattr(time, 'monotonic',
                        lambda: now + sweep.FULL_LOOK_INTERVAL_S)
    report(world)
    assert looks(array) == ['GET volume', 'GET host']


def test_volume_in_doubt_costs_what_it_has(world, array, client):
    client.create_host('theirs', iqnlist=['iqn.2001-01.org.example:1'])
    fill(world, client, 6)
    report(world)
    volume = world.create()
    array.faults.add(flasharray_sim.Fault(
        'status', method='POST', path=CONNECT, status=403, count=1))
    with pytest.raises(exceptions.PureDriverException):
        world.attach(volume, ONE)
    array.requests.clear()
    report(world)
    assert looks(array) == ['GET volume']
    array.requests.clear()
    report(world)
    assert looks(array) == []


def test_names_are_asked_for_in_portions(world, client, monkeypatch):
    monkeypatch.setattr(records, 'NAMES_PER_QUERY', 2)
    kept = [world.create() for _number in range(5)]
    for volume in kept:
        world.attach(volume, ONE)
    world.connect(world.create(), ONE)
    world.restart()
    report(world)
    assert connected(client) == {('one', volume.provider_id)
                                 for volume in kept}


def test_process_of_a_cluster_that_died_for_good(world, start, client,
                                                 monkeypatch):
    dead, volume = start(), world.create()
    report(world)
    dead.connect(volume, ONE)
    report(world)
    assert connected(client) == {('one', volume.provider_id)}

    now = time.monotonic()
    monkeypatch.setattr(time, 'monotonic',
                        lambda: now + sweep.FULL_LOOK_INTERVAL_S)
    report(world)
    assert connected(client) == set()


# What died while it detached

def test_two_processes_that_detach_at_once(world, start, client):
    volume, other = world.create(multiattach=True), start()
    world.attach(volume, ONE)
    world.attach(volume, ONE)
    for each in (world, other):
        row = objects.Volume.get_by_id(CONTEXT, volume.id)
        assert each.driver.terminate_connection(row, ONE) is True
    report(world)
    assert connected(client) == {('one', volume.provider_id)}
    for attachment in list(volume.volume_attachment):
        attachment.destroy()

    report(world)

    assert connected(client) == set()
    assert client.list_hosts() == []


def test_detach_of_what_failed_leaves_the_user_a_path(world, client,
                                                      monkeypatch):
    """The driver is not told which attachment of the machine is meant."""
    volume = world.create(multiattach=True)
    world.attach(volume, ONE)
    world.attach(volume, ONE)
    failed = volume.volume_attachment[0]
    save(failed, attach_status='error_attaching')
    assert world.driver.terminate_connection(volume, ONE) is False
    failed.destroy()
    report(world)
    assert connected(client) == set()

    now = time.monotonic()
    monkeypatch.setattr(time, 'monotonic', lambda: now + sweep.DETACHING_S)
    report(world)
    assert connected(client) == {('one', volume.provider_id)}


def test_volume_that_is_withheld_gets_no_path(world, array, client):
    """As while a failback brings it home."""
    volume = world.create()
    array.faults.add(flasharray_sim.Fault(
        'status', method='POST', path=CONNECT, status=403, count=1))
    with pytest.raises(exceptions.PureDriverException):
        world.attach(volume, ONE)
    objects.VolumeAttachment(
        CONTEXT, volume_id=volume.id, attached_host='one', connector=ONE,
        attach_status='attached').create()
    with world.driver._backend.attachments.withholding(
            world.driver._backend.fleet.serving, [volume.provider_id]):
        report(world)
        assert connected(client) == set()

    report(world)

    assert connected(client) == {('one', volume.provider_id)}


@pytest.mark.parametrize('path', [CONNECT, 'host/one-*-cinder'])
def test_array_that_went_away_in_the_detach_of_a_deletion(
        world_of_any, array, client, path):
    """The retry finds no connection any more, and so no host."""
    world = world_of_any
    volume = world.create()
    world.attach(volume, ONE)
    report(world)
    faults = away_after(array, 'DELETE', path)
    with pytest.raises(exceptions.PureDriverException):
        world.driver.delete_volume(volume)
    come_back(array, faults)
    world.driver.delete_volume(volume)
    volume.destroy()

    report(world)

    assert client.list_hosts() == []
    assert fabric.ZONES == set()


# What fails while it is put right

@pytest.mark.parametrize('error', [
    exception.ZoneManagerException(reason='The switch is away.'),
    db_exception.DBConnectionError('The database is away.')])
def test_report_outlives_what_fails_beside_it(start, conf, client,
                                              monkeypatch, error):
    """What was not finished is done with a later report."""
    fabric.ZONES.clear()
    start()
    conf.set(None, zoning_mode='fabric')
    conf.set('fc-zone-manager', zone_driver='tests.fabric.ZoneDriver',
             fc_san_lookup_service='tests.fabric.LookupService',
             fc_fabric_names='A,B')
    world = start(driver.PureFCDriver)
    for connector in (ONE, OTHER):
        world.connect(world.create(), connector)
    world.restart()

    def fail(*args, **values):
        raise error
    with monkeypatch.context() as patch:
        patch.setattr(fabric.ZoneDriver, 'delete_connection', fail)
        if isinstance(error, db_exception.DBError):
            patch.setattr(objects.VolumeList, 'get_all', fail)
        for _number in range(2):
            assert report(world)['backend_state'] == 'up'

    report(world)

    assert client.list_hosts() == []
    assert fabric.ZONES == set()
