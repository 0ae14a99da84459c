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
"""What a failover could rely on is known before it is needed."""

import logging
import threading

from cinder import exception
from oslo_utils import timeutils
import pytest

import flasharray_sim
from pure_cinder import exceptions
from pure_cinder.fleet import queries
from pure_cinder.fleet import roster as fleets
from pure_cinder.replication import targets as targets_module
from tests import fleet as fleet_module
from tests import world as world_module

GROUP = 'cinder-group'


@pytest.fixture
def on_time():
    """Make this host's clock that of the arrays: ``on_time(fleet)``."""
    def set_time(fleet):
        timeutils.set_time_override(fleet.clock.now().replace(tzinfo=None))
    yield set_time
    timeutils.clear_time_override()


def report(world):
    """The rows of ``replication_readiness`` by backend_id, and the target."""
    stats = world.driver.get_volume_stats(refresh=True)
    return ({row['backend_id']: row for row in stats['replication_readiness']},
            stats['replication_failover_target'])


def create(world, replication):
    """A volume that has arrived nowhere yet."""
    return world.create(
        volume_type_id=world_module.replicated_type(replication).id)


def told(caplog):
    """What readiness said, and forget it."""
    texts = [(record.levelname, record.getMessage())
             for record in caplog.records
             if record.name == 'pure_cinder.replication.readiness']
    caplog.clear()
    return texts


def test_without_devices_there_is_nothing_to_tell(world, caplog):
    with caplog.at_level(logging.INFO):
        stats = world.driver.get_volume_stats(refresh=True)
    assert stats['replication_readiness'] == []
    assert stats['replication_failover_target'] is None
    assert not told(caplog)


def test_online_pod_is_ready(sync_fleet):
    rows, target = report(sync_fleet.start())
    assert rows == {'at-beta': {
        'backend_id': 'at-beta', 'is_ready': True, 'pod_status': 'online',
        'newest_snapshot_age_s': None, 'problems': []}}
    assert target == 'at-beta'


def test_resyncing_pod_is_not_ready(sync_fleet):
    world = sync_fleet.start()
    volume = create(world, 'sync')
    with sync_fleet.link_down(sync_fleet.primary):
        sync_fleet.primary.model.write(volume.provider_id, 0, 1 << 30)
        [row] = report(world)[0].values()
        assert row['pod_status'] == 'offline' and not row['is_ready']

    rows, target = report(world)

    assert rows['at-beta']['pod_status'] == 'resyncing'
    assert any('resyncing' in problem
               for problem in rows['at-beta']['problems'])
    assert target is None

    sync_fleet.pass_time(fleet_module.TRANSFER_S)
    assert report(world)[1] == 'at-beta'


def test_age_of_the_newest_complete_snapshot(async_fleet, on_time):
    world = async_fleet.start()
    create(world, 'async')
    async_fleet.replicate()
    on_time(async_fleet)

    rows, target = report(world)

    assert rows['at-beta'] == {
        'backend_id': 'at-beta', 'is_ready': True, 'pod_status': None,
        'newest_snapshot_age_s': fleet_module.TRANSFER_S, 'problems': []}
    assert target == 'at-beta'


def test_snapshot_on_its_way_does_not_count(async_fleet):
    world = async_fleet.start()
    volume = create(world, 'async')
    async_fleet.primary.model.write(volume.provider_id, 0, 1 << 30)
    async_fleet.pass_time(fleet_module.INTERVAL_S)
    client = async_fleet.client(async_fleet.array('beta'))
    [transfer] = client.list_pgroups(
        names=['alpha:' + GROUP], snap=True, transfer=True)
    assert transfer['progress'] < 1

    rows, target = report(world)

    assert rows['at-beta']['is_ready'] is False
    assert any('as a whole' in problem
               for problem in rows['at-beta']['problems'])
    assert target is None


def test_snapshot_that_is_too_old(async_fleet, on_time):
    world = async_fleet.start()
    create(world, 'async')
    async_fleet.replicate()
    with async_fleet.link_down(async_fleet.primary):
        async_fleet.pass_time(3 * fleet_module.INTERVAL_S)
        on_time(async_fleet)

        rows, target = report(world)

    problems = rows['at-beta']['problems']
    assert any('too old' in problem for problem in problems)
    assert any('does not reach' in problem for problem in problems)
    assert rows['at-beta']['is_ready'] is True
    assert target == 'at-beta'


