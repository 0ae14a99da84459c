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
"""Protection groups: members, views, schedules, life cycle, restore."""

import pytest

DAY_S = 86400


@pytest.fixture
def client(client):
    for name in ('v1', 'v2', 'v3'):
        client.post(f'volume/{name}', size='1G')
    for name in ('h1', 'h2'):
        client.post(f'host/{name}')
    client.post('hgroup/hg1', hostlist=['h2'])
    return client


def members(client, name='pg1'):
    found = client.get(f'pgroup/{name}')
    return {kind: found[kind] for kind in ('volumes', 'hosts', 'hgroups')
            if found[kind] is not None}


def test_an_empty_group_has_nulls(client):
    empty = {'name': 'pg1', 'source': 'array-1', 'volumes': None,
             'hosts': None, 'hgroups': None, 'targets': None}
    assert client.post('pgroup/pg1') == empty
    assert client.get('pgroup/PG1') == empty
    assert client.get('pgroup') == [empty]
    assert client.headers['x-total-item-count'] == '1'


@pytest.mark.parametrize('parameter, kind, names', [
    ('vollist', 'volumes', ['v1', 'v2']), ('hostlist', 'hosts', ['h1']),
    ('hgrouplist', 'hgroups', ['hg1'])])
def test_a_group_is_made_with_members_of_a_kind(client, parameter, kind,
                                                names):
    made = client.post('pgroup/pg1', **{parameter: names})
    assert made[kind] == names
    assert members(client) == {kind: names}


def test_members_are_added_removed_and_replaced(client):
    client.post('pgroup/pg1', vollist=['v1'])
    assert client.put('pgroup/pg1', addvollist=['v2', 'V3'])[
        'volumes'] == ['v1', 'v2', 'v3']
    client.put('pgroup/pg1', remvollist=['v1'], addvollist=[])
    assert members(client) == {'volumes': ['v2', 'v3']}
    client.put('pgroup/pg1', vollist=['v1', 'v3'])
    assert members(client) == {'volumes': ['v3', 'v1']}
    client.put('pgroup/pg1', vollist=None)
    assert members(client) == {}


def test_the_kind_changes_only_when_there_are_no_members(client):
    client.post('pgroup/pg1', vollist=['v1'])
    mixed = 'Protection group can have members of one kind only.'
    assert client.refusal('PUT', 'pgroup/pg1', addhostlist=['h1']) == mixed
    assert client.refusal('POST', 'pgroup/pg2', vollist=['v1'],
                          hostlist=['h1']) == mixed
    assert client.names('pgroup') == ['pg1']
    client.put('pgroup/pg1', vollist=[], hostlist=['h1'])
    assert members(client) == {'hosts': ['h1']}


@pytest.mark.parametrize('change, text', [
    ({'addvollist': ['v1']}, 'Volume already belongs to pg1.'),
    ({'remvollist': ['v2']}, 'Volume could not be found in pg1.'),
    ({'remvollist': ['no']}, 'Volume could not be found in pg1.'),
    ({'addvollist': ['no']}, 'Volume does not exist.'),
    ({'addtargetlist': ['no']}, 'Array connection does not exist.'),
    ({'remtargetlist': ['no']}, 'Target could not be found in pg1.'),
    ({'allowed': True},
     'Operation is permitted on a replicated protection group only.'),
])
def test_refused_changes(client, change, text):
    client.post('pgroup/pg1', vollist=['v1'])
    assert client.refusal('PUT', 'pgroup/pg1', **change) == text
    assert members(client) == {'volumes': ['v1']}


def test_an_empty_change_is_accepted(client):
    made = client.post('pgroup/pg1', vollist=['v1'])
    assert client.put('pgroup/pg1') == made


@pytest.mark.parametrize('kind, member, shown', [
    ('volume', 'v1', 'volumes'), ('host', 'h1', 'hosts'),
    ('hgroup', 'hg1', 'hgroups')])
