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
"""What a volume may be called and how large it may be (3.1, 3.2, 3.6)."""

import pytest

GIB = 1 << 30
BAD_NAME = ('Volume name must be between 1 and 63 characters (alphanumeric, '
            '_ and -), begin and end with a letter or number, and include '
            'at least one letter, _, or -.')


@pytest.mark.parametrize('given, size_bytes', [
    (GIB, GIB), ('1G', GIB), ('1g', GIB), ('2048M', 2 * GIB),
    ('2097152S', GIB), ('1T', 1024 * GIB), (1024000000, 1024000000),
    (str(GIB), GIB), ('4P', 4 << 50),
    (512, 1 << 20), ('1K', 1 << 20), (1 << 20, 1 << 20),
])
def test_sizes_in_all_units(client, given, size_bytes):
    assert client.post('volume/v1', size=given)['size'] == size_bytes


@pytest.mark.parametrize('given', [
    0, -512, 513, '', 'G', '1X', '1.5G', '-1G', (4 << 50) + 512, '5P', True,
    1.5, [], '9' * 40,
])
def test_bad_sizes_are_refused(client, given):
    assert client.refusal('POST', 'volume/v1', size=given) == 'Invalid size.'
    assert client.get('volume', pending=True) == []


def test_extending_needs_no_word_and_truncating_does(client):
    client.post('volume/v1', size='2G')
    assert client.put('volume/v1', size='3G', truncate=False) == {
        'name': 'v1', 'size': 3 * GIB}
    assert client.put('volume/v1', size='3G') == {
        'name': 'v1', 'size': 3 * GIB}
    assert client.refusal('PUT', 'volume/v1', size='1G') == (
        'Implicit truncation not permitted.')
    assert client.refusal('PUT', 'volume/v1', size='4G', truncate=True) == (
        'Truncation must not increase the size of a volume.')
    assert client.get('volume', snap=True, pending=True) == []
    assert client.put('volume/v1', size='1G', truncate=True) == {
        'name': 'v1', 'size': GIB}
    [undo] = client.get('volume', snap=True, pending_only=True)
    assert (undo['source'], undo['size']) == ('v1', 3 * GIB)
    assert undo['time_remaining'] == 86400


@pytest.mark.parametrize('name', [
    'a', 'A-1', 'a_b', '1-2', '1_2', 'x' * 63, '9a'])
def test_good_names(client, name):
    assert client.post(f'volume/{name}', size='1G')['name'] == name


@pytest.mark.parametrize('name', [
    '-a', 'a-', '_a', '12', 'x' * 64, 'a b', 'a.b', 'a*', 'ä', 'a:b',
    'pod::a/b', 'a::'])
def test_bad_names_are_refused(client, name):
    assert client.refusal('POST', f'volume/{name}', size='1G') == BAD_NAME
    client.post('volume/good', size='1G')
    assert client.refusal('PUT', 'volume/good', name=name) == BAD_NAME


def test_names_are_found_without_case_and_shown_with_it(client):
    client.post('volume/MyVol', size='1G')
    assert client.get('volume/myvol')['name'] == 'MyVol'
    assert client.refusal('POST', 'volume/MYVOL', size='1G') == (
        'Volume already exists.')
    assert client.put('volume/MYVOL', name='myVOL') == {'name': 'myVOL'}
    client.post('volume', snap=True, source=['MYVOL'], suffix='Snap')
    assert client.names('volume/mYvOl.sNAP', snap=True) == ['myVOL.Snap']
    assert client.delete('volume/MYVOL') == {'name': 'myVOL'}


def test_containers_that_do_not_exist(client):
    assert client.refusal('POST', 'volume/p::v', size='1G') == (
        'Pod does not exist.')
    assert client.refusal('POST', 'volume/g/v', size='1G') == (
        'Volume group does not exist.')
    client.post('volume/v1', size='1G')
    assert client.refusal('PUT', 'volume/v1', container='p') == (
        'Volume group or pod does not exist.')
    assert client.put('volume/v1', container='') == {'name': 'v1'}
    assert client.refusal('PUT', 'volume/v1', name='p::v') == (
        'Invalid combination of parameters specified.')


