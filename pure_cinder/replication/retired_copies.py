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
"""Copies that an array keeps of volumes that a failback took home.

They are destroyed once Cinder's database says that the volumes are elsewhere,
which is some time after a failback. If the process dies before, the next one
finds a note on the array. Nothing else is ever destroyed as a copy: the array
where a volume was before a failover may alone have what was written to it
last.
"""

import contextlib
import dataclasses

from cinder import context
from cinder import exception
from cinder import objects
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder import exceptions
from pure_cinder.fleet import outages as outage_memory
from pure_cinder.fleet import roster
from pure_cinder.fleet import whereabouts as places
from pure_cinder import naming
from pure_cinder.replication import received_snapshots

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Copy:
    """What is left of a volume on an array that does not serve it.

    :ivar name: its full name there
    """

    member: roster.Member
    name: str
    volume_id: str


class RetiredCopies:
    """Destroys copies that nothing needs any more."""

    def __init__(self, fleet, whereabouts, notes, types, group_types):
        """:param whereabouts: whereabouts.Whereabouts

        :param notes: retirement_notes.RetirementNotes
        :param types: volume_types.VolumeTypes
        :param group_types: group_types.GroupTypes
        """
        self._whereabouts = whereabouts
        self._types = types
        self._group_types = group_types
        self._outages = fleet.outages
        self._notes = notes
        self._unread = set(fleet.targets)
        self._noted = set()
        self._copies = set()
        self._reserved = set()
        # For as long as one clean-up takes.
        self._arrivals = {}

    def retire(self, member, pgroup, names):
        """Remember what a failback left on an array.

        :param pgroup: of the array; the copies are its members
        :param names: dict of the volume's id in Cinder to its name there
        :raises ArrayError: it will not be remembered if the process ends
        """
        self._reserved.discard(member)
        self.note(member, names)
        self._noted.add(member)
        self._notes.write(member, pgroup)

    def note(self, member, names):
        """Remember what an earlier failback may have left on an array.

        :param names: dict of the volume's id in Cinder to its name there
        """
        self._copies |= {Copy(member, name, volume_id)
                         for volume_id, name in names.items()}

    def reserve(self, member):
        """Leave all that is on an array alone: it is to serve again.

        So it is until a failback retires what is there.
        """
        self._reserved.add(member)

    @contextlib.contextmanager
    def released_on_failure(self, member):
        """If the block fails, the copies on an array are copies still."""
        try:
            yield
        except Exception:
            self._reserved.discard(member)
            raise

    def forget(self, member):
        """The array serves: what is there is no copy any more."""
        self._copies -= {copy for copy in self._copies
                         if copy.member is member}
        self._noted.discard(member)
        if not member.is_primary:
            self._notes.erase(member)

    def notes(self, member, pgroup='*'):
        """What copies held when that had come home, as far as it matters.

        :param pgroup: of the array, that they are in; any one otherwise
        :returns: list of models.PgroupSnapshot
        :raises ArrayError: it does not answer, or refuses
        """
        return self._notes.list(member, pgroup)

    def clean_up(self):
        """Destroy what was noted, as far as that loses nothing.

        A copy with a snapshot of Cinder or of an administrator stays until
        that is gone, and each one until what came home has been sent to its
        array: until then nothing newer could serve there. What is destroyed
        can be recovered as long as the array keeps it. An array that is away
        is asked once, and again at the next call.
        """
        for member in list(self._unread):
            self._read_notes(member)
        self._arrivals.clear()
        for copy in sorted(self._copies, key=lambda copy: copy.name):
            if copy.member not in self._reserved and (
                    not self._outages.is_away(copy.member)):
                self._clean_up(copy)
        for member in self._noted - {copy.member for copy in self._copies}:
            self._noted.discard(member)
            self._notes.erase(member)

    def _read_notes(self, member):
        if self._outages.is_away(member):
            return
        try:
            names = self._notes.read(member)
        except exceptions.PureDriverException as error:
            LOG.warning('Whether %(array)s has copies that may be destroyed '
                        'is found out later: %(error)s',
                        {'array': member.backend_id, 'error': error})
            self._outages.note(member, error)
            return
        self._unread.discard(member)
        if names is not None:
            self._noted.add(member)
            self.note(member, names)

    def _clean_up(self, copy):
        try:
            if not self._is_needed(copy) and copy in self._copies:
                self._copies.discard(copy)
                self._destroy(copy)
        except outage_memory.AWAY_ERRORS as error:
            LOG.warning('Copies are left on %(array)s until it answers: '
                        '%(error)s',
                        {'array': copy.member.backend_id, 'error': error})
            self._outages.note(copy.member, error)
            self._copies.add(copy)
        except exceptions.PureDriverException as error:
            self._copies.discard(copy)
            LOG.warning('The copy %(name)s is left on %(array)s: '
                        '%(error)s',
                        {'name': copy.name, 'error': error,
                         'array': copy.member.backend_id})

    def _is_needed(self, copy):
        try:
            volume = objects.Volume.get_by_id(context.get_admin_context(),
                                              copy.volume_id)
        except exception.VolumeNotFound:
            return self._has_snapshots(copy)
        return (self._is_volume_there(volume, copy.member)
                or self._is_newest(volume, copy.member)
                or self._has_snapshots(copy))

    def _is_volume_there(self, volume, member):
        """Whether the volume is, or may soon be, on the array of a copy.

        Until Cinder writes that the backend is not failed over any more, a
        process that starts anew would serve it from there. If it dies before
        it writes the same of the volume, that is never written.
        """
        own_id = member.gateway.get_array().id
        return (volume.replication_status
                == fields.ReplicationStatus.FAILED_OVER
                and not self._whereabouts.serves_by_cinder(volume)
                or self._whereabouts.place(volume).member is member
                or places.array_id(volume) == own_id)

    def _is_newest(self, volume, member):
        """Whether what came home has not been sent to the copy's array yet.

        It will not be, if the volume is replicated no more.
        """
        home = self._whereabouts.member(volume)
        pgroups = self._types.placement(
            self._types.specs_or_default(volume), home).pgroups + (
                self._group_types.pgroups_of(volume, home))
        if member not in self._arrivals:
            self._arrivals[member] = (
                max((note.created for note in self.notes(member)),
                    default=None),
                received_snapshots.ReceivedSnapshots(member))
        retired, received = self._arrivals[member]
        return bool(pgroups and retired) and not any(
            snapshot.created >= retired for pgroup in pgroups
            for snapshot in received.snapshots(pgroup,
                                               places.array_id(volume)))

    @staticmethod
    def _has_snapshots(copy):
        kept = [snapshot.name for snapshot in
                copy.member.gateway.volumes.snapshots_of(copy.name)
                if not naming.is_replication_snapshot(snapshot.name)]
        if kept:
            LOG.debug('The copy %(name)s stays on %(array)s as long as it '
                      'has snapshots: %(snapshots)s.',
                      {'name': copy.name, 'array': copy.member.backend_id,
                       'snapshots': ', '.join(kept)})
        return bool(kept)

    @staticmethod
    def _destroy(copy):
        copy.member.gateway.volumes.destroy(copy.name)
        LOG.info('Destroyed %(name)s on %(array)s: the volume is elsewhere.',
                 {'name': copy.name, 'array': copy.member.backend_id})
