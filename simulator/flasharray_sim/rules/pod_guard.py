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
"""Refusing what may not be changed in a pod now, whichever rule tries."""

import contextlib

from flasharray_sim import errors
from flasharray_sim.rules import pod_rows
from flasharray_sim.state import rows


class PodGuard:
    """Watches over the pods of one array.

    A copy that is offline can be neither changed nor connected, and the
    volumes of a demoted pod cannot be changed. What is due by the clock
    happens nevertheless, and members come and go by rules of their own.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._db = array.db
        self._is_lifted = False
        self._db.watch(self._check)

    @contextlib.contextmanager
    def lifted(self):
        """Let everything pass, for those who know what they do."""
        before, self._is_lifted = self._is_lifted, True
        try:
            yield
        finally:
            self._is_lifted = before

    def _check(self, table, before, after):
        if (self._is_lifted or not len(self._db.pods)
                or self._array.fleet.moment_s is not None
                or table is self._db.pod_members):
            return
        pod = pod_rows.pod_concerned(self._db, table.name, after or before)
        if pod is None:
            return
        member = self._array.stretch.member(pod)
        if member is not None and member.status == 'offline':
            raise errors.refuse('pod_offline', ctx=pod.name)
        if not pod.is_promoted and table is self._db.volumes and (
                _essence(before) != _essence(after)):
            raise errors.refuse('pod_demoted', ctx=pod.name)


def _essence(volume):
    """What a demoted pod keeps of a volume: not its suffix counter."""
    return volume and rows.encode(volume) | {'next_suffix': None}
