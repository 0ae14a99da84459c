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
"""Cinder's view of a backend compared with what its arrays hold.

Both are made into pictures of the same shape. Cinder's is made of the rows of
its database alone, by rules that are written down here once more and share
nothing with the driver. What was never Cinder's is in neither.
"""

import dataclasses
import re

from cinder import objects
from oslo_utils import units

from flasharray_sim import errors as sim_errors
from tests import world as world_module

CONTEXT = world_module.CONTEXT
ASYNC_PGROUP = 'cinder-group'
POD = 'cinder-pod'
TRISYNC_PGROUP = POD + '::cinder-trisync'
# A volume in any other status is on the array.
ABSENT = ('creating', 'error', 'error_managing', 'deleted')

VOLUME = re.compile(r'(.*::|.*/)?volume-[0-9a-f-]{36}-cinder')
SNAPSHOT = re.compile(r'.*-cinder\.(snapshot-[0-9a-f-]{36}'
                      r'|cgsnapshot-[0-9a-f-]{36}-cinder\..*)')
PGROUP = re.compile(r'(.*::)?consisgroup-[0-9a-f-]{36}-cinder')
IMAGE = re.compile(r'[^:]+:[^:]+')
PGROUP_SNAPSHOT = re.compile(PGROUP.pattern
                             + r'\.cgsnapshot-[0-9a-f-]{36}-cinder')


@dataclasses.dataclass(frozen=True)
class Array:
    """One array of a fleet.

    :ivar client: has the methods of the SDK
    :ivar model: the simulator's, for what volumes hold
    :ivar role: what it is to the first one: '', 'sync' or 'async'
    """

    name: str
    client: object
    model: object
    role: str


@dataclasses.dataclass(frozen=True)
class Volume:
    """A live volume; limits are None where there is none."""

    size_gib: int
    iops: int | None
    bandwidth_mib_s: int | None
    pgroups: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Picture:
    """What is alive on one array; ``volumes`` are pairs of name, Volume."""

    volumes: frozenset
    snapshots: frozenset
    pgroups: frozenset
    pgroup_snapshots: frozenset


def problems(arrays, initiator_key):
    """Where Cinder's view is not the arrays'.

    :param arrays: list of Array; the first one serves
    :param initiator_key: key of a connector that tells its initiators
    :returns: list of texts
    """
    rows = Rows()
    found = []
    for array in arrays:
        told = _told(array, rows)
        seen = _seen(array.client)
        found += [
            '%s: Cinder has %s %s, the array %s' % (
                array.name, field.name, _shown(wanted - there),
                _shown(there - wanted))
            for field in dataclasses.fields(Picture)
            for wanted, there in [(getattr(told, field.name),
                                   getattr(seen, field.name))]
            if wanted != there]
    return (found + _replica_problems(arrays, rows)
            + _connection_problems(arrays, rows, initiator_key)
            + _content_problems(arrays[0], rows))


def _shown(items):
    return ', '.join(sorted(map(str, items))) or 'no others'


# What the array shows

def _seen(client):
    members = {row['name']: row['volumes'] or ()
               for row in client.list_pgroups()}
    limits = {row['name']: row for row in client.list_volumes(qos=True)}

    def picture_of(row):
        limit = limits[row['name']]
        return row['name'], Volume(
            row['size'] // units.Gi, limit['iops_limit'],
            limit['bandwidth_limit'] and limit['bandwidth_limit'] // units.Mi,
            frozenset(pgroup for pgroup in members
                      if row['name'] in members[pgroup]))

    return Picture(
        volumes=frozenset(map(picture_of, _matching(
            VOLUME, client.list_volumes()))),
        snapshots=_names(SNAPSHOT, client.list_volumes(snap=True)),
        pgroups=frozenset(filter(PGROUP.fullmatch, members)),
        pgroup_snapshots=_names(PGROUP_SNAPSHOT,
                                client.list_pgroups(snap=True)))


def _matching(pattern, rows):
    return [row for row in rows if pattern.fullmatch(row['name'])]


def _names(pattern, rows):
    return frozenset(row['name'] for row in _matching(pattern, rows))


# What Cinder's rows tell

