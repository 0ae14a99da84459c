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
"""Replica links: pods that follow pods of other arrays, moments behind.

Each of the two arrays has a row for a link, under one id. The side whose pod
is promoted is the source; a change there falls due a moment later, and then
the demoted pod gets all that the source holds. A promoted target keeps what
it has; the two change roles when the source is demoted.
"""

from flasharray_sim import errors
from flasharray_sim.rules import containers
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import stretch as stretches
from flasharray_sim.state import rows

# No source tells how long a change or a first copy takes.
LAG_S = 5
SHORTEST_BASELINE_S = 10


class ReplicaLinks:
    """The replica links that one array is an end of.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._core = array.core
        self._db = array.db
        self._db.watch(self._notice)

    def create(self, pod_name: str, peer_pod_name: str,
               array_name: str | None, is_paused: bool) -> rows.ReplicaLink:
        """Let a demoted pod of a connected array follow a promoted one."""
        pod = lookup.live_pod(self._db, pod_name)
        containers.check_unstretched(self._db, pod)
        if not pod.is_promoted:
            raise errors.refuse('pod_demoted', ctx=pod_name)
        peer = self._peer_with(peer_pod_name, array_name)
        target = lookup.live_pod(peer.db, peer_pod_name)
        containers.check_unstretched(peer.db, target)
        if self._find(pod, target.name, peer.id):
            raise errors.refuse('replica_link_exists', ctx=pod_name)
        if peer.db.replica_links.select('pod', target.id):
            raise errors.refuse('pod_linked', ctx=peer_pod_name)
        if target.is_promoted:
            raise errors.refuse('replica_link_target', ctx=peer_pod_name)
        link = self._db.replica_links.insert(rows.ReplicaLink(
            self._db.next_id(), pod.id, peer.id, peer.name, target.name,
            is_source=True, is_paused=is_paused))
        peer.db.replica_links.insert(rows.ReplicaLink(
            link.id, target.id, self._array.id, self._array.name, pod.name,
            is_source=False, is_paused=is_paused))
        return self._schedule(link)

    def delete(self, pod_name: str, peer_pod_name: str,
               array_name: str | None) -> rows.ReplicaLink:
        """End a link; both pods stay as they are."""
        link = self.at(pod_name, peer_pod_name, array_name)
        peer = self.peer(link)
        if peer is not None:
            peer.db.replica_links.remove(peer.db.replica_links.get(link.id))
        self._db.replica_links.remove(link)
        return link

    def pause(self, pod_name: str, peer_pod_name: str,
              array_name: str | None, is_paused: bool) -> rows.ReplicaLink:
        link = self.at(pod_name, peer_pod_name, array_name)
        if link.is_paused == is_paused:
            return link
        recovery_s = self.recovery_s(link)
        for array in self._sides(link):
            row = array.db.replica_links.get(link.id)
            row = array.db.replica_links.change(
                row, is_paused=is_paused, recovery_s=recovery_s, due_s=None)
            array.replica_links._schedule(row)
        return self._db.replica_links.get(link.id)

    def at(self, pod_name: str, peer_pod_name: str,
           array_name: str | None) -> rows.ReplicaLink:
        pod = lookup.live_pod(self._db, pod_name)
        for link in self._db.replica_links.select('pod', pod.id):
            if names.key(link.peer_pod_name) == names.key(peer_pod_name) and (
                    array_name is None
                    or names.key(array_name) == names.key(
                        self._array.pods.array_name(
                            link.peer_array_id, link.peer_array_name))):
                return link
        raise errors.refuse('replica_link_missing', ctx=pod_name)

    def peer(self, link: rows.ReplicaLink):
        """The array at the other end, None when it cannot be reached."""
        peer = self._array.array_connections.peer(link.peer_array_id)
        if peer is None or link.id not in peer.db.replica_links:
            return None
        return peer

    def status(self, link: rows.ReplicaLink) -> str:
        if link.is_paused:
            return 'paused'
        if self.peer(link) is None:
            return 'unhealthy'
        return 'baselining' if link.is_baseline else 'replicating'

    def recovery_s(self, link: rows.ReplicaLink) -> int | None:
        """The moment that the target has the content of, None: no moment."""
        peer = self.peer(link)
        source = link
        if not link.is_source and peer is not None:
            source = peer.db.replica_links.get(link.id)
        if (link.is_paused or link.is_baseline or peer is None
                or source.due_s is not None):
            return source.recovery_s
        return self._core.now_s()

    def sources(self, pod: rows.Pod) -> list[rows.ReplicaLink]:
        """The links that a pod is the source of."""
        return [link for link in self._db.replica_links.select(
            'pod', pod.id) if link.is_source]

    def flush(self, pod: rows.Pod):
        """Replicate at once what is under way, or refuse."""
        for link in self.sources(pod):
            if link.is_paused or self.peer(link) is None:
                raise errors.refuse(
                    'array_unreachable', ctx=link.peer_pod_name)
            self.transfer(link)

    def transfer(self, link: rows.ReplicaLink):
        """Bring the target up to now, when its time has come."""
        peer = self.peer(link)
        if peer is None:
            self._db.replica_links.change(link, due_s=None)
            return
        there = peer.db.replica_links.get(link.id)
        target = peer.db.pods.get(there.pod_id)
        if not target.is_promoted:
            peer.promotion.take_over(
                target, list(containers.volumes(
                    self._db, self._db.pods.get(link.pod_id), 'all')),
                self._array.contents)
        done = {'due_s': None, 'is_baseline': False,
                'recovery_s': self._core.now_s()}
        self._db.replica_links.change(link, **done)
        peer.db.replica_links.change(there, **done)

    def promotion_changed(self, pod: rows.Pod):
        """Let the promoted one of two pods be the source, if one is."""
        for link in list(self._db.replica_links.select('pod', pod.id)):
            peer = self.peer(link)
            if peer is not None:
                self._choose_source(pod, link, peer)

    def renamed(self, pod: rows.Pod):
        """Tell the other ends a pod's new name."""
        for link in self._db.replica_links.select('pod', pod.id):
            peer = self.peer(link)
            if peer is None:
                raise errors.refuse(
                    'array_unreachable', ctx=link.peer_array_name)
            peer.db.replica_links.change(
                peer.db.replica_links.get(link.id), peer_pod_name=pod.name)

    def links_changed(self):
        """Note which links are up, and go on with those that came back."""
        for link in list(self._db.replica_links.select('all', 'all')):
            connected = self._array.array_connections.peer(
                link.peer_array_id)
            if connected and link.id not in connected.db.replica_links:
                # The other side ended it in the meantime.
                self._db.replica_links.remove(link)
                continue
            if link.is_reachable == (connected is not None):
                continue
            if connected is None:
                self._db.replica_links.change(
                    link, is_reachable=False, due_s=None,
                    recovery_s=self._last_known_s(link))
                continue
            link = self._db.replica_links.change(link, is_reachable=True)
            self._choose_source(
                self._db.pods.get(link.pod_id), link, connected)

    def _choose_source(self, pod, link, peer):
        there = peer.db.replica_links.get(link.id)
        other = peer.db.pods.get(there.pod_id)
        is_source = link.is_source
        if pod.is_promoted != other.is_promoted:
            is_source = pod.is_promoted
        source_paused = link.is_paused if is_source else there.is_paused
        for array, row, sends in ((self._array, link, is_source),
                                  (peer, there, not is_source)):
            row = array.db.replica_links.change(
                row, is_source=sends, is_paused=source_paused, due_s=None)
            array.replica_links._schedule(row)

    def _schedule(self, link):
        """Let the source send what it has, if it may."""
        if (not link.is_source or link.is_paused or link.due_s is not None
                or self.peer(link) is None):
            return link
        needed_s = LAG_S
        if link.is_baseline:
            needed_s = max(SHORTEST_BASELINE_S, sum(
                self._array.contents.written_bytes(volume.content_id)
                for volume in containers.volumes(
                    self._db, self._db.pods.get(link.pod_id))
            ) // stretches.RESYNC_BYTES_PER_S)
        return self._db.replica_links.change(
            link, due_s=self._core.now_s() + needed_s,
            recovery_s=None if link.is_baseline else self._core.now_s())

    def _notice(self, table, before, after):
        """A changed volume falls due with the links of its pod."""
        if (table is not self._db.volumes
                or not len(self._db.replica_links)):
            return
        pod = containers.pod_of(self._db, (after or before).name)
        if pod is None or not pod.is_promoted:
            return
        for link in self.sources(pod):
            self._schedule(link)

    def _last_known_s(self, link):
        """What was replicated when the link went down just now."""
        other = self._array.fleet.find(link.peer_array_id)
        source = link
        if not link.is_source and other and (
                link.id in other.db.replica_links):
            source = other.db.replica_links.get(link.id)
        if link.is_paused or link.is_baseline or source.due_s is not None:
            return link.recovery_s
        return self._core.now_s()

    def _sides(self, link):
        peer = self.peer(link)
        return [self._array] if peer is None else [self._array, peer]

    def _find(self, pod, peer_pod_name, peer_id):
        return self._db.replica_links.find(
            'pair', (pod.id, peer_id, names.key(peer_pod_name)))

    def _peer_with(self, pod_name, array_name):
        if array_name is not None:
            connections = [self._array.array_connections.at(array_name)]
        else:
            connections = self._db.array_connections.select('all', 'all')
        peers = [peer for connection in connections
                 if (peer := self._array.array_connections.peer(
                     connection.array_id)) is not None]
        if not peers:
            raise errors.refuse('array_unreachable', ctx=pod_name)
        for peer in peers:
            if peer.db.pods.find('name', names.key(pod_name)):
                return peer
        raise errors.refuse('pod_missing', ctx=pod_name)
