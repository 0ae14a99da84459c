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

from tools.demo import console
from tools.demo import flasharray
from tools.demo import lifecycle
from tools.demo import stack

GIB = 1024 ** 3


def tell(demo, printer):
    """Start everything and go through the life of a volume.

    :returns: endpoint of the Block Storage API
    :raises DemoFailure: at the first thing that is not as it should be
    """
    printer.say('pure_cinder demo: Cinder %s on %d simulated FlashArrays; '
                'logs: %s' % (stack.cinder_version(), stack.ARRAY_COUNT,
                              demo.logs))
    with printer.step('Start the simulated arrays'):
        simulator = demo.start_arrays()
        arrays = [flasharray.FlashArray(array['address'], array['api_token'],
                                        simulator['certificate'])
                  for array in simulator['arrays']]
        for found, array in zip(simulator['arrays'], arrays):
            printer.detail(found['name'], 'https://%s REST %s, certificate '
                           'verified' % (found['address'], array.rest_version))
        printer.detail('window to look through', simulator['window'])
    with printer.step('Make the database (cinder-manage db sync, SQLite)'):
        backends = demo.write_config(simulator)
        demo.make_database()
    with printer.step('Start cinder-api, cinder-scheduler, cinder-volume'):
        cinder = demo.start_cinder()
        printer.detail('Block Storage API', '%(endpoint)s (%(mode)s)' % cinder)
    teller = Story(printer, _client(cinder['endpoint']), demo)
    teller.show_services(len(backends) + 1)
    teller.show_pools(backends, arrays)
    for backend, array in zip(backends, arrays):
        lifecycle.Lifecycle(teller, backend, array).show()
    with printer.step('The services logged no error'):
        errors = demo.logged_errors()
        if errors:
            raise console.DemoFailure('\n'.join(errors[:10]))
    return cinder['endpoint']


def _client(endpoint):
    auth = noauth.CinderNoAuthPlugin(stack.USER_ID, stack.PROJECT_ID,
                                     endpoint=endpoint)
    return client.Client(stack.API_MICROVERSION,
                         session=session.Session(auth=auth))


class Story:
    """What every step needs: where to print, whom to ask."""

    def __init__(self, printer, cinder, demo):
        self.printer = printer
        self.cinder = cinder
        self._demo = demo

    def show_services(self, count):
        with self.printer.step('The services are up'):
            for service in self.wait_for('services coming up',
                                         lambda: self._find_services(count)):
                self.printer.detail(service.binary, '%s %s'
                                    % (service.host, service.state))

    def show_pools(self, backends, arrays):
        with self.printer.step('The pools and their stats'):
            pools = self.wait_for('stats of every pool',
                                  lambda: self._find_pools(backends))
            for backend, array in zip(backends, arrays):
                pool = pools[backend]
                self.printer.detail('pool', pool['name'])
                stats = pool['capabilities']
                space = array.get('array', space='true')
                space = space[0] if isinstance(space, list) else space
                self.printer.same('capacity in GiB',
                                  stats['total_capacity_gb'],
                                  space['capacity'] / GIB)
                self.printer.detail(
                    'free, over-subscription', '%s GiB, %s' % (
                        stats['free_capacity_gb'],
                        stats['max_over_subscription_ratio']))

    def wait_for(self, what, probe):
        """Wait, but not longer than the processes live."""
        def checked():
            self._demo.processes.check_alive()
            return probe()
        return self.printer.wait_for(what, checked)

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
            'see cinder.log'

    def _find_services(self, count):
        services = self.cinder.services.list()
        is_ready = len(services) == count and all(
            service.state == 'up' for service in services)
        return services if is_ready else None

    def _find_pools(self, backends):
        found = {pool.volume_backend_name: pool.to_dict()
                 for pool in self.cinder.pools.list(detailed=True)}
        return found if sorted(found) == sorted(backends) else None
