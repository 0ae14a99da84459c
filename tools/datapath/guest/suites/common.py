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
"""What volumes do on a host, whichever way it reaches them."""

from oslo_utils import units

import flasharray_sim
from tools.datapath.guest import disks
from tools.datapath.guest import writer

SOME_WRITES = 20


def grow(cloud, volume, disk):
    """A volume of 1 GiB grows to 2 while a host writes to both ends."""
    data = disks.write(disk.path, 0)
    cloud.world.extend(volume, 2)
    last = 2 * units.Gi - disks.PIECE_BYTES
    size = cloud.host.connector.extend_volume(disk.properties)
    assert size == disks.size_of(disk.path) == 2 * units.Gi
    end = disks.write(disk.path, last)
    assert (disks.read(disk.path, 0), disks.read(disk.path, last)) == (
        data, end)
    assert (disks.stored(cloud, volume, 0),
            disks.stored(cloud, volume, last)) == (data, end)


def controllers(cloud):
    """Each controller dies under I/O and returns; no write is lost."""
    with cloud.volumes() as [volume], cloud.host.attached(volume) as [disk]:
        cloud.host.wait_for_all_paths(disk)
        with writer.writing(disk.path) as program:
            for _controller in ('CT0', 'CT1'):
                _kill_controller(cloud, disk, program)
        program.check()
        return {'writes': program.count}


def _kill_controller(cloud, disk, program):
    program.wait_for_writes(SOME_WRITES)
    fault = cloud.array.faults.add(flasharray_sim.Fault(
        'failover', delay_s=0.1))
    try:
        cloud.host.wait_for_half_of_the_paths(disk)
        program.wait_for_writes(SOME_WRITES)
    finally:
        cloud.array.faults.remove(fault)
    cloud.host.wait_for_all_paths(disk)


def clone(cloud):
    """A clone has what its source had before that was overwritten."""
    with cloud.volumes() as [source], cloud.host.attached(source) as [disk]:
        data = disks.write(disk.path, 0)
        copied = cloud.world.clone(source)
        try:
            disks.write(disk.path, 0)
            with cloud.host.attached(copied) as [clone_disk]:
                assert disks.read(clone_disk.path, 0) == data
                assert disks.read(disk.path, 0) != data
        finally:
            cloud.delete(copied)


def snapshot(cloud):
    """A snapshot has what its volume had; so has what is made from it."""
    with cloud.volumes() as [source], cloud.host.attached(source) as [disk]:
        data = disks.write(disk.path, 0)
        taken = cloud.world.snapshot(source)
        disks.write(disk.path, 0)
        copied = cloud.world.from_snapshot(taken)
        try:
            with cloud.host.attached(copied) as [copied_disk]:
                assert disks.read(copied_disk.path, 0) == data
        finally:
            cloud.delete(copied)
            cloud.world.driver.delete_snapshot(taken)
            taken.destroy()


def give_lun(cloud, attached, volume, lun):
    """Let the host of a volume have another one, at a LUN of its own."""
    client = cloud.client()
    [row] = client.list_volume_private_connections(attached.provider_id)
    client.connect_host(row['host'], volume.provider_id, lun=lun)
