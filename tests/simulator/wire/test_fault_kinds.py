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
"""Faults of timing, and those that the model of an array takes part in."""

import socket

import purestorage
import pytest
import requests

import flasharray_sim
from flasharray_sim import faults

Fault = flasharray_sim.Fault
GIB = 1 << 30


@pytest.fixture
def array(simulator):
    return simulator.arrays[0]


def refusal(client, operation, *arguments, **parameters):
    with pytest.raises(purestorage.PureHTTPError) as caught:
        getattr(client, operation)(*arguments, **parameters)
    return caught.value.code, caught.value.text


def wait_online(array):
    """Until the array listens; the kernel says no at once meanwhile."""
    for _number in range(1000000):
        try:
            socket.create_connection(
                ('127.0.0.1', array.port), 30).close()
            return
        except ConnectionRefusedError:
            pass
    raise AssertionError('the array did not come back')


def test_jitter_varies_within_bounds_and_alike_for_each_fault():
    def delays():
        fault = Fault('latency', delay_s=2, jitter_s=3)
        return [fault.next_delay_s() for _number in range(50)]

    assert delays() == delays()
    assert all(2 <= delay_s <= 5 for delay_s in delays())
    assert len(set(delays())) == 50


def test_jitter_alone_is_a_latency(array, client):
    fault = array.faults.add(Fault('latency', jitter_s=0.01, count=2))
    assert client.get()['array_name'] == client.get()['array_name']
    assert fault.hits == 2


def test_slow_body_is_whole_and_comes_in_pieces(
        simulator, array, client, monkeypatch):
    waits = []
    monkeypatch.setattr(
        array._app.closing, 'wait', lambda wait_s: waits.append(wait_s))
    array.faults.add(Fault(
        'slow_body', path='volume/*', delay_s=50, count=1))
    assert client.create_volume('v1', '1G')['size'] == GIB
    assert len(waits) >= 9
    assert set(waits) == {5.0}
    assert client.get_volume('v1')['size'] == GIB
    assert len(waits) <= 10


def test_headers_come_before_a_slow_body(simulator, array, client):
    array.faults.add(Fault('slow_body', path='volume', delay_s=3600))
    with requests.Session() as http:
        http.trust_env = False
        reply = http.get(
            f'https://{array.address}/api/1.19/volume', stream=True,
            verify=simulator.certificate_path, timeout=30,
            cookies=client._cookies)
        assert reply.status_code == 200
        assert reply.headers['Content-Length'] == '2'
        array.stop()
        with pytest.raises(requests.RequestException):
            reply.content


def test_full_array_refuses_what_takes_space_and_says_so(array, client):
    client.create_volume('v1', '1G')
    fault = array.faults.add(Fault('full'))
    code, text = refusal(client, 'create_volume', 'v2', '1G')
    assert code == 400
    assert 'out of space' in text
    space = client.get(space=True)[0]
    assert space['total'] == space['capacity']
    assert client.destroy_volume('v1') == {'name': 'v1'}
    assert fault.hits == 3
    array.faults.clear()
    assert client.get(space=True)[0]['total'] == 0
    assert client.create_volume('v2', '1G')['name'] == 'v2'


def test_full_array_goes_by_pattern_and_count(array, client):
    array.faults.add(Fault('full', method='POST', path='volume/a*', count=1))
    assert client.create_volume('b1', '1G')
    assert refusal(client, 'create_volume', 'a1', '1G')[0] == 400
    assert client.create_volume('a1', '1G')
    assert client.get(space=True)[0]['total'] == 0


@pytest.mark.parametrize('operation,arguments,noun', [
    ('create_volume', ('v2', '1G'), 'Volume'),
    ('create_snapshot', ('v1',), 'Snapshot'),
    ('create_host', ('h1',), 'Host'),
    ('create_hgroup', ('g1',), 'Host group')])
def test_limit_reached(array, client, operation, arguments, noun):
    client.create_volume('v1', '1G')
    array.faults.add(Fault('limit_reached', count=1))
    code, text = refusal(client, operation, *arguments)
    assert code == 400
    assert f'{noun} limit reached.'.lower() in text.lower()
    assert getattr(client, operation)(*arguments)


def test_read_only_user_may_read_and_not_write(array, client):
    client.create_volume('v1', '1G')
    array.faults.add(Fault('read_only'))
    assert client.get_volume('v1')['size'] == GIB
    for operation, arguments in (
            ('create_volume', ('v2', '1G')), ('destroy_volume', ('v1',)),
            ('extend_volume', ('v1', '2G')), ('create_host', ('h1',))):
        assert refusal(client, operation, *arguments)[0] == 403
    array.faults.clear()
    assert client.get_volume('v1')['size'] == GIB
    assert client.create_volume('v2', '1G')


