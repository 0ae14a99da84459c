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
"""The control API, as an operator's script uses it."""

import contextlib

import purestorage
import pytest
import requests

import flasharray_sim


@contextlib.contextmanager
def calling(simulator):
    with requests.Session() as session:
        session.trust_env = False

        def call(method, path, **kwargs):
            reply = session.request(
                method, f'{simulator.control_address}/control/{path}',
                timeout=30, **kwargs)
            assert reply.headers['Content-Type'] == 'application/json'
            return reply.status_code, reply.json()
        yield call


@pytest.fixture
def control(simulator):
    """Call it: ``control('GET', 'clock')`` gives status and body."""
    with calling(simulator) as call:
        yield call


@pytest.fixture
def control_of_two():
    with flasharray_sim.Simulator(arrays=2) as running, calling(
            running) as call:
        yield running, call


def test_ready(control):
    assert control('GET', 'ready') == (200, {'ready': True})


def test_arrays(simulator, client, control):
    array_id = client.get()['id']
    assert control('GET', 'arrays') == (200, [{
        'name': 'pure01', 'id': array_id,
        'address': simulator.arrays[0].address, 'offline': False,
        'connection_count': 3, 'request_count': 3, 'session_count': 1}])


def test_faults(simulator, client, control):
    fault = {'kind': 'status', 'method': 'GET', 'path': 'array',
             'count': 1, 'status': 503, 'text': 'Not today.'}
    status, added = control('POST', 'arrays/pure01/faults', json=fault)
    assert status == 200
    assert {**added, **fault} == added
    with pytest.raises(purestorage.PureHTTPError) as caught:
        client.get()
    assert caught.value.code == 503
    assert 'Not today.' in caught.value.text
    assert control('GET', 'arrays/PURE01/faults') == (
        200, [{**added, 'hits': 1}])
    assert control('DELETE', 'arrays/pure01/faults') == (200, [])
    assert list(simulator.arrays[0].faults) == []


def test_faults_of_all_arrays(control_of_two):
    simulator, control = control_of_two
    status, added = control('POST', 'arrays/*/faults', json={
        'kind': 'mediator_down', 'pod': 'pod1'})
    assert (status, [row['pod'] for row in added]) == (200, ['pod1'] * 2)
    assert [fault.kind for array in simulator.arrays
            for fault in array.faults] == ['mediator_down'] * 2
    assert control('DELETE', 'arrays/*/faults') == (200, [])
    assert [list(array.faults) for array in simulator.arrays] == [[], []]
    assert control('GET', 'arrays/*/faults')[0] == 404


@pytest.mark.parametrize('arguments', [
    {'json': {}}, {'json': {'kind': 'nonsense'}}, {'json': []},
    {'json': {'kind': 'status', 'nonsense': 1}}, {'data': b'{'},
    {'json': {'kind': 'status', 'hits': 3}}, {'data': b'\xff'},
    {'json': {'kind': 'latency', 'delay_s': 'long'}}, {}])
def test_bad_fault(simulator, control, arguments):
    status, body = control('POST', 'arrays/pure01/faults', **arguments)
    assert status == 400
    assert list(body) == ['error']
    assert list(simulator.arrays[0].faults) == []


def test_requests(client, control):
    control('DELETE', 'arrays/pure01/requests')
    before = control('GET', 'clock')[1]['now'][:23]
    client.create_volume('v1', '1G')
    status, records = control('GET', 'arrays/pure01/requests')
    assert status == 200
    assert before <= records[0]['time'] <= control('GET', 'clock')[1]['now']
    assert [(record['method'], record['path'], record['params'],
             record['status']) for record in records] == [
                 ('POST', 'volume/v1', {'size': '1G'}, 200)]
    assert control('DELETE', 'arrays/pure01/requests') == (200, [])
    assert control('GET', 'arrays/pure01/requests') == (200, [])


def test_no_secret_is_shown(simulator, client, control):
    client.create_host('h1')
    client.set_host('h1', host_user='u', host_password='chap-secret-0123')
    shown = repr([control('GET', 'arrays'),
                  control('GET', 'arrays/pure01/requests')])
    assert 'host_password' in shown
    assert 'chap-secret-0123' not in shown
    assert simulator.arrays[0].api_token not in shown


def test_expired_sessions(simulator, client, control):
    assert control('POST', 'arrays/pure01/sessions/expire') == (200, {})
    simulator.arrays[0].requests.clear()
    client.get()
    assert [record.status for record in simulator.arrays[0].requests] == [
        401, 200, 200]


