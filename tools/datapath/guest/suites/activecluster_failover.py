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
"""A volume in a stretched pod, and a host that reaches both arrays."""

from tests import failovers
from tests import fleet as fleet_module
from tests import world as world_module
from tools.datapath.guest import transports
from tools.datapath.guest import writer

KINDS = (fleet_module.UNIFORM,)
TRANSPORT = transports.ISCSI
PATHS = 8
# As long as a small copy takes to be in step again.
RESYNC_S = 60
SOME_WRITES = 20


def each_array_dies(cloud):
    """An array dies under I/O, fails over, back, and the other one dies."""
    alpha, beta = cloud.fleet.arrays
    facts = {}
    kind = world_module.replicated_type('sync').id
    with cloud.volumes(volume_type_id=kind) as [volume], (
            cloud.host.attached(volume)) as [disk]:
        cloud.host.wait_for_paths(disk, PATHS)
        with writer.writing(disk.path) as program:
            _die(cloud, alpha, disk, program)
            assert cloud.service.fail_over() == 'failed-over'
            program.wait_for_writes(SOME_WRITES)
            _come_back(cloud, alpha, disk)
            assert cloud.service.fail_back() == 'enabled'
            program.wait_for_writes(SOME_WRITES)
            _die(cloud, beta, disk, program)
        facts['writes'] = program.count
        # Only alpha is there, which was dead while most was written.
        program.check()
        _come_back(cloud, beta, disk)
        program.check()
        assert failovers.reload(volume).replication_status == 'enabled'
    return facts


SCENARIOS = (each_array_dies,)


def _die(cloud, array, disk, program):
    """An array dies in the middle of writes, which go on."""
    program.wait_for_writes(SOME_WRITES)
    array.stop()
    program.wait_for_writes(SOME_WRITES)
    cloud.host.wait_for_paths(disk, PATHS // 2, PATHS // 2)
    program.wait_for_writes(SOME_WRITES)


def _come_back(cloud, array, disk):
    """An array is there again, in step, with all its paths."""
    array.start()
    cloud.fleet.pass_time(RESYNC_S)
    cloud.host.wait_for_paths(disk, PATHS)
