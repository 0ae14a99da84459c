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
"""Cinder's volume service around a driver, in this process.

The manager, the database and the objects are Cinder's own, of whichever
release is installed (24 and 29 were tried). Nothing listens: what Cinder's
API and the service's periodic tasks would ask for are methods here. The
service can be killed and started again from its row in the database.
"""

import contextlib
import logging
import uuid

from cinder import context
from cinder import coordination
from cinder import exception
from cinder import objects
from cinder.objects import fields
from cinder import rpc
from cinder.volume import manager
from cinder.volume import volume_types
from oslo_config import cfg

from tests import database as databases

BACKEND = 'pure'
HOST = 'node@%s' % BACKEND
POOL = '%s#%s' % (HOST, BACKEND)
FAILBACK = 'default'
CONTEXT = context.RequestContext(
    '0f0e0d0c0b0a49888786858483828181', '0f0e0d0c0b0a49888786858483828180',
    is_admin=True)


@contextlib.contextmanager
def cinder(directory, section):
    """Configuration, database, locks and messages of one deployment.

    :param directory: for its files
    :param section: options of the one backend; a list repeats its option
    """
    path, database = directory / 'cinder.conf', databases.Database()
    path.write_text(_configuration_text({
        'DEFAULT': {'state_path': directory, 'transport_url': 'fake:/',
                    'enabled_backends': BACKEND,
                    # How often a start is tried again, after 1, 2, 4 s.
                    'reinit_driver_count': 0},
        'database': {'connection': database.url},
        'oslo_concurrency': {'lock_path': directory},
        'oslo_messaging_notifications': {'driver': 'noop'},
        'coordination': {'backend_url': 'file://%s' % directory},
        BACKEND: section}))
    with contextlib.ExitStack() as stack:
        cfg.CONF(['--config-file', str(path)], project='cinder')
        stack.callback(cfg.CONF.reset)
        stack.enter_context(database.serving())
        rpc.init(cfg.CONF)
        stack.callback(rpc.cleanup)
        coordination.COORDINATOR.start()
        stack.callback(coordination.COORDINATOR.stop)
        yield


def _configuration_text(sections):
    lines = []
    for section, options in sections.items():
        lines.append('[%s]' % section)
        lines += ['%s = %s' % (name, one) for name, value in options.items()
                  for one in (value if isinstance(value, list) else [value])]
    return '\n'.join(lines) + '\n'


def new_type(name, extra_specs=None):
    """A volume type in the database."""
    row = volume_types.create(CONTEXT, name, extra_specs)
    return objects.VolumeType.get_by_id(CONTEXT, row.id)


def replicated_type(replication):
    """A volume type that is replicated 'async', 'sync' or 'trisync'."""
    return new_type(replication, {
        'replication_enabled': '<is> True',
        'replication_type': '<in> %s' % replication})


class VolumeInError(exception.InvalidVolume):
    """Cinder's API refuses what is asked for a volume in an error status."""


class Complaints(logging.Handler):
    """What the log tells an operator to worry about.

    :ivar error: the last error that was logged, None if there was none
    """

    def __init__(self):
        super().__init__(logging.ERROR)
        self.error = None

    def emit(self, record):
        if record.exc_info:
            self.error = record.exc_info[1]
        elif isinstance(record.args, dict) and isinstance(
                record.args.get('error'), Exception):
            # An InvalidReplicationTarget comes without its traceback.
            self.error = record.args['error']

    def __enter__(self):
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *exc_info):
        logging.getLogger().removeHandler(self)


class VolumeService:
    """cinder-volume for one backend."""

    def __init__(self):
        objects.Service(
            CONTEXT, host=HOST, binary='cinder-volume', topic='cinder-volume',
            availability_zone='nova',
            rpc_current_version=manager.VolumeManager.RPC_API_VERSION,
            object_current_version=objects.base.OBJ_VERSIONS.get_current(),
        ).create()
        self._manager = None

    @property
    def row(self):
        return objects.Service.get_by_args(CONTEXT, HOST, 'cinder-volume')

    @property
    def active_backend_id(self):
        """Of the array that was failed over to; empty for the primary."""
        return self.row.active_backend_id

    def start(self):
        """Start as after a kill: with what the database tells, no more.

        When that fails, the process that ran before goes on.

        :returns: whether the driver is ready to serve
        """
        started = manager.VolumeManager(host=HOST, service_name=BACKEND)
        started.init_host(service_id=self.row.id)
        started.init_host_with_rpc()
        if started.driver.initialized:
            self._manager = started
        return started.driver.initialized

    def stats(self):
        """What the scheduler is told, by the periodic task."""
        self._manager.publish_service_capabilities(CONTEXT)
        return self._manager.last_capabilities

    def fail_over(self, target=None):
        """Change who serves.

        :param target: a backend_id, FAILBACK, or None for the best one
        """
        self._manager.failover(CONTEXT, target)

    # Volumes

    def create(self, volume_type):
        volume = objects.Volume(
            CONTEXT, size=1, host=POOL, status='creating',
            volume_type_id=volume_type.id, display_name='scenario',
            metadata={}, service_uuid=self.row.uuid)
        volume.create()
        self._manager.create_volume(
            CONTEXT, self.reload(volume.id), filter_properties={},
            allow_reschedule=False)
        return self.reload(volume.id)

    @staticmethod
    def volumes():
        return objects.VolumeList.get_all(CONTEXT)

    @staticmethod
    def snapshots():
        return objects.SnapshotList.get_all(CONTEXT, {})

    def delete(self, volume):
        self._manager.delete_volume(CONTEXT, self.reload(volume.id))

    def snapshot(self, volume):
        self._check_usable(volume)
        snapshot = objects.Snapshot(
            CONTEXT, volume_id=volume.id, volume_size=volume.size,
            status='creating', display_name='scenario', metadata={})
        snapshot.create()
        self._manager.create_snapshot(
            CONTEXT, objects.Snapshot.get_by_id(CONTEXT, snapshot.id))
        return objects.Snapshot.get_by_id(CONTEXT, snapshot.id)

    def delete_snapshot(self, snapshot):
        self._manager.delete_snapshot(
            CONTEXT, objects.Snapshot.get_by_id(CONTEXT, snapshot.id))

    @staticmethod
    def reload(volume_id):
        return objects.Volume.get_by_id(CONTEXT, volume_id)

    def _check_usable(self, volume):
        status = self.reload(volume.id).status
        if 'error' in status:
            raise VolumeInError(
                reason='the volume is in status %s' % status)

    # Attachments

    def attach(self, volume, connector):
        """:returns: id of the attachment, connection information"""
        self._check_usable(volume)
        attachment = objects.VolumeAttachment(
            CONTEXT, volume_id=volume.id, instance_uuid=str(uuid.uuid4()),
            attach_status=fields.VolumeAttachStatus.RESERVED,
            attach_mode='null')
        attachment.create()
        return attachment.id, self._manager.attachment_update(
            CONTEXT, self.reload(volume.id), connector, attachment.id)

    def detach(self, volume, attachment_id):
        volume = self.reload(volume.id)
        self._manager.attachment_delete(CONTEXT, attachment_id, volume)
        volume.finish_detach(attachment_id)
