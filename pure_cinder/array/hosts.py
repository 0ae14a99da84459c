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
"""Host objects of one array, and the volumes connected to them."""

import dataclasses

from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder.array import models


class Hosts(link.Area):
    """Verbs for host objects."""

    def create(self, name, kind, initiators, personality=None,
               preferred_arrays=()):
        """Create a host that owns the initiators.

        :param kind: of the initiators, ``iqn``, ``wwn`` or ``nqn``
        :param preferred_arrays: names of the arrays of a stretched pod that
            the host is to use first
        :returns: models.Host
        :raises ArrayAlreadyExistsError: the name is taken
        :raises ArrayInitiatorInUseError: another host owns an initiator
        """
        attributes = {kind + 'list': list(initiators)}
        if personality:
            attributes['personality'] = personality
        if preferred_arrays:
            self._require('preferred_array')
            attributes['preferred_array'] = list(preferred_arrays)
        return self._write(
            lambda: models.Host.from_wire(
                self._client.create_host(name, **attributes)),
            lambda: self._find_host_of(name, kind, initiators))

    def add_initiators(self, name, kind, initiators):
        """Give a host more initiators.

        :raises ArrayInitiatorInUseError: another host owns one
        """
        added = {'add%slist' % kind: list(initiators)}
        self._write(lambda: self._client.set_host(name, **added),
                    lambda: self._find_host_of(name, kind, initiators))

    def set_chap(self, name, user, password):
        """Make the array demand these credentials of the host.

        The array does not show a password, so that no look would tell
        whether they are set. Setting them once more changes nothing then.
        """
        def set_credentials():
            return self._client.set_host(name, host_user=user,
                                         host_password=password)

        self._write(set_credentials, lambda: set_credentials() is not None)

    def find(self, name):
        """:returns: models.Host or None"""
        row = link.unless_missing(self._client.get_host, name)
        return None if row is None else models.Host.from_wire(row)

    def _find_host_of(self, name, kind, initiators):
        host = self.find(name)
        is_theirs = host and host.owned(kind, initiators) == list(initiators)
        return host if is_theirs else None

    def list_all(self):
        """Every host of the array, page by page.

        :returns: iterator of models.Host
        """
        return map(models.Host.from_wire,
                   link.pages(self._client.list_hosts))

    def delete(self, name):
        """:raises ArrayHasConnectionsError: a volume is connected"""
        self._write(lambda: self._client.delete_host(name),
                    lambda: self.find(name) is None)


class Connections(link.Area):
    """Verbs for volumes presented to hosts."""

    def ensure(self, host, volume, lun=None):
        """Present the volume to the host, unless it is already.

        :param lun: None leaves the choice to the array
        :returns: models.Connection
        :raises ArrayHostNotFoundError: no such host
        :raises ArrayNotFoundError: no such volume
        :raises ArrayLunInUseError: another volume has the LUN there
        """
        choice = {} if lun is None else {'lun': lun}
        try:
            made = self._write(
                lambda: self._connection_of(
                    self._client.connect_host(host, volume, **choice)),
                lambda: self._find(host, volume))
        except errors.ArrayAlreadyExistsError:
            found = self._find(host, volume)
            if found is None:
                raise
            return found
        return dataclasses.replace(made, is_new=True)

    def remove(self, host, volume):
        """:raises ArrayNotConnectedError: it was not connected"""
        self._write(lambda: self._client.disconnect_host(host, volume),
                    lambda: self._find(host, volume) is None)

    def of_host(self, host):
        """:returns: list of models.Connection, private and shared"""
        return [self._connection_of(row)
                for row in link.rows(
                    self._client.list_host_connections(host))]

    def of_volume(self, volume):
        """Private connections of a volume.

        :returns: list of models.Connection
        """
        rows = link.rows(self._client.list_volume_private_connections(volume))
        return [models.Connection(host=row.read('host', str), volume=volume,
                                  lun=row.find('lun', int)) for row in rows]

    def list_all(self, volume=None):
        """Private connections, those of destroyed volumes, too.

        :param volume: name of the only one to look at; None for all of the
            array, page by page
        :returns: list of models.Connection; empty without such a volume
        """
        chosen = {} if volume is None else {'names': volume}
        return link.unless_missing(lambda: [
            models.Connection(host=row.read('host', str),
                              volume=row.read('name', str),
                              lun=row.find('lun', int))
            for row in link.pages(self._client.list_volumes, connect=True,
                                  pending=True, **chosen)
            if not row.find('hgroup', str)]) or []

    def groups_of_volume(self, volume):
        """:returns: set of the host groups that a volume is connected to"""
        return {row.read('hgroup', str) for row in link.rows(
            self._client.list_volume_shared_connections(volume))}

    def _find(self, host, volume):
        found = link.unless_missing(self.of_host, host) or ()
        return next((connection for connection in found
                     if connection.volume == volume), None)

    @staticmethod
    def _connection_of(row):
        return models.Connection(host=row.read('name', str),
                                 volume=row.read('vol', str),
                                 lun=row.find('lun', int))
