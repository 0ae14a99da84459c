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
"""Where volumes are, and where they move: as it was before it was mended."""

import copy
import types

from pure_cinder.fleet import whereabouts as places
from pure_cinder.moves import conversion
from pure_cinder.moves import manage
from pure_cinder.moves import migration
from pure_cinder.moves import retype
from pure_cinder import naming
from pure_cinder.replication import peers
from pure_cinder.volumes import layouts
from pure_cinder.volumes import snapshots

_delete_snapshot = snapshots.SnapshotService.delete
_retype = retype.RetypeService.retype
_migrate = migration.MigrationService.migrate
_new_layout = layouts.Layouts.new
_plan = conversion.plan
_release = manage.ManageService.release_volume


class AsIf:
    """What seems to be something else, such as a row."""

    def __init__(self, real, **values):
        self._real = real
        vars(self).update(values)

    def __getattr__(self, name):
        return getattr(self._real, name)


def delete_and_note_a_copy(self, snapshot):
    """Whatever the array of a snapshot has of its volume is a copy."""
    _delete_snapshot(self, snapshot)
    member = self._whereabouts.snapshot_member(snapshot)
    if member is not self._whereabouts.member(snapshot.volume):
        self._retired_copies.note(member, {
            snapshot.volume_id: self._names.name_at(snapshot.volume, member)})


def is_row_there(self, volume, member):
    """What Cinder has not written yet is of no concern."""
    return (self._whereabouts.place(volume).member is member
            or places.array_id(volume) == member.gateway.get_array().id)


def following_the_process(self, volume):
    """A replicated volume is where this process has the backend."""
    serving = self._fleet.serving
    is_in_pod = serving.holds_pod and naming.is_in_pod(volume.provider_id)
    return places.Place(
        places.State.IN_POD if is_in_pod else places.State.HERE, serving)


def no_other_name(self, row):
    """Nothing is looked for by its serial."""
    return False


def nothing_to_settle(self, volumes):
    """A start looks for no volume that was being moved."""


def layout_where_the_row_says(self, volume, member):
    """A new volume is made where its row, maybe a copied one, says."""
    return _new_layout(self, volume, self._whereabouts.member(volume)
                       if volume.provider_id else member)


def deaf_to_names(self, name):
    """An array is called for ever what it was called at the start."""


def replica_by_remembered_name(member, source, pgroup):
    return member.gateway.pgroups.find(
        naming.on_target(peers.array_name(source), pgroup))


def remembered_name(member, peer):
    return peers.array_name(peer)


def pod_status_by_name(member, pod):
    found, name = member.gateway.pods.find(pod), peers.array_name(member)
    return next((array.status for array in (found.arrays if found else ())
                 if naming.same_name(array.name, name)), None)


def retype_wherever_it_is(self, volume, new_type):
    """As if the array that has the volume were the one that serves."""
    service = copy.copy(self)
    service._fleet = AsIf(self._fleet,
                          serving=self._whereabouts.member(volume))
    return _retype(service, volume, new_type)


def unknown_array(self, volume):
    """An array that was replaced has nothing, whatever it has."""
    return places.Place(places.State.UNKNOWN_ARRAY, None)


def name_of_any_row(self, volume):
    """A name is derived for a row that was never made, too."""
    return self._names.derived(volume)


def is_own_pgroup_by_spelling(self, name):
    return name in self._types.own_pgroups


def as_spelled(now, wanted):
    return wanted


def migrate_attached(self, volume, host):
    """A volume is moved to another backend while it is attached."""
    return _migrate(self, AsIf(volume, volume_attachment=()), host)


def plan_name_first(now, wanted):
    """What is interrupted has its new name already."""
    return sorted(_plan(now, wanted), reverse=True,
                  key=lambda step: isinstance(step, conversion.Rename))


def nothing_interrupted(self, name):
    """No row tells what became of a volume that is not there."""


def release_by_name(self, volume):
    """A volume that is not there by its name is not given back."""
    service = copy.copy(self)
    service._recovery = types.SimpleNamespace(find=lambda row: False)
    _release(service, volume)


def no_row_has_it(*args):
    """Whatever a reference names is nobody's."""
    return False


def with_group_by_backend_id(self, volume):
    """The array of a group is known by what the operator called it."""
    return places.Place(places.State.WITH_GROUP, self._fleet.member(
        volume.replication_driver_data))


def destroy_ghost(gateway, ghost):
    """A temporary pod counts against the limit until it is eradicated."""
    gateway.pods.destroy(ghost)


def no_step_back(self, *args):
    """What was made for something that failed stays."""
