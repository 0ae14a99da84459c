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
"""Protection groups: members, targets, snapshots and their transfer."""

import pytest

from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder.array import models

GIB = 1024 ** 3


@pytest.fixture
def volumes(gateway):
    """v1 to v4."""
    for number in range(1, 5):
        gateway.volumes.create('v%d' % number, GIB)


def sent(array):
    """Each write: its verb and its parameters."""
    return [(record.method, dict(record.params)) for record in array.requests
            if record.method != 'GET']


def members(gateway, name='pg'):
    return set(gateway.pgroups.get(name).volumes)


def test_create_with_and_without_volumes(gateway, array, volumes):
    created = gateway.pgroups.create('pg', ['v1', 'v2'])
    assert created == models.Pgroup('pg', array.name, ('v1', 'v2'), ())
    assert gateway.pgroups.create('empty').volumes == ()
    assert gateway.pgroups.get('pg') == created
    assert [group.name for group in gateway.pgroups.list_all()] == [
        'pg', 'empty']


def test_members_are_changed_by_one_request(gateway, array, volumes):
    gateway.pgroups.create('pg', ['v1', 'v2'])
    array.requests.clear()
    gateway.pgroups.set_members('pg', add=['v3', 'v4'], remove=['v1', 'v2'])
    assert members(gateway) == {'v3', 'v4'}
    assert sent(array) == [('PUT', {'addvollist': ['v3', 'v4'],
                                    'remvollist': ['v1', 'v2']})]


@pytest.mark.parametrize('verb, names, expected, writes', [
    ('add_volumes', ['v1', 'v3'], {'v1', 'v2', 'v3'}, 2),
    ('add_volumes', ['v1', 'v2'], {'v1', 'v2'}, 1),
    ('add_volumes', ['V1', 'v4'], {'v1', 'v2', 'v4'}, 2),
    ('add_volumes', [], {'v1', 'v2'}, 0),
    ('remove_volumes', ['v1', 'v3'], {'v2'}, 2),
    ('remove_volumes', ['v3', 'v4'], {'v1', 'v2'}, 1),
    ('remove_volumes', ['v1', 'missing'], {'v2'}, 2),
    ('remove_volumes', [], {'v1', 'v2'}, 0)])
def test_only_what_is_missing_is_sent_again(
        gateway, array, volumes, verb, names, expected, writes):
    gateway.pgroups.create('pg', ['v1', 'v2'])
    array.requests.clear()
    getattr(gateway.pgroups, verb)('pg', names)
    assert len(sent(array)) == writes
    assert members(gateway) == expected


def test_both_kinds_of_leftovers_are_sent_again(gateway, array, volumes):
    gateway.pgroups.create('pg', ['v1', 'v2'])
    array.requests.clear()
    gateway.pgroups.set_members('pg', ['v2', 'v3'], ['v1', 'v4'])
    assert members(gateway) == {'v2', 'v3'}
    assert sent(array)[-1] == ('PUT', {'addvollist': ['v3'],
                                       'remvollist': ['v1']})


@pytest.mark.parametrize('group, names, expected', [
    ('pg', ['missing'], errors.ArrayNotFoundError),
    ('pg', ['v1', 'missing'], errors.ArrayNotFoundError),
    ('pg', ['destroyed'], errors.ArrayPendingEradicationError),
    ('gone', ['v1'], errors.ArrayPendingEradicationError),
    ('missing', ['v1'], errors.ArrayNotFoundError)])
def test_volumes_that_cannot_be_added(gateway, array, volumes, group, names,
                                      expected):
    gateway.pgroups.create('pg', ['v1'])
    gateway.pgroups.create('gone')
    gateway.pgroups.destroy('gone')
    gateway.volumes.create('destroyed', GIB)
    gateway.volumes.destroy('destroyed')
    with pytest.raises(errors.ArrayError) as caught:
        gateway.pgroups.add_volumes(group, names)
    assert type(caught.value) is expected
    assert members(gateway) == {'v1'}


def test_targets(gateway, peer, peer_gateway):
    gateway.pgroups.create('pg')
    gateway.pgroups.add_target('pg', peer.name)
    with pytest.raises(errors.ArrayTargetKnownError):
        gateway.pgroups.add_target('pg', peer.name)
    target = models.PgroupTarget(peer.name, False)
    assert gateway.pgroups.get('pg').targets == (target,)
    replica = peer_gateway.pgroups.get('pure01:pg')
    assert (replica.source, replica.targets) == ('pure01', (target,))

    for _time in range(2):
        peer_gateway.pgroups.set_allowed('pure01:pg')
        assert gateway.pgroups.get('pg').targets[0].is_allowed
    for _time in range(2):
        peer_gateway.pgroups.set_allowed('pure01:pg', False)
        assert not gateway.pgroups.get('pg').targets[0].is_allowed


def test_target_that_is_not_connected(gateway):
    gateway.pgroups.create('pg')
    with pytest.raises(errors.ArrayNotConnectedError):
        gateway.pgroups.add_target('pg', 'pure02')


def test_schedule_and_retention(gateway, array):
    gateway.pgroups.create('pg')
    assert gateway.pgroups.get_schedule('pg') == models.ReplicationSchedule(
        is_enabled=False, interval_s=14400)
    assert gateway.pgroups.get_retention('pg') == models.Retention(
        all_for_s=86400, per_day=4, days=7)

    schedule = models.ReplicationSchedule(True, 900)
    retention = models.Retention(3600, 0, 0)
    array.requests.clear()
    gateway.pgroups.set_schedule('pg', schedule)
    gateway.pgroups.set_retention('pg', retention)
    assert len(array.requests) == 2
    assert gateway.pgroups.get_schedule('pg') == schedule
    assert gateway.pgroups.get_retention('pg') == retention


