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
"""Groups as Cinder's own volume manager handles them.

The manager is the real one, cut off from messages and quotas: it changes
rows and statuses with what the driver answers, or fails to.
"""

from cinder.db import api as db_api
from cinder.group import api
from cinder import objects
from cinder.objects import fields
from cinder.volume import group_types
from cinder.volume import manager

from tests import world as world_module

CONTEXT = world_module.CONTEXT
CONSISTENT = {'consistent_group_snapshot_enabled': '<is> True'}
REPLICATED = {'consistent_group_replication_enabled': '<is> True',
              **CONSISTENT}


class Manager(manager.VolumeManager):
    """Cinder's volume manager around a driver that has been set up."""

    def __init__(self, driver):
        self.driver = driver
        self.db = db_api
        self.stats = {'allocated_capacity_gb': 0, 'pools': {}}
        self.host = world_module.HOST
        self.cluster = None
        driver.set_initialized()

    def _no_message(self, *args, **kwargs):
        pass

    _notify_about_group_usage = _no_message
    _notify_about_group_snapshot_usage = _no_message
    _set_resource_host = _no_message
    publish_service_capabilities = _no_message


class Api(api.API):
    """Cinder's API for groups, which calls the manager itself."""

    def __init__(self, volume_manager):
        self.volume_rpcapi = volume_manager


class Groups:
    """Groups of one tests.world.World."""

    def __init__(self, world):
        self._world = world

    @property
    def manager(self):
        return Manager(self._world.driver)

    def new(self, *volume_types, specs=None, **fields_):
        """The row of a group, with nothing on the array."""
        group_type = group_types.create(
            CONTEXT, 'group-type-%s' % len(
                group_types.get_all_group_types(CONTEXT)),
            group_specs=CONSISTENT if specs is None else specs)
        group = objects.Group(
            CONTEXT, host=world_module.HOST, status='creating',
            user_id=CONTEXT.user_id, project_id=CONTEXT.project_id,
            group_type_id=group_type['id'], name='test',
            replication_status=fields.ReplicationStatus.DISABLED,
            volume_type_ids=[each.id for each in volume_types], **fields_)
        group.create()
        return objects.Group.get_by_id(CONTEXT, group.id)

    def create(self, *volume_types, **values):
        return self.manager.create_group(
            CONTEXT, self.new(*volume_types, **values))

    def filled(self, count=2, volume_type=None, **values):
        """A group with volumes that were created in it.

        :returns: group, list of volumes
        """
        volume_type = volume_type or world_module.new_type()
        group = self.create(volume_type, **values)
        return group, [self._world.create(group_id=group.id,
                                          volume_type_id=volume_type.id)
                       for _number in range(count)]

    def volumes(self, group):
        return list(objects.VolumeList.get_all_by_generic_group(
            CONTEXT, group.id))

    def update(self, group, add=(), remove=()):
        for volume in list(add) + list(remove):
            volume.status = 'available'
            volume.save()
        self.manager.update_group(
            CONTEXT, group,
            add_volumes=','.join(volume.id for volume in add),
            remove_volumes=','.join(volume.id for volume in remove))

    def new_snapshot(self, group):
        """The rows of a group snapshot and its parts."""
        group_snapshot = objects.GroupSnapshot(
            CONTEXT, group_id=group.id, status='creating',
            user_id=CONTEXT.user_id, project_id=CONTEXT.project_id,
            group_type_id=group.group_type_id, name='test')
        group_snapshot.create()
        for volume in self.volumes(group):
            objects.Snapshot(
                CONTEXT, volume_id=volume.id, volume_size=volume.size,
                group_snapshot_id=group_snapshot.id, status='creating',
                volume_type_id=volume.volume_type_id,
                user_id=CONTEXT.user_id, project_id=CONTEXT.project_id,
                display_name='test', metadata={}).create()
        return objects.GroupSnapshot.get_by_id(CONTEXT, group_snapshot.id)

    def snapshot(self, group):
        return self.manager.create_group_snapshot(
            CONTEXT, self.new_snapshot(group))

    def snapshots(self, group_snapshot):
        """The volume snapshots that belong to a group snapshot."""
        return list(objects.SnapshotList.get_all_for_group_snapshot(
            CONTEXT, group_snapshot.id))

    def delete_snapshot(self, group_snapshot):
        self.manager.delete_group_snapshot(CONTEXT, group_snapshot)

    def from_snapshot(self, group_snapshot):
        """:returns: new group"""
        group = self._like(group_snapshot.group,
                           group_snapshot_id=group_snapshot.id)
        for snapshot in self.snapshots(group_snapshot):
            self._world.new_volume(
                snapshot.volume_size, group_id=group.id,
                snapshot_id=snapshot.id,
                volume_type_id=snapshot.volume.volume_type_id)
        return self.manager.create_group_from_src(
            CONTEXT, group, group_snapshot=group_snapshot)

    def clone(self, source_group):
        """:returns: new group"""
        group = self._like(source_group, source_group_id=source_group.id)
        for source in self.volumes(source_group):
            self._world.new_volume(
                source.size, group_id=group.id, source_volid=source.id,
                volume_type_id=source.volume_type_id)
        return self.manager.create_group_from_src(
            CONTEXT, group, source_group=source_group)

    def delete(self, group):
        self.manager.delete_group(CONTEXT, group)

    # Through Cinder's API, which takes a group only in the right states

    def enable_replication(self, group):
        Api(self.manager).enable_replication(CONTEXT, group)

    def disable_replication(self, group):
        Api(self.manager).disable_replication(CONTEXT, group)

    def failover(self, group, backend_id=None):
        """:param backend_id: None is the best one, ``default`` home"""
        Api(self.manager).failover_replication(
            CONTEXT, group, allow_attached_volume=True,
            secondary_backend_id=backend_id)

    def _like(self, group, **fields_):
        new = objects.Group(
            CONTEXT, host=world_module.HOST, status='creating',
            user_id=CONTEXT.user_id, project_id=CONTEXT.project_id,
            group_type_id=group.group_type_id, name='test',
            replication_status=fields.ReplicationStatus.DISABLED,
            volume_type_ids=[each.id for each in group.volume_types])
        new.create(**fields_)
        return objects.Group.get_by_id(CONTEXT, new.id)
