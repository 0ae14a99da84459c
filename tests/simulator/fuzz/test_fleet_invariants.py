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
"""Two arrays stay sound over thousands of random requests."""

from hypothesis import stateful

from flasharray_sim import resources
from tests.simulator.fuzz import effort
from tests.simulator.fuzz import fleet_machine

KINDS = ('volume', 'host', 'hgroup', 'vgroup', 'pod', 'pgroup')


def test_random_requests_leave_a_fleet_sound():
    fleet_machine.Fleet.accepted.clear()
    fleet_machine.Fleet.met.clear()
    stateful.run_state_machine_as_test(
        fleet_machine.Fleet, settings=effort.bounded(
            60, stateful_step_count=100))
    accepted = fleet_machine.Fleet.accepted
    routes = {(route.method.lower(), route.pattern.partition('/')[0])
              for route in resources.ROUTES}
    # The search was not one of refusals.
    assert {(method, kind) for kind in KINDS
            for method in ('post', 'put', 'delete')
            if (method, kind) in routes} <= accepted.keys()
    assert {'online', 'offline', 'resyncing',
            'arrived'} <= fleet_machine.Fleet.met.keys()
    assert accepted.total() > 500 * effort.FACTOR
