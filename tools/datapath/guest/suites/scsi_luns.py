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
"""What becomes of LUNs: high ones, and those that are used again."""

import contextlib
import uuid

from pure_cinder.attachments import luns
from tools.datapath.guest import disks
from tools.datapath.guest.suites import common


def lun_300(cloud):
    """A LUN above 255 is the volume that it should be."""
    with cloud.volumes(2) as [first, second], (
            cloud.host.attached(first)) as [disk]:
        common.give_lun(cloud, first, second, 300)
        with cloud.host.attached(second) as [high]:
            assert set(high.luns) == {300}
            assert high.device['multipath_id'] == high.properties['wwn']
            cloud.host.wait_for_all_paths(high)
            data = disks.write(high.path, 0), disks.write(disk.path, 0)
            assert (disks.read(high.path, 0), disks.read(disk.path, 0)) == data
            assert disks.stored(cloud, second, 0) == data[0]


def reused_lun(cloud, let_go_of=None):
    """The device of a detached volume never shows another volume's data.

    First the array forgets a volume before the host does, and another one
    would like to have the very LUN; then, when the host has let go, the LUN
    is given away.

    :param let_go_of: how the host lets go of an Attachment whose volume is
        gone; by os-brick unless given
    """
    with contextlib.ExitStack() as stack:
        [old] = stack.enter_context(cloud.volumes())
        disk = cloud.host.attach(old)
        let_go = stack.enter_context(contextlib.ExitStack())
        let_go.callback(let_go_of or cloud.host.disconnect_gone, disk)
        disks.write(disk.path, 0)
        cloud.world.detach(old, cloud.host.properties)
        [new] = stack.enter_context(cloud.volumes(
            _name_id=_id_for_lun(disk.luns[0])))
        assert next(luns.candidates(new.provider_id)) == disk.luns[0]
        [other] = stack.enter_context(cloud.host.attached(new))
        seen = _what_is_seen(disk, other)
        let_go.close()
        _reuse(cloud, new, disk.luns[0])
        return {'lun': disk.luns[0], 'seen': seen}


def _what_is_seen(old, new):
    """What the device of a volume that is gone shows, beside a new one."""
    assert new.luns[0] != old.luns[0]
    data = disks.write(new.path, 0)
    try:
        seen = disks.read(old.path, 0)
    except OSError:
        seen = None
    assert seen != data == disks.read(new.path, 0)
    return 'an error' if seen is None else 'something else'


def _reuse(cloud, attached, lun):
    """A volume without data gets a LUN where there was some."""
    with cloud.volumes() as [volume]:
        common.give_lun(cloud, attached, volume, lun)
        with cloud.host.attached(volume) as [disk]:
            assert disk.luns[0] == lun
            assert not any(disks.read(disk.path, 0))


def _id_for_lun(lun):
    """A volume of this id would like to have that LUN."""
    while True:
        found = str(uuid.uuid4())
        if next(luns.candidates('volume-%s-cinder' % found)) == lun:
            return found
