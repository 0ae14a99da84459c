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
"""Volumes and their snapshots on one array."""

from pure_cinder.array import link
from pure_cinder.array import models
from pure_cinder import naming


class Volumes(link.Area):
    """Verbs for volumes and volume snapshots."""

    def create(self, name, size_bytes):
        """:returns: models.Volume"""
        return self._write(
            lambda: models.Volume.from_wire(
                self._client.create_volume(name, size_bytes)),
            lambda: self.find(name))

    def copy(self, source, name):
        """Instant copy of a volume or snapshot to a new volume.

        :returns: models.Volume, as big as the source
        """
        return self._write(
            lambda: models.Volume.from_wire(
                self._client.copy_volume(source, name)),
            lambda: self.find(name))

    def extend(self, name, size_bytes):
        """Grow a volume; the array refuses to shrink it."""
        self._write(
            lambda: self._client.extend_volume(name, size_bytes),
            lambda: self.get(name).size_bytes == size_bytes)

    def get(self, name):
        """:returns: models.Volume that is not destroyed"""
        return models.Volume.from_wire(self._client.get_volume(name))

    def find(self, name):
        """:returns: models.Volume that is not destroyed, or None"""
        return link.unless_missing(self.get, name)

    def find_snapshot(self, name):
        """:returns: models.Volume that is not destroyed, or None"""
        rows = link.unless_missing(self._client.get_volume, name, snap=True)
        return models.Volume.from_wire(rows[0]) if rows else None

    def destroy(self, name):
        """Destroy a volume, and its snapshots with it, or one snapshot."""
        find = (self.find_snapshot if naming.is_snapshot_name(name)
                else self.find)
        self._write(lambda: self._client.destroy_volume(name),
                    lambda: find(name) is None)

    def recover(self, name):
        """Take a destroyed volume back, and its snapshots with it."""
        self._write(lambda: self._client.recover_volume(name),
                    lambda: self.find(name))

    def eradicate(self, name):
        """Eradicate a destroyed volume or snapshot."""
        self._write(lambda: self._client.eradicate_volume(name),
                    lambda: self._find_destroyed(name) is None)

    def create_snapshot(self, volume, suffix):
        """:returns: models.Volume named ``<volume>.<suffix>``"""
        return self._write(
            lambda: models.Volume.from_wire(
                self._client.create_snapshot(volume, suffix=suffix)),
            lambda: self.find_snapshot(naming.snapshot_name(volume, suffix)))

    def _find_destroyed(self, name):
        kind = {'snap': True} if naming.is_snapshot_name(name) else {}
        rows = link.unless_missing(self._client.list_volumes, names=name,
                                   pending_only=True, **kind)
        return rows or None
