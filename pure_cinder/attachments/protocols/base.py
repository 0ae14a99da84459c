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
import dataclasses

# NAA identifier of Pure Storage, which precedes the serial in a WWN.
WWN_PREFIX = '3624a9370'
# The company id as it stands inside an NGUID.
NGUID_OUI = '24a937'
NGUID_PREFIX = '00'


@dataclasses.dataclass(frozen=True)
class Side:
    """One array, as a machine sees a volume there.

    :ivar targets: the protocol's targets, as ``select_targets`` gave them
    :ivar lun: of the volume at each of them
    """

    targets: list
    lun: int


class Protocol(abc.ABC):
    """One protocol of one backend; knows no array.

    :cvar initiator_kind: ``iqn``, ``wwn`` or ``nqn``
    :cvar has_chap: whether machines can be made to authenticate themselves
    :cvar is_addressed_by_lun: whether a machine finds a volume by its LUN
    :cvar has_several_sides: whether connection information can name the
        targets of more arrays than one
    :cvar is_zoned: whether something between machine and array is to be
        opened and closed
    :ivar storage_protocol: of ``cinder.common.constants``
    """

    initiator_kind = None
    has_chap = False
    is_addressed_by_lun = True
    has_several_sides = True
    is_zoned = False
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
    def connection_info(self, sides, serial, connector):
        """What os-brick needs to attach, every path of it.

        :param sides: list of Side, the array that serves first
        :param serial: the volume's 24 hex digits
        :returns: ``{'driver_volume_type': ..., 'data': {...}}``
        :raises PureNoTargetPortError: the machine reaches none of the targets
        """

    @abc.abstractmethod
    def target_name(self, target):
        """The world-wide name of one of the targets."""

    @abc.abstractmethod
    def told_targets(self, connection_info):
        """World-wide names of the targets that a machine was told of.

        :param connection_info: as Cinder keeps it with an attachment; maybe
            empty
        :returns: set
        """

    def open_paths(self, connection_info):
        """Let a machine through to its targets, before it is told of them."""

    def close_paths(self, targets, initiators):
        """Close what a machine that has no volume of an array does not need.

        :param targets: of the array
        :returns: what ``detachment_info`` takes
        """

    def detachment_info(self, closed):
        """What Cinder is told of a detachment, or None.

        :param closed: list of what ``close_paths`` returned; may be empty
        """


def wwn(serial):
    """The volume's SCSI identifier, as a host sees it."""
    return WWN_PREFIX + serial.lower()


def nguid(serial):
    """The volume's NVMe namespace identifier, as a host sees it."""
    return (NGUID_PREFIX + serial[:14] + NGUID_OUI + serial[14:]).lower()
