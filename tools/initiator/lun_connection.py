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
"""One LUN as a block device of this machine, without its kernel's SCSI.

The LUN is a block node of a storage daemon (libiscsi speaks iSCSI there),
that exports it as a file (FUSE), which a loop device makes a block device::

    DIRECTORY/device -> /dev/loopN -> DIRECTORY/lun = node "lun" = the LUN

With LUKS there is a node "luks" on the node "lun", and only it is exported.

The loop device is buffered on purpose. It then writes one request after the
other, and qemu 7.2 mixes up the bytes of writes to a FUSE export that meet:
with ``losetup --direct-io=on`` one write of 1 MiB is enough to see it.
"""

import contextlib
import json
import os
import pathlib
import shutil

from oslo_concurrency import processutils
import psutil
import tenacity

from tools.initiator import storage_daemon
from tools import private

LUN_NODE = 'lun'
# Purity numbers LUNs up to 16383, and what is above 255 goes out in the
# "flat space" form of SAM, which libiscsi leaves to its caller.
FLAT_ADDRESSING = 0x4000
LOOP_TIMEOUT_S = 20
NOWHERE = pathlib.Path('/')


class LunConnection:
    """What one directory holds, whichever process made it.

    :ivar device: pathlib.Path of the link to the block device
    """

    def __init__(self, directory):
        """:param directory: pathlib.Path"""
        self.directory = directory
        self.device = directory / 'device'
        self._daemon = storage_daemon.StorageDaemon(directory)
        self._owner_path = directory / 'owner'

    @property
    def exists(self):
        return self.device.is_symlink()

    @property
    def is_orphan(self):
        """Whether the process that made it is gone."""
        try:
            pid, started = json.loads(self._owner_path.read_text())
            return psutil.Process(pid).create_time() != started
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return True

    def open(self, properties, initiator):
        """Log in to one portal, and make the device.

        :param properties: of os-brick, with one target
        :param initiator: name of the iSCSI initiator
        :raises DaemonError: if the target cannot be had
        :raises ProcessExecutionError: if the loop device cannot be had
        """
        self.directory.mkdir(parents=True, mode=0o700)
        self._owner_path.write_text(json.dumps(
            [os.getpid(), psutil.Process().create_time()]))
        node = lun_node(properties, initiator)
        is_writable = properties.get('access_mode') != 'ro'
        with self._secret(properties.get('auth_password')) as objects:
            self._daemon.start(
                objects, node, self._export(LUN_NODE, is_writable))
        self._link(LUN_NODE, is_writable)

    def close(self):
        """Leave nothing behind, however far ``open`` came."""
        self._detach_loops()
        self._daemon.stop()
        for entry in self.directory.iterdir():
            if os.path.ismount(entry) or not os.path.lexists(entry):
                processutils.execute('umount', '--lazy', str(entry))
        shutil.rmtree(self.directory)

    def abandon(self):
        """Leave nothing behind, without waiting for what was written.

        It need not arrive, and with a dead target it never does.
        """
        self._daemon.kill()
        self.close()

    def refresh_size(self):
        """Take over the size that the LUN now has.

        :returns: size of the device in bytes
        """
        # qemu asks the target for the capacity at any resize of the node.
        for name, size_bytes in self._nodes():
            self._daemon.execute('block_resize', node_name=name,
                                 size=size_bytes)
        _name, size_bytes = self._nodes()[-1]
        self._wait_size(os.path.realpath(self.device), size_bytes)
        return size_bytes

    def add_layers(self, nodes):
        """Put nodes on the LUN's, and let the device show the topmost.

        :param nodes: list of dicts of block nodes, from the lowest
        :raises DaemonError: if qemu refuses; the device is as it was then
        """
        self._hide(LUN_NODE)
        with contextlib.ExitStack() as undo:
            undo.callback(self._show, LUN_NODE)
            for node in nodes:
                self._daemon.execute('blockdev-add', **node)
                undo.callback(self._daemon.execute, 'blockdev-del',
                              node_name=node['node-name'])
            self._show(nodes[-1]['node-name'])
            undo.pop_all()

    def remove_layers(self, names):
        """Let the device show the LUN again.

        :param names: of the nodes that were added, from the lowest
        """
        self._hide(names[-1])
        for name in reversed(names):
            self._daemon.execute('blockdev-del', node_name=name)
        self._show(LUN_NODE)

    def execute(self, command, **arguments):
        """See :meth:`StorageDaemon.execute`."""
        return self._daemon.execute(command, **arguments)

    def _show(self, node_name):
        self._daemon.execute('block-export-add',
                             **self._export(node_name, True))
        self._link(node_name, True)

    def _hide(self, node_name):
        self._detach_loops()
        self._daemon.execute('block-export-del', id=node_name)
        self._wait(lambda: not self._daemon.execute('query-block-exports'))

    def _export(self, node_name, is_writable):
        # A file to mount on.
        path = self.directory / node_name
        path.touch()
        return {'type': 'fuse', 'id': node_name, 'node-name': node_name,
                'mountpoint': str(path), 'writable': is_writable}

    def _link(self, node_name, is_writable):
        read_only = [] if is_writable else ['--read-only']
        loop, _errors = processutils.execute(
            'losetup', '--find', '--show', *read_only,
            str(self.directory / node_name), attempts=3)
        self.device.unlink(missing_ok=True)
        self.device.symlink_to(loop.strip())

    def _detach_loops(self):
        for loop in self._loops():
            processutils.execute('losetup', '--detach', loop)
        # Where another program has one open, it goes when that closes it.
        self._wait(lambda: not self._loops())

    def _loops(self):
        files = backing_files()
        own = set(loops_below(self.directory))
        # The file of a daemon that was ended is nowhere any more.
        linked = os.path.realpath(self.device)
        if files.get(linked) == NOWHERE:
            own.add(linked)
        return own

    @contextlib.contextmanager
    def _secret(self, password):
        """The password as an object of qemu, in a file while it is read."""
        if password is None:
            yield []
            return
        path = self.directory / 'secret'
        with open(path, 'w', opener=private.opener) as secret:
            secret.write(password)
        try:
            yield ['secret,id=chap,file=%s' % path]
        finally:
            path.unlink()

    def _nodes(self):
        """The LUN's node and those on it, from the lowest.

        :returns: list of ``(name, size in bytes)``
        """
        # Those that were made last are told first.
        return [(node['node-name'], node['image']['virtual-size'])
                for node in reversed(self._daemon.execute(
                    'query-named-block-nodes', flat=True))]

    def _wait_size(self, loop, size_bytes):
        def is_reached():
            processutils.execute('losetup', '--set-capacity', loop)
            return size_of(loop) == size_bytes
        self._wait(is_reached)

    @staticmethod
    def _wait(is_reached):
        tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda reached: not reached),
            wait=tenacity.wait_fixed(0.02), reraise=True,
            stop=tenacity.stop_after_delay(LOOP_TIMEOUT_S))(is_reached)


