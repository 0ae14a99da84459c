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
"""What the demo shows, step by step, each held against the array."""

from cinderclient import client
from cinderclient.contrib import noauth
from cinderclient import exceptions
from keystoneauth1 import session

from tools.demo import adoption
from tools.demo import chapter
from tools.demo import consistency
from tools.demo import console
from tools.demo import disaster
from tools.demo import flasharray
from tools.demo import host
from tools.demo import lifecycle
from tools.demo import moving
from tools.demo import retyping
from tools.demo import simulator
from tools.demo import stack

OTHER_SERVICES = 1
REQUEST_TIMEOUT_S = 120
INTRODUCTION = """\
pure_cinder demo: Cinder %(version)s on simulated FlashArrays: %(arrays)s.
Backends: %(backends)s.
What Cinder says is held against what the array says; a difference fails it.
%(bytes)s
Requests, answers and commands: %(log)s; services' logs are beside it."""
WITH_BYTES = 'A host writes and reads a file, note.txt on ext4, over iSCSI.'
WITHOUT_BYTES = """\
What hosts write is simulated, without bytes. For those this machine lacks:
%s."""


def tell(demo, printer, missing):
    """Start everything, and tell all chapters.

    :param missing: what a host with bytes lacks, see ``host.missing``
    :returns: endpoint of the Block Storage API
    :raises DemoFailure: at the first thing that is not as it should be
    """
    printer.say(INTRODUCTION % {
        'version': stack.cinder_version(), 'log': console.shown(
            printer.log_path), 'arrays': ', '.join(stack.ARRAY_NAMES),
        'bytes': WITHOUT_BYTES % ', '.join(missing) if missing
        else WITH_BYTES,
        'backends': ', '.join(map(str, stack.BACKENDS))})
    teller = Story(demo, printer)
    printer.tell(teller.chapters())
    return teller.endpoint


def connect(endpoint, project_id=stack.PROJECT_ID, **kwargs):
    """A client of a Block Storage API without Keystone.

    :param kwargs: further arguments of the client
    """
    auth = noauth.CinderNoAuthPlugin(stack.USER_ID, project_id,
                                     endpoint=endpoint)
    return client.Client(
        stack.API_MICROVERSION,
        session=session.Session(auth=auth, timeout=REQUEST_TIMEOUT_S),
        **kwargs)


