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
"""No machine keeps a volume that Cinder does not know to be attached there.

Whatever dies while a volume is attached or detached, an array may be left
with a connection that nobody uses, or without one that somebody needs.
Nothing is written down about that: a process that dies would lose it. What is
in doubt is compared with Cinder's database instead:

* after a start, and from time to time, all that an array has connected;
* afterwards the volumes at whose attaching or detaching an array did not do
  as it was told.

A connection goes if it is one of a volume of this backend, and of a host that
a Cinder driver made, and if Cinder has no attachment of the volume on the
machine and is not at work on the volume; or if the volume is destroyed. A
path is made if Cinder has the attachment and the array has none. A host that a
Cinder driver made goes if it stays without volumes.
"""

import collections
import functools
import itertools
import time

from cinder import exception
from oslo_log import log as logging

from pure_cinder.attachments import comparison
from pure_cinder.attachments import idle_hosts
from pure_cinder import exceptions

LOG = logging.getLogger(__name__)

# Another process of a cluster may have died for good.
FULL_LOOK_INTERVAL_S = 3600

# Cinder may delete the row of what was detached as late as this.
DETACHING_S = 60

# The most idle hosts that one stats report deletes: a request for each.
MAX_IDLE_HOSTS = 100


class ConnectionSweep:
    """Remembers what is in doubt, and looks."""

    def __init__(self, fleet, whereabouts, attachment_records,
                 initiator_kind):
        """:param whereabouts: whereabouts.Whereabouts

        :param attachment_records: records.AttachmentRecords
        :param initiator_kind: of the protocol, ``iqn``, ``wwn`` or ``nqn``
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._records = attachment_records
        # When to look at all of an array, and from when on a path that a
        # volume lacks may be made, by the monotonic clock.
        self._due_s = dict.fromkeys(fleet.members, 0)
        self._doubts = {}
        self._idle_hosts = idle_hosts.IdleHosts(initiator_kind)
        self._lacking = set()
        self._told = {}

    def note_attach(self, member, name):
        """An array may have connected a volume, or may have failed to."""
        self._doubts[member, name] = 0

    def note_missing(self, member, name):
        """A volume was attached, but not over this array."""
        self.note_attach(member, name)
        self._lacking.add((member, name))

    def note_detach(self, member, name):
        """An array may have kept a connection."""
        self._lacking.discard((member, name))
        self._doubts[member, name] = time.monotonic() + DETACHING_S

    def missing_paths(self):
        """How many volumes lack a path, for the stats report.

        :returns: list of dicts with ``backend_id`` and ``volume_count``
        """
        counts = collections.Counter(
            member.backend_id for member, _name in self._lacking)
        return [{'backend_id': backend_id, 'volume_count': count}
                for backend_id, count in sorted(counts.items())]

    def run(self, members, repairer):
        """Put right what is in doubt on the arrays that answer.

        :param members: list of roster.Member
        :param repairer: attachments.AttachmentService
        """
        @functools.cache
        def reading(member, is_full):
            return comparison.ArrayReading(member, is_full) if (
                member in members) else None

        for member in members:
            try:
                self._look_at(member, reading, repairer)
            except exceptions.PureDriverException as error:
                LOG.warning('The connections of array %(array)s are compared '
                            'with attachments later: %(error)s',
                            {'array': member.backend_id, 'error': error})
        self._tell()

    def _look_at(self, member, reading, repairer):
        is_full = self._is_due(member)
        now = time.monotonic()
        doubts = {name: self._doubts.pop((other, name))
                  for other, name in list(self._doubts) if other is member}
        if not is_full and not doubts:
            return
        compared = comparison.Comparison(
            self._fleet, self._whereabouts, self._records, repairer, member,
            {name: since_s <= now for name, since_s in doubts.items()},
            reading)
        again = doubts
        try:
            idle = reading(member, is_full).idle_hosts() if is_full else ()
            compared.run(is_full)
            since = {**doubts, **dict.fromkeys(compared.lacking, 0)}
            again = {name: since.get(name, now + DETACHING_S)
                     for name in compared.again}
        finally:
            for name, since_s in again.items():
                self._doubts.setdefault((member, name), since_s)
        if is_full:
            self._due_s[member] = now + FULL_LOOK_INTERVAL_S
        self._lacking = {
            *(key for key in self._lacking
              if key[0] is not member or key[1] in compared.at_work),
            *((member, name) for name in compared.lacking)}
        if is_full:
            self._delete_idle(member, idle, now, repairer)

    def _delete_idle(self, member, found, now, repairer):
        """Delete the hosts that a look before found without volumes, too."""
        due = self._idle_hosts.take_due(member, found, now)
        try:
            for host in itertools.islice(due, MAX_IDLE_HOSTS):
                repairer.delete_unused(member, host)
        except exception.CinderException as error:
            LOG.warning('Hosts without volumes on array %(array)s, or paths '
                        'to them, are deleted later: %(error)s',
                        {'array': member.backend_id, 'error': error})
        if self._idle_hosts.has_any(member):
            self._due_s[member] = now + idle_hosts.IDLE_S

    def _is_due(self, member):
        """Whether to look at all that an array has connected."""
        now = time.monotonic()
        if now < self._due_s[member]:
            return False
        if self._records.has_any():
            return True
        self._due_s[member] = now + FULL_LOOK_INTERVAL_S
        return False

    def _tell(self):
        counts = {entry['backend_id']: entry['volume_count']
                  for entry in self.missing_paths()}
        for backend_id in sorted(self._told.keys() | counts.keys()):
            count = counts.get(backend_id, 0)
            if count == self._told.get(backend_id, 0):
                continue
            if count:
                LOG.warning('%(count)d attached volumes have no path over '
                            'array %(array)s, which is made when the array '
                            'does its part again.',
                            {'count': count, 'array': backend_id})
            else:
                LOG.info('All attached volumes have their paths over array '
                         '%s again.', backend_id)
        self._told = counts
