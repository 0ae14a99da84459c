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
"""Volumes: created, copied, grown, deleted, and known by their names."""

from cinder import exception
from cinder.i18n import _
from cinder.objects import fields
from oslo_utils import units

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder import rollback
from pure_cinder import specs


class VolumeService:
    """Cinder volumes on one array."""

    def __init__(self, gateway, connections, trash, name_template):
        """:param name_template: Cinder's ``volume_name_template``"""
        self._gateway = gateway
        self._connections = connections
        self._trash = trash
        self._name_template = name_template

    def array_name(self, volume):
        """Name of a Cinder volume on the array.

        ``provider_id`` is the truth; the name is derived only for a volume
        that has none yet.
        """
        return volume.provider_id or self._new_name(volume)

    def create(self, volume):
        """:returns: model update"""
        _require_served_type(volume)
        created = self._gateway.volumes.create(
            self._new_name(volume), volume.size * units.Gi)
        return self._model_update(volume, created)

    def copy(self, volume, source_name, source_size_gib):
        """Instant copy of a volume or snapshot, grown to the new size.

        :param source_name: name of the source on the array
        :returns: model update
        :raises InvalidInput: the new volume would be smaller
        """
        _require_served_type(volume)
        if volume.size < source_size_gib:
            raise exception.InvalidInput(reason=_(
                'Volume %(id)s of %(size)s GiB cannot hold %(source)s of '
                '%(source_size)s GiB.')
                % {'id': volume.id, 'size': volume.size,
                   'source': source_name, 'source_size': source_size_gib})
        copied = self._gateway.volumes.copy(source_name,
                                            self._new_name(volume))
        with rollback.on_failure(self._delete, copied.name):
            if copied.size_bytes < volume.size * units.Gi:
                self._gateway.volumes.extend(copied.name,
                                             volume.size * units.Gi)
        return self._model_update(volume, copied)

    def extend(self, volume, new_size_gib):
        self._gateway.volumes.extend(self.array_name(volume),
                                     new_size_gib * units.Gi)

    def delete(self, volume):
        """Destroy the volume; one that is gone already is fine."""
        self._delete(self.array_name(volume))

    def serial(self, volume):
        """Serial of the volume, from its row where that has it.

        :returns: 24 hex digits
        """
        array_id, _separator, serial = (
            volume.provider_location or '').partition(':')
        if serial and array_id == self._gateway.get_array().id:
            return serial
        return self._gateway.volumes.get(self.array_name(volume)).serial

    def location_update(self, volume):
        """Model update for a row without a serial of this array, or None.

        Rows that the in-tree driver wrote have none.
        """
        location = self._location(self.serial(volume))
        if volume.provider_location == location:
            return None
        return {'provider_location': location}

    def provider_updates(self, volumes):
        """Names for the rows that were written before names were kept.

        :returns: list of dicts with ``id``, ``provider_id``, ``metadata``
        """
        return [{'id': volume.id,
                 'provider_id': self._new_name(volume),
                 'metadata': self._metadata(volume, self._new_name(volume))}
                for volume in volumes if not volume.provider_id]

    def _delete(self, name):
        self._trash.delete(name, destroy=self._destroy)

    def _destroy(self, name):
        try:
            self._gateway.volumes.destroy(name)
        except (errors.ArrayHasConnectionsError, errors.ArrayRefusedError):
            # No text is documented for a volume that is still connected.
            self._connections.disconnect_all(name)
            self._gateway.volumes.destroy(name)

    def _new_name(self, volume):
        return naming.volume_name(volume.name, self._name_template)

    def _location(self, serial):
        return '%s:%s' % (self._gateway.get_array().id, serial)

    def _model_update(self, volume, created):
        return {
            'id': volume.id,
            'provider_id': created.name,
            'provider_location': self._location(created.serial),
            'replication_status': fields.ReplicationStatus.DISABLED,
            'metadata': self._metadata(volume, created.name),
        }

    def _metadata(self, volume, name):
        """The user's metadata, and where an operator finds the volume."""
        return {**(volume.metadata or {}),
                'array_volume_name': name,
                'array_name': self._gateway.get_array().name}


def _require_served_type(volume):
    """Refuse a type that asks for more than a plain volume.

    :raises PureUnsupportedError: names what is not served
    """
    volume_type = volume.volume_type
    if volume_type is None:
        return
    qos_specs = volume_type.qos_specs
    wanted = specs.parse(volume_type.extra_specs or {},
                         qos_specs.specs if qos_specs else None, volume.size)
    unserved = [text for is_wanted, text in (
        (wanted.replication is not specs.ReplicationType.NONE,
         _('replication')),
        (wanted.qos != specs.QosLimits(), _('QoS limits')),
        (wanted.volume_group, _('volume groups'))) if is_wanted]
    if unserved:
        raise exceptions.PureUnsupportedError(_(
            'Volume type %(type)s asks for %(what)s, which this release does '
            'not serve. Use a type without it.')
            % {'type': volume_type.name, 'what': ', '.join(unserved)})
