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
"""Volumes over iSCSI, as real initiators find them."""

import socket
import subprocess

import pytest

from flasharray_sim import faults
from tests import arrays
from tests.simulator.data_plane import conftest

MIB = conftest.MIB
GIB = conftest.GIB
IQN = conftest.IQN
OTHER_IQN = 'iqn.1994-05.org.example:host2'
CHAP = 'host1-user', 'host-secret-0123'
MUTUAL = 'array-user', 'array-secret-456'
REFUSED = 'Authentication failure(513)'


@pytest.fixture
def volume(client):
    """v1 of 1 GiB at LUN 1 of h1."""
    client.create_volume('v1', '1G')
    client.create_host('h1', iqnlist=[IQN])
    client.connect_host('h1', 'v1')


@pytest.fixture
def initiator(client, volume):
    return conftest.Initiator(client)


def fault(simulator, kind, at=0, **options):
    array = simulator.arrays[at]
    return array.faults, array.faults.add(faults.Fault(kind, **options))


def can_connect(portal):
    address, _, port = portal.rpartition(':')
    try:
        socket.create_connection((address, int(port)), 5).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize('lun', [1, 254, 255, 256, 4095])
def test_a_lun_is_what_the_array_says(client, lun):
    client.create_volume('v1', '1G')
    client.create_host('h1', iqnlist=[IQN])
    client.connect_host('h1', 'v1', lun=lun)
    initiator = conftest.Initiator(client)
    serial = client.get_volume('v1')['serial']
    said = initiator.ask('iscsi-inq', lun)
    assert 'Vendor:PURE ' in said
    assert 'Product:FlashArray' in said
    assert serial in initiator.ask('iscsi-inq', lun, '-e', '1', '-c', '128')
    # It prints the bytes of the NAA identifier up to the first zero.
    naa = bytes.fromhex(f'624a9370{serial}').partition(b'\0')[0]
    said = initiator.ask('iscsi-inq', lun, '-e', '1', '-c', '131')
    assert len(naa) > 8 and naa.decode('latin-1') in said
    initiator.write(lun, 0xa1, 5 * MIB, MIB)
    assert initiator.holds(lun, 0xa1, 5 * MIB, MIB)
    assert initiator.holds(lun, 0, 6 * MIB, MIB)
    assert client.get_volume('v1', space=True)['volumes'] == MIB


def test_all_portals_of_the_array_listen(client, volume):
    portals = [port['portal'] for port in client.list_ports() if port['iqn']]
    assert len(set(portals)) == 4
    for at, portal in enumerate(portals):
        initiator = conftest.Initiator(client, at=at)
        assert initiator.discover() == dict.fromkeys(portals, {1})
        initiator.write(1, at + 1, at * MIB, 4096)
    assert all(initiator.holds(1, at + 1, at * MIB, 4096)
               for at in range(4))


def test_each_host_sees_what_is_its_own(client, initiator):
    client.create_volume('v2', '1G')
    client.create_volume('v3', '1G')
    client.create_host('h2', iqnlist=[OTHER_IQN])
    client.connect_host('h2', 'v2')
    client.create_hgroup('g', hostlist=['h1', 'h2'])
    client.connect_hgroup('g', 'v3')
    other = conftest.Initiator(client, iqn=OTHER_IQN)
    assert other.target == initiator.target
    initiator.write(1, 0x11, 0, 4096)
    other.write(1, 0x22, 0, 4096)
    other.write(254, 0x33, 0, 4096)
    assert initiator.holds(1, 0x11, 0, 4096)
    assert other.holds(1, 0x22, 0, 4096)
    assert initiator.holds(254, 0x33, 0, 4096)
    client.set_hgroup('g', remhostlist=['h2'])
    assert set(other.discover()[other.portal]) == {1}
    assert set(initiator.discover()[other.portal]) == {1, 254}


def test_who_is_no_host_is_refused(client, initiator):
    stranger = conftest.Initiator(client, iqn='iqn.2020-01.org.example:no')
    assert REFUSED in stranger.io(1, 'length')
    client.set_host('h1', remiqnlist=[IQN])
    assert REFUSED in initiator.io(1, 'length')
    client.set_host('h1', addiqnlist=[IQN.upper()])
    assert '1 GiB' in conftest.Initiator(client, iqn=IQN).io(1, 'length')


