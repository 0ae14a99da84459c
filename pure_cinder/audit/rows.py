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
"""What Cinder's database has, read by columns.

Cinder's own objects take longer for twenty thousand volumes than all arrays
take. What has to be saved is loaded as such an object when it is.
"""

import dataclasses
import functools
import importlib
import importlib.util

from cinder import context
from cinder import objects
from cinder.objects import fields
from oslo_config import cfg
from oslo_serialization import jsonutils

from pure_cinder.attachments import records
from pure_cinder import parallel
from pure_cinder.volumes import rows as volume_rows

CONF = cfg.CONF

_PACKAGE = ('cinder.db' if importlib.util.find_spec('cinder.db.models')
            else 'cinder.db.sqlalchemy')
VOLUME_COLUMNS = (
    'id', '_name_id', 'size', 'status', 'migration_status', 'host',
    'cluster_name', 'provider_id', 'provider_location', 'replication_status',
    'replication_driver_data', 'volume_type_id', 'group_id', 'project_id',
    'bootable')
SNAPSHOT_COLUMNS = ('id', 'volume_id', 'status', 'provider_id',
                    'provider_location', 'group_snapshot_id')
ATTACHMENT_COLUMNS = ('id', 'volume_id', 'attach_status', 'attached_host',
                      'instance_uuid', 'connector')
GONE_STATUSES = (fields.SnapshotStatus.CREATING, fields.SnapshotStatus.ERROR,
                 fields.SnapshotStatus.DELETING,
                 fields.SnapshotStatus.ERROR_DELETING)


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """One row; what is read of it are the columns, as Cinder calls them."""

    columns: dict
    database: object

    def __getattr__(self, name):
        try:
            return self.columns[name]
        except KeyError:
            raise AttributeError(name)


class Volume(Row):
    """A volume, as far as the driver's services look at one."""

    @property
    def name_id(self):
        return self.columns['_name_id'] or self.id

    @property
    def name(self):
        return CONF.volume_name_template % self.name_id

    @property
    def volume_type(self):
        return self.database.types.get(self.volume_type_id)

    @property
    def group(self):
        return self.database.groups.get(self.group_id)

    @property
    def volume_attachment(self):
        return self.database.attachments.get(self.id, [])

    @property
    def is_settled(self):
        """Whether Cinder says that it is there, and is not at work on it."""
        return (self.provider_id is not None
                and self.status not in volume_rows.UNMADE_STATUSES
                and not records.is_at_work(self))


class Snapshot(Row):
    """A snapshot, in the same way."""

    @property
    def name(self):
        return CONF.snapshot_name_template % self.id

    @property
    def volume(self):
        return self.database.volumes[self.volume_id]

    @property
    def group_snapshot(self):
        return self.database.group_snapshots.get(self.group_snapshot_id)

    @property
    def is_settled(self):
        return (self.status not in GONE_STATUSES
                and self.volume_id in self.database.volumes
                and self.volume.is_settled)


class Attachment(Row):
    """An attachment, in the same way."""

    @property
    def connector(self):
        return jsonutils.loads(self.columns['connector'] or 'null')


class Database:
    """The rows of one backend, each kind read when it is looked at.

    It stands in for records.AttachmentRecords as long as nothing changes.
    """

    def __init__(self, owner, own_records):
        """:param owner: dict of ``host`` or ``cluster_name`` of the service

        :param own_records: records.AttachmentRecords
        """
        self._owner = owner
        self._records = own_records
        self._models = importlib.import_module(_PACKAGE + '.models')
        self._api = importlib.import_module(_PACKAGE + '.api')

    @functools.cached_property
    def volumes(self):
        """:returns: dict of id to Volume, of this backend"""
        [(column, service)] = self._owner.items()
        model = self._models.Volume
        owner = getattr(model, column)
        return {row['id']: Volume(row, self) for row in self._read(
            model, VOLUME_COLUMNS,
            (owner == service) | owner.like(service + '#%'))}

    @functools.cached_property
    def snapshots(self):
        """:returns: list of Snapshot, of these volumes"""
        return [Snapshot(row, self) for row in self._read(
            self._models.Snapshot, SNAPSHOT_COLUMNS)
            if row['volume_id'] in self.volumes]

    @functools.cached_property
    def attachments(self):
        """:returns: dict of id of a volume to list of Attachment"""
        found = {}
        for row in self._read(self._models.VolumeAttachment,
                              ATTACHMENT_COLUMNS):
            found.setdefault(row['volume_id'], []).append(
                Attachment(row, self))
        return found

    @functools.cached_property
    def types(self):
        """:returns: dict of id to objects.VolumeType"""
        return _by_id(objects.VolumeTypeList.get_all(_context()))

    @functools.cached_property
    def groups(self):
        """:returns: dict of id to objects.Group, of any backend"""
        return _by_id(objects.GroupList.get_all(_context()))

    @functools.cached_property
    def group_snapshots(self):
        """:returns: dict of id to objects.GroupSnapshot"""
        return _by_id(objects.GroupSnapshotList.get_all(_context()))

    @functools.cached_property
    def ids(self):
        """Ids that names on arrays are made of, of any backend.

        :returns: set
        """
        known = {*self.groups, *self.group_snapshots}
        for row in self._read(self._models.Volume, ('id', '_name_id')):
            known |= {row['id'], row['_name_id']}
        for row in self._read(self._models.Snapshot, ('id',)):
            known.add(row['id'])
        return known

    def by_name(self, names):
        """:returns: dict of name to list of Volume"""
        return {name: self._by_name[name] for name in names
                if name in self._by_name}

    def deleted_names(self, names):
        return self._records.deleted_names(names)

    def is_attached(self, attachment):
        return self._records.is_attached(attachment)

    @functools.cached_property
    def _by_name(self):
        found = {}
        for volume in self.volumes.values():
            found.setdefault(volume.provider_id, []).append(volume)
        return found

    @property
    def names_of_several(self):
        """:returns: iterator of lists of Volume that have one name"""
        return (volumes for name, volumes in self._by_name.items()
                if name and len(volumes) > 1)

    def unchanged(self, rows):
        """Those that are as they were when they were read; asked in bulk.

        :param rows: list of Volume, or of Snapshot
        :returns: set of their ids
        """
        found = set()
        for some in parallel.portions(rows, records.NAMES_PER_QUERY):
            chosen = {row.id: row for row in some}
            model = (self._models.Volume if isinstance(rows[0], Volume)
                     else self._models.Snapshot)
            found |= {now['id'] for now in self._read(
                model, ('id', 'status', 'provider_id'),
                model.id.in_(list(chosen)))
                if now.items() <= chosen[now['id']].columns.items()}
        return found

    def _read(self, model, columns, *conditions):
        """Rows that are not deleted; as dicts."""
        with self._api.main_context_manager.reader.using(
                _context()) as session:
            for row in session.query(*(
                    getattr(model, column) for column in columns)).filter(
                        model.deleted.is_(False), *conditions):
                yield dict(zip(columns, row))


def saved(row):
    """A row as Cinder's own object, as it is now.

    :param row: Volume or Snapshot
    :raises NotFound: it is gone
    """
    kind = objects.Volume if isinstance(row, Volume) else objects.Snapshot
    return kind.get_by_id(_context(), row.id)


def described(row):
    """:returns: what a row is, in words"""
    return '%s %s' % (type(row).__name__.lower(), row.id)


def _by_id(found):
    return {each.id: each for each in found}


def _context():
    return context.get_admin_context()
