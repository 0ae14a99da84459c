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
"""The book against Cinder's rows and all arrays."""

import re

from cinder import objects

from tests.explorer import cloud as clouds
from tests.explorer import operators
from tests.explorer import traces
from tests.explorer import world as worlds
from tests import reconciliation

ADMIN = clouds.ADMIN
# Each array is looked at as a whole once an hour, and then once more.
REPORT_PAUSES_S = (300, 3600, 300, 300)
UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
VOLUME = re.compile('volume-(%s)' % UUID)
SNAPSHOT = re.compile('snapshot-(%s)' % UUID)
# What is told of a volume while a switch is half-way: fail over again.
UNFINISHED = 'is not finished here'
PGROUP = re.compile('consisgroup-(%s)' % UUID)
GiB = 1 << 30
MiB = 1 << 20


def statuses(world):
    return {row.id: row.status
            for row in objects.VolumeList.get_all(ADMIN)}


# After each step

def after(world, step, before, is_killed):
    _attached(world)
    _foreign(world)
    _errors(world, step, before, is_killed)
    traces.after(world, step, is_killed)
    # Whoever looks for it finds it, and remembers that.
    if world.is_calm and step.verb not in ('rename_volume', 'move_volume'):
        for label in step.arguments:
            if label in world.book.volumes:
                _probed(world, label)


def reason(world, step, error):
    """A refusal says why."""
    if not str(error).strip():
        world.problem('%s was refused without a word', step)


def _errors(world, step, before, is_killed):
    """Who sets a row to error says why."""
    if is_killed or step.verb in ('mend', 'restart', 'settle'):
        return
    for row in objects.VolumeList.get_all(ADMIN):
        # Cinder itself takes out what it knows not to be replicated.
        if 'error' in row.status and row.replication_status != (
                'not-capable') and 'error' not in before.get(
                row.id, '') and not (
                    world.log.complaints or world.cloud.bus.errors):
            world.problem('%s left a volume %s without a word', step,
                          row.status)


def _attached(world):
    """Machines find what they wrote, wherever their paths lead."""
    for attachment in world.attachments:
        account = world.book.volumes.get(attachment.volume)
        if account and not attachment.is_old:
            what = '%s on %s' % (attachment.volume, attachment.machine)
            paths = world.paths(attachment)
            world.check_paths(what, account, paths)
            if attachment not in world.left_behind:
                _leads_where_its_row_says(
                    world, what, world.row(attachment.volume), paths)


def _leads_where_its_row_says(world, what, row, paths):
    """A replicated volume is used on the array that its row names."""
    if 'error' in row.status or row.replication_status not in (
            'enabled', 'failed-over') or '::' in (row.provider_id or ''):
        return
    is_home = row.replication_status == 'enabled'
    for path in paths:
        if (path.array is world.stage.home(row)) != is_home:
            world.problem('%s is %s and used on %s', what,
                          row.replication_status,
                          world.fleet.site(path.array))


def _foreign(world):
    for label, foreign in world.book.foreign.items():
        row = world.find(foreign)
        if row is None:
            world.problem('%s of another program is gone', label)
        elif world.fleet.content(world.fleet.arrays[foreign.site],
                                 row.name) != foreign.content:
            world.problem('%s of another program was overwritten', label)


def _probed(world, label):
    """What is not in error can be attached and read."""
    row = world.row(label)
    if row.status not in ('available', 'in-use'):
        return
    try:
        paths = world.probe(row)
    except Exception as error:
        if not (world.is_switching and UNFINISHED in str(error)):
            world.problem('%s is %s and cannot be attached: %s', label,
                          row.status, error)
        return
    if not paths:
        world.problem('%s is %s and has no path', label, row.status)
    world.check_paths(label, world.book.volumes[label], paths)


# When all is mended and house was kept

def settled(world):
    for pause_s in REPORT_PAUSES_S:
        for service in world.stage.services:
            world.report(service)
        world.fleet.pass_time(pause_s)
    for label in list(world.book.volumes):
        if world.is_there(label):
            _probed(world, label)
    _rows_without_an_account(world)
    traces.originals(world)
    if not world.active and not world.is_switching:
        _left_over(world)
        _connections(world)
        _shapes(world)
        _snapshots(world)
        traces.settled(world)
    elif not world.is_switching:
        _limits_elsewhere(world)


def _rows_without_an_account(world):
    """A row that says that it is well has what its owner was told."""
    known = {account.id for account in world.book.volumes.values()}
    for row in objects.VolumeList.get_all(ADMIN):
        if row.status in ('available', 'in-use') and (
                row.id not in known and row.id not in world.book.deleted
                and row.migration_status in (None, 'success', 'error')
                and row.use_quota):
            world.problem('a volume is %s that nobody was told of: %s',
                          row.status, row.id)


