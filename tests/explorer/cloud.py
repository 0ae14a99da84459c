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
"""Cinder in one process: its API, scheduler, managers and database.

All of it is Cinder's own but the message broker, compute and the device
files. A process of cinder-volume is a manager that was made from the
configuration and the database; it dies by being forgotten.
"""

import contextlib
import functools
import types
from unittest import mock

from cinder import context as contexts
from cinder import coordination
from cinder import exception
from cinder.group import api as group_api
from cinder import objects
from cinder.objects import fields
from cinder import rpc
from cinder.scheduler import manager as scheduler_manager
from cinder.volume import api as volume_api
from cinder.volume import manager
from cinder.volume import volume_utils
from oslo_config import cfg
from sqlalchemy import exc as sql_errors

from tests.explorer import bus as buses

ADMIN = contexts.RequestContext(
    '0f0e0d0c0b0a49888786858483828181', '0f0e0d0c0b0a49888786858483828180',
    is_admin=True, roles=['admin', 'member', 'reader'])
BINARY = 'cinder-volume'


class Service:
    """One cinder-volume process for one backend, and its row.

    :ivar backend: section of the configuration
    """

    def __init__(self, cloud, host, backend, cluster=None):
        self._cloud = cloud
        self.backend = backend
        self.host = '%s@%s' % (host, backend)
        self.cluster = cluster and '%s@%s' % (cluster, backend)
        queue = '%s.%s' % (BINARY, self.host)
        self.process = buses.Process(*(
            [queue] + ['%s.%s' % (BINARY, self.cluster)] * bool(cluster)))
        self._row_id = self.process.service_id = self._create_row()

    @property
    def row(self):
        return objects.Service.get_by_id(ADMIN, self._row_id)

    @property
    def pool(self):
        """What a volume has as its host."""
        return '%s#%s' % (self.cluster or self.host, self.backend)

    @property
    def active_backend_id(self):
        """Of the array that was failed over to; empty for the primary."""
        return self.row.active_backend_id

    @property
    def is_up(self):
        return self.process.manager is not None

    def start(self):
        """:returns: whether the driver is ready to serve"""
        started = manager.VolumeManager(
            host=self.host, cluster=self.cluster, service_name=self.backend)
        # Cinder's command does this, not its manager.
        try:
            with self.process.acting():
                started.init_host(service_id=self._row_id,
                                  added_to_cluster=False)
        except (exception.WorkerNotFound, sql_errors.SQLAlchemyError):
            # That ends the process, and its parent starts another one. What
            # Cinder resumes and fails, it forgets twice.
            return self.start()
        if started.driver.initialized:
            self.process.manager = started
            started.init_host_with_rpc()
            self.report()
        return started.driver.initialized

    def report(self):
        """The periodic task."""
        self.process.manager.publish_service_capabilities(ADMIN)

    def _create_row(self):
        if self.cluster and not objects.ClusterList.get_all(
                ADMIN, name=self.cluster):
            objects.Cluster(ADMIN, name=self.cluster, binary=BINARY).create()
        row = objects.Service(
            ADMIN, host=self.host, binary=BINARY, topic='cinder-volume',
            availability_zone='nova', cluster_name=self.cluster,
            rpc_current_version=manager.VolumeManager.RPC_API_VERSION,
            object_current_version=objects.base.OBJ_VERSIONS.get_current())
        row.create()
        return row.id


