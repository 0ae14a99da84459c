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
"""Encrypted volumes on a machine without dm-crypt: qemu does the LUKS.

What it writes is LUKS 1, which dm-crypt reads; and the other way round.
"""

import base64
import errno
import pathlib

from cinder.image import image_utils
from os_brick.encryptors import base
import tenacity

from tools.initiator import lun_connection
from tools.initiator import storage_daemon

LUKS_NODE = 'luks'
# Discarded blocks are zeros on the array, which decrypt to anything. But the
# export discards where the kernel wants zeros, so it must not be able to: the
# kernel writes them then.
ZEROS_NODE = 'zeros'
MAGIC = b'LUKS\xba\xbe'
JOB = 'format'
FORMAT_TIMEOUT_S = 60
FORMAT_ATTEMPTS = 10
# qemu measures the stretching, and fails where its thread's CPU time, which
# some kernels count in ticks, has not moved.
CPU_TIME = 'Unable to get accurate CPU usage'
# How long the passphrase is stretched, which is for tests only.
STRETCH_MS = 100


class UserlandLuksEncryptor(base.VolumeEncryptor):
    """Puts LUKS on a device of ``UserlandISCSIConnector``."""

    def __init__(self, root_helper, connection_info, keymgr, execute=None,
                 **kwargs):
        super().__init__(root_helper, connection_info, keymgr,
                         execute=execute, **kwargs)
        device = pathlib.Path(connection_info['data']['device_path'])
        self._connection = lun_connection.LunConnection(device.parent)

    def attach_volume(self, context, **kwargs):
        """Let the device show the volume decrypted.

        A volume that has no LUKS header is given one, as os-brick does.

        :param kwargs: of the encryption, among them ``cipher`` and
            ``key_size``
        :raises DaemonError: if the key is not the volume's
        """
        passphrase = self._get_encryption_key_as_passphrase(context)
        self._connection.execute(
            'object-add', qom_type='secret', id=LUKS_NODE, format='base64',
            data=base64.b64encode(passphrase.encode()).decode())
        try:
            if not self._is_formatted():
                self._format(**kwargs)
            self._connection.add_layers([
                {'driver': 'luks', 'node-name': LUKS_NODE,
                 'file': lun_connection.LUN_NODE, 'key-secret': LUKS_NODE},
                {'driver': 'blkdebug', 'node-name': ZEROS_NODE,
                 'image': LUKS_NODE, 'discard': 'unmap', 'inject-error': [
                     {'event': 'none', 'iotype': 'discard',
                      'errno': errno.ENOSYS}]}])
        except storage_daemon.DaemonError:
            self._connection.execute('object-del', id=LUKS_NODE)
            raise

    def detach_volume(self, **kwargs):
        """Let the device show the volume as the array has it."""
        self._connection.remove_layers([LUKS_NODE, ZEROS_NODE])
        self._connection.execute('object-del', id=LUKS_NODE)

    def extend_volume(self, context, **kwargs):
        """:returns: size of the decrypted device in bytes"""
        return self._connection.refresh_size()

    def _is_formatted(self):
        with open(self._connection.device, 'rb') as device:
            return device.read(len(MAGIC)) == MAGIC

    @tenacity.retry(retry=tenacity.retry_if_exception_message(match=CPU_TIME),
                    stop=tenacity.stop_after_attempt(FORMAT_ATTEMPTS),
                    reraise=True)
    def _format(self, cipher=None, key_size=None, **_kwargs):
        options = {'driver': 'luks', 'file': lun_connection.LUN_NODE,
                   'size': 0, 'key-secret': LUKS_NODE,
                   'iter-time': STRETCH_MS,
                   **cipher_options(cipher, key_size)}
        self._connection.execute('blockdev-create', job_id=JOB,
                                 options=options)
        job = tenacity.Retrying(
            retry=tenacity.retry_if_result(
                lambda job: job['status'] != 'concluded'),
            wait=tenacity.wait_fixed(0.02),
            stop=tenacity.stop_after_delay(FORMAT_TIMEOUT_S))(self._job)
        self._connection.execute('job-dismiss', id=JOB)
        if 'error' in job:
            raise storage_daemon.DaemonError(job['error'])

    def _job(self):
        [job] = [job for job in self._connection.execute('query-jobs')
                 if job['id'] == JOB]
        return job


def cipher_options(cipher, key_size):
    """A cipher as qemu names its parts, by Cinder's own rule.

    :returns: dict; empty for qemu's default
    """
    if not cipher:
        return {}
    return {name.replace('_', '-'): value for name, value in
            image_utils.decode_cipher(cipher, key_size).items()}
