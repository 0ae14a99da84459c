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
"""Volume types, flavors and an image, for people and for tempest."""

import os
import subprocess

from tools.stack import cloud
from tools.stack.settings import cinder

MULTIATTACH = 'multiattach'
TYPES = {
    **{backend.name: {'volume_backend_name': backend.name}
       for backend in cinder.BACKENDS},
    'replicated': {'volume_backend_name': cinder.PURE_1.name,
                   'replication_enabled': '<is> True',
                   'replication_type': '<in> async'},
    'replicated-sync': {'volume_backend_name': cinder.PURE_3.name,
                        'replication_enabled': '<is> True',
                        'replication_type': '<in> sync'},
    MULTIATTACH: {'multiattach': '<is> True'},
}
FLAVORS = {'small': 64, 'large': 128}
IMAGES = ('tiny', 'tiny-2')
IMAGE_BYTES = 8 << 20


def plant(layout):
    """Make what is not there.

    :returns: what there is, in words
    """
    client = cloud.Cloud(layout)
    types = types_of(client)
    for name in TYPES.keys() - types.keys():
        client.volume.post('/types', json={'volume_type': {
            'name': name, 'extra_specs': TYPES[name]}})
    flavors = flavors_of(client)
    for name in FLAVORS.keys() - flavors.keys():
        client.compute.post('/flavors', json={'flavor': {
            'name': name, 'ram': FLAVORS[name], 'vcpus': 1, 'disk': 1}})
    images = images_of(client)
    for name in sorted(set(IMAGES) - images.keys()):
        _upload(client.image, name, layout.scratch('images') / name)
    return '%d types, %d flavors, %d images' % (
        len(TYPES), len(FLAVORS), len(IMAGES))


def types_of(client):
    """:returns: ``{name: id}``; of flavors and active images likewise"""
    found = client.volume.get('/types').json()['volume_types']
    return {item['name']: item['id'] for item in found}


def flavors_of(client):
    found = client.compute.get('/flavors').json()['flavors']
    return {item['name']: item['id'] for item in found}


def images_of(client):
    found = client.image.get('/v2/images').json()['images']
    return {item['name']: item['id'] for item in found
            if item['status'] == 'active'}


def _upload(client, name, path):
    raw = path.with_suffix('.raw')
    raw.write_bytes(os.urandom(1 << 20).ljust(IMAGE_BYTES, b'\0'))
    subprocess.run(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2',
                    str(raw), str(path)], check=True)
    made = client.post('/v2/images', json={
        'name': name, 'disk_format': 'qcow2', 'container_format': 'bare',
        'visibility': 'public'}).json()
    with path.open('rb') as data:
        client.put('/v2/images/%s/file' % made['id'], data=data,
                   headers={'Content-Type': 'application/octet-stream'})
