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
"""An array that does not take a ``*`` in names, in one way or another.

That any takes it for snapshots, for what is in a pod and for the groups of
others is an assumption, on which no failover may depend.
"""

import pytest

from pure_cinder.array import errors
from pure_cinder.array import session
from tests import failovers
from tests import groups as groups_module
from tests import world as world_module

GROUP_OF_UNKNOWN = 'theirs'


@pytest.fixture(params=['400', '404', '403', 'shows nothing',
                        'shows everything'])
def no_wildcards(request, monkeypatch):
    """:returns: list of the requests that had one"""
    send, met = session.ArraySession._send, []

    def send_without(client, method, path, data, *args):
        if method != 'GET' or '*' not in str((data or {}).get('names')):
            return send(client, method, path, data, *args)
        met.append('%s %s' % (path, data['names']))
        if request.param.isdigit():
            raise errors.from_response(
                int(request.param), '[{"msg": "No."}]', array='array',
                request=met[-1])
        others = {key: value for key, value in data.items()
                  if key != 'names'}
        reply = send(client, method, path, others, *args)
        if request.param == 'shows nothing':
            reply.clear()
        return reply

    monkeypatch.setattr(session.ArraySession, '_send', send_without)
    return met


@pytest.mark.parametrize('kinds, replication', [
    (['async'], 'async'), (['sync'], 'sync'),
    pytest.param(['sync uniform', 'async'], 'trisync',
                 marks=pytest.mark.exhaustive)])
def test_failover_and_failback(fleet_of, no_wildcards, kinds, replication):
    fleet = fleet_of(*kinds)
    service = failovers.Service(fleet.start())
    kind = world_module.replicated_type(replication)
    volume = service.world.create(volume_type_id=kind.id)
    alpha, target = fleet.primary, fleet.targets[-1]
    held = failovers.write(alpha, volume)
    fleet.replicate()
    alpha.stop()
    service.restart()

    assert service.fail_over('at-' + target.name) == 'failed-over'

    volume = failovers.reload(volume)
    assert volume.status == 'available'
    assert failovers.content(target, volume.provider_id) == held
    alpha.start()
    fleet.pass_time(3600)
    held = failovers.write(target, volume, failovers.MIB)
    assert service.fail_back() == 'enabled'
    volume = failovers.reload(volume)
    assert failovers.content(alpha, volume.provider_id) == held
    assert no_wildcards


def test_group_is_failed_over_and_deleted_everywhere(async_fleet,
                                                     no_wildcards):
    world = async_fleet.start()
    alpha, beta = async_fleet.arrays
    for array in async_fleet.arrays:
        async_fleet.client(array).create_pgroup(GROUP_OF_UNKNOWN)
    groups = groups_module.Groups(world)
    group, [volume] = groups.filled(
        1, world_module.replicated_type('async'),
        specs=groups_module.REPLICATED)
    held = failovers.write(alpha, volume)
    async_fleet.replicate()

    groups.failover(group, 'at-beta')

    volume = failovers.reload(volume)
    assert failovers.content(beta, volume.provider_id) == held
    groups.failover(group, 'default')
    groups.delete(group)
    for array in async_fleet.arrays:
        names = [row['name'] for row in
                 async_fleet.client(array).list_pgroups()]
        assert not [name for name in names if group.id in name]
        assert GROUP_OF_UNKNOWN in names
    assert no_wildcards


def test_array_that_has_been_away_since_the_start(async_fleet, no_wildcards):
    """Nobody knows how it is called, so that any array's group counts."""
    service = failovers.Service(async_fleet.start())
    service.world.create(
        volume_type_id=world_module.replicated_type('async').id)
    async_fleet.replicate()
    async_fleet.primary.stop()
    service.restart()

    stats = service.world.driver.get_volume_stats(refresh=True)

    assert stats['replication_failover_target'] == 'at-beta'
    assert service.fail_over() == 'failed-over'
    assert no_wildcards
