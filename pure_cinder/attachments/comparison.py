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
"""One comparison of what an array has connected with Cinder's attachments."""

import functools

from cinder import exception
from oslo_log import log as logging

from pure_cinder.attachments import records
from pure_cinder.fleet import outages
from pure_cinder import naming

LOG = logging.getLogger(__name__)

# More names than these cost more one by one than all that the array has.
MAX_SINGLE_NAMES = 20


class ArrayReading:
    """What an array shows, read as it is needed and only once.

    :ivar member: roster.Member
    """

    def __init__(self, member, is_full):
        """:param is_full: read all at once, instead of each by its name"""
        self.member = member
        self._is_full = is_full
        self._connections = {}
        self._hosts = {}

    def names(self):
        """Names of all volumes that are connected."""
        return set(self._all_connections)

    def connections_of(self, name):
        """:returns: list of models.Connection"""
        if self._is_full:
            return self._all_connections.get(name, [])
        if name not in self._connections:
            self._connections[name] = (
                self.member.gateway.connections.list_all(name))
        return self._connections[name]

    def host(self, name):
        """:returns: models.Host, or None"""
        if self._is_full:
            return self._all_hosts.get(name)
        if name not in self._hosts:
            self._hosts[name] = self.member.gateway.hosts.find(name)
        return self._hosts[name]

    def host_count(self):
        """How many hosts there are."""
        return len(self._all_hosts)

    def idle_hosts(self):
        """Hosts without volumes that a Cinder driver made.

        :returns: list of models.Host; none that is in a host group
        """
        used = {connection.host
                for connections in self._all_connections.values()
                for connection in connections}
        return [host for host in self._all_hosts.values()
                if naming.is_generated_host_name(host.name)
                and host.name not in used and not host.group]

    def has(self, volume, attachment):
        """Whether the machine of an attachment has the volume."""
        hosts = [self.host(connection.host) for connection
                 in self.connections_of(volume.provider_id)]
        return any(host and attachment in records.attachments_on(volume, host)
                   for host in hosts)

    @functools.cached_property
    def _all_connections(self):
        found = {}
        for connection in self.member.gateway.connections.list_all():
            found.setdefault(connection.volume, []).append(connection)
        return found

    @functools.cached_property
    def _all_hosts(self):
        return {host.name: host
                for host in self.member.gateway.hosts.list_all()}


