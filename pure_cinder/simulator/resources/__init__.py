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

from pure_cinder.simulator.resources import administration
from pure_cinder.simulator.resources import admins
from pure_cinder.simulator.resources import apps
from pure_cinder.simulator.resources import array
from pure_cinder.simulator.resources import array_connections
from pure_cinder.simulator.resources import certificates
from pure_cinder.simulator.resources import directory
from pure_cinder.simulator.resources import hardware
from pure_cinder.simulator.resources import hgroups
from pure_cinder.simulator.resources import hosts
from pure_cinder.simulator.resources import messages
from pure_cinder.simulator.resources import network
from pure_cinder.simulator.resources import offloads
from pure_cinder.simulator.resources import pgroup_parts
from pure_cinder.simulator.resources import pgroups
from pure_cinder.simulator.resources import pods
from pure_cinder.simulator.resources import ports
from pure_cinder.simulator.resources import replica_links
from pure_cinder.simulator.resources import vgroups
from pure_cinder.simulator.resources import volume_parts
from pure_cinder.simulator.resources import volumes
from pure_cinder.simulator.wire import routing

ROUTES: tuple[routing.Route, ...] = (
    *array.ROUTES, *volumes.ROUTES, *volume_parts.ROUTES, *hosts.ROUTES,
    *hgroups.ROUTES, *pgroups.ROUTES, *pgroup_parts.ROUTES,
    *ports.ROUTES, *admins.ROUTES,
    *administration.ROUTES, *hardware.ROUTES, *messages.ROUTES,
    *network.ROUTES, *certificates.ROUTES, *directory.ROUTES,
    *offloads.ROUTES, *apps.ROUTES,
    *array_connections.ROUTES, *vgroups.ROUTES, *pods.ROUTES,
    *replica_links.ROUTES)
