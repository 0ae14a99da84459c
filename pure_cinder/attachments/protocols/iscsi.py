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
"""iSCSI: IQNs, portals and the connection information of os-brick."""

import dataclasses

from cinder.common import constants
from cinder.i18n import _
from os_brick import constants as brick_constants

from pure_cinder.attachments.protocols import base
from pure_cinder.attachments.protocols import portals
from pure_cinder import exceptions


@dataclasses.dataclass(frozen=True)
class Target:
    """One iSCSI target port that a host can reach."""

    iqn: str
    portal: str


class IscsiProtocol(base.Protocol):
    """iSCSI over every portal in the configured networks."""

    initiator_kind = 'iqn'
    has_chap = True
    storage_protocol = constants.ISCSI

    def __init__(self, networks):
        """:param networks: ``ipaddress`` networks of admissible portals"""
        self._networks = networks

    def initiators(self, connector):
        """:returns: tuple of one IQN"""
        if not connector.get('initiator'):
            raise exceptions.PureConnectorError(_(
                "The connector of host %s has no 'initiator'. Install "
                'open-iscsi there and see that /etc/iscsi/initiatorname.iscsi '
                'is readable.') % connector.get('host'))
        return (connector['initiator'],)

    def select_targets(self, ports, interfaces):
        """:returns: list of Target, without repetition"""
        targets = [Target(iqn=port.iqn, portal=port.portal)
                   for port in ports if port.iqn and port.portal]
        chosen = portals.select(targets, self._networks)
        if not chosen:
            raise exceptions.PureNoTargetPortError(problem=exceptions.Problem(
                'pure_iscsi_cidr',
                _('No iSCSI port of the array lies in %(networks)s. Its '
                  'iSCSI portals: %(portals)s.')
                % {'networks': ', '.join(map(str, self._networks)),
                   'portals': ', '.join(target.portal for target in targets)
                              or _('none')},
                _('Correct pure_iscsi_cidr or pure_iscsi_cidr_list, or '
                  'enable iSCSI on a port.')))
        return chosen

    def target_name(self, target):
        return target.iqn

    def told_targets(self, connection_info):
        return set(connection_info.get('target_iqns') or ())

    def connection_info(self, sides, serial, connector):
        """IQNs, portals and LUNs are lists of equal length."""
        paths = [(target, side.lun) for side in sides
                 for target in side.targets]
        return {
            'driver_volume_type': 'iscsi',
            'data': {
                'target_discovered': False,
                'discard': True,
                'addressing_mode': brick_constants.SCSI_ADDRESSING_SAM2,
                'target_luns': [lun for _target, lun in paths],
                'target_iqns': [target.iqn for target, _lun in paths],
                'target_portals': [target.portal for target, _lun in paths],
                'wwn': base.wwn(serial),
            },
        }
