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
"""Two arrays that serve bytes, Glance and the real Cinder: start and stop."""

import configparser
import pathlib
import socket
import sys

import requests

from tools.conformance import environments
from tools.datapath import contents
from tools.demo import stack
from tools.initiator import connector

HERE = pathlib.Path(__file__).parent
FIXED_KEY = '6f1d9a40c8e75b3280d4f6a1b9c3e5077812ab34cd56ef90a1b2c3d4e5f60718'
INTERNAL_PROJECT_ID = '00000000000000000000000000000de2'
PURE_1 = stack.Backend('pure-1', 0, target=1, replication='type:async')
PURE_2 = stack.Backend('pure-2', 1)
# Glance as it is without Keystone, see glance_main.
PIPELINE = 'cors http_proxy_to_wsgi versionnegotiation context rootapp'


class DataPathStack(stack.Stack):
    """The demo's stack with bytes behind it.

    :ivar image_endpoint: of Glance, once that is started
    """

    backends = (PURE_1, PURE_2)
    backend_options = {'use_chap_auth': 'true',
                       'image_volume_cache_enabled': 'true'}
    services = 'tools.datapath.cinder_main'

    def __init__(self, directory, printer):
        super().__init__(directory, printer, serves_bytes=True)
        self._glance_log = self.logs / 'glance.log'
        self._glance = self.directory.parent / 'datapath-glance'
        self.image_endpoint = 'http://127.0.0.1:%d' % _free_port()

    def prepare(self):
        """Begin in an empty directory; what an earlier run left is ended."""
        self.stop()
        super().prepare()

    def start_glance(self):
        """Start Glance in an environment of its own, which is kept.

        :raises EnvironmentProblem: if it cannot be installed
        """
        python = environments.make_venv(
            self._glance, HERE / 'requirements-glance.txt', sys.executable)
        etc = self.directory / 'glance'
        etc.mkdir()
        config_path = self._write_glance_config(etc, python)
        self.run('glance-manage db_sync', [
            str(python.with_name('glance-manage')), '--config-file',
            str(config_path), 'db_sync'])
        self.processes.start('glance', [
            'env', 'OS_GLANCE_CONFIG_DIR=%s' % etc,
            str(python), str(HERE / 'glance_main.py'),
            self.image_endpoint.rpartition(':')[2], stack.PROJECT_ID],
            self._glance_log)

    def wait_for_glance(self):
        self._printer.wait_for('Glance to start', self._is_glance_up,
                               stack.START_TIMEOUT_S, self._glance_log)

    def image_data(self, image_id):
        """:returns: pathlib.Path of the file that Glance keeps an image in"""
        return self.directory / 'glance' / 'files' / image_id

    def connected(self):
        """Paths of the devices of all hosts."""
        return [str(connection.device)
                for host in self.hosts.glob('*')
                for connection in connector.connections(host)]

    def _is_glance_up(self):
        self.processes.check_alive()
        try:
            return requests.get(self.image_endpoint, timeout=10).ok or None
        except requests.ConnectionError:
            return None

    def _service_sections(self):
        sections = super()._service_sections()
        state = self.directory / 'state'
        backups = self.directory / 'backups'
        backups.mkdir(exist_ok=True)
        sections['DEFAULT'].update({
            'glance_api_servers': self.image_endpoint,
            'image_conversion_dir': state / 'conversion',
            'backup_driver': 'cinder.backup.drivers.posix.PosixBackupDriver',
            'backup_posix_path': backups,
            'backup_compression_algorithm': 'none',
            # Parts of a backup, each of which is in memory as a whole.
            'backup_file_size': 64 * contents.MIB,
            'cinder_internal_tenant_project_id': INTERNAL_PROJECT_ID,
            'cinder_internal_tenant_user_id': 'cinder',
            'volume_clear': 'none'})
        sections['key_manager'] = {
            'backend': 'cinder.keymgr.conf_key_mgr.ConfKeyManager',
            'fixed_key': FIXED_KEY}
        return sections

    def _write_glance_config(self, etc, python):
        paste = configparser.ConfigParser(interpolation=None)
        paste.read(python.parents[1] / 'etc/glance/glance-api-paste.ini')
        paste['composite:api']['identified'] = PIPELINE
        paste['composite:glance-api-identified'] = paste[
            'composite:glance-api']
        config = configparser.ConfigParser(interpolation=None)
        config.read_dict({
            'DEFAULT': {
                'enabled_backends': 'files:file',
                'enabled_import_methods': '[]',
                'node_staging_uri': 'file://%s' % (etc / 'staging'),
                'worker_self_reference_url': self.image_endpoint},
            'database': {
                'connection': 'sqlite:///%s' % (etc / 'glance.sqlite')},
            'glance_store': {'default_backend': 'files'},
            'paste_deploy': {'config_file': etc / 'paste.ini',
                             'flavor': 'identified'},
            'oslo_messaging_notifications': {'driver': 'noop'},
            **{store: {'filesystem_store_datadir': etc / store} for store in (
                'files', 'os_glance_staging_store', 'os_glance_tasks_store')}})
        for name, content in (('paste.ini', paste),
                              ('glance-api.conf', config)):
            with open(etc / name, 'w') as written:
                content.write(written)
        return etc / 'glance-api.conf'


def services_host(directory):
    """Where the services keep their connections, in a stack's directory."""
    return directory / stack.HOSTS / 'cinder'


def _free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