def lun_node(properties, initiator):
    """The block node of one target.

    :param properties: of os-brick, with one target
    :returns: dict
    """
    lun = int(properties['target_lun'])
    node = {'driver': 'iscsi', 'node-name': LUN_NODE, 'transport': 'tcp',
            'portal': properties['target_portal'],
            'target': properties['target_iqn'],
            'lun': lun if lun < 256 else FLAT_ADDRESSING | lun,
            'initiator-name': initiator, 'discard': 'unmap'}
    if properties.get('auth_method'):
        node.update({'user': properties['auth_username'],
                     'password-secret': 'chap'})
    return node


def loops_below(directory):
    """Loop devices whose file is in a directory or below it.

    :returns: list of paths
    """
    return [device for device, path in backing_files().items()
            if directory in path.parents]


def backing_files():
    """The loop devices of the machine.

    :returns: dict of device to pathlib.Path
    """
    output, _errors = processutils.execute(
        'losetup', '--list', '--json', '--output', 'NAME,BACK-FILE')
    devices = json.loads(output or '{"loopdevices": []}')['loopdevices']
    return {device['name']: pathlib.Path(device['back-file'] or NOWHERE)
            for device in devices}


def size_of(device):
    """:returns: size of a block device in bytes"""
    with open(device, 'rb') as opened:
        return opened.seek(0, os.SEEK_END)
