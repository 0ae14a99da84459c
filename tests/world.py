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
"""A volume service in miniature: real Cinder objects around a driver.

It does with the driver's answers what Cinder's volume manager does: model
updates go to the database, attachments exist while a volume is attached.
"""

import uuid

from cinder import context
from cinder.db import api as db_api
from cinder import objects
from cinder.objects import fields
from cinder.volume import configuration
from cinder.volume import manager
from cinder.volume import qos_specs
from cinder.volume import volume_types

from pure_cinder import driver

CONTEXT = context.RequestContext(
    'user', '0f0e0d0c0b0a49888786858483828180', is_admin=True)
HOST = 'node@pure#pure'


def backend_configuration(conf, group, driver_class=driver.PureISCSIDriver,
                          **values):
    """A ``cinder.conf`` section with these values, as the manager reads it.

    :param conf: the fixture of that name
    """
    backend = configuration.Configuration(manager.volume_backend_opts,
                                          config_group=group)
    probe = driver_class(configuration=backend)
    conf.set(group, **values)
    return probe.configuration


def new_type(name=None, extra_specs=None, qos=None):
    """A volume type in the database.

    :param qos: dict of back-end qos-specs to associate
    """
    volume_type = volume_types.create(
        CONTEXT, name or 'type-%s' % uuid.uuid4(), extra_specs)
    if qos:
        specs = qos_specs.create(CONTEXT, 'qos-%s' % uuid.uuid4(), qos)
        qos_specs.associate_qos_with_type(CONTEXT, specs.id, volume_type.id)
    return objects.VolumeType.get_by_id(CONTEXT, volume_type.id)


def replicated_type(replication, extra_specs=None, **values):
    """A volume type that is replicated.

    :param replication: ``async``, ``sync`` or ``trisync``
    :param values: as for ``new_type``
    """
    return new_type(extra_specs={
        'replication_enabled': '<is> True',
        'replication_type': '<in> %s' % replication,
        **(extra_specs or {})}, **values)


class World:
    """One backend, its driver and its rows in the database.

    :ivar active_backend_id: as Cinder's row of the service has it
    """

    def __init__(self, backend_configuration,
                 driver_class=driver.PureISCSIDriver,
                 active_backend_id=None, cluster_name=None):
        self._cluster_name = cluster_name
        self._configuration = backend_configuration
        self._driver_class = driver_class
        self.active_backend_id = active_backend_id
        self._load()

    def _load(self):
        self.driver = self._driver_class(
            configuration=self._configuration, db=db_api,
            active_backend_id=self.active_backend_id,
            host=HOST.partition('#')[0],
            cluster_name=self._cluster_name)

    def start(self):
        self.driver.do_setup(CONTEXT)
        self.driver.check_for_setup_error()
        return self

    def restart(self):
        """The process ended, and another starts from the database."""
        self._load()
        return self.start()

    # Rows without anything on the array

    def new_volume(self, size=1, **fields_):
        values = {'display_name': 'test', 'host': HOST,
                  'status': 'creating', 'metadata': {}}
        values.update(fields_)
        volume = objects.Volume(CONTEXT, size=size, **values)
        volume.create()
        return volume

    # What the manager does

    def create(self, size=1, **fields_):
        volume = self.new_volume(size, **fields_)
        return self._created(volume, self.driver.create_volume(volume))

    def clone(self, source, size=None, **fields_):
        volume = self.new_volume(size or source.size, **{
            'source_volid': source.id,
            'volume_type_id': source.volume_type_id, **fields_})
        return self._created(
            volume, self.driver.create_cloned_volume(volume, source))

    def snapshot(self, volume, **fields_):
        snapshot = objects.Snapshot(
            CONTEXT, volume_id=volume.id, volume_size=volume.size,
            volume_type_id=volume.volume_type_id,
            status='creating', display_name='test',
            **{'metadata': {}, **fields_})
        snapshot.create()
        return self._created(snapshot, self.driver.create_snapshot(snapshot))

    def from_snapshot(self, snapshot, size=None, **fields_):
        volume = self.new_volume(size or snapshot.volume_size, **{
            'snapshot_id': snapshot.id,
            'volume_type_id': snapshot.volume_type_id, **fields_})
        return self._created(
            volume, self.driver.create_volume_from_snapshot(volume, snapshot))

    def extend(self, volume, new_size):
        self.driver.extend_volume(volume, new_size)
        volume.size = new_size
        volume.save()

    def revert(self, volume, snapshot):
        if self.driver.snapshot_revert_use_temp_snapshot():
            self.driver.delete_snapshot(self.snapshot(volume))
        self.driver.revert_to_snapshot(CONTEXT, volume, snapshot)

    def attach(self, volume, connector):
        """:returns: connection information; the attachment is recorded"""
        info = self.connect(volume, connector)
        attachment = objects.VolumeAttachment(
            CONTEXT, volume_id=volume.id, instance_uuid=str(uuid.uuid4()),
            attached_host=connector['host'], connector=connector,
            attach_status=fields.VolumeAttachStatus.ATTACHED)
        attachment.create()
        attachment.connection_info = {
            **info['data'], 'driver_volume_type': info['driver_volume_type']}
        attachment.save()
        self._reload_attachments(volume)
        return info

    def connect(self, volume, connector):
        self.driver.validate_connector(connector)
        update = self.driver.create_export(CONTEXT, volume, connector)
        if update:
            self._saved(volume, update)
        return self.driver.initialize_connection(volume, connector)

    def detach(self, volume, connector):
        self.driver.terminate_connection(volume, connector)
        host = connector and connector['host']
        for attachment in volume.volume_attachment:
            if host in (None, attachment.attached_host):
                attachment.destroy()
                break
        self._reload_attachments(volume)

    def _created(self, volume, model_update):
        return self._saved(
            volume, {**(model_update or {}), 'status': 'available'})

    @staticmethod
    def _saved(volume, model_update):
        volume.update(model_update)
        volume.save()
        return volume

    @staticmethod
    def _reload_attachments(volume):
        volume.volume_attachment = (
            objects.VolumeAttachmentList.get_all_by_volume_id(
                CONTEXT, volume.id))
        volume.obj_reset_changes(['volume_attachment'])


def connector(host='compute-1', number=1, **changes):
    """A compute node as os-brick describes it."""
    values = {
        'host': host,
        'ip': '127.0.0.1',
        'initiator': 'iqn.1993-08.org.debian:01:%012x' % number,
        'wwpns': ['10000000%08x' % (number * 16 + port) for port in (1, 2)],
        'wwnns': ['20000000%08x' % (number * 16 + port) for port in (1, 2)],
        'nqn': 'nqn.2014-08.org.nvmexpress:uuid:%s' % uuid.UUID(int=number),
        'multipath': True,
        'platform': 'x86_64',
        'os_type': 'linux',
        'system uuid': str(uuid.UUID(int=0x4c4c4544 << 96 | number)),
    }
    values.update(changes)
    return values
