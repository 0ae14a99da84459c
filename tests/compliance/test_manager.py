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
"""Cinder's own volume manager understands all that the driver answers.

Nothing stands in for the manager here: rows, statuses and connection
information are what it makes of the driver's answers.
"""

import uuid

from cinder import objects
from cinder.volume import manager as volume_manager
import pytest

import flasharray_sim
from tests.scenarios import service
from tests import world as world_module

CONTEXT = service.CONTEXT
DRIVERS = {
    'PureISCSIDriver': {},
    'PureFCDriver': {},
    'PureNVMEDriver': {'pure_nvme_transport': 'tcp'},
}


@pytest.fixture(params=DRIVERS)
def manager(request, tmp_path, simulator, array):
    """A volume manager that has started, for each protocol."""
    section = {
        'volume_driver': 'pure_cinder.driver.' + request.param,
        'volume_backend_name': 'pure', 'san_ip': array.address,
        'pure_api_token': array.api_token, 'driver_ssl_cert_verify': True,
        'driver_ssl_cert_path': simulator.certificate_path,
        **DRIVERS[request.param]}
    with service.cinder(tmp_path, section):
        row = service.VolumeService().row
        started = volume_manager.VolumeManager(
            host=service.HOST, service_name=service.BACKEND)
        started.init_host(service_id=row.id)
        started.init_host_with_rpc()
        yield started


def reloaded(row):
    return type(row).get_by_id(CONTEXT, row.id)


def changed(row, **values):
    """As the API leaves a row before it asks the manager."""
    row.update(values)
    row.save()
    return row


def new_volume(**fields):
    values = {'size': 1, 'host': service.POOL, 'status': 'creating',
              'display_name': 'test', 'metadata': {'mine': 'kept'}}
    volume = objects.Volume(CONTEXT, **{**values, **fields})
    volume.create()
    return reloaded(volume)


def create(manager, **fields):
    volume = new_volume(**fields)
    manager.create_volume(CONTEXT, volume, filter_properties={},
                          request_spec={}, allow_reschedule=False)
    return reloaded(volume)


def snapshot_of(manager, volume):
    snapshot = objects.Snapshot(
        CONTEXT, volume_id=volume.id, volume_size=volume.size,
        status='creating', display_name='test', metadata={'mine': 'kept'})
    snapshot.create()
    manager.create_snapshot(CONTEXT, reloaded(snapshot))
    return reloaded(snapshot)


def assert_is_on(client, volume):
    assert volume.status == 'available'
    row = client.get_volume(volume.provider_id)
    assert row['size'] == volume.size * 1024 ** 3
    assert volume.provider_location.endswith(row['serial'])
    assert volume.replication_status == 'disabled'
    assert volume.metadata['mine'] == 'kept'
    assert volume.metadata['array_volume_name'] == volume.provider_id


def test_started_manager_reports_one_pool(manager):
    assert manager.driver.initialized
    assert not manager.driver.capabilities.get('errors')
    manager.publish_service_capabilities(CONTEXT)
    [pool] = manager.last_capabilities['pools']
    assert pool['pool_name'] == 'pure'
    assert pool['free_capacity_gb'] > 0


def test_capabilities_are_shown_to_the_api(manager):
    shown = manager.get_capabilities(CONTEXT, discover=True)
    assert shown['volume_backend_name'] == 'pure'
    assert shown['vendor_name'] == 'Pure Storage'
    assert shown['properties']


def test_volumes_of_every_origin(manager, client):
    volume = create(manager)
    snapshot = snapshot_of(manager, volume)
    assert snapshot.status == 'available'
    assert snapshot.metadata['mine'] == 'kept'
    for made in (volume, create(manager, source_volid=volume.id, size=2),
                 create(manager, snapshot_id=snapshot.id, size=3)):
        assert_is_on(client, made)


def test_volume_grows_and_is_reverted(manager, client):
    volume = create(manager)
    snapshot = snapshot_of(manager, volume)
    manager.extend_volume(CONTEXT, volume, 4, [])
    assert_is_on(client, reloaded(volume))
    volume = changed(reloaded(volume), status='reverting')
    changed(snapshot, status='restoring')
    manager.revert_to_snapshot(CONTEXT, volume, snapshot)
    assert_is_on(client, reloaded(volume))
    assert len(client.list_volumes(snap=True)) == 1