@pytest.fixture
def replicated(gateway, peer, peer_gateway, volumes):
    gateway.pgroups.create('pg', ['v1', 'v2'])
    gateway.pgroups.add_target('pg', peer.name)
    peer_gateway.pgroups.set_allowed('pure01:pg')


def test_snapshot_is_replicated(simulator, gateway, array, peer_gateway,
                                replicated):
    array.model.contents.write(
        array.model.db.volumes.find('name', 'v1'), 0, 10 * GIB // 16)
    assert gateway.pgroups.create_snapshot('pg', 'local').name == 'pg.local'
    taken = gateway.pgroups.create_snapshot('pg', 's', replicate_now=True)
    assert (taken.name, taken.source) == ('pg.s', 'pg')

    arriving, = peer_gateway.pgroups.list_snapshots('pure01:pg', True)
    assert (arriving.name, arriving.source) == ('pure01:pg.s', 'pure01:pg')
    assert not arriving.is_complete
    assert arriving.progress < 1
    assert peer_gateway.pgroups.snapshot_volumes(arriving.name) == []

    simulator.clock.advance(3600)
    arrived = peer_gateway.pgroups.find_snapshot('pure01:pg.s',
                                                 with_transfer=True)
    assert arrived.is_complete
    assert arrived.completed > arrived.created
    assert {volume.name: volume.source for volume
            in peer_gateway.pgroups.snapshot_volumes(arrived.name)} == {
                'pure01:pg.s.v1': 'pure01:v1', 'pure01:pg.s.v2': 'pure01:v2'}

    at_source = gateway.pgroups.list_snapshots('pg', with_transfer=True)
    assert [(snapshot.name, snapshot.is_complete)
            for snapshot in at_source] == [('pg.local', False),
                                           ('pg.s', True)]
    assert [snapshot.progress for snapshot
            in gateway.pgroups.list_snapshots('pg')] == [None, None]


def test_volume_of_a_group_snapshot_can_be_copied(
        simulator, gateway, peer_gateway, replicated):
    gateway.pgroups.create_snapshot('pg', 's', replicate_now=True)
    simulator.clock.advance(3600)
    copied = peer_gateway.volumes.copy('pure01:pg.s.v1', 'v1')
    assert copied.size_bytes == GIB


@pytest.mark.parametrize('pod', ['', 'pod::'])
def test_volumes_of_a_group_snapshot_are_paged(
        gateway, array, monkeypatch, pod):
    if pod:
        gateway.pods.create('pod')
    names = [pod + 'v%d' % number for number in range(5)]
    for name in names:
        gateway.volumes.create(name, GIB)
    for group in ('pg', 'pg2'):
        gateway.pgroups.create(pod + group, names)
    gateway.pgroups.create_snapshot(pod + 'pg', 's')
    monkeypatch.setattr(link, 'PAGE_SIZE', 2)

    def look():
        array.requests.clear()
        found = gateway.pgroups.snapshot_volumes(pod + 'pg.s')
        assert [volume.name for volume in found] == [
            '%spg.s.v%d' % (pod, number) for number in range(5)]
        return len(array.requests)

    assert look() == 3
    for suffix in ('s1', 's2', 's3'):
        gateway.pgroups.create_snapshot(pod + 'pg', suffix)
        gateway.pgroups.create_snapshot(pod + 'pg2', suffix)
    gateway.volumes.create_snapshots(names, 's')
    assert look() == 3


def test_volumes_of_an_empty_group_snapshot(gateway):
    gateway.pgroups.create('pg')
    gateway.pgroups.create_snapshot('pg', 's')
    assert gateway.pgroups.snapshot_volumes('pg.s') == []


@pytest.mark.parametrize('name', ['pg.missing', 'missing.s', 'pg.gone'])
def test_volumes_of_a_group_snapshot_that_is_not_there(
        gateway, volumes, name):
    gateway.pgroups.create('pg', ['v1'])
    gateway.pgroups.create_snapshot('pg', 'gone')
    gateway.pgroups.destroy('pg.gone')
    with pytest.raises(errors.ArrayNotFoundError):
        gateway.pgroups.snapshot_volumes(name)


@pytest.mark.parametrize('name', ['pg', 'pg.s', 'pod::pg', 'pod::pg.s'])
def test_way_to_eradication(gateway, name):
    group, dot, suffix = name.partition('.')
    if 'pod' in name:
        gateway.pods.create('pod')
    gateway.pgroups.create(group)
    gateway.pgroups.create_snapshot(group, 's')
    find = gateway.pgroups.find_snapshot if dot else gateway.pgroups.find

    assert gateway.pgroups.find_destroyed(name) is None
    gateway.pgroups.destroy(name)
    assert find(name) is None
    assert gateway.pgroups.find_destroyed(name).name == name
    with pytest.raises(errors.ArrayPendingEradicationError):
        gateway.pgroups.destroy(name)
    gateway.pgroups.recover(name)
    assert find(name).name == name
    gateway.pgroups.destroy(name)
    gateway.pgroups.eradicate(name)
    assert gateway.pgroups.find_destroyed(name) is None
    with pytest.raises(errors.ArrayNotFoundError):
        gateway.pgroups.destroy(name)


def test_name_of_a_destroyed_group_is_taken(gateway):
    gateway.pgroups.create('pg')
    with pytest.raises(errors.ArrayAlreadyExistsError):
        gateway.pgroups.create('pg')
    gateway.pgroups.destroy('pg')
    with pytest.raises(errors.ArrayPendingEradicationError):
        gateway.pgroups.create('pg')
