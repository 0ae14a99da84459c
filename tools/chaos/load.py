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
"""Operations through the Block Storage API, by workers of their own."""

from concurrent import futures
import contextlib
import time

from cinderclient import exceptions as client_exceptions
from keystoneauth1 import exceptions as session_exceptions

from tools.chaos import settings
from tools.chaos import tally as tallies
from tools.initiator import connector

WORKERS = 16
HOSTS = 6
SETTLE_S = 30
POLL_S = 1.5
# The API refuses while the database or the broker is away.
REFUSED_PAUSE_S = 3
GONE = 'gone'
REFUSALS = (client_exceptions.ClientException,
            session_exceptions.ClientException)


class Unsuitable(Exception):
    """The worker has nothing that this can be done to."""


class Outcome(Exception):
    """An operation did not end as it should."""

    def __init__(self, outcome, reason):
        super().__init__(reason)
        self.outcome = outcome


class Settler:
    """Waits for what the API has accepted."""

    def __init__(self, is_over, limit_s):
        """:param is_over: threading.Event; nobody waits once it is set"""
        self._is_over = is_over
        self._limit_s = limit_s

    def settle(self, get, *good):
        """Wait for one of the statuses.

        :param get: reads the object
        :returns: the object, None if it is gone
        :raises Outcome: if it comes otherwise
        """
        end_s = time.monotonic() + self._limit_s
        status = None
        while time.monotonic() < end_s and not self._is_over.wait(POLL_S):
            try:
                found = get()
            except client_exceptions.NotFound:
                if GONE in good:
                    return None
                raise Outcome(tallies.FAILED, GONE)
            except REFUSALS:
                continue
            status = found.status
            if status in good:
                return found
            if status.startswith('error'):
                raise Outcome(tallies.FAILED, status)
        raise Outcome(tallies.UNKNOWN, 'still %s' % status)


