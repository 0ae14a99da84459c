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
"""What an interrupted operation left otherwise than Cinder's rows say.

A process that dies in it, or a database that does not take what came of it,
leaves the old type or size in the row, which an administrator may call
available again.
"""

from oslo_log import log as logging
from oslo_utils import units

from pure_cinder import exceptions

LOG = logging.getLogger(__name__)

RETYPING = 'retyping'
EXTENDING = ('extending', 'error_extending')


class InterruptedWork:
    """Tells what to do about volumes whose rows say that work is under way."""

    def __init__(self, whereabouts, names, retype):
        """:param whereabouts: whereabouts.Whereabouts

        :param names: names.Names
        :param retype: retype.RetypeService
        """
        self._whereabouts = whereabouts
        self._names = names
        self._retype = retype

    def tell(self, volumes):
        """Log a line for each that is not what its row says.

        :param volumes: rows of the backend
        """
        for volume in volumes:
            if volume.provider_id and volume.status in (
                    RETYPING, *EXTENDING):
                try:
                    self._tell(volume)
                except exceptions.PureDriverException as error:
                    LOG.warning('Whether volume %(id)s, which is %(status)s, '
                                'is what its row says is not known: '
                                '%(error)s',
                                {'id': volume.id, 'status': volume.status,
                                 'error': error})

    def _tell(self, volume):
        member = self._whereabouts.member(volume)
        name = self._names.array_name(volume)
        names = {'id': volume.id, 'name': name,
                 'array': member.gateway.array_name}
        if volume.status == RETYPING:
            if self._retype.differs(volume, member, name):
                LOG.warning(
                    'Volume %(id)s is being retyped, or that was '
                    'interrupted: %(name)s on %(array)s is not what its type '
                    '%(type)s asks for. If nothing works on it, reset its '
                    'state, retype it to another type, and then to the one '
                    'that it is to have.', {**names, 'type': (
                        volume.volume_type and volume.volume_type.name)})
            return
        size_bytes = member.gateway.volumes.get(name).size_bytes
        if size_bytes != volume.size * units.Gi:
            LOG.warning(
                'Volume %(id)s is being extended, or that was interrupted: '
                '%(name)s on %(array)s has %(found)d GiB, and its row says '
                '%(size)d. If nothing works on it, reset its state, and '
                'extend it to what it has.', {
                    **names, 'found': size_bytes // units.Gi,
                    'size': volume.size})
        elif self._retype.differs(volume, member, name):
            LOG.warning(
                'Volume %(id)s is being extended, or that was interrupted: '
                '%(name)s on %(array)s has the limits of another size than '
                'the %(size)d GiB of its row. If nothing works on it, reset '
                'its state, and extend it.', {**names, 'size': volume.size})