class Comparison:
    """Finds on one array what nobody uses, and what is missing.

    :ivar again: names of the volumes that have to be looked at again
    :ivar at_work: those of them that were not compared
    :ivar lacking: those of them that lack a path
    """

    def __init__(self, fleet, whereabouts, attachment_records, repairer,
                 member, doubts, readings):
        """:param whereabouts: has ``member``, as whereabouts.Whereabouts

        :param attachment_records: records.AttachmentRecords
        :param repairer: attachments.AttachmentService
        :param doubts: dict of the name of each volume that is in doubt to
            whether Cinder has written down by now what it did to it; until
            then, no path is made
        :param readings: called with a member and ``is_full``, gives its
            ArrayReading; None of an array that does not answer
        """
        self._fleet = fleet
        self._whereabouts = whereabouts
        self._homes = {}
        self._records = attachment_records
        self._repairer = repairer
        self._member = member
        self._doubts = doubts
        self._readings = readings
        self.again, self.at_work, self.lacking = set(), set(), set()

    def run(self, is_full):
        """Put right what differs.

        :param is_full: look at all that the array has connected
        :raises PureDriverException: the array does not answer
        """
        names = set(self._doubts)
        if not is_full:
            volumes = self._records.by_name(names)
            self.at_work = {name for name in volumes if any(
                map(records.is_at_work, volumes[name]))}
            self.again |= self.at_work
            names -= self.at_work
            is_full = len(names) > MAX_SINGLE_NAMES
        if names or is_full:
            self._look_at(names, is_full)

    def _look_at(self, names, is_full):
        reading = self._readings(self._member, is_full)
        partners = list(filter(None, (
            self._readings(partner, is_full)
            for partner in self._fleet.uniform_partners(self._member))))
        if is_full:
            names = names.union(reading.names(), *(
                filter(naming.is_in_pod, partner.names())
                for partner in partners))
        volumes = self._records.by_name(names)
        deleted = self._records.deleted_names(names.difference(volumes))
        for name in sorted(names):
            rows = list(filter(self._is_here, volumes.get(name, ())))
            if rows or name in deleted:
                self._take_stale(name, rows, reading)
            for volume in filter(self._is_side_of, rows):
                self._add_missing(volume, reading, partners)
            if rows and not self._doubts.get(name, True):
                self.again.add(name)

    def _take_stale(self, name, volumes, reading):
        for connection in reading.connections_of(name):
            if not naming.is_generated_host_name(connection.host):
                continue
            verdict = self._verdict(connection, volumes,
                                    reading.host(connection.host))
            if verdict is records.Verdict.UNCLEAR:
                self.again.add(name)
            elif verdict is records.Verdict.STALE:
                self._attempt(name, self._repairer.withdraw, self._member,
                              connection, functools.partial(
                                  self._is_stale, connection))

    def _is_stale(self, connection):
        """Whether it still is, asked while nobody can connect the host."""
        found = self._records.by_name([connection.volume])
        verdict = self._verdict(
            connection, found.get(connection.volume, ()),
            self._member.gateway.hosts.find(connection.host))
        if verdict is records.Verdict.STALE:
            LOG.warning('Disconnecting volume %(volume)s from %(host)s of '
                        'array %(array)s: Cinder has no attachment there.',
                        {'volume': connection.volume, 'host': connection.host,
                         'array': self._member.backend_id})
        return verdict is records.Verdict.STALE

    def _verdict(self, connection, volumes, host):
        if host is None:
            return records.Verdict.USED
        if volumes:
            return records.verdict_of(volumes, host)
        is_live = self._member.gateway.volumes.find(connection.volume)
        return records.Verdict.USED if is_live else records.Verdict.STALE

    def _add_missing(self, volume, reading, partners):
        name = volume.provider_id
        if records.is_at_work(volume):
            return
        for attachment in records.attached(volume):
            if reading.has(volume, attachment) or not self._is_wanted(
                    volume, attachment, partners):
                continue
            self.again.add(name)
            if self._doubts.get(name, True) and (
                    self._records.is_attached(attachment)) and (
                        not self._attempt(name, self._repairer.add_path,
                                          self._member, volume, attachment)):
                self.lacking.add(name)

    def _is_wanted(self, volume, attachment, partners):
        """Whether the machine is to have a path to this array, too.

        What is not in doubt and connected nowhere has another cause, such as
        a detach that Cinder has not written down yet.
        """
        is_elsewhere = any(partner.has(volume, attachment)
                           for partner in partners)
        is_in_doubt = volume.provider_id in self._doubts
        is_one_enough = not self._repairer.has_several_sides
        return self._has_targets and (
            is_in_doubt and not is_elsewhere if is_one_enough
            else is_in_doubt or is_elsewhere)

    @functools.cached_property
    def _has_targets(self):
        return self._repairer.has_targets(self._member)

    def _attempt(self, name, act, *args):
        """:returns: whether it was done; if not, it is tried again"""
        try:
            act(*args)
            return True
        except outages.AWAY_ERRORS:
            raise
        except exception.CinderException as error:
            LOG.warning('The connections of volume %(name)s on array '
                        '%(array)s are put right later: %(error)s',
                        {'name': name, 'error': error,
                         'array': self._member.backend_id})
            self.again.add(name)
            return False

    def _home(self, volume):
        """The roster.Member that serves a volume, or None."""
        if volume.id not in self._homes:
            try:
                self._homes[volume.id] = self._whereabouts.member(volume)
            except exception.CinderException as error:
                LOG.info('The connections of volume %(id)s are left as they '
                         'are: %(error)s', {'id': volume.id, 'error': error})
                self._homes[volume.id] = None
        return self._homes[volume.id]

    def _is_here(self, volume):
        """Whether what has a volume's name on this array is that volume.

        On the primary nothing else can have the name.
        """
        home = self._home(volume)
        if home and naming.is_in_pod(volume.provider_id):
            return self._member in (home, *self._fleet.pod_partners(home))
        return home and self._member in (home, self._fleet.primary)

    def _is_side_of(self, volume):
        """Whether this array is to present a volume."""
        home = self._home(volume)
        if home and naming.is_in_pod(volume.provider_id):
            return self._member in (home, *self._fleet.uniform_partners(home))
        return self._member is home
