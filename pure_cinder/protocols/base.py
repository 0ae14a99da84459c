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
"""What a protocol answers; all that differs between iSCSI, FC and NVMe."""

import abc

# NAA identifier of Pure Storage, which precedes the serial in a WWN.
WWN_PREFIX = '3624a9370'
# The company id as it stands inside an NGUID.
NGUID_OUI = '24a937'
NGUID_PREFIX = '00'


class Protocol(abc.ABC):
    """One protocol of one backend; knows no array.

    :cvar initiator_kind: ``iqn``, ``wwn`` or ``nqn``
    :ivar storage_protocol: of ``cinder.common.constants``
    """

    initiator_kind = None
    storage_protocol = None

    @abc.abstractmethod
    def initiators(self, connector):
        """The machine's initiators, in their usual spelling.

        :returns: tuple, never empty
        :raises PureConnectorError: the connector has none
        """

    @abc.abstractmethod
    def select_targets(self, ports, interfaces):
        """The targets to offer, in the array's order.

        :param ports: list of models.Port
        :param interfaces: Gateway.list_interface_services; called only where
            a protocol needs it
        :raises PureNoTargetPortError: no port can be used
        """

    @abc.abstractmethod
    def connection_info(self, targets, lun, serial, connector):
        """What os-brick needs to attach, every path of it.

        :param serial: the volume's 24 hex digits
        :returns: ``{'driver_volume_type': ..., 'data': {...}}``
        """


def wwn(serial):
    """The volume's SCSI identifier, as a host sees it."""
    return WWN_PREFIX + serial.lower()


def nguid(serial):
    """The volume's NVMe namespace identifier, as a host sees it."""
    return (NGUID_PREFIX + serial[:14] + NGUID_OUI + serial[14:]).lower()
