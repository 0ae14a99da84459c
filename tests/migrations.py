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
"""Cinder's own migration with a copy, between two backends.

Its manager makes the row of the copy, has the data copied, exchanges what the
two rows say, and has the original deleted. This stands in for the message bus
and for the copying of data only.
"""

from unittest import mock

from cinder import objects
from cinder.volume import manager

from tests import failovers
from tests import world as world_module

CONTEXT = world_module.CONTEXT


class Host(failovers.Manager):
    """cinder-volume of one of several backends.

    :ivar world: tests.world.World
    """

    def __init__(self, world, host):
        super().__init__(world.driver)
        self.driver.set_initialized()
        self.world = world
        self.host = host
        objects.Service(CONTEXT, host=host, binary='cinder-volume',
                        topic='cinder-volume',
                        availability_zone='nova').create()

    @property
    def pool(self):
        return '%s#pure' % self.host

    def create(self, **fields):
        """A volume of this backend."""
        return self.world.create(host=self.pool, **fields)


class Bus:
    """What ``cinder.volume.rpcapi.VolumeAPI`` does, at once.

    :ivar deleted: ids of the rows whose volumes were deleted
    """

    def __init__(self, *hosts):
        self._hosts = {host.pool: host for host in hosts}
        self.deleted = []

    def __call__(self):
        return self

    def create_volume(self, context, volume, *_args, **_kwargs):
        driver = self._hosts[volume.host].driver
        volume.update(driver.create_volume(volume) or {})
        volume.status = 'available'
        volume.save()

    def update_migrated_volume(self, context, volume, new_volume, status):
        self._hosts[new_volume.host].update_migrated_volume(
            context, volume, new_volume, status)

    def delete_volume(self, context, volume, **_kwargs):
        self._hosts[volume.host].driver.delete_volume(volume)
        self.deleted.append(volume.id)
        volume.destroy()


def migrate(source, destination, volume, copy, new_type=None):
    """Have Cinder copy a volume to another backend.

    :param source: Host that has it
    :param destination: Host
    :param copy: called with the two rows in place of copying the data
    :returns: the volume as the database has it then
    """
    volume.update({'migration_status': 'migrating',
                   'previous_status': volume.status})
    volume.save()
    bus = Bus(source, destination)

    def copy_data(context, volume, new_volume, remote=None):
        copy(volume, new_volume)

    with mock.patch.object(manager.volume_rpcapi, 'VolumeAPI', bus), \
            mock.patch.object(Host, '_copy_volume_data', create=True,
                              new=staticmethod(copy_data)):
        source._migrate_volume_generic(
            CONTEXT, volume, {'host': destination.pool},
            new_type and new_type.id)
    return failovers.reload(volume)
