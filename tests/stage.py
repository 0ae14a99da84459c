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
"""A backend on which operations are tried, and what Cinder knows of it.

Whatever Cinder's manager does to rows, a Stage does, too.
"""

import itertools

from cinder import objects

from pure_cinder import driver
from tests import direct
from tests import groups as groups_module
from tests import reconciliation
from tests import world as world_module

CONTEXT = world_module.CONTEXT
INITIATOR_KEYS = {driver.PureISCSIDriver: 'initiator',
                  driver.PureFCDriver: 'wwpns',
                  driver.PureNVMEDriver: 'nqn'}


class Stage:
    """A backend with rows that are always told how operations ended."""

    def __init__(self, fleet, operation, driver_class=None):
        """:param driver_class: that of the operation unless given"""
        self.fleet = fleet
        self.world = fleet.start(driver_class or operation.driver_class,
                                 **operation.options)
        self.groups = groups_module.Groups(self.world)
        self.types = _types()
        roles = ['', *(kind.split()[0] for kind in operation.targets)]
        self.arrays = [reconciliation.Array(
            array.name, direct.Client(array.model), array.model, role)
            for array, role in zip(fleet.arrays, roles)]
        self._initiator_key = INITIATOR_KEYS[operation.driver_class]
        self._numbers = itertools.count(1)
        self._default_kind = 'none'

    # What harnesses ask

    def attempt(self, operation, prepared):
        """:returns: the error that the operation ended with, or None"""
        try:
            operation.act(self, prepared)
        except Exception as error:
            return error
        return None

    def delete_failed(self, known):
        """Delete what was not created, as a user does.

        :param known: ids of what was there before
        """
        for list_rows, delete in (
                (_group_snapshots, self.groups.delete_snapshot),
                (_groups, self.groups.delete),
                (_snapshots, self.delete_snapshot),
                (_volumes, self.delete)):
            for row in list_rows():
                if row.id not in known:
                    delete(row)

    @staticmethod
    def known():
        """Ids of all that Cinder has."""
        return {row.id for list_rows in (
            _group_snapshots, _groups, _snapshots, _volumes)
            for row in list_rows()}

    def state(self):
        return [reconciliation.state(array) for array in self.arrays]

    def problems(self):
        """Where Cinder's view and the arrays differ."""
        # With the report, what could not be taken away before is.
        self.world.driver.get_volume_stats(refresh=True)
        return reconciliation.problems(self.arrays, self._initiator_key)

    # Preparations

    @property
    def client(self):
        return self.arrays[0].client

    def with_default(self, kind):
        """Let volumes have this type unless they are given another."""
        self._default_kind = kind
        return self

    def volume(self, kind=None, **fields):
        """A volume that holds something."""
        volume = self.create(kind or self._default_kind, **fields)
        self.arrays[0].model.write(volume.provider_id, 0, 512)
        return volume

    def connector(self):
        """Of a machine that was not there before."""
        number = next(self._numbers)
        return world_module.connector('node-%d' % number, number)

    def attached(self, *volumes):
        """:returns: the volumes, and the connector of their machine"""
        connector = self.connector()
        for volume in volumes:
            self.world.attach(volume, connector)
        return *volumes, connector

    def snapshotted(self, *args, **fields):
        return self.snapshot(self.volume(*args, **fields))

    def changed(self):
        """A snapshot of a volume that holds something else now."""
        snapshot = self.snapshotted()
        self.arrays[0].model.write(snapshot.volume.provider_id, 512, 512)
        return snapshot

    def connected(self):
        """A volume that Cinder attached itself, without an attachment."""
        volume = self.volume()
        self.world.connect(volume, self.connector())
        return volume

    def attached_snapshot(self):
        prepared = self.snapshotted(), self.connector()
        self.attach_snapshot(*prepared)
        return prepared

    def after_restart(self, prepared):
        self.world.restart()
        return prepared

    def group(self, kind='none', **values):
        group, volumes = self.groups.filled(
            volume_type=self.types[kind], **values)
        for volume in volumes:
            self.arrays[0].model.write(volume.provider_id, 0, 512)
        return group

    def foreign(self):
        """:returns: name of an array volume that Cinder does not have"""
        name = 'legacy-%d' % next(self._numbers)
        self.client.create_volume(name, '1G', bandwidth_limit='20M')
        return name

    def foreign_snapshot(self):
        """:returns: volume, name of an array snapshot of it"""
        volume = self.volume()
        self.client.create_snapshot(volume.provider_id, suffix='nightly')
        return volume, volume.provider_id + '.nightly'

    # Operations that the world does not have

    def create(self, kind='none', **fields):
        return self.world.create(volume_type_id=self.types[kind].id, **fields)

    def clone(self, source, kind='none', **fields):
        return self.world.clone(source, volume_type_id=self.types[kind].id,
                                **fields)

    def copy(self, snapshot, kind='none', **fields):
        return self.world.from_snapshot(
            snapshot, volume_type_id=self.types[kind].id, **fields)

    def snapshot(self, volume):
        snapshot = self.world.snapshot(volume)
        snapshot.status = 'available'
        snapshot.save()
        return snapshot

    def delete_snapshot(self, snapshot):
        self.world.driver.delete_snapshot(snapshot)
        snapshot.destroy()

    def delete(self, volume):
        self.world.driver.delete_volume(volume)
        volume.destroy()

    def revert(self, snapshot):
        self.world.driver.revert_to_snapshot(CONTEXT, snapshot.volume,
                                             snapshot)
        read = self.arrays[0].model.read
        name = snapshot.volume.provider_id
        assert read(name) == read('%s.%s' % (name, snapshot.name))

    def retype(self, volume, kind):
        is_retyped, update = self.world.driver.retype(
            CONTEXT, volume, self.types[kind], {}, {'host': volume.host})
        assert is_retyped
        volume.update({**(update or {}),
                       'volume_type_id': self.types[kind].id})
        volume.save()
        volume.volume_type = self.types[kind]

    def manage(self, name, kind='none'):
        volume = self.world.new_volume(volume_type_id=self.types[kind].id)
        volume.update(self.world.driver.manage_existing(
            volume, {'name': name}) or {})
        volume.status = 'available'
        volume.save()

    def unmanage(self, volume):
        self.world.driver.unmanage(volume)
        volume.destroy()

    def manage_snapshot(self, volume, name):
        snapshot = objects.Snapshot(
            CONTEXT, volume_id=volume.id, volume_size=volume.size,
            volume_type_id=volume.volume_type_id, status='creating',
            display_name='test', metadata={})
        snapshot.create()
        self.world.driver.manage_existing_snapshot(snapshot, {'name': name})
        snapshot.status = 'available'
        snapshot.save()

    def unmanage_snapshot(self, snapshot):
        self.world.driver.unmanage_snapshot(snapshot)
        snapshot.destroy()

    def attach_snapshot(self, snapshot, connector):
        driver_ = self.world.driver
        driver_.create_export_snapshot(CONTEXT, snapshot, connector)
        try:
            driver_.initialize_connection_snapshot(snapshot, connector)
        except Exception:
            driver_.remove_export_snapshot(CONTEXT, snapshot)
            raise

    def detach_snapshot(self, snapshot, connector):
        self.world.driver.terminate_connection_snapshot(snapshot, connector)
        self.world.driver.remove_export_snapshot(CONTEXT, snapshot)


def _volumes():
    return objects.VolumeList.get_all(CONTEXT)


def _snapshots():
    return objects.SnapshotList.get_all(CONTEXT, {})


def _groups():
    return objects.GroupList.get_all(CONTEXT)


def _group_snapshots():
    return objects.GroupSnapshotList.get_all(CONTEXT)


def _types():
    new_type, qos = world_module.new_type, {'maxIOPS': '500', 'maxBWS': '20'}
    return {
        'none': new_type(),
        'limited': new_type(qos=qos),
        'per GB': new_type(qos={'maxIOPS_per_GB': '100'}),
        'gold': new_type(extra_specs={'flasharray:vg_name': 'gold',
                                      'flasharray:vg_maxIOPS': '1000'}),
        'silver': new_type(extra_specs={'flasharray:vg_name': 'silver'}),
        **{kind: world_module.replicated_type(kind)
           for kind in ('async', 'sync', 'trisync')},
        'trisync limited': world_module.replicated_type('trisync', qos=qos)}
