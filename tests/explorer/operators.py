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
"""What operators do on arrays by hand, and what breaks."""

import purestorage

from flasharray_sim import faults
from tests.explorer import book as books
from tests.explorer import world as worlds
from tests import fabric

# More than arrays take to agree on who goes on without a mediator.
ELECTION_S = 600
HOUR_S = 3600
PAUSE_S = 600
BY_HAND = 'by-hand-'


class Operators:
    """Hands on arrays, by the SDK; each verb gets sites and labels."""

    def __init__(self, world):
        self._world = world
        self._fleet = world.fleet

    def make_foreign(self, label, site='site1', is_connected=False):
        """A volume of another program, maybe connected to its own host."""
        client = self._client(site)
        client.create_volume(label, '1G')
        if is_connected:
            client.create_host('host-' + label,
                               iqnlist=['iqn.1994-05.com.redhat:' + label])
            client.connect_host('host-' + label, label)
        array = self._fleet.arrays[site]
        array.model.write(label, 0, 1 << 20)
        [row] = [row for row in array.model.db.volumes.select(
            'state', ('volume', 'live')) if row.name == label]
        self._world.book.foreign[label] = books.Foreign(
            site, row.serial, self._fleet.content(array, label), label)

    def rename_array(self, site, name):
        self._client(site).set(name=name)

    def rename_host(self, site, machine):
        for host in self._hosts(site, machine):
            self._client(site).rename_host(host.name, BY_HAND + machine)

    def delete_host(self, site, machine):
        """Its machine loses what it has of this array."""
        client, array = self._client(site), self._fleet.arrays[site]
        hosts = self._hosts(site, machine)
        if not hosts:
            raise worlds.NotApplicable('there is no host')
        for host in hosts:
            for connection in array.model.connections.private(host.id):
                client.disconnect_host(host.name, array.model.db.volumes.get(
                    connection.volume_id).name)
            client.delete_host(host.name)
        for attachment in self._world.attachments:
            if attachment.machine == machine:
                attachment.is_old = True

    def replace_adapter(self, machine):
        """Hosts and zones of the machine get its new initiators."""
        target, hosts = self._world.stage.machines[machine], [
            (site, host.name) for site, array in self._fleet.arrays.items()
            if array.is_online for host in self._hosts(site, machine)]
        if not hosts:
            raise worlds.NotApplicable('there is no host')
        wwpns = target.connector['wwpns']
        target.replace_adapter()
        new = target.connector
        for site, name in hosts:
            client = self._client(site)
            host = client.get_host(name)
            for key, value in (('iqn', [new['initiator']]),
                               ('wwn', new['wwpns']), ('nqn', [new['nqn']])):
                if host[key]:
                    client.set_host(name, **{key + 'list': value})
        for old, port in zip(wwpns, new['wwpns']):
            for zone in [each for each in fabric.ZONES if each[0] == old]:
                fabric.ZONES.remove(zone)
                fabric.ZONES.add((port, zone[1]))

    def _hosts(self, site, machine):
        array = self._fleet.arrays[site]
        return {array.model.db.hosts.get(connection.host_id)
                for connection in self._world.stage.machines[
                    machine].connections(array)}

    def rename_volume(self, label):
        """On the first array."""
        name = self._name_at_home(label)
        head, slash, leaf = name.rpartition('/')
        self._client('site1').rename_volume(
            name, head + slash + 'moved-' + leaf)

    def move_volume(self, label):
        """Into a volume group, on the first array."""
        name = self._name_at_home(label)
        if '/' in name or '::' in name:
            raise worlds.NotApplicable('it is in a container')
        client = self._client('site1')
        if not any(row['name'] == 'by-hand' for row in client.list_vgroups()):
            client.create_vgroup('by-hand')
        client.move_volume(name, 'by-hand')

    def _name_at_home(self, label):
        row = self._world.row(label)
        copies = self._fleet.copies(row) if row.provider_id else {}
        name = copies.get(self._fleet.arrays['site1'])
        if name is None or 'moved-' in name:
            raise worlds.NotApplicable('it is not there')
        return name

    def eradicate(self, site):
        """All that was destroyed."""
        client = self._client(site)
        for row in client.list_volumes(pending_only=True):
            client.eradicate_volume(row['name'])

    def recover(self, site):
        """All that was destroyed and can be had again."""
        client, array = self._client(site), self._fleet.arrays[site]
        for row in list(array.model.db.volumes.select(
                'state', ('volume', 'destroyed'))):
            try:
                client.recover_volume(row.name)
            except purestorage.PureError:
                continue  # its container is destroyed
            self._world.recovered.add(row.serial)

    def end_sessions(self, site):
        self._fleet.arrays[site].sessions.expire_all()

    def _client(self, site):
        if site not in self._fleet.arrays or (
                not self._fleet.arrays[site].is_online):
            raise worlds.NotApplicable('%s is away' % site)
        return self._fleet.client(site)


class Disasters:
    """What breaks, and time."""

    def __init__(self, world):
        self._world = world
        self._fleet = world.fleet

    def stop(self, site):
        self._array(site).stop()

    def log_out(self, machine):
        """It is down: no fabric knows its adapters."""
        fabric.LOGGED_OUT.update(
            self._world.stage.machines[machine].connector['wwpns'])

    def log_in(self):
        fabric.LOGGED_OUT.clear()

    def cut_links(self):
        for array in self._fleet.arrays.values():
            self._fault(array, 'link_down')

    def lose_mediator(self):
        for array in self._fleet.arrays.values():
            self._fault(array, 'mediator_down')
        self._fleet.pass_time(ELECTION_S)

    def _fault(self, array, kind):
        array.faults.add(faults.Fault(kind))
        self._world.troubled.add(kind)

    def mend(self):
        """Everything that broke, and processes that do not run."""
        self._world.mend()

    def wait(self, hours=1):
        self._fleet.pass_time(hours * HOUR_S)

    def pause(self):
        """What is sent at once has arrived; no interval is over."""
        self._fleet.pass_time(PAUSE_S)
        if self._world.is_calm and not self._world.active:
            for account in self._world.book.volumes.values():
                account.arrived()

    def replicate(self):
        """All that was written arrives at all targets."""
        self._fleet.replicate()
        if not self._world.is_calm or self._world.active:
            return
        for label, account in self._world.book.volumes.items():
            if self._world.is_there(label):
                row = self._world.row(label)
                if row.status in ('available', 'in-use') and (
                        row.replication_status == 'enabled'):
                    account.replicated()

    def _array(self, site):
        try:
            return self._fleet.arrays[site]
        except KeyError:
            raise worlds.NotApplicable('there is no %s' % site) from None