class Worker:
    """Does its steps one after the other, to what it has made itself."""

    def __init__(self, cinder, tally, is_over):
        """:param cinder: cinderclient of its own

        :param is_over: threading.Event, set when time is up
        """
        self._cinder = cinder
        self._tally = tally
        self._is_over = is_over
        self._settler = Settler(is_over, SETTLE_S)
        # Id to what has to be known of it; what is in doubt is not there.
        self._volumes = {}
        self._snapshots = {}
        self._attachments = {}
        self._groups = {}

    def run(self, steps):
        for step in steps:
            if self._is_over.is_set():
                return
            self._tally.begin()
            self._take(step)

    def _take(self, step):
        kind, reason = step.kind, ''
        try:
            try:
                KINDS[kind](self, *step.picks)
            except Unsuitable:
                kind = 'create'
                self._create(*step.picks)
            outcome = tallies.DONE
        except Outcome as exc:
            outcome, reason = exc.outcome, str(exc)
        except REFUSALS as exc:
            outcome, reason = tallies.REFUSED, str(exc)[:100]
            self._is_over.wait(REFUSED_PAUSE_S)
        self._tally.note(kind, outcome, reason)

    def _create(self, pick, _other):
        self._make(1, volume_type=_chosen(settings.TYPES, pick))

    def _clone(self, pick, _other):
        source = _chosen(self._volumes, pick)
        self._make(self._volumes[source]['size'], source_volid=source)

    def _snapshot(self, pick, _other):
        volume = _chosen(self._volumes, pick)
        made = self._cinder.volume_snapshots.create(volume, force=True)
        self._settler.settle(
            lambda: self._cinder.volume_snapshots.get(made.id), 'available')
        self._snapshots[made.id] = volume

    def _create_from_snapshot(self, pick, _other):
        snapshot = _chosen(self._snapshots, pick)
        self._make(self._volumes[self._snapshots[snapshot]]['size'] + 1,
                   snapshot_id=snapshot)

    def _delete_snapshot(self, pick, _other):
        snapshot = _chosen(self._snapshots, pick)
        del self._snapshots[snapshot]
        self._remove(self._cinder.volume_snapshots, snapshot)

    def _attach(self, pick, other):
        volume = _chosen(self._free(), pick)
        with self._in_doubt(volume):
            made = self._cinder.attachments.create(
                volume, connector_of(int(other * HOSTS)))
            self._cinder.attachments.complete(made['id'])
            self._attachments[made['id']] = volume

    def _detach(self, pick, _other):
        attachment = _chosen(self._attachments, pick)
        with self._in_doubt(self._attachments[attachment]):
            del self._attachments[attachment]
            self._cinder.attachments.delete(attachment)

    def _extend(self, pick, _other):
        volume = _chosen(self._free(), pick)
        with self._in_doubt(volume) as known:
            size = known['size'] + 1
            self._cinder.volumes.extend(volume, size)
            found = self._settle_volume(volume)
            if found.size != size:
                raise Outcome(tallies.FAILED, 'not extended')
            known['size'] = size

    def _retype(self, pick, _other):
        volume = _chosen(self._free(), pick)
        with self._in_doubt(volume):
            found = self._cinder.volumes.get(volume)
            wanted = other_type(found.volume_type)
            self._cinder.volumes.retype(volume, wanted, 'never')
            if self._settle_volume(volume).volume_type != wanted:
                raise Outcome(tallies.FAILED, 'not retyped')

    def _delete(self, pick, _other):
        volume = _chosen(self._free(), pick)
        with self._in_doubt(volume):
            self._cinder.volumes.delete(volume, cascade=True)
            self._settler.settle(
                lambda: self._cinder.volumes.get(volume), GONE)
            raise _Deleted()

    def _create_group(self, pick, _other):
        kind = _chosen(settings.GROUPED_TYPES, pick)
        made = create_group(self._cinder, kind)
        self._settle_group(made.id)
        self._groups[made.id] = {'type': kind, 'snapshots': []}

    def _join_group(self, pick, _other):
        group = _chosen(self._groups, pick)
        with self._group_in_doubt(group) as known:
            made = self._make(1, volume_type=known['type'])
            with self._in_doubt(made) as volume:
                self._cinder.groups.update(group, add_volumes=made)
                self._settle_group(group)
                volume['group'] = group

    def _snapshot_group(self, pick, _other):
        group = _chosen({self._volumes[volume]['group']: volume
                         for volume in self._volumes
                         if 'group' in self._volumes[volume]}, pick)
        with self._group_in_doubt(group) as known:
            made = self._cinder.group_snapshots.create(group)
            self._settler.settle(
                lambda: self._cinder.group_snapshots.get(made.id),
                'available')
            known['snapshots'].append(made.id)

    def _delete_group(self, pick, _other):
        group = _chosen(self._groups, pick)
        with self._group_in_doubt(group) as known:
            members = [volume for volume in self._volumes
                       if self._volumes[volume].get('group') == group]
            for snapshot in known['snapshots']:
                self._remove(self._cinder.group_snapshots, snapshot)
            for snapshot in [name for name, volume in self._snapshots.items()
                             if volume in members]:
                self._snapshots.pop(snapshot)
                self._remove(self._cinder.volume_snapshots, snapshot)
            for volume in members:
                del self._volumes[volume]
            self._cinder.groups.delete(group, delete_volumes=True)
            self._settler.settle(
                lambda: self._cinder.groups.get(group), GONE)
            raise _Deleted()

    def _remove(self, manager, name):
        manager.delete(name)
        self._settler.settle(lambda: manager.get(name), GONE)

    def _make(self, size, **source):
        made = self._cinder.volumes.create(size, **source).id
        self._settle_volume(made)
        self._volumes[made] = {'size': size}
        return made

    def _settle_volume(self, volume):
        return self._settler.settle(
            lambda: self._cinder.volumes.get(volume), 'available')

    def _settle_group(self, group):
        return self._settler.settle(
            lambda: self._cinder.groups.get(group), 'available')

    def _free(self):
        """Volumes that are neither attached nor in a group."""
        attached = set(self._attachments.values())
        return [volume for volume, known in self._volumes.items()
                if volume not in attached and 'group' not in known]

    @contextlib.contextmanager
    def _in_doubt(self, volume):
        """The volume is known again only if all goes well."""
        known = self._volumes.pop(volume)
        snapshots = {name: self._snapshots.pop(name)
                     for name in list(self._snapshots)
                     if self._snapshots[name] == volume}
        with contextlib.suppress(_Deleted):
            yield known
            self._volumes[volume] = known
            self._snapshots.update(snapshots)

    @contextlib.contextmanager
    def _group_in_doubt(self, group):
        known = self._groups.pop(group)
        with contextlib.suppress(_Deleted):
            yield known
            self._groups[group] = known


class _Deleted(Exception):
    """What was in doubt is gone, as it should."""


KINDS = {
    'create': Worker._create, 'clone': Worker._clone,
    'snapshot': Worker._snapshot,
    'create from snapshot': Worker._create_from_snapshot,
    'delete snapshot': Worker._delete_snapshot, 'attach': Worker._attach,
    'detach': Worker._detach, 'extend': Worker._extend,
    'retype': Worker._retype, 'delete': Worker._delete,
    'create group': Worker._create_group, 'join group': Worker._join_group,
    'snapshot group': Worker._snapshot_group,
    'delete group': Worker._delete_group}


def apply(schedule, stack, tally, is_over):
    """Have all workers do their steps, and wait until that is done."""
    with futures.ThreadPoolExecutor(len(schedule.steps)) as pool:
        for done in [pool.submit(Worker(
                stack.cinder(), tally, is_over).run, steps)
                for steps in schedule.steps]:
            done.result()


def connector_of(number):
    """What a host tells Cinder."""
    return connector.properties_of(
        connector.initiator_of('chaos-%d' % number), is_multipath=True)


def other_type(name):
    """The type of the same backend that is, or is not, replicated."""
    backend, _dash, plain = name.partition('-')
    return backend if plain else backend + '-plain'


def create_group(cinder, volume_type):
    """A consistent group of volumes of a type.

    :returns: what the client tells of it
    """
    return cinder.groups.create(
        _id_of(cinder.group_types, settings.GROUP_TYPE),
        _id_of(cinder.volume_types, volume_type))


def _id_of(manager, name):
    return next(kind.id for kind in manager.list() if kind.name == name)


def _chosen(found, pick):
    """:raises Unsuitable: there is none"""
    names = list(found)
    if not names:
        raise Unsuitable()
    return names[int(pick * len(names))]
