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
"""What the window is fed with."""

import collections
import sys

import pytest

import flasharray_sim
from flasharray_sim.window import snapshot


def details(http, array='pure01', **params):
    reply = http(f'/control/arrays/{array}/snapshot', params=params)
    assert reply.status_code == 200
    return reply.json()


def test_overview(simulator, array, client, http):
    client.create_volume('v1', '1G')
    array.faults.add(flasharray_sim.Fault('link_down', peer='pure02'))
    body = http('/control/snapshot').json()
    assert [found['name'] for found in body['arrays']] == [
        'pure01', 'pure02']
    found = body['arrays'][0]
    assert {**found, 'address': array.address, 'purity_version': '6.1.11',
            'rest_version': '1.19', 'is_online': True, 'session_count': 1,
            'request_count': len(array.requests)} == found
    assert found['totals'] | {'volumes': 1, 'hosts': 0} == found['totals']
    assert found['space']['capacity'] == array.model.config.capacity_bytes
    assert found['space']['provisioned'] == 1 << 30
    assert found['faults'][0]['peer'] == 'pure02'
    assert array.api_token not in repr(body)


def test_looking_is_no_request_to_the_array(array, client, http):
    before = list(array.requests)
    http('/control/snapshot')
    details(http)
    assert list(array.requests) == before


def test_pages_begin_with_the_newest(array, http):
    array.model.seed({'volumes': [
        {'name': f'v{number}', 'size': '1G'} for number in range(7)]})

    def names(**params):
        found = details(http, **params)['volumes']
        assert found['total'] == 7
        return [row['name'] for row in found['rows']]

    assert names(limit=3) == ['v6', 'v5', 'v4']
    assert names(limit=3, volumes=3) == ['v3', 'v2', 'v1']
    assert names(limit=3, volumes=6) == ['v0']
    assert names(limit=3, volumes=7) == []
    assert names(limit=3, hosts=5) == ['v6', 'v5', 'v4']
    assert len(names()) == 7


@pytest.mark.parametrize('params', [
    {'limit': 0}, {'limit': snapshot.MAX_LIMIT + 1}, {'limit': 'ten'},
    {'limit': -1}, {'nonsense': 1}, {'volumes': -1}, {'volumes': ''}])
def test_page_that_makes_no_sense(http, params):
    reply = http('/control/arrays/pure01/snapshot', params=params)
    assert reply.status_code == 400
    assert list(reply.json()) == ['error']


def test_unknown_array(http):
    assert http('/control/arrays/other/snapshot').status_code == 404


def test_destroyed_volumes_are_there_until_they_are_eradicated(
        simulator, client, http):
    client.create_volume('v1', '1G')
    client.destroy_volume('v1')
    [row] = details(http)['volumes']['rows']
    assert 86000 < row['time_remaining'] <= 86400
    simulator.clock.advance(86400)
    assert details(http)['volumes'] == {'total': 0, 'start': 0, 'rows': []}


def test_connections_of_one_volume_and_host_are_cut_short(array, http):
    array.model.seed({
        'volumes': [{'name': f'v{n}', 'size': '1G'} for n in range(9)],
        'hosts': [{'name': f'h{n}'} for n in range(9)],
        'connections': [
            *({'host': f'h{n}', 'volume': 'v0'} for n in range(9)),
            *({'host': 'h0', 'volume': f'v{n}'} for n in range(1, 9))]})
    found = details(http)
    volume = found['volumes']['rows'][-1]['connections']
    host = found['hosts']['rows'][-1]['connections']
    assert (volume['total'], len(volume['rows'])) == (9, 4)
    assert (host['total'], len(host['rows'])) == (9, 4)
    assert host['rows'][1] == {'to': 'v1', 'lun': 2, 'is_shared': False}


def test_old_purity_has_fewer_kinds_of_objects(http):
    with flasharray_sim.Simulator(
            arrays=1, purity_version='4.6.0') as old:
        found = snapshot.details(
            old.arrays[0], {kind: snapshot.Page(10)
                            for kind in snapshot.KINDS})
    assert 'volumes' in found and 'requests' in found
    assert not {'pods', 'volume_groups', 'replica_links'} & set(found)


def work(array):
    """How many Python functions of each name a look at an array calls."""
    counted = collections.Counter()

    def count(frame, event, arg):
        if event == 'call':
            counted[frame.f_code.co_qualname] += 1

    pages = {kind: snapshot.Page(10) for kind in snapshot.KINDS}
    sys.setprofile(count)
    try:
        snapshot.overview(array)
        snapshot.details(array, pages)
    finally:
        sys.setprofile(None)
    return counted


def test_look_costs_the_same_however_much_there_is(simulator):
    few, many = simulator.arrays
    for array, count in ((few, 12), (many, 1200)):
        array.model.seed({
            'volumes': [{'name': f'v{number}', 'size': '1G',
                         'snapshots': ['a']} for number in range(count)],
            'hosts': [{'name': f'h{number}'} for number in range(count)],
            'connections': [{'host': f'h{number}', 'volume': f'v{number}'}
                            for number in range(count)]})
    work(few)   # what Python remembers of the first time
    assert work(many) == work(few)


def test_page_lets_nothing_in(http):
    reply = http('/')
    assert reply.headers['Content-Type'] == 'text/html; charset=utf-8'
    policy = reply.headers['Content-Security-Policy']
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert 'unsafe' not in policy
    assert 'http:' not in reply.text.replace(
        'http://www.apache.org/licenses/LICENSE-2.0', '')
    assert 'https:' not in reply.text
