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
"""Fibre Channel: WWPNs, the zoning map and os-brick's connection information.

WWPNs are written without colons, in lower case, as Cinder's zone manager and
os-brick have them.
"""

from cinder.common import constants
from cinder.i18n import _
from cinder.zonemanager import utils as fczm_utils
from os_brick import constants as brick_constants

from pure_cinder.array import models
from pure_cinder.attachments.protocols import base
from pure_cinder import exceptions


class FibreChannelProtocol(base.Protocol):
    """SCSI over Fibre Channel, zoned where a lookup service knows the SAN."""

    initiator_kind = 'wwn'
    is_zoned = True
    storage_protocol = constants.FC

    def __init__(self, lookup_service=None):
        """:param lookup_service: Cinder's FCSanLookupService, or None"""
        self._lookup_service = lookup_service

    def initiators(self, connector):
        """:returns: tuple of WWPNs, without repetition"""
        if not connector.get('wwpns'):
            raise exceptions.PureConnectorError(_(
                "The connector of host %s has no 'wwpns'. See that its Fibre "
                'Channel adapters are online and sysfsutils is installed.')
                % connector.get('host'))
        return tuple(dict.fromkeys(map(_plain, connector['wwpns'])))

    def select_targets(self, ports, interfaces):
        """:returns: list of target WWNs

        A port with an NQN speaks NVMe over Fibre Channel and no SCSI.
        """
        targets = [_plain(port.wwn) for port in ports
                   if port.wwn and not port.nqn]
        if not targets:
            raise exceptions.PureNoTargetPortError(problem=exceptions.Problem(
                'volume_driver',
                _('The array has no Fibre Channel port for SCSI.'),
                _('Use an iSCSI or NVMe driver, or see that its FC ports are '
                  'not given to NVMe.')))
        return list(dict.fromkeys(targets))

    def target_name(self, target):
        return target

    def told_targets(self, connection_info):
        return set(connection_info.get('target_wwns') or ())

    def connection_info(self, sides, serial, connector):
        """Every target, and which initiator reaches which of them."""
        targets = [target for side in sides for target in side.targets]
        luns = [side.lun for side in sides for _target in side.targets]
        initiators = self.initiators(connector)
        reachable = self._reachable(targets, initiators)
        if not reachable:
            raise exceptions.PureNoTargetPortError(_(
                'No initiator of host %(host)s (%(initiators)s) reaches a '
                'target (%(targets)s) in any fabric. See that both are '
                'logged in to the switches that fc_fabric_names lists.')
                % {'host': connector.get('host'),
                   'initiators': ', '.join(initiators),
                   'targets': ', '.join(targets)})
        return {
            'driver_volume_type': 'fibre_channel',
            'data': {
                'target_discovered': True,
                'target_lun': luns[0],
                'target_luns': luns,
                'target_wwn': targets,
                'target_wwns': targets,
                'initiator_target_map': reachable,
                'discard': True,
                'addressing_mode': brick_constants.SCSI_ADDRESSING_SAM2,
                'wwn': base.wwn(serial),
            },
        }

    def open_paths(self, connection_info):
        fczm_utils.add_fc_zone(connection_info)

    def close_paths(self, targets, initiators):
        """:returns: the targets, dict of those of each initiator"""
        reachable = self._reachable(targets, initiators)
        # One that no fabric knows is logged out, and has its zones.
        closed = {initiator: reachable.get(initiator) or list(targets)
                  for initiator in initiators}
        fczm_utils.remove_fc_zone(self._detachment(targets, closed))
        return targets, closed

    def detachment_info(self, closed):
        """What the zone manager removed; empty if nothing."""
        all_targets, all_closed = [], {}
        for targets, initiator_targets in closed:
            all_targets += [target for target in targets
                            if target not in all_targets]
            for initiator, reached in initiator_targets.items():
                all_closed.setdefault(initiator, []).extend(reached)
        return self._detachment(all_targets, all_closed)

    @staticmethod
    def _detachment(targets, initiator_targets):
        return {'driver_volume_type': 'fibre_channel',
                'data': {'target_wwn': targets,
                         'initiator_target_map': initiator_targets}
                if targets else {}}

    def _reachable(self, targets, initiators):
        """:returns: dict of the reachable target WWNs of each initiator"""
        if self._lookup_service is None:
            return {initiator: list(targets) for initiator in initiators}
        fabrics = self._lookup_service.get_device_mapping_from_network(
            list(initiators), list(targets))
        reachable = {}
        for fabric in fabrics.values():
            for initiator in fabric['initiator_port_wwn_list']:
                known = reachable.setdefault(_plain(initiator), [])
                known += [target for target in fabric['target_port_wwn_list']
                          if target not in known]
        return {initiator: reached for initiator, reached in reachable.items()
                if reached}


def _plain(wwn):
    return models.initiator_key('wwn', wwn)
