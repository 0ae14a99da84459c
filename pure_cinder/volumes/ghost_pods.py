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
"""Moving volumes into and out of a stretched pod.

Purity refuses to move a volume into a stretched pod or out of it, except from
and to a pod that is stretched over the same arrays. So the volume goes
through a temporary pod of its own, the "ghost": stretched with the volume in
it on the way in, and unstretched on the way out.
"""

import functools

from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import leftovers
from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder import polling
from pure_cinder import rollback

LOG = logging.getLogger(__name__)

RESYNC_LIMIT_S = 600
RESYNC_INTERVAL_S = 2


class GhostPods:
    """Temporary pods on the way into and out of stretched ones."""

    def __init__(self, prefix):
        """:param prefix: as ``pure_ghost_pod_name`` says"""
        self._prefix = prefix

    def move_in(self, gateway, name, pod, volume_id):
        """Move a volume into a pod.

        :param pod: models.Pod
        :returns: the full name that the volume has there
        :raises PureReplicationError: the pods did not get in sync
        """
        if not pod.is_stretched:
            return gateway.volumes.move(name, pod.name)
        leaf = naming.split_container(name)[1]
        with rollback.undoing() as undo:
            ghost = self._ensure(gateway, volume_id)
            undo.push(self._remove, gateway, ghost,
                      left=leftovers.created(gateway.pods, ghost))
            inside = self._move(undo, gateway, name, ghost)
            self._stretch(undo, gateway, ghost, pod)
            gateway.volumes.move(inside, pod.name)
        self._clean_up(gateway, ghost, _others(gateway, pod))
        return naming.in_pod(pod.name, leaf)

    def move_out(self, gateway, name, pod, container, volume_id):
        """Move a volume out of a pod, to a volume group or the root.

        :param pod: models.Pod
        :returns: the full name that the volume has there
        :raises PureReplicationError: the pods did not get in sync
        """
        if not pod.is_stretched:
            return gateway.volumes.move(name, container)
        with rollback.undoing() as undo:
            ghost = self._ensure(gateway, volume_id)
            undo.push(self._remove, gateway, ghost,
                      left=leftovers.created(gateway.pods, ghost))
            self._stretch(undo, gateway, ghost, pod)
            inside = self._move(undo, gateway, name, ghost)
            self._unstretch(gateway, ghost)
            undo.push(self._stretch, rollback.Undo(), gateway, ghost, pod,
                      left=leftovers.unstretched(gateway.pods, ghost,
                                                 _others(gateway, pod)))
            moved = gateway.volumes.move(inside, container)
        self._clean_up(gateway, ghost)
        return moved

    def rescue(self, gateway, name, volume_id):
        """Take a volume out of its ghost pod, if a move ended in that.

        :param name: full name of the volume, wherever it is
        :returns: the full name that the volume has then
        """
        ghost = self._name(volume_id)
        if not naming.same_name(naming.split_container(name)[0], ghost):
            return name
        self._unstretch(gateway, ghost)
        moved = gateway.volumes.move(name, '')
        self._clean_up(gateway, ghost)
        return moved

    def remove_left(self, gateway, volume_id):
        """Remove the ghost pod that an interrupted move left, if any."""
        left = gateway.get_array().capabilities.pods and (
            gateway.pods.find(self._name(volume_id)))
        if left:
            self._clean_up(gateway, left.name, _others(gateway, left))

    def _name(self, volume_id):
        return naming.ghost_pod_name(self._prefix, volume_id)

    def _ensure(self, gateway, volume_id):
        """Make the ghost pod; one that an earlier attempt left will do."""
        ghost = self._name(volume_id)
        try:
            gateway.pods.create(ghost)
        except errors.ArrayPendingEradicationError:
            gateway.pods.recover(ghost)
        except errors.ArrayAlreadyExistsError:
            LOG.info('Using the temporary pod %s of an earlier attempt on '
                     'array %s.', ghost, gateway.array_name)
        return ghost

    @staticmethod
    def _move(undo, gateway, name, ghost):
        moved = gateway.volumes.move(name, ghost)
        container = naming.split_container(name)[0]
        undo.push(gateway.volumes.move, moved, container,
                  left=leftovers.moved(gateway.volumes, moved, container))
        return moved

    def _stretch(self, undo, gateway, ghost, pod):
        """Stretch the ghost over the arrays of a pod, and let it resync."""
        others = _others(gateway, pod)
        for name in others:
            gateway.pods.add_array(ghost, name)
        undo.push(self._unstretch, gateway, ghost,
                  left=leftovers.stretched(gateway.pods, ghost, others))
        if not polling.until(functools.partial(_is_online, gateway, ghost),
                             RESYNC_LIMIT_S, RESYNC_INTERVAL_S):
            raise exceptions.PureReplicationError(_(
                'The temporary pod %(ghost)s was not in sync on %(arrays)s '
                'within %(limit)s s. See that replication between the arrays '
                'works, and try again.')
                % {'ghost': ghost, 'limit': RESYNC_LIMIT_S,
                   'arrays': ', '.join(member.name
                                       for member in pod.arrays)})

    @staticmethod
    def _unstretch(gateway, ghost):
        for name in _others(gateway, gateway.pods.get(ghost)):
            gateway.pods.remove_array(ghost, name)

    def _remove(self, gateway, ghost):
        self._unstretch(gateway, ghost)
        self._destroy(gateway, ghost)

    @staticmethod
    def _destroy(gateway, ghost):
        """Destroy the pod, which is empty and was never anybody's.

        It is eradicated, since destroyed pods count against the array's
        limit, which is low.
        """
        gateway.pods.destroy(ghost)
        try:
            gateway.pods.eradicate(ghost)
        except errors.ArrayError as error:
            LOG.info('The temporary pod %(ghost)s is destroyed, but array '
                     '%(array)s does not eradicate it now: %(error)s',
                     {'ghost': ghost, 'array': gateway.array_name,
                      'error': error})

    def _clean_up(self, gateway, ghost, others=()):
        """The volume has arrived; an empty pod that stays does no harm.

        :param others: names of the arrays that the pod is stretched to
        """
        removal = rollback.Undo()
        removal.push(self._destroy, gateway, ghost,
                     left=leftovers.created(gateway.pods, ghost))
        if others:
            removal.push(self._unstretch, gateway, ghost,
                         left=leftovers.stretched(gateway.pods, ghost, others))
        removal.run()


def _others(gateway, pod):
    """Names of the pod's arrays but this one, whose name may have changed."""
    own_id = gateway.get_array().id
    return [member.name for member in pod.arrays if member.id != own_id]


def _is_online(gateway, ghost):
    return all(member.status == 'online'
               for member in gateway.pods.get(ghost).arrays)
