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
from flasharray_sim.window import arrays
from flasharray_sim.window import objects
from flasharray_sim.window import replication


def ask(http, kind='volumes', array='pure01', **params):
    reply = http(f'/control/arrays/{array}/objects/{kind}', params=params)
    assert reply.status_code == 200
    return reply.json()


def names(http, kind='volumes', **params):
    return [row['name'] for row in ask(http, kind, **params)['rows']]


@pytest.fixture
def mixed(array):
    array.model.seed({
        'volumes': [
            {'name': 'Beta', 'size': '1G', 'used_bytes': 8192,
             'snapshots': ['late', 'early']},
            {'name': 'alpha', 'size': '3G', 'used_bytes': 4096},
            {'name': 'gamma', 'size': '2G', 'used_bytes': 65536}],
        'hosts': [{'name': 'h1', 'iqns': ['iqn.1993-08.org.debian:01:a']},
                  {'name': 'h2'}],
        'hgroups': [{'name': 'rack', 'hosts': ['h2']}]})


def test_page_begins_with_the_newest(array, http):
    array.model.seed({'volumes': [
        {'name': f'v{number}', 'size': '1G'} for number in range(7)]})
    assert names(http, limit=3) == ['v6', 'v5', 'v4']
    assert names(http, limit=3, start=3) == ['v3', 'v2', 'v1']
    assert names(http, limit=3, start=6) == ['v0']
    assert names(http, limit=3, start=7) == []
    assert len(names(http)) == 7
    found = ask(http, limit=3, start=3)
    assert (found['total'], found['found'], found['start']) == (7, 7, 3)


@pytest.mark.parametrize('sort, expected', [
    ('name', ['alpha', 'Beta', 'gamma']),
    ('-name', ['gamma', 'Beta', 'alpha']),
    ('size', ['Beta', 'gamma', 'alpha']),
    ('-total', ['gamma', 'Beta', 'alpha']),
    ('created', ['Beta', 'alpha', 'gamma'])])
def test_order(mixed, http, sort, expected):
    assert names(http, sort=sort) == expected
    assert names(http, sort=sort, limit=1, start=1) == expected[1:2]


def test_every_order_that_is_offered_works(mixed, http):
    for kind in objects.KINDS:
        for key in ask(http, kind)['sorts']:
            ask(http, kind, sort=key)


@pytest.mark.parametrize('kind, text, expected', [
    ('volumes', 'A', ['gamma', 'alpha', 'Beta']),
    ('volumes', 'ALPH', ['alpha']), ('volumes', 'nothing', []),
    ('volumes', '*', []), ('hosts', 'debian:01:a', ['h1']),
    ('snapshots', 'beta.e', ['Beta.early']), ('host_groups', 'ack', ['rack'])])
def test_search(mixed, http, kind, text, expected):
    found = ask(http, kind, search=text)
    assert [row['name'] for row in found['rows']] == expected
    assert found['found'] == len(expected) <= found['total']


def test_volume_is_found_by_its_serial(mixed, http):
    serial = ask(http, search='alpha')['rows'][0]['serial']
    assert names(http, search=serial.lower()) == ['alpha']


def test_search_order_and_page_at_once(mixed, http):
    found = ask(http, search='a', sort='-size', limit=2, start=1)
    assert [row['name'] for row in found['rows']] == ['gamma', 'Beta']
    assert (found['found'], found['start']) == (3, 1)


def test_used_space_of_volumes_and_snapshots(mixed, array, http):
    assert {row['name']: row['total'] for row in ask(http)['rows']} == {
        'Beta': 8192, 'alpha': 4096, 'gamma': 65536}
    array.model.write('Beta', 0, 8192)
    used = {row['name']: row['total'] for row in ask(http)['rows']}
    assert used['Beta'] > 8192


def test_requests_are_searched_and_paged(array, client, http):
    for number in range(3):
        client.create_volume(f'v{number}', '1G')
    with pytest.raises(Exception, match='does not exist'):
        client.get_volume('missing')
    found = ask(http, 'requests', limit=2)
    assert [(row['status'], row['path']) for row in found['rows']] == [
        (400, 'volume/missing'), (200, 'volume/v2')]
    found = ask(http, 'requests', search='200 POST volume', limit=1, start=1)
    assert (found['found'], found['rows'][0]['path']) == (3, 'volume/v1')
    assert ask(http, 'requests', search='400')['found'] == 1


