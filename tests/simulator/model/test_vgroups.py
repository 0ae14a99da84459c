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
"""Volume groups, and the volumes called vgroup/volume."""

import pytest

from flasharray_sim import errors

_DAY_S = 86400


@pytest.fixture
def client(client):
    client.post('vgroup/vg1')
    return client


def test_a_group_begins_empty(client):
    assert client.post('vgroup/vg2') == {'name': 'vg2', 'volumes': []}
    assert client.names('vgroup') == ['vg1', 'vg2']


def test_its_volumes_have_its_name_in_front(client):
    made = client.post('volume/vg1/v1', size='1G')
    assert made['name'] == 'vg1/v1'
    assert client.get('vgroup/vg1') == {'name': 'vg1', 'volumes': ['vg1/v1']}
    assert client.names('volume') == ['vg1/v1']
    assert client.get('volume/vg1/v1')['serial'] == made['serial']


def test_volumes_in_it_work_like_others(client):
    client.post('volume/vg1/v1', size='1G')
    client.post('volume/vg1/copy', source='vg1/v1')
    assert client.post('volume', snap=True, source=['vg1/v1'],
                       suffix='s')[0]['name'] == 'vg1/v1.s'
    assert client.get('volume/vg1/v1', snap=True)[0]['source'] == 'vg1/v1'
    client.post('volume/root', source='vg1/v1.s')
    client.post('host/h1')
    assert client.post('host/h1/volume/vg1/v1') == {
        'name': 'h1', 'vol': 'vg1/v1', 'lun': 1}
    assert client.get('volume/vg1/v1/host')[0]['host'] == 'h1'
    client.delete('host/h1/volume/vg1/v1')
    assert client.put('volume/vg1/v1', name='v2') == {'name': 'vg1/v2'}
    assert client.put('volume/vg1/v2', name='vg1/v3') == {'name': 'vg1/v3'}
    assert client.put('volume/vg1/v3', size='2G')['size'] == 2 << 30


@pytest.mark.parametrize('path, text', [
    ('volume/none/v1', 'Volume group does not exist.'),
    ('volume/none::v1', 'Pod does not exist.'),
])
def test_a_volume_needs_its_container(client, path, text):
    assert client.refusal('POST', path, size='1G') == text


def test_names_are_unique_without_case(client):
    assert client.refusal('POST', 'vgroup/VG1') == (
        'Volume group already exists.')
    assert 'Volume group name' in client.refusal('POST', 'vgroup/a_b')


def test_renaming_a_group_renames_its_volumes(client):
    client.post('volume/vg1/v1', size='1G')
    client.post('volume/vg1/v2', size='1G')
    client.delete('volume/vg1/v2')
    assert client.put('vgroup/vg1', name='other') == {'name': 'other'}
    assert client.names('volume', pending=True) == ['other/v1', 'other/v2']
    assert client.refusal('GET', 'vgroup/vg1') == (
        'Volume group does not exist.')


def test_limits_from_1_17_on(client):
    made = client.post('vgroup/vg2', bandwidth_limit='10M', iops_limit='1K')
    assert made['bandwidth_limit'] == 10 << 20
    assert client.get('vgroup/vg2', qos=True) == {
        'name': 'vg2', 'bandwidth_limit': 10 << 20, 'iops_limit': 1000}
    assert client.put('vgroup/vg2', iops_limit='') == {
        'name': 'vg2', 'bandwidth_limit': 10 << 20, 'iops_limit': None}
    assert 'iops_limit' in client.refusal(
        'PUT', 'vgroup/vg2', iops_limit=1)
    assert 'unexpected' in client.as_version('1.16').refusal(
        'PUT', 'vgroup/vg1', iops_limit=1000)
    assert client.refusal('PUT', 'volume/vg2', bandwidth_limit='10M') == (
        'Volume does not exist.')


def test_a_group_with_live_volumes_cannot_be_destroyed(client):
    client.post('volume/vg1/v1', size='1G')
    assert 'contains volumes' in client.refusal('DELETE', 'vgroup/vg1')
    client.delete('volume/vg1/v1')
    assert client.delete('vgroup/vg1') == {'name': 'vg1'}


def test_a_destroyed_group_waits_for_a_day(client, clock):
    client.delete('vgroup/vg1')
    assert client.get('vgroup') == []
    assert client.get('vgroup', pending=True) == [
        {'name': 'vg1', 'volumes': [], 'time_remaining': _DAY_S}]
    assert client.names('vgroup', pending_only=True) == ['vg1']
    for refused in (client.refusal('POST', 'vgroup/vg1'),
                    client.refusal('POST', 'volume/vg1/v', size='1G')):
        assert 'has been destroyed' in refused
    clock.advance(_DAY_S)
    assert client.get('vgroup', pending=True) == []
    client.post('vgroup/vg1')


def test_a_destroyed_group_can_be_recovered(client):
    client.post('volume/vg1/v1', size='1G')
    client.delete('volume/vg1/v1')
    client.delete('vgroup/vg1')
    assert 'has been destroyed' in client.refusal(
        'PUT', 'volume/vg1/v1', action='recover')
    assert client.put('vgroup/vg1', action='recover') == {'name': 'vg1'}
    client.put('volume/vg1/v1', action='recover')
    assert client.get('vgroup/vg1')['volumes'] == ['vg1/v1']


def test_eradicating_takes_the_destroyed_volumes_along(client):
    client.post('volume/vg1/v1', size='1G')
    assert client.refusal('DELETE', 'vgroup/vg1', eradicate=True) == (
        'Volume group is not destroyed.')
    client.delete('volume/vg1/v1')
    client.delete('vgroup/vg1')
    client.delete('vgroup/vg1', eradicate=True)
    assert client.get('volume', pending=True) == []
    assert client.get('vgroup', pending=True) == []


def test_space_is_that_of_the_volumes(client, array):
    client.post('volume/vg1/v1', size='1G')
    array.write('vg1/v1', 0, 4096)
    shown = client.get('vgroup/vg1', space=True)
    assert (shown['name'], shown['size'], shown['volumes']) == (
        'vg1', 1 << 30, 4096)


def test_groups_come_with_1_13(client):
    assert client.as_version('1.13').get('vgroup/vg1')['name'] == 'vg1'
    with pytest.raises(errors.PurityError) as caught:
        client.as_version('1.12').get('vgroup/vg1')
    assert caught.value.status == 404
