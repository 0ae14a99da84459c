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
"""LUNs that must not be given again yet.

A machine removes the device of a detached volume some time after the array
disconnected it. A LUN that another volume gets in that time leads old paths
to new data. The array gives the lowest free LUN, so it would do just that.
"""

import threading

import cachetools

COOL_DOWN_S = 120
MEMORY_SIZE = 10000


class LunMemory:
    """Which LUNs of which hosts were given, and lately taken back."""

    def __init__(self):
        self._given = cachetools.LRUCache(MEMORY_SIZE)
        self._released = cachetools.TTLCache(MEMORY_SIZE, ttl=COOL_DOWN_S)
        self._lock = threading.Lock()

    def given(self, connection):
        """Remember a models.Connection that was made."""
        with self._lock:
            self._given[connection.host, connection.volume] = connection.lun

    def released(self, host, volume):
        """The connection is gone; its LUN, if known, cools down."""
        with self._lock:
            lun = self._given.pop((host, volume), None)
            if lun is not None:
                self._released[host, lun] = True

    def cooling(self, host):
        """:returns: set of the LUNs that the host must not get again yet"""
        with self._lock:
            self._released.expire()
            return {lun for name, lun in self._released if name == host}


def lowest_free(taken):
    """The lowest LUN from 1 on that is not in a set."""
    lun = 1
    while lun in taken:
        lun += 1
    return lun
