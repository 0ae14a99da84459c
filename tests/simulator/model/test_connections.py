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
"""LUNs and who is connected to what (2.2, 2.4, 2.5, 3.4)."""

import pytest

from flasharray_sim import errors


@pytest.fixture
def volumes(client):
    for number in range(1, 5):
        client.post(f'volume/v{number}', size='1G')


@pytest.fixture
def group(client, volumes):
    """Hosts h1 and h2 in hgroup g1, and h3 in none."""
    for host in ('h1', 'h2', 'h3'):
        client.post(f'host/{host}')
    client.post('hgroup/g1', hostlist=['h1', 'h2'])


def test_private_luns_count_up_and_fill_gaps(client, group):
    for number in (1, 2, 3):
        assert client.post(f'host/h1/volume/v{number}') == {
            'name': 'h1', 'vol': f'v{number}', 'lun': number}
    assert client.post('host/h3/volume/v1')['lun'] == 1
    assert client.delete('host/h1/volume/v2') == {'name': 'h1', 'vol': 'v2'}
    assert client.post('host/h1/volume/v4')['lun'] == 2
    assert client.get('host/h1/volume', private=True) == [
        {'name': 'h1', 'vol': 'v1', 'lun': 1},
        {'name': 'h1', 'vol': 'v3', 'lun': 3},
        {'name': 'h1', 'vol': 'v4', 'lun': 2}]


def test_shared_luns_count_down_past_what_members_use(client, group):
    client.post('host/h2/volume/v3', lun=253)
    assert client.post('hgroup/g1/volume/v1') == {
        'name': 'g1', 'vol': 'v1', 'lun': 254}
    assert client.post('hgroup/g1/volume/v2')['lun'] == 252
    assert client.post('host/h1/volume/v4')['lun'] == 1
    assert client.get('hgroup/g1/volume') == [
        {'name': 'g1', 'vol': 'v1', 'lun': 254},
        {'name': 'g1', 'vol': 'v2', 'lun': 252}]


def test_luns_go_on_above_when_all_below_are_used(make_array, client_of):
    client = client_of(make_array(limits={'lun': 257}))
    client.post('host/h1')
    client.post('hgroup/g1', hostlist=['h1'])
    for number in range(256):
        client.post(f'volume/v{number}', size='1G')
    luns = [client.post(f'hgroup/g1/volume/v{number}')['lun']
            for number in range(256)]
    assert luns == [*range(254, 0, -1), 256, 257]
    client.post('volume/more', size='1G')
    assert client.refusal('POST', 'hgroup/g1/volume/more') == (
        'Connection limit reached.')
    assert client.post('host/h1/volume/more')['lun'] == 255


def test_a_wanted_lun_must_be_free_for_all(client, group):
    assert client.post('host/h1/volume/v1', lun=9)['lun'] == 9
    assert client.post('hgroup/g1/volume/v2', lun=10)['lun'] == 10
    taken = 'LUN is already in use.'
    assert client.refusal('POST', 'host/h1/volume/v3', lun=9) == taken
    assert client.refusal('POST', 'host/h2/volume/v3', lun=10) == taken
    assert client.refusal('POST', 'hgroup/g1/volume/v3', lun=9) == taken
    assert client.post('host/h2/volume/v3', lun=9)['lun'] == 9
    for lun in (0, -1, 4096):
        assert client.refusal('POST', 'host/h3/volume/v1', lun=lun) == (
            'Invalid LUN: must be between 1 and 4095.')


def test_a_host_sees_a_volume_once(client, group):
    exists = 'Connection already exists.'
    client.post('host/h1/volume/v1')
    assert client.refusal('POST', 'host/h1/volume/v1') == exists
    assert client.refusal('POST', 'hgroup/g1/volume/v1') == exists
    client.post('hgroup/g1/volume/v2')
    assert client.refusal('POST', 'hgroup/g1/volume/v2') == exists
    assert client.refusal('POST', 'host/h2/volume/v2') == exists
    client.post('host/h3/volume/v2')


