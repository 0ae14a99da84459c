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
"""Promotion and demotion of pods, and the undo pods that demoting leaves."""

from collections.abc import Iterable

from flasharray_sim import errors
from flasharray_sim.rules import containers
from flasharray_sim.rules import contents as content_rules
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import pods as pod_rules
from flasharray_sim.state import rows


class Promotion:
    """Which pods of one array may be written to.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._core = array.core
        self._db = array.db

    def promote(self, name: str, undo_name: str | None) -> rows.Pod:
        """Make a pod writable, with what it holds or what its undo pod does.

        The undo pod is eradicated with this.
        """
        pod = lookup.live_pod(self._db, name)
        undo = self._undo_pod(pod)
        if undo_name and (undo is None or names.key(undo_name) != names.key(
                undo.name)):
            raise errors.refuse('undo_pod_missing', ctx=undo_name)
        if pod.is_promoted:
            return pod
        if undo_name:
            self.take_over(
                pod, containers.volumes(self._db, undo, 'all'),
                self._array.contents, is_live=True)
        if undo is not None:
            self._array.pods.remove(undo)
        pod = self._db.pods.change(pod, is_promoted=True)
        self._array.replica_links.promotion_changed(pod)
        return pod

    def demote(self, name: str, is_quiesced: bool,
               is_unquiesced: bool) -> rows.Pod:
        """Make a pod read-only, and remember it as it is for 24 hours.

        :param is_quiesced: replicate first what is not replicated yet
        :param is_unquiesced: do not; a source of replication needs one of
            the two
        """
        pod = lookup.live_pod(self._db, name)
        if is_quiesced and is_unquiesced:
            raise errors.refuse('parameters_invalid', ctx=name)
        if self._array.stretch.others(pod):
            raise errors.refuse('pod_stretched', ctx=name)
        if not pod.is_promoted:
            return pod
        if is_quiesced:
            self._array.replica_links.flush(pod)
        elif not is_unquiesced and self._array.replica_links.sources(pod):
            raise errors.refuse('demotion_unclear', ctx=name)
        self._leave_undo(pod)
        pod = self._db.pods.change(pod, is_promoted=False)
        self._array.replica_links.promotion_changed(pod)
        return pod

    def take_over(self, pod: rows.Pod, volumes: Iterable[rows.Volume],
                  contents: content_rules.Contents, is_live: bool = False):
        """Give a pod the volumes of another, by their names in the pods.

        Those that both have keep their serials and connections; one that is
        destroyed in the other pod is destroyed here, too, with its snapshots.

        :param contents: those of the array that the volumes are of
        :param is_live: all become live, also where the source's are not
        """
        wanted = {_leaf(volume): volume for volume in volumes}
        with self._array.pod_guard.lifted():
            present = {_leaf(volume): volume for volume in
                       containers.volumes(self._db, pod, 'all')}
            for leaf, volume in present.items():
                if leaf not in wanted:
                    self._remove(volume)
            for leaf, source in wanted.items():
                self._equal(pod, present.get(leaf), source, self._array.
                            contents.adopt(contents, source.content_id),
                            None if is_live else source.due_s)

    def _equal(self, pod, volume, source, content_id, due_s):
        if volume is None:
            name = names.split_volume(source.name).leaf
            self._array.volumes.clone(
                source, containers.prefix(pod) + name, content_id, due_s)
            return
        self._db.volumes.change(
            volume, size_bytes=source.size_bytes, content_id=content_id,
            bandwidth_limit=source.bandwidth_limit,
            iops_limit=source.iops_limit, due_s=due_s)
        self._array.contents.settle(volume.content_id, content_id)
        if due_s is None:
            self._array.snapshots.recover_with(volume)
        elif not volume.is_destroyed:
            self._disconnect(volume)
            self._array.snapshots.destroy_with(volume, due_s)

    def _remove(self, volume):
        self._disconnect(volume)
        self._array.volumes.remove(volume)

    def _disconnect(self, volume):
        for connection in list(self._db.connections.select(
                'volume', volume.id)):
            self._db.connections.remove(connection)

    def _leave_undo(self, pod):
        found = self._undo_pod(pod)
        if found is not None:
            self._array.pods.remove(found)
        due_s = self._core.eradication_due_s()
        undo = self._db.pods.insert(rows.Pod(
            self._db.next_id(), pod.name + pod_rules.UNDO_SUFFIX,
            due_s=due_s, source_name=pod.name))
        self._array.pods.join(undo)
        for volume in list(containers.volumes(self._db, pod)):
            leaf = names.split_volume(volume.name).leaf
            self._array.volumes.clone(
                volume, containers.prefix(undo) + leaf, volume.content_id,
                due_s)

    def _undo_pod(self, pod):
        return self._db.pods.find('name', names.key(
            pod.name + pod_rules.UNDO_SUFFIX))


def _leaf(volume):
    return names.key(names.split_volume(volume.name).leaf)
