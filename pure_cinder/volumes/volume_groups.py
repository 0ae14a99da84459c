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
"""Volume groups: made when a volume needs one, removed with the last."""

from cinder import coordination
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import leftovers
from pure_cinder import rollback
from pure_cinder.types import specs

LOG = logging.getLogger(__name__)


class VolumeGroupService:
    """The groups that volume types name.

    A lock on the group's name, which all nodes of a cluster share, is held
    while a group is made for a volume and while one is removed. A volume
    that finds its group there needs none: the array refuses to remove a
    group with volumes, or the group is taken back with what it held.
    """

    def __init__(self):
        self._limits = {}

    def put(self, member, wanted, act):
        """Do what puts a volume into the group of its type, if any.

        :param member: roster.Member
        :param wanted: specs.VolumeSpecs
        :param act: creates, copies or moves the volume; called once more if
            the group was not there
        :returns: what ``act`` returns
        """
        if not wanted.volume_group:
            return act()
        try:
            self._limit(member, wanted)
            return act()
        except errors.ArrayRefusal:
            # That the group is not there is told in words of which no
            # evidence is known.
            return self._put_anew(wanted.volume_group, member, wanted, act)

    def remove_if_unused(self, member, wanted):
        """Remove the group that a type names, if that loses nothing.

        It has to be empty, and to have the limits that it would be made with
        again. It is not eradicated, since the destroyed volumes in it would
        be, too. A failure is logged only.

        :param wanted: specs.VolumeSpecs of a volume that was in the group
        """
        try:
            self.take_back(member, wanted)
        except errors.ArrayError as error:
            LOG.warning('A volume group was not removed: %(error)s %(left)s',
                        {'error': error, 'left': leftovers.created(
                            member.gateway.volume_groups,
                            wanted.volume_group)})

    def take_back(self, member, wanted):
        """Undo ``put``: the same as ``remove_if_unused``, but it raises."""
        self._remove(wanted.volume_group, member, wanted)

    @coordination.synchronized('pure-vgroup-{name}')
    def _put_anew(self, name, member, wanted, act):
        with rollback.undoing() as undo:
            if self._make(name, member, wanted):
                undo.push(self._remove_unlocked, name, member, wanted,
                          left=leftovers.created(
                              member.gateway.volume_groups, name))
            self._limit(member, wanted)
            return act()

    def _make(self, name, member, wanted):
        """Make the group or take it back.

        :returns: False if it is there by now
        """
        groups = member.gateway.volume_groups
        try:
            groups.create(name, wanted.volume_group_qos)
        except errors.ArrayRefusal:
            if groups.find(name):
                return False
            if not groups.find_destroyed(name):
                raise
            groups.recover(name)
            self._limits.pop((member.backend_id, name), None)
            LOG.info('Recovered volume group %s, which was destroyed, on '
                     'array %s.', name, groups.array_name)
        else:
            self._limits[member.backend_id, name] = wanted.volume_group_qos
            LOG.info('Created volume group %s on array %s.', name,
                     groups.array_name)
        return True

    @coordination.synchronized('pure-vgroup-{name}')
    def _remove(self, name, member, wanted):
        self._remove_unlocked(name, member, wanted)

    def _remove_unlocked(self, name, member, wanted):
        groups = member.gateway.volume_groups
        found = groups.find(name)
        if found and not found.volumes and (
                self._actual_limits(member, name)
                == wanted.volume_group_qos):
            _destroy(groups, name)

    def _limit(self, member, wanted):
        """Give the group the limits of the type, unless it has none.

        A type without them leaves those that an operator set.
        """
        qos = wanted.volume_group_qos
        key = (member.backend_id, wanted.volume_group)
        if qos != specs.UNLIMITED and self._limits.get(key) != qos:
            member.gateway.volume_groups.set_qos(wanted.volume_group, qos)
            self._limits[key] = qos

    @staticmethod
    def _actual_limits(member, name):
        if not member.gateway.get_array().capabilities.volume_group_limits:
            return specs.UNLIMITED
        return member.gateway.volume_groups.get_qos(name)


def _destroy(groups, name):
    """Destroy an empty group, and no volume with it.

    That the array refuses to destroy one that holds volumes is not certain,
    and one may have come since it was found to be empty.

    :param groups: array.volume_groups.VolumeGroups
    """
    groups.destroy(name)
    names = {'name': name, 'array': groups.array_name}
    try:
        held = _recover_held(groups, name)
    except errors.ArrayError as error:
        LOG.warning('Destroyed volume group %(name)s on array %(array)s; it '
                    'was empty, but whether a volume came into it meanwhile '
                    'is not known: %(error)s If one did, take it back there '
                    'with "purevgroup recover %(name)s".',
                    {**names, 'error': error})
        return
    if held:
        LOG.warning('Recovered volume group %(name)s on array %(array)s: '
                    '%(volumes)s had come into it.',
                    {**names, 'volumes': ', '.join(held)})
    else:
        LOG.info('Destroyed volume group %(name)s on array %(array)s: it is '
                 'empty.', names)


def _recover_held(groups, name):
    """Recover a group that was destroyed with volumes.

    :returns: names of the volumes that it holds again
    """
    destroyed = groups.find_destroyed(name)
    if not destroyed or not destroyed.volumes:
        return ()
    groups.recover(name)
    held = groups.get(name).volumes
    if not held:
        groups.destroy(name)
    return held
