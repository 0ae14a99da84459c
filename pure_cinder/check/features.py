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
"""Whether Purity is new enough for what cinder.conf asks of it."""

from cinder.i18n import _

from pure_cinder import exceptions
from pure_cinder.findings import Severity
from pure_cinder.types import specs

# Option, capability of the array, whether it is asked for, and what it is.
FEATURES = (
    ('replication_device', 'pods', lambda subject, member: (
        member.holds_pod and subject.config.replication.serves(
            specs.ReplicationType.SYNC)), _('synchronous replication')),
    ('replication_device', 'preferred_array', lambda subject, member: (
        bool(subject.fleet.uniform_partners(member))), _('uniform hosts')),
    ('volume_driver', 'nvme', lambda subject, member: (
        subject.backend.protocol.initiator_kind == 'nqn'), _('NVMe')),
)
REMEDY = _('Upgrade Purity, or do without.')


def check_features(subject):
    """See that each array has what the section asks for."""
    for member in subject.reachable:
        array = member.gateway.get_array()
        for option, capability, is_wanted, what in FEATURES:
            if is_wanted(subject, member) and not getattr(
                    array.capabilities, capability):
                yield Severity.ERROR, exceptions.Problem(
                    option, lacking(array, what), REMEDY)
        if not array.capabilities.tags:
            yield Severity.OK, exceptions.Problem(
                member.backend_id, lacking(array, _('tags of volumes')))


def lacking(array, what):
    """:param array: models.ArrayInfo

    :returns: a sentence
    """
    return _('FlashArray %(name)s with Purity %(purity)s has no %(what)s '
             '(REST %(major)d.%(minor)d).') % {
                 'name': array.name, 'purity': array.purity_version,
                 'what': what, 'major': array.rest_version[0],
                 'minor': array.rest_version[1]}


def needed(wanted):
    """What a type needs of an array.

    :param wanted: specs.VolumeSpecs
    :returns: iterator of pairs of a capability and what it is
    """
    both = (wanted.qos, wanted.volume_group_qos)
    if wanted.replication in (specs.ReplicationType.SYNC,
                              specs.ReplicationType.TRISYNC):
        yield 'pods', _('synchronous replication')
    if wanted.volume_group:
        yield 'volume_groups', _('volume groups')
    if wanted.volume_group_qos != specs.UNLIMITED:
        yield 'volume_group_limits', _('limits of volume groups')
    if any(qos.bandwidth_bytes_s for qos in both):
        yield 'bandwidth_limit', _('limits of bandwidth')
    if any(qos.iops for qos in both):
        yield 'iops_limit', _('limits of IOPS')
