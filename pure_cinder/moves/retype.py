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
"""Making a volume on the array what another type asks for, in place."""

import dataclasses

from cinder import exception
from cinder.i18n import _
from oslo_log import log as logging
from oslo_utils import units

from pure_cinder.array import leftovers
from pure_cinder.array import models
from pure_cinder import exceptions
from pure_cinder.moves import conversion
from pure_cinder.moves import kept_connections
from pure_cinder import naming
from pure_cinder import rollback
from pure_cinder.types import placement
from pure_cinder.types import specs
from pure_cinder.volumes import rows

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Shown:
    """What an array shows of a volume, beside its name.

    :ivar pgroups: names of the protection groups that it is in
    :ivar qos: specs.QosLimits; None if they were not asked for
    """

    pgroups: tuple[str, ...]
    qos: specs.QosLimits | None


class RetypeService:
    """Volumes that get another place, other groups, limits or names."""

    def __init__(self, fleet, whereabouts, types, names, volume_groups,
                 ghost_pods):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param ghost_pods: ghost_pods.GhostPods
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._types = types
        self._names = names
        self._volume_groups = volume_groups
        self._ghost_pods = ghost_pods

    def retype(self, volume, new_type):
        """Give a volume another type where it is.

        :param new_type: objects.VolumeType
        :returns: True and the model update, or False and None if this
            backend cannot serve the type, so that Cinder looks for another
        """
        _check_is_home(volume)
        member = self._whereabouts.member(volume)
        wanted = self._wanted_here(volume, member, new_type)
        if wanted is None:
            return False, None
        name = self._names.array_name(volume)
        known = self._told_by_row(volume, member, name)
        if known and self._is_so_by_row(volume, member, name, wanted):
            LOG.info('Retyped volume %(name)s on array %(array)s to '
                     '%(type)s, which asks for the same.',
                     {'name': name, 'array': member.gateway.array_name,
                      'type': new_type.name})
            rows.forget_loaded(volume)
            return True, rows.model_update(volume, member, known, wanted)
        converted = self._retype(volume, member, name, new_type, wanted,
                                 known)
        rows.forget_loaded(volume)
        return True, rows.model_update(volume, member, converted, wanted)

    def _wanted_here(self, volume, member, new_type):
        """:returns: specs.VolumeSpecs, or None if it must be elsewhere"""
        try:
            wanted = self._types.wanted_of(new_type, volume.size)
        except exceptions.PureUnsupportedError as error:
            LOG.info('Volume %(id)s is not retyped in place: %(error)s',
                     {'id': volume.id, 'error': error})
            return None
        if (wanted.replication is not specs.ReplicationType.NONE
                and member is not self._fleet.serving):
            LOG.warning('Volume %(id)s is not retyped in place: it stayed on '
                        '%(array)s, but %(replication)s replication starts '
                        'from %(serving)s. Fail back first.',
                        {'id': volume.id, 'array': member.backend_id,
                         'replication': wanted.replication.value,
                         'serving': self._fleet.serving.backend_id})
            return None
        return wanted

    def differs(self, volume, member, name):
        """Whether a volume on an array is not what its row's type asks for."""
        steps, _others = self._plan(
            member, name, self._types.specs_or_default(volume),
            naming.split_container(name)[1], self.look(member, name))
        return bool(steps)

    def look(self, member, name, with_pgroups=True, with_limits=True):
        """Ask an array for what can differ from what a type asks for.

        :returns: Shown
        """
        gateway = member.gateway
        can_limit = gateway.get_array().capabilities.bandwidth_limit
        pgroups, qos = self._fleet.workers.run([
            lambda: gateway.volumes.pgroups_of(name) if with_pgroups else (),
            lambda: gateway.volumes.get_qos(name) if (
                with_limits and can_limit) else None])
        return Shown(pgroups, qos if can_limit else specs.UNLIMITED)

    def convert(self, volume_id, member, name, wanted, leaf, shown,
                there=None, known=None):
        """Make the array volume ``name`` what ``wanted`` asks for.

        Wherever it is and whatever it has now; either all is done or nothing.
        Protection groups that are not the driver's are left alone.

        :param volume_id: Cinder's, for the name of a temporary pod
        :param wanted: specs.VolumeSpecs
        :param leaf: the name that it gets in its place
        :param shown: Shown of it; a volume that gets another name with all
            that is asked for
        :param there: location_info.Location of another backend of the
            array that it moves to
        :param known: models.Volume as it was, to spare a request
        :returns: models.Volume as it is then
        :raises PureUnsupportedError: a move would take it from a protection
            group that is not the driver's
        """
        steps, others = self._plan(member, name, wanted, leaf, shown, there)
        if others and any(isinstance(step, conversion.Move)
                          for step in steps):
            raise exceptions.PureUnsupportedError(_(
                'Volume %(name)s must be moved, which would take it from the '
                'protection groups %(groups)s. Take it from them first.')
                % {'name': name, 'groups': ', '.join(others)})
        return self._run(member, volume_id, name, wanted, steps, known)

    def _plan(self, member, name, wanted, leaf, shown, there=None):
        """Parameters are those of convert.

        :returns: list of conversion.Step, names of protection groups that
            are not the driver's
        """
        own = tuple(filter(self.is_own_pgroup, shown.pgroups))
        others = [pgroup for pgroup in shown.pgroups if pgroup not in own]
        place = (placement.placement(wanted, there) if there else
                 self._types.placement(wanted, member))
        steps = conversion.plan(
            conversion.State(naming.split_container(name)[1],
                             placement.of_name(name, own), shown.qos),
            conversion.State(leaf, place, wanted.qos))
        return steps, others

    def _retype(self, volume, member, name, new_type, wanted, known):
        """:returns: models.Volume as it is then"""
        old = self._types.specs_or_default(volume)
        with kept_connections.kept(member, volume, name) as moving:
            converted = self.convert(
                volume.id, member, name, wanted,
                naming.split_container(name)[1],
                self._shown_to_retype(member, name, old, wanted), known=known)
            moving.name = converted.name
        LOG.info('Retyped volume %(name)s on array %(array)s to %(type)s; it '
                 'is %(new_name)s now.',
                 {'name': name, 'array': member.gateway.array_name,
                  'type': new_type.name, 'new_name': converted.name})
        self._leave_volume_group(old, member, name, converted.name)
        return converted

    def _told_by_row(self, volume, member, name):
        """:returns: models.Volume, or None if its serial is not known"""
        serial = self._whereabouts.serial(volume, member, name)
        return serial and models.Volume(name, serial,
                                        volume.size * units.Gi, None)

    def _is_so_by_row(self, volume, member, name, wanted):
        """Whether a volume's row says that it is what a type asks for."""
        try:
            old = self._types.specs_of(volume)
        except exception.Invalid:
            return False
        return old == wanted and self._is_in_place(member, name, wanted)

    def _is_in_place(self, member, name, wanted):
        return naming.same_name(
            naming.split_container(name)[0],
            self._types.placement(wanted, member).container)

    def _shown_to_retype(self, member, name, old, wanted):
        """What has to be known of a volume before its type is changed.

        The limits are set anew, whatever they are. Protection groups count
        where types put volumes into them, or for a move.

        :param old: specs.VolumeSpecs of the row
        :returns: Shown
        """
        is_replicating = bool(self._fleet.targets) or (
            old.replication is not specs.ReplicationType.NONE)
        return self.look(
            member, name, with_limits=False, with_pgroups=is_replicating or (
                not self._is_in_place(member, name, wanted)))

    def _leave_volume_group(self, old, member, old_name, new_name):
        """Remove the volume group of the old type, if it is empty now.

        :param old: specs.VolumeSpecs
        """
        container, _leaf = naming.split_container(old_name)
        if old.volume_group and naming.same_name(
                container, old.volume_group) and not naming.same_name(
                    container, naming.split_container(new_name)[0]):
            self._volume_groups.remove_if_unused(member, old)

    def is_own_pgroup(self, name):
        """Whether a protection group is one that types put volumes into."""
        return any(naming.same_name(name, own)
                   for own in self._types.own_pgroups)

    def _run(self, member, volume_id, name, wanted, steps, known):
        """All steps, or none; returns models.Volume."""
        gateway = member.gateway
        with rollback.undoing() as undo:
            for step in steps:
                if isinstance(step, conversion.Move) and (
                        step.after.volume_group):
                    name = self._volume_groups.put(
                        member, wanted,
                        lambda: self._do(gateway, volume_id, name, step))
                    undo.push(self._volume_groups.take_back, member,
                              wanted, left=leftovers.created(
                                  gateway.volume_groups, wanted.volume_group))
                else:
                    name = self._do(gateway, volume_id, name, step)
                if step.is_reversible:
                    undo.push(self._do, gateway, volume_id, name,
                              step.reversed(), left=_left(gateway, name, step))
            return (dataclasses.replace(known, name=name) if known
                    else gateway.volumes.get(name))

    def _do(self, gateway, volume_id, name, step):
        """:returns: the full name after the step"""
        if isinstance(step, conversion.Members):
            if step.before:
                gateway.pgroups.remove_volumes(step.before, [name])
            else:
                gateway.pgroups.add_volumes(step.after, [name])
        elif isinstance(step, conversion.Move):
            return self._move(gateway, volume_id, name, step)
        elif isinstance(step, conversion.Rename):
            return gateway.volumes.rename(
                name, placement.of_name(name).name(step.after))
        elif isinstance(step, conversion.Limit):
            gateway.volumes.set_qos(name, step.after)
        return name

    def _move(self, gateway, volume_id, name, step):
        if step.before.pod:
            return self._ghost_pods.move_out(
                gateway, name, gateway.pods.get(step.before.pod),
                step.after.container, volume_id)
        if step.after.pod:
            return self._ghost_pods.move_in(
                gateway, name, gateway.pods.get(step.after.pod), volume_id)
        return gateway.volumes.move(name, step.after.container)


def _left(gateway, name, step):
    """What a step has left.

    :param name: of the volume after it
    :returns: rollback.Leftover
    """
    if isinstance(step, conversion.Members):
        return (leftovers.removed(gateway.pgroups, step.before, name)
                if step.before else
                leftovers.joined(gateway.pgroups, step.after, name))
    if isinstance(step, conversion.Move):
        return leftovers.moved(
            gateway.volumes, name, step.before.container,
            is_with_pod=bool(step.before.pod or step.after.pod))
    if isinstance(step, conversion.Rename):
        return leftovers.renamed(gateway.volumes, name,
                                 placement.of_name(name).name(step.before))
    return leftovers.limited(gateway.volumes, name, step.before)


def _check_is_home(volume):
    """:raises PureUnsupportedError: it is elsewhere with its group"""
    if volume.replication_driver_data:
        raise exceptions.PureUnsupportedError(_(
            'Volume %(id)s is failed over with its group to %(backend_id)s; '
            'fail the group back before the type is changed.')
            % {'id': volume.id, 'backend_id': volume.replication_driver_data})
