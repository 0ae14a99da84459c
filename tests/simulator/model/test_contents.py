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
"""What volumes hold: diff and space tell the truth of it (2.2)."""

import pytest

MIB = 1 << 20


@pytest.fixture
def volume(client):
    return client.post('volume/v1', size='1G')


def space(client, path, **params):
    row = client.get(path, space=True, **params)
    return row['volumes'], row['snapshots'], row['total']


def array_space(client):
    [row] = client.get('array', space=True)
    return (row['volumes'], row['snapshots'], row['shared_space'],
            row['total'])


def test_nothing_is_written_at_first(client, volume):
    assert client.get('volume/v1/diff') == []
    assert client.get('volume/v1', space=True) == {
        'name': 'v1', 'size': 1 << 30, 'total': 0, 'volumes': 0,
        'snapshots': 0, 'shared_space': None, 'system': None,
        'data_reduction': 1.0, 'thin_provisioning': 1.0,
        'total_reduction': 1.0}


def test_diff_shows_what_was_written_since(array, client, volume):
    array.write('v1', 0, MIB)
    client.post('volume', snap=True, source=['v1'], suffix='s')
    array.write('v1', 8 * MIB, MIB)
    array.write('v1', MIB // 2, 4096)
    assert client.get('volume/v1/diff', base='v1.s') == [
        {'offset': MIB // 2, 'length': 4096},
        {'offset': 8 * MIB, 'length': MIB}]
    assert client.get('volume/v1/diff') == [
        {'offset': 0, 'length': MIB}, {'offset': 8 * MIB, 'length': MIB}]
    assert client.get('volume/v1.s/diff') == [{'offset': 0, 'length': MIB}]
    assert client.get('volume/v1/diff', base='v1.s', block_size=MIB,
                      offset=0, length=4 * MIB) == [
        {'offset': 0, 'length': MIB}]
    assert client.get('volume/v1/diff', base='v1') == []


def test_copies_are_equal_until_one_is_written(array, client, volume):
    array.write('v1', 0, MIB)
    client.post('volume/v2', source='v1')
    assert client.get('volume/v2/diff', base='v1') == []
    array.write('v2', 0, 4096)
    assert client.get('volume/v2/diff', base='v1') == [
        {'offset': 0, 'length': 4096}]
    client.post('volume/v1', source='v2', overwrite=True)
    assert client.get('volume/v2/diff', base='v1') == []


def test_space_is_owned_shared_and_given_back(array, client, clock, volume):
    array.write('v1', 0, 5 * MIB)
    assert space(client, 'volume/v1') == (5 * MIB, 0, 5 * MIB)
    client.post('volume', snap=True, source=['v1'], suffix='s')
    assert space(client, 'volume/v1') == (5 * MIB, 0, 5 * MIB)
    array.write('v1', 0, 5 * MIB)
    assert space(client, 'volume/v1') == (5 * MIB, 5 * MIB, 10 * MIB)
    assert array_space(client) == (5 * MIB, 5 * MIB, 0, 10 * MIB)
    [row] = client.get('volume/v1', snap=True, space=True)
    assert (row['name'], row['snapshots'], row['total']) == (
        'v1.s', 5 * MIB, 5 * MIB)
    client.post('volume/v2', source='v1.s')
    assert array_space(client) == (5 * MIB, 0, 5 * MIB, 10 * MIB)
    assert space(client, 'volume/v2') == (0, 0, 0)
    client.delete('volume/v1')
    client.delete('volume/v1', eradicate=True)
    assert array_space(client) == (5 * MIB, 0, 0, 5 * MIB)
    client.delete('volume/v2')
    clock.advance(86400)
    assert array_space(client) == (0, 0, 0, 0)
    assert (len(array.db.contents), len(array.db.writes)) == (0, 0)


def test_truncating_drops_what_is_beyond(array, client, volume):
    array.write('v1', 0, MIB)
    array.write('v1', 600 * MIB, MIB)
    client.put('volume/v1', size='512M', truncate=True)
    assert client.get('volume/v1/diff') == [{'offset': 0, 'length': MIB}]
    assert space(client, 'volume/v1') == (MIB, MIB, 2 * MIB)
    [undo] = client.names('volume', snap=True, pending=True)
    client.delete(f'volume/{undo}', eradicate=True)
    assert array_space(client) == (MIB, 0, 0, MIB)


def test_snapshots_of_one_write_are_counted_once(array, client, volume):
    array.write('v1', 0, MIB)
    for _ in range(3):
        client.post('volume', snap=True, source=['v1'])
    client.put('volume/v1', size=1 << 29, truncate=True)
    array.write('v1', 0, MIB)
    assert space(client, 'volume/v1') == (MIB, MIB, 2 * MIB)


def test_writes_stay_within_the_volume_and_the_array(make_array, client_of):
    array = make_array(capacity_bytes=4 * MIB)
    client = client_of(array)
    client.post('volume/v1', size='8M')
    for offset, length in ((-1, 1), (0, 0), (8 * MIB, 1), (0, 9 * MIB)):
        with pytest.raises(ValueError, match='within the volume'):
            array.write('v1', offset, length)
    array.write('v1', 0, 4 * MIB)
    assert client.refusal('POST', 'volume/v2', size='1M') == (
        'Array is out of space.')
    with pytest.raises(Exception, match='out of space'):
        array.write('v1', 0, 1)
    assert client.get('array', space=True)[0]['total'] == 4 * MIB


def test_host_space_is_that_of_its_volumes(array, client, volume):
    client.post('volume/v2', size='1G')
    array.write('v2', 0, MIB)
    client.post('host/h1')
    client.post('hgroup/g1', hostlist=['h1'])
    client.post('host/h1/volume/v1')
    client.post('hgroup/g1/volume/v2')
    host = client.get('host/h1', space=True)
    assert (host['size'], host['volumes'], host['total']) == (
        2 << 30, MIB, MIB)
    hgroup = client.get('hgroup/g1', space=True)
    assert (hgroup['size'], hgroup['volumes']) == (1 << 30, MIB)


@pytest.mark.parametrize('params', [
    {'offset': -1}, {'length': -1}, {'block_size': -512}])
def test_bad_windows_are_refused(client, volume, params):
    assert client.refusal('GET', 'volume/v1/diff', **params) == (
        'Invalid size.')


def test_diff_of_unknown_objects(client, volume):
    assert client.refusal('GET', 'volume/none/diff') == (
        'Volume does not exist.')
    assert client.refusal('GET', 'volume/v1/diff', base='v1.none') == (
        'No such volume or snapshot.')