def test_group_that_the_target_disallows(async_fleet):
    world = async_fleet.start()
    async_fleet.client(async_fleet.array('beta')).set_pgroup(
        'alpha:' + GROUP, allowed=False)
    assert any('does not allow' in problem
               for problem in report(world)[0]['at-beta']['problems'])


def test_group_whose_schedule_is_off(async_fleet):
    world = async_fleet.start()
    async_fleet.client(async_fleet.primary).set_pgroup(
        GROUP, replicate_enabled=False)
    assert any('does not replicate' in problem
               for problem in report(world)[0]['at-beta']['problems'])


def test_group_that_is_destroyed_on_the_target(async_fleet):
    world = async_fleet.start()
    async_fleet.client(async_fleet.array('beta')).destroy_pgroup(
        'alpha:' + GROUP)
    assert any('missing' in problem
               for problem in report(world)[0]['at-beta']['problems'])


# Who would be the target


def test_pod_is_better_than_any_snapshot(trisync_fleet):
    world = trisync_fleet.start()
    create(world, 'trisync')
    trisync_fleet.replicate()
    assert report(world)[1] == 'at-beta'

    trisync_fleet.array('beta').stop()

    rows, target = report(world)
    assert target == 'at-gamma'
    assert not rows['at-beta']['is_ready']


def test_newer_snapshot_is_better(fleet_of):
    fleet = fleet_of('async', 'async')
    world = fleet.start()
    create(world, 'async')
    fleet.replicate()
    with fleet.link_down(fleet.primary, fleet.array('beta')):
        fleet.replicate()
        assert report(world)[1] == 'at-gamma'
    with fleet.link_down(fleet.primary, fleet.array('gamma')):
        fleet.replicate()
        assert report(world)[1] == 'at-beta'


@pytest.mark.parametrize('fixture, replication, target', [
    ('async_fleet', 'async', 'at-beta'), ('sync_fleet', 'sync', 'at-beta'),
    ('trisync_fleet', 'trisync', 'at-beta')])
@pytest.mark.parametrize('is_restarted', [False, True])
def test_target_is_known_with_the_primary_dead(
        request, fixture, replication, target, is_restarted):
    fleet = request.getfixturevalue(fixture)
    world = fleet.start()
    create(world, replication)
    fleet.replicate()
    fleet.primary.stop()
    if is_restarted:
        world.restart()

    assert report(world)[1] == target


def test_several_groups_of_the_name_with_the_primary_dead(fleet_of):
    """Another backend's primary may replicate to the same array."""
    fleet = fleet_of('async', 'async')
    gamma = fleet.client(fleet.array('gamma'))
    gamma.create_pgroup(GROUP, targetlist=['beta'])
    world = fleet.start(
        replication_device=fleet.section()['replication_device'][:1])
    create(world, 'async')
    fleet.replicate()
    fleet.primary.stop()

    world.restart()

    assert report(world)[1] == 'at-beta'


def test_choice_asks_the_targets_at_that_time(trisync_fleet):
    world = trisync_fleet.start()
    create(world, 'trisync')
    trisync_fleet.replicate()
    trisync_fleet.primary.stop()
    trisync_fleet.array('beta').stop()
    assert choose(world).backend_id == 'at-gamma'


def test_choice_tells_of_each_array_why_it_cannot_serve(trisync_fleet):
    world = trisync_fleet.start()
    trisync_fleet.array('beta').stop()
    with pytest.raises(exception.UnableToFailOver) as caught:
        choose(world)
    assert 'at-beta: ' in str(caught.value)
    assert 'at-gamma: ' in str(caught.value)


def choose(world):
    backend = world.driver._backend
    return targets_module.Targets(
        backend.fleet, backend.config.replication).choose(
            backend.retired_copies.notes)


def test_primary_is_a_target_of_the_array_that_serves(async_fleet):
    world = async_fleet.start()
    world = async_fleet.start(active_backend_id='at-beta')
    create(world, 'async')
    async_fleet.replicate()

    rows, target = report(world)

    assert list(rows) == ['pure']
    assert target == 'pure'


# The log


