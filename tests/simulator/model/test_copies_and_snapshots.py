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
"""Snapshots, clones and overwriting (2.2, 3.3)."""

import pytest

from flasharray_sim import errors

GIB = 1 << 30


@pytest.fixture
def volume(client):
    return client.post('volume/v1', size='1G')


def test_snapshots_are_taken_together_in_the_order_asked_for(client, volume):
    other = client.post('volume/v2', size='2G')
    taken = client.post(
        'volume', snap=True, source=['v2', 'v1'], suffix='daily')
    assert [(row['name'], row['size'], row['source']) for row in taken] == [
        ('v2.daily', 2 * GIB, 'v2'), ('v1.daily', GIB, 'v1')]
    assert len({row['serial'] for row in (
        volume, other, *taken)}) == 4
    assert client.get('volume', snap=True) == taken
    assert client.get('volume/v1', snap=True) == [taken[1]]
    assert client.names('volume') == ['v1', 'v2']


def test_serials_are_the_arrays_prefix_and_a_counter(array, client, volume):
    [snapshot] = client.post('volume', snap=True, source=['v1'])
    prefix = array.id.replace('-', '')[:16].upper()
    assert volume['serial'] == f'{prefix}00011010'
    assert snapshot['serial'] == f'{prefix}00011011'


@pytest.mark.parametrize('suffix', [None, ''])
def test_automatic_suffixes_count_up_and_step_aside(client, volume, suffix):
    def take():
        params = {} if suffix is None else {'suffix': suffix}
        [row] = client.post('volume', snap=True, source=['v1'], **params)
        return row['name']

    assert take() == 'v1.1'
    client.post('volume', snap=True, source=['v1'], suffix='2')
    assert take() == 'v1.3'
    client.delete('volume/v1.3')
    client.delete('volume/v1.3', eradicate=True)
    assert take() == 'v1.4'


def test_all_snapshots_are_taken_or_none(client, volume, array):
    client.post('volume/v2', size='1G')
    client.delete('volume/v2')
    with pytest.raises(errors.PurityError) as caught:
        client.post('volume', snap=True, source=['v1', 'none', 'v2'],
                    suffix='s')
    assert [(failure.ctx, failure.text[:20], failure.code)
            for failure in caught.value.failures] == [
                ('none', 'Volume does not exis', 6),
                ('v2', 'Volume has been dest', 0)]
    assert client.get('volume', snap=True, pending=True) == []


@pytest.mark.parametrize('suffix', ['a.b', '-a', 'a_b', 'x' * 64, 'a/b'])
def test_bad_suffixes_are_refused(client, volume, suffix):
    assert client.refusal(
        'POST', 'volume', snap=True, source=['v1'],
        suffix=suffix).startswith('Snapshot suffix must be ')


def test_a_suffix_is_taken_until_eradication(client, volume):
    client.post('volume', snap=True, source=['v1'], suffix='s')
    assert client.refusal('POST', 'volume', snap=True, source=['v1'],
                          suffix='S') == (
        'Snapshot already exists for volume v1.')
    client.delete('volume/v1.s')
    assert 'has been destroyed' in client.refusal(
        'POST', 'volume', snap=True, source=['v1'], suffix='s')
    client.delete('volume/v1.s', eradicate=True)
    client.post('volume', snap=True, source=['v1'], suffix='s')


def test_a_snapshot_is_destroyed_recovered_and_eradicated(client, clock,
                                                          volume):
    [taken] = client.post('volume', snap=True, source=['v1'], suffix='s')
    assert client.refusal('DELETE', 'volume/v1.s', eradicate=True) == (
        'Volume snapshot is not destroyed.')
    assert client.delete('volume/v1.s') == {'name': 'v1.s'}
    assert client.get('volume/v1', snap=True) == []
    assert client.refusal('GET', 'volume/v1.s', snap=True) == (
        'No such volume or snapshot.')
    assert client.get('volume/v1.s', snap=True, pending=True) == [
        taken | {'time_remaining': 86400}]
    assert client.refusal('DELETE', 'volume/v1.s') == (
        'Volume snapshot has been destroyed. It can be recovered by purevol '
        'recover and eradicated by purevol eradicate.')
    assert client.put('volume/v1.s', action='recover') == {'name': 'v1.s'}
    assert client.get('volume/v1.s', snap=True) == [taken]
    client.delete('volume/v1.s')
    assert client.delete('volume/v1.s', eradicate=True) == {'name': 'v1.s'}
    assert client.get('volume', snap=True, pending=True) == []


@pytest.mark.parametrize('name', ['v1.none', 'none.s', 'pg.1.v1'])
def test_unknown_snapshots(client, volume, name):
    text = 'No such volume or snapshot.'
    assert client.refusal('DELETE', f'volume/{name}') == text
    assert client.refusal('POST', 'volume/v2', source=name) == text
    assert client.refusal('PUT', f'volume/{name}', name='x') == text
    assert client.refusal('GET', f'volume/{name}', snap=True) == text


@pytest.mark.parametrize('new_name', ['late', 'v1.late', 'V1.late'])
def test_renaming_a_snapshot_changes_the_suffix(client, volume, new_name):
    client.post('volume', snap=True, source=['v1'], suffix='early')
    assert client.put('volume/v1.early', name=new_name) == {
        'name': 'v1.late'}
    assert client.names('volume', snap=True) == ['v1.late']


