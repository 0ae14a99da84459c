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
"""NVMe over RoCE and TCP: NQNs, portals and os-brick's connection properties.
"""

import dataclasses

from cinder.common import constants
from cinder.i18n import _

from pure_cinder.attachments.protocols import base
from pure_cinder.attachments.protocols import portals
from pure_cinder import exceptions

_STORAGE_PROTOCOLS = {'roce': constants.NVMEOF_ROCE,
                      'tcp': constants.NVMEOF_TCP}
# What os-brick calls the transports.
_BRICK_TRANSPORTS = {'roce': 'rdma', 'tcp': 'tcp'}


@dataclasses.dataclass(frozen=True)
class Target:
    """One NVMe target port that a host can reach."""

    nqn: str
    portal: str


class NvmeProtocol(base.Protocol):
    """NVMe over Fabrics on the Ethernet ports of one transport.

    Each array is a subsystem with an NQN of its own. os-brick takes one NQN
    for a volume; several are for replicas that it joins to a RAID, which the
    arrays of a pod are not. So a machine gets the paths of one array.
    """

    initiator_kind = 'nqn'
    is_addressed_by_lun = False
    has_several_sides = False

    def __init__(self, transport, networks):
        """:param transport: ``roce`` or ``tcp``

        :param networks: ``ipaddress`` networks of admissible portals
        """
        self._transport = transport
        self._networks = networks
        self.storage_protocol = _STORAGE_PROTOCOLS[transport]

    def initiators(self, connector):
        """:returns: tuple of one NQN"""
        if not connector.get('nqn'):
            raise exceptions.PureConnectorError(_(
                "The connector of host %s has no 'nqn'. Install nvme-cli "
                'there and see that /etc/nvme/hostnqn is readable.')
                % connector.get('host'))
        return (connector['nqn'],)

    def select_targets(self, ports, interfaces):
        """:returns: list of Target, without repetition

        Which transport a port speaks is a service of its interface; one
        interface may have several services, a bond or VLAN its own.
        """
        service = 'nvme-' + self._transport
        by_name = interfaces()
        targets = [Target(nqn=port.nqn, portal=port.portal) for port in ports
                   if port.nqn and port.portal
                   and service in by_name.get(port.name.lower(), ())]
        chosen = portals.select(targets, self._networks)
        if not chosen:
            raise exceptions.PureNoTargetPortError(problem=exceptions.Problem(
                'pure_nvme_cidr',
                _('No port of the array with the service %(service)s lies in '
                  '%(networks)s. Its portals with that service: %(portals)s.')
                % {'service': service,
                   'networks': ', '.join(map(str, self._networks)),
                   'portals': ', '.join(target.portal for target in targets)
                              or _('none')},
                _('Correct pure_nvme_transport, pure_nvme_cidr or '
                  'pure_nvme_cidr_list, or give a port the service.')))
        return chosen

    def target_name(self, target):
        return target.nqn

    def told_targets(self, connection_info):
        return {connection_info.get('target_nqn')}.difference({None})

    def connection_info(self, sides, serial, connector):
        """One subsystem with a portal for each path.

        The namespace is found by its NGUID, so the LUN is not told.
        """
        targets = sides[0].targets
        return {
            'driver_volume_type': 'nvmeof',
            'data': {
                'discard': True,
                'target_nqn': targets[0].nqn,
                'portals': [
                    portals.split(target.portal)
                    + (_BRICK_TRANSPORTS[self._transport],)
                    for target in targets if target.nqn == targets[0].nqn],
                'volume_nguid': base.nguid(serial),
            },
        }
