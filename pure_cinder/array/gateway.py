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
"""One array in domain verbs; wire formats end here.

``create_`` and ``destroy_`` act once, ``ensure_`` converges, ``find_`` may
return None, ``get_`` and everything else raises
:class:`pure_cinder.array.errors.ArrayError`. A write whose answer was lost is
looked up on the array and concluded from what is there, never repeated.
"""

from oslo_log import log as logging

from pure_cinder.array import attempts
from pure_cinder.array import errors
from pure_cinder.array import models
from pure_cinder.array import session
from pure_cinder import naming

LOG = logging.getLogger(__name__)

# Paging and counting arrived with 1.7; without them, stats would list the
# whole array every minute.
MIN_REST_VERSION = (1, 7)
PAGE_SIZE = 500
TOTAL_COUNT_HEADER = 'x-total-item-count'
NEXT_TOKEN_HEADER = 'x-next-token'


class Gateway:
    """One array, connected at first use and again after a failure."""

    def __init__(self, endpoint, user_agent):
        """:param endpoint: :class:`pure_cinder.config.ArrayEndpoint`"""
        self._endpoint = endpoint
        self._user_agent = user_agent
        self._connecting = attempts.SharedAttempt(self._connect)
        self._connected = None

    # Array

    def get_array(self):
        """Who the array is; asked once.

        :returns: models.ArrayInfo
        :raises ArrayVersionError: older than REST 1.7
        """
        return self._connection()[1]

    def get_space(self):
        """:returns: models.Space"""
        reply = self._client.get(space=True)
        return models.Space.from_wire(_only(reply))

    def get_performance(self):
        """The latest sample.

        :returns: dict of Purity's counters, such as ``usec_per_read_op``;
            empty while the array has none
        """
        reply = self._client.get(action='monitor')
        return dict(_only(reply)) if reply else {}

    # Counts include destroyed objects and cost one row each. They are None
    # if the array does not count.

    def count_volumes(self):
        return _total(self._client.list_volumes(pending=True, limit=1))

    def count_snapshots(self):
        return _total(self._client.list_volumes(snap=True, pending=True,
                                                limit=1))

    def count_hosts(self):
        return _total(self._client.list_hosts(limit=1))

    def count_pgroups(self):
        return _total(self._client.list_pgroups(pending=True, limit=1))

    def list_ports(self):
        """:returns: list of models.Port"""
        return [models.Port.from_wire(row)
                for row in self._client.list_ports()]

    def list_interface_services(self):
        """What each network interface is for.

        :returns: dict of lower-case interface name to tuple of services,
            such as ``iscsi`` or ``nvme-roce``
        """
        return {row['name'].lower(): tuple(row.get('services') or ())
                for row in self._client.list_network_interfaces()}

    # Volumes and snapshots

    def create_volume(self, name, size_bytes):
        """:returns: models.Volume"""
        return self._write(
            lambda: models.Volume.from_wire(
                self._client.create_volume(name, size_bytes)),
            lambda: self.find_volume(name))

    def copy_volume(self, source, name):
        """Instant copy of a volume or snapshot to a new volume.

        :returns: models.Volume, as big as the source
        """
        return self._write(
            lambda: models.Volume.from_wire(
                self._client.copy_volume(source, name)),
            lambda: self.find_volume(name))

    def extend_volume(self, name, size_bytes):
        """Grow a volume; the array refuses to shrink it."""
        self._write(
            lambda: self._client.extend_volume(name, size_bytes),
            lambda: self.get_volume(name).size_bytes == size_bytes)

    def get_volume(self, name):
        """:returns: models.Volume that is not destroyed"""
        return models.Volume.from_wire(self._client.get_volume(name))

    def find_volume(self, name):
        """:returns: models.Volume that is not destroyed, or None"""
        return _unless_missing(self.get_volume, name)

    def find_snapshot(self, name):
        """:returns: models.Volume that is not destroyed, or None"""
        rows = _unless_missing(self._client.get_volume, name, snap=True)
        return models.Volume.from_wire(rows[0]) if rows else None

    def destroy_volume(self, name):
        """Destroy a volume, and its snapshots with it, or one snapshot."""
        find = (self.find_snapshot if naming.is_snapshot_name(name)
                else self.find_volume)
        self._write(lambda: self._client.destroy_volume(name),
                    lambda: find(name) is None)

    def recover_volume(self, name):
        """Take a destroyed volume back, and its snapshots with it."""
        self._write(lambda: self._client.recover_volume(name),
                    lambda: self.find_volume(name))

    def eradicate_volume(self, name):
        """Eradicate a destroyed volume or snapshot."""
        self._write(lambda: self._client.eradicate_volume(name),
                    lambda: self._find_destroyed(name) is None)

    def create_snapshot(self, volume, suffix):
        """:returns: models.Volume named ``<volume>.<suffix>``"""
        return self._write(
            lambda: models.Volume.from_wire(
                self._client.create_snapshot(volume, suffix=suffix)),
            lambda: self.find_snapshot(naming.snapshot_name(volume, suffix)))

    def _find_destroyed(self, name):
        kind = {'snap': True} if naming.is_snapshot_name(name) else {}
        rows = _unless_missing(self._client.list_volumes, names=name,
                               pending_only=True, **kind)
        return rows or None

    # Hosts

    def create_host(self, name, kind, initiators, personality=None):
        """Create a host that owns the initiators.

        :param kind: of the initiators, ``iqn``, ``wwn`` or ``nqn``
        :returns: models.Host
        :raises ArrayAlreadyExistsError: the name is taken
        :raises ArrayInitiatorInUseError: another host owns an initiator
        """
        attributes = {kind + 'list': list(initiators)}
        if personality:
            attributes['personality'] = personality
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

    def set_host_chap(self, name, user, password):
        """Make the array demand these credentials of the host.

        :raises ArrayOutcomeUnknownError: the answer was lost; the array does
            not show a password, so a look would prove nothing
        """
        self._client.set_host(name, host_user=user, host_password=password)

    def find_host(self, name):
        """:returns: models.Host or None"""
        row = _unless_missing(self._client.get_host, name)
        return models.Host.from_wire(row) if row else None

    def _find_host_of(self, name, kind, initiators):
        host = self.find_host(name)
        is_theirs = host and host.owned(kind, initiators) == list(initiators)
        return host if is_theirs else None

    def list_hosts(self):
        """Every host of the array, page by page.

        :returns: iterator of models.Host
        """
        token = {}
        while token is not None:
            page = self._client.list_hosts(limit=PAGE_SIZE, **token)
            yield from (models.Host.from_wire(row) for row in page)
            next_token = page.headers.get(NEXT_TOKEN_HEADER)
            token = {'token': next_token} if page and next_token else None

    def delete_host(self, name):
        """:raises ArrayHasConnectionsError: a volume is connected"""
        self._write(lambda: self._client.delete_host(name),
                    lambda: self.find_host(name) is None)

    # Connections

    def ensure_connection(self, host, volume, lun=None):
        """Present the volume to the host, unless it is already.

        :param lun: None leaves the choice to the array
        :returns: models.Connection
        :raises ArrayHostNotFoundError: no such host
        :raises ArrayNotFoundError: no such volume
        :raises ArrayLunInUseError: another volume has the LUN there
        """
        choice = {} if lun is None else {'lun': lun}
        try:
            return self._write(
                lambda: self._connection_of(
                    self._client.connect_host(host, volume, **choice)),
                lambda: self._find_connection(host, volume))
        except errors.ArrayAlreadyExistsError:
            found = self._find_connection(host, volume)
            if found is None:
                raise
            return found

    def disconnect(self, host, volume):
        """:raises ArrayNotConnectedError: it was not connected"""
        self._write(lambda: self._client.disconnect_host(host, volume),
                    lambda: self._find_connection(host, volume) is None)

    def list_host_connections(self, host):
        """:returns: list of models.Connection, private and shared"""
        return [self._connection_of(row)
                for row in self._client.list_host_connections(host)]

    def list_volume_connections(self, volume):
        """:returns: list of models.Connection, private ones of this array"""
        rows = self._client.list_volume_private_connections(volume)
        return [models.Connection(host=row['host'], volume=volume,
                                  lun=row['lun']) for row in rows]

    def _find_connection(self, host, volume):
        found = _unless_missing(self.list_host_connections, host) or ()
        return next((connection for connection in found
                     if connection.volume == volume), None)

    @staticmethod
    def _connection_of(row):
        return models.Connection(host=row['name'], volume=row['vol'],
                                 lun=row['lun'])

    # Transport

    @property
    def _client(self):
        return self._connection()[0]

    def _connection(self):
        connect_count = self._connecting.count
        if self._connected is None:
            self._connecting.make(connect_count)
        return self._connected

    def _connect(self):
        client = session.ArraySession(self._endpoint, self._user_agent)
        self._connected = client, self._identify(client)

    def _identify(self, client):
        rest_version = tuple(
            int(part) for part in client.get_rest_version().split('.'))
        if rest_version < MIN_REST_VERSION:
            raise errors.ArrayVersionError(
                'It serves REST up to %d.%d; the driver needs %d.%d.'
                % (rest_version + MIN_REST_VERSION),
                array=self._endpoint.address)
        row = client.get()
        return models.ArrayInfo(
            name=row['array_name'], id=row['id'],
            purity_version=row['version'], rest_version=rest_version,
            capabilities=models.Capabilities.of(rest_version))

    @staticmethod
    def _write(act, landed):
        """Do a write; if its answer is lost, see whether it took effect.

        :param act: sends the request, returns its result
        :param landed: looks; returns the result, or a false value if the
            array shows that nothing was done
        """
        try:
            return act()
        except errors.ArrayOutcomeUnknownError as lost:
            try:
                result = landed()
            except errors.ArrayError as error:
                raise lost from error
            if not result:
                raise lost.as_a(errors.ArrayNoEffectError) from lost
            LOG.warning('FlashArray %s: the answer to %s was lost, but it '
                        'took effect [%s].', lost.array, lost.request,
                        lost.request_id)
            return result


def _unless_missing(get, *args, **parameters):
    """What ``get`` returns, or None if the object is not there."""
    try:
        return get(*args, **parameters)
    except (errors.ArrayNotFoundError, errors.ArrayPendingEradicationError):
        return None


def _only(reply):
    """The one row of a reply that old arrays give bare, newer in a list."""
    return reply[0] if isinstance(reply, list) else reply


def _total(reply):
    """Number of all matching objects, or None if the array does not count."""
    total = reply.headers.get(TOTAL_COUNT_HEADER)
    return None if total is None else int(total)