def test_what_is_not_connected_is_not_disconnected(client, group):
    client.post('hgroup/g1/volume/v1')
    assert client.refusal('DELETE', 'host/h1/volume/v1') == (
        'Volume is not connected.')
    assert client.refusal('DELETE', 'hgroup/g1/volume/v2') == (
        'Volume is not connected.')
    assert client.refusal('DELETE', 'host/none/volume/v1') == (
        'Host does not exist.')
    assert client.refusal('DELETE', 'host/h1/volume/none') == (
        'Volume does not exist.')
    assert client.delete('hgroup/g1/volume/v1') == {
        'name': 'g1', 'vol': 'v1'}


def test_snapshots_are_not_connected(client, group):
    client.post('volume', snap=True, source=['v1'], suffix='s')
    assert client.refusal('POST', 'host/h1/volume/v1.s') == (
        'Volume does not exist.')


def test_connections_seen_from_the_volume(client, group):
    client.post('host/h3/volume/v1', lun=7)
    client.post('hgroup/g1/volume/v1')
    size = 1 << 30
    assert client.get('volume/v1/host') == [
        {'name': 'v1', 'host': 'h3', 'lun': 7, 'size': size}]
    assert client.get('volume/v1/host', remote=True) == client.get(
        'volume/v1/host')
    assert client.get('volume/v1/hgroup') == [
        {'name': 'v1', 'host': None, 'hgroup': 'g1', 'lun': 254,
         'size': size}]
    rows = [
        {'name': 'v1', 'size': size, 'lun': 7, 'host': 'h3', 'hgroup': None},
        {'name': 'v1', 'size': size, 'lun': 254, 'host': 'h1',
         'hgroup': 'g1'},
        {'name': 'v1', 'size': size, 'lun': 254, 'host': 'h2',
         'hgroup': 'g1'}]
    assert client.get('volume/v1', connect=True) == rows
    assert client.get('volume', connect=True) == rows
    client.put('hgroup/g1', hostlist=None)
    assert client.get('volume/v1', connect=True)[1:] == [
        {'name': 'v1', 'size': size, 'lun': 254, 'host': None,
         'hgroup': 'g1'}]


def test_connections_seen_from_the_host(client, group):
    client.post('host/h1/volume/v3', lun=7)
    client.post('hgroup/g1/volume/v1')
    private = {'name': 'h1', 'vol': 'v3', 'lun': 7, 'hgroup': None}
    shared = {'name': 'h1', 'vol': 'v1', 'lun': 254, 'hgroup': 'g1'}
    assert client.get('host/h1/volume') == [private, shared]
    assert client.get('host/h1', connect=True) == [private, shared]
    assert client.get('host/h1/volume', shared=True) == [shared]
    assert client.get('host/h1/volume', private=True) == [
        {'name': 'h1', 'vol': 'v3', 'lun': 7}]
    assert client.get('host', connect=True) == [
        private, shared, shared | {'name': 'h2'}]
    assert client.get('hgroup', connect=True) == [
        {'name': 'g1', 'vol': 'v1', 'lun': 254}]


def test_readers_do_not_see_destroyed_volumes(client, volumes):
    client.delete('volume/v1')
    for path in ('volume/v1/host', 'volume/v1/hgroup'):
        assert client.refusal('GET', path) == 'Volume does not exist.'


def test_joining_a_group_takes_its_connections_over(client, group):
    client.post('hgroup/g1/volume/v1')
    client.put('hgroup/g1', addhostlist=['h3'])
    assert client.get('host/h3/volume', shared=True) == [
        {'name': 'h3', 'vol': 'v1', 'lun': 254, 'hgroup': 'g1'}]
    client.put('hgroup/g1', remhostlist=['h3'])
    assert client.get('host/h3/volume') == []


@pytest.mark.parametrize('volume, lun, text', [
    ('v1', 1, 'Connection already exists.'),
    ('v2', 254, 'LUN is already in use.')])
def test_joining_a_group_is_refused_on_conflict(client, group, volume, lun,
                                                text):
    client.post('hgroup/g1/volume/v1')
    client.post(f'host/h3/volume/{volume}', lun=lun)
    assert client.refusal('PUT', 'hgroup/g1', addhostlist=['h3']) == text
    assert client.get('host/h3')['hgroup'] is None


def test_the_error_names_the_object(client, group):
    for path, ctx in (('host/none/volume/v1', 'none'),
                      ('host/h1/volume/nix', 'nix')):
        with pytest.raises(errors.PurityError) as caught:
            client.post(path)
        assert caught.value.ctx == ctx