def test_long_parameters_are_cut(array, client, http):
    with pytest.raises(Exception, match='400'):
        client.create_volume('v' * 70, 'x' * 5000)
    [row, *_] = ask(http, 'requests')['rows']
    assert len(row['parameters']) < 200


@pytest.mark.parametrize('params', [
    {'limit': 0}, {'limit': objects.MAX_LIMIT + 1}, {'limit': 'ten'},
    {'limit': -1}, {'nonsense': 1}, {'start': -1}, {'start': ''},
    {'sort': 'serial'}, {'sort': '--name'}])
def test_page_that_makes_no_sense(http, params):
    reply = http('/control/arrays/pure01/objects/volumes', params=params)
    assert reply.status_code == 400
    assert list(reply.json()) == ['error']


def test_kind_that_there_is_not(http):
    reply = http('/control/arrays/pure01/objects/nonsense')
    assert reply.status_code == 404


def test_unknown_array(http):
    assert http('/control/arrays/other/objects/volumes').status_code == 404


def test_destroyed_volumes_are_there_until_they_are_eradicated(
        simulator, client, http):
    client.create_volume('v1', '1G')
    client.destroy_volume('v1')
    [row] = ask(http)['rows']
    assert 86000 < row['time_remaining'] <= 86400
    simulator.clock.advance(86400)
    assert names(http) == []


def test_connections_of_one_volume_and_host_are_cut_short(array, http):
    array.model.seed({
        'volumes': [{'name': f'v{n}', 'size': '1G'} for n in range(9)],
        'hosts': [{'name': f'h{n}'} for n in range(9)],
        'connections': [
            *({'host': f'h{n}', 'volume': 'v0'} for n in range(9)),
            *({'host': 'h0', 'volume': f'v{n}'} for n in range(1, 9))]})
    volume = ask(http)['rows'][-1]['connections']
    host = ask(http, 'hosts')['rows'][-1]['connections']
    assert (volume['total'], len(volume['rows'])) == (9, 4)
    assert (host['total'], len(host['rows'])) == (9, 4)
    assert host['rows'][1] == {'to': 'v1', 'lun': 2, 'is_shared': False}


def test_members_are_cut_short(array, client, http):
    for number in range(9):
        client.create_volume(f'v{number}', '1G')
    client.create_pgroup('pg', vollist=[f'v{n}' for n in range(9)])
    [row] = ask(http, 'protection_groups')['rows']
    assert (len(row['volumes']), row['volumes_total']) == (4, 9)


def test_old_purity_has_fewer_kinds_of_objects():
    with flasharray_sim.Simulator(
            arrays=1, purity_version='4.6.0') as old:
        [array] = old.arrays
        totals = arrays.overview(array)['totals']
        assert 'volumes' in totals
        assert not {'pods', 'volume_groups'} & set(totals)
        for kind in totals:
            objects.page(array, kind, objects.Page(10))
        with pytest.raises(ValueError, match='too old'):
            objects.page(array, 'pods', objects.Page(10))


def work(array, **wanted):
    """How many Python functions of each name a look at an array calls."""
    counted = collections.Counter()

    def count(frame, event, arg):
        if event == 'call':
            counted[frame.f_code.co_qualname] += 1

    sys.setprofile(count)
    try:
        if not wanted:
            arrays.overview(array)
            replication.picture([array])
        for kind in ('volumes', 'hosts', 'snapshots'):
            objects.page(array, kind, objects.Page(10, **wanted))
    finally:
        sys.setprofile(None)
    return counted


def many(array, count):
    array.model.seed({
        'volumes': [{'name': f'v{number}', 'size': '1G',
                     'snapshots': ['a']} for number in range(count)],
        'hosts': [{'name': f'h{number}'} for number in range(count)],
        'connections': [{'host': f'h{number}', 'volume': f'v{number}'}
                        for number in range(count)]})


def test_look_costs_the_same_however_much_there_is(simulator):
    few, full = simulator.arrays
    many(few, 12)
    many(full, 1200)
    work(few)   # what Python remembers of the first time
    assert work(full) == work(few)


@pytest.mark.parametrize('wanted', [
    {'sort': 'name'}, {'search': 'h'}, {'search': 'v1', 'sort': '-name'}])
def test_search_and_order_look_at_names_only(simulator, wanted):
    array = simulator.arrays[0]
    many(array, 1200)
    calls = work(array, **wanted)
    rendered = calls['Views._row'] + calls['plain'] + calls['snapshot']
    assert rendered <= 10 * 12
    # Three kinds of 1,200: a few calls for each, no more.
    assert calls.total() < 3 * 1200 * 12
