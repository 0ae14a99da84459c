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
"""What a volume's type asks of this backend, and where that puts it."""

from cinder import exception
from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder import exceptions
from pure_cinder.types import placement
from pure_cinder.types import specs

LOG = logging.getLogger(__name__)

FRONT_END = 'front-end'


class VolumeTypes:
    """Volume types, read for one backend."""

    def __init__(self, config):
        """:param config: :class:`pure_cinder.config.BackendConfig`"""
        self._config = config

    def wanted(self, volume, size_gib=None):
        """What the type of a volume asks for.

        :param size_gib: in place of the volume's; limits per GB need it
        :returns: specs.VolumeSpecs
        :raises PureUnsupportedError: this backend cannot serve the type
        """
        return self.wanted_of(volume.volume_type, size_gib or volume.size)

    def wanted_of(self, volume_type, size_gib):
        """What a type asks for a volume of ``size_gib``.

        :param volume_type: objects.VolumeType, or None
        """
        wanted = _parse(volume_type, size_gib)
        if not self._config.replication.serves(wanted.replication):
            raise exceptions.PureUnsupportedError(problem=exceptions.Problem(
                'volume type %s' % volume_type.name,
                _('Volume type %(type)s asks for %(replication)s '
                  'replication, for which backend section [%(section)s] has '
                  'no replication_device.')
                % {'type': volume_type.name,
                   'replication': wanted.replication.value,
                   'section': self._config.section},
                _('Configure one, or use another type.')))
        return wanted

    @staticmethod
    def specs_of(volume, size_gib=None):
        """What the type of a volume says, whether it is served here or not.

        :param size_gib: in place of the volume's
        :returns: specs.VolumeSpecs
        """
        return _parse(volume.volume_type, size_gib or volume.size)

    @classmethod
    def specs_or_default(cls, volume):
        """What the type says; nothing if that is nonsense by now.

        :returns: specs.VolumeSpecs
        """
        try:
            return cls.specs_of(volume)
        except exception.Invalid as error:
            LOG.warning('The type of volume %(id)s is ignored: %(error)s',
                        {'id': volume.id, 'error': error})
            return specs.VolumeSpecs()

    @property
    def own_pgroups(self):
        """Names of the protection groups that types put volumes into."""
        replication = self._config.replication
        return replication.async_pgroup, replication.trisync_pgroup

    def placement(self, wanted, member):
        """Where a volume lives on an array of the fleet.

        :param member: roster.Member
        :returns: placement.Placement
        """
        return placement.placement(wanted, self._config.replication,
                                   member.holds_pod)


def _parse(volume_type, size_gib):
    if volume_type is None:
        return specs.VolumeSpecs()
    return specs.parse(volume_type.extra_specs or {},
                       _back_end_qos(volume_type.qos_specs), size_gib)


def _back_end_qos(qos_specs):
    """The qos-specs that are the back end's business, or None."""
    if qos_specs is None or qos_specs.consumer == FRONT_END:
        return None
    return qos_specs.specs