def test_deleted_is_gone(manager, client):
    volume = create(manager)
    manager.delete_snapshot(CONTEXT, snapshot_of(manager, volume))
    manager.delete_volume(CONTEXT, volume)
    assert client.list_volumes() == client.list_volumes(snap=True) == []
    assert not objects.VolumeList.get_all(CONTEXT)


def test_attachment_is_what_a_compute_node_gets(manager, client):
    volume = create(manager)
    attachment = objects.VolumeAttachment(
        CONTEXT, volume_id=volume.id, instance_uuid=str(uuid.uuid4()),
        attach_status='reserved', attach_mode='null')
    attachment.create()
    info = manager.attachment_update(CONTEXT, reloaded(volume),
                                     world_module.connector(), attachment.id)
    assert info['driver_volume_type'] in ('iscsi', 'fibre_channel', 'nvmeof')
    assert info['attachment_id'] == attachment.id
    assert len(client.list_volumes(connect=True)) == 1
    manager.attachment_delete(CONTEXT, attachment.id, reloaded(volume))
    assert client.list_volumes(connect=True) == client.list_hosts() == []


def test_attached_snapshot_is_what_a_backup_node_gets(manager, client):
    snapshot = snapshot_of(manager, create(manager))
    connector = world_module.connector()
    info = manager.initialize_connection_snapshot(CONTEXT, snapshot.id,
                                                  connector)
    assert info['data']
    manager.terminate_connection_snapshot(CONTEXT, snapshot.id, connector)
    manager.remove_export_snapshot(CONTEXT, snapshot.id)
    assert len(client.list_volumes()) == 1


def test_retype_is_done_in_place(manager, client):
    volume = create(manager)
    new_type = service.new_type('grouped', {'flasharray:vg_name': 'gold'})
    changed(volume, status='retyping', previous_status='available')
    manager.retype(CONTEXT, volume, new_type.id,
                   {'host': service.POOL, 'capabilities': {}})
    volume = reloaded(volume)
    assert volume.volume_type_id == new_type.id
    assert_is_on(client, volume)
    assert volume.provider_id.startswith('gold/')


def test_volume_is_managed_listed_and_released(manager, client):
    client.create_volume('legacy', '2G')
    [entry] = manager.get_manageable_volumes(
        CONTEXT, None, 10, 0, ['reference'], ['asc'])
    volume = new_volume(status='creating')
    manager.manage_existing(CONTEXT, volume, entry['reference'])
    volume = reloaded(volume)
    assert volume.size == 2
    assert_is_on(client, volume)
    manager.delete_volume(CONTEXT, volume, unmanage_only=True)
    [row] = client.list_volumes()
    assert row['name'].endswith('-unmanaged')


def test_snapshot_is_managed_listed_and_released(manager, client):
    volume = create(manager)
    client.create_snapshot(volume.provider_id, suffix='nightly')
    [entry] = manager.get_manageable_snapshots(
        CONTEXT, None, 10, 0, ['reference'], ['asc'])
    snapshot = objects.Snapshot(
        CONTEXT, volume_id=volume.id, volume_size=1, status='creating',
        display_name='test', metadata={})
    snapshot.create()
    manager.manage_existing_snapshot(CONTEXT, reloaded(snapshot),
                                     entry['reference'])
    assert reloaded(snapshot).status == 'available'
    manager.delete_snapshot(CONTEXT, reloaded(snapshot), unmanage_only=True)
    [row] = client.list_volumes(snap=True)
    assert row['name'].endswith('-unmanaged')


def test_volume_changes_its_project(manager):
    volume = create(manager)
    manager.accept_transfer(CONTEXT, volume.id, 'user', 'project')


def test_failed_creation_is_told_and_can_be_deleted(manager, array, client):
    array.faults.add(flasharray_sim.Fault(
        'status', method='POST', path='volume/*', status=400,
        text='No space.', count=1))
    volume = new_volume()
    with pytest.raises(Exception, match='No space'):
        manager.create_volume(CONTEXT, volume, filter_properties={},
                              request_spec={}, allow_reschedule=False)
    assert reloaded(volume).status == 'error'
    manager.delete_volume(CONTEXT, reloaded(volume))
    assert client.list_volumes() == []
