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
"""All tables of one array, and the transactions that change them."""

import contextlib

from flasharray_sim.state import indexes
from flasharray_sim.state import journal
from flasharray_sim.state import replication
from flasharray_sim.state import rows
from flasharray_sim.state import store as stores
from flasharray_sim.state import table


class Database:
    """The state of one array.

    Rows are in memory; the store has what the last transaction left.

    :param highest_id: gives the highest id that other arrays have given to
        a row; no two of a fleet give the same one
    :ivar tables: all tables by the names of their row types
    """

    def __init__(self, store: stores.Store, highest_id=lambda: 0):
        self._store = store
        self._highest_id = highest_id
        self._journal = journal.Journal()
        self.counters = self._table(rows.Counter, unique={'name': _name})
        self.settings = self._table(rows.Setting, unique={'name': _name})
        self.admins = self._table(
            rows.Admin, groups={'all': _all},
            unique={'name': _name_key, 'api_token': lambda row: _present(
                row.api_token)})
        self.items = self._table(
            rows.Item, groups={'kind': lambda row: (row.kind,)},
            unique={'name': lambda row: ((row.kind, row.name.lower()),)})
        self.messages = self._table(
            rows.Message, groups={'category': lambda row: (row.category,)})
        self._declare_storage()
        self._declare_hosts()
        self._declare_containers()
        vars(self).update(replication.tables(self._table))
        self._load()

    def _declare_storage(self):
        self.volumes = self._table(
            rows.Volume, unique={'name': _name_key},
            groups={'state': _volume_states,
                    'content': lambda row: _present(row.content_id),
                    'working': _working_files,
                    'container': _container_states},
            ordered={'due': lambda row: _present(row.due_s)},
            sums={'size': lambda row: (('size', row.size_bytes),)})
        self.snapshots = self._table(
            rows.Snapshot,
            unique={'name': _snapshot_names},
            groups={'state': _states, 'volume': _snapshot_volumes,
                    'pgroup_snapshot': lambda row: _present(
                        row.pgroup_snapshot_id),
                    'content': lambda row: _present(row.content_id)},
            ordered={'due': lambda row: _present(row.due_s)})
        self.tags = self._table(
            rows.Tag, groups={'all': _all},
            owners={'volume': lambda row: (row.volume_id,)},
            unique={'name': lambda row: (
                (row.volume_id, row.namespace, row.key),)})
        self.contents = self._table(
            rows.Content, groups={'all': _all, 'write': _content_writes,
                                  'extents': lambda row: (row.extents,)})
        self.writes = self._table(
            rows.Write, unique={'identity': lambda row: _present(
                row.identity)},
            sums={'usage': lambda row: ((row.usage, row.length_bytes),)})

    def _declare_hosts(self):
        self.hosts = self._table(
            rows.Host, unique={'name': _name_key, 'initiator': _initiators},
            groups={'all': _all,
                    'hgroup': lambda row: _present(row.hgroup_id)})
        self.hgroups = self._table(
            rows.HostGroup, unique={'name': _name_key}, groups={'all': _all})
        self.connections = self._table(
            rows.Connection,
            unique={'pair': lambda row: ((*_owner(row), row.volume_id),),
                    'lun': lambda row: ((*_owner(row), row.lun),)},
            groups={'all': _all, 'owner': lambda row: (_owner(row),)},
            owners={'volume': lambda row: (row.volume_id,)})

    def _declare_containers(self):
        self.vgroups = self._table(
            rows.VolumeGroup, unique={'name': _name_key},
            groups={'state': _states},
            ordered={'due': lambda row: _present(row.due_s)})
        self.pods = self._table(
            rows.Pod, unique={'name': _name_key}, groups={'state': _states},
            ordered={'due': lambda row: _present(row.due_s)})
        self.pod_members = self._table(
            rows.PodMember,
            unique={'pair': lambda row: ((row.pod_id, row.array_id),)},
            groups={'pod': lambda row: (row.pod_id,),
                    'array': lambda row: (row.array_id,)},
            ordered={'due': lambda row: _present(row.due_s)})
        self.replica_links = self._table(
            rows.ReplicaLink,
            unique={'pair': lambda row: (
                (row.pod_id, row.peer_array_id, row.peer_pod_name.lower()),)},
            groups={'all': _all, 'pod': lambda row: (row.pod_id,),
                    'array': lambda row: (row.peer_array_id,)},
            ordered={'due': lambda row: _present(row.due_s)})

    @contextlib.contextmanager
    def savepoint(self):
        """Within a transaction: undo only what was done inside."""
        mark = self._journal.mark()
        try:
            yield
        except BaseException:
            self._journal.undo(mark)
            raise

    @contextlib.contextmanager
    def transaction(self):
        """Keep all changes made inside, or none when it raises."""
        try:
            yield
            self._store.save(self.changes())
        except BaseException:
            self._journal.undo()
            raise
        self._journal.clear()

    def changes(self) -> dict:
        """What the transaction has changed so far, as for Store.save."""
        return {key: rows.encode(row)
                for key, row in self._journal.outcome().items()}

    def watch(self, watcher):
        """Have a function called at each change; see `Journal`."""
        self._journal.watchers.append(watcher)

    def next_number(self, series: str, start: int = 1) -> int:
        """The next number of a series that never gives one twice."""
        counter = self.counters.find('name', series)
        if counter is None:
            self.counters.insert(
                rows.Counter(len(self.counters) + 1, series, start))
            return start
        return self.counters.change(counter, value=counter.value + 1).value

    def last_number(self, series: str) -> int:
        """The number given last, 0 when none was."""
        counter = self.counters.find('name', series)
        return counter.value if counter else 0

    def next_id(self) -> int:
        """An id for a new row, of whatever kind.

        It is above all others of the fleet, so that a row of one array can
        stand in a table of another as it is.
        """
        counter = self.counters.find('name', 'id')
        highest = self._highest_id()
        if counter is not None and counter.value < highest:
            self.counters.change(counter, value=highest)
        return self.next_number('id', highest + 1)

    def _table(self, row_type, **declared) -> table.Table:
        return table.Table(row_type, self._journal, **declared)

    def _load(self):
        self.tables = {member.name: member for member in vars(self).values()
                       if isinstance(member, table.Table)}
        for kind, row_id, fields in self._store.load():
            self.tables[kind].apply(
                row_id, rows.decode(self.tables[kind].row_type, fields))


