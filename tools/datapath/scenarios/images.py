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
"""Images to volumes, and volumes to images."""

import subprocess

from tools.datapath import contents

IMAGE_BYTES = 256 * contents.MIB


def make_image_file(play, name='image.raw'):
    """:returns: ``(path, checksum)``"""
    path = play.file(name)
    return path, contents.make_file(path, IMAGE_BYTES)


def raw_image_to_volume(play):
    """A raw image copied to a volume."""
    path, checksum = make_image_file(play)
    image = play.image(path, 'raw')
    volume = from_image(play, 'pure-1', image)
    play.same('volume', checksum, play.cloud.checksum(
        volume, play.host(), IMAGE_BYTES))


def qcow2_image_to_volume(play):
    """A qcow2 image converted onto a volume."""
    path, checksum = make_image_file(play)
    qcow2 = play.file('image.qcow2')
    convert(path, 'raw', qcow2, 'qcow2')
    image = play.image(qcow2, 'qcow2')
    volume = from_image(play, 'pure-2', image)
    play.same('volume', checksum, play.cloud.checksum(
        volume, play.host(), IMAGE_BYTES))


def volume_to_image(play):
    """A volume uploaded as raw and as qcow2."""
    volume, checksum = play.written_volume('pure-1')
    for disk_format in ('raw', 'qcow2'):
        with play.timed('image %s' % disk_format):
            image_id = upload(play, volume, disk_format)
        found = play.cloud.stack.image_data(image_id)
        if disk_format != 'raw':
            raw = play.file('uploaded.raw')
            convert(found, disk_format, raw, 'raw')
            found = raw
        play.same(disk_format, checksum,
                  contents.checksum(found, contents.GIB))


def image_cache(play):
    """The first volume fills the cache; the second needs no image."""
    path, checksum = make_image_file(play)
    image = play.image(path, 'raw')
    first = from_image(play, 'pure-1', image)
    # Glance still knows the image, and can no more hand it out.
    play.cloud.stack.image_data(image.id).unlink()
    with play.timed('volume from the cache'):
        second = play.volume('pure-1', imageRef=image.id)
    for name, volume in (('first', first), ('second', second)):
        play.same(name, checksum, play.cloud.checksum(
            volume, play.host(), IMAGE_BYTES))


def from_image(play, type_name, image):
    """A volume of an image that is not in the cache yet, but is then.

    The cache has a volume of Cinder's own project.
    """
    with play.timed('volume from image'):
        volume = play.volume(type_name, imageRef=image.id)
    name = 'image-' + image.id

    def find_cached():
        found = [cached for cached in play.cloud.cinder.volumes.list(
            search_opts={'all_tenants': 1})
            if cached.name == name and cached.status == 'available']
        return found[0] if found else None
    play.owns(play.cloud.cinder.volumes,
              play.cloud.wait('cached image', find_cached))
    return volume


def upload(play, volume, disk_format):
    """:returns: id of the image, active"""
    _response, body = play.cloud.cinder.volumes.upload_to_image(
        volume, False, 'uploaded', 'bare', disk_format, 'private', False)
    image_id = body['os-volume_upload_image']['image_id']
    play.owns_image(image_id)
    play.cloud.wait('upload', lambda: play.cloud.images.get(
        image_id).status == 'active' or None)
    play.cloud.settled(play.cloud.cinder.volumes, volume, 'available')
    return image_id


def convert(source, source_format, target, target_format):
    subprocess.run(['qemu-img', 'convert', '-f', source_format,
                    '-O', target_format, str(source), str(target)],
                   check=True)
