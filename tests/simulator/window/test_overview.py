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
"""What the window shows first: arrays, links, replication, traffic."""

import re
import socket

import pytest
import requests
from werkzeug import test

import flasharray_sim
from flasharray_sim import control
from flasharray_sim.window import arrays as window_arrays
from flasharray_sim.window import files
from flasharray_sim.window import replication
from flasharray_sim.wire import traffic


@pytest.fixture
def models(simulator):
    return [array.model for array in simulator.arrays]


@pytest.fixture
def connected(models):
    """The two arrays, connected for all kinds of replication."""
    one, two = models
    with one.transaction():
        one.array_connections.connect(
            'pure02', two.core.setting('connection_key'),
            ['sync-replication'], None)
    return models


def seen(simulator):
    return replication.picture(simulator.arrays)


def only_flow(simulator):
    [flow] = seen(simulator)['flows']
    return flow


def replicated(connect, simulator):
    """A group that is replicated; returns the source's client."""
    source, target = map(connect, simulator.arrays)
    source.create_volume('v1', '1G')
    source.create_pgroup('nightly', vollist=['v1'], targetlist=['pure02'])
    target.set_pgroup('pure01:nightly', allowed=True)
    return source


def test_overview(simulator, array, client, http):
    client.create_volume('v1', '1G')
    array.faults.add(flasharray_sim.Fault('link_down', peer='pure02'))
    body = http('/control/snapshot').json()
    assert [found['name'] for found in body['arrays']] == [
        'pure01', 'pure02']
    found = body['arrays'][0]
    assert {**found, 'address': array.address, 'purity_version': '6.1.11',
            'rest_version': '1.19', 'is_online': True,
            'session_count': 1} == found
    assert found['totals'] | {
        'volumes': 1, 'hosts': 0,
        'requests': len(array.requests)} == found['totals']
    assert found['space']['capacity'] == array.model.config.capacity_bytes
    assert found['space']['provisioned'] == 1 << 30
    assert found['faults'][0]['peer'] == 'pure02'
    assert found['ports'] == [
        {'protocol': 'iSCSI', 'count': 4, 'failed_over': 0},
        {'protocol': 'NVMe', 'count': 2, 'failed_over': 0},
        {'protocol': 'FC', 'count': 4, 'failed_over': 0}]
    assert body['may_change'] is True
    assert array.api_token not in repr(body)


def test_controller_that_is_away(array):
    array.faults.add(flasharray_sim.Fault('failover', delay_s=0.01))
    found = window_arrays.overview(array)
    assert [(one['name'], one['status']) for one in found['controllers']
            if one['mode'] == 'primary'] == [('CT1', 'ready')]
    assert [port['failed_over'] for port in found['ports']] == [2, 1, 2]


def test_looking_is_no_request_to_the_array(array, client, http):
    before = list(array.requests)
    http('/control/snapshot')
    http('/control/arrays/pure01/objects/volumes')
    assert list(array.requests) == before


def test_arrays_that_are_not_connected(simulator):
    assert seen(simulator) == {'links': [], 'flows': []}


def test_link_is_told_once_and_whether_it_is_up(simulator, connected):
    [link] = seen(simulator)['links']
    assert sorted(link['ends']) == ['pure01', 'pure02']
    assert link['is_up'] and link['kinds'] == ['sync-replication']
    simulator.arrays[1].faults.add(flasharray_sim.Fault('link_down'))
    assert not seen(simulator)['links'][0]['is_up']


