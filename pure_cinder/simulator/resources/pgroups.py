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
"""Protection groups: `pgroup` (2.6). They can be counted: there are none."""

from pure_cinder.simulator.resources import listing
from pure_cinder.simulator.resources import parameters
from pure_cinder.simulator.rules import array as arrays
from pure_cinder.simulator.wire import routing


def list_pgroups(array: arrays.Array, call: routing.Call):
    """GET pgroup: always empty, as no request makes one."""
    return listing.reply(array, call, [])


ROUTES = (
    routing.Route('GET', 'pgroup', list_pgroups,
                  (*parameters.PENDING, *parameters.PAGING), since='1.2'),
)
