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
"""Who is linked with whom, who replicates to whom, and how far behind."""

from collections.abc import Iterable

_SHOWN_NAMES = 4
_HEALTHY = ('up to date', 'sending', 'in sync', 'replicating', 'baselining')


def picture(arrays: Iterable) -> dict:
    """{'links', 'flows'} among arrays of one simulator.

    :param arrays: endpoint.SimulatedArray objects, at least one
    """
    models = [array.model for array in arrays]
    with models[0].transaction():
        models[0].tick()
        found = [flow for model in models for flow in (
            *_group_flows(model), *_link_flows(model))]
        return {'links': _links(models),
                'flows': _merged([*found, *_pod_flows(models)])}


def _links(models):
    found = {}
    for model in models:
        for row in model.db.array_connections.select('all', 'all'):
            pair = frozenset((model.id, row.array_id))
            link = found.setdefault(pair, {
                'ends': [model.name, _name(model, row)], 'kinds': [],
                'is_up': model.array_connections.peer(
                    row.array_id) is not None})
            if row.kind not in link['kinds']:
                link['kinds'].append(row.kind)
    return list(found.values())


def _merged(flows):
    """One row for all that has the same ends, kind and state."""
    rows = {}
    for flow in flows:
        key = tuple(flow[name] for name in (
            'how', 'source', 'target', 'state'))
        row = rows.setdefault(key, {
            **dict(zip(('how', 'source', 'target', 'state'), key)),
            'is_healthy': flow['state'] in _HEALTHY, 'count': 0,
            'names': [], 'lag_s': None})
        row['count'] += 1
        if len(row['names']) < _SHOWN_NAMES:
            row['names'].append(flow['name'])
        row['lag_s'] = max((lag_s for lag_s in (row['lag_s'], flow['lag_s'])
                            if lag_s is not None), default=None)
    return list(rows.values())


def _group_flows(model):
    """Protection groups that send snapshots to another array."""
    for pgroup in model.db.pgroups.select('kind', 'local'):
        if pgroup.is_destroyed:
            continue
        for target in model.db.targets.select('pgroup', pgroup.id):
            yield {'how': 'async', 'source': model.name,
                   'target': _name(model, target), 'name': pgroup.name,
                   'state': _group_state(model, pgroup, target),
                   'lag_s': _group_lag_s(model, pgroup, target)}


def _group_state(model, pgroup, target):
    if not target.is_allowed:
        return 'not allowed'
    if model.array_connections.peer(target.array_id) is None:
        return 'held up'
    is_sending = model.db.transfers.select(
        'queue', (pgroup.id, target.array_id))
    return 'sending' if is_sending else 'up to date'


def _group_lag_s(model, pgroup, target):
    """How old the newest snapshot is that the target has whole."""
    taken = model.db.pgroup_snapshots.select('pgroup', (pgroup.id, 'all'))
    for snapshot in reversed(taken):
        if any(transfer.target_id == target.array_id
               and transfer.completed_s is not None
               for transfer in model.replication.transfers(snapshot)):
            return model.core.now_s() - snapshot.created_s
    return None


def _link_flows(model):
    """Pods that another array's pod follows."""
    for link in model.db.replica_links.select('all', 'all'):
        if not link.is_source:
            continue
        recovery_s = model.replica_links.recovery_s(link)
        yield {'how': 'link', 'source': model.name,
               'target': _name(model, link),
               'name': model.db.pods.get(link.pod_id).name,
               'state': model.replica_links.status(link),
               'lag_s': None if recovery_s is None
               else model.core.now_s() - recovery_s}


def _pod_flows(models):
    """Pods that are on two arrays at once, as the better copy tells."""
    best = {}
    for model in models:
        for pod in model.db.pods.select('state', 'live'):
            members = model.db.pod_members.select('pod', pod.id)
            if len(members) < 2:
                continue
            own_is_good = any(member.array_id == model.id
                              and member.has_good_copy for member in members)
            if own_is_good or pod.id not in best:
                best[pod.id] = model, pod, list(members)
    for model, pod, members in best.values():
        source, target = (_name(model, member) for member in members[:2])
        yield {'how': 'sync', 'source': source, 'target': target,
               'name': pod.name, 'state': _pod_state(model, pod, members),
               'lag_s': None}


def _pod_state(model, pod, members):
    told = [f'{_name(model, member)} {member.status}'
            for member in members if member.status != 'online']
    told += [f'{_name(model, member)} without mediator'
             for member in members
             if (at := model.fleet.find(member.array_id)) is not None
             and not at.fleet.reaches_mediator(at, pod)]
    return ', '.join(told) or 'in sync'


def _name(model, row):
    """What the array of a row is called now."""
    array_id = getattr(row, 'array_id', None) or row.peer_array_id
    found = model.fleet.find(array_id)
    if found is not None:
        return found.name
    return getattr(row, 'array_name', None) or row.peer_array_name
