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
"""A user-space iSCSI target of one test, and its LUNs on files."""

import contextlib
import os
import socket
import subprocess

import pytest
import tenacity

from tools.initiator import lun_connection
from tools.initiator import machine

IQN = 'iqn.2010-06.com.purestorage:flasharray.6f0d2b1c4e8a9753'
USER = 'node-1'
PASSWORD = 'chap-secret-of-node-1'
INITIATOR = 'iqn.1993-08.org.debian:01:0a1b2c3d4e5f'
START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 20


class TgtTarget:
    """One tgtd with one target, which lets ``INITIATOR`` in by CHAP."""

    def __init__(self, directory):
        self.directory = directory
        self._environment = {
            **os.environ, 'TGT_IPC_SOCKET': str(directory / 'tgtd')}
        self.portal = '127.0.0.1:%d' % _free_port()

    def start(self):
        with (self.directory / 'tgtd.log').open('wb') as log:
            self._process = subprocess.Popen(
                ['tgtd', '--foreground', '--iscsi', 'portal=' + self.portal],
                env=self._environment, stdout=log, stderr=log)
        tenacity.Retrying(
            wait=tenacity.wait_fixed(0.02), reraise=True,
            stop=tenacity.stop_after_delay(START_TIMEOUT_S))(
                self._administer, 'new', 'target', tid=1, targetname=IQN)
        self._administer('bind', 'target', tid=1, initiator_name=INITIATOR)
        self._administer('new', 'account', user=USER, password=PASSWORD)
        self._administer('bind', 'account', tid=1, user=USER)

    def stop(self):
        self._process.kill()
        self._process.wait(STOP_TIMEOUT_S)

    def add_lun(self, lun, size_bytes):
        """:returns: path of the file behind it"""
        path = self.directory / ('lun-%d' % lun)
        path.touch()
        os.truncate(path, size_bytes)
        self._administer('new', 'logicalunit', tid=1, lun=lun,
                         backing_store=path)
        self._update(lun, 'thin_provisioning=1')
        return path

    def resize_lun(self, lun, size_bytes):
        path = self.directory / ('lun-%d' % lun)
        os.truncate(path, size_bytes)
        for change in ('online=0', 'path=%s' % path, 'online=1'):
            self._update(lun, change)

    def sessions(self):
        """What tgtd tells of the initiators that are logged in."""
        return self._administer('show', 'conn', tid=1)

    def properties(self, lun, **changes):
        """What a driver would tell os-brick of a LUN."""
        return {'target_discovered': False, 'access_mode': 'rw',
                'target_portals': [self.portal], 'target_iqns': [IQN],
                'target_luns': [lun], 'auth_method': 'CHAP',
                'auth_username': USER, 'auth_password': PASSWORD, **changes}

    def _update(self, lun, change):
        self._administer('update', 'logicalunit', tid=1, lun=lun,
                         params=change)

    def _administer(self, operation, mode, **arguments):
        options = [option for name, value in arguments.items()
                   for option in ('--' + name.replace('_', '-'), str(value))]
        return subprocess.run(
            ['tgtadm', '--lld', 'iscsi', '--op', operation, '--mode', mode,
             *options], env=self._environment, check=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


@contextlib.contextmanager
def running(directory):
    """A target that runs; skips where the machine has no data path."""
    missing = machine.missing()
    if missing:
        pytest.skip('no data path on this machine: %s' % ', '.join(missing))
    target = TgtTarget(directory)
    target.start()
    try:
        yield target
    finally:
        target.stop()


def sparse_image(path, size_bytes):
    """A raw image with a hole between its first and last block."""
    path.write_bytes(os.urandom(4096))
    os.truncate(path, size_bytes - 4096)
    with path.open('ab') as image:
        image.write(os.urandom(4096))
    return path


def convert(image, device):
    """Copy an image as Cinder does."""
    subprocess.run(['qemu-img', 'convert', '-t', 'none', '-f', 'raw',
                    '-O', 'raw', str(image), device], check=True)


def left_below(directory):
    """Loop devices and mounts that are below a directory."""
    mounts = [line.split()[1] for line in open('/proc/mounts')]
    return lun_connection.loops_below(directory) + [
        mount for mount in mounts if mount.startswith(str(directory))]


def _free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
