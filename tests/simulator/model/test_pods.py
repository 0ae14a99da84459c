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
"""Pods on one array, and moves of volumes into and out of containers."""

import pytest

_DAY_S = 86400


@pytest.fixture
def client(client):
    client.post('pod/pod1')
    return client


def test_a_pod_begins_on_one_array(client, array):
    assert client.get('pod/pod1') == {
        'name': 'pod1', 'source': None, 'arrays': [{
            'name': 'array-1', 'array_id': array.id, 'status': 'online',
            'mediator_status': 'online', 'frozen_at': None,
            'progress': None}],
        'link_source_count': 0, 'link_target_count': 0,
        'promotion_status': 'promoted',
        'requested_promotion_state': 'promoted'}
    assert 'promotion_status' not in client.as_version('1.18').get(
        'pod/pod1')


def test_flags_add_mediator_and_preference(client):
    assert client.get('pod', mediator=True)[0]['mediator'] == 'purestorage'
    assert client.get('pod/pod1', failover_preference=True)[
        'failover_preference'] == []
    assert client.put('pod/pod1', failover_preference=['array-1']) == {
        'name': 'pod1', 'source': None, 'failover_preference': ['array-1']}
    client.put('pod/pod1', failover_preference=[])
    assert client.get('pod/pod1', failover_preference=True)[
        'failover_preference'] == []
    assert client.put('pod/pod1', mediator='10.0.0.9')['mediator'] == (
        '10.0.0.9')
    assert client.refusal(
        'POST', 'pod/pod2', failover_list=['nobody']) == (
            'Array connection does not exist.')
    client.post('pod/pod2', failover_list=['ARRAY-1'])
    assert client.get('pod/pod2', failover_preference=True)[
        'failover_preference'] == ['array-1']


def test_volumes_in_a_pod_work_like_others(client):
    assert client.post('volume/pod1::v1', size='1G')['name'] == 'pod1::v1'
    client.post('volume/pod1::v2', source='pod1::v1')
    client.post('volume/out', source='pod1::v1')
    client.post('volume/pod1::in', source='out')
    assert client.post('volume', snap=True, source=['pod1::v1'])[0][
        'name'] == 'pod1::v1.1'
    client.post('host/h1')
    client.post('host/h1/volume/pod1::v1')
    assert client.get('volume/pod1::v1/host')[0]['host'] == 'h1'
    assert client.put('volume/pod1::v1', name='pod1::v9') == {
        'name': 'pod1::v9'}
    assert client.put('volume/pod1::v9', name='v8') == {'name': 'pod1::v8'}
    assert client.get('volume/pod1::v8', snap=True)[0]['name'] == (
        'pod1::v8.1')


def test_renaming_a_pod_renames_what_is_in_it(client):
    client.post('volume/pod1::v1', size='1G')
    client.post('volume', snap=True, source=['pod1::v1'], suffix='s')
    assert client.put('pod/pod1', name='pod2') == {'name': 'pod2'}
    assert client.names('volume') == ['pod2::v1']
    assert client.names('volume', snap=True) == ['pod2::v1.s']
    client.post('pod/pod1')
    assert client.refusal('PUT', 'pod/pod2', name='POD1') == (
        'Pod already exists.')


def test_a_clone_has_copies_of_the_volumes(client, array):
    client.post('volume/pod1::v1', size='1G')
    array.write('pod1::v1', 0, 4096)
    assert client.post('pod/pod2', source='pod1')['source'] == 'pod1'
    one, two = client.get('volume/pod1::v1'), client.get('volume/pod2::v1')
    assert one['serial'] != two['serial']
    assert client.get('volume/pod1::v1/diff', base='pod2::v1') == []
    array.write('pod2::v1', 8192, 512)
    assert client.get('volume/pod2::v1/diff', base='pod1::v1') == [
        {'offset': 8192, 'length': 512}]


