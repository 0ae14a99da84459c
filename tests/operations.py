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
"""Everything that Cinder asks of the driver, each operation as one line.

An operation prepares what it needs and acts on that. A Stage is the backend
that it runs on; whatever Cinder's manager does to rows, it does, too.
"""

from collections.abc import Callable
import dataclasses
import itertools

from cinder import objects

from pure_cinder.array import session
from pure_cinder import config
from pure_cinder import driver
from tests import fleet as fleet_module
from tests import groups as groups_module
from tests import reconciliation
from tests import world as world_module

CONTEXT = world_module.CONTEXT
UNIFORM = fleet_module.UNIFORM
INITIATOR_KEYS = {driver.PureISCSIDriver: 'initiator',
                  driver.PureFCDriver: 'wwpns',
                  driver.PureNVMEDriver: 'nqn'}


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation of the driver.

    :ivar act: called with the Stage and what ``prepare`` returned
    :ivar prepare: called with the Stage, while nothing fails
    :ivar targets: how the backend replicates, as ``fleet_of`` takes it
    :ivar options: of the backend section
    :ivar is_removal: what fails may have been done in part; done once more,
        it is done
    """

    name: str
    act: Callable
    prepare: Callable = lambda stage: None
    targets: tuple = ()
    driver_class: type = driver.PureISCSIDriver
    options: dict = dataclasses.field(default_factory=dict)
    is_removal: bool = False


class Stage:
    """A backend with rows that are always told how operations ended."""

    def __init__(self, fleet, operation):
        self.fleet = fleet
        self.world = fleet.start(operation.driver_class, **operation.options)
        self.groups = groups_module.Groups(self.world)
        self.types = _types()
        roles = ['', *(kind.split()[0] for kind in operation.targets)]
        self.arrays = [reconciliation.Array(
            array.name, _client(array), array.model, role)
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
        volume.update({**update, 'volume_type_id': self.types[kind].id})
        volume.save()
        volume.volume_type = self.types[kind]

    def manage(self, name, kind='none'):
        volume = self.world.new_volume(volume_type_id=self.types[kind].id)
        volume.update(self.world.driver.manage_existing(
            volume, {'source-name': name}))
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


def _client(array):
    """The SDK over one connection; there is much to be read."""
    return session.ArraySession(
        config.ArrayEndpoint(array.address, array.api_token, verify=False),
        user_agent='test')


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


def _pair(stage, *args, **fields):
    return stage.volume(*args, **fields), stage.volume(*args, **fields)


ON_ONE_ARRAY = [
    # Volumes
    Operation('create', lambda s, _: s.create()),
    Operation('create limited', lambda s, _: s.create('limited')),
    Operation('create limited per GB', lambda s, _: s.create('per GB')),
    Operation('create in a volume group', lambda s, _: s.create('gold')),
    Operation('create in a group',
              lambda s, group: s.create(group_id=group.id), Stage.group),
    Operation('clone', lambda s, v: s.clone(v), Stage.volume),
    Operation('clone and grow', lambda s, v: s.clone(v, size=2),
              Stage.volume),
    Operation('clone into limits', lambda s, v: s.clone(v, 'limited'),
              Stage.volume),
    Operation('clone out of limits', lambda s, v: s.clone(v),
              lambda s: s.volume('limited')),
    Operation('clone into a volume group', lambda s, v: s.clone(v, 'gold'),
              Stage.volume),
    Operation('clone into a group',
              lambda s, p: s.clone(p[0], group_id=p[1].id),
              lambda s: (s.volume(), s.group())),
    Operation('create from snapshot', lambda s, snap: s.copy(snap),
              Stage.snapshotted),
    Operation('create from snapshot, grown and limited',
              lambda s, snap: s.copy(snap, 'per GB', size=2),
              Stage.snapshotted),
    Operation('extend', lambda s, v: s.world.extend(v, v.size + 1),
              Stage.volume),
    Operation('extend limited per GB',
              lambda s, v: s.world.extend(v, v.size + 1),
              lambda s: s.volume('per GB')),
    Operation('delete', Stage.delete, Stage.volume, is_removal=True),
    Operation('delete and eradicate', Stage.delete, Stage.volume,
              options={'pure_eradicate_on_delete': True}, is_removal=True),
    Operation('delete the last of a volume group', Stage.delete,
              lambda s: s.volume('gold'), is_removal=True),
    Operation('delete connected', Stage.delete, Stage.connected,
              is_removal=True),

    # Snapshots
    Operation('snapshot', Stage.snapshot, Stage.volume),
    Operation('revert', Stage.revert, Stage.changed),
    Operation('delete snapshot', Stage.delete_snapshot, Stage.snapshotted,
              is_removal=True),
    Operation('attach snapshot', lambda s, p: s.attach_snapshot(*p),
              lambda s: (s.snapshotted(), s.connector())),
    Operation('detach snapshot', lambda s, p: s.detach_snapshot(*p),
              Stage.attached_snapshot, is_removal=True),

    # Types
    Operation('retype to limits', lambda s, v: s.retype(v, 'limited'),
              Stage.volume),
    Operation('retype into a volume group', lambda s, v: s.retype(v, 'gold'),
              lambda s: s.volume('limited')),
    Operation('retype between volume groups',
              lambda s, v: s.retype(v, 'silver'), lambda s: s.volume('gold')),
    Operation('retype out of a volume group',
              lambda s, v: s.retype(v, 'none'), lambda s: s.volume('gold')),

    # Manage
    Operation('manage', Stage.manage, Stage.foreign),
    Operation('manage as limited',
              lambda s, name: s.manage(name, 'limited'), Stage.foreign),
    Operation('manage into a volume group',
              lambda s, name: s.manage(name, 'gold'), Stage.foreign),
    Operation('unmanage', Stage.unmanage, Stage.volume),
    Operation('manage snapshot', lambda s, p: s.manage_snapshot(*p),
              Stage.foreign_snapshot),
    Operation('unmanage snapshot', Stage.unmanage_snapshot,
              Stage.snapshotted),

    # Groups
    Operation('create group', lambda s, _: s.groups.create(s.types['none'])),
    Operation('update group',
              lambda s, p: s.groups.update(p[0], add=p[1],
                                           remove=s.groups.volumes(p[0])),
              lambda s: (s.group(), _pair(s))),
    Operation('snapshot group', lambda s, group: s.groups.snapshot(group),
              Stage.group),
    Operation('create group from snapshot',
              lambda s, snap: s.groups.from_snapshot(snap),
              lambda s: s.groups.snapshot(s.group('limited'))),
    Operation('clone group', lambda s, group: s.groups.clone(group),
              lambda s: s.group('limited')),
    Operation('delete group snapshot',
              lambda s, snap: s.groups.delete_snapshot(snap),
              lambda s: s.groups.snapshot(s.group()), is_removal=True),
    Operation('delete group', lambda s, group: s.groups.delete(group),
              Stage.group, is_removal=True),

    # The service
    Operation('start again', lambda s, _: s.world.restart()),
]


def _connections(name, driver_class=driver.PureISCSIDriver, **values):
    """What a protocol can differ in."""
    return [dataclasses.replace(operation, name='%s, %s' % (operation.name,
                                                            name),
                                driver_class=driver_class, **values)
            for operation in (
        Operation('attach', lambda s, p: s.world.attach(*p),
                  lambda s: (s.volume(), s.connector())),
        Operation('attach to a known machine',
                  lambda s, p: s.world.attach(p[0], p[2]),
                  lambda s: (s.volume(), *s.attached(s.volume()))),
        Operation('attach after a restart', lambda s, p: s.world.attach(*p),
                  lambda s: s.after_restart((s.volume(), s.connector()))),
        Operation('detach', lambda s, p: s.world.detach(*p),
                  lambda s: s.attached(s.volume()), is_removal=True),
        Operation('detach one of two', lambda s, p: s.world.detach(p[0], p[2]),
                  lambda s: s.attached(*_pair(s)), is_removal=True),
        Operation('detach after a restart', lambda s, p: s.world.detach(*p),
                  lambda s: s.after_restart(s.attached(s.volume())),
                  is_removal=True),
        Operation('detach from everything',
                  lambda s, p: s.world.detach(p[0], None),
                  lambda s: s.attached(s.volume()), is_removal=True),
    )]


# The types of volumes that a backend with these targets has, and no other.
REPLICATED = {'async': ('async',), 'sync': (UNIFORM,),
              'trisync': (UNIFORM, 'async')}


def _replication(kind):
    """What is different for volumes that are replicated."""
    replicated_group = {'specs': groups_module.REPLICATED}
    return [dataclasses.replace(operation, name='%s, %s' % (operation.name,
                                                            kind),
                                targets=REPLICATED[kind])
            for operation in (
        Operation('create', lambda s, _: s.create(kind)),
        Operation('clone', lambda s, v: s.clone(v, kind),
                  lambda s: s.volume(kind)),
        Operation('create from snapshot of a volume that is not replicated',
                  lambda s, snap: s.copy(snap, kind), Stage.snapshotted),
        Operation('snapshot', Stage.snapshot, lambda s: s.volume(kind)),
        Operation('extend', lambda s, v: s.world.extend(v, v.size + 1),
                  lambda s: s.volume(kind)),
        Operation('delete', Stage.delete, lambda s: s.volume(kind),
                  is_removal=True),
        Operation('retype into', lambda s, v: s.retype(v, kind),
                  lambda s: s.volume('limited')),
        Operation('retype out of', lambda s, v: s.retype(v, 'limited'),
                  lambda s: s.volume(kind)),
        Operation('manage', lambda s, name: s.manage(name, kind),
                  Stage.foreign),
        Operation('unmanage', Stage.unmanage, lambda s: s.volume(kind)),
        Operation('create group',
                  lambda s, _: s.groups.create(s.types[kind],
                                               **replicated_group)),
        Operation('clone group', lambda s, group: s.groups.clone(group),
                  lambda s: s.group(kind, **replicated_group)),
        Operation('delete group', lambda s, group: s.groups.delete(group),
                  lambda s: s.group(kind, **replicated_group),
                  is_removal=True),
        Operation('start again', lambda s, _: s.world.restart()),
    )]


def _in_pod(operation):
    """An operation on volumes that two arrays present."""
    return dataclasses.replace(
        operation, name=operation.name + ' over two arrays',
        targets=REPLICATED['sync'],
        prepare=lambda stage: operation.prepare(stage.with_default('sync')))


OPERATIONS = [
    *ON_ONE_ARRAY,
    *_connections('iSCSI'),
    *_connections('CHAP', options={'use_chap_auth': True}),
    *_connections('Fibre Channel', driver.PureFCDriver),
    *_connections('NVMe', driver.PureNVMEDriver,
                  options={'pure_nvme_transport': 'tcp'}),
    *map(_in_pod, _connections('iSCSI')),
    *itertools.chain.from_iterable(map(_replication, REPLICATED)),
]
