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
"""An array that replicates to another one now and then, and dies."""

import contextlib

from oslo_utils import units

from tests import failovers
from tests import world as world_module
from tools.datapath.guest import disks
from tools.datapath.guest import transports

KINDS = ('async',)
TRANSPORT = transports.ISCSI
PATHS = 4
REPLICATED, LATE, ELSEWHERE = 0, 64 * units.Mi, 128 * units.Mi
NOTHING = bytes(disks.PIECE_BYTES)


def last_replicated_state(cloud):
    """The target has what was replicated last; failback brings all home."""
    alpha, _beta = cloud.fleet.arrays
    kind = world_module.replicated_type('async').id
    with cloud.volumes(volume_type_id=kind) as [volume]:
        with _until_its_array_is_dead(cloud, volume) as old:
            replicated = disks.write(old.path, REPLICATED)
            cloud.fleet.replicate()
            disks.write(old.path, REPLICATED)
            disks.write(old.path, LATE)
            alpha.stop()
            assert cloud.service.fail_over() == 'failed-over'
            cloud.host.wait_for_paths(old, 0, PATHS)
        cloud.world.detach(failovers.reload(volume), cloud.host.properties)
        elsewhere = _write_on_target(cloud, volume, replicated)
        alpha.start()
        assert cloud.service.fail_back() == 'enabled'
        with cloud.host.attached(failovers.reload(volume)) as [home]:
            assert _seen(home) == (replicated, NOTHING, elsewhere)


SCENARIOS = (last_replicated_state,)


@contextlib.contextmanager
def _until_its_array_is_dead(cloud, volume):
    """A volume on the host, which has to let go of what is no more."""
    disk = cloud.host.attach(volume)
    try:
        cloud.host.wait_for_paths(disk, PATHS)
        yield disk
    finally:
        cloud.host.disconnect_gone(disk)
        cloud.host.wait_until_nothing_is_left()


def _write_on_target(cloud, volume, replicated):
    """:returns: what was written where nothing was"""
    with cloud.host.attached(failovers.reload(volume)) as [disk]:
        cloud.host.wait_for_paths(disk, PATHS)
        assert _seen(disk) == (replicated, NOTHING, NOTHING)
        return disks.write(disk.path, ELSEWHERE)


def _seen(disk):
    return tuple(disks.read(disk.path, offset)
                 for offset in (REPLICATED, LATE, ELSEWHERE))
