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
"""Replication is set up from what is there, and no more is changed."""

import logging

import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder import driver
from tests import interruptions
from tests import products

GROUP = 'cinder-group'
POD = 'cinder-pod'
TRISYNC = 'cinder-pod::cinder-trisync'
# Of a set-up for three sites, on all arrays.
WRITES = 16


def schedule(client, group=GROUP):
    row = client.get_pgroup(group, schedule=True)
    return row['replicate_enabled'], row['replicate_frequency']


def retention(client, group=GROUP):
    row = client.get_pgroup(group, retention=True)
    return row['target_all_for'], row['target_per_day'], row['target_days']


def targets(client, group=GROUP):
    return {target['name']: target['allowed']
            for target in client.get_pgroup(group)['targets'] or ()}


def pod_arrays(client):
    return {array['name'] for array in client.get_pod(POD)['arrays']}


def problems(caplog):
    return [record.getMessage() for record in caplog.records
            if record.levelno >= logging.WARNING
            and record.name.startswith('pure_cinder')]


def test_async_group_replicates_to_the_target(async_fleet):
    async_fleet.start()

    client = async_fleet.client(async_fleet.primary)
    assert targets(client) == {'beta': True}
    assert schedule(client) == (True, 3600)
    assert retention(client) == (14400, 3, 7)


def test_async_group_replicates_to_every_target(fleet_of):
    fleet = fleet_of('async', 'async')
    fleet.start()
    assert targets(fleet.client(fleet.primary)) == {
        'beta': True, 'gamma': True}


def test_configured_names_and_values_are_used(async_fleet):
    async_fleet.start(
        pure_replication_pg_name='gold', pure_replica_interval_default=900,
        pure_replica_retention_short_term_default=7200,
        pure_replica_retention_long_term_per_day_default=2,
        pure_replica_retention_long_term_default=30)

    client = async_fleet.client(async_fleet.primary)
    assert schedule(client, 'gold') == (True, 900)
    assert retention(client, 'gold') == (7200, 2, 30)


def test_pod_is_stretched(sync_fleet):
    sync_fleet.start()
    for array in sync_fleet.arrays:
        assert pod_arrays(sync_fleet.client(array)) == {'alpha', 'beta'}


def test_three_sites(trisync_fleet):
    trisync_fleet.start()
    assert sum(len(trisync_fleet.writes(array))
               for array in trisync_fleet.arrays) == WRITES

    client = trisync_fleet.client(trisync_fleet.primary)
    assert pod_arrays(client) == {'alpha', 'beta'}
    assert targets(client) == {'beta': True, 'gamma': True}
    assert targets(client, TRISYNC) == {'gamma': True}
    assert schedule(client, TRISYNC) == (True, 3600)
    assert retention(client, TRISYNC) == (14400, 3, 7)


def test_what_is_right_is_not_written_again(trisync_fleet):
    world = trisync_fleet.start()
    trisync_fleet.forget_requests()

    world.restart()

    for array in trisync_fleet.arrays:
        assert trisync_fleet.writes(array) == []


def test_complete_set_up_asks_no_more(trisync_fleet):
    world = trisync_fleet.start()
    world.driver.get_volume_stats(refresh=True)
    before = stats_requests(trisync_fleet, world)
    assert stats_requests(trisync_fleet, world) == before
    assert not [path for path in before['alpha'] if 'retention' in path]


def stats_requests(fleet, world):
    fleet.forget_requests()
    world.driver.get_volume_stats(refresh=True)
    return {array.name: sorted(record.path for record in array.requests)
            for array in fleet.arrays}


def test_do_setup_twice_is_as_once(async_fleet):
    world = async_fleet.world()
    world.driver.do_setup(None)
    world.start()

    assert world.driver.get_volume_stats(
        refresh=True)['replication_targets'] == ['at-beta']
    assert targets(async_fleet.client(async_fleet.primary)) == {'beta': True}


# What an administrator changed by hand


