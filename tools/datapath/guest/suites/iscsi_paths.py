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
"""One array with two controllers of two portals each, and one host."""

import copy
import pathlib

from os_brick import exception as brick_exception

from flasharray_sim.data_plane import lio
from tools.datapath.guest import initiator
from tools.datapath.guest.suites import common
from tools.datapath.guest.suites import faults
from tools.datapath.guest.suites import scsi_luns
from tools.datapath.guest import transports

KINDS = ()
TRANSPORT = transports.ISCSI


def attach_and_extend(cloud):
    """Four paths with CHAP, to a volume that grows while it is attached."""
    with cloud.volumes() as [volume], cloud.host.attached(volume) as [disk]:
        cloud.host.wait_for_all_paths(disk)
        assert initiator.session_users() == {
            disk.properties['auth_username']}
        assert disk.device['multipath_id'] == disk.properties['wwn']
        common.grow(cloud, volume, disk)
        return {'wwid': disk.device['multipath_id'],
                'portals': disk.properties['target_portals']}


def wrong_secret(cloud):
    """A host with the right name and a wrong secret is let in nowhere."""
    with cloud.volumes() as [volume]:
        info = cloud.world.attach(volume, cloud.host.properties)
        try:
            properties = copy.deepcopy(info['data'])
            properties['auth_password'] = 'not-the-secret'
            # One portal, so that it takes a fourth of the time.
            for name in ('target_luns', 'target_iqns', 'target_portals'):
                properties[name] = properties[name][:1]
            [iqn] = properties['target_iqns']
            before = _refused_logins(iqn)
            single = initiator.factory(
                TRANSPORT.connector, is_multipath=False, attempts=1)
            _is_refused(single, properties)
            refused = _refused_logins(iqn) - before
            assert refused
            return {'refused': refused}
        finally:
            cloud.world.detach(volume, cloud.host.properties)


def _is_refused(connector, properties):
    try:
        found = connector.connect_volume(properties)
    except brick_exception.BrickException:
        return
    connector.disconnect_volume(properties, found)
    raise AssertionError('a wrong secret was accepted')


def _refused_logins(iqn):
    """How many logins the target has refused for what was to be proved."""
    return int((pathlib.Path(lio.ROOT, 'iscsi', iqn) / 'fabric_statistics'
                / 'iscsi_login_stats' / 'authenticate_fails').read_text())


SCENARIOS = (attach_and_extend, common.controllers, scsi_luns.lun_300,
             common.clone, common.snapshot, wrong_secret,
             scsi_luns.reused_lun, faults.full_disk, faults.killed_simulator)