def test_chap_is_as_the_host_says(client, initiator):
    initiator.write(1, 0x11, 0, 4096)
    client.set_host('h1', host_user=CHAP[0], host_password=CHAP[1])
    proven = conftest.Initiator(client, chap=CHAP)
    assert proven.holds(1, 0x11, 0, 4096)
    for chap in (None, (CHAP[0], 'wrong-secret-012'), ('wrong', CHAP[1])):
        assert 'Failed to log in' in conftest.Initiator(
            client, chap=chap).io(1, 'length')
    client.set_host('h1', host_user='', host_password='')
    assert initiator.holds(1, 0x11, 0, 4096)


def test_two_hosts_of_one_user_have_their_own_secrets(client, volume):
    client.create_volume('v2', '1G')
    client.create_host('h2', iqnlist=[OTHER_IQN])
    client.connect_host('h2', 'v2')
    other = CHAP[0], 'other-secret-012'
    client.set_host('h1', host_user=CHAP[0], host_password=CHAP[1])
    client.set_host('h2', host_user=other[0], host_password=other[1])
    assert '1 GiB' in conftest.Initiator(client, chap=CHAP).io(1, 'length')
    assert '1 GiB' in conftest.Initiator(
        client, iqn=OTHER_IQN, chap=other).io(1, 'length')
    assert 'Failed to log in' in conftest.Initiator(
        client, iqn=OTHER_IQN, chap=CHAP).io(1, 'length')


def test_the_array_proves_itself_too(client, volume):
    client.set_host('h1', host_user=CHAP[0], host_password=CHAP[1],
                    target_user=MUTUAL[0], target_password=MUTUAL[1])
    initiator = conftest.Initiator(client, chap=CHAP)
    right = dict(zip(('LIBISCSI_CHAP_TARGET_USERNAME',
                      'LIBISCSI_CHAP_TARGET_PASSWORD'), MUTUAL))
    wrong = right | {'LIBISCSI_CHAP_TARGET_PASSWORD': 'wrong-secret-012'}
    assert 'Vendor:PURE' in initiator.ask('iscsi-inq', 1, **right)
    assert 'Vendor:PURE' not in initiator.ask('iscsi-inq', 1, **wrong)


def test_a_disconnected_lun_is_gone_and_another_can_have_its_number(
        client, initiator):
    initiator.write(1, 0x11, 0, 4096)
    client.create_volume('v2', '1G')
    client.disconnect_host('h1', 'v1')
    assert initiator.discover()[initiator.portal] == set()
    client.connect_host('h1', 'v2')
    assert initiator.holds(1, 0, 0, 4096)
    client.connect_host('h1', 'v1')
    assert initiator.holds(2, 0x11, 0, 4096)


def test_a_deleted_host_cannot_log_in(client, initiator):
    client.disconnect_host('h1', 'v1')
    client.delete_host('h1')
    assert REFUSED in initiator.io(1, 'length')


def test_snapshots_and_copies_over_iscsi(client, initiator):
    initiator.write(1, 0x11, 0, MIB)
    client.create_snapshot('v1', suffix='s')
    initiator.write(1, 0x22, 0, MIB)
    client.copy_volume('v1.s', 'v2')
    client.connect_host('h1', 'v2')
    assert initiator.holds(2, 0x11, 0, MIB)
    client.copy_volume('v1.s', 'v1', overwrite=True)
    assert initiator.holds(1, 0x11, 0, MIB)


def test_discarded_blocks_are_given_back(client, initiator):
    initiator.write(1, 0x11, 0, 8 * MIB)
    assert client.get_volume('v1', space=True)['volumes'] == 8 * MIB
    assert 'discard 4194304/4194304' in initiator.io(
        1, f'discard 0 {4 * MIB}', 'flush')
    assert client.get_volume('v1', space=True)['volumes'] == 4 * MIB
    assert initiator.holds(1, 0, 0, 4 * MIB)