def test_values_changed_by_hand_stay(async_fleet):
    world = async_fleet.start()
    client = async_fleet.client(async_fleet.primary)
    client.set_pgroup(GROUP, replicate_frequency=600)
    client.set_pgroup(GROUP, target_all_for=3600, target_days=1)

    world.restart()

    assert schedule(client) == (True, 600)
    assert retention(client) == (3600, 3, 1)


def test_value_that_the_configuration_states_holds(async_fleet):
    async_fleet.start()
    client = async_fleet.client(async_fleet.primary)
    client.set_pgroup(GROUP, target_all_for=3600, target_days=1)

    async_fleet.start(pure_replica_retention_long_term_default=30)

    assert retention(client) == (3600, 3, 30)


def test_target_added_by_hand_stays(fleet_of):
    fleet = fleet_of('async', 'async')
    device = fleet.section()['replication_device'][0]
    world = fleet.start(replication_device=[device])
    fleet.client(fleet.primary).set_pgroup(GROUP, addtargetlist=['gamma'])

    world.restart()

    assert targets(fleet.client(fleet.primary)) == {
        'beta': True, 'gamma': False}


def test_interval_that_the_array_refuses_is_warned_about(async_fleet,
                                                         caplog):
    async_fleet.primary.faults.add(flasharray_sim.Fault(
        'status', method='PUT', path='pgroup/' + GROUP, status=400,
        text='Invalid replicate_frequency.', count=2))
    async_fleet.start()

    assert [GROUP in text for text in problems(caplog)] == [True, True]
    assert targets(async_fleet.client(async_fleet.primary)) == {'beta': True}
    assert schedule(async_fleet.client(async_fleet.primary))[0]


# What is destroyed, or elsewhere


def test_destroyed_group_is_recovered(async_fleet, caplog):
    world = async_fleet.start()
    client = async_fleet.client(async_fleet.primary)
    client.create_pgroup_snapshots([GROUP], suffix='kept')
    client.destroy_pgroup(GROUP)

    world.restart()

    assert any(GROUP in text and 'recovered' in text
               for text in problems(caplog))
    assert [row['name'] for row in client.list_pgroups(
        snap=True, names=[GROUP + '.kept'])] == [GROUP + '.kept']
    assert client.list_pgroups(pending_only=True) == []


def test_destroyed_replica_is_recovered(async_fleet, caplog):
    world = async_fleet.start()
    client = async_fleet.client(async_fleet.array('beta'))
    client.destroy_pgroup('alpha:' + GROUP)

    world.restart()

    assert any('alpha:' + GROUP in text for text in problems(caplog))
    assert client.get_pgroup('alpha:' + GROUP)['targets'] == [
        {'name': 'beta', 'allowed': True}]


def test_destroyed_pod_is_recovered(sync_fleet, caplog):
    client = sync_fleet.client(sync_fleet.primary)
    client.create_pod(POD)
    client.destroy_pod(POD)

    sync_fleet.start()

    assert any(POD in text and 'recovered' in text
               for text in problems(caplog))
    assert pod_arrays(client) == {'alpha', 'beta'}


def test_destroyed_pod_of_the_target_is_left_alone(sync_fleet, caplog):
    client = sync_fleet.client(sync_fleet.array('beta'))
    client.create_pod(POD)
    client.destroy_pod(POD)

    sync_fleet.start()

    [text] = problems(caplog)
    assert 'beta' in text and POD in text and 'Eradicate' in text
    assert [row['name'] for row in client.list_pods(pending_only=True)] == [
        POD]


def test_pod_of_the_same_name_on_the_target_is_left_alone(sync_fleet,
                                                          caplog):
    client = sync_fleet.client(sync_fleet.array('beta'))
    client.create_pod(POD)

    sync_fleet.start()

    assert len(problems(caplog)) == 1
    assert pod_arrays(client) == {'beta'}


# Arrays that are not connected


