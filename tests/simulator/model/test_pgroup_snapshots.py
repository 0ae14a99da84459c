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
"""Snapshots of groups: names, members, schedules, retention, life cycle."""

import pytest

DAY_S = 86400


@pytest.fixture
def client(client):
    for name in ('v1', 'v2'):
        client.post(f'volume/{name}', size='1G')
    client.post('pgroup/pg1', vollist=['v1', 'v2'])
    return client


def take(client, **params):
    return client.post('pgroup', snap=True, source=['pg1'], **params)


def suffixes(client, **params):
    return [name.partition('.')[2] for name
            in client.names('pgroup/pg1', snap=True, **params)]


def test_a_snapshot_has_one_of_each_volume(client):
    taken = take(client, suffix='monday')
    created = taken[0]['created']
    assert taken == [
        {'name': 'pg1.monday', 'source': 'pg1', 'created': created}]
    assert client.get('pgroup', snap=True) == taken
    assert client.get('pgroup/pg1', snap=True) == taken
    assert client.get('pgroup/PG1.Monday', snap=True) == taken
    assert [(row['name'], row['source'], row['size'], row['created'])
            for row in client.get('volume', snap=True)] == [
        ('pg1.monday.v1', 'v1', 1 << 30, created),
        ('pg1.monday.v2', 'v2', 1 << 30, created)]
    assert client.names('volume/v2', snap=True) == ['pg1.monday.v2']
    assert client.names('volume/pg1.monday.v1', snap=True) == [
        'pg1.monday.v1']
    assert client.names('volume', snap=True, names=['pg1.*.v1']) == [
        'pg1.monday.v1']


def test_snapshots_have_serials_of_their_own(client):
    take(client)
    serials = [row['serial'] for row in (
        *client.get('volume'), *client.get('volume', snap=True))]
    assert len(set(serials)) == 4


def test_automatic_suffixes_count(client):
    assert take(client)[0]['name'] == 'pg1.1'
    take(client, suffix='2')
    assert take(client, suffix='')[0]['name'] == 'pg1.3'
    assert suffixes(client) == ['1', '2', '3']


def test_several_groups_at_once(client):
    client.post('pgroup/pg2')
    taken = client.post('pgroup', snap=True, source=['pg2', 'pg1'])
    assert [row['name'] for row in taken] == ['pg2.1', 'pg1.1']
    assert client.refusal('POST', 'pgroup', snap=True,
                          source=['pg1', 'no']) == (
        'Protection group does not exist.')
    assert suffixes(client) == ['1']


def test_before_1_4_the_reply_is_a_dict(client):
    old = client.as_version('1.3')
    assert take(old)['name'] == 'pg1.1'


def test_suffix_in_use(client):
    take(client, suffix='a')
    assert client.refusal('POST', 'pgroup', snap=True, source=['pg1'],
                          suffix='A') == (
        'Protection group snapshot already exists.')
    client.delete('pgroup/pg1.a')
    assert client.refusal(
        'POST', 'pgroup', snap=True, source=['pg1'],
        suffix='a').startswith('Protection group snapshot has been destro')
    assert 'suffix must be' in client.refusal(
        'POST', 'pgroup', snap=True, source=['pg1'], suffix='a.b')


def test_the_volumes_of_hosts_and_host_groups(client):
    for name in ('v3', 'v4'):
        client.post(f'volume/{name}', size='1G')
    for name in ('h1', 'h2'):
        client.post(f'host/{name}')
    client.post('hgroup/hg1', hostlist=['h2'])
    client.post('host/h1/volume/v1')
    client.post('host/h2/volume/v2')
    client.post('hgroup/hg1/volume/v3')
    client.post('pgroup/of-hosts', hostlist=['h1', 'h2'])
    client.post('pgroup/of-groups', hgrouplist=['hg1'])
    client.post('pgroup', snap=True, source=['of-hosts', 'of-groups'],
                suffix='a')
    assert sorted(client.names('volume', snap=True)) == [
        'of-groups.a.v3', 'of-hosts.a.v1', 'of-hosts.a.v2',
        'of-hosts.a.v3']


def test_copying_from_a_snapshot_of_a_volume(client):
    client.array.write('v1', 0, 4096)
    take(client, suffix='a')
    client.array.write('v1', 0, 8192)
    made = client.post('volume/copy', source='pg1.a.v1')
    assert made['source'] == 'v1'
    assert client.get('volume/copy/diff', base='pg1.a.v1') == []
    client.post('volume/v1', source='pg1.a.v1', overwrite=True)
    assert client.get('volume/v1/diff', base='copy') == []
    assert client.refusal('POST', 'volume/x', source='pg1.a.no') == (
        'No such volume or snapshot.')


