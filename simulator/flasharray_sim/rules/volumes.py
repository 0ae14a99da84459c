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
"""Volumes: sizes, copies, names, and their way to eradication."""

import dataclasses

from flasharray_sim import errors
from flasharray_sim.rules import containers
from flasharray_sim.rules import contents as content_rules
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import pgroup_members
from flasharray_sim.rules import sizes
from flasharray_sim.rules import snapshots as snapshot_rules
from flasharray_sim.rules import tags as tag_rules
from flasharray_sim.state import rows


@dataclasses.dataclass(frozen=True)
class _Origin:
    """What a copy starts from: a volume, or a snapshot of one."""
    volume_id: int
    size_bytes: int
    content_id: int | None


class Volumes:
    """The volumes of one array."""

    def __init__(self, core: cores.Core, contents: content_rules.Contents,
                 snapshots: snapshot_rules.Snapshots, tags: tag_rules.Tags):
        self._core = core
        self._db = core.db
        self._contents = contents
        self._snapshots = snapshots
        self._tags = tags

    def create(self, name: str, size, bandwidth_limit=None,
               iops_limit=None) -> rows.Volume:
        """Make an empty volume; sizes and limits as the wire has them."""
        limits = sizes.parse_limits(name, bandwidth_limit, iops_limit)
        self._check_new(name)
        return self._insert(
            name, size_bytes=sizes.parse_size(size, name), **limits)

    def create_endpoint(self, name: str) -> rows.Volume:
        """Make a protocol endpoint, which has neither size nor content."""
        self._check_new(name)
        return self._insert(name, size_bytes=0, is_protocol_endpoint=True)

    def copy(self, source_name: str, name: str, overwrite: bool,
             bandwidth_limit=None, iops_limit=None) -> rows.Volume:
        """Make a volume with what a volume or snapshot holds now.

        An overwritten volume keeps its serial and leaves an undo snapshot.
        """
        limits = sizes.parse_limits(name, bandwidth_limit, iops_limit)
        origin = self._origin(source_name)
        target = lookup.find_volume(self._db, name)
        if target is None or not overwrite:
            self._check_new(name)
            volume = self._insert(
                name, size_bytes=origin.size_bytes,
                content_id=origin.content_id, source_id=origin.volume_id,
                **limits)
            self._tags.copy(origin.volume_id, volume.id)
            self._contents.settle(volume.content_id)
            return volume
        target = self._overwritable(lookup.live_volume(self._db, name))
        changed = self._db.volumes.change(
            target, size_bytes=origin.size_bytes,
            content_id=origin.content_id, source_id=origin.volume_id,
            **{limit: value for limit, value in limits.items()
               if value is not None})
        self._contents.settle(target.content_id, changed.content_id)
        return changed

    def clone(self, source: rows.Volume, name: str, content_id: int | None,
              due_s: int | None = None) -> rows.Volume:
        """Make a volume like another, whatever states the two have.

        :param content_id: what it holds, a content of this array
        :param due_s: make it a destroyed one
        """
        self._core.check_limit('volumes', 'Volume', self._db.volumes, name)
        volume = self._insert(
            name, size_bytes=source.size_bytes, content_id=content_id,
            bandwidth_limit=source.bandwidth_limit,
            iops_limit=source.iops_limit, due_s=due_s,
            is_protocol_endpoint=source.is_protocol_endpoint)
        self._contents.settle(content_id)
        return volume

    def resize(self, name: str, size, truncate: bool) -> rows.Volume:
        """Extend, or truncate when told so; the same size is accepted."""
        volume = self._with_content(lookup.live_volume(self._db, name))
        size_bytes = sizes.parse_size(size, name)
        if size_bytes == volume.size_bytes:
            return volume
        if size_bytes > volume.size_bytes:
            if truncate:
                raise errors.refuse('truncate_grows', ctx=name)
            return self._db.volumes.change(volume, size_bytes=size_bytes)
        if not truncate:
            raise errors.refuse('truncate_needed', ctx=name)
        volume = self._overwritable(volume)
        changed = self._db.volumes.change(
            volume, size_bytes=size_bytes,
            content_id=self._contents.truncate(
                volume.content_id, size_bytes))
        self._contents.settle(volume.content_id, changed.content_id)
        return changed

    def set_limits(self, name: str, **limits) -> rows.Volume:
        """Set or clear `bandwidth_limit` and `iops_limit`, if given."""
        volume = lookup.live_volume(self._db, name)
        parsed = sizes.parse_limits(name, **limits)
        return self._db.volumes.change(
            volume, **{limit: parsed[limit] for limit in limits})

    def rename(self, name: str, new_name: str) -> rows.Volume:
        """Rename; the container may be left out of the new name."""
        volume = lookup.live_volume(self._db, name)
        home, parts = names.split_volume(volume.name), names.check_volume(
            new_name)
        if parts.container is None:
            new_name = home.with_leaf(parts.leaf)
        elif names.key(new_name) != names.key(home.with_leaf(parts.leaf)):
            raise errors.refuse('parameters_invalid', ctx=name)
        return self._give_name(volume, new_name)

    def move(self, name: str, container: str) -> rows.Volume:
        """Move to a pod or volume group, or to the root with "".

        A group cannot have members elsewhere. That it has to be left before
        is inferred; one that is destroyed is left with the move.
        """
        volume = lookup.live_volume(self._db, name)
        new_name = containers.moved_name(self._db, volume.name, container)
        if containers.pod_of(self._db, new_name) != containers.pod_of(
                self._db, volume.name):
            for member in list(self._db.pgroup_members.select(
                    'member', ('volume', volume.id))):
                if not self._db.pgroups.get(member.pgroup_id).is_destroyed:
                    raise errors.refuse('volume_protected', ctx=name)
                self._db.pgroup_members.remove(member)
        return self._give_name(volume, new_name)

    def promote(self, name: str, is_promoted: bool) -> rows.Volume:
        volume = self._with_content(lookup.live_volume(self._db, name))
        return self._db.volumes.change(volume, is_promoted=is_promoted)

    def destroy(self, name: str) -> rows.Volume:
        """Start the 24 hours, for the volume and its snapshots."""
        volume = lookup.live_volume(self._db, name)
        if self._db.connections.select('volume', volume.id):
            raise errors.refuse('volume_connected', ctx=name)
        due_s = self._core.eradication_due_s()
        self._snapshots.destroy_with(volume, due_s)
        return self._db.volumes.change(volume, due_s=due_s)

    def recover(self, name: str) -> rows.Volume:
        volume = self._destroyed(name)
        containers.check(self._db, volume.name)
        self._snapshots.recover_with(volume)
        return self._db.volumes.change(volume, due_s=None)

    def eradicate(self, name: str) -> rows.Volume:
        volume = self._destroyed(name)
        if self._core.config.is_eradication_disabled:
            raise errors.refuse('eradication_disabled', ctx=name)
        self.remove(volume)
        return volume

    def remove(self, volume: rows.Volume):
        """Make a destroyed volume and all that hangs on it cease."""
        self._snapshots.remove_with(volume)
        self._tags.remove_all(volume.id)
        pgroup_members.forget(self._db, 'volume', volume.id)
        self._db.volumes.remove(volume)
        self._contents.settle(volume.content_id)

    def _insert(self, name, **fields):
        return self._db.volumes.insert(rows.Volume(
            id=self._db.next_id(), name=name,
            serial=self._core.new_serial(), created_s=self._core.now_s(),
            **fields))

    def _check_new(self, name):
        names.check_volume(name)
        self._check_free(name)
        containers.check(self._db, name)
        self._core.check_limit('volumes', 'Volume', self._db.volumes, name)
        self._core.check_space(name)

    def _check_free(self, name):
        found = lookup.find_volume(self._db, name)
        if found and found.is_destroyed:
            raise errors.refuse('volume_destroyed', ctx=name)
        if found:
            raise errors.refuse('volume_exists', ctx=name)

    def _give_name(self, volume, name):
        if names.key(name) != names.key(volume.name):
            self._check_free(name)
        volume = self._db.volumes.change(volume, name=name)
        snapshot_rules.follow_name(self._db, volume)
        return volume

    def _origin(self, name):
        if containers.pod_status(self._core, name) == 'offline':
            raise errors.refuse('pod_offline', ctx=name)
        if names.is_snapshot(name):
            snapshot = lookup.live_snapshot(self._db, name)
            return _Origin(snapshot.volume_id, snapshot.size_bytes,
                           snapshot.content_id)
        volume = self._with_content(lookup.live_volume(self._db, name))
        return _Origin(volume.id, volume.size_bytes, volume.content_id)

    def _overwritable(self, volume):
        """The volume, with what it holds put away in an undo snapshot."""
        self._with_content(volume)
        if not volume.is_promoted:
            raise errors.refuse('volume_demoted', ctx=volume.name)
        self._snapshots.take(volume, due_s=self._core.eradication_due_s())
        return self._db.volumes.get(volume.id)

    def _with_content(self, volume):
        if volume.is_protocol_endpoint:
            raise errors.refuse('endpoint_has_no_content', ctx=volume.name)
        return volume

    def _destroyed(self, name):
        volume = lookup.any_volume(self._db, name)
        if not volume.is_destroyed:
            raise errors.refuse('volume_not_destroyed', ctx=name)
        return volume
