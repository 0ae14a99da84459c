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
"""Two simulated arrays and the real Cinder services: start and stop."""

import configparser
import dataclasses
import importlib.metadata
import json
import pathlib
import shutil
import sys

from tools.demo import console
from tools.demo import processes
from tools.initiator import connector
from tools import private

# The simulator calls them so.
ARRAY_NAMES = ('pure01', 'pure02')
PROJECT_ID = '00000000000000000000000000000de0'
OTHER_PROJECT_ID = '00000000000000000000000000000de1'
USER_ID = 'admin'
SIMULATOR = 'simulator'
HOSTS = 'hosts'
API_MICROVERSION = '3.70'
START_TIMEOUT_S = 90
HOST = 'demo'
DRIVER = 'pure_cinder.driver.PureISCSIDriver'
# Between replications, unless cinder.conf says otherwise.
INTERVAL_S = 3600


@dataclasses.dataclass(frozen=True)
class Backend:
    """One backend section.

    :ivar array: number of its array
    :ivar target: number of the array that it replicates to, or None
    :ivar replication: how, in the words of ``replication_device``
    :ivar driver: import path of its class
    :ivar options: dict, further options of the section
    """

    name: str
    array: int
    target: int | None = None
    replication: str = ''
    driver: str = DRIVER
    options: dict = dataclasses.field(default_factory=dict, hash=False)

    def __str__(self):
        where = '%s on %s' % (self.name, ARRAY_NAMES[self.array])
        return where if self.target is None else '%s (%s to %s)' % (
            where, self.replication.partition(',')[0].removeprefix('type:'),
            ARRAY_NAMES[self.target])

    @property
    def host(self):
        """What Cinder calls the service of the backend."""
        return '%s@%s' % (HOST, self.name)

    @property
    def pool(self):
        """What Cinder calls the backend's only pool."""
        return '%s#%s' % (self.host, self.name)


PURE_1 = Backend('pure-1', 0, target=1, replication='type:async')
PURE_2 = Backend('pure-2', 1)
PURE_1_SYNC = Backend('pure-1-sync', 0, target=1,
                      replication='type:sync,uniform:true')
BACKENDS = (PURE_1, PURE_2, PURE_1_SYNC)


