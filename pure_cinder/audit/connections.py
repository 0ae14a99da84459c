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
"""Connections and hosts, compared as the driver does it with its stats."""

from cinder.i18n import _

from pure_cinder.array import leftovers
from pure_cinder.attachments import comparison


class Recorder:
    """Stands between a comparison and what it has put right.

    :ivar found: list of findings.Finding
    """

    def __init__(self, audit):
        self._audit = audit
        self._service = audit.backend.attachments
        self.found = []

    @property
    def has_several_sides(self):
        return self._service.has_several_sides

    def has_targets(self, member):
        return self._service.has_targets(member)

    def withdraw(self, member, connection, is_due):
        answers = []

        def withdraw():
            self._service.withdraw(
                member, connection,
                lambda: answers.append(is_due()) or answers[-1])
            return answers[-1]

        command = leftovers.connected(member.gateway.connections,
                                      connection).command
        self.found.append(self._audit.finding(
            'connections', member, connection.volume,
            _('It is connected to host %s, where Cinder has no attachment '
              'of it.') % connection.host, command=command,
            repair=withdraw))

    def add_path(self, member, volume, attachment):
        self.found.append(self._audit.finding(
            'connections', member, volume.provider_id,
            _('It is attached to %s, but not over this array.')
            % attachment.connector.get('host'),
            repair=lambda: self._service.add_path(member, volume,
                                                  attachment)))


def check_connections(audit):
    """See that machines have what Cinder has attached there, and no more."""
    records = (audit.backend.attachment_records if audit.is_repairing
               else audit.database)

    def reading(member, _is_full):
        contents = audit.contents.get(member)
        return contents and contents.connections

    for member in audit.contents:
        recorder = Recorder(audit)
        comparison.Comparison(
            audit.backend.fleet, audit.homes, records, recorder, member, {},
            reading).run(is_full=True)
        yield from recorder.found


def check_hosts(audit):
    """Tell hosts of Cinder's that have no volume.

    An attach may be about to use one. The driver deletes those that stay so
    for some minutes; if it does not, it is of another protocol or not there.
    """
    for member, contents in audit.contents.items():
        for host in contents.connections.idle_hosts():
            yield audit.finding(
                'hosts', member, 'host %s' % host.name,
                _('It has no volume.'),
                _('The driver deletes it if it stays so for some minutes. If '
                  'no service of its protocol runs any more:'),
                command=leftovers.host(member.gateway.hosts,
                                       host.name).command)
