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
"""The REST resources: each module declares its routes."""

from flasharray_sim.resources import administration
from flasharray_sim.resources import admins
from flasharray_sim.resources import apps
from flasharray_sim.resources import array
from flasharray_sim.resources import array_connections
from flasharray_sim.resources import certificates
from flasharray_sim.resources import directory
from flasharray_sim.resources import hardware
from flasharray_sim.resources import hgroups
from flasharray_sim.resources import hosts
from flasharray_sim.resources import messages
from flasharray_sim.resources import network
from flasharray_sim.resources import offloads
from flasharray_sim.resources import pgroup_parts
from flasharray_sim.resources import pgroups
from flasharray_sim.resources import pods
from flasharray_sim.resources import ports
from flasharray_sim.resources import replica_links
from flasharray_sim.resources import vgroups
from flasharray_sim.resources import volume_parts
from flasharray_sim.resources import volumes
from flasharray_sim.wire import routing

ROUTES: tuple[routing.Route, ...] = (
    *array.ROUTES, *volumes.ROUTES, *volume_parts.ROUTES, *hosts.ROUTES,
    *hgroups.ROUTES, *pgroups.ROUTES, *pgroup_parts.ROUTES,
    *ports.ROUTES, *admins.ROUTES,
    *administration.ROUTES, *hardware.ROUTES, *messages.ROUTES,
    *network.ROUTES, *certificates.ROUTES, *directory.ROUTES,
    *offloads.ROUTES, *apps.ROUTES,
    *array_connections.ROUTES, *vgroups.ROUTES, *pods.ROUTES,
    *replica_links.ROUTES)