class Stack:
    """One demo directory: its configuration, logs and processes.

    :ivar hosts: pathlib.Path, where hosts keep their connections, each in a
        directory of its own
    :cvar backends: the Backends that are configured
    :cvar backend_options: of every backend, beside its own
    :cvar services: module that is run as the services' process
    """

    backends = BACKENDS
    backend_options = {}
    services = 'tools.demo.cinder_main'

    def __init__(self, directory, printer, serves_bytes=False):
        """:param serves_bytes: whether the arrays serve what hosts write"""
        self.directory = directory.resolve()
        self.logs = self.directory / 'logs'
        self.openrc = self.directory / 'openrc'
        self.hosts = self.directory / HOSTS
        self.serves_bytes = serves_bytes
        self.processes = processes.Processes(self.directory)
        self._printer = printer
        self.cinder_log = self.logs / 'cinder.log'
        self._config_path = self.directory / 'cinder.conf'
        self._database_path = self.directory / 'cinder.sqlite'
        self._read_of_log = 0

    def prepare(self):
        """Begin in an empty directory.

        :raises DemoFailure: if the processes of an earlier run still run
        """
        running = [name for name, _process in self.processes.running()]
        if running:
            raise console.DemoFailure(
                'a demo is up in %s (%s); end it first: make demo-stop'
                % (self.directory, ', '.join(running)))
        self._abandon_connections()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.logs.mkdir(parents=True, mode=0o700)
        self._printer.log_to(self.logs / 'demo.log')

    def start_arrays(self):
        """Start the simulator.

        :returns: its ready file's content: ``arrays``, ``certificate``,
            ``control``, ``window``
        """
        ready_path = self.directory / 'simulator.json'
        log_path = self.logs / 'simulator.log'
        self.processes.start(SIMULATOR, [
            str(_beside_python('pure-flasharray-sim')),
            '--arrays', str(len(ARRAY_NAMES)),
            '--state-dir', str(self.directory / 'arrays'),
            '--port', '0', '--control-port', '0',
            *self._simulator_options(),
            '--ready-file', str(ready_path)], log_path)
        return self._wait_ready('the simulator to start', ready_path,
                                log_path)

    def write_config(self, simulator):
        """Write cinder.conf with its backend sections."""
        config = configparser.ConfigParser(interpolation=None)
        config.read_dict(self._service_sections())
        for backend in self.backends:
            config[backend.name] = {**backend_section(backend, simulator),
                                    **self.backend_options}
        with open(self._config_path, 'w', opener=private.opener) as f:
            config.write(f)

    def make_database(self):
        """Make the schema with ``cinder-manage db sync``.

        :raises DemoFailure: if that fails
        """
        self.run('cinder-manage db sync', [
            str(_beside_python('cinder-manage')),
            '--config-file', str(self._config_path), 'db', 'sync'])

    def start_cinder(self):
        """Start api, scheduler and volume services in one process.

        :returns: the ready file's content: ``endpoint``, ``mode``
        """
        ready_path = self.directory / 'cinder.json'
        ready_path.unlink(missing_ok=True)
        self.processes.start('cinder', [
            sys.executable, '-m', self.services, str(ready_path),
            '--config-file', str(self._config_path)], self.cinder_log)
        return self._wait_ready('the services to start', ready_path,
                                self.cinder_log)

    def end_cinder(self):
        self.processes.end('cinder')

    def logged_errors(self):
        """Lines of the services' log that tell of an error.

        :returns: those since the last call
        """
        with self.cinder_log.open(errors='replace') as log:
            log.seek(self._read_of_log)
            lines = log.readlines()
            self._read_of_log = log.tell()
        return [line.rstrip() for line in lines
                if ' ERROR ' in line or ' CRITICAL ' in line]

    def write_openrc(self, endpoint):
        """Write what the ``cinder`` command reads from its environment."""
        settings = {'OS_AUTH_TYPE': 'noauth', 'CINDER_ENDPOINT': endpoint,
                    'OS_USER_ID': USER_ID, 'OS_PROJECT_ID': PROJECT_ID,
                    'OS_VOLUME_API_VERSION': API_MICROVERSION,
                    'PATH': '%s:$PATH' % pathlib.Path(sys.executable).parent}
        self.openrc.write_text(''.join(
            'export %s="%s"\n' % setting for setting in settings.items()))

    def host(self, name):
        """A host of its own, beside that of the services.

        :returns: os-brick connector
        """
        return connector.UserlandISCSIConnector(
            directory=self.hosts / name,
            initiator=connector.initiator_of(name))

    def stop(self):
        """End everything: first who reads and writes, then the devices.

        :returns: names of what ran
        """
        names = {name for name, _process in self.processes.running()}
        users = names - {SIMULATOR}
        if users:
            self.processes.stop(*users)
        try:
            self._abandon_connections()
        finally:
            self.processes.stop()
        return sorted(names)

    def _abandon_connections(self):
        for host in self.hosts.glob('*'):
            connector.abandon(host)

    def _wait_ready(self, what, ready_path, log_path):
        def probe():
            self.processes.check_alive()
            return json.loads(ready_path.read_text()) \
                if ready_path.exists() else None
        return self._printer.wait_for(what, probe, START_TIMEOUT_S, log_path)

    def run(self, title, command):
        """Run a command that ends, and see that it ends well.

        :param title: its words, by which its log is named
        :raises DemoFailure: if it fails
        """
        def probe():
            status = self.processes.finished(title)
            if status is None:
                self.processes.check_alive(besides=title)
            return status

        log_path = self.logs / (title.replace(' ', '-') + '.log')
        self.processes.start(title, command, log_path)
        status = self._printer.wait_for(title, probe, START_TIMEOUT_S,
                                        log_path)
        if status:
            raise console.DemoFailure('%s %s' % (
                title, processes.ending(status, log_path)))

    def _simulator_options(self):
        """Further options of the simulator's command line."""
        if not self.serves_bytes:
            return []
        return ['--data-plane', 'tgt',
                '--data-dir', str(self.directory / 'data')]

    def _service_sections(self):
        shipped = pathlib.Path(sys.prefix) / 'etc' / 'cinder'
        return {
            'DEFAULT': {
                'debug': 'true',
                'host': HOST,
                'my_ip': '127.0.0.1',
                'state_path': self.directory / 'state',
                'transport_url': 'fake://',
                'auth_strategy': 'noauth',
                'api_paste_config': shipped / 'api-paste.ini',
                'resource_query_filters_file':
                    shipped / 'resource_filters.json',
                'osapi_volume_listen': '127.0.0.1',
                'osapi_volume_listen_port': '0',
                'osapi_volume_workers': '1',
                'enabled_backends': ','.join(
                    backend.name for backend in self.backends),
                'report_interval': '2',
                'periodic_interval': '5',
                # If a backend's first report overtakes another message, the
                # scheduler waits that long without need.
                'scheduler_driver_init_wait_time': '1',
                'periodic_fuzzy_delay': '0',
                'backend_stats_polling_interval': '5'},
            'database': {
                'connection': 'sqlite:///%s?timeout=30' % self._database_path},
            'oslo_concurrency': {'lock_path': self.directory / 'locks'},
            'oslo_messaging_notifications': {'driver': 'noop'},
            'coordination': {
                'backend_url': 'file://%s' % (self.directory / 'locks')}}


def backend_section(backend, simulator):
    """Options of a backend in cinder.conf.

    :param simulator: content of the simulator's ready file
    """
    array = simulator['arrays'][backend.array]
    section = {'volume_driver': backend.driver,
               'volume_backend_name': backend.name,
               'san_ip': array['address'],
               'pure_api_token': array['api_token'],
               'driver_ssl_cert_verify': 'true',
               'driver_ssl_cert_path': simulator['certificate']}
    if backend.target is not None:
        target = simulator['arrays'][backend.target]
        section.update({
            'replication_device': ','.join((
                'backend_id:' + target['name'],
                'san_ip:' + target['address'],
                'api_token:' + target['api_token'],
                'ssl_cert_verify:true',
                'ssl_cert_path:' + simulator['certificate'],
                backend.replication)),
            'pure_replication_pg_name': backend.name})
    return {**section, **backend.options}


def cinder_version():
    """The installed Cinder's version."""
    return importlib.metadata.version('cinder')


def _beside_python(command):
    return pathlib.Path(sys.executable).with_name(command)
