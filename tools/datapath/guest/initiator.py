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
"""os-brick on the guest: attaches volumes as Nova does, and looks at them."""

import contextlib
import dataclasses
import os
import pathlib

import os_brick
from os_brick.initiator import connector as connectors
from os_brick import privileged
from oslo_config import cfg

from tools.datapath.guest import node

SESSIONS = pathlib.Path('/sys/class/iscsi_session')
CONTROLLERS = pathlib.Path('/sys/class/nvme')
BLOCKS = pathlib.Path('/sys/class/block')
ROOT_HELPER = 'sudo'
ATTEMPTS = 5
WAIT_S = 60


@dataclasses.dataclass
class Attachment:
    """A volume on this host.

    :ivar properties: connection properties, as the driver told
    :ivar device: what os-brick told of the device
    """
    volume: object
    properties: dict
    device: dict

    @property
    def path(self):
        return os.path.realpath(self.device['path'])

    @property
    def luns(self):
        return self.properties['target_luns']


class Initiator:
    """This host: real sessions, disks and multipath devices.

    :param console: waits and tells (tools.demo.console.Console)
    :param transport: a transports.Transport
    :param world: a tests.world.World
    """

    def __init__(self, console, transport, world):
        self._console = console
        self._transport = transport
        self._world = world
        self.properties = connectors.get_connector_properties(
            ROOT_HELPER, '127.0.0.1', True, True)
        # The array's ports are this machine's, too.
        self.properties['wwpns'] = [
            wwpn for wwpn in self.properties.get('wwpns', ())
            if wwpn not in transport.array.get('fc_wwns', {}).values()]
        self.connector = factory(transport.connector)

    def attach(self, volume):
        """Ask the driver, and connect.

        :returns: Attachment
        """
        info = self._world.attach(volume, self.properties)
        try:
            return self.connect(volume, info)
        except BaseException:
            self._world.detach(volume, self.properties)
            raise

    def connect(self, volume, info):
        properties = info['data']
        device = self.connector.connect_volume(properties)
        # So does Nova.
        properties['device_path'] = device['path']
        return Attachment(volume, properties, device)

    def detach(self, attachment):
        """Disconnect, and tell the driver."""
        self.disconnect(attachment)
        self._world.detach(attachment.volume, self.properties)

    def disconnect(self, attachment, **options):
        self.connector.disconnect_volume(
            attachment.properties, attachment.device, **options)

    def disconnect_gone(self, attachment):
        """Disconnect a volume that the array does not show any more."""
        self.disconnect(attachment, force=True, ignore_errors=True)

    @staticmethod
    def remove_gone(attachment):
        """The same without os-brick, as an administrator does it."""
        disks = [path.name for path in (BLOCKS / os.path.basename(
            attachment.path) / 'slaves').iterdir()]
        node.run('multipath', '-f', attachment.device['multipath_id'])
        for name in disks:
            (BLOCKS / name / 'device' / 'delete').write_text('1')

    @contextlib.contextmanager
    def attached(self, *volumes):
        """Volumes on this host, for a while; nothing is left of them.

        :returns: list of Attachments
        """
        with contextlib.ExitStack() as stack:
            attachments = []
            for volume in volumes:
                attachments.append(self.attach(volume))
                stack.callback(self.detach, attachments[-1])
            yield attachments

    def wait_for_all_paths(self, attachment):
        """Until all paths to one array are active."""
        self.wait_for_paths(attachment, self._transport.paths)

    def wait_for_half_of_the_paths(self, attachment):
        """Until all paths to one controller have failed."""
        half = self._transport.paths // 2
        self.wait_for_paths(attachment, half, half)

    def wait_for_paths(self, attachment, active, failed=0):
        """Until that many paths of a device are in these states."""
        self._console.wait_for(
            '%d paths active and %d failed' % (active, failed),
            lambda: self._transport.path_states(
                attachment.path) == (active, failed) or None,
            timeout_s=WAIT_S)

    def wait_until_nothing_is_left(self):
        """:raises DemoFailure: a disk, a map, or a way to an array stays"""
        self._console.wait_for('the end of %s' % left(),
                               lambda: None if left() else True,
                               timeout_s=WAIT_S)


def set_up(directory):
    """Let os-brick work in this process, which is root's."""
    privileged.default.set_client_mode(False)
    cfg.CONF.set_override('lock_path', str(directory), 'oslo_concurrency')
    os_brick.setup(cfg.CONF)


def factory(name, is_multipath=True, attempts=ATTEMPTS):
    """os-brick's connector of that name."""
    return connectors.InitiatorConnector.factory(
        name, ROOT_HELPER, use_multipath=is_multipath,
        device_scan_attempts=attempts)


def left():
    """Disks, maps, sessions and controllers on this host; names."""
    disks = [path.name for path in BLOCKS.iterdir()
             if path.name.startswith(('sd', 'dm-', 'nvme'))]
    return sorted(disks + [
        path.name for directory in (SESSIONS, CONTROLLERS)
        if directory.is_dir() for path in directory.iterdir()])


def session_users():
    """The CHAP names that sessions have logged in with."""
    return {(path / 'username').read_text().strip()
            for path in SESSIONS.iterdir()}
