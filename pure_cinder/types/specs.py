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
"""What a volume type asks of the array.

Sources are Cinder's own: extra specs and, for QoS, the associated qos-specs,
which win as a whole over extra specs when there are any.

The scheduler takes an extra spec without a scope for a capability that the
backend must report, so ``flasharray:maxIOPS`` stands for ``maxIOPS`` there.
"""

import dataclasses
import enum

from cinder import exception
from cinder.i18n import _
from oslo_utils import strutils

from pure_cinder import naming

MIB = 1024 ** 2
IOPS_RANGE = (100, 100000000)
BANDWIDTH_RANGE_MIB_S = (1, 524288)
SCOPE = 'flasharray:'
# Cinder's name for the scope, without the colon.
VENDOR_PREFIX = SCOPE.rstrip(':')


class ReplicationType(enum.Enum):
    """How a volume is replicated; values are those of the extra spec."""

    NONE = None
    ASYNC = 'async'
    SYNC = 'sync'
    TRISYNC = 'trisync'


@dataclasses.dataclass(frozen=True)
class QosLimits:
    """Limits of a volume or a volume group; ``None`` is no limit."""

    iops: int | None = None
    bandwidth_bytes_s: int | None = None


UNLIMITED = QosLimits()


@dataclasses.dataclass(frozen=True)
class VolumeSpecs:
    """A volume type, understood.

    :ivar qos: limits of the volume itself; it has none in a volume group
    :ivar volume_group: name of the group on the array, or None
    :ivar volume_group_qos: limits of all volumes of the group together
    """

    replication: ReplicationType = ReplicationType.NONE
    qos: QosLimits = UNLIMITED
    volume_group: str | None = None
    volume_group_qos: QosLimits = UNLIMITED


def parse(extra_specs, qos_specs, size_gib):
    """Understand a volume type.

    :param extra_specs: dict of the type's extra specs
    :param qos_specs: dict of its qos-specs, or None
    :param size_gib: size of the volume; limits per GB need it
    :raises InvalidVolumeType: a value that means nothing, or values that
        exclude each other
    :raises InvalidQoSSpecs: a limit out of Purity's range
    """
    replication = replication_type(extra_specs)
    group_name = extra_specs.get(SCOPE + 'vg_name')
    if not group_name:
        return VolumeSpecs(replication,
                           qos_limits(qos_specs or extra_specs, size_gib))
    if replication in (ReplicationType.SYNC, ReplicationType.TRISYNC):
        raise exception.InvalidVolumeType(reason=_(
            'It asks for a volume group and for %s replication, but a pod '
            'holds no volume groups.') % replication.value)
    return VolumeSpecs(replication,
                       volume_group=naming.volume_group_name(group_name),
                       volume_group_qos=_volume_group_limits(extra_specs))


def replication_type(extra_specs):
    """The replication that ``replication_enabled`` and its type ask for.

    :raises InvalidVolumeType: ``replication_type`` is none of the three
    """
    if not _is_true(extra_specs.get('replication_enabled', '')):
        return ReplicationType.NONE
    text = extra_specs.get('replication_type', 'async')
    name = text.removeprefix('<in> ')
    if name in ('async', 'sync', 'trisync'):
        return ReplicationType(name)
    raise exception.InvalidVolumeType(reason=_(
        "replication_type is '%s'; write async, sync or trisync, or the same "
        "after '<in> ', such as '<in> sync'.") % text)


def qos_limits(specs, size_gib):
    """QoS limits of a volume of ``size_gib``.

    :raises InvalidQoSSpecs: not a number, or out of Purity's range
    """
    return QosLimits(
        iops=_limit(specs, 'maxIOPS', IOPS_RANGE, size_gib),
        bandwidth_bytes_s=_scaled(
            _limit(specs, 'maxBWS', BANDWIDTH_RANGE_MIB_S, size_gib), MIB))


def _limit(specs, key, allowed, size_gib):
    """The limit ``key``; without it its per-GB form times the size.

    The product is brought into Purity's range.
    """
    fixed = _number(specs, key)
    if fixed:
        return _in_range(key, fixed, allowed)
    per_gib = _number(specs, key + '_per_GB')
    lowest, highest = allowed
    return per_gib and max(lowest, min(highest, per_gib * size_gib))


def _volume_group_limits(extra_specs):
    """Limits of the volume group.

    ``vg_maxBWS`` is in MiB/s as documented, or in bytes/s as the in-tree
    driver takes it; the ranges of the two do not meet.
    """
    iops = _number(extra_specs, 'vg_maxIOPS')
    bandwidth = _number(extra_specs, 'vg_maxBWS')
    if bandwidth and bandwidth < MIB:
        bandwidth = MIB * _in_range('vg_maxBWS', bandwidth,
                                    BANDWIDTH_RANGE_MIB_S)
    return QosLimits(
        iops=iops and _in_range('vg_maxIOPS', iops, IOPS_RANGE),
        bandwidth_bytes_s=bandwidth and _in_range(
            'vg_maxBWS', bandwidth,
            [MIB * limit for limit in BANDWIDTH_RANGE_MIB_S]))


def _in_range(key, value, allowed):
    lowest, highest = allowed
    if not lowest <= value <= highest:
        raise exception.InvalidQoSSpecs(reason=_(
            '%(key)s is %(value)s; Purity takes %(lowest)s to %(highest)s.')
            % {'key': key, 'value': value, 'lowest': lowest,
               'highest': highest})
    return value


def _number(specs, key):
    """The number that a key, with or without the scope, has; 0 is None."""
    text = specs.get(SCOPE + key, specs.get(key))
    if text in (None, ''):
        return None
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise exception.InvalidQoSSpecs(reason=_(
            "%(key)s is '%(value)s'; write a whole number.")
            % {'key': key, 'value': text})
    return number or None


def _scaled(value, unit):
    return value * unit if value else None


def _is_true(text):
    operator, _separator, value = text.partition('<is> ')
    return not operator and strutils.bool_from_string(value)


def vendor_properties():
    """:returns: dict of extra spec to what Cinder tells about it"""
    return {SCOPE + name: found for name, found in (
        ('maxIOPS', _vendor_number(
            _('IOPS limit'), _('Most I/O operations a second.'),
            *IOPS_RANGE)),
        ('maxBWS', _vendor_number(
            _('Bandwidth limit'), _('Most MiB a second.'),
            *BANDWIDTH_RANGE_MIB_S)),
        ('maxIOPS_per_GB', _vendor_number(
            _('IOPS limit per GB'), _('The same for each GB of the volume; '
                                      'brought into the range of maxIOPS.'),
            1, IOPS_RANGE[1])),
        ('maxBWS_per_GB', _vendor_number(
            _('Bandwidth limit per GB'), _(
                'The same for each GB of the volume; brought into the range '
                'of maxBWS.'), 1, BANDWIDTH_RANGE_MIB_S[1])),
        ('vg_name', {
            'title': _('Volume group'), 'type': 'string',
            'description': _('Volume group on the array that volumes are '
                             'put into; created when it is needed.')}),
        ('vg_maxIOPS', _vendor_number(
            _('IOPS limit of the volume group'), _(
                'Most I/O operations a second of all its volumes together.'),
            *IOPS_RANGE)),
        ('vg_maxBWS', _vendor_number(
            _('Bandwidth limit of the volume group'), _(
                'Most MiB a second of all its volumes together.'),
            *BANDWIDTH_RANGE_MIB_S)))}


def _vendor_number(title, description, lowest, highest):
    return {'title': title, 'description': description, 'type': 'integer',
            'minimum': lowest, 'maximum': highest}
