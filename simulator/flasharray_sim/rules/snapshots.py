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
"""Volume snapshots: taking, renaming, and their way to eradication."""

from flasharray_sim import errors
from flasharray_sim.rules import contents as content_rules
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.state import database
from flasharray_sim.state import rows


class Snapshots:
    """The volume snapshots of one array."""

    def __init__(self, core: cores.Core, contents: content_rules.Contents):
        self._core = core
        self._db = core.db
        self._contents = contents

    def create(self, volume_names: list[str],
               suffix: str | None) -> list[rows.Snapshot]:
        """Snapshot volumes together, under one suffix or automatic ones.

        All or none are taken; the error has a failure for each volume that
        stands in the way.
        """
        if suffix:
            names.check_suffix(suffix)
        taken, refused = [], []
        for name in volume_names:
            try:
                volume = lookup.live_volume(self._db, name)
                taken.append(self.take(volume, suffix))
            except errors.PurityError as error:
                refused.append(error)
        if refused:
            raise errors.combine(refused)
        return taken

    def take(self, volume: rows.Volume, suffix: str | None = None,
             due_s: int | None = None) -> rows.Snapshot:
        """Keep what a volume holds now.

        :param due_s: make it a destroyed one, as the undo snapshots of
            overwriting and truncating are
        """
        self._check_room(volume)
        if not suffix:
            volume, suffix = self._automatic_suffix(volume)
        else:
            self._check_free(volume, suffix)
        return self._db.snapshots.insert(rows.Snapshot(
            id=self._db.next_id(), volume_id=volume.id, suffix=suffix,
            serial=self._core.new_serial(), size_bytes=volume.size_bytes,
            created_s=self._core.now_s(), content_id=volume.content_id,
            due_s=due_s))

    def take_member(self, volume: rows.Volume, taken_id: int,
                    member: str) -> rows.Snapshot:
        """Keep what a volume holds as a part of a group's snapshot."""
        self._check_room(volume)
        return self._db.snapshots.insert(rows.Snapshot(
            id=self._db.next_id(), volume_id=volume.id, suffix=member,
            serial=self._core.new_serial(), size_bytes=volume.size_bytes,
            created_s=self._core.now_s(), content_id=volume.content_id,
            pgroup_snapshot_id=taken_id))

    def rename(self, name: str, new_name: str) -> rows.Snapshot:
        """Change the suffix; the new name may be full or only a suffix."""
        snapshot = self._alone(lookup.live_snapshot(self._db, name), name)
        volume_name, dot, suffix = new_name.rpartition('.')
        volume = self._db.volumes.get(snapshot.volume_id)
        if dot and names.key(volume_name) != names.key(volume.name):
            raise errors.refuse('snapshot_of_another', ctx=name)
        names.check_suffix(suffix)
        if names.key(suffix) != names.key(snapshot.suffix):
            self._check_free(volume, suffix)
        return self._db.snapshots.change(snapshot, suffix=suffix)

    def destroy(self, name: str) -> rows.Snapshot:
        snapshot = self._alone(lookup.live_snapshot(self._db, name), name)
        return self._db.snapshots.change(
            snapshot, due_s=self._core.eradication_due_s())

    def recover(self, name: str) -> rows.Snapshot:
        snapshot = self._destroyed(name)
        volume = self._db.volumes.get(snapshot.volume_id)
        if volume.is_destroyed:
            raise errors.refuse('volume_destroyed', ctx=volume.name)
        return self._db.snapshots.change(snapshot, due_s=None)

    def eradicate(self, name: str) -> rows.Snapshot:
        snapshot = self._destroyed(name)
        if self._core.config.is_eradication_disabled:
            raise errors.refuse('eradication_disabled', ctx=name)
        self.remove(snapshot)
        return snapshot

    def remove(self, snapshot: rows.Snapshot):
        """Make a snapshot cease to exist, whatever state it is in."""
        self._db.snapshots.remove(snapshot)
        self._contents.settle(snapshot.content_id)

    def destroy_with(self, volume: rows.Volume, due_s: int):
        """Take the live snapshots along when their volume is destroyed."""
        for snapshot in list(self._db.snapshots.select(
                'volume', (volume.id, 'live'))):
            self._db.snapshots.change(
                snapshot, due_s=due_s, is_destroyed_with_volume=True)

    def recover_with(self, volume: rows.Volume):
        for snapshot in list(self._db.snapshots.select(
                'volume', (volume.id, 'destroyed'))):
            if snapshot.is_destroyed_with_volume:
                self._db.snapshots.change(
                    snapshot, due_s=None, is_destroyed_with_volume=False)

    def remove_with(self, volume: rows.Volume):
        removed = list(self._db.snapshots.select(
            'volume', (volume.id, 'all')))
        for snapshot in removed:
            self._db.snapshots.remove(snapshot)
        self._contents.settle(*(row.content_id for row in removed))

    def _check_room(self, volume):
        if volume.is_protocol_endpoint:
            raise errors.refuse('endpoint_has_no_content', ctx=volume.name)
        self._core.check_limit(
            'snapshots', 'Volume snapshot', self._db.snapshots, volume.name)
        self._core.check_space(volume.name)

    def _check_free(self, volume, suffix):
        found = self._db.snapshots.find(
            'name', (volume.id, names.key(suffix)))
        if found is None:
            return
        name = f'{volume.name}.{suffix}'
        if found.is_destroyed:
            raise errors.refuse('snapshot_destroyed', ctx=name)
        raise errors.refuse('snapshot_exists', ctx=name, volume=volume.name)

    def _automatic_suffix(self, volume):
        number = volume.next_suffix
        while self._db.snapshots.find('name', (volume.id, str(number))):
            number += 1
        return self._db.volumes.change(
            volume, next_suffix=number + 1), str(number)

    def _destroyed(self, name):
        snapshot = self._alone(lookup.any_snapshot(self._db, name), name)
        if not snapshot.is_destroyed:
            raise errors.refuse('snapshot_not_destroyed', ctx=name)
        return snapshot

    def _alone(self, snapshot, name):
        if snapshot.pgroup_snapshot_id is not None:
            raise errors.refuse('snapshot_in_pgroup', ctx=name)
        return snapshot


def follow_name(db: database.Database, volume: rows.Volume):
    """Let the group snapshots of a renamed volume have its new name."""
    suffix = names.member(volume.name)
    for snapshot in list(db.snapshots.select('volume', (volume.id, 'all'))):
        taken_id = snapshot.pgroup_snapshot_id
        if taken_id is None or names.key(snapshot.suffix) == names.key(
                suffix):
            continue
        # A volume that has left the group's pod may have the name, too.
        if not db.snapshots.find(
                'name', ('pgroup', taken_id, names.key(suffix))):
            db.snapshots.change(snapshot, suffix=suffix)
