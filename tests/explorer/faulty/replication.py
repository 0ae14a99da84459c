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
"""Failovers and failbacks: as they were before they were mended."""

import contextlib

from pure_cinder.replication import replicating_back


@contextlib.contextmanager
def replicated_while_written(self, source, home, pgroup, names):
    """Machines lose the volumes after all has been replicated back."""
    if not names:
        yield None
        return
    self._start(source, home, pgroup, names)
    yield self._replicate(source, home, pgroup)
    self._disconnect(source, replicating_back._connected(source, names))


def no_look_at_connections(source, names):
    """Nobody looks whether machines have what has come home."""


def reserve_nothing(self, member):
    """Copies on an array that is to serve again are still copies."""


def never_home(self, volume):
    """No snapshot that is deleted lets a copy go."""
    return False


def look_once(self, copy):
    """What cannot go at the first look stays."""
    self._copies.discard(copy)
    if not self._is_needed(copy):
        self._destroy(copy)


def was_not_given_up(source, name):
    """What is not there by its name was deleted elsewhere."""
    return False


def was_never_broken(row):
    """What an earlier failover put in error stays so."""
    return False


def delete_nothing(self, source, home, home_pgroups):
    """What was deleted while it was elsewhere stays at home."""


def remember_nothing(volumes, relocation):
    """Rows tell that they are at home when Cinder writes them."""


def send_nothing(self, home, pgroups):
    """What came home goes out with the next interval."""


def limit_nothing(self, member, name, qos):
    """What a failover makes has no limits."""


def no_notes(self, member, pgroup='*'):
    """What a failback leaves is of no use to a failover."""
    return []