def test_a_pod_with_live_volumes_cannot_be_destroyed(client, clock):
    client.post('volume/pod1::v1', size='1G')
    assert 'contains volumes' in client.refusal('DELETE', 'pod/pod1')
    client.delete('volume/pod1::v1')
    assert client.delete('pod/pod1') == {'name': 'pod1'}
    assert client.get('pod/pod1', pending=True)['time_remaining'] == _DAY_S
    assert client.refusal('DELETE', 'pod/pod1', eradicate=True) == (
        'Cannot eradicate pod.')
    assert 'has been destroyed' in client.refusal('POST', 'pod/pod1')
    clock.advance(_DAY_S)
    assert client.get('pod', pending=True) == []
    assert client.get('volume', pending=True) == []
    client.post('pod/pod1')


def test_a_destroyed_pod_can_be_recovered_or_eradicated(client):
    client.delete('pod/pod1')
    assert client.refusal('GET', 'pod/pod1') == 'Pod does not exist.'
    client.put('pod/pod1', action='recover')
    assert client.names('pod') == ['pod1']
    assert client.refusal('DELETE', 'pod/pod1', eradicate=True) == (
        'Pod is not destroyed.')
    client.delete('pod/pod1')
    client.delete('pod/pod1', eradicate=True)
    assert client.get('pod', pending=True) == []


def test_the_number_of_pods_is_limited(make_array, client_of):
    client = client_of(make_array(limits={'pods': 1}))
    client.post('pod/pod1')
    assert client.refusal('POST', 'pod/pod2') == 'Pod limit reached.'


def test_a_pod_without_load_can_be_watched(client):
    shown = client.get('pod/pod1', action='monitor', mirrored=True)
    assert [row['name'] for row in shown] == ['pod1']
    assert shown[0]['mirrored_writes_per_sec'] == 0


def test_a_demoted_pod_is_read_only_but_for_snapshots(client):
    client.post('volume/pod1::v1', size='1G')
    shown = client.put('pod/pod1', requested_promotion_state='demoted')
    assert shown['promotion_status'] == 'demoted'
    for method, path, params in (
            ('POST', 'volume/pod1::v2', {'size': '1G'}),
            ('PUT', 'volume/pod1::v1', {'size': '2G'}),
            ('PUT', 'volume/pod1::v1', {'name': 'v3'}),
            ('PUT', 'volume/pod1::v1', {'container': ''}),
            ('DELETE', 'volume/pod1::v1', {})):
        assert client.refusal(method, path, **params) == (
            'Operation is not permitted on a demoted pod.')
    assert client.post('volume', snap=True, source=['pod1::v1'])[0][
        'name'] == 'pod1::v1.1'
    client.put('pod/pod1', requested_promotion_state='promoted')
    client.post('volume/pod1::v2', size='1G')


def test_demoting_leaves_an_undo_pod(client, array, clock):
    client.post('volume/pod1::v1', size='1G')
    array.write('pod1::v1', 0, 4096)
    client.put('pod/pod1', requested_promotion_state='demoted')
    undo = client.get('pod', pending_only=True)
    assert [pod['name'] for pod in undo] == ['pod1.undo-demote']
    assert undo[0]['time_remaining'] == _DAY_S
    client.post('pod/clone', source='pod1.undo-demote')
    assert client.get('volume/clone::v1/diff', base='pod1::v1') == []
    clock.advance(_DAY_S)
    assert client.get('pod', pending_only=True) == []
    assert client.refusal(
        'PUT', 'pod/pod1', requested_promotion_state='promoted',
        promote_from='pod1.undo-demote') == 'Undo pod does not exist.'


def test_promoting_eradicates_the_undo_pod(client):
    client.post('volume/pod1::v1', size='1G')
    serial = client.get('volume/pod1::v1')['serial']
    client.put('pod/pod1', requested_promotion_state='demoted')
    client.put('pod/pod1', requested_promotion_state='promoted',
               promote_from='pod1.undo-demote')
    assert client.get('pod', pending_only=True) == []
    assert client.get('volume', pending_only=True) == []
    assert client.get('volume/pod1::v1')['serial'] == serial
