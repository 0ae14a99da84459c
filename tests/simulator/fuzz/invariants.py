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
"""What holds of an array's state at any time, whatever was asked."""

import collections

from flasharray_sim.state import indexes
from tests.simulator.fuzz import states

_REFERENCES = {
    'volume_id': 'Volume', 'content_id': 'Content', 'host_id': 'Host',
    'hgroup_id': 'HostGroup', 'pod_id': 'Pod', 'pgroup_id': 'Pgroup',
    'pgroup_snapshot_id': 'PgroupSnapshot', 'snapshot_id': 'PgroupSnapshot'}
_MEMBERS = {'volume': 'Volume', 'host': 'Host', 'hgroup': 'HostGroup'}
_NAMED = ('Volume', 'Host', 'HostGroup', 'VolumeGroup', 'Pod', 'Pgroup',
          'Admin')


def check(array) -> None:
    """Assert all of them."""
    rows = {name: list(dict.values(table._rows))
            for name, table in states.tables(array).items()}
    ids = {name: {row.id for row in found} for name, found in rows.items()}
    _names_and_serials_are_unique(rows)
    _initiators_are_unique(rows)
    _references_are_there(rows, ids)
    _containers_are_there(rows)
    _connections_are_sound(rows)
    _destroyed_volumes_take_their_snapshots(rows)
    _contents_are_held(rows, ids)


def _names_and_serials_are_unique(rows):
    for kind in _NAMED:
        _unique(kind, [row.name.lower() for row in rows[kind]])
    _unique('serials', [row.serial for row in (
        *rows['Volume'], *rows['Snapshot'])])
    _unique('suffixes', [
        (row.pgroup_snapshot_id, row.owner, row.suffix.lower())
        for row in rows['Snapshot']])
    _unique('group suffixes', [
        (row.pgroup_id, row.suffix.lower())
        for row in rows['PgroupSnapshot']])


def _initiators_are_unique(rows):
    for kind in ('iqns', 'wwns', 'nqns'):
        _unique(kind, [name.lower() for host in rows['Host']
                       for name in getattr(host, kind)])


def _references_are_there(rows, ids):
    for kind, found in rows.items():
        for row in found:
            for field, referred in _REFERENCES.items():
                row_id = getattr(row, field, None)
                assert row_id is None or row_id in ids[referred], (
                    kind, field, row)
    for member in rows['PgroupMember']:
        assert member.member_id in ids[_MEMBERS[member.kind]], member
    kinds = collections.defaultdict(set)
    for member in rows['PgroupMember']:
        kinds[member.pgroup_id].add(member.kind)
    assert all(len(found) == 1 for found in kinds.values()), kinds


def _containers_are_there(rows):
    pods = {row.name.lower() for row in rows['Pod']}
    vgroups = {row.name.lower() for row in rows['VolumeGroup']}
    for row in (*rows['Volume'], *rows['Pgroup']):
        name = row.name.lower()
        if '::' in name:
            assert name.partition('::')[0] in pods, row
        elif '/' in name:
            assert name.partition('/')[0] in vgroups, row


def _connections_are_sound(rows):
    live = {row.id for row in rows['Volume'] if not row.is_destroyed}
    seen = collections.defaultdict(list)
    for row in rows['Connection']:
        assert row.volume_id in live, row
        assert (row.host_id is None) != (row.hgroup_id is None), row
        for host in rows['Host']:
            if host.id == row.host_id or (
                    row.hgroup_id is not None
                    and host.hgroup_id == row.hgroup_id):
                seen[host.id].append(row)
        if row.hgroup_id is not None:
            seen['hgroup', row.hgroup_id].append(row)
    for found in seen.values():
        _unique('LUNs', [row.lun for row in found])
        _unique('connected volumes', [row.volume_id for row in found])


def _destroyed_volumes_take_their_snapshots(rows):
    destroyed = {row.id for row in rows['Volume'] if row.is_destroyed}
    for row in rows['Snapshot']:
        assert (row.is_destroyed or row.volume_id not in destroyed
                or row.pgroup_snapshot_id is not None), row


def _contents_are_held(rows, ids):
    held = {row.content_id for row in (*rows['Volume'], *rows['Snapshot'])}
    assert held - {None} == ids['Content']
    writes = {write_id for content in rows['Content']
              for _, _, write_id in content.extents}
    assert writes == ids['Write']


def _unique(what, values):
    assert len(set(values)) == len(values), (what, sorted(
        str(value) for value, count in collections.Counter(values).items()
        if count > 1))


def index_contents(array) -> dict:
    """What the indexes of all tables say, in comparable form."""
    return {(name, number): _entries(index)
            for name, table in states.tables(array).items()
            for number, index in enumerate(table._indexes)}


def _entries(index):
    if isinstance(index, indexes.OrderedIndex):
        return list(index._entries)
    if isinstance(index, indexes.SumIndex):
        return {key: total for key, total in index._sums.items() if total}
    return dict(index._ids)
