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
"""Volume groups: a name and limits for several volumes."""

from flasharray_sim import errors
from flasharray_sim.rules import containers
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import sizes
from flasharray_sim.rules import volumes as volume_rules
from flasharray_sim.state import rows


class VolumeGroups:
    """The volume groups of one array."""

    def __init__(self, core: cores.Core, volumes: volume_rules.Volumes):
        self._core = core
        self._db = core.db
        self._volumes = volumes

    def create(self, name: str, **limits) -> rows.VolumeGroup:
        """Make an empty group; limits as the wire has them."""
        names.check('Volume group', name)
        parsed = sizes.parse_limits(name, **limits)
        self._check_free(name)
        self._core.check_limit(
            'vgroups', 'Volume group', self._db.vgroups, name)
        return self._db.vgroups.insert(
            rows.VolumeGroup(self._db.next_id(), name, **parsed))

    def set_limits(self, name: str, **limits) -> rows.VolumeGroup:
        """Set or clear `bandwidth_limit` and `iops_limit`, if given."""
        vgroup = lookup.live_vgroup(self._db, name)
        parsed = sizes.parse_limits(name, **limits)
        return self._db.vgroups.change(
            vgroup, **{limit: parsed[limit] for limit in limits})

    def rename(self, name: str, new_name: str) -> rows.VolumeGroup:
        """Rename the group, and with it its volumes."""
        vgroup = lookup.live_vgroup(self._db, name)
        names.check('Volume group', new_name)
        if names.key(new_name) != names.key(vgroup.name):
            self._check_free(new_name)
        return containers.rename(self._db, vgroup, new_name)

    def destroy(self, name: str) -> rows.VolumeGroup:
        """Start the 24 hours; refused while it holds live volumes."""
        vgroup = lookup.live_vgroup(self._db, name)
        if containers.volumes(self._db, vgroup):
            raise errors.refuse('vgroup_not_empty', ctx=name)
        return self._db.vgroups.change(
            vgroup, due_s=self._core.eradication_due_s())

    def recover(self, name: str) -> rows.VolumeGroup:
        return self._db.vgroups.change(self._destroyed(name), due_s=None)

    def eradicate(self, name: str) -> rows.VolumeGroup:
        vgroup = self._destroyed(name)
        if self._core.config.is_eradication_disabled:
            raise errors.refuse('eradication_disabled', ctx=name)
        self.remove(vgroup)
        return vgroup

    def remove(self, vgroup: rows.VolumeGroup):
        """Make a destroyed group cease, with the destroyed volumes in it."""
        for volume in list(containers.volumes(self._db, vgroup, 'all')):
            self._volumes.remove(volume)
        self._db.vgroups.remove(vgroup)

    def _check_free(self, name):
        if self._db.vgroups.find('name', names.key(name)):
            lookup.live_vgroup(self._db, name)
            raise errors.refuse('vgroup_exists', ctx=name)

    def _destroyed(self, name):
        vgroup = lookup.any_vgroup(self._db, name)
        if not vgroup.is_destroyed:
            raise errors.refuse('vgroup_not_destroyed', ctx=name)
        return vgroup
