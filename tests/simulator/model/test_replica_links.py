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
"""Replica links between pods of two arrays, and promotion with them."""

import pytest

_LINK = {'local_pod_name': 'here', 'remote_pod_name': 'there'}
_BACK = {'local_pod_name': 'there', 'remote_pod_name': 'here'}
_PATH = 'pod/replica-link'


@pytest.fixture
def pair(make_fleet, client_of):
    """A promoted pod with a volume, and a demoted pod without."""
    one, two = make_fleet('one', 'two')
    with one.transaction():
        one.array_connections.connect(
            'two', two.core.setting('connection_key'), None, None)
    clients = client_of(one), client_of(two)
    clients[0].post('pod/here')
    clients[0].post('volume/here::v1', size='1G')
    one.write('here::v1', 0, 4096)
    clients[1].post('pod/there')
    clients[1].put('pod/there', requested_promotion_state='demoted')
    return clients


@pytest.fixture
def linked(pair, clock):
    pair[0].post(_PATH, **_LINK)
    clock.advance(60)
    return pair


def link_of(client):
    return client.get(_PATH)[0]


def iso(client):
    """Now, as the array writes it."""
    return client.get('array', action='monitor')[0]['time']


def promote(client, pod, **params):
    return client.put(
        f'pod/{pod}', requested_promotion_state='promoted', **params)


def demote(client, pod, **params):
    return client.put(
        f'pod/{pod}', requested_promotion_state='demoted', **params)


def test_a_link_begins_with_a_baseline(pair, clock):
    one, two = pair
    assert one.post(_PATH, **_LINK, remote_name='two') == {
        **_LINK, 'direction': 'outbound', 'remote_names': ['two'],
        'status': 'baselining', 'recovery_point': None, 'lag': None,
        'paused': False}
    assert two.get('volume') == []
    clock.advance(10)
    assert link_of(one)['status'] == 'replicating'
    assert link_of(one)['lag'] == 0
    assert link_of(two) == {
        **_BACK, 'direction': 'inbound', 'remote_names': ['one'],
        'status': 'replicating', 'recovery_point': iso(one), 'lag': 0,
        'paused': False}
    assert two.names('volume') == ['there::v1']
    assert two.get('volume/there::v1/diff') == [
        {'offset': 0, 'length': 4096}]
    assert one.get('pod/here')['link_source_count'] == 1
    assert two.get('pod/there')['link_target_count'] == 1


def test_the_target_follows_moments_behind(linked, clock):
    one, two = linked
    serial = two.get('volume/there::v1')['serial']
    one.post('volume/here::v2', size='2G')
    one.put('volume/here::v1', size='3G')
    one.array.write('here::v1', 8192, 512)
    clock.advance(2)
    assert link_of(one)['lag'] == 2000
    assert two.names('volume') == ['there::v1']
    clock.advance(3)
    assert link_of(one)['lag'] == 0
    assert two.names('volume') == ['there::v1', 'there::v2']
    shown = two.get('volume/there::v1')
    assert (shown['size'], shown['serial']) == (3 << 30, serial)
    assert len(two.get('volume/there::v1/diff')) == 2
    one.delete('volume/here::v2')
    one.delete('volume/here::v2', eradicate=True)
    clock.advance(5)
    assert two.get('volume', pending_only=True) == []
    assert two.names('volume') == ['there::v1']


@pytest.mark.parametrize('params, text', [
    ({'remote_pod_name': 'none'}, 'Pod does not exist.'),
    ({'local_pod_name': 'none'}, 'Pod does not exist.'),
    ({'remote_pod_name': 'busy'}, 'The remote pod must be demoted.'),
    ({'remote_name': 'nobody'}, 'Array connection does not exist.'),
    ({'remote_pod_name': ''},
     'Invalid combination of parameters specified.'),
])
def test_links_that_cannot_be(pair, params, text):
    one, two = pair
    two.post('pod/busy')
    assert one.refusal('POST', _PATH, **_LINK | params) == text
    assert one.get(_PATH) == two.get(_PATH) == []


def test_one_link_for_two_pods(linked):
    one, two = linked
    assert one.refusal('POST', _PATH, **_LINK) == (
        'Replica link already exists.')
    one.post('pod/other')
    assert 'replica links' in one.refusal(
        'POST', _PATH, local_pod_name='other', remote_pod_name='there')