def _left_over(world):
    """Nothing of ours is there that Cinder does not know."""
    volumes = {row.name_id for row in objects.VolumeList.get_all(ADMIN)}
    snapshots = {row.id for row in objects.SnapshotList.get_all(ADMIN, {})}
    groups = {row.id for row in objects.GroupList.get_all(ADMIN)}
    for site, array in world.fleet.arrays.items():
        db = array.model.db
        for row in db.volumes.select('state', ('volume', 'live')):
            found = VOLUME.search(row.name)
            if found and found[1] not in volumes and not _is_foreign(
                    world, row):
                world.left(site, row.name)
        for row in db.snapshots.select('state', 'all'):
            found = SNAPSHOT.fullmatch(row.suffix)
            if found and not row.is_destroyed and (
                    found[1] not in snapshots) and not _is_recovered(
                        world, db, row):
                world.left(site, row.suffix)
        for row in world.fleet.client(site).list_pgroups():
            found = PGROUP.search(row['name'])
            if found and ':' not in row['name'].replace('::', '') and (
                    found[1] not in groups):
                world.left(site, row['name'])
    _copies(world)


def _is_foreign(world, row):
    """An operator made, kept or recovered it."""
    return row.serial in world.recovered or any(
        row.serial == foreign.serial
        for foreign in world.book.foreign.values())


def _is_recovered(world, db, snapshot):
    """It came back with its volume."""
    return snapshot.volume_id is not None and db.volumes.get(
        snapshot.volume_id).serial in world.recovered


def _is_kept(world, array, row, each):
    """Whether it is a copy elsewhere that has a snapshot of Cinder."""
    return array is not world.stage.home(row) and any(
        snapshot.volume_id == each.id and not snapshot.is_destroyed
        and SNAPSHOT.fullmatch(snapshot.suffix)
        for snapshot in array.model.db.snapshots.select('state', 'all'))


def _is_anothers(world, array, row, each):
    """Whether Cinder has another row for it, as while it migrates one."""
    return any(other.id != row.id and other.provider_id == each.name
               and world.stage.home(other) is array
               for other in objects.VolumeList.get_all(ADMIN))


def _is_told(world, name):
    return any(re.search(r'volume %s[,. ]' % re.escape(name),
                         line.partition('Left on array')[2])
               for line in world.log.leftovers)


def _copies(world):
    """Each volume is there once, or once on each array of its pod."""
    for label in world.book.volumes:
        if not world.is_there(label):
            continue
        row = world.row(label)
        if 'error' in row.status or row.migration_status not in (
                None, 'success', 'error'):
            continue
        found = {(world.fleet.site(array), each.name)
                 for array in world.fleet.arrays.values()
                 for each in array.model.db.volumes.select(
                     'state', ('volume', 'live'))
                 if row.name_id in each.name
                 and not _is_kept(world, array, row, each)
                 and not _is_anothers(world, array, row, each)
                 and each.serial not in world.recovered}
        # What was told to be left is beside it, or is where it was left.
        found = {each for each in found
                 if not _is_told(world, each[1])} or found
        names = {name for _site, name in found}
        if len(names) != 1 or (len(found) > 1 and not world.is_copy_left
                               and '::' not in next(iter(names))):
            world.problem('%s is there as %s', label, sorted(found))


def _connections(world):
    """Machines have what Cinder says, and no host is idle."""
    rows = objects.VolumeAttachmentList.get_all(ADMIN)
    wanted = {(row.connector['host'], row.volume.name_id)
              for row in rows if row.connector}
    unsure = _unsure_volumes(rows)
    for site, array in world.fleet.arrays.items():
        for machine in world.machines:
            for connection in machine.connections(array):
                name = array.model.db.volumes.get(connection.volume_id).name
                found, host = VOLUME.search(name), machine.connector['host']
                if found and found[1] not in unsure and (
                        (host, found[1]) not in wanted):
                    world.problem('%s still has %s of %s', host, name, site)
        _idle_hosts(world, site, array)
    for attachment in world.attachments:
        if not attachment.is_old and world.is_there(attachment.volume):
            row = world.row(attachment.volume)
            if 'error' not in row.status:
                _has_all_paths(world, attachment, row)


def _unsure_volumes(attachments):
    """Volumes of rows that tell of something that did not end well.

    The driver leaves those alone until an administrator has reset them.
    """
    return {row.volume.name_id for row in attachments
            if row.attach_status != 'attached'} | {
        row.name_id for row in objects.VolumeList.get_all(ADMIN)
        if worlds.is_in_doubt(row)
        or row.migration_status not in (None, 'success', 'error')}


def _idle_hosts(world, site, array):
    """A host that an operator gave a name is the operator's."""
    db = array.model.db
    for host in db.hosts.select('all', 'all'):
        if host.name.startswith(operators.BY_HAND):
            continue
        ours = {initiator.lower() for machine in world.machines
                for initiator in (
                    machine.connector['initiator'],
                    machine.connector['nqn'], *machine.connector['wwpns'])}
        if ours & {name.lower() for name in (
                *host.iqns, *host.wwns, *host.nqns)} and (
                    not array.model.connections.private(host.id)):
            world.left(site, host.name)


