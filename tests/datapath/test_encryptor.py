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
"""LUKS on a real iSCSI target, held against cryptsetup's format."""

import os

from castellan.common.objects import symmetric_key
import pytest

from tests.datapath import target as tgt
from tools.initiator import connector
from tools.initiator import encryptor
from tools.initiator import lun_connection
from tools.initiator import storage_daemon

MIB = 1024 ** 2
CONTEXT = object()
KEY = bytes(32)
HEADER_BYTES = 4 * MIB
CIPHER = {'cipher': 'aes-xts-plain64', 'key_size': 256}


class KeyManager:
    """Holds one key."""

    def __init__(self, key):
        self._key = symmetric_key.SymmetricKey('AES', 256, key)

    def get(self, _context, _key_id):
        return self._key


@pytest.fixture(scope='module')
def header(tmp_path_factory):
    """What the first encryptor of a new volume writes; it takes seconds."""
    directory = tmp_path_factory.mktemp('header')
    with tgt.running(directory) as target:
        volume = Volume(target, connector.UserlandISCSIConnector(
            directory=directory / 'host', initiator=tgt.INITIATOR))
        volume.encryptor().attach_volume(CONTEXT, **CIPHER)
        volume.disconnect()
        return volume.behind.read_bytes()[:HEADER_BYTES]


@pytest.fixture
def volume(target, host, header):
    """A volume that has a LUKS header."""
    volume = Volume(target, host)
    write(volume.device, header)
    return volume


class Volume:
    """A connected volume."""

    def __init__(self, target, host):
        self._host, self._properties = host, target.properties(1)
        self.behind = target.add_lun(1, 32 * MIB)
        self.device = host.connect_volume(self._properties)['path']

    def encryptor(self, key=KEY):
        return encryptor.UserlandLuksEncryptor(
            None, {'data': {'device_path': self.device}}, KeyManager(key),
            encryption_key_id='key')

    def disconnect(self):
        self._host.disconnect_volume(self._properties)


def write(path, data):
    with open(path, 'r+b') as device:
        device.write(data)
        os.fsync(device.fileno())


def read(path, length):
    with open(path, 'rb') as device:
        return device.read(length)


def test_target_holds_ciphertext_and_the_key_opens_it(volume):
    data = os.urandom(MIB)
    volume.encryptor().attach_volume(CONTEXT, **CIPHER)
    write(volume.device, data)
    volume.encryptor().detach_volume(**CIPHER)
    stored = volume.behind.read_bytes()
    assert stored.startswith(encryptor.MAGIC + b'\0\1aes')
    assert data[:4096] not in stored
    assert read(volume.device, len(stored)) == stored
    volume.encryptor().attach_volume(CONTEXT, **CIPHER)
    assert read(volume.device, len(data)) == data


def test_zeros_of_an_image_are_zeros_decrypted(volume, tmp_path):
    image = tgt.sparse_image(tmp_path / 'image', 4 * MIB)
    volume.encryptor().attach_volume(CONTEXT, **CIPHER)
    tgt.convert(image, volume.device)
    assert read(volume.device, 4 * MIB) == image.read_bytes()


def test_another_key_is_refused_and_the_device_stays(volume):
    with pytest.raises(storage_daemon.DaemonError, match='password'):
        volume.encryptor(b'\1' * 32).attach_volume(CONTEXT, **CIPHER)
    assert read(volume.device, 4) == encryptor.MAGIC[:4]
    volume.encryptor().attach_volume(CONTEXT, **CIPHER)
    assert read(volume.device, 4) != encryptor.MAGIC[:4]


def test_extended_volume_is_larger_decrypted_too(volume, target):
    layer = volume.encryptor()
    layer.attach_volume(CONTEXT, **CIPHER)
    before = lun_connection.size_of(volume.device)
    target.resize_lun(1, 64 * MIB)
    assert layer.extend_volume(CONTEXT) == before + 32 * MIB
    assert lun_connection.size_of(volume.device) == before + 32 * MIB


def test_disconnecting_takes_the_layer_along(volume, host_directory):
    volume.encryptor().attach_volume(CONTEXT, **CIPHER)
    volume.disconnect()
    assert tgt.left_below(host_directory) == []


def test_cinder_s_cipher_is_named_as_qemu_does():
    assert encryptor.cipher_options('aes-xts-plain64', 256) == {
        'cipher-alg': 'aes-256', 'cipher-mode': 'xts',
        'ivgen-alg': 'plain64'}
    assert encryptor.cipher_options(None, None) == {}
