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
"""Arrays that an operator renames, or gives another address.

Each is known by its id; what was remembered of its name is only tried first.
"""

import pytest

import flasharray_sim
from tests import failovers
from tests import fleet as fleet_module
from tests import world as world_module

KINDS = {'async': ('async',), 'sync': (fleet_module.UNIFORM,),
         'trisync': (fleet_module.UNIFORM, 'async')}
# Array that is renamed, and the one to fail over to; None is the best.
IN_SLICE = [('async', 'alpha', None), ('sync', 'beta', None),
            ('trisync', 'gamma', 'at-gamma')]
RENAMES = [*IN_SLICE, *(
    pytest.param(case, marks=pytest.mark.exhaustive) for case in (
        ('async', 'alpha', 'at-beta'), ('async', 'beta', None),
        ('async', 'beta', 'at-beta'), ('sync', 'alpha', None),
        ('sync', 'beta', 'at-beta'), ('trisync', 'alpha', 'at-beta'),
        ('trisync', 'beta', 'at-gamma'), ('trisync', 'beta', 'at-beta')))]


class Renamed:
    """A backend one of whose arrays is renamed at some time."""

    def __init__(self, fleet, replication):
        self.fleet = fleet
        self.service = failovers.Service(fleet.start())
        self.world = self.service.world
        self.kind = world_module.replicated_type(replication)
        self.volume = self.world.create(volume_type_id=self.kind.id)
        self.report()
        fleet.replicate()

    def report(self):
        return self.world.driver.get_volume_stats(refresh=True)

    def rename(self, name):
        array = self.fleet.array(name)
        self.fleet.client(array).rename('prod-7')
        self.fleet.pass_time(5)

    def write(self, array):
        """:returns: what every array has to have afterwards"""
        held = failovers.write(array, self.volume)
        self.fleet.replicate()
        return held

    def check_served(self, array, held):
        volume = failovers.reload(self.volume)
        assert (volume.status, failovers.content(
            array, volume.provider_id)) == ('available', held)
        self.world.attach(volume, world_module.connector())
        self.world.detach(volume, world_module.connector())
        self.world.extend(volume, volume.size + 1)

    def target(self, target):
        """The array that serves after a failover to ``target``."""
        name = (target or self.service.row.active_backend_id)[len('at-'):]
        return self.arrays[name]

    @property
    def arrays(self):
        return dict(zip(fleet_module.ARRAY_NAMES, self.fleet.arrays))


@pytest.fixture(params=RENAMES, ids=lambda case: ' '.join(map(str, case)))
def case(request, fleet_of):
    replication, renamed, target = request.param
    return (Renamed(fleet_of(*KINDS[replication]), replication), renamed,
            target)


@pytest.mark.parametrize('is_reported', [True, False],
                         ids=['reported', 'unreported'])
def test_renamed_before_a_failover_with_the_primary_dead(case, is_reported):
    site, renamed, target = case
    site.rename(renamed)
    held = site.write(site.fleet.primary)
    if is_reported:
        [*readiness] = site.report()['replication_readiness']
        assert [entry['problems'] for entry in readiness] == (
            [[]] * len(readiness))
    site.fleet.primary.faults.add(flasharray_sim.Fault('offline'))

    assert site.service.fail_over(target) == 'failed-over'

    site.check_served(site.target(target), held)


def test_renamed_while_failed_over(case):
    site, renamed, target = case
    held = site.write(site.fleet.primary)
    assert site.service.fail_over(target) == 'failed-over'
    serving = site.target(target)
    site.rename(renamed)
    site.check_served(serving, held)
    site.volume = failovers.reload(site.volume)
    held = site.write(serving)

    assert site.service.fail_back() == 'enabled'

    site.check_served(site.fleet.primary, held)


def test_renamed_after_a_failback(case):
    site, renamed, target = case
    assert site.service.fail_over(target) == 'failed-over'
    assert site.service.fail_back() == 'enabled'
    site.volume = failovers.reload(site.volume)
    site.rename(renamed)
    held = site.write(site.fleet.primary)
    assert site.service.fail_over(target) == 'failed-over'
    site.check_served(site.target(target), held)


@pytest.mark.parametrize('replication', KINDS)
def test_set_up_after_a_rename_changes_nothing(fleet_of, replication):
    """An array by its new name is the target that it was."""
    site = Renamed(fleet_of(*KINDS[replication]), replication)
    site.rename('beta')
    site.fleet.forget_requests()
    site.service.restart()
    site.report()
    for array in site.fleet.arrays:
        assert site.fleet.writes(array) == []


@pytest.mark.parametrize('replication', ['async', 'sync'])
def test_array_with_another_address(fleet_of, replication):
    """It is started again elsewhere, and the section says so."""
    fleet = fleet_of(*KINDS[replication])
    site = Renamed(fleet, replication)
    held = site.write(fleet.primary)
    for array in fleet.arrays:
        array.stop()
        array.start()
        fleet.pass_time(fleet_module.TRANSFER_S)
    site.world = site.service.world = fleet.start()
    site.check_served(fleet.primary, held)
    site.volume = failovers.reload(site.volume)
    assert site.service.fail_over('at-beta') == 'failed-over'
    site.check_served(fleet.array('beta'), held)
