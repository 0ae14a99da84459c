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
"""Pods of two arrays through the real SDK, and over a restart."""

import purestorage
import pytest

import flasharray_sim
from flasharray_sim import errors
from tests import arrays

_NAMES = ('alpha', 'beta')


@pytest.fixture
def start(tmp_path):
    """Start two arrays on the same state at each call."""
    def started():
        return flasharray_sim.Simulator(
            arrays=[{'name': name} for name in _NAMES], state_dir=tmp_path,
            is_clock_frozen=True)
    return started


def connect(sim):
    return [arrays.client_of(array, sim.certificate_path)
            for array in sim.arrays]


def stretch(sim):
    alpha, beta = connect(sim)
    arrays.connect(alpha, beta, sim.arrays[1].address, 'sync')
    alpha.create_pod('pod1')
    alpha.add_pod('pod1', 'beta')
    alpha.create_volume('pod1::v1', '1G')
    return alpha, beta


def statuses(client):
    return [row['status'] for row in client.get_pod('pod1')['arrays']]


def test_a_stretched_pod_outlives_a_restart(start):
    with start() as sim:
        alpha, beta = stretch(sim)
        serial = beta.get_volume('pod1::v1')['serial']
    with start() as sim:
        alpha, beta = connect(sim)
        assert statuses(alpha) == statuses(beta) == ['online', 'online']
        assert alpha.get_volume('pod1::v1')['serial'] == serial
        beta.create_volume('pod1::v2', '1G')
        assert [row['name'] for row in alpha.list_volumes()] == [
            'pod1::v1', 'pod1::v2']


def test_an_array_lost_before_a_restart_resyncs_after_it(start):
    with start() as sim:
        alpha, beta = stretch(sim)
        sim.arrays[0].faults.add(flasharray_sim.Fault('offline'))
        beta.create_volume('pod1::v2', '1G')
        assert statuses(beta) == ['offline', 'online']
    with start() as sim:
        alpha, beta = connect(sim)
        assert statuses(beta) == ['resyncing', 'online']
        assert len(alpha.list_volumes()) == 2
        sim.clock.advance(60)
        assert statuses(alpha) == ['online', 'online']


def test_a_link_fault_leaves_one_array_with_the_pod(start):
    with start() as sim:
        alpha, beta = stretch(sim)
        sim.arrays[0].faults.add(flasharray_sim.Fault('link_down'))
        assert statuses(alpha) == ['online', 'offline']
        with pytest.raises(purestorage.PureHTTPError) as caught:
            beta.destroy_volume('pod1::v1')
        assert 'offline' in caught.value.text
        sim.arrays[0].faults.clear()
        assert statuses(beta) == ['online', 'resyncing']


def mediation(client):
    return [row['mediator_status']
            for row in client.get_pod('pod1')['arrays']]


def test_a_mediator_fault_comes_and_goes(start):
    with start() as sim:
        alpha, beta = stretch(sim)
        fault = sim.arrays[1].faults.add(
            flasharray_sim.Fault('mediator_down', pod='pod*'))
        assert mediation(alpha) == ['online', 'unreachable']
        sim.arrays[1].faults.add(
            flasharray_sim.Fault('mediator_down', pod='x'))
        sim.arrays[1].faults.remove(fault)
        assert mediation(alpha) == ['online', 'online']


def test_without_mediator_the_death_of_the_elected_ends_service(start):
    with start() as sim:
        alpha, beta = stretch(sim)
        for array in sim.arrays:
            array.faults.add(flasharray_sim.Fault('mediator_down'))
        assert mediation(beta) == ['unreachable', 'unreachable']
        sim.arrays[0].stop()
        assert statuses(beta) == ['unknown', 'offline']
        with pytest.raises(purestorage.PureHTTPError) as caught:
            beta.create_volume('pod1::v2', '1G')
        assert 'offline' in caught.value.text
        sim.arrays[0].start()
        assert statuses(beta) == ['online', 'resyncing']
        beta.create_volume('pod1::v2', '1G')
        assert alpha.get_volume('pod1::v2')['size'] == 1 << 30


def test_a_dead_array_is_dead_for_its_peer_and_its_hosts(start):
    with start() as sim:
        alpha, beta = stretch(sim)
        sim.arrays[0].stop()
        [row] = beta.list_array_connections()
        assert (row['array_name'], row['status']) == ('alpha', 'connecting')
        assert statuses(beta) == ['offline', 'online']
        data = sim.arrays[1].model.write('pod1::v1', 0, 4096)
        with pytest.raises(errors.PurityError):
            sim.arrays[0].model.read('pod1::v1')
        sim.arrays[0].start()
        assert beta.list_array_connections()[0]['status'] == 'connected'
        resyncing = alpha.get_pod('pod1')['arrays'][0]
        assert resyncing['status'] == 'resyncing'
        assert resyncing['progress'] == 0.0
        assert resyncing['frozen_at'] is not None
        sim.clock.advance(60)
        assert statuses(alpha) == ['online', 'online']
        assert sim.arrays[0].model.read('pod1::v1') == ((0, 4096, data),)


def test_the_sdk_moves_links_and_promotes(start):
    with start() as sim:
        alpha, beta = stretch(sim)
        alpha.create_vgroup('vg1')
        alpha.create_volume('v1', '1G')
        assert alpha.move_volume('v1', 'vg1') == {'name': 'vg1/v1'}
        alpha.create_pod('here')
        beta.create_pod('there')
        beta.demote_pod('there')
        alpha.create_pod_replica_link('here', 'there', remote_name='beta')
        assert alpha.move_volume('vg1/v1', '') == {'name': 'v1'}
        alpha.copy_volume('v1', 'here::v1')
        sim.clock.advance(60)
        assert beta.get_volume('there::v1')['size'] == 1 << 30
        alpha.pause_pod_replica_link('here', 'there')
        assert beta.list_pod_replica_links(
            local_pod_names=['there'])[0]['status'] == 'paused'
        alpha.resume_pod_replica_link('here', 'there')
        alpha.demote_pod('here', quiesce=True)
        beta.promote_pod('there')
        assert alpha.list_pod_replica_links()[0]['direction'] == 'inbound'
        alpha.promote_pod('here', promote_from='here.undo-demote')
        alpha.delete_pod_replica_link('here', 'there')
        assert beta.list_pod_replica_links() == []