def test_renaming_takes_snapshots_and_clones_along(client):
    client.post('volume/v1', size='1G')
    client.post('volume', snap=True, source=['v1'], suffix='s')
    client.post('volume/clone', source='v1')
    assert client.put('volume/v1', name='v2') == {'name': 'v2'}
    assert client.names('volume/v2', snap=True) == ['v2.s']
    assert client.get('volume/clone')['source'] == 'v2'
    assert client.refusal('PUT', 'volume/clone', name='V2') == (
        'Volume already exists.')


@pytest.mark.parametrize('limit, given, value', [
    ('bandwidth_limit', '10M', 10 << 20), ('bandwidth_limit', 1 << 20,
                                           1 << 20),
    ('bandwidth_limit', '512G', 512 << 30), ('iops_limit', '10K', 10000),
    ('iops_limit', 100, 100), ('iops_limit', '100M', 100_000_000),
])
def test_limits_are_set_and_cleared(client, limit, given, value):
    assert client.post('volume/v1', size='1G', **{limit: given})[
        limit] == value
    unlimited = {'name': 'v1', 'bandwidth_limit': None, 'iops_limit': None}
    assert client.get('volume/v1', qos=True) == unlimited | {limit: value}
    assert client.put('volume/v1', **{limit: ''}) == unlimited
    assert client.get('volume', qos=True) == [unlimited]
    assert client.put('volume/v1', **{limit: given}) == unlimited | {
        limit: value}


@pytest.mark.parametrize('limit, given', [
    ('bandwidth_limit', (1 << 20) - 1), ('bandwidth_limit', '513G'),
    ('iops_limit', 99), ('iops_limit', '101M'), ('iops_limit', '1G'),
    ('iops_limit', 'x'),
])
def test_limits_out_of_range_are_refused(client, limit, given):
    assert client.refusal(
        'POST', 'volume/v1', size='1G', **{limit: given}).startswith(
            f'Invalid {limit}: must be between ')
    assert client.get('volume') == []


def test_one_change_at_a_time(client):
    client.post('volume/v1', size='1G')
    mixed = 'Invalid combination of parameters specified.'
    assert client.refusal('PUT', 'volume/v1', size='2G', name='v2') == mixed
    assert client.refusal('PUT', 'volume/v1', truncate=True) == mixed
    assert client.refusal('PUT', 'volume/v1', action='explode') == mixed
    assert client.refusal('PUT', 'volume/v1') == 'No attribute specified.'
    assert client.refusal('POST', 'volume/v2') == mixed
    assert client.refusal(
        'POST', 'volume/v2', size='1G', source='v1') == mixed
    assert client.names('volume') == ['v1']


def test_the_number_of_volumes_is_limited(make_array, client_of):
    client = client_of(make_array(limits={'volumes': 2, 'snapshots': 1}))
    client.post('volume/v1', size='1G')
    client.post('volume/v2', size='1G')
    client.delete('volume/v2')
    assert client.refusal('POST', 'volume/v3', size='1G') == (
        'Volume limit reached.')
    assert client.refusal('POST', 'volume/v3', source='v1') == (
        'Volume limit reached.')
    client.delete('volume/v2', eradicate=True)
    client.post('volume/v3', size='1G')
    assert client.refusal(
        'POST', 'volume', snap=True, source=['v1', 'v3'], suffix='s') == (
            'Volume snapshot limit reached.')
    assert client.get('volume', snap=True, pending=True) == []


def test_a_full_array_makes_nothing_new(array, client):
    client.post('volume/v1', size='1G')
    array.reconfigure(system_bytes=array.config.capacity_bytes)
    full = 'Array is out of space.'
    assert client.refusal('POST', 'volume/v2', size='1G') == full
    assert client.refusal('POST', 'volume/v2', source='v1') == full
    assert client.refusal('POST', 'volume', snap=True,
                          source=['v1']) == full
    assert client.names('volume') == ['v1']
    assert client.put('volume/v1', size='2G')['size'] == 2 * GIB
    array.reconfigure(system_bytes=0)
    client.post('volume/v2', source='v1')
