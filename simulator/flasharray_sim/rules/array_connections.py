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
"""Connections between arrays: each side has a row of its own.

One made while its peer cannot be reached would be half a connection, and is
refused; one that was broken off on one side ends on the other as soon as the
two can reach each other.
"""

from flasharray_sim import errors
from flasharray_sim.rules import sizes
from flasharray_sim.state import replication as rows

ASYNC = 'async-replication'
SYNC = 'sync-replication'
# The short forms are what clients send.
KINDS = {'replication': ASYNC, 'async': ASYNC, ASYNC: ASYNC,
         'sync': SYNC, SYNC: SYNC}


class ArrayConnections:
    """The connections of one array with others.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array
        self._db = array.db

    def connect(self, address: str, key: str, kinds: list[str] | None,
                replication_address: str | None) -> rows.ArrayConnection:
        """Connect with the array at a management address.

        :param key: the connection key of that array
        :param kinds: keys of KINDS; one says what the connection is for
        """
        wanted = {KINDS.get(kind) for kind in kinds or ('async',)}
        if len(wanted) != 1 or None in wanted:
            raise errors.refuse(
                'parameter_value', ctx=address, parameter='type')
        peer = self._at(address, key)
        if self.find(peer.id) or peer.array_connections.find(self._array.id):
            raise errors.refuse('array_connection_exists', ctx=address)
        kind = wanted.pop()
        peer.array_connections.accept(self._array, kind)
        made = self._insert(
            peer, kind, management_address=address,
            replication_address=replication_address
            or _replication_address(peer))
        self._announce(peer)
        return made

    def accept(self, other, kind: str):
        """Be connected to; the passive side knows no addresses."""
        self._insert(other, kind)

    def disconnect(self, name: str) -> rows.ArrayConnection:
        """End a connection; transfers stop where they are."""
        connection = self.at(name)
        if self._db.pod_members.select(
                'array', connection.array_id) or self._db.replica_links.select(
                    'array', connection.array_id):
            raise errors.refuse('array_connection_in_use', ctx=name)
        self._db.array_connections.remove(connection)
        peer = self._array.fleet.find(connection.array_id)
        if peer is not None:
            self._announce(peer)
        return connection

    def throttle(self, name: str, changes: dict) -> rows.ArrayConnection:
        """Limit the bandwidth: `default_limit`, `window_limit`, `window`.

        :param changes: limits in bytes a second or as '10M', "" clears one;
            the window as {'start': s, 'end': s} of the day
        """
        fields = {}
        for field in ('default_limit', 'window_limit'):
            if field in changes:
                fields[field] = sizes.parse_bandwidth(changes[field], name)
        if 'window' in changes:
            fields['window'] = parse_window(changes['window'], 'window')
        changed = self._db.array_connections.change(
            self.at(name), **fields)
        peer = self._array.fleet.find(changed.array_id)
        if peer is not None:
            self._announce(peer)
        return changed

    def at(self, name: str) -> rows.ArrayConnection:
        """The connection with an array, by its name or address."""
        for connection in self._db.array_connections.select('all', 'all'):
            if name.lower() in (connection.array_name.lower(),
                                connection.management_address):
                return connection
        raise errors.refuse('array_connection_missing', ctx=name)

    def find(self, array_id: str) -> rows.ArrayConnection | None:
        return self._db.array_connections.find('array', array_id)

    def peer(self, array_id: str):
        """A connected array that can be reached now, or None."""
        fleet = self._array.fleet
        peer = fleet.find(array_id)
        if peer is None or not fleet.is_linked(self._array, peer):
            return None
        if not (self.find(array_id)
                and peer.array_connections.find(self._array.id)):
            return None
        return peer

    def links_changed(self):
        """End what the other side ended, and learn new names."""
        fleet = self._array.fleet
        for connection in list(
                self._db.array_connections.select('all', 'all')):
            peer = fleet.find(connection.array_id)
            if peer is None or not fleet.is_linked(self._array, peer):
                continue
            if peer.array_connections.find(self._array.id) is None:
                self._db.array_connections.remove(connection)
            else:
                self._db.array_connections.change(
                    connection, array_name=peer.name,
                    version=peer.config.purity_version)

    def _announce(self, peer):
        self._array.fleet.announce(self._array, peer)

    def _insert(self, peer, kind, **addresses):
        return self._db.array_connections.insert(rows.ArrayConnection(
            id=self._db.next_id(), array_id=peer.id, array_name=peer.name,
            version=peer.config.purity_version, kind=kind, **addresses))

    def _at(self, address, key):
        """The array at an address; the key tells those at one address."""
        fleet = self._array.fleet
        found = [peer for peer in fleet.peers(self._array)
                 if address.lower() in _addresses(peer)]
        if not any(fleet.is_linked(self._array, peer) for peer in found):
            raise errors.refuse('array_unreachable', ctx=address)
        for peer in found:
            if (peer.core.setting('connection_key') == key
                    and fleet.is_linked(self._array, peer)):
                return peer
        raise errors.refuse('connection_key_invalid', ctx=address)


def parse_window(raw, parameter: str) -> tuple[int, int] | None:
    """A time of the day as (start, end) in seconds; None for none.

    :param raw: {'start': seconds, 'end': seconds}, or None or ""
    """
    if not raw:
        return None
    if isinstance(raw, dict) and set(raw) == {'start', 'end'}:
        window = raw['start'], raw['end']
        if all(type(value) is int and 0 <= value < 86400
               for value in window) and window[0] != window[1]:
            return window
    raise errors.refuse('parameter_value', parameter=parameter)


def _addresses(array):
    """All that an array may be called in a request to connect with it."""
    found = {array.name.lower()}
    if array.address is not None:
        found.update((array.address, array.address.rpartition(':')[0]))
    found.update(interface.address for interface
                 in array.cabling.interfaces if interface.address
                 and 'management' in interface.services)
    return found


def _replication_address(array):
    for interface in array.cabling.interfaces:
        if 'replication' in interface.services:
            return interface.address
    return None
