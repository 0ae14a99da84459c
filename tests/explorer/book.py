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
"""What the owners of bytes were told: what each volume must hold.

A content is ``{(offset, length): identity}``, as scenarios.fleet tells it.
"""

import dataclasses


@dataclasses.dataclass
class Account:
    """What one volume or snapshot holds, as far as anyone was told.

    :ivar id: of its row, or None while it is not Cinder's
    :ivar admissible: contents that it may have now; more than one only after
        something overwrote it that did not end
    :ivar history: contents since the last complete replication, the oldest
        first; what a failover to an asynchronous target may return to
    :ivar is_replicated: whether all arrays had all of it at one time
    :ivar left_at: {site: number of the oldest of ``history`` that it may
        return to there, since what it holds came home from there}
    """

    label: str
    id: str | None
    admissible: list
    history: list
    sent_at: int = 0
    is_replicated: bool = False
    left_at: dict = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, label, row_id, content):
        return cls(label, row_id, [content], [content])

    def wrote(self, content):
        self.admissible = [content]
        self.history.append(content)

    def may_hold(self, contents):
        """An operation that would have changed it failed."""
        self.admissible += [content for content in contents
                            if content not in self.admissible]
        self.history += self.admissible

    def replicated(self):
        self._begin(list(self.admissible))
        self.is_replicated = True

    def sent(self):
        """What it holds is on its way."""
        self.sent_at = len(self.history)
        self.history += self.admissible

    def came_home(self, site):
        """An array has what it holds, which nothing newer replaced there."""
        self.left_at[site] = len(self.history)

    def forget_copies(self):
        """It may be that it is replicated no more."""
        self.is_replicated = False
        self.left_at.clear()

    def arrived(self):
        """What was sent, if anything was, and maybe no more."""
        self._begin(self.history[self.sent_at:])

    def is_admissible(self, content):
        return content in self.admissible

    def returned_to(self, content, site):
        """Everything after this content was lost, and the operator told.

        :param site: that serves it now
        :returns: whether that much may be lost
        """
        if content not in self.history[self.left_at.get(site, 0):]:
            return False
        self.admissible = [content]
        self._begin([content])
        return True

    def _begin(self, history):
        self.history, self.sent_at = history, 0
        self.left_at.clear()


@dataclasses.dataclass(frozen=True)
class Foreign:
    """A volume that is not Cinder's, which nothing of ours may touch.

    :ivar name: what its owner calls it
    """

    site: str
    serial: str
    content: dict
    name: str


class Book:
    """All accounts.

    :ivar volumes: {label: Account} of Cinder's volumes
    :ivar snapshots: the same of its snapshots
    :ivar foreign: {label: Foreign}
    :ivar deleted: ids of rows that a user asked to delete
    """

    def __init__(self):
        self.volumes = {}
        self.snapshots = {}
        self.foreign = {}
        self.deleted = set()
