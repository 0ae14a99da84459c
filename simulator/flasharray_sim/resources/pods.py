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
"""Pods: `pod`, `pod/P` and `pod/P/array/A` (2.7)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.resources import views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import containers
from flasharray_sim.rules import lookup
from flasharray_sim.wire import routing

_SINCE = '1.13'
_PURE_MEDIATOR = 'purestorage'
_MEDIATOR_VERSION = '1.0'
# By whether it can be reached (recalled from REST 2).
_MEDIATOR_STATUS = {True: 'online', False: 'unreachable'}
# Status of what cannot be asked (inferred).
_UNKNOWN = 'unknown'


def list_pods(array: arrays.Array, call: routing.Call):
    """GET pod."""
    return _PODS.collection(array, call, listing.chosen(
        call, array.db.pods.select('state', shapes.wanted_state(call)),
        lambda name: _pod_at(array, call, name)))


def get_pod(array: arrays.Array, call: routing.Call):
    """GET pod/P."""
    return _PODS.single(array, call, _pod_at(array, call, call.names['pod']))


def create_pod(array: arrays.Array, call: routing.Call):
    """POST pod/P: a new one, or with `source` a clone."""
    pod = array.pods.create(
        call.names['pod'],
        call.get('failover_list') or call.get('failover_preference'),
        call.get('source'))
    return _plain(array, call, pod)


def change_pod(array: arrays.Array, call: routing.Call):
    """PUT pod/P: one change at a time."""
    name = call.names['pod']
    changes = [change for parameter, change in _CHANGES.items()
               if parameter in call.params]
    if not changes:
        raise errors.refuse('no_attribute', ctx=name)
    if len(changes) > 1 or (
            changes[0] is not _promote and len(call.params) > 1):
        raise errors.refuse('parameters_invalid', ctx=name)
    return changes[0](array, call, name)


def delete_pod(array: arrays.Array, call: routing.Call):
    """DELETE pod/P: destroy, or eradicate what is destroyed."""
    change = (array.pods.eradicate if call.flag('eradicate')
              else array.pods.destroy)
    return {'name': change(call.names['pod']).name}


def add_array(array: arrays.Array, call: routing.Call):
    """POST pod/P/array/A: stretch it."""
    return _plain(array, call, array.pod_members.add(
        call.names['pod'], call.names['array']))


def remove_array(array: arrays.Array, call: routing.Call):
    """DELETE pod/P/array/A; no arrays are left where this one left."""
    return _plain(array, call, array.pod_members.remove(
        call.names['pod'], call.names['array'], call.flag('with_unknown')))


def _rename(array, call, name):
    if not call.get('name'):
        raise errors.refuse('parameters_invalid', ctx=name)
    return {'name': array.pods.rename(name, call.get('name')).name}


def _act(array, call, name):
    if call.get('action') != 'recover':
        raise errors.refuse('parameters_invalid', ctx=name)
    return {'name': array.pods.recover(name).name}


def _set_mediator(array, call, name):
    pod = array.pods.set_mediator(
        name, call.get('mediator') or _PURE_MEDIATOR)
    return {'name': pod.name, 'source': pod.source_name,
            'mediator': pod.mediator, 'mediator_version': _MEDIATOR_VERSION}


def _set_preference(array, call, name):
    pod = array.pods.set_preference(name, call.get('failover_preference'))
    return {'name': pod.name, 'source': pod.source_name,
            'failover_preference': _preference(array, pod)}


def _promote(array, call, name):
    allowed = {'promoted': {'promote_from'},
               'demoted': {'quiesce', 'skip_quiesce'}}
    wanted = call.get('requested_promotion_state')
    if wanted not in allowed:
        raise errors.refuse('parameter_value', ctx=name,
                            parameter='requested_promotion_state')
    if set(call.params) - allowed[wanted] != {'requested_promotion_state'}:
        raise errors.refuse('parameters_invalid', ctx=name)
    if wanted == 'promoted':
        pod = array.promotion.promote(name, call.get('promote_from'))
    else:
        pod = array.promotion.demote(
            name, call.flag('quiesce'), call.flag('skip_quiesce'))
    return _plain(array, call, pod)


_CHANGES = {
    'name': _rename, 'action': _act, 'mediator': _set_mediator,
    'failover_preference': _set_preference,
    'requested_promotion_state': _promote}


def _pod_at(array, call, name):
    pod = lookup.any_pod(array.db, name)
    shapes.check_visible(
        call, pod, errors.refuse('pod_missing', ctx=name),
        errors.refuse('pod_not_destroyed', ctx=name))
    return pod


def _plain(array, call, pod):
    body = {'name': pod.name, 'source': pod.source_name, 'arrays': [
        _member(array, pod, member)
        for member in array.db.pod_members.select('pod', pod.id)]}
    if call.rest_version >= (1, 19):
        links = array.db.replica_links.select('pod', pod.id)
        sources = sum(link.is_source for link in links)
        state = 'promoted' if pod.is_promoted else 'demoted'
        body.update(
            link_source_count=sources,
            link_target_count=len(links) - sources, promotion_status=state,
            requested_promotion_state=state)
    if call.flag('mediator'):
        body.update(mediator=pod.mediator,
                    mediator_version=_MEDIATOR_VERSION)
    if call.flag('failover_preference'):
        body['failover_preference'] = _preference(array, pod)
    return body


def _member(array, pod, member):
    at = array if member.array_id == array.id else (
        array.stretch.linked(member))
    status = member.status
    if status != 'offline' and at is None:
        status = _UNKNOWN
    return {'name': array.pods.array_name(
                member.array_id, member.array_name),
            'array_id': member.array_id, 'status': status,
            'mediator_status': _UNKNOWN if at is None else (
                _MEDIATOR_STATUS[at.fleet.reaches_mediator(at, pod)]),
            'frozen_at': member.frozen_s and shapes.iso(member.frozen_s),
            'progress': _progress(array, member)}


def _progress(array, member):
    if member.due_s is None:
        return None
    return ((array.core.now_s() - member.resync_s)
            / (member.due_s - member.resync_s))


def _preference(array, pod):
    return [array.pods.array_name(array_id, array_id)
            for array_id in pod.failover_preference]


def _space(array, call, pod):
    return shapes.connected_space(
        array, pod.name, list(containers.volumes(array.db, pod, 'all')))


_PODS = views.Views(
    one={views.PLAIN: _plain, 'space': _space}, is_monitor_list=True,
    finish=shapes.add_time_remaining)
_READ = (*parameters.PENDING,
         *parameters.flags('space', 'mediator', 'failover_preference'),
         *parameters.MONITOR, *parameters.PAGING)

ROUTES = (
    routing.Route('GET', 'pod', list_pods, (*_READ, parameters.NAMES),
                  since=_SINCE),
    routing.Route('GET', 'pod/{pod}', get_pod, _READ, since=_SINCE),
    routing.Route('POST', 'pod/{pod}', create_pod,
                  (*parameters.lists('failover_list', 'failover_preference'),
                   *parameters.texts('source')), since=_SINCE),
    routing.Route(
        'PUT', 'pod/{pod}', change_pod,
        (*parameters.texts('name', 'action', 'mediator'),
         *parameters.lists('failover_preference'),
         *(routing.Parameter(name, 'string', since='1.19')
           for name in ('requested_promotion_state', 'promote_from')),
         *(routing.Parameter(name, 'boolean', since='1.19')
           for name in ('quiesce', 'skip_quiesce'))), since=_SINCE),
    routing.Route('DELETE', 'pod/{pod}', delete_pod,
                  parameters.flags('eradicate'), since=_SINCE),
    routing.Route('POST', 'pod/{pod}/array/{array}', add_array,
                  since=_SINCE),
    routing.Route('DELETE', 'pod/{pod}/array/{array}', remove_array,
                  parameters.flags('with_unknown'), since=_SINCE),
)
