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
        done, look = (('retyped', self._unlike_type)
                      if volume.status == RETYPING
                      else ('extended', self._unlike_size))
        found = look(volume, member, name)
        if found:
            difference, remedy = found
            LOG.warning(
                'Volume %(id)s is being %(done)s, or that was interrupted: '
                '%(name)s on %(array)s %(difference)s. If nothing works on '
                'it, reset its state, %(remedy)s.',
                {'id': volume.id, 'done': done, 'name': name,
                 'array': member.gateway.array_name,
                 'difference': difference, 'remedy': remedy})

    def _unlike_type(self, volume, member, name):
        """:returns: what differs, and what to do; None if nothing does"""
        if not self._retype.differs(volume, member, name):
            return None
        asking = volume.volume_type and volume.volume_type.name
        return ('is not what its type %s asks for' % asking,
                'retype it to another type, and then to the one that it is '
                'to have')

    def _unlike_size(self, volume, member, name):
        """:returns: as of _unlike_type"""
        size_bytes = member.gateway.volumes.get(name).size_bytes
        if size_bytes != volume.size * units.Gi:
            return ('has %d GiB, and its row says %d' % (
                size_bytes // units.Gi, volume.size),
                'and extend it to what it has')
        if self._retype.differs(volume, member, name):
            return ('has the limits of another size than the %d GiB of its '
                    'row' % volume.size, 'and extend it')
        return None
