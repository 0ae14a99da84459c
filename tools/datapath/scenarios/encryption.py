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
"""A volume type with encryption."""

import contextlib

from castellan.common.objects import symmetric_key

from tools.datapath import contents
from tools.datapath.scenarios import images
from tools.datapath import stack
from tools.initiator import encryptor

CONTEXT = object()


class KeyManager:
    """The one key that Cinder's configuration names."""

    def get(self, _context, _key_id):
        return symmetric_key.SymmetricKey('AES', 256,
                                          bytes.fromhex(stack.FIXED_KEY))


def encrypted(play):
    """An image on an encrypted volume: ciphertext on the array alone."""
    path, checksum = images.make_image_file(play)
    plain = path.read_bytes()[:4096]
    image = play.image(path, 'raw')
    with play.timed('volume from image'):
        volume = play.volume('encrypted', imageRef=image.id)
    host = play.host()
    with play.cloud.attachment(volume, host) as properties:
        play.require('told to be encrypted', properties.get('encrypted'),
                     properties.get('encrypted'))
        device = host.connect_volume(properties)['path']
        try:
            _check_ciphertext(play, device, plain)
            with decrypted(play, volume, device):
                play.same('decrypted', checksum,
                          contents.checksum(device, images.IMAGE_BYTES))
        finally:
            host.disconnect_volume(properties)


@contextlib.contextmanager
def decrypted(play, volume, device):
    """Let a device show a volume decrypted, as Nova does."""
    specs = play.cloud.cinder.volumes.get_encryption_metadata(volume.id)
    layer = encryptor.UserlandLuksEncryptor(
        None, {'data': {'device_path': device}}, KeyManager(), **specs)
    layer.attach_volume(CONTEXT, **specs)
    try:
        yield
    finally:
        layer.detach_volume(**specs)


def _check_ciphertext(play, device, plain):
    with open(device, 'rb') as opened:
        stored = opened.read(images.IMAGE_BYTES)
    play.require('LUKS header on the array',
                 stored.startswith(encryptor.MAGIC), stored[:6].hex())
    play.require('plaintext on the array', plain not in stored,
                 plain in stored)
