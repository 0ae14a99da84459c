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
"""Operators' commands as an operator runs them: on a cinder.conf, in a file.

Arrays are simulated, over HTTPS; the database is Cinder's.
"""

import contextlib
import json
import logging
import socket

from oslo_config import cfg

import flasharray_sim
from tests import arrays as arrays_module


class Operator:
    """Writes a cinder.conf and types commands.

    :ivar path: of the cinder.conf
    :ivar arrays: of the simulator
    :ivar clock: of all of them
    """

    def __init__(self, directory, running, capsys):
        self.path = directory / 'cinder.conf'
        self.certificate_path = str(running.certificate_path)
        self._capsys = capsys
        self.arrays = running.arrays
        self.clock = running.clock

    def section(self, array, **values):
        """:returns: dict of the options of a backend without fault"""
        return {
            'volume_driver': 'pure_cinder.driver.PureISCSIDriver',
            'volume_backend_name': 'pure', 'san_ip': array.address,
            'pure_api_token': array.api_token,
            'driver_ssl_cert_verify': 'true',
            'driver_ssl_cert_path': self.certificate_path,
            'use_multipath_for_image_xfer': 'true', **values}

    def device(self, array, kind='async', uniform='false'):
        """:returns: a line of ``replication_device``"""
        return ','.join('%s:%s' % pair for pair in {
            'backend_id': 'at-' + array.name, 'san_ip': array.address,
            'api_token': array.api_token, 'type': kind, 'uniform': uniform,
            'ssl_cert_verify': 'true',
            'ssl_cert_path': self.certificate_path}.items())

    def write(self, default=None, **sections):
        """Write a cinder.conf.

        :param default: options of ``[DEFAULT]`` in place of those that
            enable each section
        :param sections: a dict of options for each; None leaves one out
        """
        text = ''
        for name, values in {
                'DEFAULT': default or {
                    'enabled_backends': ','.join(sections)},
                **sections}.items():
            text += '\n[%s]\n' % name
            for key, value in values.items():
                for line in value if isinstance(value, list) else [value]:
                    text += '' if line is None else '%s = %s\n' % (key, line)
        self.path.write_text(text)

    def type(self, main, *arguments):
        """Type a command.

        :param main: of the command
        :returns: exit code, standard output and standard error
        """
        try:
            code = main(['--config-file', str(self.path), *arguments])
        except SystemExit as exit_:
            code = exit_.code
        out, err = self._capsys.readouterr()
        return code, out, err

    def findings(self, main, *arguments):
        """:returns: exit code and list of findings, as JSON has them"""
        code, out, _err = self.type(main, '--json', *arguments)
        told = json.loads(out)
        assert told['exit_code'] == code
        return code, told['findings']

    def client(self, array):
        """An array as another program sees it: the plain SDK."""
        return arrays_module.client_of(array, self.certificate_path)

    def forget_requests(self):
        for array in self.arrays:
            array.requests.clear()

    def writes(self):
        """:returns: list of the requests that changed something"""
        return [write for array in self.arrays
                for write in arrays_module.writes_of(array)]


@contextlib.contextmanager
def open_ports(count):
    """Ports on which somebody listens.

    :returns: list of ``address:port``, each of another address
    """
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(
            ('127.0.0.%d' % number, 0))) for number in range(1, count + 1)]
        yield ['%s:%d' % each.getsockname() for each in sockets]


@contextlib.contextmanager
def working(directory, capsys, arrays=1, seed=None, **values):
    """An operator, with arrays whose ports are there.

    :param seed: objects that the first array starts with
    :param values: fields of the simulator's configuration of each array
    """
    level = logging.getLogger().level
    with open_ports(4) as portals, flasharray_sim.Simulator(
            arrays=[{'name': name, 'iscsi_portals': portals, **values}
                    for name in ('alpha', 'beta', 'gamma')[:arrays]],
            seed=seed and {'arrays': {'alpha': seed}},
            strict=True) as running:
        try:
            yield Operator(directory, running, capsys)
        finally:
            logging.getLogger().setLevel(level)
            cfg.CONF.clear_override('max_retries', 'database')
