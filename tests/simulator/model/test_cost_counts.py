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
"""A request for one object looks at the same rows on a full array.

Rows are counted, not functions and not time: whoever looks through a table
is found at a hundred times the size.
"""

import collections

import pytest

from tests.simulator.fuzz import states

FEW = 4
TIMES = 100
LIMITS = dict.fromkeys(
    ('hgroups', 'pgroups', 'pods', 'vgroups'), 2 * FEW * TIMES)


def _one_look(name):
    def method(self, *args):
        self.looks += 1
        return getattr(dict, name)(self, *args)
    return method


def _all_looks(name):
    def method(self):
        self.looks += len(self)
        return getattr(dict, name)(self)
    return method


class CountingDict(dict):
    """Rows by id; counts how often one is looked at."""

    looks = 0

    __getitem__ = _one_look('__getitem__')
    __contains__ = _one_look('__contains__')
    get = _one_look('get')
    pop = _one_look('pop')

    __iter__ = _all_looks('__iter__')
    keys = _all_looks('keys')
    values = _all_looks('values')
    items = _all_looks('items')


@pytest.fixture
def looks():
    """Make a function that tells the looks at each table since last."""
    def counting(array):
        counted = states.tables(array)
        for one in counted.values():
            one._rows = CountingDict(one._rows)

        def taken():
            result = collections.Counter({
                name: one._rows.looks for name, one in counted.items()})
            for one in counted.values():
                one._rows.looks = 0
            return +result
        return taken
    return counting


def fill(array, count):
    array.seed({
        'volumes': [
            {'name': f'v{number}', 'size': '1G', 'used_bytes': 4096,
             'snapshots': ['a', 'b'], 'tags': {'key': 'value'},
             'destroyed': number % 4 == 3}
            for number in range(count)],
        'hosts': [{'name': f'h{number}', 'iqns': [f'iqn.{number}']}
                  for number in range(count)],
        'hgroups': [{'name': f'g{number}'} for number in range(count)],
        'connections': [{'host': f'h{number}', 'volume': f'v{number}'}
                        for number in range(count) if number % 4 != 3]})
    with array.transaction():
        for number in range(count):
            array.vgroups.create(f'many-vg{number}')
            array.pods.create(f'many-p{number}')
            array.volumes.create(f'many-p{number}::v', '1G')
            array.pgroups.create(f'many-pg{number}')
            if number % 4 != 3:
                array.pgroups.change_members(
                    f'many-pg{number}', 'volume', {'add': [f'v{number}']})
    return array


