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
"""What Cinder's database says of the attachments of one backend's volumes.

Other backends, other clouds and other programs may use the same array, and
the same hosts on it. Only a volume that a row gives to this backend is its
own.
"""

import enum

from cinder import context
from cinder import exception
from cinder import objects
from cinder.objects import fields

from pure_cinder import naming
from pure_cinder import parallel

# The most names that one query asks for.
NAMES_PER_QUERY = 500

# Cinder is at work on a volume of any other status, unless that tells of an
# error, and may have attached it itself, which it does without an attachment.
QUIET_STATUSES = (fields.VolumeStatus.AVAILABLE, fields.VolumeStatus.IN_USE,
                  fields.VolumeStatus.AWAITING_TRANSFER)
ERROR_STATUS_PREFIX = 'error'
QUIET_MIGRATIONS = (None, 'success', 'error')

# Without a connector, one of these tells of an attachment yet to be made.
COMING_STATUSES = (fields.VolumeAttachStatus.RESERVED,
                   fields.VolumeAttachStatus.ATTACHING)
CONNECTED_STATUSES = (fields.VolumeAttachStatus.ATTACHING,
                      fields.VolumeAttachStatus.ATTACHED)
GONE_STATUSES = (fields.VolumeAttachStatus.DETACHED,
                 fields.VolumeAttachStatus.DELETED)


class Verdict(enum.Enum):
    """What becomes of a connection, the weightiest first."""

    USED = 'somebody uses it'
    UNCLEAR = 'to be looked at again'
    STALE = 'nobody uses it'


class AttachmentRecords:
    """The rows of the volumes of one backend.

    :ivar owner: filter of Cinder's for these
    """

    def __init__(self, host, cluster_name):
        """:param host: of the volume service, such as ``node@section``

        :param cluster_name: such as ``cluster@section``, or None
        """
        self.owner = ({'cluster_name': cluster_name} if cluster_name
                      else {'host': host})

    def has_any(self):
        """Whether there is a volume, or ever was one."""
        return bool(objects.VolumeList.get_all(
            _context('yes'), filters=self.owner, limit=1))

    def by_name(self, names):
        """The volumes that have these names on an array.

        :returns: dict of name to list of objects.Volume
        """
        return self._by_name(names, 'no')

    def own_ids(self, volume_ids):
        """Those of the ids whose rows are this backend's, deleted or not."""
        return {volume.id
                for chosen in _portions(volume_ids)
                for volume in objects.VolumeList.get_all(
                    _context('yes'), filters={'id': chosen, **self.owner})}

    def deleted_names(self, names):
        """Those of the names that volumes had which are deleted by now."""
        return set(self._by_name(names, 'only'))

    @staticmethod
    def is_attached(attachment):
        """Whether a machine relies on an attachment by now."""
        try:
            return _is_relied_on(objects.VolumeAttachment.get_by_id(
                _context('no'), attachment.id))
        except exception.VolumeAttachmentNotFound:
            return False

    def _by_name(self, names, read_deleted):
        found = {}
        for chosen in _portions(names):
            for volume in objects.VolumeList.get_all(
                    _context(read_deleted),
                    filters={'provider_id': chosen, **self.owner}):
                found.setdefault(volume.provider_id, []).append(volume)
        return found


def _portions(names):
    """Parts of what one query asks for, as lists."""
    return parallel.portions(sorted(names), NAMES_PER_QUERY)


def verdict_of(volumes, host):
    """What Cinder says of a connection.

    :param volumes: list of objects.Volume that have the volume's name
    :param host: models.Host
    :returns: Verdict
    """
    verdicts = {_verdict_of(volume, host) for volume in volumes}
    return next(verdict for verdict in Verdict if verdict in verdicts)


def is_at_work(volume):
    """Whether Cinder is at work on a volume, or about to attach it."""
    is_quiet = (volume.migration_status in QUIET_MIGRATIONS
                and (volume.status in QUIET_STATUSES
                     or volume.status.startswith(ERROR_STATUS_PREFIX)))
    return not is_quiet or bool(
        _unplaced_statuses(volume).intersection(COMING_STATUSES))


def attached(volume):
    """The attachments of a volume that machines rely on.

    :returns: list of objects.VolumeAttachment
    """
    return [attachment for attachment in volume.volume_attachment
            if _is_relied_on(attachment)]


def attachments_on(volume, host):
    """The attachments of a volume on the machine of a models.Host.

    :returns: list of objects.VolumeAttachment
    """
    return [attachment for attachment in volume.volume_attachment
            if attachment.attach_status not in GONE_STATUSES
            and attachment.connector
            and _is_on_host(attachment.connector, host)]


def _verdict_of(volume, host):
    if attachments_on(volume, host) or _unplaced_statuses(
            volume).difference(COMING_STATUSES):
        return Verdict.USED
    return Verdict.UNCLEAR if is_at_work(volume) else Verdict.STALE


def _unplaced_statuses(volume):
    """Statuses of the attachments that do not tell their machine."""
    return {attachment.attach_status
            for attachment in volume.volume_attachment
            if not attachment.connector}.difference(GONE_STATUSES)


def _is_relied_on(attachment):
    return bool(attachment.attach_status in CONNECTED_STATUSES
                and attachment.connector)


def _is_on_host(connector, host):
    """Whether a connector is that of the host's machine.

    The machine may have got other adapters since it was attached.
    """
    return naming.is_host_of(host.name, connector) or bool(
        host.owned('iqn', filter(None, [connector.get('initiator')]))
        or host.owned('wwn', connector.get('wwpns') or ())
        or host.owned('nqn', filter(None, [connector.get('nqn')])))


def _context(read_deleted):
    return context.get_admin_context(read_deleted=read_deleted)
