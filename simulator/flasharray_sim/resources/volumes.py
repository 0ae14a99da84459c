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
"""Volumes and volume snapshots: `volume` and `volume/V` (2.2)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.resources import volume_views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.wire import routing

_READ = (
    *parameters.PENDING,
    *parameters.flags('snap', 'space', 'connect'),
    *parameters.MONITOR,
    *parameters.PAGING,
    routing.Parameter('protect', 'boolean', since='1.2'),
    routing.Parameter('qos', 'boolean', since='1.14'),
    routing.Parameter('protocol_endpoint', 'boolean', since='1.6'),
    routing.Parameter('host_encryption_key', 'boolean', since='1.17'),
    routing.Parameter('tags', 'boolean', since='1.14'),
    routing.Parameter('namespace', 'string', since='1.14'),
)
_CREATE = (
    routing.Parameter('size', 'size'),
    routing.Parameter('source', 'string'),
    routing.Parameter('overwrite', 'boolean'),
    routing.Parameter('protocol_endpoint', 'boolean', since='1.6'),
    *parameters.QOS,
)
_SNAP = (
    routing.Parameter('snap', 'boolean'),
    routing.Parameter('source', 'list'),
    routing.Parameter('suffix', 'string'),
)
_CHANGE = (
    routing.Parameter('size', 'size'),
    routing.Parameter('truncate', 'boolean'),
    *parameters.texts('name', 'action'),
    *parameters.QOS,
    routing.Parameter('container', 'string', since='1.13'),
    routing.Parameter('requested_promotion_state', 'string', since='1.18'),
)
_SNAPSHOTS_RENAMED_SINCE = (1, 4)
# Neither has a meaning for snapshots (inferred).
_NOT_FOR_SNAPSHOTS = (
    'qos', 'connect', 'protect', 'host_encryption_key',
    'protocol_endpoint', 'action', 'historical')
# An inventory module asks each array for them that offers this version.
_SNAPSHOTS_TAGGED_SINCE = (1, 19)


def list_volumes(array: arrays.Array, call: routing.Call):
    """GET volume."""
    volume_views.check_endpoint_view(array, call)
    if call.flag('snap'):
        return _snapshots(array, call, _chosen_snapshots(array, call))
    return volume_views.VOLUMES.collection(
        array, call, _chosen_volumes(array, call))


def get_volume(array: arrays.Array, call: routing.Call):
    """GET volume/V: a dict, or a list where the view has several rows."""
    name = call.names['volume']
    volume_views.check_endpoint_view(array, call)
    if call.flag('snap'):
        return _snapshots(array, call, _snapshots_at(array, call, name))
    return volume_views.VOLUMES.single(
        array, call, _volume_at(array, call, name))


def create_volume(array: arrays.Array, call: routing.Call):
    """POST volume/V with `size`, `source` or `protocol_endpoint`."""
    name = call.names['volume']
    source, size = call.get('source'), call.get('size')
    limits = {limit: call.get(limit) for limit in _limits(call)}
    if call.flag('protocol_endpoint'):
        if source is not None or size is not None or limits:
            raise errors.refuse('parameters_invalid', ctx=name)
        volume = array.volumes.create_endpoint(name)
    elif (source is None) == (size is None):
        raise errors.refuse('parameters_invalid', ctx=name)
    elif source is not None:
        volume = array.volumes.copy(
            source, name, call.flag('overwrite'), **limits)
    else:
        volume = array.volumes.create(name, size, **limits)
    return volume_views.plain(array, call, volume) | {
        limit: getattr(volume, limit) for limit in limits}


def create_snapshots(array: arrays.Array, call: routing.Call):
    """POST volume with `snap`: a list, in the order asked for."""
    if not call.flag('snap') or not call.get('source'):
        raise errors.refuse('parameters_invalid')
    taken = array.snapshots.create(call.get('source'), call.get('suffix'))
    return [volume_views.snapshot(array, call, row) for row in taken]


def change_volume(array: arrays.Array, call: routing.Call):
    """PUT volume/V: one change at a time."""
    changes = {_CHANGES[name] for name in call.params
               if name in _CHANGES and call.params[name] is not None}
    if not changes:
        raise errors.refuse('no_attribute', ctx=call.names['volume'])
    if len(changes) > 1:
        raise errors.refuse('parameters_invalid', ctx=call.names['volume'])
    change = changes.pop()
    name = call.names['volume']
    if names.is_snapshot(name) and change not in (_rename, _act):
        raise errors.refuse('parameters_invalid', ctx=name)
    return change(array, call, name)


def delete_volume(array: arrays.Array, call: routing.Call):
    """DELETE volume/V: destroy, or eradicate what is destroyed."""
    name = call.names['volume']
    if names.is_snapshot(name):
        change = (array.snapshots.eradicate if call.flag('eradicate')
                  else array.snapshots.destroy)
    else:
        change = (array.volumes.eradicate if call.flag('eradicate')
                  else array.volumes.destroy)
    return {'name': _full_name(array, name, change)}


def _full_name(array, name, change):
    """Do it, and give the name in the case that it was made with."""
    if names.is_snapshot(name):
        shown = lookup.snapshot_name(
            array.db, lookup.any_snapshot(array.db, name))
    else:
        shown = lookup.any_volume(array.db, name).name
    change(name)
    return shown


def _resize(array, call, name):
    if call.get('size') is None:
        raise errors.refuse('parameters_invalid', ctx=name)
    volume = array.volumes.resize(
        name, call.get('size'), call.flag('truncate'))
    return {'name': volume.name, 'size': volume.size_bytes}


def _rename(array, call, name):
    if names.is_snapshot(name):
        if call.rest_version < _SNAPSHOTS_RENAMED_SINCE:
            raise errors.refuse('parameters_invalid', ctx=name)
        snapshot = array.snapshots.rename(name, call.get('name'))
        return {'name': lookup.snapshot_name(array.db, snapshot)}
    return {'name': array.volumes.rename(name, call.get('name')).name}


def _act(array, call, name):
    if call.get('action') != 'recover':
        raise errors.refuse('parameters_invalid', ctx=name)
    if names.is_snapshot(name):
        snapshot = array.snapshots.recover(name)
        return {'name': lookup.snapshot_name(array.db, snapshot)}
    return {'name': array.volumes.recover(name).name}


def _set_limits(array, call, name):
    volume = array.volumes.set_limits(
        name, **{limit: call.get(limit) for limit in _limits(call)})
    body = {'name': volume.name, 'bandwidth_limit': volume.bandwidth_limit}
    if call.rest_version >= (1, 17):
        body['iops_limit'] = volume.iops_limit
    return body


def _move(array, call, name):
    return {'name': array.volumes.move(name, call.get('container')).name}


def _promote(array, call, name):
    states = {'promoted': True, 'demoted': False}
    wanted = call.get('requested_promotion_state')
    if wanted not in states:
        raise errors.refuse(
            'parameter_value', ctx=name,
            parameter='requested_promotion_state')
    volume = array.volumes.promote(name, states[wanted])
    return {'name': volume.name, 'promotion_status': wanted,
            'requested_promotion_state': wanted}


_CHANGES = {
    'size': _resize, 'truncate': _resize, 'name': _rename, 'action': _act,
    'bandwidth_limit': _set_limits, 'iops_limit': _set_limits,
    'container': _move, 'requested_promotion_state': _promote}


def _limits(call):
    return [limit for limit in ('bandwidth_limit', 'iops_limit')
            if call.get(limit) is not None]


def _snapshots(array, call, snapshots):
    if any(call.flag(flag) for flag in _NOT_FOR_SNAPSHOTS) or (
            call.flag('tags')
            and call.rest_version < _SNAPSHOTS_TAGGED_SINCE):
        raise errors.refuse('parameters_invalid')
    return volume_views.SNAPSHOTS.collection(array, call, snapshots)


def _chosen_volumes(array, call):
    if call.flag('protocol_endpoint'):
        kind = 'endpoint'
    else:
        # An exporter of real arrays looks up each endpoint's performance in
        # the list of all: it is there, though the plain list lacks it.
        kind = 'any' if shapes.wants_monitor(call) else 'volume'
    every = array.db.volumes.select(
        'state', (kind, shapes.wanted_state(call)))
    return listing.chosen(
        call, every, lambda name: _volume_at(array, call, name))


def _volume_at(array, call, name):
    volume = lookup.any_volume(array.db, name)
    shapes.check_visible(
        call, volume, errors.refuse('volume_missing', ctx=name),
        errors.refuse('volume_not_destroyed', ctx=name))
    if call.flag('protocol_endpoint') and not volume.is_protocol_endpoint:
        raise errors.refuse('volume_not_endpoint', ctx=name)
    return volume


def _chosen_snapshots(array, call):
    every = array.db.snapshots.select('state', shapes.wanted_state(call))
    return listing.chosen_several(
        call, every, lambda name: _snapshots_at(array, call, name))


def _snapshots_at(array, call, name):
    """Snapshots of a volume, one by its own name, or by a pattern."""
    state = shapes.wanted_state(call)
    if '*' in name:
        return listing.matching(
            name if names.is_snapshot(name) else f'{name}.*',
            array.db.snapshots.select('state', state),
            lambda row: lookup.snapshot_name(array.db, row))
    if call.flag('pgroup'):
        return list(array.pgroup_snapshots.members(
            lookup.live_pgroup_snapshot(array.db, name)))
    if names.is_snapshot(name):
        snapshot = lookup.any_snapshot(array.db, name)
        shapes.check_visible(
            call, snapshot, errors.refuse('snapshot_missing', ctx=name),
            errors.refuse('snapshot_not_destroyed', ctx=name))
        return [snapshot]
    volume = lookup.any_volume(array.db, name)
    if volume.is_destroyed and state == 'live':
        raise errors.refuse('volume_missing', ctx=name)
    return array.db.snapshots.select('volume', (volume.id, state))


ROUTES = (
    routing.Route('GET', 'volume', list_volumes, (*_READ, parameters.NAMES)),
    routing.Route('POST', 'volume', create_snapshots, _SNAP),
    routing.Route(
        'GET', 'volume/{volume}', get_volume,
        (*_READ, routing.Parameter('pgroup', 'boolean', until='1.3'))),
    routing.Route('POST', 'volume/{volume}', create_volume, _CREATE),
    routing.Route('PUT', 'volume/{volume}', change_volume, _CHANGE),
    routing.Route('DELETE', 'volume/{volume}', delete_volume,
                  parameters.flags('eradicate')),
)