class Cloud:
    """The API, and who works behind it.

    :param write: writes cinder.conf with the sections that it gets

    :ivar services: list of Service
    :ivar volumes: Cinder's volume API
    :ivar groups: Cinder's group API
    """

    def __init__(self, bus, write):
        self.bus = bus
        self._write = write
        self.services = []
        self._scheduler = buses.Process('cinder-scheduler')
        bus.processes.append(self._scheduler)
        self._scheduler.manager = scheduler_manager.SchedulerManager()
        self._scheduler.manager._startup_delay = False
        self.volumes = volume_api.API()
        self.groups = group_api.API()

    def add(self, *args):
        """:returns: a Service that is not started yet"""
        service = Service(self, *args)
        self.services.append(service)
        self.bus.processes.append(service.process)
        return service

    def configure(self, sections):
        """Change cinder.conf; processes that start from now on see it."""
        self._write(sections)
        cfg.CONF.reload_config_files()

    def first(self, service):
        """Let a process take what is sent to its cluster."""
        self.bus.processes.remove(service.process)
        self.bus.processes.insert(0, service.process)


@contextlib.contextmanager
def running(directory, database, sections, brick, pass_time):
    """A Cloud without services, in a database that is empty.

    :param directory: pathlib.Path for Cinder's files
    :param database: tests.database.Database
    :param sections: {backend: {option: value or list of values}}
    :param brick: stands in for os-brick, see machines.Brick
    :param pass_time: called with seconds where Cinder waits
    """
    path = directory / 'cinder.conf'
    write = functools.partial(_write, path, directory, database)
    write(sections)
    with contextlib.ExitStack() as stack:
        cfg.CONF(['--config-file', str(path)], project='cinder')
        stack.callback(cfg.CONF.reset)
        stack.enter_context(database.serving())
        rpc.init(cfg.CONF)
        stack.callback(rpc.cleanup)
        rpc.LAST_RPC_VERSIONS.clear()
        rpc.LAST_OBJ_VERSIONS.clear()
        coordination.COORDINATOR.start()
        stack.callback(coordination.COORDINATOR.stop)
        bus = stack.enter_context(buses.Bus().serving())
        for stand_in in _stand_ins(brick, pass_time):
            stack.enter_context(stand_in)
        yield Cloud(bus, write)


def _write(path, directory, database, sections):
    path.write_text(_text({
        'DEFAULT': {
            'state_path': directory, 'transport_url': 'fake:/',
            'enabled_backends': ','.join(sections),
            'zoning_mode': 'fabric',
            'reinit_driver_count': 0, 'service_down_time': 10 ** 7,
            'migration_create_volume_timeout_secs': 1,
            'quota_volumes': -1, 'quota_snapshots': -1,
            'quota_gigabytes': -1, 'quota_groups': -1},
        'database': {'connection': database.url},
        'oslo_concurrency': {'lock_path': directory},
        'oslo_messaging_notifications': {'driver': 'noop'},
        'coordination': {'backend_url': 'file://%s' % directory},
        **sections}))


def _stand_ins(brick, pass_time):
    """For compute, device files and the manager's pauses."""
    yield mock.patch.object(manager.compute, 'API')
    yield mock.patch.object(
        volume_utils, 'brick_get_connector_properties',
        lambda *_args, **_kwargs: brick.properties)
    yield mock.patch.object(
        volume_utils, 'brick_get_connector',
        lambda *_args, **_kwargs: brick)
    yield mock.patch.object(volume_utils, 'copy_volume', brick.copy)
    yield mock.patch.object(manager, 'time', types.SimpleNamespace(
        sleep=pass_time, time=manager.time.time))


def _text(sections):
    lines = []
    for section, options in sections.items():
        lines.append('[%s]' % section)
        lines += ['%s = %s' % (name, one) for name, value in options.items()
                  for one in (value if isinstance(value, list) else [value])]
    return '\n'.join(lines) + '\n'


def set_status(row, status):
    """What ``cinder reset-state`` does."""
    row.status = status
    row.save()


def attached(attachment):
    """What the API does when a machine says that it has the volume."""
    volume = objects.Volume.get_by_id(ADMIN, attachment.volume_id)
    attachment.attach_status = fields.VolumeAttachStatus.ATTACHED
    attachment.save()
    volume.update({'status': 'in-use', 'attach_status': 'attached'})
    volume.save()