def test_changes_are_logged_once(async_fleet, caplog):
    with caplog.at_level(logging.INFO):
        world = async_fleet.start()
        report(world)
        assert told(caplog) == [
            ('INFO', 'Replication to at-beta is as it should be.'),
            ('WARNING', 'A failover would find no array that can serve.')]
        create(world, 'async')
        async_fleet.replicate()
        report(world)
        assert told(caplog) == [('INFO', 'A failover would go to at-beta.')]
        for _number in range(3):
            report(world)
        assert told(caplog) == []

        async_fleet.array('beta').stop()
        for _number in range(3):
            report(world)
        assert [level for level, _text in told(caplog)] == [
            'WARNING', 'WARNING']

        async_fleet.array('beta').start()
        report(world)
        assert [level for level, _text in told(caplog)] == ['INFO', 'INFO']


def test_secrets_are_in_no_message(async_fleet, caplog):
    with caplog.at_level(logging.DEBUG):
        async_fleet.array('beta').stop()
        report(async_fleet.start())
    for array in async_fleet.arrays:
        assert array.api_token not in caplog.text


# Devices that cinder.conf does not describe as they are


WRONG_TOKEN = '00000000-1111-2222-3333-444444444444'


def changed_device(fleet, **values):
    """The section's devices, the first of them with other values."""
    first, *others = fleet.section()['replication_device']
    return [{**first, **values}, *others]


@pytest.mark.parametrize('kind', ['async', 'sync', fleet_module.UNIFORM])
@pytest.mark.parametrize('values, key, told_of_primary', [
    ({'api_token': WRONG_TOKEN}, 'api_token', 'pure_api_token'),
    ({'ssl_cert_path': None}, 'ssl_cert_path', 'driver_ssl_cert_path')])
def test_wrong_key_of_a_device_is_an_error_that_names_it(
        fleet_of, caplog, kind, values, key, told_of_primary):
    fleet = fleet_of(kind)
    [device] = changed_device(fleet, **values)
    world = fleet.start(replication_device=[
        {name: value for name, value in device.items() if value}])

    [row] = report(world)[0].values()
    report(world)

    [problem] = row['problems']
    assert '%s of replication_device at-beta' % key in problem
    errors_told = [record.getMessage() for record in caplog.records
                   if record.levelname == 'ERROR']
    assert errors_told
    assert not any(told_of_primary in text or WRONG_TOKEN in text
                   for text in [problem, *errors_told])
    assert [level for level, text in told(caplog)
            if problem in text] == ['ERROR']
    assert world.create().provider_id


def test_user_of_a_device_who_may_change_nothing(async_fleet, caplog):
    beta = async_fleet.array('beta')
    client = async_fleet.client(beta)
    client.create_admin('cinder', role='readonly', password='a-password')
    token = client.create_api_token('cinder')['api_token']
    world = async_fleet.start(
        replication_device=changed_device(async_fleet, api_token=token))

    [row] = report(world)[0].values()

    assert not row['is_ready']
    assert 'user cinder is readonly' in row['problems'][0]
    assert 'api_token of replication_device at-beta' in row['problems'][0]
    assert 'ERROR' in [level for level, _text in told(caplog)]

    client.set_admin('cinder', role='storage_admin')
    report(world)
    assert report(world)[0]['at-beta']['problems'] == []


@pytest.fixture
def alias():
    """Another address of the same array."""
    def of(array):
        return array.address.replace('127.0.0.1', 'localhost')
    return of


@pytest.mark.parametrize('kind', ['async', 'sync'])
def test_device_that_is_the_primary_by_another_name(fleet_of, alias, kind):
    fleet = fleet_of(kind)
    with pytest.raises(exceptions.PureConfigurationError) as caught:
        fleet.start(replication_device=changed_device(
            fleet, san_ip=alias(fleet.primary),
            api_token=fleet.primary.api_token))
    [problem] = map(str, caught.value.problems)
    assert 'at-beta is the same FlashArray as the primary: alpha' in problem
    assert fleet.primary.id in problem and '[pure]' in str(caught.value)
    assert not fleet.writes(fleet.primary)


