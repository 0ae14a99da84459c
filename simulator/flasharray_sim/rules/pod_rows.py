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
"""The rows that belong to a pod: finding them from it, and it from them."""

from collections.abc import Iterator

from flasharray_sim.rules import containers
from flasharray_sim.state import database
from flasharray_sim.state import rows


def pod_of(db: database.Database, kind: str, row) -> rows.Pod | None:
    """The pod that a row belongs to, None for one that is in no pod.

    :param kind: name of the row's type
    """
    find = _FINDERS.get(kind)
    return find and find(db, row)


def pod_concerned(db: database.Database, kind: str, row) -> rows.Pod | None:
    """As `pod_of`, and for a connection the pod of its volume.

    Connections are no part of a pod: each array has its own.
    """
    return _by_volume(db, row) if kind == 'Connection' else pod_of(
        db, kind, row)


def owned(db: database.Database, pod: rows.Pod
          ) -> Iterator[tuple[str, object]]:
    """(kind, row) of all that is the same on each array of a pod.

    Owners come before what they own.
    """
    yield 'Pod', pod
    yield from _of('PodMember', db.pod_members.select('pod', pod.id))
    for volume in containers.volumes(db, pod, 'all'):
        yield 'Volume', volume
        yield from _of('Tag', db.tags.select('volume', volume.id))
    for pgroup in containers.pgroups(db, pod, 'all'):
        yield 'Pgroup', pgroup
        yield from _of('Target', db.targets.select('pgroup', pgroup.id))
        yield from _of('PgroupMember', db.pgroup_members.select(
            'pgroup', pgroup.id))
        yield from _of('PgroupSnapshot', db.pgroup_snapshots.select(
            'pgroup', (pgroup.id, 'all')))
    for volume in containers.volumes(db, pod, 'all'):
        yield from _of('Snapshot', (row for row in db.snapshots.select(
            'volume', (volume.id, 'all')) if _by_snapshot(db, row)))


def _of(kind, found):
    return ((kind, row) for row in found)


def _by_name(db, row):
    return containers.pod_of(db, row.name)


def _by_volume(db, row):
    if row.volume_id not in db.volumes:
        return None
    return _by_name(db, db.volumes.get(row.volume_id))


def _by_snapshot(db, row):
    """Part of a group's snapshot only if the group is in the pod, too."""
    pod = _by_volume(db, row)
    if row.pgroup_snapshot_id is None:
        return pod
    taken = db.pgroup_snapshots.get(row.pgroup_snapshot_id)
    return pod if _by_pgroup(db, taken) == pod else None


def _by_pgroup(db, row):
    if row.pgroup_id not in db.pgroups:
        return None
    return _by_name(db, db.pgroups.get(row.pgroup_id))


def _itself(db, row):
    return db.pods.get(row.id) if row.id in db.pods else row


def _by_id(db, row):
    return db.pods.get(row.pod_id) if row.pod_id in db.pods else None


_FINDERS = {
    'Pod': _itself, 'PodMember': _by_id, 'Volume': _by_name,
    'Snapshot': _by_snapshot, 'Tag': _by_volume, 'Pgroup': _by_name,
    'PgroupMember': _by_pgroup, 'Target': _by_pgroup,
    'PgroupSnapshot': _by_pgroup}
