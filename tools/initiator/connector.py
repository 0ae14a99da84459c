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
"""An os-brick connector for machines without iSCSI in their kernel.

For tests and the demo. It logs in by libiscsi in a qemu-storage-daemon, one
path at a time: there is no multipath device. Its block devices need root,
``/dev/fuse`` and loop devices.
"""

import hashlib
import pathlib
import platform
import uuid

from os_brick import encryptors
from os_brick import exception
from os_brick import initiator
from os_brick.initiator import connector
from os_brick.initiator.connectors import base_iscsi
from oslo_concurrency import processutils
import tenacity

from tools.initiator import lun_connection
from tools.initiator import storage_daemon

ISCSI_CONNECTOR = 'os_brick.initiator.connectors.iscsi.ISCSIConnector'
INITIATORS = 'iqn.1993-08.org.debian:01:'
CONNECTOR = __name__ + '.UserlandISCSIConnector'
ENCRYPTOR = 'tools.initiator.encryptor.UserlandLuksEncryptor'
# What ends in an error while volumes are connected or disconnected.
FAILURES = (exception.BrickException, storage_daemon.DaemonError,
            processutils.ProcessExecutionError, tenacity.RetryError)


class UserlandISCSIConnector(base_iscsi.BaseISCSIConnector):
    """Connects volumes as one host.

    :cvar directory: pathlib.Path of the host's connections
    :cvar initiator: name of the host's iSCSI initiator
    """

    directory = None
    initiator = None

    def __init__(self, root_helper=None, driver=None, execute=None,
                 device_scan_attempts=None, *, directory=None,
                 initiator=None, **kwargs):
        """:param directory: for another host than the installed one;

        ``initiator``, too
        """
        super().__init__(root_helper, driver=driver, execute=execute)
        self.directory = directory or self.directory
        self.initiator = initiator or self.initiator

    @classmethod
    def get_connector_properties(cls, root_helper, *args, **kwargs):
        return {'initiator': cls.initiator}

    def connect_volume(self, connection_properties):
        """Connect by the first portal that lets it in.

        :returns: ``{'type': 'block', 'path': ...}``, a link that stays the
            same while the volume is connected
        :raises VolumeDeviceNotFound: if there is none; tells each refusal
        """
        connected = self._find(connection_properties)
        if connected:
            return _device_info(connected)
        refusals = []
        for properties in self._iterate_all_targets(connection_properties):
            connection = self._connection(properties)
            try:
                connection.open(properties, self.initiator)
                return _device_info(connection)
            except storage_daemon.DaemonError as exc:
                connection.close()
                refusals.append('%s: %s' % (properties['target_portal'], exc))
            except BaseException:
                connection.close()
                raise
        raise exception.VolumeDeviceNotFound(device='; '.join(refusals))

    def disconnect_volume(self, connection_properties, device_info=None,
                          force=False, ignore_errors=False):
        """Disconnect; a volume that is not connected is no error."""
        connection = self._find(connection_properties)
        if connection:
            connection.close()

    def extend_volume(self, connection_properties):
        """Take over the volume's new size.

        :returns: it, in bytes
        """
        connection = self._find(connection_properties)
        if connection is None:
            raise exception.VolumePathsNotFound()
        return connection.refresh_size()

    def get_volume_paths(self, connection_properties):
        connection = self._find(connection_properties)
        return [str(connection.device)] if connection else []

    def get_search_path(self):
        return str(self.directory)

    def get_all_available_volumes(self, connection_properties=None):
        return [str(connection.device)
                for connection in connections(self.directory)]

    def check_valid_device(self, path, run_as_root=True):
        """Whether the first block can be read."""
        try:
            with open(path, 'rb') as device:
                return len(device.read(512)) == 512
        except OSError:
            return False

    def _find(self, connection_properties):
        """:returns: LunConnection by any of the targets, or None"""
        for properties in self._iterate_all_targets(connection_properties):
            connection = self._connection(properties)
            if connection.exists:
                return connection
        return None

    def _connection(self, properties):
        target = '%(target_iqn)s,%(target_lun)s' % properties
        # The path of a socket in it has 107 characters at most.
        name = hashlib.sha256(target.encode()).hexdigest()[:12]
        return lun_connection.LunConnection(self.directory / name)


def initiator_of(host_name):
    """Name of a host's iSCSI initiator."""
    return INITIATORS + host_name


def properties_of(initiator_name, is_multipath=False):
    """What a compute service tells Cinder of its host.

    :returns: dict
    """
    name = initiator_name.rpartition(':')[2]
    return {'platform': platform.machine(), 'os_type': 'linux', 'host': name,
            'ip': '127.0.0.1', 'multipath': is_multipath,
            'do_local_attach': False, 'initiator': initiator_name,
            'system uuid': str(uuid.uuid5(uuid.NAMESPACE_DNS, name))}


def install(directory, initiator_name):
    """Let os-brick connect and decrypt by this package, as one host.

    What earlier processes left in the directory is removed.

    :param directory: of the host's connections
    :param initiator_name: of the host
    """
    UserlandISCSIConnector.directory = pathlib.Path(directory).resolve()
    UserlandISCSIConnector.initiator = initiator_name
    connector.get_connector_mapping()[initiator.ISCSI] = CONNECTOR
    connectors = connector.unix_connector_list
    connectors[:] = [CONNECTOR if name == ISCSI_CONNECTOR else name
                     for name in connectors]
    encryptors.FORMAT_TO_FRONTEND_ENCRYPTOR_MAP[encryptors.LUKS] = ENCRYPTOR
    recover(UserlandISCSIConnector.directory)


def connections(directory):
    """Every LunConnection of a host's directory."""
    return [lun_connection.LunConnection(path)
            for path in sorted(directory.glob('*'))]


def recover(directory):
    """Remove the connections that dead processes left.

    :returns: how many there were
    """
    orphans = [connection for connection in connections(directory)
               if connection.is_orphan]
    for orphan in orphans:
        orphan.close()
    return len(orphans)


def abandon(directory):
    """Remove a host's connections; what it wrote last may be lost."""
    for connection in connections(directory):
        connection.abandon()


def _device_info(connection):
    return {'type': 'block', 'path': str(connection.device)}