def test_refused_request_leaves_no_condition_behind(array, client):
    array.faults.add(Fault('full', count=1))
    refusal(client, 'create_volume', 'v1', '1G')
    assert array.model.core.conditions == frozenset()


def test_failover_loses_sessions_and_swaps_controllers(array, client):
    before = client.get(controllers=True)
    assert [row['mode'] for row in before] == ['primary', 'secondary']
    sessions = len(array.sessions)
    array.faults.add(Fault('failover', delay_s=0.01))
    wait_online(array)
    assert (sessions, len(array.sessions)) == (1, 0)
    array.requests.clear()
    assert [(row['name'], row['mode'], row['status'])
            for row in client.get(controllers=True)] == [
                ('CT0', 'secondary', 'not ready'),
                ('CT1', 'primary', 'ready')]
    assert [record.status for record in array.requests] == [401, 200, 200]
    failed_over = {row['name']: row['failover']
                   for row in client.list_ports()}
    assert failed_over['CT0.ETH4'] == 'CT1.ETH4'
    assert failed_over['CT0.FC0'] == 'CT1.FC0'
    assert {failover for name, failover in failed_over.items()
            if name.startswith('CT1.')} == {None}


def test_controller_comes_back_as_the_secondary(array, client):
    for primary, secondary in (('CT1', 'CT0'), ('CT0', 'CT1')):
        array.faults.add(Fault('failover', delay_s=0.01))
        wait_online(array)
        array.faults.clear()
        rows = {row['mode']: row for row in client.get(controllers=True)}
        assert rows['primary']['name'] == primary
        assert (rows['secondary']['name'], rows['secondary']['status']) == (
            secondary, 'ready')
        assert {row['failover'] for row in client.list_ports()} == {None}


def test_connections_are_refused_while_no_controller_answers(array):
    with socket.create_connection(('127.0.0.1', array.port), 30) as idle:
        array.faults.add(Fault('failover', delay_s=3600))
        try:
            assert idle.recv(1) == b''
        except ConnectionResetError:
            pass
    assert not array.is_online
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(('127.0.0.1', array.port), 30)
    array.faults.clear()
    assert array.is_online


def test_one_controller_cannot_fail_over(array, client):
    array.faults.add(Fault('failover', delay_s=0.01))
    with pytest.raises(ValueError):
        array.faults.add(Fault('failover', delay_s=0.01))
    assert len(list(array.faults)) == 1


def test_number_of_faults_is_bounded(array):
    for _number in range(faults.MAX_FAULTS):
        array.faults.add(Fault('status', path='nothing'))
    with pytest.raises(ValueError):
        array.faults.add(Fault('status'))


@pytest.fixture
def three():
    with flasharray_sim.Simulator(arrays=3) as running:
        yield running


def links(simulator):
    """Which pairs of arrays can reach each other, by their numbers."""
    models = [array.model for array in simulator.arrays]
    return {(at, with_) for at in range(len(models))
            for with_ in range(at + 1, len(models))
            if models[0].fleet.is_linked(models[at], models[with_])}


@pytest.mark.parametrize('peer,left', [
    ('*', {(0, 2)}), ('pure01', {(0, 2), (1, 2)}),
    ('PURE03', {(0, 1), (0, 2)}), ('pure02', {(0, 1), (0, 2), (1, 2)}),
    ('other', {(0, 1), (0, 2), (1, 2)})])
def test_link_down(three, peer, left):
    fault = three.arrays[1].faults.add(Fault('link_down', peer=peer))
    assert links(three) == left
    assert all(array.is_online for array in three.arrays)
    three.arrays[1].faults.remove(fault)
    assert links(three) == {(0, 1), (0, 2), (1, 2)}


def test_link_is_down_until_neither_end_keeps_it(three):
    first, second, _third = three.arrays
    first.faults.add(Fault('link_down', peer='pure02'))
    second.faults.add(Fault('link_down', peer='pure01'))
    first.faults.clear()
    assert links(three) == {(0, 2), (1, 2)}
    second.faults.clear()
    assert links(three) == {(0, 1), (0, 2), (1, 2)}


def test_failover_does_not_take_links_down(three):
    three.arrays[0].faults.add(Fault('failover', delay_s=3600))
    assert links(three) == {(0, 1), (0, 2), (1, 2)}
