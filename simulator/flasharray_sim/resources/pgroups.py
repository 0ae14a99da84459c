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
"""Protection groups and their snapshots: `pgroup` and `pgroup/PG` (2.6)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import pgroup_views
from flasharray_sim.resources import shapes
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import schedules
from flasharray_sim.wire import routing

_MEMBERS = {'vol': 'volume', 'host': 'host', 'hgroup': 'hgroup'}
_VERBS = {'': 'set', 'rem': 'remove', 'add': 'add'}
_NOT_FOR_SNAPSHOTS = ('schedule', 'retention')


def list_pgroups(array: arrays.Array, call: routing.Call):
    """GET pgroup."""
    if call.flag('snap'):
        return _snapshots(array, call, _chosen_snapshots(array, call))
    every = array.db.pgroups.select('state', shapes.wanted_state(call))
    return pgroup_views.PGROUPS.collection(array, call, listing.chosen(
        call, _living_on(call, every),
        lambda name: _pgroup_at(array, call, name)))


def get_pgroup(array: arrays.Array, call: routing.Call):
    """GET pgroup/PG: a dict; with `snap` the list of its snapshots."""
    name = call.names['pgroup']
    if call.flag('snap'):
        return _snapshots(array, call, _snapshots_at(array, call, name))
    return pgroup_views.PGROUPS.single(
        array, call, _pgroup_at(array, call, name))


def create_pgroup(array: arrays.Array, call: routing.Call):
    """POST pgroup/PG: new, or with what `source` has kept."""
    name = call.names['pgroup']
    if call.get('source') is not None:
        if set(call.params) - {'source', 'overwrite'}:
            raise errors.refuse('parameters_invalid', ctx=name)
        array.pgroups.restore(
            name, call.get('source'), call.flag('overwrite'))
    else:
        array.pgroups.create(name)
        _change_members(array, call, name)
        _change_targets(array, call, name)
    return pgroup_views.plain(
        array, call, lookup.live_pgroup(array.db, name))


def act_on_snapshots(array: arrays.Array, call: routing.Call):
    """POST pgroup: take snapshots with `snap`, or send one taken before."""
    if call.get('action') is not None:
        return _send(array, call)
    sources = call.get('source')
    if not call.flag('snap') or not sources:
        raise errors.refuse('parameters_invalid')
    taken, refused = [], []
    for name in sources:
        try:
            taken.append(array.pgroup_snapshots.take(
                lookup.live_pgroup(array.db, name), call.get('suffix'),
                call.flag('apply_retention')))
        except errors.PurityError as error:
            refused.append(error)
    if refused:
        raise errors.combine(refused)
    if call.flag('replicate') or call.flag('replicate_now'):
        for row in taken:
            array.replication.send(row)
    shown = [pgroup_views.snapshot(array, call, row) for row in taken]
    # Before 1.4 it was one group at a time.
    return shown if call.rest_version >= (1, 4) else shown[0]


def change_pgroup(array: arrays.Array, call: routing.Call):
    """PUT pgroup/PG or pgroup/PG.SUFFIX: the dicts of what was changed."""
    name = call.names['pgroup']
    if call.get('name') is not None or call.get('action') is not None:
        if len(call.params) > 1:
            raise errors.refuse('parameters_invalid', ctx=name)
        return {'name': _rename_or_recover(array, call, name)}
    body = {}
    if 'allowed' in call.params:
        array.pgroups.allow(name, call.flag('allowed'))
    _change_members(array, call, name)
    _change_targets(array, call, name)
    for fields, change, view in (
            (schedules.SCHEDULE, array.pgroups.set_schedule,
             pgroup_views.schedule),
            (schedules.RETENTION, array.pgroups.set_retention,
             pgroup_views.retention)):
        changes = {field: call.params[field] for field in fields
                   if field in call.params}
        if changes:
            body |= view(array, call, change(name, changes))
    if body and set(call.params) <= {*schedules.SCHEDULE,
                                     *schedules.RETENTION}:
        return body
    # Terraform may have nothing to change (inferred: that is accepted).
    return body | pgroup_views.plain(
        array, call, lookup.live_pgroup(array.db, name))


def delete_pgroup(array: arrays.Array, call: routing.Call):
    """DELETE pgroup/PG or pgroup/PG.SUFFIX; `eradicate` what is destroyed."""
    name = call.names['pgroup']
    if names.is_snapshot(name):
        shown = lookup.pgroup_snapshot_name(
            array.db, lookup.any_pgroup_snapshot(array.db, name))
        rules = array.pgroup_snapshots
    else:
        shown = lookup.any_pgroup(array.db, name).name
        rules = array.pgroups
    if call.flag('eradicate'):
        rules.eradicate(name)
    else:
        rules.destroy(name)
    return {'name': shown}


def _rename_or_recover(array, call, name):
    is_snapshot = names.is_snapshot(name)
    rules = array.pgroup_snapshots if is_snapshot else array.pgroups
    if call.get('name') is not None:
        changed = rules.rename(name, call.get('name'))
    elif call.get('action') == 'recover':
        changed = rules.recover(name)
    else:
        raise errors.refuse('parameters_invalid', ctx=name)
    if is_snapshot:
        return lookup.pgroup_snapshot_name(array.db, changed)
    return changed.name


def _send(array, call):
    # The SDK calls it name, others source.
    sources = call.get('name') or call.get('source')
    if call.get('action') != 'send' or not sources or call.flag('snap'):
        raise errors.refuse('parameters_invalid')
    sent = [lookup.live_pgroup_snapshot(array.db, name) for name in sources]
    for row in sent:
        array.replication.send(row, call.get('to'))
    return [pgroup_views.snapshot(array, call, row) for row in sent]


def _change_members(array, call, name):
    for prefix, kind in _MEMBERS.items():
        change = _changes(call, f'{prefix}list')
        if change:
            array.pgroups.change_members(name, kind, change)


def _change_targets(array, call, name):
    change = _changes(call, 'targetlist')
    if change:
        array.pgroups.change_targets(name, change)


def _changes(call, parameter):
    return {verb: call.get(f'{prefix}{parameter}')
            for prefix, verb in _VERBS.items()
            if f'{prefix}{parameter}' in call.params}


def _snapshots(array, call, snapshots):
    if any(call.flag(flag) for flag in _NOT_FOR_SNAPSHOTS):
        raise errors.refuse('parameters_invalid')
    return pgroup_views.SNAPSHOTS.collection(
        array, call, _living_on(call, snapshots))


def _living_on(call, found):
    """Nothing of a group lives on an offload target here."""
    return found if call.get('on') in (None, '', '*') else []


def _pgroup_at(array, call, name):
    pgroup = lookup.any_pgroup(array.db, name)
    shapes.check_visible(
        call, pgroup, errors.refuse('pgroup_missing', ctx=name),
        errors.refuse('pgroup_not_destroyed', ctx=name))
    return pgroup


def _chosen_snapshots(array, call):
    every = array.db.pgroup_snapshots.select(
        'state', shapes.wanted_state(call))
    return listing.chosen_several(
        call, every, lambda name: _snapshots_at(array, call, name))


def _snapshots_at(array, call, name):
    """Snapshots of a group, one by its own name, or by a pattern."""
    state = shapes.wanted_state(call)
    if '*' in name:
        return listing.matching(
            name if names.is_snapshot(name) else f'{name}.*',
            array.db.pgroup_snapshots.select('state', state),
            lambda row: lookup.pgroup_snapshot_name(array.db, row))
    if names.is_snapshot(name):
        taken = lookup.any_pgroup_snapshot(array.db, name)
        shapes.check_visible(
            call, taken, errors.refuse('pgroup_snapshot_missing', ctx=name),
            errors.refuse('pgroup_snapshot_not_destroyed', ctx=name))
        return [taken]
    pgroup = lookup.any_pgroup(array.db, name)
    if pgroup.is_destroyed and state == 'live':
        raise errors.refuse('pgroup_missing', ctx=name)
    return array.db.pgroup_snapshots.select('pgroup', (pgroup.id, state))


_READ = (
    *parameters.PENDING,
    *parameters.flags('schedule', 'retention', 'space', 'snap', 'transfer'),
    routing.Parameter('on', 'string', since='1.14'),
    *parameters.PAGING,
)
_CHANGED_LISTS = tuple(
    f'{verb}{member}list' for member in (*_MEMBERS, 'target')
    for verb in _VERBS)

ROUTES = (
    routing.Route('GET', 'pgroup', list_pgroups,
                  (*_READ, parameters.NAMES), since='1.2'),
    routing.Route(
        'POST', 'pgroup', act_on_snapshots,
        (*parameters.flags('snap', 'apply_retention', 'replicate_now',
                           'replicate'),
         *parameters.lists('source'), *parameters.texts('suffix'),
         routing.Parameter('action', 'string', since='1.16'),
         routing.Parameter('name', 'list', since='1.16'),
         routing.Parameter('to', 'list', since='1.16')), since='1.2'),
    routing.Route('GET', 'pgroup/{pgroup}', get_pgroup, _READ, since='1.2'),
    routing.Route(
        'POST', 'pgroup/{pgroup}', create_pgroup,
        (*parameters.lists('vollist', 'hostlist', 'hgrouplist',
                           'targetlist'),
         *parameters.texts('source'), *parameters.flags('overwrite')),
        since='1.2'),
    routing.Route(
        'PUT', 'pgroup/{pgroup}', change_pgroup,
        (*parameters.lists(*_CHANGED_LISTS),
         *parameters.texts('name', 'action'),
         *parameters.flags('allowed', 'snap_enabled', 'replicate_enabled'),
         *(routing.Parameter(name, 'any' if name == 'replicate_blackout'
                             else 'integer')
           for name in (*schedules.SCHEDULE, *schedules.RETENTION)
           if not name.endswith('_enabled'))), since='1.2'),
    routing.Route(
        'DELETE', 'pgroup/{pgroup}', delete_pgroup,
        (*parameters.flags('eradicate'),
         routing.Parameter('on', 'string', since='1.14')), since='1.2'),
)
