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
"""From a bare protection group to one that replicates.

Each step looks first and writes only what differs, so that all of it can be
done again at any time, and goes on where it ended. Nothing is taken away: a
target that an operator added stays.
"""

import dataclasses

from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder import polling
from pure_cinder.replication import peers

LOG = logging.getLogger(__name__)

# For a group to appear on its target.
PATIENCE_S = 30
ASYNC_CONNECTION = 'async-replication'
SYNC_CONNECTION = 'sync-replication'


def start(source, pgroup, targets, policy, patience_s=PATIENCE_S):
    """Have an array replicate a protection group of its own.

    The group is created if it is missing, and recovered if it is destroyed.
    A target that cannot be reached does not keep the others from it.

    :param source: roster.Member
    :param pgroup: name of the group there
    :param targets: fleet.Members to replicate to; each one is asked
    :param policy: replication_policy.ReplicationPolicy
    :param patience_s: how long to wait for the group on each target
    :returns: dict of target to the PureDriverException that keeps it from
        being sent to; empty if it is to all
    :raises ArrayError: the source cannot be asked, or refuses
    """
    group = ensure_pgroup(source, pgroup)
    schedule = _apply(source, group, policy)
    problems = {}
    for target in targets:
        try:
            _start_to(source, group, target, patience_s)
        except exceptions.PureDriverException as error:
            problems[target] = error
    if len(problems) < len(targets) and not schedule.is_enabled:
        source.gateway.pgroups.set_schedule(
            pgroup, dataclasses.replace(schedule, is_enabled=True))
    return problems


def stop(source, pgroup):
    """Have an array replicate a protection group no more.

    What it replicated stays, and so do targets and retention.
    """
    pgroups = source.gateway.pgroups
    if pgroups.find(pgroup) is None:
        return
    schedule = pgroups.get_schedule(pgroup)
    if schedule.is_enabled:
        pgroups.set_schedule(
            pgroup, dataclasses.replace(schedule, is_enabled=False))


def ensure_pgroup(source, pgroup):
    """:returns: models.Pgroup that is there, created or recovered"""
    return ensure(source, 'Protection group', source.gateway.pgroups, pgroup)


def ensure(member, kind, verbs, name):
    """The object of that name on an array, created unless it is there.

    One that is destroyed is recovered, with all that can still be recovered
    with it.

    :param kind: what to call it in the log
    :param verbs: array.perishables.Perishables with ``create``
    """
    found = find_or_recover(member, kind, verbs, name)
    if found is not None:
        return found
    try:
        return verbs.create(name)
    except errors.ArrayAlreadyExistsError:
        # Another process was faster.
        return verbs.get(name)


def find_or_recover(member, kind, verbs, name):
    """The object of that name, recovered if it is destroyed, or None."""
    found = verbs.find(name)
    if found is None and verbs.find_destroyed(name):
        LOG.warning('%(kind)s %(name)s on FlashArray %(array)s was '
                    'destroyed; it is recovered, as replication needs it.',
                    {'kind': kind, 'name': name,
                     'array': peers.array_name(member)})
        verbs.recover(name)
        found = verbs.get(name)
    return found


def check_connected(source, target, kind):
    """See that two arrays are connected for a kind of replication.

    :param kind: ASYNC_CONNECTION is satisfied by either kind
    :returns: what the source calls the target now
    :raises PureReplicationError: names both arrays
    """
    if source.gateway.get_array().id == target.gateway.get_array().id:
        raise exceptions.PureReplicationError(_(
            '%(source)s and %(target)s are one FlashArray, %(name)s, which '
            'cannot replicate to itself. Name another array in the '
            'replication_device.')
            % {'source': source.backend_id, 'target': target.backend_id,
               'name': peers.array_name(target)})
    found = peers.connection(source, target)
    if found and (kind == ASYNC_CONNECTION or kind in found.types):
        return found.array_name
    raise exceptions.PureReplicationError(_(
        'FlashArrays %(source)s and %(target)s have no connection of type '
        '%(kind)s. Connect them with "purearray connect --type %(kind)s" on '
        'either; the driver goes on by itself then.')
        % {'source': peers.array_name(source), 'kind': kind,
           'target': peers.array_name(target)})


def _apply(source, group, policy):
    """Give the group its interval and retention, as far as they are ours.

    :returns: models.ReplicationSchedule that the group has then
    """
    pgroups = source.gateway.pgroups
    # Targets come after both, so a group without is not set up yet.
    is_new = not group.targets
    retention = pgroups.get_retention(group.name)
    wanted = policy.over(retention, is_new)
    if wanted != retention:
        _unless_refused(source, pgroups.set_retention, group.name, wanted)
    schedule = pgroups.get_schedule(group.name)
    wanted = policy.over(schedule, is_new)
    if wanted != schedule and _unless_refused(
            source, pgroups.set_schedule, group.name, wanted):
        return wanted
    return schedule


def _unless_refused(source, set_policy, pgroup, wanted):
    """Set it; an array that does not like the values keeps its own.

    :returns: whether it was set
    """
    try:
        set_policy(pgroup, wanted)
    except errors.ArrayRefusal as error:
        LOG.warning('FlashArray %(array)s refuses %(wanted)s for protection '
                    'group %(pgroup)s, which replicates as it did: %(error)s',
                    {'array': peers.array_name(source), 'wanted': wanted,
                     'pgroup': pgroup, 'error': error})
        return False
    return True


def _start_to(source, group, target, patience_s):
    known = [known.name for known in group.targets]
    if not _has(known, peers.array_name(target)):
        name = check_connected(source, target, ASYNC_CONNECTION)
        if not _has(known, name):
            _add_target(source, group.name, name)
    replica = polling.until(
        lambda: _find_replica(source, group.name, target), patience_s)
    if replica is None:
        raise exceptions.PureReplicationError(_(
            'Protection group %(pgroup)s has not appeared on FlashArray '
            '%(target)s yet. See that %(source)s and %(target)s reach each '
            'other; the driver goes on by itself then.')
            % {'pgroup': naming.on_target(peers.array_name(source),
                                          group.name),
               'target': peers.array_name(target),
               'source': peers.array_name(source)})
    own = peers.own_target(target, replica)
    if own and not own.is_allowed:
        target.gateway.pgroups.set_allowed(replica.name)


def _has(names, name):
    return any(naming.same_name(known, name) for known in names)


def _add_target(source, pgroup, array_name):
    try:
        source.gateway.pgroups.add_target(pgroup, array_name)
    except errors.ArrayTargetKnownError:
        # Another process was faster.
        pass


def _find_replica(source, pgroup, target):
    """What the target has of a group, recovered if it is destroyed."""
    return peers.find_replica(target, source, pgroup) or find_or_recover(
        target, 'Replicated protection group', target.gateway.pgroups,
        naming.on_target(peers.array_name(source), pgroup))
