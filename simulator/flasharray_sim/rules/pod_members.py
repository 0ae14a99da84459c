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
"""On which arrays a pod is, and which of them serve it; see `stretch`."""

from flasharray_sim import errors
from flasharray_sim.rules import array_connections
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import stretch as stretches
from flasharray_sim.state import rows

MOST_ARRAYS = 2
# Since when a second array more is told as a limit (Cinder, 2023).
_LIMIT_TEXT_SINCE = (6, 4)


class PodMembers:
    """What one array knows of the members of its pods.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._core = array.core
        self._db = array.db

    def add(self, pod_name: str, array_name: str) -> rows.Pod:
        """Stretch a pod to another array, which then resyncs."""
        pod = lookup.live_pod(self._db, pod_name)
        self._check_room(pod, array_name)
        peer = self._sync_peer(array_name)
        peer.pods.check_free(pod.name)
        peer.core.check_limit('pods', 'Pod', peer.db.pods, pod.name)
        with self._array.stretch.paused():
            member = self._db.pod_members.insert(rows.PodMember(
                self._db.next_id(), pod.id, peer.id, peer.name))
            sent_bytes = self._array.stretch.send_copy(pod, peer)
        if sent_bytes:
            self._resync(member, sent_bytes)
        self._array.arbitration.pre_elect(pod)
        return pod

    def remove(self, pod_name: str, array_name: str,
               with_unknown: bool = False) -> rows.Pod:
        """Take an array out of a pod; its copy and connections go.

        :param with_unknown: also when the array cannot be reached; it
            drops its copy when it can
        """
        pod = lookup.live_pod(self._db, pod_name)
        leaving = self._at(pod, array_name)
        others = [member for member in self._db.pod_members.select(
            'pod', pod.id) if member.id != leaving.id]
        if not others:
            raise errors.refuse('pod_array_last', ctx=array_name)
        if not any(member.status == 'online' for member in others):
            raise errors.refuse('pod_offline', ctx=pod.name)
        for member in (leaving, *others):
            array = self._reach(member)
            if array is None and not (member is leaving and with_unknown):
                raise errors.refuse('array_unreachable', ctx=array_name)
            if array is not None and member is not leaving:
                array.pod_members.forget(leaving)
        array = self._reach(leaving)
        if array is not None:
            array.stretch.drop_copy(pod.id)
        return pod

    def forget(self, member: rows.PodMember):
        """Note that another array is not a member any more."""
        with self._array.stretch.paused():
            self._db.pod_members.remove(
                self._db.pod_members.get(member.id))

    def finish(self, member: rows.PodMember):
        """End resyncing, when its time has come."""
        self._db.pod_members.change(
            member, status='online', frozen_s=None, resync_s=None,
            due_s=None)
        self._array.arbitration.pre_elect(self._db.pods.get(member.pod_id))

    def links_changed(self):
        """Decide anew who serves each stretched pod, and resync copies."""
        for pod in list(self._db.pods.select('state', 'all')):
            for member in self._array.stretch.others(pod):
                if pod.id in self._db.pods:
                    self._review(pod, member)

    def _review(self, pod, member):
        peer = self._array.stretch.linked(member)
        if peer is None:
            self._settle_alone(pod, member)
            return
        # One of them was taken out of the pod while it was unreachable.
        if pod.id not in peer.db.pods:
            self.forget(member)
            self._thaw(self._array.stretch.member(pod))
            return
        if not peer.db.pod_members.find('pair', (pod.id, self._array.id)):
            self._array.stretch.drop_copy(pod.id)
            return
        self._resume(pod, peer)
        own = self._array.stretch.member(pod)
        there = peer.stretch.member(pod)
        if own.status == 'online' and there.status == 'offline':
            self._take_back(pod, peer, there)
        elif there.status == 'online' and own.status == 'offline':
            peer.pod_members._take_back(
                peer.db.pods.get(pod.id), self._array, own)
        else:
            self._repair(pod, peer)
        self._array.arbitration.pre_elect(self._db.pods.get(pod.id))

    def _resume(self, pod, peer):
        """Go on with the copies that waited, as nobody went on alone."""
        members = [(array, array.stretch.member(pod))
                   for array in (self._array, peer)]
        if any(member.status == 'online' for _array, member in members):
            return
        for array, member in members:
            if member.is_waiting:
                array.pod_members._thaw(member)

    def _settle_alone(self, pod, member):
        """Note who goes on, in this array's own tables."""
        own = self._array.stretch.member(pod)
        if own.status == 'online' and member.status == 'offline':
            return
        winner_id = self._array.arbitration.winner(pod)
        if winner_id == self._array.id:
            self._freeze(member)
            self._thaw(own)
        else:
            self._freeze(own, is_waiting=(
                winner_id is None and own.has_good_copy))

    def _freeze(self, member, is_waiting=False):
        with self._array.stretch.paused():
            self._db.pod_members.change(
                member, status='offline', resync_s=None, due_s=None,
                frozen_s=member.frozen_s or self._core.now_s(),
                is_waiting=is_waiting)

    def _thaw(self, member):
        with self._array.stretch.paused():
            self._db.pod_members.change(
                member, status='online', frozen_s=None, is_waiting=False)

    def _take_back(self, pod, peer, stale):
        """Make the old copy of a peer equal, and let it resync."""
        with self._array.stretch.paused():
            member = self._db.pod_members.find('pair', (pod.id, peer.id))
            self._db.pod_members.change(
                member, frozen_s=stale.frozen_s or member.frozen_s)
            sent_bytes = self._array.stretch.send_copy(
                self._db.pods.get(pod.id), peer)
            self._resync(
                self._db.pod_members.get(member.id), sent_bytes, peer)

    def _repair(self, pod, peer):
        """End what a kill between two files left half done."""
        if self._array.stretch.member(pod).status == 'online':
            self._array.stretch.send_copy(pod, peer)

    def _resync(self, member, sent_bytes, peer=None):
        now_s = self._core.now_s()
        needed_s = max(stretches.SHORTEST_RESYNC_S,
                       sent_bytes // stretches.RESYNC_BYTES_PER_S)
        changes = {'status': 'resyncing', 'resync_s': now_s,
                   'due_s': now_s + needed_s, 'is_waiting': False}
        self._db.pod_members.change(member, **changes)
        if peer is not None:
            with peer.stretch.paused():
                peer.db.pod_members.change(
                    peer.db.pod_members.get(member.id), **changes)

    def _check_room(self, pod, array_name):
        self_and_others = self._db.pod_members.select('pod', pod.id)
        is_member = any(
            names.key(array_name) == names.key(self._array.pods.array_name(
                member.array_id, member.array_name))
            for member in self_and_others)
        if is_member and self._core.config.release < _LIMIT_TEXT_SINCE:
            raise errors.refuse('pod_array_exists', ctx=array_name)
        if is_member or len(self_and_others) >= MOST_ARRAYS:
            raise errors.refuse(
                'limit_reached', ctx=array_name, noun='Pod array')
        if self._db.replica_links.select('pod', pod.id):
            raise errors.refuse('pod_linked', ctx=pod.name)
        if not pod.is_promoted:
            raise errors.refuse('pod_demoted', ctx=pod.name)

    def _sync_peer(self, array_name):
        connection = self._array.array_connections.at(array_name)
        if connection.kind != array_connections.SYNC:
            raise errors.refuse('array_not_linked', ctx=array_name)
        peer = self._array.array_connections.peer(connection.array_id)
        if peer is None:
            raise errors.refuse('array_unreachable', ctx=array_name)
        return peer

    def _at(self, pod, array_name):
        for member in self._db.pod_members.select('pod', pod.id):
            if names.key(array_name) == names.key(
                    self._array.pods.array_name(
                        member.array_id, member.array_name)):
                return member
        raise errors.refuse('pod_array_missing', ctx=array_name)

    def _reach(self, member):
        if member.array_id == self._array.id:
            return self._array
        return self._array.stretch.linked(member)
