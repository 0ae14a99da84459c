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
"""Hosts that a process made or emptied, and died before it deleted them.

No connection leads to such a host; only a look at all hosts shows it. It may
as well be one that another process, or another cloud's, is about to connect.
So it is deleted when two looks with a pause between them found it idle.
"""

from pure_cinder.attachments import hosts

# An attach connects the host that it made in much less.
IDLE_S = 300


class IdleHosts:
    """Remembers since when hosts of one protocol were seen idle."""

    def __init__(self, initiator_kind):
        """:param initiator_kind: of the hosts, ``iqn``, ``wwn`` or ``nqn``"""
        self._kind = initiator_kind
        self._since_s = {}

    def has_any(self, member):
        """Whether another look is needed at hosts of an array."""
        return bool(self._since_s.get(member))

    def take_due(self, member, found, now_s):
        """Those that were idle at a look before, each forgotten as it comes.

        What backends of other protocols made is left to them, which have its
        zones to remove, too.

        :param found: list of models.Host that are idle now
        :param now_s: time of the look, by the monotonic clock
        :returns: iterator of hosts.UnusedHost
        """
        before = self._since_s.get(member, {})
        found = {host.name: host.initiators[self._kind] for host in found
                 if host.initiators[self._kind]}
        since = {name: before.get(name, now_s) for name in found}
        self._since_s[member] = since
        for name, initiators in found.items():
            if since[name] + IDLE_S <= now_s:
                del since[name]
                yield hosts.UnusedHost(name, initiators)
