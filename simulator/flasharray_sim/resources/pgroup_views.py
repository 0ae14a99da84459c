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
"""What is shown of protection groups and of their snapshots (2.6)."""

from flasharray_sim.resources import shapes
from flasharray_sim.resources import views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import lookup
from flasharray_sim.rules import schedules
from flasharray_sim.state import replication as rows
from flasharray_sim.state import rows as volume_rows
from flasharray_sim.wire import routing


def plain(array: arrays.Array, call: routing.Call,
          pgroup: rows.Pgroup) -> dict:
    """Members and targets; what there is none of is null, not []."""
    return {'name': pgroup.name, 'source': _source(array, pgroup),
            **{f'{kind}s': list(array.pgroup_members.shown(
                pgroup, kind)) or None
               for kind in ('volume', 'host', 'hgroup')},
            'targets': _targets(array, pgroup) or None}


def schedule(array: arrays.Array, call: routing.Call,
             pgroup: rows.Pgroup) -> dict:
    body = {'name': pgroup.name} | {
        name: getattr(pgroup, name) for name in schedules.SCHEDULE}
    if pgroup.replicate_blackout is not None:
        body['replicate_blackout'] = [
            dict(zip(('start', 'end'), pgroup.replicate_blackout))]
    return body


def retention(array: arrays.Array, call: routing.Call,
              pgroup: rows.Pgroup) -> dict:
    return {'name': pgroup.name} | {
        name: getattr(pgroup, name) for name in schedules.RETENTION}


def snapshot(array: arrays.Array, call: routing.Call,
             taken: rows.PgroupSnapshot) -> dict:
    """{name, source, created}; the source is the group."""
    return {'name': lookup.pgroup_snapshot_name(array.db, taken),
            'source': array.db.pgroups.get(taken.pgroup_id).name,
            'created': shapes.iso(taken.created_s)}


def protection(array: arrays.Array, kind: str, member) -> list[dict]:
    """A row for each group that protects an object."""
    return [{'name': member.name, 'protection_group': pgroup.name}
            for pgroup in array.pgroup_members.groups_of(kind, member.id)]


def volumes_protected(array: arrays.Array, call: routing.Call,
                      volume: volume_rows.Volume) -> list[dict]:
    return protection(array, 'volume', volume)


def hosts_protected(array: arrays.Array, call: routing.Call,
                    host: volume_rows.Host) -> list[dict]:
    return protection(array, 'host', host)


def hgroups_protected(array: arrays.Array, call: routing.Call,
                      hgroup: volume_rows.HostGroup) -> list[dict]:
    return protection(array, 'hgroup', hgroup)


def _source(array, pgroup):
    return pgroup.source_name if pgroup.is_replica else array.name


def _targets(array, pgroup):
    if pgroup.is_replica:
        return [{'name': array.name, 'allowed': pgroup.is_allowed}]
    return [{'name': row.array_name, 'allowed': row.is_allowed}
            for row in array.db.targets.select('pgroup', pgroup.id)]


def _space(array, call, pgroup):
    taken = array.db.pgroup_snapshots.select('pgroup', (pgroup.id, 'all'))
    return {'name': pgroup.name, 'snapshots': _snapshot_bytes(array, taken)}


def _snapshot_space(array, call, taken):
    return {'name': lookup.pgroup_snapshot_name(array.db, taken),
            'snapshots': _snapshot_bytes(array, [taken])}


def _snapshot_bytes(array, taken):
    return array.contents.snapshot_bytes(
        member for row in taken
        for member in array.pgroup_snapshots.members(row))


def _transfer(array, call, taken):
    """Statistics: of the arrival, or at the source of the first transfer.

    What was never sent has nulls (inferred).
    """
    started_s, completed_s, progress, done_bytes = _statistics(array, taken)
    return snapshot(array, call, taken) | {
        'started': started_s and shapes.iso(started_s),
        'completed': completed_s and shapes.iso(completed_s),
        'progress': progress, 'data_transferred': done_bytes,
        'logical_data_transferred': done_bytes,
        'physical_bytes_written': done_bytes}


def _statistics(array, taken):
    arrival, home = array.arrivals.find(taken), array
    if arrival is None:
        transfers = array.replication.transfers(taken)
        if not transfers:
            return None, None, None, None
        transfer = transfers[0]
        if transfer.completed_s is not None:
            return (transfer.started_s, transfer.completed_s, 1.0,
                    transfer.total_bytes)
        home = array.array_connections.peer(transfer.target_id)
        arrival = home and home.db.arrivals.find(
            'transfer', (array.id, transfer.id))
        if arrival is None:
            return transfer.started_s, None, 0.0, 0
    return (arrival.started_s, arrival.completed_s,
            home.arrivals.progress(arrival),
            home.arrivals.done_bytes(arrival))


def _add_time_remaining(array, call, row, body):
    if call.flag('pending') or call.flag('pending_only'):
        body['time_remaining'] = shapes.time_remaining(array, row)


PGROUPS = views.Views(
    one={views.PLAIN: plain, 'schedule': schedule, 'retention': retention,
         'space': _space}, finish=_add_time_remaining)
SNAPSHOTS = views.Views(
    one={views.PLAIN: snapshot, 'transfer': _transfer,
         'space': _snapshot_space}, finish=_add_time_remaining)