class Story:
    """What every chapter needs: where to print, whom to ask.

    :ivar cinder: the ordinary client; ``cinder_of_other``, of another project
    :ivar host: host.Host, or host.SimulatedHost
    :ivar arrays: flasharray.FlashArrays; ``addresses``, where they are
        managed
    """

    def __init__(self, demo, printer):
        self.printer = printer
        self._demo = demo

    def chapters(self):
        """:returns: list of ``(title, list of console.Step)``"""
        transfer = moving.Transfer(self, stack.PURE_2)
        death = disaster.Disaster(self)
        no_error = console.Step('The services logged no error',
                                self._see_no_error)
        return [
            ('Arrays and services', [
                console.Step('Start the simulated arrays, and connect them',
                             self._start_arrays),
                console.Step('Make the database (cinder-manage db sync, '
                             'SQLite)', self._make_database),
                *self.service_steps(),
                console.Step('The pools and their stats', self._see_pools)]),
            ('Volumes, snapshots and attachments, on pure02', [
                *lifecycle.Lifecycle(self, stack.PURE_2).steps(),
                *transfer.first_steps()]),
            ('The same on pure01, which has a partner',
             lifecycle.Lifecycle(self, stack.PURE_1).steps()),
            ('Volume types, and volumes that change theirs in place',
             retyping.Retyping(self, stack.PURE_1).steps()),
            ('Volumes that Cinder gives up and takes over',
             adoption.Adoption(self, stack.PURE_1).steps()),
            ('A consistent group',
             consistency.Consistency(self, stack.PURE_1).steps()),
            ('Migration between two backends of one array',
             moving.Migration(self, stack.PURE_1, stack.PURE_1_SYNC).steps()),
            ('Replication from pure01 to pure02', [
                *death.first_steps(), *transfer.last_steps(), no_error]),
            ('pure01 dies, pure02 serves', death.outage_steps()),
            ('All comes home to pure01', [*death.return_steps(), no_error])]

    def service_steps(self):
        """Start the services, at first and after an outage."""
        return [console.Step('Start cinder-api, cinder-scheduler, '
                             'cinder-volume', self._start_cinder),
                console.Step('The services are up', self._see_services)]

    def _start_arrays(self):
        started = self._demo.start_arrays()
        self.simulator = simulator.Simulator(started['control'])
        self.addresses = [array['address'] for array in started['arrays']]
        self.arrays = [
            flasharray.FlashArray(array['address'], array['api_token'],
                                  started['certificate'])
            for array in started['arrays']]
        for name, address, array in zip(stack.ARRAY_NAMES, self.addresses,
                                        self.arrays):
            self.printer.detail(
                name, 'https://%s REST %s, certificate verified'
                % (address, array.rest_version))
        self.host = host.Host(self._demo) if self._demo.serves_bytes \
            else host.SimulatedHost(self.simulator)
        self.arrays[0].connect_to(self.arrays[1], self.addresses[1])
        self._demo.write_config(started)
        return 'a window to look through: %s' % started['window']

    def _make_database(self):
        self._demo.make_database()
        return 'made'

    def _start_cinder(self):
        started = self._demo.start_cinder()
        self.endpoint = started['endpoint']
        self.cinder = connect(self.endpoint)
        self.cinder_of_other = connect(self.endpoint, stack.OTHER_PROJECT_ID)
        return '%(endpoint)s (%(mode)s)' % started

    def end_cinder(self):
        self._demo.end_cinder()

    def _see_services(self):
        services = self.wait_for('services coming up', self._find_services)
        for service in services:
            self.printer.detail(service.binary, '%s %s'
                                % (service.host, service.state))
        return 'cinder-scheduler, and cinder-volume of %s' % ', '.join(
            backend.name for backend in stack.BACKENDS)

    def _see_pools(self):
        pools = self.wait_for('stats of every pool', self._find_pools)
        for backend in stack.BACKENDS:
            stats = pools[backend.name]
            space = self.arrays[backend.array].get('array', space='true')
            space = space[0] if isinstance(space, list) else space
            self.printer.detail('pool', backend.pool)
            self.printer.same('capacity in GiB', stats['total_capacity_gb'],
                              space['capacity'] / chapter.GIB)
            self.printer.detail(
                'free, over-subscription', '%s GiB, %s' % (
                    stats['free_capacity_gb'],
                    stats['max_over_subscription_ratio']))
            self.printer.detail('replicates to', ', '.join(
                stats['replication_targets']) or 'none')
        return '%d pools, capacities as the arrays say' % len(pools)

    def _see_no_error(self):
        self._check_errors(self._demo.logged_errors())
        return 'none'

    def count_errors_of(self, address):
        """See that all errors since the last look name a dead array.

        :returns: how many there are
        """
        errors = self._demo.logged_errors()
        self._check_errors([line for line in errors if address not in line])
        return len(errors)

    def _check_errors(self, errors):
        if errors:
            raise console.DemoFailure('\n'.join(
                ['%s tells of errors:' % console.shown(self._demo.cinder_log),
                 *errors[:10]]))

    def find_pool(self, backend):
        """Stats of a backend as the scheduler has them, or None."""
        return self._pools().get(backend.name)

    def wait_for(self, what, probe):
        """Wait, but not longer than the processes live."""
        def checked():
            self._demo.processes.check_alive()
            return probe()
        return self.printer.wait_for(what, checked,
                                     log_path=self._demo.cinder_log)

    def wait_status(self, manager, item_id, status):
        """Wait until a volume or snapshot has the status.

        :raises DemoFailure: if it goes to an error status
        """
        def probe():
            item = manager.get(item_id)
            if item.status.startswith('error'):
                raise console.DemoFailure(
                    '%s is %s: %s' % (item_id, item.status,
                                      self._reasons(item_id)))
            return item if item.status == status else None
        return self.wait_for('%s of %s' % (status, item_id), probe)

    def wait_gone(self, manager, item_id):
        """Wait until Cinder knows a volume or snapshot no more."""
        def probe():
            try:
                item = manager.get(item_id)
            except exceptions.NotFound:
                return True
            if item.status.startswith('error'):
                raise console.DemoFailure('%s is %s' % (item_id, item.status))
            return None
        return self.wait_for('end of %s' % item_id, probe)

    def _reasons(self, item_id):
        found = self.cinder.messages.list(
            search_opts={'resource_uuid': item_id})
        return '; '.join(message.user_message for message in found) or \
            'look into %s' % console.shown(self._demo.cinder_log)

    def _find_services(self):
        services = self.cinder.services.list()
        is_ready = (len(services) == len(stack.BACKENDS) + OTHER_SERVICES
                    and all(service.state == 'up' for service in services))
        return services if is_ready else None

    def _find_pools(self):
        found = self._pools()
        return found if len(found) == len(stack.BACKENDS) else None

    def _pools(self):
        """:returns: dict of backend name to stats"""
        return {pool.volume_backend_name: pool.to_dict()['capabilities']
                for pool in self.cinder.pools.list(detailed=True)}
