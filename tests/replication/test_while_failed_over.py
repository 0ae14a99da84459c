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
"""Volumes and snapshots while another array than the primary serves."""

from cinder import objects
import pytest

from pure_cinder.array import errors
from pure_cinder import exceptions
from tests import failovers
from tests import world as world_module

KINDS = [(['async'], 'async', 'beta'),
         (['sync'], 'sync', 'beta'),
         (['sync uniform', 'async'], 'trisync', 'beta'),
         (['sync uniform', 'async'], 'trisync', 'gamma')]


class Site:
    """A backend that failed over with its primary dead.

    :ivar volume: a volume that came along
    :ivar plain: one that is not replicated, so it stayed
    :ivar serving: the array that serves
    """

    def __init__(self, fleet, replication, serving):
        self.fleet = fleet
        self.service = failovers.Service(fleet.start())
        self.world = self.service.world
        self.type = world_module.replicated_type(replication)
        volume = self.world.create(volume_type_id=self.type.id)
        plain = self.world.create()
        self.snapshot = self.world.snapshot(volume)
        fleet.replicate()
        fleet.primary.stop()
        self.serving = fleet.array(serving)
        assert self.service.fail_over('at-' + serving) == 'failed-over'
        self.volume, self.plain = map(failovers.reload, (volume, plain))

    @property
    def client(self):
        return self.fleet.client(self.serving)

    def create(self, **values):
        return self.world.create(volume_type_id=self.type.id, **values)


@pytest.fixture(params=KINDS, ids=lambda param: '%s-%s' % param[1:])
def site(request, fleet_of):
    kinds, replication, serving = request.param
    return Site(fleet_of(*kinds), replication, serving)


@pytest.fixture
def async_site(async_fleet):
    return Site(async_fleet, 'async', 'beta')


def test_volumes_are_made_where_the_backend_is(site):
    copy = site.world.clone(site.volume, size=2)
    snapshot = site.world.snapshot(site.volume)
    grown = site.world.from_snapshot(snapshot)
    site.world.extend(grown, 3)

    sizes = {row['name']: row['size'] >> 30
             for row in site.client.list_volumes()}
    assert sizes == {site.volume.provider_id: 1, copy.provider_id: 2,
                     grown.provider_id: 3}
    assert {volume.replication_status for volume in (copy, grown)} == {
        'enabled'}


def test_new_volumes_are_replicated_as_soon_as_they_can_be(site):
    volume = site.create()
    in_pod = site.volume.provider_id.startswith('cinder-pod::')
    assert volume.provider_id.startswith('cinder-pod::') == in_pod
    if site.type.extra_specs['replication_type'] == '<in> sync':
        return
    pgroup = 'cinder-pod::cinder-trisync' if in_pod else 'cinder-group'
    assert volume.provider_id in site.client.get_pgroup(pgroup)['volumes']


def test_volumes_are_attached_detached_and_deleted_there(site):
    connector = world_module.connector()
    site.world.attach(site.volume, connector)
    assert site.client.list_volume_private_connections(
        site.volume.provider_id)

    site.world.detach(site.volume, connector)
    site.world.driver.delete_volume(site.volume)

    assert site.client.list_hosts() == []
    assert site.client.list_volumes() == []


def test_volume_that_stayed_is_not_deleted_on_the_wrong_array(site):
    with pytest.raises(errors.ArrayUnreachableError):
        site.world.driver.delete_volume(site.plain)

    site.fleet.primary.start()
    site.world.driver.delete_volume(site.plain)

    names = [row['name'] for row in
             site.fleet.client(site.fleet.primary).list_volumes()]
    assert site.plain.provider_id not in names


def test_volume_that_stayed_is_found_after_a_restart(async_site):
    async_site.service.restart()
    with pytest.raises(errors.ArrayUnreachableError):
        async_site.world.driver.delete_volume(async_site.plain)
    async_site.fleet.primary.start()
    async_site.service.restart()
    async_site.world.driver.delete_volume(async_site.plain)
    [destroyed] = async_site.fleet.client(
        async_site.fleet.primary).list_volumes(pending_only=True)
    assert destroyed['name'] == async_site.plain.provider_id


