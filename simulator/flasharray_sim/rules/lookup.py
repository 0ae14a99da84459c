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
"""Finding named objects, or refusing as Purity does.

``live_`` refuses what is destroyed, ``any_`` only what does not exist.
"""

from flasharray_sim import errors
from flasharray_sim.rules import names
from flasharray_sim.state import database
from flasharray_sim.state import replication
from flasharray_sim.state import rows


def find_volume(db: database.Database, name: str) -> rows.Volume | None:
    return db.volumes.find('name', names.key(name))


def any_volume(db: database.Database, name: str) -> rows.Volume:
    volume = find_volume(db, name)
    if volume is None:
        raise errors.refuse('volume_missing', ctx=name)
    return volume


def live_volume(db: database.Database, name: str) -> rows.Volume:
    volume = any_volume(db, name)
    if volume.is_destroyed:
        raise errors.refuse('volume_destroyed', ctx=name)
    return volume


def find_snapshot(db: database.Database, name: str) -> rows.Snapshot | None:
    member = names.split_member(name)
    if member:
        taken = find_pgroup_snapshot(db, member[0])
        return taken and db.snapshots.find(
            'name', ('pgroup', taken.id, names.key(member[1])))
    parts = names.split_snapshot(name)
    volume = parts and find_volume(db, parts[0])
    if not volume:
        return None
    return db.snapshots.find('name', (volume.id, names.key(parts[1])))


def any_snapshot(db: database.Database, name: str) -> rows.Snapshot:
    snapshot = find_snapshot(db, name)
    if snapshot is None:
        raise errors.refuse('snapshot_missing', ctx=name)
    return snapshot


def live_snapshot(db: database.Database, name: str) -> rows.Snapshot:
    snapshot = any_snapshot(db, name)
    if snapshot.is_destroyed:
        raise errors.refuse('snapshot_destroyed', ctx=name)
    return snapshot


def snapshot_name(db: database.Database, snapshot: rows.Snapshot) -> str:
    if snapshot.pgroup_snapshot_id is not None:
        taken = db.pgroup_snapshots.get(snapshot.pgroup_snapshot_id)
        return f'{pgroup_snapshot_name(db, taken)}.{snapshot.suffix}'
    return f'{db.volumes.get(snapshot.volume_id).name}.{snapshot.suffix}'


def snapshot_source(db: database.Database, snapshot: rows.Snapshot) -> str:
    """Name of the volume that a snapshot is of, 'array:v' on another."""
    return snapshot.source_name or db.volumes.get(snapshot.volume_id).name


def host(db: database.Database, name: str) -> rows.Host:
    found = db.hosts.find('name', names.key(name))
    if found is None:
        raise errors.refuse('host_missing', ctx=name)
    return found


def hgroup(db: database.Database, name: str) -> rows.HostGroup:
    found = db.hgroups.find('name', names.key(name))
    if found is None:
        raise errors.refuse('hgroup_missing', ctx=name)
    return found


def any_vgroup(db: database.Database, name: str) -> rows.VolumeGroup:
    found = db.vgroups.find('name', names.key(name))
    if found is None:
        raise errors.refuse('vgroup_missing', ctx=name)
    return found


def live_vgroup(db: database.Database, name: str) -> rows.VolumeGroup:
    vgroup = any_vgroup(db, name)
    if vgroup.is_destroyed:
        raise errors.refuse('vgroup_destroyed', ctx=name)
    return vgroup


def any_pod(db: database.Database, name: str) -> rows.Pod:
    found = db.pods.find('name', names.key(name))
    if found is None:
        raise errors.refuse('pod_missing', ctx=name)
    return found


def live_pod(db: database.Database, name: str) -> rows.Pod:
    pod = any_pod(db, name)
    if pod.is_destroyed:
        raise errors.refuse('pod_destroyed', ctx=name)
    return pod


def any_pgroup(db: database.Database, name: str) -> replication.Pgroup:
    found = db.pgroups.find('name', names.key(name))
    if found is None:
        raise errors.refuse('pgroup_missing', ctx=name)
    return found


def live_pgroup(db: database.Database, name: str) -> replication.Pgroup:
    pgroup = any_pgroup(db, name)
    if pgroup.is_destroyed:
        raise errors.refuse('pgroup_destroyed', ctx=name)
    return pgroup


def find_pgroup_snapshot(db: database.Database, name: str
                         ) -> replication.PgroupSnapshot | None:
    parts = names.split_pgroup_snapshot(name)
    pgroup = parts and db.pgroups.find('name', names.key(parts[0]))
    return pgroup and db.pgroup_snapshots.find(
        'name', (pgroup.id, names.key(parts[1])))


def any_pgroup_snapshot(db: database.Database, name: str
                        ) -> replication.PgroupSnapshot:
    found = find_pgroup_snapshot(db, name)
    if found is None:
        raise errors.refuse('pgroup_snapshot_missing', ctx=name)
    return found


def live_pgroup_snapshot(db: database.Database, name: str
                         ) -> replication.PgroupSnapshot:
    found = any_pgroup_snapshot(db, name)
    if found.is_destroyed:
        raise errors.refuse('pgroup_snapshot_destroyed', ctx=name)
    return found


def pgroup_snapshot_name(db: database.Database,
                         taken: replication.PgroupSnapshot) -> str:
    return f'{db.pgroups.get(taken.pgroup_id).name}.{taken.suffix}'
