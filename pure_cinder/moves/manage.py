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
"""Taking over what is on the array, and giving it back.

Nothing on the array is changed before everything was checked.
"""

import functools

from cinder import context as cinder_context
from cinder import exception
from cinder.i18n import _
from cinder import objects
from cinder.volume import volume_utils
from oslo_config import cfg
from oslo_log import log as logging

from pure_cinder.array import leftovers
from pure_cinder.fleet import whereabouts as places
from pure_cinder.moves import manageable_lists
from pure_cinder import naming
from pure_cinder import rollback
from pure_cinder.volumes import rows

LOG = logging.getLogger(__name__)
CONF = cfg.CONF

# Horizon and the command line send the second.
REFERENCE_KEYS = ('name', 'source-name')


class ManageService:
    """Volumes and snapshots that come under Cinder's care and leave it."""

    def __init__(self, fleet, whereabouts, types, names, retype, tags,
                 recovery):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param retype: retype.RetypeService
        :param tags: tags.TagService
        :param recovery: recovery.Recovery
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._types = types
        self._names = names
        self._retype = retype
        self._tags = tags
        self._recovery = recovery

    # Volumes

    def volume_size_gib(self, reference):
        """:returns: size that Cinder keeps, rounded up to whole GiB"""
        found = self._find_volume(reference)
        return manageable_lists.size_gib(found.size_bytes)

    def take_volume(self, volume, reference):
        """Rename an array volume and make it what the type asks for.

        :returns: model update
        :raises ManageExistingInvalidReference: no such volume, or one that
            cannot be taken over; tells why
        :raises ManageExistingAlreadyManaged: Cinder has it
        """
        member = self._fleet.serving
        wanted = self._types.wanted(volume)
        found, is_connected, shown = self._look_at(reference)
        self._check_volume(found.name, reference, is_connected,
                           self._types.placement(wanted, member))
        taken = self._retype.convert(volume.id, member, found.name, wanted,
                                     self._names.base_name(volume), shown,
                                     known=found)
        _log('Managed volume', found.name, member, taken.name)
        self._tags.touch(volume)
        return rows.model_update(volume, member, taken, wanted)

    def release_volume(self, volume):
        """Take the volume from the driver's groups and mark its name.

        It keeps its limits, and stays in a pod or volume group that it is
        in, since leaving that would change what it is to its users.
        """
        member = self._whereabouts.member(volume)
        gateway = member.gateway
        if not (gateway.volumes.find(self._names.array_name(volume))
                or self._recovery.find(volume)):
            LOG.warning('Volume %s is not on the array; there is nothing to '
                        'give back.', self._names.array_name(volume))
            return
        name = self._names.array_name(volume)
        pgroups = [pgroup for pgroup in gateway.volumes.pgroups_of(name)
                   if self._retype.is_own_pgroup(pgroup)]
        with rollback.undoing() as undo:
            for pgroup in pgroups:
                gateway.pgroups.remove_volumes(pgroup, [name])
                undo.push(gateway.pgroups.add_volumes, pgroup, [name],
                          left=leftovers.removed(gateway.pgroups, pgroup,
                                                 name))
            released = gateway.volumes.rename(name,
                                              naming.unmanaged_name(name))
        _log('Unmanaged volume', name, member, released)
        self._tags.remove(member, released)

    def _look_at(self, reference):
        """Ask for all that decides on a volume at once.

        :returns: models.Volume, whether it is connected, retype.Shown
        """
        member, name = self._fleet.serving, _name_in(reference)
        volumes = member.gateway.volumes
        asks = (lambda: self._find_volume(reference),
                lambda: volumes.is_connected(name),
                lambda: self._retype.look(member, name))
        if naming.is_snapshot_name(name):
            asks = asks[:1]
        answers = self._fleet.workers.run(
            functools.partial(_or_refusal, ask) for ask in asks)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _find_volume(self, reference):
        name = _name_in(reference)
        volumes = self._fleet.serving.gateway.volumes
        found = None if naming.is_snapshot_name(name) else volumes.find(name)
        if found:
            return found
        if not naming.is_snapshot_name(name) and volumes.find_destroyed(name):
            raise _invalid(reference, _('The volume is destroyed; recover it '
                                        'on the array first.'))
        raise _invalid(reference, ' '.join(filter(None, (
            _('The array has no such volume.'), self._interrupted(name)))))

    def _interrupted(self, name):
        """What may have become of a volume whose manage was interrupted.

        The rows of such tell the names that they were to give.

        :returns: a sentence for the operator, or None
        """
        rows_ = objects.VolumeList.get_all(
            cinder_context.get_admin_context(),
            filters={'status': ['managing', 'error_managing']})
        given = {naming.name_key(self._names.base_name(row)) for row in rows_}
        given.add(naming.name_key(naming.split_container(name)[1]))
        found = [volume.name for volume in
                 self._fleet.serving.gateway.volumes.list_all()
                 if naming.name_key(naming.split_container(volume.name)[1])
                 in given]
        return _(
            'A manage that was interrupted may have left it as %(found)s. If '
            'that is the volume, give it the name %(name)s again with '
            '"purevol rename" or "purevol move", and manage it anew.') % {
                'found': ' or '.join(found), 'name': name} if found else None

    @staticmethod
    def _check_volume(name, reference, is_connected, place):
        if _has_row(name):
            raise exception.ManageExistingAlreadyManaged(volume_ref=name)
        container, leaf = naming.split_container(name)
        # A volume that is where its type puts it is as good as in the root.
        shown = leaf if container == place.container else name
        obstacles = manageable_lists.Obstacles(connected=frozenset(
            [shown] if is_connected else ()))
        obstacle = obstacles.to_volume(shown)
        if obstacle:
            raise _invalid(reference, obstacle)

    # Snapshots

    def snapshot_size_gib(self, snapshot, reference):
        """:returns: size that Cinder keeps, rounded up to whole GiB"""
        return manageable_lists.size_gib(
            self._find_snapshot(snapshot, reference).size_bytes)

    def take_snapshot(self, snapshot, reference):
        """Rename a snapshot of a volume that Cinder has.

        Metadata stays what the user gave with it.

        :returns: model update
        :raises ManageExistingInvalidReference: no such snapshot of the
            volume, or one that cannot be taken over; tells why
        """
        found = self._find_snapshot(snapshot, reference)
        obstacle = manageable_lists.Obstacles().to_snapshot(found.name)
        if obstacle:
            raise _invalid(reference, obstacle)
        self._check_not_taken(snapshot, found.name, reference)
        member = self._whereabouts.member(snapshot.volume)
        name = member.gateway.volumes.rename_snapshot(found.name,
                                                      snapshot.name)
        _log('Managed volume snapshot', found.name, member, name)
        return {'provider_location': places.location(member, found.serial)}

    def release_snapshot(self, snapshot):
        """Mark the name of a snapshot that Cinder gives up."""
        name = self._names.snapshot_name(snapshot)
        member = self._whereabouts.snapshot_member(snapshot)
        released = member.gateway.volumes.rename_snapshot(
            name, naming.unmanaged_snapshot_suffix(name))
        _log('Unmanaged volume snapshot', name, member, released)

    @staticmethod
    def _check_not_taken(snapshot, name, reference):
        """See that no other snapshot of the volume has the name."""
        known = objects.SnapshotList.get_all_for_volume(
            cinder_context.get_admin_context(), snapshot.volume_id)
        suffix = naming.snapshot_suffix(name)
        if any(other.id != snapshot.id and naming.same_name(
                suffix, naming.snapshot_suffix(other.provider_id or '')
                or other.name) for other in known):
            raise _invalid(reference, _('Cinder manages it already.'))

    def _find_snapshot(self, snapshot, reference):
        """The snapshot that a reference names.

        A reference without a volume is to one of this volume: its name after
        the ``.``, or the id that it had in Cinder.
        """
        name = _name_in(reference)
        volume_name = self._names.array_name(snapshot.volume)
        volumes = self._whereabouts.member(snapshot.volume).gateway.volumes
        found = (volumes.find_snapshot(name)
                 if naming.is_snapshot_name(name)
                 else _by_suffix(volumes.snapshots_of(volume_name), name))
        if not found:
            raise _invalid(reference, _('The array has no such snapshot.'))
        if found.source != volume_name:
            raise _invalid(reference, _('It is a snapshot of %(source)s, not '
                                        'of %(volume)s.')
                           % {'source': found.source, 'volume': volume_name})
        return found