def test_membership_from_the_members_side(client, kind, member, shown):
    client.post('pgroup/pg1')
    row = {'name': member, 'protection_group': 'pg1'}
    assert client.post(f'{kind}/{member}/pgroup/PG1') == row
    assert members(client) == {shown: [member]}
    assert client.get(kind, protect=True) == [row]
    assert client.get(f'{kind}/{member}', protect=True) == [row]
    assert client.delete(f'{kind}/{member}/pgroup/pg1') == row
    assert client.get(kind, protect=True) == []
    assert members(client) == {}


def test_schedule(client):
    client.post('pgroup/pg1')
    assert client.get('pgroup/pg1', schedule=True) == {
        'name': 'pg1', 'snap_enabled': False, 'snap_frequency': 3600,
        'snap_at': None, 'replicate_enabled': False,
        'replicate_frequency': 14400, 'replicate_at': None,
        'replicate_blackout': None}
    changed = client.put(
        'pgroup/pg1', snap_frequency=2 * DAY_S, snap_at=3600,
        snap_enabled=True, replicate_enabled=True,
        replicate_blackout={'start': 0, 'end': 3600})
    assert changed == {
        'name': 'pg1', 'snap_enabled': True, 'snap_frequency': 2 * DAY_S,
        'snap_at': 3600, 'replicate_enabled': True,
        'replicate_frequency': 14400, 'replicate_at': None,
        'replicate_blackout': [{'start': 0, 'end': 3600}]}
    assert client.get('pgroup', schedule=True) == [changed]
    cleared = client.put('pgroup/pg1', snap_at='', replicate_blackout=None)
    assert cleared['snap_at'] is None
    assert cleared['replicate_blackout'] is None


def test_frequency_of_less_than_days_drops_the_time_of_day(client):
    client.post('pgroup/pg1')
    client.put('pgroup/pg1', snap_frequency=DAY_S, snap_at=3600,
               replicate_frequency=DAY_S, replicate_at=7200)
    changed = client.put('pgroup/pg1', snap_frequency=300)
    assert (changed['snap_at'], changed['replicate_at']) == (None, 7200)


def test_retention(client):
    client.post('pgroup/pg1')
    defaults = {'name': 'pg1', 'all_for': DAY_S, 'per_day': 4, 'days': 7,
                'target_all_for': DAY_S, 'target_per_day': 4,
                'target_days': 7}
    assert client.get('pgroup/pg1', retention=True) == defaults
    changed = client.put('pgroup/pg1', all_for=60, target_days=1)
    assert changed == defaults | {'all_for': 60, 'target_days': 1}
    assert client.get('pgroup', retention=True) == [changed]


@pytest.mark.parametrize('change', [
    {'snap_frequency': 299}, {'snap_frequency': 34560001},
    {'replicate_frequency': 299}, {'snap_frequency': None},
    {'snap_at': DAY_S, 'snap_frequency': DAY_S}, {'all_for': 0},
    {'per_day': 1441}, {'days': 4001}, {'target_days': -1}])
def test_values_out_of_range(client, change):
    client.post('pgroup/pg1')
    before = client.get('pgroup/pg1', schedule=True)
    assert client.refusal('PUT', 'pgroup/pg1', **change).startswith(
        'Invalid ')
    assert client.get('pgroup/pg1', schedule=True) == before


@pytest.mark.parametrize('kind', ['snap', 'replicate'])
def test_a_time_of_day_needs_whole_days(client, kind):
    client.post('pgroup/pg1')
    text = f'{kind}_at needs a frequency that is a multiple of one day.'
    assert client.refusal('PUT', 'pgroup/pg1', **{f'{kind}_at': 60}) == text
    client.put('pgroup/pg1', **{f'{kind}_at': 60,
                                f'{kind}_frequency': DAY_S})
    both = {f'{kind}_at': 60, f'{kind}_frequency': 3600}
    assert client.refusal('PUT', 'pgroup/pg1', **both) == text