def test_snapshot_that_stayed_is_not_deleted_on_the_wrong_array(async_site):
    [alpha, _beta] = async_site.fleet.arrays
    snapshot = failovers.reload(async_site.snapshot)
    with pytest.raises(errors.ArrayUnreachableError):
        async_site.world.driver.delete_snapshot(snapshot)

    alpha.start()
    client = async_site.fleet.client(alpha)
    assert len(client.get_volume(async_site.volume.provider_id,
                                 snap=True)) == 2
    async_site.world.driver.delete_snapshot(snapshot)

    names = [row['name'] for row in client.get_volume(
        async_site.volume.provider_id, snap=True)]
    assert '%s.%s' % (async_site.volume.provider_id,
                      snapshot.name) not in names


def test_snapshot_that_stayed_is_unmanaged_where_it_is(async_site):
    async_site.fleet.primary.start()
    snapshot = failovers.reload(async_site.snapshot)
    async_site.world.driver.unmanage_snapshot(snapshot)
    rows = async_site.fleet.client(async_site.fleet.primary).get_volume(
        async_site.volume.provider_id, snap=True)
    assert '%s.%s-unmanaged' % (async_site.volume.provider_id,
                                snapshot.name) in [row['name'] for row in rows]


def test_snapshot_that_was_managed_there_is_deleted_there(async_site):
    name = async_site.volume.provider_id + '.nightly'
    async_site.client.create_snapshot(async_site.volume.provider_id,
                                      suffix='nightly')
    snapshot = objects.Snapshot(
        world_module.CONTEXT, volume_id=async_site.volume.id, volume_size=1,
        status='creating', display_name='test', metadata={})
    snapshot.create()
    driver = async_site.world.driver
    snapshot.update(driver.manage_existing_snapshot(
        snapshot, {'name': name}) or {})
    snapshot.save()
    driver.delete_snapshot(snapshot)
    assert not [row['name'] for row in async_site.client.get_volume(
        async_site.volume.provider_id, snap=True)
        if row['name'].endswith(snapshot.name)]


def test_snapshot_in_the_pod_is_where_the_pod_is(sync_fleet):
    site = Site(sync_fleet, 'sync', 'beta')
    snapshot = failovers.reload(site.snapshot)
    copy = site.world.from_snapshot(snapshot)
    site.world.driver.delete_snapshot(snapshot)
    assert site.client.get_volume(copy.provider_id)
    assert site.client.get_volume(site.volume.provider_id, snap=True) == []


def test_snapshot_that_was_left_in_the_pod_is_deleted_there(trisync_fleet):
    """The volume left the pod, and has another name now."""
    site = Site(trisync_fleet, 'trisync', 'gamma')
    [alpha, _beta, _gamma] = trisync_fleet.arrays
    alpha.start()
    snapshot = failovers.reload(site.snapshot)

    site.world.driver.delete_snapshot(snapshot)

    rows = trisync_fleet.client(alpha).list_volumes(snap=True)
    assert not [row['name'] for row in rows
                if row['name'].endswith(snapshot.name)]


def test_snapshot_that_stayed_cannot_be_used_elsewhere(async_site):
    async_site.fleet.primary.start()
    snapshot = failovers.reload(async_site.snapshot)
    with pytest.raises(exceptions.PureUnsupportedError):
        async_site.world.from_snapshot(snapshot)
    with pytest.raises(exceptions.PureUnsupportedError):
        async_site.world.driver.revert_to_snapshot(
            world_module.CONTEXT, async_site.volume, snapshot)


def test_snapshots_are_all_there_after_the_failback(async_site):
    alpha, beta = async_site.fleet.arrays
    alpha.start()
    later = async_site.world.snapshot(async_site.volume)
    assert async_site.service.fail_back() == 'enabled'

    for snapshot, array in [(async_site.snapshot, alpha), (later, beta)]:
        snapshot = failovers.reload(snapshot)
        name = '%s.%s' % (async_site.volume.provider_id, snapshot.name)
        client = async_site.fleet.client(array)
        assert client.get_volume(name, snap=True)
        async_site.world.driver.delete_snapshot(snapshot)
        assert [row['name'] for row in client.list_volumes(
            snap=True, pending_only=True) if row['name'] == name]


def test_stats_are_those_of_the_array_that_serves(site):
    site.serving.requests.clear()
    stats = site.world.driver.get_volume_stats(refresh=True)
    assert stats['backend_state'] == 'up'
    assert stats['total_volumes'] == len(site.client.list_volumes())
