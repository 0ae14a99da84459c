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
"""A Fibre Channel fabric of its own: a zone driver and a lookup service.

Cinder's real zone manager loads them by their import path. The last digit of
a WWN tells where it is: odd ones are on fabric A, even ones on fabric B.
"""

from cinder.zonemanager.drivers import fc_zone_driver
from cinder.zonemanager import fc_san_lookup_service

ZONES = set()
# What the next zones that are made, or removed, end with.
FAILURES = []
REMOVAL_FAILURES = []

# Ports that were logged in, and are not now.
LOGGED_OUT = set()
# A port that is not logged in anywhere.
UNKNOWN = '10000000000000ff'


class ZoneDriver(fc_zone_driver.FCZoneDriver):
    """Zones are pairs of an initiator and a target."""

    def get_version(self):
        return '1'

    def add_connection(self, fabric, initiator_target_map, host_name=None,
                       storage_system=None):
        if FAILURES:
            raise FAILURES.pop()
        ZONES.update(_pairs(initiator_target_map))

    def delete_connection(self, fabric, initiator_target_map, host_name=None,
                          storage_system=None):
        if REMOVAL_FAILURES:
            raise REMOVAL_FAILURES.pop()
        ZONES.difference_update(_pairs(initiator_target_map))

    def get_san_context(self, target_wwn_list):
        return {'A': target_wwn_list}


class LookupService(fc_san_lookup_service.FCSanLookupService):
    """Half of the ports on each of two fabrics."""

    def get_device_mapping_from_network(self, initiator_list, target_list):
        return {
            name: {'initiator_port_wwn_list': _on(name, initiator_list),
                   'target_port_wwn_list': _on(name, target_list)}
            for name in 'AB'}


def of(wwn):
    """Name of the fabric that a port is on, or None."""
    return None if wwn == UNKNOWN else 'BA'[int(wwn[-1], 16) % 2]


def _on(name, wwns):
    return [wwn for wwn in wwns
            if of(wwn) == name and wwn not in LOGGED_OUT]


def _pairs(initiator_target_map):
    return {(initiator, target)
            for initiator, targets in initiator_target_map.items()
            for target in targets}