@pytest.mark.parametrize('name', ['-x', 'x' * 64, '123', 'a_b', 'a/b'])
def test_bad_names(client, name):
    assert 'Protection group name must be' in client.refusal(
        'POST', f'pgroup/{name}'.replace('/b', '%2Fb'))


def test_names_are_unique_without_case(client):
    client.post('pgroup/pg1')
    assert client.refusal('POST', 'pgroup/PG1') == (
        'Protection group already exists.')
    client.post('pgroup/pg2')
    assert client.refusal('PUT', 'pgroup/pg2', name='Pg1') == (
        'Protection group already exists.')
    assert client.put('pgroup/pg2', name='PG2') == {'name': 'PG2'}


def test_unknown_group(client):
    text = 'Protection group does not exist.'
    for method in ('GET', 'PUT', 'DELETE'):
        assert client.refusal(method, 'pgroup/no') == text


def test_renaming_takes_the_snapshots_along(client):
    client.post('pgroup/pg1', vollist=['v1'])
    client.post('pgroup', snap=True, source=['pg1'], suffix='a')
    assert client.put('pgroup/pg1', name='new') == {'name': 'new'}
    assert client.names('pgroup', snap=True) == ['new.a']
    assert client.names('volume', snap=True) == ['new.a.v1']


def test_destroy_recover_eradicate(client, clock):
    client.post('pgroup/pg1', vollist=['v1'])
    client.post('pgroup', snap=True, source=['pg1'], suffix='a')
    client.post('pgroup', snap=True, source=['pg1'], suffix='b')
    client.delete('pgroup/pg1.b')
    assert client.delete('pgroup/PG1') == {'name': 'pg1'}
    clock.advance(10)
    assert client.get('pgroup') == []
    assert client.get('pgroup', pending=True)[0]['time_remaining'] == 86390
    assert client.get('pgroup/pg1', pending_only=True)['volumes'] == ['v1']
    assert client.names('volume', snap=True) == []
    assert client.names('volume', snap=True, pending=True) == [
        'pg1.a.v1', 'pg1.b.v1']
    for method in ('POST', 'PUT', 'DELETE'):
        text = client.refusal(method, 'pgroup/pg1')
        assert text.startswith('Protection group has been destroyed.')
        assert 'already exists' not in text
    assert client.refusal('GET', 'pgroup/pg1') == (
        'Protection group does not exist.')
    assert client.put('pgroup/pg1', action='recover') == {'name': 'pg1'}
    assert client.names('pgroup/pg1', snap=True) == ['pg1.a']
    assert client.names('volume', snap=True) == ['pg1.a.v1']
    assert client.refusal('DELETE', 'pgroup/pg1', eradicate=True) == (
        'Protection group is not destroyed.')
    client.delete('pgroup/pg1')
    assert client.delete('pgroup/pg1', eradicate=True) == {'name': 'pg1'}
    assert client.names('volume', snap=True, pending=True) == []
    assert client.names('pgroup', pending=True) == []
    assert members_left(client) == 0
    client.post('pgroup/pg1')


def members_left(client):
    db = client.array.db
    return sum(len(table) for table in (
        db.pgroups, db.pgroup_members, db.pgroup_snapshots, db.snapshots,
        db.targets, db.transfers, db.arrivals))


def test_a_destroyed_group_goes_after_a_day(client, clock):
    client.post('pgroup/pg1', vollist=['v1'])
    client.post('pgroup', snap=True, source=['pg1'])
    client.delete('pgroup/pg1')
    clock.advance(DAY_S)
    assert client.names('pgroup', pending=True) == []
    assert client.names('volume', snap=True, pending=True) == []
    assert members_left(client) == 0