def _by_suffix(snapshots, name):
    """The one of a volume's snapshots that has a name, or an id, or None."""
    by_suffix = {naming.name_key(naming.snapshot_suffix(found.name)): found
                 for found in snapshots
                 if not naming.is_group_snapshot_member(found.name)}
    cinder_name = CONF.snapshot_name_template % name
    given = [suffix for plain in (name, cinder_name) for suffix in (
        plain, naming.unmanaged_snapshot_suffix(plain))]
    return next((by_suffix[naming.name_key(suffix)] for suffix in given
                 if naming.name_key(suffix) in by_suffix), None)


def _log(done, name, member, new_name):
    LOG.info('%(done)s %(name)s on array %(array)s; it is %(new_name)s now.',
             {'done': done, 'name': name, 'new_name': new_name,
              'array': member.gateway.array_name})


def _name_in(reference):
    """The name on the array that a reference gives."""
    names = {reference[key] for key in REFERENCE_KEYS if reference.get(key)}
    if len(names) != 1:
        raise _invalid(reference, _(
            "Give the name on the array, once, as 'name' or 'source-name'."))
    return names.pop()


def _has_row(name):
    """Whether Cinder has a volume with that name on an array.

    Rows of long ago have no ``provider_id``, but an id that the name tells.
    """
    cinder_name = naming.cinder_volume_name(name)
    return bool(objects.VolumeList.get_all(
        cinder_context.get_admin_context(), filters={'provider_id': name})
    ) or volume_utils.check_already_managed_volume(
        cinder_name and volume_utils.extract_id_from_volume_name(cinder_name))


def _or_refusal(ask):
    """What is asked for, or the error in place of it."""
    try:
        return ask()
    except exception.CinderException as error:
        return error


def _invalid(reference, reason):
    return exception.ManageExistingInvalidReference(existing_ref=reference,
                                                    reason=reason)
