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
"""What one array has, read in bulk.

Each listing is read page by page, and all of them, of all arrays, at once.
"""

import functools
import itertools

from pure_cinder.attachments import comparison
from pure_cinder import naming
from pure_cinder.volumes import tags

# How many objects are read until the next word of progress.
STEP = 5000


class Contents:
    """The objects of one array; names as they compare, see naming.name_key.

    :ivar member: roster.Member
    :ivar connections: comparison.ArrayReading, connections and hosts
    """

    def __init__(self, member, tell):
        """:param tell: called with a member, what is read and a count"""
        self.member = member
        self.connections = comparison.ArrayReading(member, True)
        self._gateway = member.gateway
        self._tell = tell

    @property
    def readings(self):
        """:returns: list of what is to be called once, at once"""
        return [self._connections, self._hosts, *(
            functools.partial(getattr, self, name) for name in (
                'all_volumes', 'snapshots', 'limits', 'tags', 'pgroups',
                'pods'))]

    @property
    def volumes(self):
        """:returns: dict of name to models.Volume that is not destroyed"""
        return self._split[0]

    @property
    def destroyed(self):
        """:returns: dict of name to models.Volume that is destroyed"""
        return self._split[1]

    @functools.cached_property
    def _split(self):
        live, destroyed = {}, {}
        for volume in self.all_volumes:
            (destroyed if volume.is_destroyed else live)[
                naming.name_key(volume.name)] = volume
        return live, destroyed

    @functools.cached_property
    def by_serial(self):
        """:returns: dict of serial to models.Volume"""
        return {volume.serial: volume for volume in self.volumes.values()}

    @functools.cached_property
    def all_volumes(self):
        return self._counted(self._gateway.volumes.list_with_destroyed(),
                             'volumes')

    @functools.cached_property
    def snapshots(self):
        """:returns: dict of name to models.Volume"""
        return {naming.name_key(snapshot.name): snapshot
                for snapshot in self._counted(
                    self._gateway.volumes.list_snapshots(), 'snapshots')}

    @functools.cached_property
    def limits(self):
        """:returns: dict of name to specs.QosLimits; None without limits"""
        if not self._capabilities.bandwidth_limit:
            return None
        return _keyed(self._counted(self._gateway.volumes.list_limits(),
                                    'limits'))

    @functools.cached_property
    def tags(self):
        """:returns: dict of name to dict of key to value; None without"""
        if not self._capabilities.tags:
            return None
        found = {}
        for name, tag in self._counted(
                self._gateway.volumes.list_all_tags(tags.NAMESPACE), 'tags'):
            found.setdefault(naming.name_key(name), {})[tag.key] = tag.value
        return found

    @functools.cached_property
    def pgroups(self):
        """:returns: dict of name to models.Pgroup"""
        return {naming.name_key(pgroup.name): pgroup
                for pgroup in self._counted(
                    self._gateway.pgroups.list_all(), 'protection groups')}

    @functools.cached_property
    def memberships(self):
        """:returns: dict of name of a volume to set of names of its groups"""
        found = {}
        for key, pgroup in self.pgroups.items():
            for volume in pgroup.volumes:
                found.setdefault(naming.name_key(volume), set()).add(key)
        return found

    @functools.cached_property
    def pods(self):
        """:returns: list of models.Pod"""
        if not self._capabilities.pods:
            return []
        return self._counted(self._gateway.pods.list_all(), 'pods')

    @property
    def _capabilities(self):
        return self._gateway.get_array().capabilities

    def _connections(self):
        self._tell(self.member, 'connections', len(self.connections.names()))

    def _hosts(self):
        self._tell(self.member, 'hosts', self.connections.host_count())

    def _counted(self, listed, what):
        found = []
        while step := list(itertools.islice(listed, STEP)):
            found += step
            self._tell(self.member, what, len(found))
        return found


def _keyed(pairs):
    return {naming.name_key(name): value for name, value in pairs}
