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
"""Which host object of the array stands for a machine.

A host is found by its initiators and remembered; the memory is used without
asking, and corrected when the array refuses. It is short, because nothing
refuses when an administrator moves an initiator to another host. For a machine
that was never met a host is made without a look; the array refuses a second
one of a name, and of an initiator.
"""

import dataclasses
import threading

import cachetools
from cinder.i18n import _
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import models
from pure_cinder import exceptions
from pure_cinder import naming

LOG = logging.getLogger(__name__)

MEMORY_S = 300
MEMORY_SIZE = 10000


@dataclasses.dataclass(frozen=True)
class UnusedHost:
    """A host without volumes, which may be gone itself.

    :ivar initiators: of its machine; empty if they are not known
    """

    name: str
    initiators: tuple[str, ...]


class HostService:
    """Host objects: found, created, removed."""

    def __init__(self, gateway, protocol, personality=None):
        """:param personality: of the hosts that are created, or None"""
        self._gateway = gateway
        self._protocol = protocol
        self._personality = personality
        self._memory = cachetools.TTLCache(MEMORY_SIZE, ttl=MEMORY_S)
        # Machines whose hosts are likely to be there still.
        self._met = cachetools.LRUCache(MEMORY_SIZE)
        self._memory_lock = threading.Lock()
        self._left_over = {}

    def check_capabilities(self):
        """:raises PureUnsupportedError: the array cannot do what is set"""
        array = self._gateway.get_array()
        if self._personality and not array.capabilities.personality:
            raise exceptions.PureUnsupportedError(problem=exceptions.Problem(
                'pure_host_personality',
                _('pure_host_personality is set, but FlashArray %(name)s '
                  'with Purity %(purity)s has no personalities (REST 1.14).')
                % {'name': array.name, 'purity': array.purity_version},
                _('Remove the option.')))

    def ensure(self, connector, preferred_array=None):
        """The machine's host, created if there is none.

        :param preferred_array: name of the array that a new host is to use
            first, where the array knows such a preference
        :returns: name of the host and whether this call created it
        """
        remembered = self.recall(connector)
        if remembered:
            return remembered, False
        initiators = self._protocol.initiators(connector)
        found = self._was_met(initiators) and self._find_by_name(connector,
                                                                 initiators)
        if found:
            return found, False
        return self._create(connector, initiators, preferred_array)

    def find(self, connector):
        """Name of the machine's host, or None; asks by name only."""
        initiators = self._protocol.initiators(connector)
        return (self.recall(connector)
                or self._find_by_name(connector, initiators))

    def find_among(self, names, connector):
        """Which of the hosts ``names`` is the machine's, or None."""
        initiators = self._protocol.initiators(connector)
        for name in names:
            host = self._gateway.hosts.find(name)
            if host and self._owned(host, initiators):
                return host.name
        return None

    def delete_if_unused(self, name):
        """Delete a host that a driver made and that has no volume left.

        :returns: whether it is gone
        """
        if not naming.is_generated_host_name(name):
            return False
        try:
            self._gateway.hosts.delete(name)
            LOG.info('Deleted host %s on array %s: no volume is connected.',
                     name, self._gateway.array_name)
        except errors.ArrayHasConnectionsError:
            return False
        except errors.ArrayHostNotFoundError:
            LOG.debug('Host %s is gone from array %s.', name,
                      self._gateway.array_name)
        self._forget_host(name)
        return True

    def is_unused(self, name):
        """Whether a host has no volume left, or is gone."""
        try:
            return not self._gateway.connections.of_host(name)
        except errors.ArrayHostNotFoundError:
            return True

    def leave_over(self, name, initiators=()):
        """Remember a host that may have to be deleted.

        :param initiators: those of its machine that may have no volume left;
            empty if only the array knows them
        """
        with self._memory_lock:
            self._left_over[name] = initiators or self._left_over.get(name, ())

    def take_left_over(self):
        """The hosts that may have to be deleted, each forgotten as it comes.

        :returns: iterator of UnusedHost
        """
        for name in list(self._left_over):
            with self._memory_lock:
                initiators = self._left_over.pop(name, None)
            if initiators is not None:
                yield UnusedHost(name, initiators)

    def recall(self, connector):
        """The remembered host of the machine, or None; asks nobody."""
        with self._memory_lock:
            return self._memory.get(self._key(connector))

    def forget(self, connector):
        """Look again next time: the array knew no such host."""
        with self._memory_lock:
            self._memory.pop(self._key(connector), None)
            self._met.pop(self._key(connector), None)

    def _create(self, connector, initiators, preferred_array):
        preferred_arrays = self._preferred(preferred_array)
        for name in naming.host_names(connector, initiators):
            try:
                self._gateway.hosts.create(
                    name, self._protocol.initiator_kind, initiators,
                    personality=self._personality,
                    preferred_arrays=preferred_arrays)
            except errors.ArrayAlreadyExistsError:
                # Another machine's, or another process was faster.
                host = self._gateway.hosts.find(name)
                if host and self._owned(host, initiators):
                    return self._complete(host, initiators), False
            except errors.ArrayInitiatorInUseError as error:
                return self._find_by_name(connector, initiators) or (
                    self._find_by_initiators(initiators, error)), False
            except errors.ArrayOutcomeUnknownError:
                self.leave_over(name, initiators)
                raise
            else:
                LOG.info('Created host %(host)s on array %(array)s for '
                         '%(initiators)s.',
                         {'host': name, 'array': self._gateway.array_name,
                          'initiators': ', '.join(initiators)})
                return self._remember(initiators, name), True
        raise exceptions.PureHostConflictError(_(
            'Both names for host %(host)s, %(names)s, belong to hosts with '
            'other initiators than %(initiators)s. Rename those hosts on the '
            'array.') % {'host': connector.get('host'),
                         'initiators': ', '.join(initiators),
                         'names': ' and '.join(
                             naming.host_names(connector, initiators))})

    def _preferred(self, array_name):
        is_known = array_name and (
            self._gateway.get_array().capabilities.preferred_array)
        return (array_name,) if is_known else ()

    def _find_by_name(self, connector, initiators):
        """By the name that the driver would give; costs one request."""
        name = naming.host_names(connector, initiators)[0]
        host = self._gateway.hosts.find(name)
        if host and self._owned(host, initiators):
            return self._complete(host, initiators)
        return None

    def _find_by_initiators(self, initiators, in_use):
        """The owner of initiators that the array says are in use.

        REST 1.x has no look-up by initiator, so this reads every host. It
        happens once for a machine whose host another driver or an
        administrator named.
        """
        owners = [host for host in self._gateway.hosts.list_all()
                  if self._owned(host, initiators)]
        if not owners:
            raise in_use
        if len(owners) > 1:
            raise _split_error(owners, initiators)
        return self._complete(owners[0], initiators)

    def _complete(self, host, initiators):
        """See that a host of ours owns all of the machine's initiators.

        A host that others made is used with the initiators that it has.
        """
        owned = self._owned(host, initiators)
        missing = [initiator for initiator in initiators
                   if initiator not in owned]
        if missing and naming.is_generated_host_name(host.name):
            try:
                self._gateway.hosts.add_initiators(
                    host.name, self._protocol.initiator_kind, missing)
            except errors.ArrayInitiatorInUseError as error:
                self._find_by_initiators(initiators, error)
                raise
            LOG.info('Added %(initiators)s to host %(host)s on array '
                     '%(array)s.',
                     {'initiators': ', '.join(missing), 'host': host.name,
                      'array': self._gateway.array_name})
        return self._remember(initiators, host.name)

    def _owned(self, host, initiators):
        return host.owned(self._protocol.initiator_kind, initiators)

    def _remember(self, initiators, name):
        with self._memory_lock:
            self._memory[self._memory_key(initiators)] = name
            self._met[self._memory_key(initiators)] = True
        return name

    def _was_met(self, initiators):
        with self._memory_lock:
            return self._memory_key(initiators) in self._met

    def _forget_host(self, name):
        with self._memory_lock:
            for key in [key for key, value in self._memory.items()
                        if value == name]:
                del self._memory[key]
                self._met.pop(key, None)

    def _key(self, connector):
        return self._memory_key(self._protocol.initiators(connector))

    def _memory_key(self, initiators):
        return frozenset(models.initiator_key(
            self._protocol.initiator_kind, name) for name in initiators)


def _split_error(hosts, initiators):
    return exceptions.PureHostConflictError(_(
        'The initiators %(initiators)s of one machine are spread over the '
        'hosts %(hosts)s. Put them all on one host on the array.')
        % {'initiators': ', '.join(initiators),
           'hosts': ' and '.join(host.name for host in hosts)})