def _all(row):
    return ('all',)


def _name(row):
    return (row.name,)


def _name_key(row):
    return (row.name.lower(),)


def _present(value):
    return () if value is None else (value,)


def _states(row):
    return ('all', 'destroyed' if row.is_destroyed else 'live')


def _volume_states(row):
    own = 'endpoint' if row.is_protocol_endpoint else 'volume'
    return [(kind, state) for kind in (own, 'any') for state in _states(row)]


def _working_files(row):
    return () if row.working is None else ('any', row.working[0])


def _container_states(row):
    container = indexes.container_key(row.name)
    if container is None:
        return ()
    return [(container, state) for state in _states(row)]


def _snapshot_names(row):
    if row.pgroup_snapshot_id is not None:
        return (('pgroup', row.pgroup_snapshot_id, row.suffix.lower()),)
    return ((row.volume_id, row.suffix.lower()),)


def _content_writes(row):
    return {write_id for _offset, _length, write_id in row.extents}


def _snapshot_volumes(row):
    if row.volume_id is None:
        return ()
    return [(row.volume_id, state) for state in _states(row)]


def _initiators(row):
    for kind, names in (('IQN', row.iqns), ('WWN', row.wwns),
                        ('NQN', row.nqns)):
        for name in names:
            yield kind, name.lower()


def _owner(row):
    if row.host_id is not None:
        return 'host', row.host_id
    return 'hgroup', row.hgroup_id
