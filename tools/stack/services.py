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
"""The processes of OpenStack: how they are started, and their schemas."""

from tools.stack import infrastructure

APIS = ('keystone', 'glance', 'placement', 'cinder', 'nova')
# Some give themselves a title, which else takes the place of the environment
# by which a later run knows them.
_KEEP_ENVIRONMENT = {'SPT_NOENV': '1'}
# What serves each API, and which variable tells it where its files are.
_APPLICATIONS = {
    'keystone': ('keystone.wsgi.api', 'OS_KEYSTONE_CONFIG_DIR'),
    'glance': ('glance.wsgi.api', 'OS_GLANCE_CONFIG_DIR'),
    'placement': ('placement.wsgi.api', 'OS_PLACEMENT_CONFIG_DIR'),
    'cinder': ('cinder.wsgi.api', 'OS_CINDER_CONFIG_DIR'),
    'nova': ('nova.wsgi.osapi_compute', 'OS_NOVA_CONFIG_DIR'),
}


def api(layout, name):
    """A WSGI application in a server of its own."""
    application, variable = _APPLICATIONS[name]
    arguments = _config(layout, name) if name == 'cinder' else []
    return _module(
        layout, name + '-api', 'tools.stack.wsgi_main', name, application,
        *arguments, environment={variable: str(layout.etc / name)}, port=name)


def network(layout):
    """The stand-in for Neutron."""
    return _module(layout, 'network', 'tools.stack.network_main',
                   port='network')


def workers(layout):
    """Every service that listens to the broker alone."""
    return [
        scheduler(layout),
        volume(layout, 'cinder-volume', layout.config('cinder')),
        _module(layout, 'cinder-backup', 'tools.stack.backup_main',
                str(layout.directory), *_config(layout, 'cinder')),
        _release(layout, 'nova-conductor', 'nova'),
        _release(layout, 'nova-scheduler', 'nova'),
        _module(layout, 'nova-compute', 'tools.stack.compute_main',
                *_config(layout, 'nova-compute'))]


def scheduler(layout):
    """Cinder's."""
    return _release(layout, 'cinder-scheduler', 'cinder')


def volume(layout, name, config):
    """A cinder-volume.

    :param config: pathlib.Path of its cinder.conf
    """
    return _module(layout, name, 'tools.stack.volume_main',
                   str(layout.directory), '--config-file', str(config))


def schemas(layout):
    """What makes the tables of each service.

    :returns: dict of service to list of ``(command, variables)``
    """
    def manage(program, service, *words):
        return [layout.program(program), *_config(layout, service), *words]

    keystone = [manage('keystone-manage', 'keystone', *words) for words in (
        ('fernet_setup', '--keystone-user', 'root',
         '--keystone-group', 'root'),
        ('credential_setup', '--keystone-user', 'root',
         '--keystone-group', 'root'),
        ('db_sync',),
        ('bootstrap', '--bootstrap-region-id', 'RegionOne',
         *(word for interface in ('admin', 'internal', 'public')
           for word in ('--bootstrap-%s-url' % interface,
                        layout.auth_url))))]
    password = {'OS_BOOTSTRAP_PASSWORD': layout.passwords['admin']}
    return {
        'keystone': [(command, password) for command in keystone],
        'glance': [(manage('glance-manage', 'glance', 'db_sync'), {})],
        'placement': [
            (manage('placement-manage', 'placement', 'db', 'sync'), {})],
        'cinder': [(manage('cinder-manage', 'cinder', 'db', 'sync'), {})],
        'nova': [(manage('nova-manage', 'nova', *words), {}) for words in (
            ('api_db', 'sync'), ('cell_v2', 'map_cell0'), ('db', 'sync'),
            ('cell_v2', 'create_cell', '--name', 'cell1'))]}


def discover_hosts(layout):
    """:returns: command that lets Nova use its compute host"""
    return [layout.program('nova-manage'), *_config(layout, 'nova'),
            'cell_v2', 'discover_hosts', '--verbose']


def _config(layout, service):
    return ['--config-file', str(layout.config(service))]


def _release(layout, name, service):
    """A program that is started as its release ships it."""
    return infrastructure.Program(name, [
        str(layout.python), '-W', 'ignore', layout.program(name),
        *_config(layout, service)], _KEEP_ENVIRONMENT)


def _module(layout, name, module, *arguments, environment=None, port=None):
    """A program of the project, which starts that of a release."""
    return infrastructure.Program(
        name, [str(layout.python), '-W', 'ignore', '-m', module, *arguments],
        {**_KEEP_ENVIRONMENT, **(environment or {})}, port)
