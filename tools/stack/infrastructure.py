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
"""MariaDB, RabbitMQ and memcached: how they are started."""

import dataclasses

from tools.stack import layout as layouts

DATABASES = ('keystone', 'glance', 'cinder', 'placement', 'nova_api', 'nova',
             'nova_cell0')
ARRAY_PORTS = [layouts.PORTS['array %d' % number] for number in (1, 2, 3)]
# Debian's rabbitmq-server changes to a user and to files of its own.
RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server'


@dataclasses.dataclass(frozen=True)
class Program:
    """A process that runs while the stack is up.

    :ivar command: list of words, none of them secret
    :ivar environment: dict of variables
    :ivar port: name of the one in ``PORTS`` that it listens at, or None
    """

    name: str
    command: list
    environment: dict = dataclasses.field(default_factory=dict, repr=False)
    port: str | None = None


def mariadb(layout):
    """With the databases of all services; killed, it loses nothing.

    It cannot lose power, so nothing waits for the disk.
    """
    directory = layout.data / 'mariadb'
    initial = layout.etc / 'mariadb.sql'
    layouts.write_private(initial, ''.join(
        'CREATE DATABASE IF NOT EXISTS %s CHARACTER SET utf8mb3;\n' % name
        for name in DATABASES) + (
        "CREATE USER IF NOT EXISTS stack@'%%' IDENTIFIED BY '%s';\n"
        "GRANT ALL ON *.* TO stack@'%%';\n" % layout.passwords['database']))
    return Program('mariadb', [
        'mariadbd', '--no-defaults', '--user=root',
        '--datadir=%s' % directory,
        '--socket=%s' % (directory / 'socket'),
        '--pid-file=%s' % (directory / 'pid'),
        '--init-file=%s' % initial,
        '--bind-address=%s' % layouts.ADDRESS,
        '--port=%d' % layouts.PORTS['MariaDB'],
        '--skip-name-resolve', '--max-connections=800',
        '--performance-schema=OFF', '--innodb-flush-log-at-trx-commit=2',
        '--innodb-flush-method=nosync'], port='MariaDB')


def mariadb_install(layout):
    """:returns: command that makes the directory of MariaDB"""
    return ['mariadb-install-db', '--no-defaults', '--user=root',
            '--datadir=%s' % (layout.data / 'mariadb'),
            '--auth-root-authentication-method=normal', '--skip-test-db']


def rabbitmq(layout):
    """A node of its own, with an epmd of its own."""
    home = layout.scratch('rabbitmq')
    config = layout.etc / 'rabbitmq.conf'
    layouts.write_private(config, '\n'.join((
        'listeners.tcp.1 = %s:%d' % (
            layouts.ADDRESS, layouts.PORTS['RabbitMQ']),
        'default_user = stack',
        'default_pass = %s' % layout.passwords['broker'],
        'disk_free_limit.absolute = 50MB',
        'vm_memory_high_watermark.absolute = 1GB', '')))
    plugins = layout.etc / 'rabbitmq-plugins'
    plugins.write_text('[].\n')
    return Program('rabbitmq', [RABBITMQ], {
        'HOME': str(home),
        'ERL_EPMD_ADDRESS': layouts.ADDRESS,
        'ERL_EPMD_PORT': str(layouts.PORTS['epmd']),
        'RABBITMQ_NODENAME': 'stack@localhost',
        'RABBITMQ_DIST_PORT': str(layouts.PORTS['RabbitMQ, between nodes']),
        'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS':
            '-kernel inet_dist_use_interface {127,0,0,1} +S 1:1',
        'RABBITMQ_CONF_ENV_FILE': '/dev/null',
        'RABBITMQ_CONFIG_FILE': str(config.with_suffix('')),
        'RABBITMQ_ENABLED_PLUGINS_FILE': str(plugins),
        'RABBITMQ_MNESIA_BASE': str(home / 'mnesia'),
        'RABBITMQ_PID_FILE': str(home / 'pid'),
        'RABBITMQ_LOG_BASE': str(layout.logs),
        'RABBITMQ_LOGS': '-'}, port='RabbitMQ')


def memcached(_layout):
    return Program('memcached', [
        'memcached', '-u', 'nobody', '-l', layouts.ADDRESS,
        '-p', str(layouts.PORTS['memcached']), '-m', '64', '-c', '2048'],
        port='memcached')


def etcd(layout):
    """One member."""
    return Program('etcd', [
        'etcd', '--data-dir', str(layout.data / 'etcd'),
        '--listen-client-urls', layout.url('etcd'),
        '--advertise-client-urls', layout.url('etcd'),
        '--listen-peer-urls', layout.url('etcd, between nodes'),
        '--initial-advertise-peer-urls', layout.url('etcd, between nodes'),
        '--initial-cluster', 'default=' + layout.url('etcd, between nodes')
    ], port='etcd')


def arrays(layout, count=len(ARRAY_PORTS), has_bytes=True):
    """The simulated arrays.

    :param has_bytes: whether they keep the bytes of what hosts write
    """
    data_plane = ['--data-plane', 'tgt',
                  '--data-dir', str(layout.data / 'bytes')]
    return Program('arrays', [
        layout.simulator(), '--arrays', str(count),
        '--state-dir', str(layout.data / 'arrays'),
        *(data_plane if has_bytes else ()),
        '--port', str(ARRAY_PORTS[0]),
        '--control-port', str(layouts.PORTS['arrays, control']),
        '--ready-file', str(layout.arrays_ready)])