def test_a_destroyed_volume_is_hidden_until_it_is_recovered(client):
    client.post('pgroup/pg1', vollist=['v1', 'v2'])
    client.delete('volume/v1')
    assert members(client) == {'volumes': ['v2']}
    client.put('volume/v1', action='recover')
    assert members(client) == {'volumes': ['v1', 'v2']}
    client.delete('volume/v1')
    client.delete('volume/v1', eradicate=True)
    client.post('volume/v1', size='1G')
    assert members(client) == {'volumes': ['v2']}


@pytest.mark.parametrize('kind, name, parameter', [
    ('host', 'h1', 'hostlist'), ('hgroup', 'hg1', 'hgrouplist')])
def test_what_is_deleted_leaves_its_groups(client, kind, name, parameter):
    client.post('pgroup/pg1', **{parameter: [name]})
    client.delete(f'{kind}/{name}')
    assert members(client) == {}
    assert len(client.array.db.pgroup_members) == 0


def test_a_restored_group_has_the_volumes_of_the_snapshot(client):
    client.array.write('v1', 0, 4096)
    client.post('pgroup/pg1', vollist=['v1', 'v2'])
    client.post('pgroup', snap=True, source=['pg1'], suffix='a')
    client.array.write('v1', 0, 8192)
    client.delete('volume/v2')
    client.delete('volume/v2', eradicate=True)
    assert client.refusal('POST', 'pgroup/pg1', source='pg1.a') == (
        'Protection group already exists.')
    assert client.refusal('POST', 'pgroup/pg2', source='pg1.a') == (
        'Volume already exists.')
    restored = client.post('pgroup/pg2', source='pg1.a', overwrite=True)
    assert restored['volumes'] == ['v1']
    assert client.get('volume/v1/diff', base='pg1.a.v1') == []
    client.post('pgroup/pg1', source='pg1.a', overwrite=True)
    assert members(client) == {'volumes': ['v1']}


def test_limit_of_groups(make_array, client_of):
    client = client_of(make_array(limits={'pgroups': 1}))
    client.post('pgroup/pg1')
    assert client.refusal('POST', 'pgroup/pg2') == (
        'Protection group limit reached.')


def test_groups_survive_a_restart(make_array, client_of, tmp_path):
    client = client_of(make_array(tmp_path / 'state'))
    client.post('volume/v1', size='1G')
    client.post('pgroup/pg1', vollist=['v1'])
    client.put('pgroup/pg1', replicate_blackout={'start': 1, 'end': 2})
    client.post('pgroup', snap=True, source=['pg1'])
    again = client_of(make_array(tmp_path / 'state'))
    for view in ({}, {'schedule': True}, {'snap': True}):
        assert again.get('pgroup', **view) == client.get('pgroup', **view)
    assert again.names('volume', snap=True) == ['pg1.1.v1']


def test_a_group_of_a_pod(client):
    client.post('pod/pod1')
    client.post('volume/pod1::v1', size='1G')
    client.post('pgroup/pod1::pg', vollist=['pod1::v1'])
    assert members(client, 'pod1::pg') == {'volumes': ['pod1::v1']}
    assert client.refusal('PUT', 'pgroup/pod1::pg', addvollist=['v1']) == (
        'Volume and protection group must be in the same pod.')
    client.post('pgroup', snap=True, source=['pod1::pg'], suffix='a')
    assert client.names('volume', snap=True) == ['pod1::pg.a.v1']
    assert client.get('volume/pod1::pg.a.v1', snap=True)[0]['source'] == (
        'pod1::v1')
    client.post('volume/pod1::new', source='pod1::pg.a.v1')
    assert client.put('pgroup/pod1::pg', name='pg2') == {
        'name': 'pod1::pg2'}
    assert client.refusal('POST', 'pgroup/no::pg') == 'Pod does not exist.'


def test_groups_have_no_performance(client):
    client.post('pgroup/pg1')
    for path in ('pgroup', 'pgroup/pg1'):
        assert 'action' in client.refusal('GET', path, action='monitor')
