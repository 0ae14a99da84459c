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
"""Which array has a volume or a snapshot; nobody dead is asked for it."""

from cinder import objects
from cinder.objects import fields
import pytest

from pure_cinder import config
from pure_cinder import driver
from pure_cinder import exceptions
from pure_cinder.fleet import roster
from pure_cinder.fleet import whereabouts
from tests import world as world_module

STATUS = fields.ReplicationStatus
IN_POD = 'cinder-pod::volume'


@pytest.fixture
def site(fleet_of, database):
    """A pod's two arrays and a third one; ``beta`` serves.

    Cinder knows that, too.
    """
    simulated = fleet_of('sync', 'async')
    host, _separator, _pool = world_module.HOST.partition('#')
    objects.Service(
        world_module.CONTEXT, host=host, binary='cinder-volume',
        topic='cinder-volume', active_backend_id='at-beta').create()
    configuration = simulated.world()._configuration
    fleet = roster.Fleet.of_config(
        config.read(configuration, driver.PureISCSIDriver.__name__), 'test',
        'at-beta')
    return simulated, fleet, whereabouts.Whereabouts(fleet)


def volume(name='volume', location=None, status=None, driver_data=None):
    return objects.Volume(
        world_module.CONTEXT, host=world_module.HOST, cluster_name=None,
        provider_id=name, provider_location=location,
        replication_status=status, replication_driver_data=driver_data)


def snapshot(of, location=None):
    row = objects.Snapshot(
        world_module.CONTEXT, provider_location=location)
    row.volume = of
    return row


def at(simulated, name):
    return '%s:%024X' % (simulated.array(name).id, 1)


@pytest.mark.parametrize('status', [
    STATUS.ENABLED, STATUS.FAILED_OVER, STATUS.FAILING_OVER, STATUS.ERROR])
def test_replicated_volume_is_where_the_backend_is(site, status):
    simulated, fleet, places = site
    for name in ('alpha', 'beta'):
        row = volume(location=at(simulated, name), status=status)
        assert places.member(row) is fleet.serving


def test_new_volume_is_where_the_backend_is(site):
    _simulated, fleet, places = site
    assert places.member(volume(name=None)) is fleet.serving


def test_volume_of_a_group_is_where_its_group_went(site):
    _simulated, fleet, places = site
    row = volume(status=STATUS.FAILED_OVER, driver_data='at-gamma')
    assert places.member(row) is fleet.member('at-gamma')


@pytest.mark.parametrize('status', [
    None, STATUS.DISABLED, STATUS.NOT_CAPABLE, STATUS.FAILOVER_ERROR])
@pytest.mark.parametrize('name, backend_id', [
    ('alpha', 'pure'), ('beta', 'at-beta'), ('gamma', 'at-gamma')])
def test_any_other_volume_stays_where_it_was_made(site, status, name,
                                                  backend_id):
    simulated, fleet, places = site
    row = volume(location=at(simulated, name), status=status)
    assert places.member(row).backend_id == backend_id


def test_row_of_the_in_tree_driver_is_on_the_primary(site):
    _simulated, fleet, places = site
    assert places.member(volume(status=STATUS.DISABLED)) is fleet.primary


def test_known_arrays_are_not_asked_again(site):
    simulated, fleet, places = site
    row = volume(location=at(simulated, 'gamma'))
    places.member(row)
    simulated.forget_requests()
    assert places.member(row) is fleet.member('at-gamma')
    assert [len(array.requests) for array in simulated.arrays] == [0, 0, 0]


def test_volume_on_a_dead_array_is_not_taken_for_another_ones(site):
    simulated, fleet, places = site
    location = at(simulated, 'alpha')
    simulated.primary.stop()
    assert places.member(volume(location=location)) is fleet.primary


def test_volume_on_an_array_that_is_not_configured_is_an_error(site):
    _simulated, fleet, places = site
    with pytest.raises(exceptions.PureDriverException, match='none of this'):
        places.member(volume(location='some-id:%024X' % 1))


def test_snapshot_in_a_pod_is_where_the_pod_is(site):
    """Also if the array that it was made on is dead and unknown."""
    simulated, fleet, places = site
    location = at(simulated, 'alpha')
    simulated.primary.stop()
    row = snapshot(volume(name=IN_POD, status=STATUS.ENABLED), location)
    assert places.snapshot_member(row) is fleet.serving


def test_snapshot_outside_of_pods_stays_where_it_was_made(site):
    simulated, fleet, places = site
    row = volume(status=STATUS.ENABLED)
    assert places.snapshot_member(
        snapshot(row, at(simulated, 'alpha'))) is fleet.primary
    assert places.snapshot_member(
        snapshot(row, at(simulated, 'gamma'))) is fleet.member('at-gamma')
    assert places.snapshot_member(snapshot(row)) is fleet.primary


def test_snapshot_that_was_made_outside_stays_when_its_volume_comes_home(
        site):
    simulated, fleet, places = site
    row = snapshot(volume(name=IN_POD, status=STATUS.ENABLED),
                   at(simulated, 'gamma'))
    assert places.snapshot_member(row) is fleet.member('at-gamma')


@pytest.mark.parametrize('is_located', [True, False])
def test_snapshot_in_a_pod_costs_no_array_outside_a_request(
        site, is_located):
    """Such an array may be dead, and is none of the pod's business."""
    simulated, fleet, places = site
    fleet.primary.gateway.get_array()
    row = snapshot(volume(name=IN_POD, status=STATUS.ENABLED),
                   at(simulated, 'alpha') if is_located else None)
    simulated.forget_requests()
    assert places.snapshot_member(row) is fleet.serving
    assert [len(array.requests) for array in simulated.arrays] == [0, 0, 0]


def test_roles_do_not_change_with_who_serves(site):
    _simulated, fleet, _places = site
    pod = {fleet.primary, fleet.member('at-beta')}
    for backend_id in ('at-gamma', '', 'at-beta', 'default'):
        fleet.serve_from(backend_id)
        assert {member for member in fleet.members
                if fleet.pod_partners(member)} == pod
        assert [target.backend_id for target in fleet.targets] == [
            'at-beta', 'at-gamma']
    assert fleet.pod_partners(fleet.member('at-gamma')) == ()
