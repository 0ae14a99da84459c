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

An operation prepares what it needs and acts on that, on a tests.stage.Stage.
"""

from collections.abc import Callable
import dataclasses

from pure_cinder import driver
from tests import fleet as fleet_module
from tests import groups as groups_module
from tests import stage as stage_module

UNIFORM = fleet_module.UNIFORM
Stage = stage_module.Stage


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


# Each operation, with one protocol and one kind of replication.
SAMPLE = [*ON_ONE_ARRAY, *_connections('iSCSI'), *_replication('async')]
OPERATIONS = [
    *SAMPLE,
    *_connections('CHAP', options={'use_chap_auth': True}),
    *_connections('Fibre Channel', driver.PureFCDriver),
    *_connections('NVMe', driver.PureNVMEDriver,
                  options={'pure_nvme_transport': 'tcp'}),
    *map(_in_pod, _connections('iSCSI')),
    *_replication('sync'),
    *_replication('trisync'),
]


def report_alone(stage, _prepared):
    """A stats report that does not wait for what is done beside it."""
    # The in-tree driver has nothing beside it.
    backend = getattr(stage.world.driver, '_backend', None)
    if backend:
        backend.housekeeping.start = lambda: None
    stage.world.driver.get_volume_stats(refresh=True)


MANY = 20
# What is told by what it costs, beside the others.
COSTLY = [
    Operation('retype to what is the same',
              lambda s, v: s.retype(v, 'none'), lambda s: s.volume('none')),
    Operation('snapshot group of many', lambda s, g: s.groups.snapshot(g),
              lambda s: s.group(count=MANY)),
    Operation('clone group of many', lambda s, g: s.groups.clone(g),
              lambda s: s.group(count=MANY)),
    Operation('create group of many from snapshot',
              lambda s, snap: s.groups.from_snapshot(snap),
              lambda s: s.groups.snapshot(s.group(count=MANY))),
    Operation('delete group of many', lambda s, g: s.groups.delete(g),
              lambda s: s.group(count=MANY)),
]
