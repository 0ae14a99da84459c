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
"""Target ports: `port` (2.9)."""

from flasharray_sim.resources import filters
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.rules import array as arrays
from flasharray_sim.wire import routing


def list_ports(array: arrays.Array, call: routing.Call):
    """GET port: target ports, or the initiators that may log in to them."""
    if call.flag('initiators'):
        return listing.reply(array, call, _initiators(array, call))
    patterns = call.get('names') or ['*']
    return listing.reply(array, call, [
        _without_nqn(call, {
            'failover': array.controllers.stand_in(port.name),
            'iqn': port.iqn, 'name': port.name,
            'nqn': port.nqn, 'portal': port.portal, 'wwn': port.wwn})
        for port in _served(array, call)
        if any(filters.matches(pattern, port.name)
               for pattern in patterns)])


def _served(array, call):
    # Releases before NVMe have no such ports.
    return [port for port in array.network.target_ports()
            if port.nqn is None or call.rest_version >= (1, 16)]


def _without_nqn(call, body):
    if call.rest_version < (1, 16):
        return {key: value for key, value in body.items() if key != 'nqn'}
    return body


def _initiators(array, call):
    """A row per initiator and target port that speak the same protocol."""
    return [
        _without_nqn(call, {
            'iqn': None, 'wwn': None, 'nqn': None, kind: initiator,
            'portal': None, 'failover': None, 'target': port.name,
            'target_iqn': port.iqn, 'target_portal': port.portal,
            'target_wwn': port.wwn})
        for host in array.db.hosts.select('all', 'all')
        for kind, initiators in (('iqn', host.iqns), ('wwn', host.wwns),
                                 ('nqn', host.nqns))
        for initiator in initiators
        for port in _served(array, call) if getattr(port, kind)]


ROUTES = (
    routing.Route('GET', 'port', list_ports,
                  (*parameters.flags('initiators'),
                   *parameters.COLLECTION)),
)