def test_a_snapshot_stays_with_its_volume(client, volume):
    client.post('volume/v2', size='1G')
    client.post('volume', snap=True, source=['v1'], suffix='s1')
    client.post('volume', snap=True, source=['v1'], suffix='s2')
    assert client.refusal('PUT', 'volume/v1.s1', name='v2.s1') == (
        'Volume snapshot cannot be renamed to another volume.')
    assert client.refusal('PUT', 'volume/v1.s1', name='s2') == (
        'Snapshot already exists for volume v1.')
    assert client.refusal('PUT', 'volume/v1.s1', size='2G') == (
        'Invalid combination of parameters specified.')


@pytest.mark.parametrize('source', ['v1', 'v1.s'])
def test_a_copy_is_a_new_volume_of_the_same_size(client, volume, source):
    client.post('volume', snap=True, source=['v1'], suffix='s')
    client.put('volume/v1', size='3G')
    copy = client.post('volume/v2', source=source)
    assert copy['source'] == 'v1'
    assert copy['serial'] != volume['serial']
    assert copy['size'] == (GIB if source == 'v1.s' else 3 * GIB)
    assert client.get('volume/v2') == copy


def test_a_copy_takes_copyable_tags_and_its_own_limits(client, volume):
    client.post('volume/v1/tags', key='a', value='1')
    client.post('volume/v1/tags', key='b', value='2', copyable=False)
    client.put('volume/v1', iops_limit=1000)
    client.post('volume/v2', source='v1', bandwidth_limit='10M')
    assert [row['key'] for row in client.get('volume/v2', tags=True)] == [
        'a']
    assert client.get('volume/v2', qos=True) == {
        'name': 'v2', 'bandwidth_limit': 10 << 20, 'iops_limit': None}


def test_an_existing_target_needs_overwrite(client, volume):
    client.post('volume/v2', size='1G')
    for params in ({}, {'overwrite': False}):
        assert client.refusal('POST', 'volume/v2', source='v1', **params) == (
            'Volume already exists.')


def test_overwriting_keeps_the_volume_and_an_undo_snapshot(client, volume):
    target = client.post('volume/v2', size='2G', iops_limit=500)
    client.post('host/h1')
    client.post('host/h1/volume/v2')
    del target['iops_limit']
    assert client.post('volume/v2', source='v1', overwrite=True) == (
        target | {'size': GIB, 'source': 'v1'})
    [undo] = client.get('volume/v2', snap=True, pending=True)
    assert (undo['size'], undo['time_remaining']) == (2 * GIB, 86400)
    assert client.get('volume', snap=True) == []
    assert client.get('volume/v2', qos=True)['iops_limit'] == 500
    client.put(f'volume/{undo["name"]}', action='recover')
    restored = client.post(
        'volume/v2', source=undo['name'], overwrite=True)
    assert (restored['size'], restored['serial']) == (
        2 * GIB, target['serial'])


def test_a_copy_outlives_its_source(client, clock, volume):
    client.post('volume/v2', source='v1')
    client.delete('volume/v1')
    assert client.get('volume/v2')['source'] == 'v1'
    client.delete('volume/v1', eradicate=True)
    assert client.get('volume/v2')['source'] is None


def test_unknown_sources(client, volume):
    assert client.refusal('POST', 'volume/v2', source='none') == (
        'Volume does not exist.')
    with pytest.raises(errors.PurityError) as caught:
        client.post('volume/v2', source='none')
    assert (caught.value.ctx, caught.value.code) == ('none', 6)


def test_protocol_endpoints_have_neither_size_nor_content(client, volume):
    made = client.post('volume/pe', protocol_endpoint=True)
    assert sorted(made) == ['created', 'name', 'serial', 'source']
    assert client.names('volume') == ['v1']
    assert client.get('volume', protocol_endpoint=True) == [made]
    assert client.get('volume/pe', protocol_endpoint=True) == made
    assert client.refusal('GET', 'volume/v1', protocol_endpoint=True) == (
        'Volume is not a protocol endpoint.')
    no = 'Operation is not permitted on a protocol endpoint.'
    assert client.refusal('PUT', 'volume/pe', size='1G') == no
    assert client.refusal('POST', 'volume/v2', source='pe') == no
    assert client.refusal('POST', 'volume', snap=True, source=['pe']) == no
    assert client.refusal('POST', 'volume/pe', source='v1',
                          overwrite=True) == no
    client.delete('volume/pe')
    client.delete('volume/pe', eradicate=True)


def test_a_demoted_volume_is_not_overwritten(client, volume):
    assert client.put('volume/v1', requested_promotion_state='demoted') == {
        'name': 'v1', 'promotion_status': 'demoted',
        'requested_promotion_state': 'demoted'}
    client.post('volume/v2', size='1G')
    assert client.refusal('POST', 'volume/v1', source='v2',
                          overwrite=True) == (
        'Operation is not permitted on a demoted volume.')
    client.put('volume/v1', requested_promotion_state='promoted')
    client.post('volume/v1', source='v2', overwrite=True)
    assert client.refusal(
        'PUT', 'volume/v1', requested_promotion_state='x') == (
            'Invalid value for parameter requested_promotion_state.')