@pytest.mark.parametrize('kind', ['async', 'sync'])
def test_missing_connection_names_both_arrays(fleet_of, caplog, kind):
    fleet = fleet_of(kind, are_connected=False)
    world = fleet.start()

    [text] = problems(caplog)
    assert 'alpha and beta' in text and 'purearray connect' in text

    fleet.connect(fleet.primary, fleet.array('beta'), kind)
    world.driver.get_volume_stats(refresh=True)

    assert targets(fleet.client(fleet.primary)) == {'beta': True}
    assert kind == 'async' or pod_arrays(
        fleet.client(fleet.array('beta'))) == {'alpha', 'beta'}


def test_connection_of_the_wrong_type(fleet_of, caplog):
    fleet = fleet_of('sync', are_connected=False)
    fleet.connect(fleet.primary, fleet.array('beta'), 'async')

    fleet.start()

    [text] = problems(caplog)
    assert 'alpha and beta' in text and 'sync-replication' in text
    assert targets(fleet.client(fleet.primary)) == {'beta': True}


def test_link_that_is_down_is_waited_for_within_bounds(async_fleet, caplog):
    began = async_fleet.clock.now()
    with async_fleet.link_down(async_fleet.primary):
        world = async_fleet.start()
        assert 'alpha:' + GROUP in problems(caplog)[0]
        waited_s = (async_fleet.clock.now() - began).total_seconds()
        assert 10 <= waited_s <= 60

        world.driver.get_volume_stats(refresh=True)
        world.driver.get_volume_stats(refresh=True)
        assert (async_fleet.clock.now() - began).total_seconds() == waited_s

    world.driver.get_volume_stats(refresh=True)

    assert targets(async_fleet.client(async_fleet.primary)) == {'beta': True}


# Arrays that are away


def test_target_that_was_away_is_set_up_when_it_is_back(trisync_fleet):
    gamma = trisync_fleet.array('gamma')
    gamma.stop()
    world = trisync_fleet.start()
    client = trisync_fleet.client(trisync_fleet.primary)
    assert targets(client) == {'beta': True}
    assert schedule(client)[0]
    world.driver.get_volume_stats(refresh=True)

    gamma.start()
    world.driver.get_volume_stats(refresh=True)

    assert targets(client) == {'beta': True, 'gamma': True}
    assert targets(client, TRISYNC) == {'gamma': True}
    assert schedule(client, TRISYNC)[0]


def test_pod_is_stretched_when_its_target_is_back(sync_fleet):
    beta = sync_fleet.array('beta')
    beta.stop()
    world = sync_fleet.start()
    assert pod_arrays(sync_fleet.client(sync_fleet.primary)) == {'alpha'}

    beta.start()
    world.driver.get_volume_stats(refresh=True)

    assert pod_arrays(sync_fleet.client(beta)) == {'alpha', 'beta'}


def test_start_without_the_primary(trisync_fleet, caplog):
    trisync_fleet.primary.stop()
    world = trisync_fleet.start()

    assert any('failover-host' in text for text in problems(caplog))
    assert world.driver.get_volume_stats(
        refresh=True)['backend_state'] == 'down'

    trisync_fleet.primary.start()
    world.driver.get_volume_stats(refresh=True)

    client = trisync_fleet.client(trisync_fleet.primary)
    assert targets(client) == {'beta': True, 'gamma': True}
    assert pod_arrays(client) == {'alpha', 'beta'}
    assert world.create().provider_id


def test_start_with_a_token_that_the_primary_refuses(async_fleet):
    with pytest.raises(errors.ArrayAuthenticationError):
        async_fleet.start(
            pure_api_token='00000000-1111-2222-3333-444444444444')


@pytest.mark.parametrize('driver_class', [
    driver.PureISCSIDriver, driver.PureFCDriver])
def test_start_without_any_array(async_fleet, driver_class):
    for array in async_fleet.arrays:
        array.stop()
    world = async_fleet.start(driver_class)
    assert world.driver.get_volume_stats(
        refresh=True)['backend_state'] == 'down'


