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
"""Notes, on the array that has them, of copies that a failback retired.

A process that dies before it has destroyed the copies would leave them there
for good. The note is a snapshot of the protection group that the copies are
in, taken when all that they hold is at home. Until the array gets something
newer, the note is the newest that it has of them.
"""

import hashlib
import uuid

from cinder.volume import volume_utils
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder import naming

LOG = logging.getLogger(__name__)

PREFIX = 'retired-%s-'


class RetirementNotes:
    """The notes of one backend."""

    def __init__(self, records, backend_name):
        """:param records: records.AttachmentRecords

        :param backend_name: tells the notes of backends that share a
            protection group apart
        """
        self._records = records
        self._prefix = PREFIX % hashlib.sha256(
            backend_name.encode()).hexdigest()[:8]

    def write(self, member, pgroup):
        """Note all members of a protection group.

        Those of other backends, too; they are told apart by their rows.
        """
        member.gateway.pgroups.create_snapshot(
            pgroup, self._prefix + uuid.uuid4().hex[:12])

    def read(self, member):
        """The copies that are noted on an array.

        :returns: dict of the volume's id in Cinder to its name there, or None
            if there is no note
        """
        notes, names = self.list(member), {}
        for note in notes:
            for snapshot in member.gateway.pgroups.snapshot_volumes(
                    note.name):
                volume_id = volume_utils.extract_id_from_volume_name(
                    naming.cinder_volume_name(snapshot.source or '') or '')
                if volume_id:
                    names[volume_id] = snapshot.source
        return {volume_id: names[volume_id]
                for volume_id in self._records.own_ids(names)
                } if notes else None

    def list(self, member, pgroup='*'):
        """:returns: list of models.PgroupSnapshot, the notes on an array"""
        return member.gateway.pgroups.list_snapshots_fitting(
            naming.snapshot_name(pgroup, self._prefix + '*'))

    def erase(self, member):
        """Have no copies noted on an array; told if that fails."""
        try:
            for note in self.list(member):
                member.gateway.pgroups.destroy(note.name)
        except errors.ArrayNotFoundError as error:
            LOG.debug('Another process erased the note: %s', error)
        except exceptions.PureDriverException as error:
            LOG.warning('The note of copies that may be destroyed on '
                        '%(array)s, snapshots *.%(prefix)s*, cannot be '
                        'destroyed now: %(error)s',
                        {'array': member.backend_id, 'prefix': self._prefix,
                         'error': error})
