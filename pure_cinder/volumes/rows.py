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
"""What Cinder's rows keep of volumes on the arrays."""

from cinder import context
from cinder import objects
from cinder.objects import base
from cinder.objects import fields
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.fleet import whereabouts as places
from pure_cinder import naming
from pure_cinder.types import specs

LOG = logging.getLogger(__name__)

# A volume of such a status was never made, or not to the end.
UNMADE_STATUSES = ('creating', 'error', 'deleting', 'error_deleting')


def model_update(volume, member, made, wanted):
    """What Cinder keeps of a volume that was made on an array.

    :param made: models.Volume
    :param wanted: specs.VolumeSpecs that it was made for
    """
    is_replicated = wanted.replication is not specs.ReplicationType.NONE
    return {
        'id': volume.id,
        'provider_id': made.name,
        'provider_location': places.location(member, made.serial),
        'replication_status': (
            fields.ReplicationStatus.ENABLED if is_replicated
            else fields.ReplicationStatus.DISABLED),
        'metadata': {**(volume.metadata or {}),
                     'array_volume_name': made.name,
                     'array_name': member.gateway.get_array().name},
    }


def forget_loaded(row):
    """Let a row be saved that has brought other objects along.

    On the way over Cinder's message bus the specs of a type, and a snapshot
    that has metadata, come to look changed, and with them the row that has
    them. Cinder saves none of these with it.

    :param row: objects.Volume or objects.Snapshot
    """
    for name in row.obj_what_changed():
        loaded = getattr(row, name)
        if isinstance(loaded, base.CinderObject):
            _reset(loaded)
            row.obj_reset_changes([name])


def _reset(loaded):
    """Cinder's objects do not pass it on to those in them."""
    for name in loaded.obj_what_changed():
        value = getattr(loaded, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, base.CinderObject):
                _reset(part)
    loaded.obj_reset_changes()


def save(row):
    """Save what has changed of a row, and nothing that it brought along."""
    forget_loaded(row)
    row.save()


def share_types(volumes):
    """Read each volume type once, with its specs, for all rows that have it.

    Each row would ask Cinder's database for its own.
    """
    known = {}
    for volume in volumes:
        if volume.volume_type_id in known and (
                not volume.obj_attr_is_set('volume_type')):
            volume.volume_type = known[volume.volume_type_id]
            volume.obj_reset_changes(['volume_type'])
        known.setdefault(volume.volume_type_id, volume.volume_type)
    for volume_type in filter(None, known.values()):
        for name in ('extra_specs', 'qos_specs'):
            if not volume_type.obj_attr_is_set(name):
                volume_type.obj_load_attr(name)


def read_volumes(snapshots):
    """Read the volumes of snapshots, and their types, at once."""
    lacking = [snapshot for snapshot in snapshots
               if not snapshot.obj_attr_is_set('volume')]
    volumes = {volume.id: volume for volume in objects.VolumeList.get_all(
        context.get_admin_context(), filters={'id': [
            snapshot.volume_id for snapshot in lacking]})} if lacking else {}
    for snapshot in lacking:
        if snapshot.volume_id in volumes:
            snapshot.volume = volumes[snapshot.volume_id]
            snapshot.obj_reset_changes(['volume'])
    share_types([snapshot.volume for snapshot in snapshots])


class VolumeRows:
    """Model updates for the volumes of one backend."""

    def __init__(self, fleet, whereabouts, names, types):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param types: volume_types.VolumeTypes
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._names = names
        self._types = types

    def serial(self, volume):
        """Serial of the volume, if its row has it: 24 hex digits or None."""
        return self._whereabouts.serial(
            volume, self._whereabouts.member(volume),
            self._names.array_name(volume))

    def location_update(self, volume):
        """Model update for a row without a serial of this array, or None.

        Rows that the in-tree driver wrote have none. An array that does not
        tell it is no failure: nothing but round trips depends on it.
        """
        try:
            if self.serial(volume):
                return None
            member = self._whereabouts.member(volume)
            found = member.gateway.volumes.get(self._names.array_name(volume))
            return {'provider_location': places.location(member,
                                                         found.serial)}
        except errors.ArrayError as error:
            LOG.info('The serial of volume %(id)s is not known yet: '
                     '%(error)s', {'id': volume.id, 'error': error})
            return None

    def name_updates(self, volumes):
        """Names for the rows that were written before names were kept.

        So are those that Cinder did not get to write after a failover. A
        name that another row bears is not given again, and a row that may
        never have been made gets none that could be another volume's.

        :returns: list of dicts with ``id`` and ``provider_id``
        """
        updates = []
        taken = {volume.provider_id for volume in volumes}
        for volume in volumes:
            name = self._name_out_of_pod(volume) or (
                None if volume.provider_id else self._derived_name(volume))
            if name and name not in taken:
                taken.add(name)
                updates.append({'id': volume.id, 'provider_id': name})
        return updates

    def _derived_name(self, volume):
        """Name of a volume that was made, as far as that is sure, or None."""
        if not naming.is_shortened(volume.name):
            return self._names.derived(volume)
        if volume.status in UNMADE_STATUSES:
            return None
        name = self._names.derived(volume)
        others = objects.VolumeList.get_all(context.get_admin_context(),
                                            filters={'provider_id': name})
        return None if others else name

    def _name_out_of_pod(self, volume):
        """Name of a volume that a failover took out of its pod.

        :returns: None for any other
        """
        member, name = self._fleet.serving, volume.provider_id or ''
        if (member.holds_pod or not naming.is_in_pod(name)
                or not places.is_following(volume)):
            return None
        _pod, leaf = naming.split_container(name)
        moved = self._types.placement(
            self._types.specs_or_default(volume), member).name(leaf)
        try:
            return moved if member.gateway.volumes.find(moved) else None
        except errors.ArrayError as error:
            LOG.warning('Whether volume %(id)s is on array %(array)s is not '
                        'known: %(error)s',
                        {'id': volume.id, 'array': member.backend_id,
                         'error': error})
            return None
