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
"""A stack: its steps up, in an order in which each can be taken again."""

import json
import shutil

from keystoneauth1 import exceptions as session_exceptions
import psutil
import requests

from tools.conformance import environments
from tools.demo import console
from tools.demo import flasharray
from tools.demo import processes
from tools.initiator import connector
from tools.stack import catalogue
from tools.stack import cloud
from tools.stack import infrastructure
from tools.stack import layout as layouts
from tools.stack import packages
from tools.stack import prerequisites
from tools.stack import seeds
from tools.stack import services
from tools.stack.settings import cinder
from tools.stack.settings import common
from tools.stack.settings import glance
from tools.stack.settings import keystone
from tools.stack.settings import nova

SIMULATOR = 'arrays'
START_TIMEOUT_S = 180
FAILURES = (
    console.DemoFailure, environments.EnvironmentProblem, OSError,
    requests.RequestException, session_exceptions.ClientException,
    *connector.FAILURES)
# Pairs of arrays that replicate to each other.
CONNECTED = ((0, 1), (2, 1))


class Stack:
    """One directory's stack.

    :ivar layout: layout.Layout
    :cvar connected: pairs of numbers of arrays that replicate to each other
    :cvar ports: names in ``PORTS`` of what it listens at
    """

    connected = CONNECTED
    ports = tuple(layouts.PORTS)

    def __init__(self, directory, printer):
        """:param directory: pathlib.Path"""
        self.layout = layouts.Layout(directory)
        self._processes = processes.Processes(self.layout.directory)
        self._printer = printer

    def up(self):
        """Take every step that is not taken yet.

        :raises DemoFailure: and others of ``FAILURES``
        """
        self.layout.make()
        self._printer.log_to(self.layout.log('stack'))
        step = console.Step
        self._printer.tell([
            ('What is needed', [
                step('programs and ports', self._check),
                step('releases of OpenStack', self._install)]),
            ('What the services need', [
                step('three simulated arrays', self._start_arrays),
                step('MariaDB, RabbitMQ, memcached', self._start_programs),
                step('configuration files', self._configure),
                step('tables of the databases', self._make_tables)]),
            ('The services', [
                step('Keystone, its users and catalogue',
                     self._start_keystone),
                step('APIs: Glance, Placement, Cinder, Nova',
                     self._start_apis),
                step('cinder-volume, -scheduler, -backup; nova-conductor, '
                     '-scheduler, -compute', self._start_workers),
                step('Cinder: services and pools', self._wait_for_cinder),
                step('Nova: its compute host', self._wait_for_nova),
                step('volume types, flavors, an image', self._seed)])])

    def running(self):
        """Names of what runs, each once."""
        return sorted({name for name, _process in self._processes.running()})

    def halt(self):
        """End every process, connections first; what they made stays.

        :returns: names of what ran
        """
        names = self.running()
        users = set(names) - {SIMULATOR}
        if users:
            self._processes.stop(*users)
        try:
            for host in self.layout.hosts.glob('*'):
                connector.abandon(host)
        finally:
            self._processes.stop()
        return names

    def down(self):
        """End every process, and remove all but the logs.

        :returns: names of what ran
        """
        names = self.halt()
        for path in self.layout.directory.glob('*'):
            if path == self.layout.logs:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        return names

    def memory_mib(self):
        """Resident memory of what runs, ``{name: (processes, MiB)}``."""
        found = {}
        for name, process in self._processes.running():
            try:
                size = process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            count, total = found.get(name, (0, 0))
            found[name] = count + 1, total + size / 1024 ** 2
        return found

    def _check(self):
        missing = self._missing()
        if missing:
            raise console.DemoFailure(
                'this machine lacks: %s' % ', '.join(missing))
        running = self.running()
        if running:
            return '%d processes of this stack run already' % len(running)
        taken = prerequisites.taken({
            name: layouts.PORTS[name] for name in self.ports})
        if taken:
            raise console.DemoFailure('\n    '.join(
                ['ports are not free:', *taken]))
        return 'all there'

    def _install(self):
        packages.install_openstack(self.layout)
        return 'installed in %s' % console.shown(
            self.layout.environments / 'openstack')

    def _start_arrays(self):
        ready = self.layout.arrays_ready
        if self._start(self._arrays()):
            self._wait('the arrays', ready.exists, SIMULATOR)
        simulator = self._simulator()
        arrays = [flasharray.FlashArray(
            array['address'], array['api_token'], simulator['certificate'])
            for array in simulator['arrays']]
        for one, other in self.connected:
            if not arrays[one].get('array/connection'):
                arrays[one].connect_to(
                    arrays[other], simulator['arrays'][other]['address'])
        return ', '.join(array.name for array in arrays)

    def _start_programs(self):
        if not (self.layout.data / 'mariadb').exists():
            self._run('mariadb-install-db',
                      infrastructure.mariadb_install(self.layout))
        needed = self._programs()
        for program in needed:
            self._start(program)
        for program in needed:
            self._wait(program.name, lambda: listens(program.port),
                       program.name)
        return 'listen'

    def _configure(self):
        layout = self.layout
        for path, sections in configuration(
                layout, self._simulator()).items():
            layouts.write_private(path, common.text(sections))
        nova.write_identity(layout)
        shutil.copy(layout.shipped('nova', 'api-paste.ini'),
                    layout.config('nova', 'api-paste.ini'))
        return 'in %s' % console.shown(layout.etc)

    def _make_tables(self):
        """All services at a time, the commands of each in turn."""
        waiting = {service: list(commands) for service, commands
                   in self._schemas().items()
                   if not self._is_done('tables-' + service)}
        made = sorted(waiting)
        current = {}

        def probe():
            for service in list(waiting):
                if service in current:
                    status = self._processes.finished('tables-' + service)
                    if status is None:
                        continue
                    self._require('tables-' + service, status)
                    del current[service]
                if waiting[service]:
                    current[service] = True
                    command, variables = waiting[service].pop(0)
                    self._processes.start(
                        'tables-' + service, command,
                        self.layout.log('tables-' + service), variables)
                else:
                    del waiting[service]
                    self._note_done('tables-' + service)
            return None if waiting else True
        self._printer.wait_for('the tables', probe, 2 * START_TIMEOUT_S)
        return 'made: %s' % ', '.join(made) if made else 'are there'

    def _start_keystone(self):
        self._start(services.api(self.layout, 'keystone'))
        self._wait_for_api('keystone', '/v3')
        if not self._is_done('catalogue'):
            catalogue.fill(self.layout)
            self._note_done('catalogue')
        self._write_openrc()
        return self.layout.auth_url

    def _start_apis(self):
        self._start(services.network(self.layout))
        names = services.APIS[1:]
        for name in names:
            self._start(services.api(self.layout, name))
        for name in names:
            self._wait_for_api(name)
        return ', '.join(self.layout.url(name) for name in names)

    def _start_workers(self):
        started = [worker.name for worker in services.workers(self.layout)
                   if self._start(worker)]
        return '%d started' % len(started)

    def _wait_for_cinder(self):
        volume = cloud.Cloud(self.layout).volume

        def probe():
            found = volume.get('/os-services').json()['services']
            pools = volume.get('/scheduler-stats/get_pools').json()['pools']
            binaries = {service['binary'] for service in found}
            is_up = len(pools) == len(cinder.BACKENDS) and \
                len(binaries) == 3 and all(
                    service['state'] == 'up' for service in found)
            return pools if is_up else None
        pools = self._printer.wait_for(
            'the pools', self._checked(probe), START_TIMEOUT_S,
            self.layout.log('cinder-volume'))
        return ', '.join(sorted(pool['name'].rpartition('#')[2]
                                for pool in pools))

    def _wait_for_nova(self):
        compute = cloud.Cloud(self.layout).compute

        def probe():
            found = compute.get('/os-services').json()['services']
            return True if any(
                service['binary'] == 'nova-compute'
                and service['state'] == 'up' for service in found) else None
        self._printer.wait_for(
            'nova-compute', self._checked(probe), START_TIMEOUT_S,
            self.layout.log('nova-compute'))
        if not self._is_done('nova-host'):
            self._run('nova-manage discover_hosts',
                      services.discover_hosts(self.layout))
            self._note_done('nova-host')
        return nova.HOST

    def _seed(self):
        return seeds.plant(self.layout)

    def _write_openrc(self):
        told = {
            **{'OS_' + name.upper(): value for name, value
               in cloud.credentials(self.layout).items()},
            'OS_IDENTITY_API_VERSION': '3',
            'OS_REGION_NAME': layouts.REGION,
            'OS_VOLUME_API_VERSION': cloud.VOLUME_VERSION,
            'PATH': '%s:$PATH' % self.layout.python.parent}
        layouts.write_private(self.layout.openrc, ''.join(
            'export %s="%s"\n' % setting for setting in told.items()))

    def _missing(self):
        return prerequisites.missing()

    def _arrays(self):
        return infrastructure.arrays(self.layout)

    def _programs(self):
        return programs(self.layout)

    def _schemas(self):
        return services.schemas(self.layout)

    def _simulator(self):
        return json.loads(self.layout.arrays_ready.read_text())

    def _start(self, program):
        """Start a program, unless it runs.

        :returns: whether it was started
        """
        if program.name in self.running():
            return False
        self._processes.start(
            program.name, program.command, self.layout.log(program.name),
            program.environment)
        return True

    def _run(self, title, command):
        name = title.partition(' ')[0]
        log_path = self.layout.log(title.replace(' ', '-'))
        self._processes.start(name, command, log_path)
        status = self._printer.wait_for(
            title, lambda: self._processes.finished(name), START_TIMEOUT_S,
            log_path)
        self._require(title.replace(' ', '-'), status)

    def _require(self, name, status):
        if status:
            raise console.DemoFailure('%s %s' % (
                name, processes.ending(status, self.layout.log(name))))

    def _wait(self, what, is_reached, log_name):
        self._printer.wait_for(
            what, self._checked(lambda: is_reached() or None),
            START_TIMEOUT_S, self.layout.log(log_name))

    def _wait_for_api(self, name, path='/'):
        def answers():
            try:
                return requests.get(self.layout.url(name, path),
                                    timeout=10).status_code < 500
            except requests.ConnectionError:
                return False
        self._wait(name + ' to answer', answers, name + '-api')

    def _checked(self, probe):
        """A probe that does not wait for what has ended.

        An API answers with a fault while the service behind it starts.
        """
        def checked():
            self._processes.check_alive()
            try:
                return probe()
            except session_exceptions.HttpServerError:
                return None
        return checked

    def _is_done(self, name):
        return (self.layout.done / name).exists()

    def _note_done(self, name):
        (self.layout.done / name).touch()


def programs(layout):
    """What the services need besides.

    :returns: list of infrastructure.Program
    """
    return [make(layout) for make in (
        infrastructure.mariadb, infrastructure.rabbitmq,
        infrastructure.memcached)]


def configuration(layout, simulator):
    """Every configuration file of a service of OpenStack.

    :param simulator: content of the simulator's ready file
    :returns: dict of path to ``{section: {option: value}}``
    """
    return {
        layout.config('keystone'): keystone.sections(layout),
        layout.config('glance'): glance.sections(layout),
        layout.config('cinder'): cinder.sections(layout, simulator),
        layout.config('placement'): nova.placement(layout),
        layout.config('nova'): nova.control(layout),
        layout.config('nova-compute'): nova.compute(layout)}


def listens(port_name):
    return bool(prerequisites.taken({port_name: layouts.PORTS[port_name]}))