def test_pausing_holds_it_up(linked, clock):
    one, two = linked
    before = iso(one)
    assert one.put(_PATH, **_LINK, paused=True)['status'] == 'paused'
    one.post('volume/here::v2', size='1G')
    clock.advance(600)
    assert link_of(two)['paused'] is True
    assert link_of(two)['recovery_point'] == before
    assert link_of(one)['lag'] == 600_000
    assert two.names('volume') == ['there::v1']
    one.put(_PATH, **_LINK, paused=False)
    clock.advance(5)
    assert two.names('volume') == ['there::v1', 'there::v2']
    assert link_of(one)['lag'] == 0


def test_a_lost_link_is_made_good(linked, clock):
    one, two = linked
    before = iso(one)
    one.array.set_online(False)
    clock.advance(3600)
    assert link_of(two)['status'] == 'unhealthy'
    assert link_of(two)['recovery_point'] == before
    one.post('volume/here::v2', size='1G')
    one.array.set_online(True)
    clock.advance(5)
    assert two.names('volume') == ['there::v1', 'there::v2']


def test_failing_over_to_the_target(linked, clock):
    one, two = linked
    one.array.set_online(False)
    assert promote(two, 'there')['promotion_status'] == 'promoted'
    two.post('volume/there::v2', size='1G')
    one.array.set_online(True)
    clock.advance(60)
    # Both are promoted: each keeps what it has.
    assert one.names('volume') == ['here::v1']
    assert two.names('volume') == ['there::v1', 'there::v2']
    demote(one, 'here', skip_quiesce=True)
    assert link_of(two)['direction'] == 'outbound'
    assert link_of(one)['direction'] == 'inbound'
    clock.advance(60)
    assert one.names('volume') == ['here::v1', 'here::v2']


def test_a_planned_change_of_sides_loses_nothing(linked, clock):
    one, two = linked
    one.post('volume/here::last', size='1G')
    assert 'quiesce' in one.refusal(
        'PUT', 'pod/here', requested_promotion_state='demoted')
    demote(one, 'here', quiesce=True)
    assert two.names('volume') == ['there::v1', 'there::last']
    promote(two, 'there')
    assert link_of(one)['direction'] == 'inbound'
    two.post('volume/there::new', size='1G')
    clock.advance(5)
    assert one.names('volume') == ['here::v1', 'here::last', 'here::new']


def test_a_target_that_was_tried_out_goes_back(linked, clock):
    one, two = linked
    promote(two, 'there')
    two.post('volume/there::trial', size='1G')
    demote(two, 'there', skip_quiesce=True)
    clock.advance(5)
    assert two.names('volume') == ['there::v1']
    promote(two, 'there', promote_from='there.undo-demote')
    assert sorted(two.names('volume')) == ['there::trial', 'there::v1']


def test_linked_pods_are_not_destroyed_stretched_or_moved_into(linked):
    one, two = linked
    one.post('volume/v2', size='1G')
    for method, path, params in (
            ('PUT', 'volume/v2', {'container': 'here'}),
            ('PUT', 'volume/here::v1', {'container': ''}),
            ('DELETE', 'pod/here', {}),
            ('DELETE', 'array/connection/two', {})):
        assert 'pods' in one.refusal(method, path, **params) or (
            'replica links' in one.refusal(method, path, **params))


def test_a_deleted_link_leaves_both_pods(linked, clock):
    one, two = linked
    assert one.delete(_PATH, **_LINK) == _LINK
    assert one.get(_PATH) == two.get(_PATH) == []
    assert two.names('volume') == ['there::v1']
    assert one.refusal('DELETE', _PATH, **_LINK) == (
        'Replica link does not exist.')
    one.post('volume/here::v2', size='1G')
    clock.advance(60)
    assert two.names('volume') == ['there::v1']


def test_a_link_deleted_on_one_side_ends_on_the_other(linked):
    one, two = linked
    one.array.set_online(False)
    two.delete(_PATH, **_BACK)
    one.array.set_online(True)
    assert one.get(_PATH) == []


def test_names_of_linked_pods_may_change(linked):
    one, two = linked
    one.put('pod/here', name='home')
    assert link_of(two)['remote_pod_name'] == 'home'
    assert one.get(_PATH, local_pod_names=['here']) == []
    assert len(one.get(_PATH, local_pod_names=['HOME'])) == 1


def test_links_come_with_1_19(pair):
    # Before, the path is that of a pod with this name.
    assert pair[0].as_version('1.18').refusal('GET', _PATH) == (
        'Pod does not exist.')
