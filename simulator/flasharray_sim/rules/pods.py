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
"""Pods: names, copies, settings, and their way to eradication."""

from flasharray_sim import errors
from flasharray_sim.rules import containers
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.state import rows

UNDO_SUFFIX = '.undo-demote'


class Pods:
    """The pods of one array.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._core = array.core
        self._db = array.db

    def create(self, name: str, preference: list[str] | None = None,
               source_name: str | None = None) -> rows.Pod:
        """Make a pod on this array alone.

        :param preference: names of arrays for `failover_preference`
        :param source_name: pod whose volumes it gets copies of; groups and
            snapshots are not copied (inferred)
        """
        names.check('Pod', name)
        self.check_free(name)
        self._core.check_limit('pods', 'Pod', self._db.pods, name)
        source = source_name and self._cloneable(source_name)
        pod = self._db.pods.insert(rows.Pod(
            self._db.next_id(), name,
            source_name=source.name if source else None,
            failover_preference=self._array_ids(preference)))
        self.join(pod)
        if source:
            state = 'all' if source.is_destroyed else 'live'
            for volume in list(containers.volumes(self._db, source, state)):
                self._array.volumes.clone(
                    volume, _neighbour(volume, pod), volume.content_id)
        return pod

    def join(self, pod: rows.Pod):
        """Make this array the first member of a new pod."""
        self._db.pod_members.insert(rows.PodMember(
            self._db.next_id(), pod.id, self._array.id, self._array.name))

    def set_preference(self, name: str,
                       preference: list[str] | None) -> rows.Pod:
        """Say which arrays are to go on alone; none leaves it open."""
        pod = self._db.pods.change(
            lookup.live_pod(self._db, name),
            failover_preference=self._array_ids(preference))
        self._array.arbitration.pre_elect(pod)
        return pod

    def set_mediator(self, name: str, mediator: str) -> rows.Pod:
        return self._db.pods.change(
            lookup.live_pod(self._db, name), mediator=mediator)

    def rename(self, name: str, new_name: str) -> rows.Pod:
        """Rename a pod and all in it, on all its arrays at once."""
        pod = lookup.live_pod(self._db, name)
        names.check('Pod', new_name)
        if names.key(new_name) != names.key(pod.name):
            self.check_free(new_name)
        peers = self._array.stretch.reachable(pod)
        if len(peers) < len(self._array.stretch.others(pod)):
            raise errors.refuse('pod_offline', ctx=pod.name)
        for peer in peers:
            if names.key(new_name) != names.key(pod.name):
                peer.pods.check_free(new_name)
        with self._array.pod_guard.lifted():
            pod = containers.rename(self._db, pod, new_name)
            self._array.replica_links.renamed(pod)
        return pod

    def destroy(self, name: str) -> rows.Pod:
        """Start the 24 hours; refused while anything live depends on it."""
        pod = lookup.live_pod(self._db, name)
        if self._array.stretch.others(pod):
            raise errors.refuse('pod_stretched', ctx=pod.name)
        if self._db.replica_links.select('pod', pod.id):
            raise errors.refuse('pod_linked', ctx=pod.name)
        if containers.volumes(self._db, pod) or containers.pgroups(
                self._db, pod):
            raise errors.refuse('pod_not_empty', ctx=pod.name)
        return self._db.pods.change(
            pod, due_s=self._core.eradication_due_s())

    def recover(self, name: str) -> rows.Pod:
        """Undo pods are only for promoting and cloning (inferred)."""
        pod = self._destroyed(name)
        if is_undo(pod):
            raise errors.refuse('parameters_invalid', ctx=name)
        return self._db.pods.change(pod, due_s=None)

    def eradicate(self, name: str) -> rows.Pod:
        """Refused while anything destroyed is in it, but for undo pods."""
        pod = self._destroyed(name)
        if self._core.config.is_eradication_disabled:
            raise errors.refuse('eradication_disabled', ctx=name)
        if not is_undo(pod) and (
                containers.volumes(self._db, pod, 'all')
                or containers.pgroups(self._db, pod, 'all')):
            raise errors.refuse('pod_not_eradicable', ctx=name)
        self.remove(pod)
        return pod

    def remove(self, pod: rows.Pod):
        """Make a destroyed pod cease, with the destroyed things in it."""
        with self._array.pod_guard.lifted():
            for pgroup in list(containers.pgroups(self._db, pod, 'all')):
                self._array.pgroups.remove(pgroup)
            for volume in list(containers.volumes(self._db, pod, 'all')):
                self._array.volumes.remove(volume)
            for member in list(self._db.pod_members.select('pod', pod.id)):
                self._db.pod_members.remove(member)
            self._db.pods.remove(pod)

    def check_free(self, name: str):
        if self._db.pods.find('name', names.key(name)):
            lookup.live_pod(self._db, name)
            raise errors.refuse('pod_exists', ctx=name)

    def array_name(self, array_id: str, known_name: str) -> str:
        """An array's present name, or the one it had when last seen."""
        found = self._array.fleet.find(array_id)
        return found.name if found else known_name

    def _array_ids(self, array_names):
        ids = {names.key(array.name): array.id
               for array in self._array.fleet}
        for name in array_names or ():
            if names.key(name) not in ids:
                raise errors.refuse('array_connection_missing', ctx=name)
        return tuple(ids[names.key(name)] for name in array_names or ())

    def _cloneable(self, name):
        pod = lookup.any_pod(self._db, name)
        return pod if is_undo(pod) else lookup.live_pod(self._db, name)

    def _destroyed(self, name):
        pod = lookup.any_pod(self._db, name)
        if not pod.is_destroyed:
            raise errors.refuse('pod_not_destroyed', ctx=name)
        return pod


def is_undo(pod: rows.Pod) -> bool:
    """No other pod can have a dot in its name."""
    return pod.name.endswith(UNDO_SUFFIX)


def _neighbour(volume, pod):
    return containers.prefix(pod) + names.split_volume(volume.name).leaf
