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
"""Cinder's services, what they need and two arrays: start, kill, stop.

They are those of ``make stack`` at the same ports, without Keystone.
"""

import collections
import os
import shutil
import subprocess

from cinderclient import exceptions as client_exceptions
from keystoneauth1 import exceptions as session_exceptions

from tools.chaos import settings
from tools.demo import consistency
from tools.demo import console
from tools.demo import flasharray
from tools.demo import simulator
from tools.demo import story
from tools.initiator import machine
from tools.stack import infrastructure
from tools.stack import layout as layouts
from tools.stack import services
from tools.stack.settings import common
from tools.stack import stack as stacks

PROGRAMS = ('mariadbd', 'mariadb-install-db', 'mariadb', 'rabbitmq-server',
            'etcd')
FAILURES = (*stacks.FAILURES, client_exceptions.ClientException)


class ChaosStack(stacks.Stack):
    """One directory's stack, whose parts can be killed."""

    connected = settings.CONNECTED
    ports = ('MariaDB', 'RabbitMQ', 'RabbitMQ, between nodes', 'epmd', 'etcd',
             'etcd, between nodes', 'cinder', 'array 1', 'array 2',
             'arrays, control')

    def up(self):
        """Start everything.

        :raises DemoFailure: and others of ``FAILURES``
        """
        self.layout.make()
        self._printer.log_to(self.layout.log('chaos'))
        step = console.Step
        self._printer.tell([('A cluster of two cinder-volume', [
            step('programs and ports', self._check),
            step('releases of OpenStack', self._install),
            step('two simulated arrays', self._start_arrays),
            step('MariaDB, RabbitMQ, etcd', self._start_programs),
            step('configuration files', self._configure),
            step('tables of the database', self._make_tables),
            step('cinder-api, -scheduler, two cinder-volume',
                 self._start_services),
            step('services and pools', self.wait_for_services),
            step('volume types', self._make_types)])])

    def begin_anew(self):
        """End and remove what an earlier run left."""
        self.down()
        shutil.rmtree(self.layout.logs, ignore_errors=True)

    def cinder(self, request_id=None):
        """A client of its own.

        :param request_id: by which the services' logs know its requests
        """
        return story.connect('%s/v3' % self.layout.url('cinder'),
                             global_request_id=request_id)

    def arrays(self):
        """:returns: list of flasharray.FlashArray"""
        ready = self.ready
        return [flasharray.FlashArray(array['address'], array['api_token'],
                                      ready['certificate'])
                for array in ready['arrays']]

    @property
    def ready(self):
        """Content of the simulator's ready file."""
        return self._simulator()

    def control(self):
        """:returns: what no real array has, simulator.Simulator"""
        return simulator.Simulator(self.ready['control'])

    def kill(self, name):
        """SIGKILL a program.

        :returns: pids
        """
        pids = self._processes.kill(name)
        if name == stacks.SIMULATOR:
            # One that is killed cannot take it away.
            self.layout.arrays_ready.unlink()
        return pids

    def start(self, name):
        """Start a program again, and wait until it listens."""
        program = self._all_programs()[name]
        self._start(program)
        if name == stacks.SIMULATOR:
            self._wait_for(name, self.layout.arrays_ready.exists)
        elif program.port:
            self._wait_for(name, lambda: stacks.listens(program.port))

    def wait_for_services(self):
        """Wait until all services are up and the scheduler knows the pools.

        :returns: the pools, in words
        """
        cinder = self.cinder()

        def probe():
            try:
                found = cinder.services.list()
                pools = cinder.pools.list()
            except (client_exceptions.ClientException,
                    session_exceptions.ClientException):
                return None
            counts = collections.Counter(
                service.binary for service in found if service.state == 'up')
            is_up = counts == {
                'cinder-scheduler': 1,
                'cinder-volume': len(settings.NODES) * len(settings.BACKENDS)}
            return pools if is_up and len(pools) == len(
                settings.BACKENDS) else None
        pools = self._printer.wait_for(
            'the services', probe, stacks.START_TIMEOUT_S,
            self.layout.log(settings.NODES[0]))
        return ', '.join(sorted(pool.name for pool in pools))

    def run(self, title, command, environment=None):
        """Run a command that ends.

        :returns: ``(exit status, pathlib.Path of its output)``
        """
        log_path = self.layout.log(title)
        log_path.unlink(missing_ok=True)
        self._processes.start(title, command, log_path, environment)
        status = self._printer.wait_for(
            title, lambda: self._processes.finished(title),
            stacks.START_TIMEOUT_S, log_path)
        return status, log_path

    def dump(self):
        """What is in Cinder's database.

        :returns: ``{table: text}``
        """
        return {table: self.ask_database('SELECT * FROM ' + table)
                for table in self.ask_database('SHOW TABLES').split()}

    def ask_database(self, statement):
        """:returns: rows, as text"""
        return subprocess.run(
            ['mariadb', '--no-defaults', '--batch', '--skip-column-names',
             '--host=' + layouts.ADDRESS, '--user=stack',
             '--port=%d' % layouts.PORTS['MariaDB'], 'cinder',
             '--execute', statement],
            env={**os.environ, 'MYSQL_PWD': self.layout.passwords['database']},
            check=True, capture_output=True, text=True).stdout

    def _missing(self):
        return machine.missing_programs(*PROGRAMS)

    def _arrays(self):
        return infrastructure.arrays(self.layout, settings.ARRAYS,
                                     has_bytes=False)

    def _programs(self):
        return [make(self.layout) for make in (
            infrastructure.mariadb, infrastructure.rabbitmq,
            infrastructure.etcd)]

    def _schemas(self):
        return {'cinder': services.schemas(self.layout)['cinder']}

    def _services(self):
        return [services.api(self.layout, 'cinder'),
                services.scheduler(self.layout),
                *(services.volume(self.layout, node, settings.config(
                    self.layout, node)) for node in settings.NODES)]

    def _all_programs(self):
        return {program.name: program for program in (
            self._arrays(), *self._programs(), *self._services())}

    def _configure(self):
        for path, sections in settings.files(
                self.layout, self.ready).items():
            layouts.write_private(path, common.text(sections))
        return 'in %s' % console.shown(self.layout.etc)

    def _start_services(self):
        for program in self._services():
            self._start(program)
        self._wait_for_api('cinder')
        return self.layout.url('cinder')

    def _make_types(self):
        cinder = self.cinder()
        known = {kind.name for kind in cinder.volume_types.list()}
        for name, specs in settings.TYPES.items():
            if name not in known:
                cinder.volume_types.create(name).set_keys(specs)
        if settings.GROUP_TYPE not in {
                kind.name for kind in cinder.group_types.list()}:
            cinder.group_types.create(settings.GROUP_TYPE).set_keys(
                consistency.CONSISTENT)
        return ', '.join(settings.TYPES)

    def _wait_for(self, name, is_reached):
        """Wait for one program; others may be away meanwhile."""
        self._printer.wait_for(
            name, lambda: is_reached() or None, stacks.START_TIMEOUT_S,
            self.layout.log(name))
