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
"""The cost of a request for one object, whatever else the array holds."""

import sys

import pytest

REQUESTS = (
    ('post', 'volume/new', {'size': '1G'}),
    ('get', 'volume/new', {}),
    ('put', 'volume/new', {'size': '2G'}),
    ('put', 'volume/new', {'name': 'newer'}),
    ('post', 'volume/copy', {'source': 'newer'}),
    ('post', 'volume/copy', {'source': 'newer', 'overwrite': True}),
    ('post', 'volume', {'snap': True, 'source': ['copy'], 'suffix': 's'}),
    ('get', 'volume/copy', {'snap': True}),
    ('get', 'volume/copy', {'space': True}),
    ('post', 'host/new', {'iqnlist': ['iqn.new']}),
    ('get', 'host/new', {}),
    ('post', 'host/new/volume/copy', {}),
    ('get', 'volume/copy/host', {}),
    ('get', 'host/new/volume', {'private': True}),
    ('delete', 'host/new/volume/copy', {}),
    ('delete', 'host/new', {}),
    ('delete', 'volume/copy', {}),
    ('get', 'volume/copy', {'pending': True}),
    ('put', 'volume/copy', {'action': 'recover'}),
    ('delete', 'volume/copy', {}),
    ('delete', 'volume/copy', {'eradicate': True}),
    ('get', 'volume', {'start': 0, 'limit': 1}),
    ('get', 'volume', {'snap': True, 'start': 0, 'limit': 1}),
    ('get', 'volume', {'names': ['newer']}),
    ('get', 'host', {'start': 0, 'limit': 1}),
    ('get', 'array', {'space': True}),
)


def fill(array, count):
    array.seed({
        'volumes': [
            {'name': f'v{number}', 'size': '1G', 'used_bytes': 4096,
             'snapshots': ['a', 'b'], 'destroyed': number % 3 == 0}
            for number in range(count)],
        'hosts': [{'name': f'h{number}', 'iqns': [f'iqn.{number}']}
                  for number in range(count)],
        'connections': [{'host': f'h{number}', 'volume': f'v{number}'}
                        for number in range(count) if number % 3]})
    return array


def calls(function, *args, **kwargs):
    """How many functions, Python's and C's, run while one does."""
    counted = 0

    def count(frame, event, arg):
        nonlocal counted
        counted += event in ('call', 'c_call')

    sys.setprofile(count)
    try:
        function(*args, **kwargs)
    finally:
        sys.setprofile(None)
    return counted


def costs(client):
    return [(verb, path, calls(getattr(client, verb), path, **params))
            for verb, path, params in REQUESTS]


@pytest.mark.parametrize('make_contents', ['identities'], indirect=True)
@pytest.mark.parametrize('count', [300, 3000])
def test_one_object_costs_the_same_on_a_full_array(make_array, client_of,
                                                   count):
    limits = {'hosts': count + 10, 'volumes': count + 10}
    few = client_of(fill(make_array(limits=limits), 3))
    many = client_of(fill(make_array(limits=limits), count))
    assert costs(many) == costs(few)


@pytest.mark.parametrize('make_contents', ['identities'], indirect=True)
def test_eradication_costs_what_is_due(make_array, client_of, clock):
    few, many = client_of(make_array()), client_of(make_array())
    for client in (few, many):
        client.post('volume/first', size='1G')
        client.delete('volume/first')
    clock.advance(10)
    fill(few.array, 3)
    fill(many.array, 900)
    clock.advance(86390)
    assert calls(many.get, 'array') == calls(few.get, 'array')
    assert len(many.get('volume', pending_only=True)) == 300
    assert few.names('volume', pending_only=True) == ['v0']
