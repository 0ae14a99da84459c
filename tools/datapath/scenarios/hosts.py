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
"""What hosts do to volumes on their own."""

from concurrent import futures
import os
import re
import subprocess

from os_brick import exception

from tools.datapath import contents
from tools.demo import console

REGION_BYTES = 64 * contents.MIB
# How libiscsi tells that a target refuses an initiator.
REFUSAL = re.compile(r'Auth\w+ failure\(\d+\)')


def chap(play):
    """The host's secret opens the volume, and nothing else does."""
    volume = play.volume('pure-1')
    host, stranger = play.host(), play.host('stranger')
    with play.cloud.attachment(volume, host) as properties:
        play.require('method', properties.get('auth_method') == 'CHAP',
                     properties.get('auth_method'))
        wrong = properties['auth_password'][::-1]
        for what, who, changes in (
                ('wrong secret', host, {'auth_password': wrong}),
                ('wrong user', host, {'auth_username': 'nobody'}),
                ('no secret', host, {'auth_method': None}),
                ('the secret of another host', stranger, {})):
            _check_refused(play, what, who, {**properties, **changes})
        device = host.connect_volume(properties)
        play.require('right secret', host.check_valid_device(device['path']),
                     'connected')
        host.disconnect_volume(properties, device)


def trim(play):
    """What a host discards takes no space on the array any more."""
    volume = play.volume('pure-1')
    before = used_bytes(play, volume)
    with play.cloud.attached(volume, play.host()) as device:
        with open(device, 'r+b') as opened:
            opened.write(os.urandom(4 * REGION_BYTES))
            os.fsync(opened.fileno())
        written = used_bytes(play, volume)
        play.require('bytes after writing',
                     written >= before + 4 * REGION_BYTES, written)
        subprocess.run(['blkdiscard', '--offset', '0', '--length',
                        str(3 * REGION_BYTES), device], check=True)
        discarded = used_bytes(play, volume)
        play.require('bytes after discarding',
                     discarded <= written - 3 * REGION_BYTES, discarded)


def multiattach(play):
    """Two hosts write to regions of one volume at the same time."""
    volume = play.volume('multiattach')
    first, second = play.host('node-a'), play.host('node-b')
    with play.cloud.attached(volume, first) as one, \
            play.cloud.attached(volume, second) as two:
        with futures.ThreadPoolExecutor(2) as pool:
            written = b''.join(pool.map(_write_region, (one, two), (0, 1)))
    expected = play.file('expected')
    expected.write_bytes(written)
    checksum = contents.checksum(expected, 2 * REGION_BYTES)
    for host in (first, second):
        play.same('read by ' + host.initiator, checksum, play.cloud.checksum(
            volume, host, 2 * REGION_BYTES))


def used_bytes(play, volume):
    """What the array says that a volume takes."""
    array = play.cloud.arrays['pure-1']
    return array.get('volume/volume-%s-cinder' % volume.id,
                     space='true')['volumes']


def _write_region(device, number):
    """Write blocks in turn with the other host.

    :returns: the region's bytes
    """
    data = os.urandom(REGION_BYTES)
    with open(device, 'r+b', buffering=0) as opened:
        for offset in range(0, REGION_BYTES, contents.MIB):
            opened.seek(number * REGION_BYTES + offset)
            opened.write(data[offset:offset + contents.MIB])
            os.fsync(opened.fileno())
    return data


def _check_refused(play, what, host, properties):
    try:
        device = host.connect_volume(properties)
    except exception.VolumeDeviceNotFound as exc:
        # A portal that does not answer refuses nobody.
        refusals = REFUSAL.findall(str(exc))
        play.require(what, len(refusals) == len(properties['target_portals']),
                     ', '.join(refusals) or str(exc))
        return
    host.disconnect_volume(properties, device)
    raise console.DemoFailure('%s: let in' % what)
