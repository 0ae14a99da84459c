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
"""Deleting: destroyed, and eradicated if so asked."""

from oslo_log import log as logging

from pure_cinder.array import errors

LOG = logging.getLogger(__name__)


class Trash:
    """Where deleted volumes, groups and their snapshots go."""

    def __init__(self, is_eradicating):
        """:param is_eradicating: as ``pure_eradicate_on_delete`` says"""
        self._is_eradicating = is_eradicating

    def delete(self, verbs, name, destroy=None):
        """Destroy an object or snapshot; one that is gone already is fine.

        :param verbs: of a gateway for such objects, as gateway.volumes
        :param destroy: in place of theirs, called with the name
        :returns: whether it was there, be it destroyed already
        """
        return self._remove(verbs, name, destroy, self._is_eradicating)

    def discard(self, verbs, made, destroy=None):
        """Take back what was made just now, and of which nobody knows.

        Nothing of it stays, since its name has to be free again: Cinder may
        try once more, on another backend of the same array. What was only
        found there after a lost answer may be older than that, and goes the
        way of all that is deleted.

        :param made: what the array told of the object, with ``is_new``
        """
        self._remove(verbs, made.name, destroy,
                     self._is_eradicating or made.is_new)

    def _remove(self, verbs, name, destroy, is_eradicating):
        destroy = destroy or verbs.destroy
        names = {'what': verbs.described(name), 'array': verbs.array_name}
        try:
            destroy(name)
        except errors.ArrayNotFoundError:
            LOG.warning('There is no %(what)s on array %(array)s to delete.',
                        names)
            return False
        except errors.ArrayPendingEradicationError:
            LOG.info('Found %(what)s on array %(array)s destroyed.', names)
        else:
            LOG.info('Destroyed %(what)s on array %(array)s.', names)
        if is_eradicating:
            self._eradicate(verbs, name, names)
        return True

    @staticmethod
    def _eradicate(verbs, name, names):
        try:
            verbs.eradicate(name)
        except errors.ArrayNotFoundError:
            LOG.debug('Found %(what)s on array %(array)s eradicated.', names)
        except errors.ArrayRefusal as error:
            LOG.warning('Did not eradicate %(what)s, which is destroyed on '
                        'array %(array)s: %(error)s',
                        {**names, 'error': error})
        else:
            LOG.info('Eradicated %(what)s on array %(array)s.', names)
