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
"""

import dataclasses
import enum

from cinder import exception
from cinder.i18n import _
from oslo_utils import strutils

MIB = 1024 ** 2
IOPS_RANGE = (100, 100000000)
BANDWIDTH_RANGE_MIB_S = (1, 524288)
QOS_KEYS = ('maxIOPS', 'maxBWS', 'maxIOPS_per_GB', 'maxBWS_per_GB')
VOLUME_GROUP_KEYS = ('flasharray:vg_name', 'flasharray:vg_maxIOPS',
                     'flasharray:vg_maxBWS')


class ReplicationType(enum.Enum):
    """How a volume is replicated; values are those of the extra spec."""

    NONE = None
    ASYNC = 'async'
    SYNC = 'sync'
    TRISYNC = 'trisync'


@dataclasses.dataclass(frozen=True)
class QosLimits:
    """Limits of one volume; ``None`` where the type sets none."""

    iops: int | None = None
    bandwidth_bytes_s: int | None = None


@dataclasses.dataclass(frozen=True)
class VolumeSpecs:
    """A volume type, understood."""

    replication: ReplicationType = ReplicationType.NONE
    qos: QosLimits = QosLimits()
    volume_group: str | None = None


def parse(extra_specs, qos_specs, size_gib):
    """Understand a volume type.

    :param extra_specs: dict of the type's extra specs
    :param qos_specs: dict of its qos-specs, or None
    :param size_gib: size of the volume; limits per GB need it
    :raises InvalidVolumeType: a value that means nothing
    :raises InvalidQoSSpecs: a limit out of Purity's range
    """
    return VolumeSpecs(
        replication=replication_type(extra_specs),
        qos=qos_limits(qos_specs or extra_specs, size_gib),
        volume_group=extra_specs.get('flasharray:vg_name'))


def replication_type(extra_specs):
    """The replication that ``replication_enabled`` and its type ask for.

    :raises InvalidVolumeType: ``replication_type`` is none of the three
    """
    if not _is_true(extra_specs.get('replication_enabled', '')):
        return ReplicationType.NONE
    text = extra_specs.get('replication_type', '<in> async')
    operator, _separator, name = text.partition('<in> ')
    if not operator and name in ('async', 'sync', 'trisync'):
        return ReplicationType(name)
    raise exception.InvalidVolumeType(reason=_(
        "replication_type is '%s'; write '<in> async', '<in> sync' or "
        "'<in> trisync'.") % text)


def qos_limits(specs, size_gib):
    """QoS limits of a volume of ``size_gib``; the lower of both forms.

    :raises InvalidQoSSpecs: not a number, or out of Purity's range
    """
    return QosLimits(
        iops=_limit(specs, 'maxIOPS', IOPS_RANGE, size_gib),
        bandwidth_bytes_s=_scaled(
            _limit(specs, 'maxBWS', BANDWIDTH_RANGE_MIB_S, size_gib), MIB))


def _limit(specs, key, allowed, size_gib):
    """The limit ``key``, or its per-GB form times the size, clamped."""
    lowest, highest = allowed
    fixed = _number(specs, key)
    if fixed and not lowest <= fixed <= highest:
        raise exception.InvalidQoSSpecs(reason=_(
            '%(key)s is %(value)s; Purity takes %(lowest)s to %(highest)s.')
            % {'key': key, 'value': fixed, 'lowest': lowest,
               'highest': highest})
    per_gib = _number(specs, key + '_per_GB')
    scaled = per_gib and max(lowest, min(highest, per_gib * size_gib))
    return min((value for value in (fixed, scaled) if value), default=None)


def _number(specs, key):
    text = specs.get(key)
    if text in (None, ''):
        return None
    try:
        return int(text)
    except ValueError:
        raise exception.InvalidQoSSpecs(reason=_(
            "%(key)s is '%(value)s'; write a whole number.")
            % {'key': key, 'value': text})


def _scaled(value, unit):
    return value * unit if value else None


def _is_true(text):
    operator, _separator, value = text.partition('<is> ')
    return not operator and strutils.bool_from_string(value)
