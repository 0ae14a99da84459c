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
"""Failing over as Cinder does it: its own manager around a driver.

It finds the volumes of the service in the database, gives them to the
driver, and keeps what the driver answers, in their rows and in its own.
"""

from unittest import mock

from cinder.db import api as db_api
from cinder import objects
from cinder.objects import fields
from cinder.volume import manager

from tests import world as world_module

CONTEXT = world_module.CONTEXT
HOST, _separator, _pool = world_module.HOST.partition('#')
FAILBACK = 'default'
MIB = 1 << 20


class Manager(manager.VolumeManager):
    """Cinder's volume manager around a driver that has been set up."""

    def __init__(self, driver):
        self.driver = driver
        self.db = db_api
        self.host = HOST
        self.cluster = None


class ClusterManager(Manager):
    """That of one node of a cluster, with its row.

    :ivar broadcast: what all nodes are to be told
    """

    def __init__(self, cluster, host):
        super().__init__(None)
        self.cluster, self.host = cluster, host
        self.broadcast = None

    @property
    def row(self):
        return self._get_service()

    def finish_failover(self, context, service, updates):
        with mock.patch.object(manager.volume_rpcapi, 'VolumeAPI') as api:
            super().finish_failover(context, service, updates)
        _context, _service, self.broadcast = (
            api.return_value.failover_completed.call_args.args)


class Service:
    """cinder-volume for a tests.world.World, with its row.

    :ivar world: the backend; it restarts from what the row tells
    """

    def __init__(self, world):
        self.world = world
        objects.Service(
            CONTEXT, host=HOST, binary='cinder-volume', topic='cinder-volume',
            replication_status=fields.ReplicationStatus.ENABLED).create()

    @property
    def row(self):
        return objects.Service.get_by_args(CONTEXT, HOST, 'cinder-volume')

    def fail_over(self, target=None):
        """:param target: ``backend_id``; None is the best one

        :returns: the service's replication_status
        """
        Manager(self.world.driver).failover(CONTEXT, target)
        self.world.active_backend_id = self.row.active_backend_id
        return self.row.replication_status

    def restart(self):
        """The process ends, and another starts from the database."""
        self.world.active_backend_id = self.row.active_backend_id
        self.world.restart()
        manager_ = Manager(self.world.driver)
        manager_._sync_provider_info(
            CONTEXT, manager_._get_my_volumes(CONTEXT), [])

    def fail_back(self):
        return self.fail_over(FAILBACK)


def reload(row):
    """A volume or snapshot as the database has it now."""
    return type(row).get_by_id(CONTEXT, row.id)


def write(array, volume, offset=0):
    """Write something new, as a machine does that has the volume.

    :returns: what ``content`` tells then
    """
    array.model.write(volume.provider_id, offset, MIB)
    return content(array, volume.provider_id)


def content(array, name):
    """What a volume or a snapshot holds."""
    return array.model.read(name)