def test_what_changes_under_io_does_not_disturb_it(client, initiator):
    """Extending, and snapshots, while a host writes."""
    writing = subprocess.Popen(
        initiator.qemu_io(1, *(
            f'write -P {number % 250 + 1} {number * 65536} 65536'
            for number in range(600))),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    steps = 0
    for size in range(2, 100):
        client.extend_volume('v1', f'{size}G')
        client.create_snapshot('v1')
        steps += writing.poll() is None
        if writing.poll() is not None:
            break
    said, _ = writing.communicate(timeout=60)
    assert steps
    assert said.count('wrote 65536/65536') == 600, said
    assert f'{size} GiB' in initiator.io(1, 'length')
    assert all(initiator.holds(1, number % 250 + 1, number * 65536, 65536)
               for number in range(0, 600, 150))


def test_a_controller_that_dies_takes_its_portals_with_it(
        simulator, client, initiator):
    portals = initiator.portals
    other = conftest.Initiator(client, at=2)
    present, added = fault(simulator, 'failover', delay_s=0.1)
    assert [can_connect(portal) for portal in portals] == [
        False, False, True, True]
    assert '1 GiB' in other.io(1, 'length')
    present.remove(added)
    assert all(can_connect(portal) for portal in portals)
    assert '1 GiB' in initiator.io(1, 'length')


def test_an_array_that_is_off_serves_nothing(simulator, client, initiator):
    initiator.write(1, 0x11, 0, 4096)
    present, added = fault(simulator, 'offline')
    assert not any(can_connect(portal) for portal in initiator.portals)
    present.remove(added)
    assert initiator.holds(1, 0x11, 0, 4096)


class TestActiveCluster:
    @pytest.fixture
    def simulator(self, make_simulator):
        return make_simulator(arrays=2)

    @pytest.fixture
    def initiators(self, simulator):
        """h1 of both arrays has pod1::v1 at LUN 1."""
        one, two = clients = [
            arrays.client_of(array, simulator.certificate_path)
            for array in simulator.arrays]
        arrays.connect(one, two, simulator.arrays[1].address, 'sync')
        one.create_pod('pod1')
        one.add_pod('pod1', 'pure02')
        one.create_volume('pod1::v1', '1G')
        for client in clients:
            client.create_host('h1', iqnlist=[IQN])
            client.connect_host('h1', 'pod1::v1')
        return [conftest.Initiator(client) for client in clients]

    def test_both_arrays_serve_one_volume(self, initiators):
        one, two = initiators
        one.write(1, 0x11, 0, MIB)
        assert two.holds(1, 0x11, 0, MIB)
        two.write(1, 0x22, 0, MIB)
        assert one.holds(1, 0x22, 0, MIB)
        pages = [initiator.ask('iscsi-inq', 1, '-e', '1', '-c', '131')
                 for initiator in initiators]
        assert pages[0] == pages[1]

    def test_one_dies_and_comes_back(self, simulator, initiators):
        one, two = initiators
        one.write(1, 0x11, 0, MIB)
        present, added = fault(simulator, 'offline')
        two.write(1, 0x22, MIB, MIB)
        assert two.holds(1, 0x11, 0, MIB)
        present.remove(added)
        simulator.clock.advance(3600)
        with simulator.arrays[0].model.transaction():
            simulator.arrays[0].model.tick()
        assert one.holds(1, 0x11, 0, MIB)
        assert one.holds(1, 0x22, MIB, MIB)

    def test_who_lost_the_link_shows_nothing_old(self, simulator, initiators):
        one, two = initiators
        present, added = fault(simulator, 'link_down')
        one.write(1, 0x11, 0, MIB)
        assert two.discover()[two.portal] == set()
        present.remove(added)
        simulator.clock.advance(3600)
        with simulator.arrays[0].model.transaction():
            simulator.arrays[0].model.tick()
        assert two.holds(1, 0x11, 0, MIB)


class TestActiveDR:
    @pytest.fixture
    def simulator(self, make_simulator):
        return make_simulator(arrays=2)

    @pytest.fixture
    def initiators(self, simulator):
        """h1 has here::v1 of the one array, there::v1 of the other."""
        one, two = (array.model for array in simulator.arrays)
        with one.transaction():
            one.array_connections.connect(
                'pure02', two.core.setting('connection_key'), None, None)
            one.pods.create('here')
            one.volumes.create('here::v1', '64M')
            two.pods.create('there')
            two.promotion.demote('there', False, False)
            one.replica_links.create('here', 'there', None, False)
        self.pass_time(simulator)
        found = []
        for array, name in zip(simulator.arrays, ('here', 'there')):
            client = arrays.client_of(array, simulator.certificate_path)
            client.create_host('h1', iqnlist=[IQN])
            client.connect_host('h1', f'{name}::v1')
            found.append(conftest.Initiator(client))
        return found

    def pass_time(self, simulator):
        simulator.clock.advance(60)
        with simulator.arrays[0].model.transaction():
            simulator.arrays[0].model.tick()

    def test_a_demoted_pod_is_read_until_it_is_promoted(self, simulator,
                                                        initiators):
        one, two = initiators
        one.write(1, 0x11, 0, MIB)
        self.pass_time(simulator)
        assert 'wrote' not in two.io(1, f'write -P 0x22 0 {MIB}')
        other = simulator.arrays[1].model
        with other.transaction():
            other.promotion.promote('there', None)
        assert two.holds(1, 0x11, 0, MIB)
        two.write(1, 0x22, 0, MIB)
        assert two.holds(1, 0x22, 0, MIB)
        assert one.holds(1, 0x11, 0, MIB)