def test_offline_and_back(simulator, client, control):
    path = 'arrays/pure01/offline'
    for _twice in range(2):
        assert control('POST', path, json={'offline': True})[1]['offline']
    with pytest.raises(purestorage.PureError):
        client.get()
    assert not simulator.arrays[0].is_online
    for _twice in range(2):
        assert not control(
            'POST', path, json={'offline': False})[1]['offline']
    assert client.get()['array_name'] == 'pure01'


@pytest.mark.parametrize('body', [{}, {'offline': 'yes'}, {'on': True}])
def test_bad_offline(simulator, control, body):
    assert control('POST', 'arrays/pure01/offline', json=body)[0] == 400
    assert simulator.arrays[0].is_online


def test_clock(simulator, control):
    before = simulator.clock.now()
    status, body = control('POST', 'clock/advance', json={'seconds': 86400})
    assert status == 200
    assert (simulator.clock.now() - before).days == 1
    assert control('GET', 'clock')[1]['now'] >= body['now']


@pytest.mark.parametrize('seconds', [-1, '1', None, True, 1e30, [1]])
def test_bad_advance(control, seconds):
    assert control('POST', 'clock/advance', json={'seconds': seconds})[
        0] == 400


def test_hosts_write_and_read(simulator, client, control):
    client.create_volume('v1', '1G')
    status, written = control('POST', 'arrays/pure01/data', json={
        'name': 'v1', 'offset': 512, 'length': 4096})
    assert status == 200
    client.create_snapshot('v1', suffix='s1')
    assert control('POST', 'arrays/pure01/data', json={
        'name': 'v1', 'length': 512})[1] != written
    assert control('GET', 'arrays/pure01/data?name=v1.s1') == (
        200, [{'offset': 512, 'length': 4096, **written}])
    assert [row['offset'] for row in control(
        'GET', 'arrays/pure01/data?name=v1')[1]] == [0, 512]
    simulator.arrays[0].stop()
    status, body = control('GET', 'arrays/pure01/data?name=v1')
    assert status == 400 and 'error' in body


@pytest.mark.parametrize('body', [
    {}, {'name': 'v1'}, {'name': 1, 'length': 512},
    {'name': 'v1', 'length': True}, {'name': 'v1', 'length': 0},
    {'name': 'v1', 'length': 512, 'offset': -1},
    {'name': 'v1', 'length': 2 ** 30 + 1}, {'name': 'other', 'length': 512},
    {'name': 'v1', 'length': 512, 'size': 1}])
def test_bad_write(client, control, body):
    client.create_volume('v1', '1G')
    assert control('POST', 'arrays/pure01/data', json=body)[0] == 400
    assert control('GET', 'arrays/pure01/data?name=v1') == (200, [])


@pytest.mark.parametrize('query', ['', '?name=other', '?volume=v1',
                                   '?name=v1&limit=1'])
def test_bad_read(client, control, query):
    client.create_volume('v1', '1G')
    assert control('GET', f'arrays/pure01/data{query}')[0] == 400


@pytest.mark.parametrize('method,path,status', [
    ('GET', 'nonsense', 404), ('GET', 'arrays/other/faults', 404),
    ('PUT', 'arrays', 405), ('DELETE', 'clock', 405)])
def test_unknown(control, method, path, status):
    assert control(method, path)[0] == status


def test_body_limit(control):
    assert control('POST', 'arrays/pure01/faults',
                   data=b'a' * 100000)[0] == 413


def test_one_fault_can_be_removed(simulator, control):
    first, second = (control('POST', 'arrays/pure01/faults', json={
        'kind': 'status', 'path': path})[1] for path in ('array', 'volume'))
    path = f'arrays/pure01/faults/{first["id"]}'
    assert control('DELETE', path) == (200, first)
    assert control('GET', 'arrays/pure01/faults') == (200, [second])
    status, body = control('DELETE', path)
    assert status == 404
    assert list(body) == ['error']


@pytest.mark.parametrize('headers,status', [
    ({}, 200), ({'Origin': 'http://elsewhere.example'}, 403),
    ({'Origin': 'null'}, 403), ({'Host': 'elsewhere.example'}, 400)])
def test_pages_of_other_sites_are_kept_out(
        simulator, control, headers, status):
    before = simulator.clock.now()
    assert control('POST', 'clock/advance', data='{"seconds": 86400}',
                   headers=headers)[0] == status
    assert (simulator.clock.now() - before).days == (status == 200)


def test_own_page_is_let_in(simulator, control):
    assert control('GET', 'ready', headers={
        'Origin': simulator.control_address})[0] == 200
