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

import contextlib
import copy
import pathlib
import uuid

from os_brick import exception as brick_exception
from oslo_utils import units

import flasharray_sim
from flasharray_sim.data_plane import lio
from pure_cinder.attachments import luns
from tools.datapath.guest import disks
from tools.datapath.guest import initiator
from tools.datapath.guest.suites import faults
from tools.datapath.guest import writer

KINDS = ()
PATHS = 4


def attach_and_extend(cloud):
    """Four paths with CHAP, to a volume that grows while it is attached."""
    with cloud.volumes() as [volume], cloud.host.attached(volume) as [disk]:
        cloud.host.wait_for_paths(disk, PATHS)
        assert initiator.session_users() == {
            disk.properties['auth_username']}
        assert disk.device['multipath_id'] == disk.properties['wwn']
        data = disks.write(disk.path, 0)
        cloud.world.extend(volume, 2)
        last = 2 * units.Gi - disks.PIECE_BYTES
        size = cloud.host.connector.extend_volume(disk.properties)
        assert size == disks.size_of(disk.path) == 2 * units.Gi
        end = disks.write(disk.path, last)
        assert (disks.read(disk.path, 0),
                disks.read(disk.path, last)) == (data, end)
        assert (disks.stored(cloud, volume, 0),
                disks.stored(cloud, volume, last)) == (data, end)
        return {'wwid': disk.device['multipath_id'],
                'portals': disk.properties['target_portals']}


def controllers(cloud):
    """Each controller dies under I/O and returns; no write is lost."""
    facts = {}
    with cloud.volumes() as [volume], cloud.host.attached(volume) as [disk]:
        cloud.host.wait_for_paths(disk, PATHS)
        with writer.writing(disk.path) as program:
            for _controller in ('CT0', 'CT1'):
                _kill_controller(cloud, disk, program)
        program.check()
        facts['writes'] = program.count
    return facts


def _kill_controller(cloud, disk, program):
    program.wait_for_writes(20)
    fault = cloud.array.faults.add(flasharray_sim.Fault(
        'failover', delay_s=0.1))
    try:
        cloud.host.wait_for_paths(disk, PATHS // 2, PATHS // 2)
        program.wait_for_writes(20)
    finally:
        cloud.array.faults.remove(fault)
    cloud.host.wait_for_paths(disk, PATHS)


def lun_300(cloud):
    """A LUN above 255 is the volume that it should be."""
    with cloud.volumes(2) as [first, second], (
            cloud.host.attached(first)) as [disk]:
        _give_lun(cloud, first, second, 300)
        with cloud.host.attached(second) as [high]:
            assert set(high.luns) == {300}
            assert high.device['multipath_id'] == high.properties['wwn']
            cloud.host.wait_for_paths(high, PATHS)
            data = disks.write(high.path, 0), disks.write(disk.path, 0)
            assert (disks.read(high.path, 0), disks.read(disk.path, 0)) == data
            assert disks.stored(cloud, second, 0) == data[0]


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
            single = initiator.factory(is_multipath=False, attempts=1)
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


def reused_lun(cloud):
    """The device of a detached volume never shows another volume's data.

    First the array forgets a volume before the host does, and another one
    would like to have the very LUN; then, when the host has let go, the LUN
    is given away.
    """
    with contextlib.ExitStack() as stack:
        [old] = stack.enter_context(cloud.volumes())
        disk = cloud.host.attach(old)
        let_go = stack.enter_context(contextlib.ExitStack())
        let_go.callback(cloud.host.disconnect, disk, force=True,
                        ignore_errors=True)
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
        _give_lun(cloud, attached, volume, lun)
        with cloud.host.attached(volume) as [disk]:
            assert disk.luns[0] == lun
            assert not any(disks.read(disk.path, 0))


SCENARIOS = (attach_and_extend, controllers, lun_300, clone, wrong_secret,
             reused_lun, faults.full_disk, faults.killed_simulator)


def _give_lun(cloud, attached, volume, lun):
    """Let the host of a volume have another one, at a LUN of its own."""
    client = cloud.client()
    [row] = client.list_volume_private_connections(attached.provider_id)
    client.connect_host(row['host'], volume.provider_id, lun=lun)


def _id_for_lun(lun):
    """A volume of this id would like to have that LUN."""
    while True:
        found = str(uuid.uuid4())
        if next(luns.candidates('volume-%s-cinder' % found)) == lun:
            return found
