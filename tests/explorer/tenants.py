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
"""What users of Cinder do, by its API."""

import contextlib
from unittest import mock
import uuid

from cinder import objects
from cinder.objects import fields

from tests.explorer import book as books
from tests.explorer import cloud as clouds
from tests.explorer import world as worlds

ADMIN = clouds.ADMIN
EMPTY = {}


class Tenants:
    """The verbs; each gets labels."""

    def __init__(self, world):
        self._world = world
        self._api = world.cloud.volumes

    # Volumes

    def create(self, label, kind, group=None):
        row = group and self._world.row(group)
        self._created(label, [EMPTY], self._api.create(
            ADMIN, 1, label, None,
            volume_type=self._world.volume_type(kind), group=row or None))

    def clone(self, label, source, kind=None, size_gib=None):
        row = self._world.row(source)
        self._created(label, self._account(source).admissible,
                      self._api.create(
            ADMIN, size_gib or row.size, label, None, source_volume=row,
            volume_type=kind and self._world.volume_type(kind)))

    def restore(self, label, snapshot, kind=None):
        """A volume from a snapshot."""
        row = self._world.row(snapshot)
        account = self._snapshot_account(snapshot)
        self._created(label, account.admissible, self._api.create(
            ADMIN, row.volume_size, label, None, snapshot=row,
            volume_type=kind and self._world.volume_type(kind)))

    def _created(self, label, contents, row):
        self._world.add(label, row)
        if self._world.row(label).status == 'available':
            self._world.book.volumes[label] = books.Account(
                label, row.id, list(contents), list(contents))

    def _account(self, label):
        return _of(self._world.book.volumes, label)

    def _snapshot_account(self, label):
        return _of(self._world.book.snapshots, label)

    def extend(self, label):
        row = self._world.row(label)
        if row.status == 'in-use':
            self._api.extend_attached_volume(ADMIN, row, row.size + 1)
        else:
            self._api.extend(ADMIN, row, row.size + 1)

    def delete(self, label, force=False):
        self._api.delete(ADMIN, self._world.row(label), force=bool(force))
        self._world.told_to_delete(label)

    def unmanage(self, label):
        row, account = self._world.row(label), self._account(label)
        self._api.delete(ADMIN, row, unmanage_only=True)
        if not self._world.is_there(label):
            self._world.released(label, (row.provider_location or '')[-24:],
                                 account)
            self._world.forget(label)

    # Snapshots

    def snapshot(self, label, source):
        volume = self._world.row(source)
        contents = self._account(source).admissible
        row = self._api.create_snapshot_force(ADMIN, volume, label, None)
        self._world.add(label, row)
        if self._world.row(label).status == 'available':
            self._world.book.snapshots[label] = books.Account(
                label, row.id, list(contents), [])

    def delete_snapshot(self, label):
        self._api.delete_snapshot(ADMIN, self._world.row(label))
        self._world.told_to_delete(label)

    def revert(self, label):
        snapshot = self._world.row(label)
        source = self._world.label_of(snapshot.volume_id)
        account = self._account(source)
        contents = self._snapshot_account(label).admissible
        if snapshot.volume_size != snapshot.volume.size or (
                snapshot.id != self._latest(snapshot.volume)):
            raise worlds.NotApplicable('only to the latest, of its size')
        account.may_hold(contents)
        self._api.revert_to_snapshot(ADMIN, snapshot.volume, snapshot)
        if self._world.row(source).status == 'available':
            account.admissible = list(contents)

    @staticmethod
    def _latest(volume):
        rows = objects.SnapshotList.get_all_for_volume(ADMIN, volume.id)
        return max(rows, key=lambda row: row.created_at).id

    # Attachments

    def attach(self, label, machine):
        volume = self._world.row(label)
        instance = str(uuid.uuid4())
        attachment = self._api.attachment_create(ADMIN, volume, instance)
        try:
            told = self._api.attachment_update(
                ADMIN, attachment, self._world.stage.machines[
                    machine].connector).connection_info
        except worlds.REFUSALS:
            # What compute does then.
            with contextlib.suppress(*worlds.REFUSALS):
                self._api.attachment_delete(
                    ADMIN, objects.VolumeAttachment.get_by_id(
                        ADMIN, attachment.id))
            raise
        clouds.attached(objects.VolumeAttachment.get_by_id(
            ADMIN, attachment.id))
        self._world.attachments.append(worlds.Attachment(
            label, machine, attachment.id, told))

    def detach(self, label, machine):
        found = [each for each in self._world.attachments
                 if (each.volume, each.machine) == (label, machine)]
        rows = [row for row in objects.VolumeAttachmentList.get_all(ADMIN)
                if row.volume_id == self._world.row(label).id
                and row.attach_status != fields.VolumeAttachStatus.DETACHED]
        if found:
            rows = [row for row in rows if row.id == found[0].id]
        if not rows:
            raise worlds.NotApplicable('it is not attached')
        # The machine takes its device away first.
        self._world.took_away(rows[0])
        self._api.attachment_delete(ADMIN, rows[0])

    def detach_together(self, label):
        """All machines let go at once: no row is deleted meanwhile."""
        rows = self._world.row(label).volume_attachment
        if len(rows) < 2:
            raise worlds.NotApplicable('it is not attached twice')
        for row in rows:
            self._world.took_away(row)
        rpc, asked = self._api.volume_rpcapi, []

        def ask(context, attachment_id, volume):
            asked.append(attachment_id)
            attachment_delete(context, attachment_id, volume)
            if len(asked) < len(rows):
                self._api.attachment_delete(ADMIN, rows[len(asked)])

        attachment_delete = rpc.attachment_delete
        with mock.patch.object(rpc, 'attachment_delete', ask):
            self._api.attachment_delete(ADMIN, rows[0])

    def write(self, label):
        """Over the first path that works.

        While a switch is half-way, paths from before lead where it was.
        """
        for attachment in self._world.attachments:
            if attachment.volume == label and not any(
                    attachment is each for each in self._world.left_behind):
                with contextlib.suppress(worlds.NotApplicable):
                    return self._world.write_over(attachment)
        raise worlds.NotApplicable('no path')

    def transfer(self, label):
        volume = self._world.row(label)
        if volume.status != 'available':
            raise worlds.NotApplicable('its status is %s' % volume.status)
        self._api.accept_transfer(ADMIN, volume, ADMIN.user_id,
                                  ADMIN.project_id)

    def back_up(self, label):
        """What cinder-backup reads of a snapshot."""
        snapshot = self._world.row(label)
        account = self._snapshot_account(label)
        if snapshot.status != 'available':
            raise worlds.NotApplicable('its status is %s' % snapshot.status)
        node, rpc = self._world.stage.node, self._api.volume_rpcapi
        told = rpc.initialize_connection_snapshot(ADMIN, snapshot,
                                                  node.connector)
        try:
            paths = node.paths({
                **told['data'],
                'driver_volume_type': told['driver_volume_type']})
            self._world.check_paths('the back-up of ' + label, account, paths)
        finally:
            rpc.terminate_connection_snapshot(ADMIN, snapshot, node.connector)
            rpc.remove_export_snapshot(ADMIN, snapshot, sync=True)


def _of(accounts, label):
    try:
        return accounts[label]
    except KeyError:
        raise worlds.NotApplicable('%s has no content' % label) from None