def test_a_renamed_volume_is_found_under_its_new_name(client):
    take(client, suffix='a')
    client.put('volume/v1', name='new')
    assert client.names('volume/new', snap=True) == ['pg1.a.new']
    assert client.names('volume/pg1.a.new', snap=True) == ['pg1.a.new']
    client.post('vgroup/vg')
    client.put('volume/new', container='vg')
    assert client.names('volume', snap=True) == [
        'pg1.a.vg/new', 'pg1.a.v2']
    assert client.names('volume/pg1.a.vg/new', snap=True) == [
        'pg1.a.vg/new']
    client.put('vgroup/vg', name='vg2')
    client.post('volume/copy', source='pg1.a.vg2/new')


@pytest.mark.parametrize('method, params', [
    ('DELETE', {}), ('PUT', {'name': 'b'}), ('PUT', {'action': 'recover'}),
    ('DELETE', {'eradicate': True})])
def test_a_member_is_not_changed_alone(client, method, params):
    take(client, suffix='a')
    assert 'belongs to a protection group snapshot' in client.refusal(
        method, 'volume/pg1.a.v1', **params)


def test_destroy_recover_eradicate(client, clock):
    take(client, suffix='a')
    assert client.delete('pgroup/pg1.A') == {'name': 'pg1.a'}
    clock.advance(60)
    assert suffixes(client) == []
    assert client.get('pgroup/pg1.a', snap=True, pending=True)[0][
        'time_remaining'] == 86340
    assert [row['time_remaining'] for row in client.get(
        'volume', snap=True, pending_only=True)] == [86340, 86340]
    assert client.refusal('DELETE', 'pgroup/pg1.a').startswith(
        'Protection group snapshot has been destroyed.')
    assert client.put('pgroup/pg1.a', action='recover') == {
        'name': 'pg1.a'}
    assert client.names('volume', snap=True) == ['pg1.a.v1', 'pg1.a.v2']
    assert client.refusal('DELETE', 'pgroup/pg1.a', eradicate=True) == (
        'Protection group snapshot is not destroyed.')
    client.delete('pgroup/pg1.a')
    client.delete('pgroup/pg1.a', eradicate=True)
    assert client.names('volume', snap=True, pending=True) == []
    assert client.refusal('GET', 'pgroup/pg1.a', snap=True) == (
        'Protection group snapshot does not exist.')


def test_a_destroyed_snapshot_goes_after_a_day(client, clock):
    take(client, suffix='a')
    client.delete('pgroup/pg1.a')
    clock.advance(DAY_S)
    assert suffixes(client, pending=True) == []
    assert len(client.array.db.snapshots) == 0


def test_renaming_a_snapshot_changes_the_suffix(client):
    take(client, suffix='a')
    assert client.put('pgroup/pg1.a', name='pg1.b') == {'name': 'pg1.b'}
    assert client.put('pgroup/pg1.b', name='c') == {'name': 'pg1.c'}
    assert client.names('volume', snap=True) == ['pg1.c.v1', 'pg1.c.v2']
    assert 'cannot be renamed' in client.refusal(
        'PUT', 'pgroup/pg1.c', name='pg2.c')


def test_a_volume_takes_its_part_of_the_snapshots_along(client):
    take(client, suffix='a')
    client.delete('volume/v1')
    assert client.names('volume', snap=True) == ['pg1.a.v2']
    client.delete('pgroup/pg1.a')
    client.put('volume/v1', action='recover')
    assert client.names('volume', snap=True) == []
    client.put('pgroup/pg1.a', action='recover')
    assert client.names('volume', snap=True) == ['pg1.a.v1', 'pg1.a.v2']
    client.delete('volume/v1')
    client.delete('pgroup/pg1.a')
    client.put('pgroup/pg1.a', action='recover')
    assert client.names('volume', snap=True) == ['pg1.a.v2']
    client.put('volume/v1', action='recover')
    assert client.names('volume', snap=True) == ['pg1.a.v1', 'pg1.a.v2']


def test_space(client):
    client.array.write('v1', 0, 1 << 20)
    take(client, suffix='a')
    assert client.get('pgroup/pg1', space=True) == {
        'name': 'pg1', 'snapshots': 0}
    client.array.write('v1', 0, 1 << 20)
    assert client.get('pgroup', space=True) == [
        {'name': 'pg1', 'snapshots': 1 << 20}]
    assert client.get('pgroup', snap=True, space=True) == [
        {'name': 'pg1.a', 'snapshots': 1 << 20}]


def test_what_was_not_sent_has_no_statistics(client):
    take(client, suffix='a')
    row = client.get('pgroup/pg1', snap=True, transfer=True)[0]
    assert row['name'] == 'pg1.a'
    assert {row[key] for key in (
        'started', 'completed', 'progress', 'data_transferred',
        'logical_data_transferred', 'physical_bytes_written')} == {None}