class Rows:
    """What Cinder says is there, read once.

    :ivar volumes: list of objects.Volume
    :ivar snapshots: dict of id of a snapshot to its name on the array
    :ivar pgroups: dict of id of a consistent group to the name of its
        protection group
    :ivar replicated: list of ids of those that are replicated
    :ivar kinds: dict of the same to the replication of its volume types
    :ivar pgroup_snapshots: dict of id of a snapshot of such a group to its
        name on the array
    """

    def __init__(self):
        self.volumes = [volume for volume
                        in objects.VolumeList.get_all(CONTEXT)
                        if volume.status not in ABSENT]
        for volume in self.volumes:
            # The in-tree driver does not tell it of all that it makes.
            volume.provider_id = (volume.provider_id
                                  or 'volume-%s-cinder' % volume.id)
        groups = [group for group in objects.GroupList.get_all(CONTEXT)
                  if group.status == 'available' and _is_consistent(group)]
        self.replicated = [group.id for group in groups
                           if group.replication_status == 'enabled']
        self.kinds = {group.id: set(map(_replication, group.volume_types))
                      for group in groups}
        self.pgroups = {
            group_id: '%sconsisgroup-%s-cinder' % (
                POD + '::' if kinds & {'sync', 'trisync'} else '', group_id)
            for group_id, kinds in self.kinds.items()}
        self.pgroup_snapshots = {
            row.id: '%s.cgsnapshot-%s-cinder' % (self.pgroups[row.group_id],
                                                 row.id)
            for row in objects.GroupSnapshotList.get_all(CONTEXT)
            if row.status == 'available' and row.group_id in self.pgroups}
        names = {volume.id: volume.provider_id for volume in self.volumes}
        self.snapshots = {
            row.id: self._snapshot_name(row, names[row.volume_id])
            for row in objects.SnapshotList.get_all(CONTEXT, {})
            if row.status == 'available'}

    def _snapshot_name(self, row, volume_name):
        if row.group_snapshot_id in self.pgroup_snapshots:
            return '%s.%s' % (self.pgroup_snapshots[row.group_snapshot_id],
                              volume_name.rpartition('::')[2])
        return '%s.snapshot-%s' % (volume_name, row.id)

    def pgroups_of(self, volume):
        """:returns: names of the driver's groups that have the volume"""
        found = {'async': {ASYNC_PGROUP}, 'trisync': {TRISYNC_PGROUP}}.get(
            _replication(volume.volume_type), set())
        if volume.group_id in self.pgroups:
            found |= {self.pgroups[volume.group_id]}
        return frozenset(found)


def _told(array, rows):
    def here(names):
        return frozenset(name for name in names if _is_on(array, name))

    return Picture(
        volumes=frozenset(
            (volume.provider_id, Volume(volume.size, *_limits(volume),
                                        rows.pgroups_of(volume)))
            for volume in rows.volumes if _is_on(array, volume.provider_id)),
        snapshots=here(rows.snapshots.values()),
        pgroups=here(rows.pgroups.values()),
        pgroup_snapshots=here(rows.pgroup_snapshots.values()))


def _is_on(array, name):
    """Whether what has that name on the serving array is on this one."""
    return not array.role or (array.role == 'sync' and '::' in name)


def _replication(volume_type):
    """``async``, ``sync``, ``trisync`` or an empty text."""
    specs = volume_type.extra_specs or {}
    return specs.get('replication_type', '').removeprefix('<in> ')


def _limits(volume):
    """:returns: IOPS and MiB/s; None is no limit"""
    qos_specs = volume.volume_type.qos_specs
    specs = qos_specs.specs if qos_specs else {}
    factor = volume.size if 'maxIOPS_per_GB' in specs else 1
    iops = specs.get('maxIOPS') or specs.get('maxIOPS_per_GB')
    bandwidth = specs.get('maxBWS')
    return iops and int(iops) * factor, bandwidth and int(bandwidth)


def _is_consistent(group):
    group_type = objects.GroupType.get_by_id(CONTEXT, group.group_type_id)
    return group_type.group_specs.get(
        'consistent_group_snapshot_enabled') == '<is> True'


# Replicated groups: those of a group that is gone may stay elsewhere