# What is asked of arrays that have v0, h0 and g0 in any case.
REQUESTS = (
    ('post', 'volume/new', {'size': '1G'}),
    ('get', 'volume/new', {}),
    ('get', 'volume/v0', {'snap': True}),
    ('get', 'volume/v0', {'space': True}),
    ('get', 'volume/v0', {'action': 'monitor'}),
    ('get', 'volume/v0', {'connect': True}),
    ('get', 'volume/v0', {'tags': True}),
    ('get', 'volume/v0.a', {'snap': True}),
    ('get', 'volume/v0/host', {}),
    ('get', 'volume/v0/hgroup', {}),
    ('get', 'volume/v0/diff', {'base': 'v0.a'}),
    ('put', 'volume/new', {'size': '2G'}),
    ('put', 'volume/new', {'iops_limit': 1000}),
    ('put', 'volume/new', {'name': 'newer'}),
    ('post', 'volume/copy', {'source': 'v0.a'}),
    ('post', 'volume/copy', {'source': 'v0', 'overwrite': True}),
    ('put', 'volume/copy', {'size': '1M', 'truncate': True}),
    ('post', 'volume', {'snap': True, 'source': ['copy'], 'suffix': 's'}),
    ('put', 'volume/copy.s', {'name': 't'}),
    ('delete', 'volume/copy.t', {}),
    ('put', 'volume/copy.t', {'action': 'recover'}),
    ('post', 'volume/copy/tags', {'key': 'k', 'value': 'v'}),
    ('post', 'host/new', {'iqnlist': ['iqn.new']}),
    ('put', 'host/new', {'addiqnlist': ['iqn.newer']}),
    ('get', 'host/new', {}),
    ('get', 'host/h0', {'connect': True}),
    ('get', 'host/h0', {'space': True}),
    ('post', 'host/new/volume/copy', {}),
    ('get', 'host/new/volume', {}),
    ('delete', 'host/new/volume/copy', {}),
    ('put', 'hgroup/g0', {'addhostlist': ['new']}),
    ('post', 'hgroup/g0/volume/copy', {}),
    ('get', 'hgroup/g0/volume', {}),
    ('delete', 'hgroup/g0/volume/copy', {}),
    ('put', 'hgroup/g0', {'remhostlist': ['new']}),
    ('delete', 'host/new', {}),
    ('delete', 'volume/copy', {}),
    ('get', 'volume/copy', {'pending': True}),
    ('put', 'volume/copy', {'action': 'recover'}),
    ('delete', 'volume/copy', {}),
    ('delete', 'volume/copy', {'eradicate': True}),
    ('post', 'vgroup/vg', {}),
    ('post', 'volume/vg/v', {'size': '1G'}),
    ('get', 'vgroup/vg', {}),
    ('put', 'volume/vg/v', {'container': ''}),
    ('delete', 'vgroup/vg', {}),
    ('post', 'pod/p', {}),
    ('post', 'volume/p::v', {'size': '1G'}),
    ('get', 'pod/p', {}),
    ('get', 'pod/p', {'space': True}),
    ('delete', 'volume/p::v', {}),
    ('delete', 'pod/p', {}),
    ('post', 'pgroup/pg', {'vollist': ['v0']}),
    ('get', 'pgroup/pg', {}),
    ('put', 'pgroup/pg', {'addvollist': ['v1']}),
    ('post', 'pgroup', {'snap': True, 'source': ['pg'], 'suffix': 's'}),
    ('get', 'pgroup/pg', {'snap': True}),
    ('post', 'volume/restored', {'source': 'pg.s.v0'}),
    ('get', 'volume/v0', {'protect': True}),
    ('delete', 'pgroup/pg.s', {}),
    ('delete', 'pgroup/pg.s', {'eradicate': True}),
    ('delete', 'volume/v0/pgroup/pg', {}),
    ('delete', 'pgroup/pg', {}),
    ('delete', 'pgroup/pg', {'eradicate': True}),
    ('get', 'volume', {'start': 0, 'limit': 1}),
    ('get', 'volume', {'snap': True, 'start': 0, 'limit': 1}),
    ('get', 'volume', {'names': ['newer']}),
    *(('get', 'volume', {view: value, 'limit': 2})
      for view, value in (('connect', True), ('tags', True), ('space', True),
                          ('protect', True), ('action', 'monitor'))),
    *(('get', 'host', {view: value, 'limit': 2})
      for view, value in (('connect', True), ('all', True),
                          ('action', 'monitor'))),
    ('get', 'volume', {'action': 'monitor', 'historical': '1h', 'limit': 2}),
    ('get', 'host', {'start': 0, 'limit': 1}),
    ('get', 'array', {'space': True}),
)


def costs(client, taken):
    taken()
    found = []
    for verb, path, params in REQUESTS:
        getattr(client, verb)(path, **params)
        found.append((verb, path, params, taken()))
    return found


@pytest.mark.parametrize('make_contents', ['identities'], indirect=True)
def test_one_object_takes_the_same_looks_on_a_full_array(
        make_array, client_of, looks):
    few, many = (fill(make_array(limits=LIMITS), count)
                 for count in (FEW, FEW * TIMES))
    cheap = costs(client_of(few), looks(few))
    assert costs(client_of(many), looks(many)) == cheap
    # The counting counts.
    assert all(sum(looked.values()) > 0 for *_, looked in cheap)


def test_pages_take_the_same_looks_however_few_have_something_to_show(
        make_array, client_of, looks):
    """Three volumes, the last ones, are connected and tagged."""
    found = []
    for count in (FEW, FEW * TIMES):
        array = make_array()
        array.seed({
            'volumes': [{'name': f'v{number}', 'size': '1G'}
                        for number in range(count)],
            'hosts': [{'name': 'h'}]})
        client = client_of(array)
        for number in range(count - 3, count):
            client.post(f'host/h/volume/v{number}')
            client.post(f'volume/v{number}/tags', key='k', value='v')
        taken = looks(array)
        for view in ('connect', 'tags'):
            taken()
            first = client.names('volume', limit=2, **{view: True})
            token = client.headers['x-next-token']
            then = client.names('volume', limit=2, token=token,
                                **{view: True})
            assert (len(first), len(then)) == (2, 1)
            found.append(taken())
    assert found[:2] == found[2:]


def test_a_whole_list_takes_as_many_looks_as_it_is_long(
        make_array, client_of, looks):
    array = fill(make_array(limits=LIMITS), FEW * TIMES)
    taken = looks(array)
    assert len(client_of(array).get('host')) == FEW * TIMES
    assert taken()['Host'] >= FEW * TIMES