def _has_all_paths(world, attachment, row):
    """Each array that can give it paths has connected the machine.

    Cinder does not know the adapters that a machine got since.
    """
    machine = world.stage.machines[attachment.machine]
    sites = {site for site, array in world.fleet.arrays.items()
             for connection in machine.connections(array)
             if row.name_id in array.model.db.volumes.get(
                 connection.volume_id).name}
    is_uniform = ('uniform' in world.stage.setting.replication
                  or world.stage.setting.replication == 'trisync')
    wanted = ({'site1', 'site2'} if '::' in (row.provider_id or '')
              and is_uniform and world.stage.setting.protocol != 'NVMe'
              and not machine.is_refitted else set())
    if not sites or not wanted <= sites:
        world.problem('%s is connected on %s only, not %s', attachment.volume,
                      sorted(sites), sorted(wanted))


def _shapes(world):
    """Size, limits and groups are what rows and types say."""
    pictured = {}
    for label in world.book.volumes:
        if not world.is_there(label):
            continue
        row = world.row(label)
        if row.status not in ('available', 'in-use'):
            continue
        site = world.fleet.site(world.stage.home(row))
        if site not in pictured:
            pictured[site] = _pictured(world.fleet.client(site))
        seen = pictured[site].get(row.provider_id)
        if seen is None:
            world.problem('%s is not on %s as %s', label, site,
                          row.provider_id)
            continue
        wanted = reconciliation.Volume(
            row.size, *reconciliation._limits(row), seen.pgroups)
        if any(row.id in line for line in (*world.log.interrupted,
                                           *world.log.leftovers)):
            continue
        if seen != wanted and (
                row.volume_type.name not in world.changed_types):
            world.problem('%s is %s, not %s', label, seen, wanted)
        _placed(world, label, row, seen)


def _limits_elsewhere(world):
    """What was failed over has the limits of its type, too."""
    pictured = _pictured(world.fleet.client(world.active))
    for label in world.book.volumes:
        row = world.is_there(label) and world.row(label)
        if row and row.status in ('available', 'in-use') and (
                row.replication_status == 'failed-over'
                and row.volume_type.name not in world.changed_types):
            seen = pictured.get(row.provider_id)
            if seen and (seen.iops, seen.bandwidth_mib_s) != (
                    reconciliation._limits(row)):
                world.problem('%s has the limits %s on %s', label, seen,
                              world.active)


def _pictured(client):
    """:returns: {name: reconciliation.Volume}, of all that is live"""
    groups = {row['name']: row['volumes'] or ()
              for row in client.list_pgroups()}
    limits = {row['name']: row for row in client.list_volumes(qos=True)}
    return {row['name']: _shape(row, limits[row['name']], groups)
            for row in client.list_volumes()}


def _shape(row, limits, groups):
    bandwidth = limits['bandwidth_limit']
    return reconciliation.Volume(
        row['size'] // GiB, limits['iops_limit'],
        bandwidth and bandwidth // MiB,
        frozenset(group for group, members in groups.items()
                  if row['name'] in members))


def _placed(world, label, row, seen):
    specs = row.volume_type.extra_specs
    replication = specs.get('replication_type', '').removeprefix('<in> ')
    is_in_pod = '::' in row.provider_id
    if is_in_pod != (replication in ('sync', 'trisync')):
        world.problem('%s is of type %s and is called %s', label,
                      row.volume_type.name, row.provider_id)
    group = {'async': 'cinder-group',
             'trisync': 'cinder-pod::cinder-trisync'}.get(replication)
    pgroups = {name.lower() for name in seen.pgroups}
    for each in ('cinder-group', 'cinder-pod::cinder-trisync'):
        if (each in pgroups) != (each == group):
            world.problem('%s is of type %s and in %s', label,
                          row.volume_type.name, sorted(seen.pgroups))
    gold = specs.get('flasharray:vg_name')
    if gold and not row.provider_id.startswith(gold + '/'):
        world.problem('%s should be in %s and is %s', label, gold,
                      row.provider_id)


def _snapshots(world):
    """They hold what their volume held."""
    for label, account in world.book.snapshots.items():
        if not world.is_there(label):
            continue
        row = world.row(label)
        if row.status != 'available' or (
                'error' in row.volume.status):
            continue
        contents = [
            world.fleet.content(array, '%s.%s' % (
                array.model.db.volumes.get(each.volume_id).name, each.suffix))
            for array in world.fleet.arrays.values()
            for each in array.model.db.snapshots.select('state', 'all')
            if not each.is_destroyed and each.suffix == row.name
            and each.volume_id is not None]
        if '/' in label:
            continue
        if not contents:
            world.problem('%s is gone', label)
        for content in contents:
            if not account.is_admissible(content):
                world.problem('%s holds other data', label)
