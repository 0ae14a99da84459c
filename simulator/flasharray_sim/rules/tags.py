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
"""Tags of volumes."""

from flasharray_sim import errors
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import lookup
from flasharray_sim.state import rows

DEFAULT_NAMESPACE = 'default'


class Tags:
    """The tags on the volumes of one array."""

    def __init__(self, core: cores.Core):
        self._db = core.db

    def put(self, volume_name: str, key: str, value: str,
            namespace: str = DEFAULT_NAMESPACE,
            is_copyable: bool = True) -> rows.Tag:
        """Add a tag, or change the one with this key."""
        volume = lookup.live_volume(self._db, volume_name)
        found = self._db.tags.find('name', (volume.id, namespace, key))
        if found:
            return self._db.tags.change(
                found, value=value, is_copyable=is_copyable)
        return self._db.tags.insert(rows.Tag(
            self._db.next_id(), volume.id, namespace, key, value,
            is_copyable))

    def remove(self, volume_name: str, key: str,
               namespace: str = DEFAULT_NAMESPACE) -> rows.Tag:
        volume = lookup.live_volume(self._db, volume_name)
        found = self._db.tags.find('name', (volume.id, namespace, key))
        if found is None:
            raise errors.refuse('tag_missing', ctx=key)
        self._db.tags.remove(found)
        return found

    def copy(self, source_id: int, volume_id: int):
        """Give a new volume the copyable tags of what it was made from."""
        for tag in list(self._db.tags.select('volume', source_id)):
            if tag.is_copyable:
                self._db.tags.insert(rows.Tag(
                    self._db.next_id(), volume_id, tag.namespace, tag.key,
                    tag.value, True))

    def remove_all(self, volume_id: int):
        for tag in list(self._db.tags.select('volume', volume_id)):
            self._db.tags.remove(tag)