def test_problem_is_told_once(async_fleet, caplog):
    async_fleet.array('beta').stop()
    world = async_fleet.start()
    world.driver.get_volume_stats(refresh=True)
    told = len(problems(caplog))
    assert told

    for _number in range(3):
        world.driver.get_volume_stats(refresh=True)

    assert len(problems(caplog)) == told


# Interrupted


@pytest.mark.parametrize('number', products.every(5, range(WRITES)))
def test_set_up_goes_on_where_it_was_killed(trisync_fleet, number):
    with interruptions.killed_before_write(number) as fatal:
        trisync_fleet.start()
    assert fatal

    trisync_fleet.start()

    client = trisync_fleet.client(trisync_fleet.primary)
    assert pod_arrays(client) == {'alpha', 'beta'}
    for group, its_targets in ((GROUP, {'beta': True, 'gamma': True}),
                               (TRISYNC, {'gamma': True})):
        assert targets(client, group) == its_targets
        assert schedule(client, group) == (True, 3600)
        assert retention(client, group) == (14400, 3, 7)


# Another array serves


def test_serving_target_replicates_back(async_fleet):
    async_fleet.start()
    async_fleet.start(active_backend_id='at-beta')

    beta = async_fleet.client(async_fleet.array('beta'))
    assert targets(beta) == {'alpha': True}
    assert schedule(beta) == (True, 3600)


@pytest.mark.parametrize('serving', ['', 'at-beta'])
def test_backend_that_replicates_in_the_opposite_direction(async_fleet,
                                                           serving):
    primary, beta = async_fleet.arrays
    async_fleet.start(
        san_ip=beta.address, pure_api_token=beta.api_token,
        replication_device=[async_fleet.device(primary, 'async')])

    async_fleet.start(active_backend_id=serving)

    assert schedule(async_fleet.client(beta)) == (True, 3600)
    assert targets(async_fleet.client(beta)) == {'alpha': True}
    if not serving:
        assert schedule(async_fleet.client(primary)) == (True, 3600)
        assert targets(async_fleet.client(primary)) == {'beta': True}


def test_primary_that_was_dead_is_set_up_as_a_target(async_fleet):
    async_fleet.start()
    async_fleet.primary.stop()
    world = async_fleet.start(active_backend_id='at-beta')
    beta = async_fleet.client(async_fleet.array('beta'))
    assert targets(beta) == {}

    async_fleet.primary.start()
    world.driver.get_volume_stats(refresh=True)

    assert targets(beta) == {'alpha': True}


def test_synchronous_target_that_serves(trisync_fleet):
    trisync_fleet.start()
    trisync_fleet.start(active_backend_id='at-beta')

    beta = trisync_fleet.client(trisync_fleet.array('beta'))
    assert targets(beta) == {'alpha': True, 'gamma': True}
    assert targets(beta, TRISYNC) == {'gamma': True}
    assert schedule(beta, TRISYNC)[0]


def test_third_site_that_serves(trisync_fleet):
    trisync_fleet.start()
    trisync_fleet.start(active_backend_id='at-gamma')

    gamma = trisync_fleet.client(trisync_fleet.array('gamma'))
    assert targets(gamma) == {'alpha': True, 'beta': True}
    assert gamma.list_pods() == []


def test_pod_is_not_made_twice(sync_fleet, caplog):
    """With the primary away, nobody knows whether the pod is there."""
    sync_fleet.client(sync_fleet.primary).create_pod(POD)
    sync_fleet.primary.stop()
    world = sync_fleet.start(active_backend_id='at-beta')
    beta = sync_fleet.client(sync_fleet.array('beta'))
    assert beta.list_pods() == []
    assert schedule(beta)

    sync_fleet.primary.start()
    world.driver.get_volume_stats(refresh=True)

    assert pod_arrays(beta) == {'alpha', 'beta'}