def test_group_is_told_with_its_lag(simulator, connected, connect):
    source = replicated(connect, simulator)
    assert only_flow(simulator) == {
        'how': 'async', 'source': 'pure01', 'target': 'pure02',
        'state': 'up to date', 'is_healthy': True, 'count': 1,
        'names': ['nightly'], 'lag_s': None}
    source.create_pgroup_snapshot('nightly', replicate_now=True)
    simulator.clock.advance(3600)
    lag_s = only_flow(simulator)['lag_s']
    assert 3600 <= lag_s < 3700
    simulator.arrays[0].faults.add(flasharray_sim.Fault('link_down'))
    source.create_pgroup_snapshot('nightly', replicate_now=True)
    simulator.clock.advance(600)
    flow = only_flow(simulator)
    assert (flow['state'], flow['is_healthy']) == ('held up', False)
    assert flow['lag_s'] >= lag_s + 600
    simulator.arrays[0].faults.clear()
    simulator.clock.advance(60)
    flow = only_flow(simulator)
    assert flow['is_healthy'] and flow['lag_s'] < 3600


def test_group_that_is_not_allowed(simulator, connected, connect):
    replicated(connect, simulator)
    connect(simulator.arrays[1]).set_pgroup('pure01:nightly', allowed=False)
    flow = only_flow(simulator)
    assert (flow['state'], flow['is_healthy']) == ('not allowed', False)


def test_groups_in_the_same_state_are_one_row_with_the_worst_lag(
        simulator, connected, connect):
    source = replicated(connect, simulator)
    source.create_pgroup_snapshot('nightly', replicate_now=True)
    simulator.clock.advance(1000)
    for number in range(5):
        name = f'more-{number}'
        source.create_pgroup(name, vollist=['v1'], targetlist=['pure02'])
        connect(simulator.arrays[1]).set_pgroup(
            f'pure01:{name}', allowed=True)
        source.create_pgroup_snapshot(name, replicate_now=True)
    simulator.clock.advance(100)
    flow = only_flow(simulator)
    assert (flow['count'], flow['names']) == (
        6, ['nightly', 'more-0', 'more-1', 'more-2'])
    assert flow['lag_s'] >= 1100


def test_stretched_pod_is_told_once(simulator, connected):
    one = connected[0]
    with one.transaction():
        one.pods.create('p')
        one.pod_members.add('p', 'pure02')
    simulator.clock.advance(3600)
    flow = only_flow(simulator)
    assert flow == {'how': 'sync', 'source': 'pure01', 'target': 'pure02',
                    'state': 'in sync', 'is_healthy': True, 'count': 1,
                    'names': ['p'], 'lag_s': None}
    simulator.arrays[1].faults.add(flasharray_sim.Fault('mediator_down'))
    assert only_flow(simulator)['state'] == 'pure02 without mediator'
    simulator.arrays[1].faults.clear()
    simulator.arrays[0].faults.add(flasharray_sim.Fault('offline'))
    flow = only_flow(simulator)
    assert (flow['state'], flow['is_healthy']) == ('pure01 offline', False)


def test_pod_that_another_one_follows(simulator, connected):
    one, two = connected
    with one.transaction():
        one.pods.create('p')
        two.pods.create('copy')
        two.promotion.demote('copy', False, False)
        one.replica_links.create('p', 'copy', 'pure02', False)
    simulator.clock.advance(3600)
    flow = only_flow(simulator)
    assert (flow['how'], flow['source'], flow['target'], flow['names']) == (
        'link', 'pure01', 'pure02', ['p'])
    assert (flow['state'], flow['lag_s']) == ('replicating', 0)
    simulator.arrays[0].faults.add(flasharray_sim.Fault('link_down'))
    assert only_flow(simulator)['state'] == 'unhealthy'


def test_traffic_of_an_array(array, client):
    array.faults.add(flasharray_sim.Fault(
        'latency', path='volume', delay_s=0.2, count=1))
    before = len(array.requests)
    client.list_volumes()
    with pytest.raises(Exception, match='does not exist'):
        client.get_volume('missing')
    found = window_arrays.overview(array)['traffic']
    assert sum(found['requests']) == len(array.requests) == before + 2
    assert sum(found['failed']) == 1
    assert max(found['slowest_ms']) >= 200
    assert all(len(found[key]) == traffic.SAMPLES for key in (
        'requests', 'failed', 'mean_ms', 'slowest_ms'))