def test_the_list_of_a_snapshots_volumes_ends_with_1_3(client):
    take(client, suffix='a')
    old = client.as_version('1.3')
    assert old.names('volume/pg1.a', snap=True, pgroup=True) == [
        'pg1.a.v1', 'pg1.a.v2']
    new = client.as_version('1.4')
    assert 'pgroup' in new.refusal(
        'GET', 'volume/pg1.a', snap=True, pgroup=True)


def test_a_schedule_takes_snapshots_as_time_passes(client, clock):
    client.put('pgroup/pg1', snap_frequency=600, snap_enabled=True)
    assert suffixes(client) == ['1']
    clock.advance(599)
    assert suffixes(client) == ['1']
    clock.advance(1)
    assert suffixes(client) == ['1', '2']
    clock.advance(1800)
    created = [row['created'] for row in client.get('pgroup', snap=True)]
    assert len(set(created)) == 5
    client.put('pgroup/pg1', snap_enabled=False)
    clock.advance(6000)
    assert len(suffixes(client)) == 5


def test_a_schedule_leaves_an_empty_group_alone(client, clock):
    client.post('pgroup/empty')
    client.put('pgroup/empty', snap_frequency=600, snap_enabled=True)
    clock.advance(6000)
    assert client.get('pgroup/empty', snap=True) == []


def test_a_schedule_at_a_time_of_day(client, clock):
    now_s = client.array.core.now_s()
    wait_s = (7200 - now_s) % DAY_S
    client.put('pgroup/pg1', snap_frequency=DAY_S, snap_at=7200,
               snap_enabled=True)
    clock.advance(max(0, wait_s - 1))
    assert suffixes(client) == []
    clock.advance(1 + DAY_S)
    assert [row['created'][11:] for row in client.get(
        'pgroup/pg1', snap=True)] == ['02:00:00Z', '02:00:00Z']


def test_a_full_array_takes_no_scheduled_snapshot(client, clock):
    client.put('pgroup/pg1', snap_frequency=600, snap_enabled=True)
    assert suffixes(client) == ['1']
    config = client.array.config
    client.array.reconfigure(system_bytes=config.capacity_bytes)
    clock.advance(1800)
    assert suffixes(client) == ['1']
    assert len(client.array.db.snapshots) == 2
    client.array.reconfigure(system_bytes=0)
    clock.advance(600)
    assert len(suffixes(client)) == 2


def test_retention_keeps_all_then_some_of_each_day(client, clock):
    start_s = client.array.core.now_s()
    clock.advance(-start_s % DAY_S)
    client.put('pgroup/pg1', all_for=DAY_S, per_day=2, days=3)
    client.put('pgroup/pg1', snap_frequency=3600, snap_enabled=True)
    clock.advance(10 * DAY_S)
    # What is older than a day is the first of each half of a day.
    assert [row['created'][11:13] for row in client.get(
        'pgroup/pg1', snap=True)] == [
        '12', '00', '12', '00', '12',
        *(f'{hour:02}' for hour in range(24)), '00']
    pending = client.get('pgroup', snap=True, pending_only=True)
    assert len(pending) == 24
    assert all(0 < row['time_remaining'] <= DAY_S for row in pending)


def test_manual_snapshots_stay_unless_retention_is_applied(client, clock):
    client.put('pgroup/pg1', all_for=60, days=0)
    take(client, suffix='kept')
    take(client, suffix='short', apply_retention=True)
    clock.advance(59)
    assert suffixes(client) == ['kept', 'short']
    clock.advance(1)
    assert suffixes(client) == ['kept']
    assert suffixes(client, pending_only=True) == ['short']
    client.put('pgroup/pg1.short', action='recover')
    clock.advance(100 * DAY_S)
    assert suffixes(client) == ['kept', 'short']


def test_changed_retention_holds_for_older_snapshots(client, clock):
    take(client, suffix='a', apply_retention=True)
    clock.advance(100)
    client.put('pgroup/pg1', all_for=50, per_day=0)
    assert suffixes(client) == []
    assert client.get('pgroup/pg1.a', snap=True, pending=True)[0][
        'time_remaining'] == DAY_S


def test_a_destroyed_group_rests(client, clock):
    client.put('pgroup/pg1', snap_frequency=600, snap_enabled=True)
    assert suffixes(client) == ['1']
    client.delete('pgroup/pg1')
    clock.advance(6000)
    client.put('pgroup/pg1', action='recover')
    assert suffixes(client) == ['1', '2']


def test_limit_of_group_snapshots(make_array, client_of):
    client = client_of(make_array(limits={'pgroup_snapshots': 1}))
    client.post('pgroup/pg1')
    take(client)
    assert client.refusal('POST', 'pgroup', snap=True, source=['pg1']) == (
        'Protection group snapshot limit reached.')
