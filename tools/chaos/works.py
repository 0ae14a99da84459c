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
"""Kinds of work, in the midst of which a cinder-volume is killed."""

import collections.abc
import dataclasses
import typing

from cinderclient import exceptions as client_exceptions

from tools.chaos import cleaning
from tools.chaos import load
from tools.chaos import settings

BACKEND = settings.PURE_ASYNC.name
TYPE = 'async'
ANYWHERE = 'anywhere'
GROUPED = settings.GROUPED_TYPES[0]


class Row(typing.NamedTuple):
    """What is to be looked at afterwards.

    :ivar manager: name of the client's manager that has it
    """

    manager: str
    id: str


class Scene:
    """Makes what work needs."""

    def __init__(self, cinder, settler):
        """:param settler: load.Settler"""
        self.cinder = cinder
        self._settler = settler

    def volume(self, kind=TYPE, **source):
        """:returns: id of a volume that is there"""
        made = self.cinder.volumes.create(
            1, volume_type=None if source else kind, **source).id
        self._settle('volumes', made)
        return made

    def snapshot(self):
        made = self.cinder.volume_snapshots.create(self.volume()).id
        self._settle('volume_snapshots', made)
        return made

    def attachment(self):
        return self.cinder.attachments.create(
            self.volume(), load.connector_of(0))['id']

    def group(self):
        """:returns: id of a group with a volume"""
        made = load.create_group(self.cinder, GROUPED).id
        self._settle('groups', made)
        self.cinder.groups.update(made, add_volumes=self.volume(GROUPED))
        self._settle('groups', made)
        return made

    def _settle(self, manager, name):
        self._settler.settle(
            lambda: getattr(self.cinder, manager).get(name), 'available')


@dataclasses.dataclass(frozen=True)
class Work:
    """One kind.

    :ivar prepare: takes a Scene, returns what ``begin`` is given
    :ivar begin: takes a client and that, and asks for the work
    :ivar manager: name of the client's manager of the row to look at
    :ivar is_made: whether that row is what ``begin`` makes
    """

    prepare: collections.abc.Callable
    begin: collections.abc.Callable
    manager: str = 'volumes'
    is_made: bool = False


def _attach(cinder, volume):
    return cinder.attachments.create(volume, load.connector_of(1))


def _migrate(cinder, volume):
    target = settings.PURE_SYNC if BACKEND in getattr(
        cinder.volumes.get(volume), 'os-vol-host-attr:host') \
        else settings.PURE_ASYNC
    cinder.volumes.migrate_volume(
        volume, None, False, False,
        cluster='%s#%s' % (settings.cluster_of(target), target.name))


def _join(cinder, prepared):
    cinder.groups.update(prepared[0], add_volumes=prepared[1])


WORKS = {
    'create': Work(lambda scene: None, lambda cinder, _nothing:
                   cinder.volumes.create(1, volume_type=TYPE), is_made=True),
    'clone': Work(Scene.volume, lambda cinder, volume:
                  cinder.volumes.create(1, source_volid=volume),
                  is_made=True),
    'create from snapshot': Work(
        Scene.snapshot, lambda cinder, snapshot:
        cinder.volumes.create(1, snapshot_id=snapshot), is_made=True),
    'extend': Work(Scene.volume, lambda cinder, volume:
                   cinder.volumes.extend(volume, 2)),
    'snapshot': Work(Scene.volume, lambda cinder, volume:
                     cinder.volume_snapshots.create(volume),
                     'volume_snapshots', is_made=True),
    'delete snapshot': Work(Scene.snapshot, lambda cinder, snapshot:
                            cinder.volume_snapshots.delete(snapshot),
                            'volume_snapshots'),
    'delete': Work(Scene.volume, lambda cinder, volume:
                   cinder.volumes.delete(volume)),
    'retype': Work(Scene.volume, lambda cinder, volume:
                   cinder.volumes.retype(volume, load.other_type(TYPE),
                                         'never')),
    'migrate': Work(lambda scene: scene.volume(ANYWHERE), _migrate),
    'attach': Work(Scene.volume, _attach),
    'detach': Work(Scene.attachment, lambda cinder, attachment:
                   cinder.attachments.delete(attachment), 'attachments'),
    'create group': Work(lambda scene: None, lambda cinder, _nothing:
                         load.create_group(cinder, GROUPED), 'groups',
                         is_made=True),
    'join group': Work(lambda scene: (scene.group(), scene.volume(GROUPED)),
                       _join, 'groups'),
    'snapshot group': Work(Scene.group, lambda cinder, group:
                           cinder.group_snapshots.create(group),
                           'group_snapshots', is_made=True),
    'delete group': Work(Scene.group, lambda cinder, group:
                         cinder.groups.delete(group, delete_volumes=True),
                         'groups'),
}


def row_of(work, prepared, made):
    """:returns: Row, None if nothing was made"""
    if work.is_made:
        return made and Row(work.manager, made.id)
    return Row(work.manager, prepared[0] if isinstance(prepared, tuple)
               else prepared)


def status_of(cinder, row):
    """:returns: status in words"""
    manager = getattr(cinder, row.manager)
    get = manager.show if row.manager == 'attachments' else manager.get
    try:
        found = get(row.id)
    except client_exceptions.NotFound:
        return load.GONE
    return found.migration_status if cleaning.is_migrating(found) \
        else found.status


def is_unfinished(row, status):
    """Whether work has come neither to an end nor to an error.

    An attachment is as it was until it is gone.
    """
    return status not in (
        (load.GONE,) if row.manager == 'attachments'
        else ('available', 'in-use', 'error', load.GONE))