def test_samples_follow_the_time():
    now = [1000.0]
    watched = traffic.Traffic(now=lambda: now[0])
    for taken_s, status in ((0.5, 200), (1.0, None), (0.25, 503)):
        begun = watched.begin()
        now[0] += taken_s
        watched.end(begun, status)
    last, *_ = reversed(watched.samples())
    assert last == traffic.Sample(3, 2, 1.75, 1.0)
    now[0] += traffic.SAMPLE_S * 10
    samples = watched.samples()
    assert len(samples) == traffic.SAMPLES
    assert samples[-11] == last and not samples[-1].requests
    now[0] += traffic.SAMPLE_S * traffic.SAMPLES
    assert not any(sample.requests for sample in watched.samples())


def ask(simulator, method='GET', path='/control/snapshot', **headers):
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            method, simulator.control_address + path, timeout=30,
            headers=headers, data='{"seconds": 60}' if method == 'POST'
            else None)


@pytest.mark.parametrize('headers, status', [
    ({}, 200), ({'Sec-Fetch-Site': 'same-origin'}, 200),
    ({'Sec-Fetch-Site': 'none'}, 200),
    ({'Sec-Fetch-Site': 'cross-site'}, 403),
    ({'Sec-Fetch-Site': 'same-site'}, 403),
    ({'Origin': 'http://127.0.0.1:1'}, 403), ({'Origin': 'null'}, 403),
    ({'Host': 'rebound.example'}, 400), ({'Host': '[::1]:8080'}, 200),
    ({'Host': 'localhost:8080'}, 200), ({'Host': ''}, 400),
    ({'Host': f'{socket.gethostname()}:8080'}, 200)])
def test_no_page_of_another_site_gets_an_answer(simulator, headers, status):
    for method, path in (('GET', '/control/snapshot'),
                         ('POST', '/control/clock/advance')):
        assert ask(simulator, method, path, **headers).status_code == status


def test_page_can_be_come_to_from_another_site_by_a_link(simulator):
    headers = {'Sec-Fetch-Site': 'cross-site'}
    assert ask(simulator, path='/', **headers).status_code == 200


@pytest.mark.parametrize('address, may_change', [
    ('127.0.0.1', True), ('::1', True), ('192.0.2.7', False),
    ('2001:db8::7', False)])
def test_who_is_not_on_this_machine_can_only_look(
        simulator, address, may_change):
    client = test.Client(control.ControlApp(simulator))

    def call(method, path):
        return client.open(
            path, method=method, data='{"seconds": 60}',
            base_url='http://192.0.2.1:8080',
            environ_overrides={'REMOTE_ADDR': address})

    before = simulator.clock.now()
    assert call('GET', '/control/snapshot').json['may_change'] is may_change
    assert call('POST', '/control/clock/advance').status_code == (
        200 if may_change else 403)
    assert ((simulator.clock.now() - before).seconds >= 60) is may_change


def test_address_of_the_control_api_can_be_chosen():
    with flasharray_sim.Simulator(
            arrays=1, control_listen='127.0.0.2') as running:
        assert running.control_address.startswith('http://127.0.0.2:')
        assert ask(running).json()['may_change'] is True


def test_page_lets_nothing_in_and_asks_nobody_else(http):
    kinds = set()
    for name in ('', *(f'window/{file}' for file in files.names())):
        reply = http(f'/{name}')
        kinds.add(reply.headers['Content-Type'])
        policy = reply.headers['Content-Security-Policy']
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert 'unsafe' not in policy
        # The licence's address, and a name that looks like one.
        assert not set(re.findall(r"https?://[^\s']*", reply.text)) - {
            'http://www.apache.org/licenses/LICENSE-2.0',
            'http://www.w3.org/2000/svg'}
        assert '<script>' not in reply.text
    assert kinds == {f'text/{kind}; charset=utf-8'
                     for kind in ('html', 'css', 'javascript')}


def test_other_files_are_not_served(http):
    for path in ('missing.js', '..%2ffiles.py', '../files.py', '__init__.py'):
        assert http(f'/window/{path}').status_code == 404
