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
"""Where a stack keeps what, where it listens, and its passwords."""

import functools
import json
import pathlib
import secrets
import sys

from tools import private

ADDRESS = '127.0.0.1'
REGION = 'RegionOne'
DOMAIN = 'Default'
SERVICE_PROJECT = 'service'
# Not those that the programs listen at by default, so that others may.
PORTS = {
    'MariaDB': 13306,
    'RabbitMQ': 25673,
    'RabbitMQ, between nodes': 25674,
    'epmd': 24369,
    'memcached': 21211,
    'etcd': 22379,
    'etcd, between nodes': 22380,
    'keystone': 15000,
    'glance': 19292,
    'cinder': 18776,
    'nova': 18774,
    'placement': 18778,
    'network': 19696,
    'array 1': 28443,
    'array 2': 28444,
    'array 3': 28445,
    'arrays, control': 28080,
}
# Configuration files whose name is not that of the service.
CONFIGS = {'glance': 'glance-api.conf', 'nova-compute': 'nova.conf'}
PASSWORDS = ('admin', 'service', 'database', 'broker')


class Layout:
    """One stack's directory.

    :ivar directory: all that is there while the stack is up, but for the
        environments
    :ivar environments: directory of the virtual environments, which stay
    """

    def __init__(self, directory):
        """:param directory: pathlib.Path"""
        self.directory = directory.resolve()
        self.environments = self.directory.parent / 'stack-environments'
        self.logs = self.directory / 'logs'
        self.etc = self.directory / 'etc'
        self.data = self.directory / 'data'
        self.done = self.directory / 'done'
        self.hosts = self.directory / 'hosts'
        self.openrc = self.directory / 'openrc'
        self.arrays_ready = self.directory / 'arrays.json'

    def make(self):
        """Make the directories that are not there."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in (self.logs, self.etc, self.data, self.done, self.hosts):
            path.mkdir(exist_ok=True, mode=0o700)

    @property
    def python(self):
        """Python of the environment of all OpenStack services."""
        return self.environments / 'openstack' / 'bin' / 'python'

    def program(self, name):
        """:returns: path of a program of that environment"""
        return str(self.python.with_name(name))

    def shipped(self, *names):
        """:returns: path of a configuration file that a release ships"""
        return self.python.parents[1].joinpath('etc', *names)

    def simulator(self):
        """:returns: path of the simulator's program"""
        return str(pathlib.Path(sys.executable).with_name(
            'pure-flasharray-sim'))

    def config(self, service, name=None):
        """:returns: pathlib.Path of a service's configuration file"""
        return self.etc / service / (name or CONFIGS.get(
            service, service + '.conf'))

    def log(self, name):
        return self.logs / (name + '.log')

    def scratch(self, *names):
        """:returns: pathlib.Path of a directory, which is made"""
        path = self.data.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def url(self, service, path=''):
        return 'http://%s:%d%s' % (ADDRESS, PORTS[service], path)

    @property
    def auth_url(self):
        return self.url('keystone', '/v3')

    def database_url(self, name):
        return 'mysql+pymysql://stack:%s@%s:%d/%s?charset=utf8mb4' % (
            self.passwords['database'], ADDRESS, PORTS['MariaDB'], name)

    @property
    def transport_url(self):
        return 'rabbit://stack:%s@%s:%d/' % (
            self.passwords['broker'], ADDRESS, PORTS['RabbitMQ'])

    @functools.cached_property
    def passwords(self):
        """``{name: password}``, made once for each stack."""
        path = self.directory / 'passwords.json'
        if not path.exists():
            write_private(path, json.dumps(
                {name: secrets.token_hex(16) for name in PASSWORDS}))
        return json.loads(path.read_text())


def write_private(path, text):
    """Write a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(path, 'w', opener=private.opener) as opened:
        opened.write(text)
