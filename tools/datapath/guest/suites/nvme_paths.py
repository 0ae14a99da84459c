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
"""One array with two controllers of one NVMe/TCP portal each, and one host.

Paths are the kernel's own multipath devices.
"""

import contextlib
import pathlib

from tools.datapath.guest import disks
from tools.datapath.guest import node
from tools.datapath.guest.suites import common
from tools.datapath.guest import transports

KINDS = ()
TRANSPORT = transports.NVME
STRANGER = '00000000-0000-0000-0000-0000000000ff'
STRANGER_NQN = 'nqn.2014-08.org.nvmexpress:uuid:' + STRANGER


def attach_and_extend(cloud):
    """Two paths to a volume that grows while it is attached."""
    with cloud.volumes() as [volume], cloud.host.attached(volume) as [disk]:
        cloud.host.wait_for_all_paths(disk)
        wwid = _attribute(disk, 'wwid')
        assert wwid == 'eui.' + disk.properties['volume_nguid']
        common.grow(cloud, volume, disk)
        return {'wwid': wwid, 'portals': disk.properties['portals']}


def live_controllers(cloud):
    """A second volume comes and goes where a first one is in use."""
    with cloud.volumes(2) as [first, second], (
            cloud.host.attached(first)) as [disk]:
        data = disks.write(disk.path, 0)
        with cloud.host.attached(second) as [other]:
            cloud.host.wait_for_all_paths(other)
            assert other.path != disk.path
            assert disks.write(other.path, 0) != data
        cloud.host.wait_for_all_paths(disk)
        assert disks.read(disk.path, 0) == data


def stranger(cloud):
    """A host that the array does not know is let in at no portal."""
    with cloud.volumes() as [volume]:
        info = cloud.world.attach(volume, cloud.host.properties)
        try:
            before = _refusals()
            for address, port, _transport in info['data']['portals']:
                node.run(
                    'nvme', 'connect', '-t', 'tcp', '-a', address,
                    '-s', str(port), '-n', info['data']['target_nqn'],
                    '-I', STRANGER, '-q', STRANGER_NQN, is_checked=False)
            refused = _refusals() - before
            assert refused == len(info['data']['portals'])
            return {'refused': refused}
        finally:
            cloud.world.detach(volume, cloud.host.properties)


def _refusals():
    """How often the target has said that it does not know this host."""
    return sum('connect by host %s' % STRANGER_NQN in line
               and 'not allowed' in line
               for line in node.run('dmesg').splitlines())


def reused_namespace(cloud):
    """The device of a detached volume never shows another volume's data.

    The array gives the namespace to another volume while the host has the old
    device open yet.
    """
    with contextlib.ExitStack() as stack:
        first, old, new = stack.enter_context(cloud.volumes(3))
        stack.enter_context(cloud.host.attached(first))
        disk = cloud.host.attach(old)
        let_go = stack.enter_context(contextlib.ExitStack())
        let_go.callback(cloud.host.disconnect_gone, disk)
        disks.write(disk.path, 0)
        place = _attribute(disk, 'nsid')
        with open(disk.path, 'rb') as device:
            cloud.world.detach(old, cloud.host.properties)
            common.give_lun(cloud, first, new, int(place))
            [other] = stack.enter_context(cloud.host.attached(new))
            assert _attribute(other, 'nsid') == place
            assert not any(disks.read(other.path, 0))
            data = disks.write(other.path, 0)
            try:
                seen, error = disks.read_from(device.fileno(), 0), ''
            except OSError as exc:
                seen, error = b'', exc.strerror
        assert not seen, 'a device without a volume shows data'
        assert data == disks.read(other.path, 0)
        let_go.close()
        return {'nsid': place, 'seen': error or 'the end of the device'}


SCENARIOS = (attach_and_extend, common.controllers, common.clone,
             common.snapshot, live_controllers, stranger, reused_namespace)


def _attribute(disk, name):
    return (transports.BLOCKS / pathlib.Path(disk.path).name / name
            ).read_text().strip()