def test_two_devices_that_are_one_array(fleet_of, alias):
    fleet = fleet_of('sync', 'async')
    beta = fleet.array('beta')
    devices = fleet.section()['replication_device']
    fleet.client(beta).rename('renamed')
    devices[1].update(san_ip=alias(beta), api_token=beta.api_token)
    with pytest.raises(exceptions.PureConfigurationError) as caught:
        fleet.start(replication_device=devices)
    assert 'at-gamma is the same FlashArray as at-beta: renamed' in str(
        caught.value)


def test_one_array_twice_is_told_when_it_is_known(fleet_of, alias, caplog):
    """Nothing but this service could fail over, so it starts meanwhile."""
    fleet = fleet_of('async', 'async')
    beta = fleet.array('beta')
    devices = fleet.section()['replication_device']
    devices[1].update(san_ip=alias(beta), api_token=beta.api_token)
    fleet.primary.stop()

    world = fleet.start(replication_device=devices)

    rows, _target = report(world)
    for backend_id, double in (('at-beta', 'at-gamma'),
                               ('at-gamma', 'at-beta')):
        [problem] = rows[backend_id]['problems']
        assert 'the same FlashArray as %s;' % double in problem
    assert ['ERROR', 'ERROR'] == [
        level for level, text in told(caplog) if 'same FlashArray' in text]


def test_primary_twice_is_told_when_it_is_back(async_fleet, alias, caplog):
    alpha = async_fleet.primary
    alpha.stop()
    world = async_fleet.start(replication_device=changed_device(
        async_fleet, san_ip=alias(alpha), api_token=alpha.api_token))
    alpha.start()

    report(world)
    rows, target = report(world)

    assert 'the same FlashArray as pure' in rows['at-beta']['problems'][0]
    assert target is None
    assert 'pure and at-beta are one FlashArray, alpha' in caplog.text
    assert 'Connect them' not in caplog.text


# Arrays that do not answer


@pytest.fixture
def mute(async_fleet):
    """The target takes connections, but does not answer."""
    beta = async_fleet.array('beta')
    fault = beta.faults.add(flasharray_sim.Fault('latency', delay_s=1.0))
    yield
    beta.faults.remove(fault)


def test_array_that_does_not_answer_holds_nothing_up(async_fleet, mute,
                                                     monkeypatch):
    monkeypatch.setattr('pure_cinder.replication.readiness.LIMIT_S', 0.05)
    world = async_fleet.start()

    stats = world.driver.get_volume_stats(refresh=True)

    assert stats['backend_state'] == 'up'
    [row] = stats['replication_readiness']
    assert '0.05 s' in row['problems'][0]
    assert not async_fleet.writes(async_fleet.array('beta'))


def test_array_is_not_asked_again_before_it_has_answered():
    asked, may_answer = [], threading.Event()

    def question(member):
        asked.append(member)
        may_answer.wait(10)
        return 'here'

    member = fleets.Member('at-beta', gateway=None)
    asking = queries.ParallelQuery(limit_s=0.05)
    for _number in range(2):
        [answer] = asking.ask(question, [member]).values()
        assert isinstance(answer, exceptions.PureNoAnswerInTimeError)
    assert asked == [member]

    may_answer.set()

    # The answer to the first question is still that of the third.
    assert polled(asking, question, member) == 'here'
    assert asked == [member]


def polled(asking, question, member):
    for _number in range(200):
        [answer] = asking.ask(question, [member]).values()
        if answer == 'here':
            return answer
    return answer


def test_all_are_asked_at_once():
    barrier = threading.Barrier(3, timeout=10)
    members = [fleets.Member('at-%d' % number, gateway=None)
               for number in range(3)]
    answers = queries.ParallelQuery(limit_s=10).ask(
        lambda member: barrier.wait() >= 0, members)
    assert list(answers.values()) == [True, True, True]


def test_failover_in_the_midst_of_a_report_does_not_end_it(trisync_fleet):
    """Cinder tells of one whenever it wants."""
    backend = trisync_fleet.start().driver._backend
    views = backend.readiness.look()
    backend.failover.complete('at-gamma')
    rows = backend.readiness.judge(views, True).stats()
    assert [row['backend_id'] for row in rows['replication_readiness']] == [
        'at-beta']


def test_error_of_a_question_is_the_answer():
    member = fleets.Member('at-beta', gateway=None)
    error = exceptions.PureReplicationError('no')

    def question(_member):
        raise error

    assert queries.ParallelQuery(limit_s=10).ask(question, [member]) == {
        member: error}