def _replica_problems(arrays, rows):
    """Groups that Cinder takes for replicated, and that are not."""
    found = []
    for array in arrays[1:]:
        there = {row['name'] for row in array.client.list_pgroups()}
        for group_id in rows.replicated:
            name = _replica(array, arrays[0].name, rows.pgroups[group_id],
                            rows.kinds[group_id])
            if name not in there | {None}:
                found.append('%s has no %s' % (array.name, name))
    return found


def _replica(array, serving, pgroup, kinds):
    """Name of a protection group as an array has it, or None.

    :param serving: name of the array that replicates it
    :param kinds: replication of the volume types of its group
    """
    if _is_on(array, pgroup):
        return pgroup
    if 'async' in kinds:
        return '%s:%s' % (serving, pgroup)
    return pgroup.replace('::', ':') if 'trisync' in kinds else None


# Connections: each array of a pod may have those of its volumes

def _connection_problems(arrays, rows, initiator_key):
    wanted = {
        (volume.provider_id, _spelled(attachment.connector[initiator_key]))
        for volume in rows.volumes
        for attachment in volume.volume_attachment}
    there, found = set(), []
    for array in arrays:
        hosts = {row['name']: _spelled(row['iqn'] + row['wwn'] + row['nqn'])
                 for row in array.client.list_hosts()}
        connected = array.client.list_volumes(connect=True)
        there |= {(row['name'], hosts[row['host']])
                  for row in _matching(VOLUME, connected)}
        used = {row['host'] for row in connected}
        found += ['%s has the idle host %s' % (array.name, host)
                  for host in hosts if host not in used]
    if there != wanted:
        found.append('Cinder has attachments %s, the arrays connections %s'
                     % (_shown(wanted - there), _shown(there - wanted)))
    return found


def _spelled(initiators):
    """Initiators in a form that compares equal."""
    names = [initiators] if isinstance(initiators, str) else initiators
    return ' '.join(sorted(name.lower() for name in names))


def _content_problems(array, rows):
    """Copies whose content is not that of their source."""
    sources = rows.snapshots | {volume.id: volume.provider_id
                                for volume in rows.volumes}
    return ['%s does not hold what %s holds' % (volume.provider_id, source)
            for volume in rows.volumes
            for source in [sources.get(volume.source_volid
                                       or volume.snapshot_id)]
            if source and (array.model.read(volume.provider_id)
                           != array.model.read(source))]


# What an operation that fails must not change

def state(array):
    """All that is alive on an array, Cinder's or not."""
    client = array.client
    volumes = client.list_volumes()
    return {
        'volume': _by_name(volumes),
        'content': {row['name']: _content(array.model, row['name'])
                    for row in volumes},
        'limits': _by_name(client.list_volumes(qos=True)),
        'snapshot': _by_name(client.list_volumes(snap=True)),
        'pgroup': _by_name(_own(client.list_pgroups())),
        'schedule': _by_name(_own(client.list_pgroups(schedule=True))),
        'pgroup snapshot': _by_name(client.list_pgroups(snap=True)),
        'volume group': _by_name(client.list_vgroups()),
        'pod': _by_name(client.list_pods()),
        'host': _by_name(client.list_hosts()),
        'connection': {'%(host)s/volume/%(name)s' % row: row for row in
                       client.list_volumes(connect=True)}}


def _content(model, name):
    """What a volume holds; None in a pod that this array has not in sync."""
    try:
        return model.read(name)
    except sim_errors.PurityError:
        return None


def changes(before, after):
    """:returns: list of texts that tell what differs between two states"""
    return [text for _kind, text in differences(before, after)]


def differences(before, after):
    """:returns: list of pairs of a kind of object and such a text"""
    return [(kind, '%s %s: %s became %s' % (
                kind, name, before[kind].get(name), after[kind].get(name)))
            for kind in before
            for name in sorted({**before[kind], **after[kind]})
            if before[kind].get(name) != after[kind].get(name)]


def _own(rows):
    """Without the images of groups that other arrays replicate."""
    return [row for row in rows if not IMAGE.fullmatch(row['name'])]


def _by_name(rows):
    return {row['name']: {key: sorted(value) if isinstance(value, list)
                          and value and isinstance(value[0], str) else value
                          for key, value in row.items()}
            for row in rows}
