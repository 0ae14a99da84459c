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
"""One array with two controllers of one port each, cabled to one host."""

from tools.datapath.guest.suites import common
from tools.datapath.guest.suites import scsi_luns
from tools.datapath.guest import transports

KINDS = ()
TRANSPORT = transports.FC


def attach_and_extend(cloud):
    """Two paths to a volume that grows while it is attached."""
    with cloud.volumes() as [volume], cloud.host.attached(volume) as [disk]:
        cloud.host.wait_for_all_paths(disk)
        assert disk.device['multipath_id'] == disk.properties['wwn']
        common.grow(cloud, volume, disk)
        return {'wwid': disk.device['multipath_id'],
                'ports': disk.properties['target_wwns']}


def reused_lun(cloud):
    """The device of a detached volume never shows another volume's data.

    os-brick would ask the disks of the volume that is gone what they are.
    """
    return scsi_luns.reused_lun(cloud, cloud.host.remove_gone)


SCENARIOS = (attach_and_extend, common.controllers, scsi_luns.lun_300,
             common.clone, common.snapshot, reused_lun)
