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
"""Which LUN a volume gets on a host.

A machine removes the device of a detached volume some time after the array
disconnected it. A LUN that another volume gets in that time leads old paths
to new data, and the array, left alone, gives the lowest free LUN: just that.

So the driver chooses. A process remembers what it took from a host, and lets
that cool down. What other processes of a cluster took, Cinder's database
tells, see attachment_history. And each volume has a LUN of its own to begin
with, derived from its name, so that a freed one mostly goes back to the
volume that had it, which does no harm.
"""

import hashlib
import itertools
import threading

import cachetools

COOL_DOWN_S = 120
MEMORY_SIZE = 10000

# A prime, so that every step from every start visits all LUNs. All are below
# 256: what is above is not seen by every adapter.
SPREAD = 251


class LunMemory:
    """Which LUNs of which hosts were given, and lately taken back."""

    def __init__(self):
        # By host: LUNs by volume, and those that are not cool yet.
        self._given = cachetools.LRUCache(MEMORY_SIZE)
        self._hot = cachetools.LRUCache(MEMORY_SIZE)
        self._lock = threading.Lock()

    def given(self, connection):
        """Remember a models.Connection."""
        with self._lock:
            self._given.setdefault(connection.host, {})[
                connection.volume] = connection.lun

    def released(self, host, volume):
        """The connection is gone; its LUN, if known, cools down.

        A volume that is not known was renamed, or another process connected
        it: then nothing is known of the host.
        """
        with self._lock:
            given = self._given.get(host, {})
            if volume not in given:
                self._given.pop(host, None)
            lun = given.pop(volume, None)
            if lun is not None:
                self._hot.setdefault(host, cachetools.TTLCache(
                    MEMORY_SIZE, ttl=COOL_DOWN_S))[lun] = True

    def learn(self, host, connections):
        """Remember all connections of a host, in place of what was known."""
        with self._lock:
            self._given[host] = {connection.volume: connection.lun
                                 for connection in connections}

    def has_given(self, host):
        """Whether a host has volumes, as far as this process knows."""
        with self._lock:
            return bool(self._given.get(host))

    def forget(self, host):
        """The host is gone, and so is all that it was given."""
        with self._lock:
            self._given.pop(host, None)

    def is_cooling(self, host):
        """Whether a LUN of the host is not to be given again yet."""
        with self._lock:
            return bool(self._cooling(host))

    def choose(self, host, volume, recent=()):
        """A LUN that, as far as known, is free.

        :param recent: LUNs that are not to be given for other reasons
        :returns: number; above SPREAD only if all others are taken
        """
        with self._lock:
            taken = self._cooling(host)
            taken.update(recent)
            taken.update(self._given.get(host, {}).values())
        return next(lun for lun in candidates(volume) if lun not in taken)

    def _cooling(self, host):
        return set(self._hot.get(host, ()))


def candidates(volume):
    """LUNs in the order in which a volume of that name asks for them."""
    digest = hashlib.sha256(volume.encode()).digest()
    start = int.from_bytes(digest[:8], 'big')
    step = 1 + int.from_bytes(digest[8:16], 'big') % (SPREAD - 1)
    for number in range(SPREAD):
        yield 1 + (start + number * step) % SPREAD
    yield from itertools.count(SPREAD + 1)
