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
"""Volumes that Cinder has, held against those of the arrays."""

import dataclasses

from cinder import exception
from cinder.i18n import _
from oslo_utils import units

from pure_cinder.array import leftovers
from pure_cinder.audit import rows
from pure_cinder.findings import Severity
from pure_cinder import naming
from pure_cinder.types import specs


@dataclasses.dataclass(frozen=True)
class Pair:
    """A row and where it should be.

    :ivar found: models.Volume of that name there, or None
    """

    row: rows.Volume
    contents: object
    found: object

    @property
    def name(self):
        return self.row.provider_id

    @property
    def key(self):
        return naming.name_key(self.row.provider_id)


def check_volumes(audit):
    """See that each volume is there, once, and as big as Cinder says."""
    pairs, missing = [], []
    for volume in audit.database.volumes.values():
        if not volume.is_settled:
            continue
        try:
            contents = audit.home(volume)
        except exception.CinderException as error:
            yield audit.unlike('volumes', volume, error)
            continue
        if contents is not None:
            pair = Pair(volume, contents, contents.volumes.get(
                naming.name_key(volume.provider_id)))
            (pairs if pair.found else missing).append(pair)
    unchanged = audit.database.unchanged([pair.row for pair in missing])
    for pair in audit.confirmed(
            [pair for pair in missing if pair.row.id in unchanged],
            _is_missing):
        yield _missing(audit, pair)
    for check in (_check_size, _check_serial, _check_limits, _check_groups):
        for pair in pairs:
            yield from check(audit, pair)
    for several in audit.database.names_of_several:
        yield audit.finding(
            'names', None, several[0].provider_id,
            _('Several volumes have this name in Cinder: %s.') % ', '.join(
                sorted(volume.id for volume in several)),
            _('Find out whose the volume on the array is, and set '
              'provider_id of the others right in the database.'),
            Severity.ERROR)


def _is_missing(pair):
    return pair.contents.member.gateway.volumes.find(pair.name) is None


def _missing(audit, pair):
    """What has become of a volume that is not there by its name."""
    member = pair.contents.member
    serial = audit.backend.whereabouts.serial(pair.row, member, pair.name)
    elsewhere = pair.contents.by_serial.get(serial)
    if elsewhere:
        return audit.finding(
            'names', member, rows.described(pair.row),
            _('Cinder calls it %(name)s, but by its serial it is '
              '%(elsewhere)s.') % {'name': pair.name,
                                   'elsewhere': elsewhere.name},
            repair=lambda: audit.backend.recovery.find(rows.saved(pair.row)))
    if pair.key in pair.contents.destroyed:
        return audit.finding(
            'volumes', member, rows.described(pair.row),
            _('%s is destroyed, and will be eradicated.') % pair.name,
            _('Take it back, unless it is to be deleted in Cinder, too.'),
            Severity.ERROR, 'purevol recover %s' % pair.name)
    return audit.finding(
        'volumes', member, rows.described(pair.row),
        _('There is no volume %s.') % pair.name,
        _('If it is lost, let Cinder say so, and delete it there.'),
        Severity.ERROR, 'cinder reset-state --state error %s' % pair.row.id)


def _check_size(audit, pair):
    size_bytes, size_gib = pair.found.size_bytes, pair.row.size
    if size_bytes == size_gib * units.Gi:
        return
    cause = _('%(name)s has %(size)s GiB, and %(wanted)d in Cinder.') % {
        'name': pair.name, 'wanted': size_gib,
        'size': '%g' % (size_bytes / units.Gi)}
    subject, member = rows.described(pair.row), pair.contents.member
    if size_bytes < size_gib * units.Gi:
        yield audit.finding(
            'volumes', member, subject, cause,
            _('Give it what its owner pays for.'), Severity.ERROR,
            'purevol setattr --size %dG %s' % (size_gib, pair.name))
    else:
        yield audit.finding(
            'volumes', member, subject, cause,
            _('Let Cinder know; the array has it already.'),
            command='cinder extend %s %d' % (
                pair.row.id, -(-size_bytes // units.Gi)))


def _check_serial(audit, pair):
    serial = audit.backend.whereabouts.serial(
        pair.row, pair.contents.member, pair.name)
    if serial and serial != pair.found.serial:
        yield audit.finding(
            'volumes', pair.contents.member, rows.described(pair.row),
            _('%(name)s is another volume: its serial is %(serial)s, and '
              'Cinder has %(wanted)s.')
            % {'name': pair.name, 'serial': pair.found.serial,
               'wanted': serial},
            _('Do not attach it before it is known whose data it has.'),
            Severity.ERROR)


def _check_limits(audit, pair):
    """See that a volume has the limits of its type, which may have changed.

    Who changed what, the array or the type, is not to be seen.
    """
    limits = pair.contents.limits
    if limits is None or naming.is_in_volume_group(pair.name):
        return
    wanted = audit.backend.types.specs_or_default(pair.row).qos
    has = limits.get(pair.key, specs.UNLIMITED)
    if wanted != has:
        member = pair.contents.member
        yield audit.finding(
            'limits', member, rows.described(pair.row),
            _('%(name)s is limited to %(has)s, and its type to %(wanted)s.')
            % {'name': pair.name, 'has': _told(has),
               'wanted': _told(wanted)},
            _('Limits of a type hold for new volumes. If they are to hold '
              'for this one:'),
            command=leftovers.limited(member.gateway.volumes, pair.name,
                                      wanted).command)


def _check_groups(audit, pair):
    """See that a volume is in the protection groups that it needs."""
    member = pair.contents.member
    has = pair.contents.memberships.get(pair.key, ())
    for pgroup in audit.pgroups_of(pair.row, member):
        if naming.name_key(pgroup) not in has:
            yield audit.finding(
                'groups', member, rows.described(pair.row),
                _('%(name)s is not in protection group %(pgroup)s, so that '
                  'it is neither replicated nor snapshotted with it.')
                % {'name': pair.name, 'pgroup': pgroup},
                _('Its type and group ask for that.'),
                Severity.ERROR,
                leftovers.removed(member.gateway.pgroups, pgroup,
                                  pair.name).command)


def _told(qos):
    """:param qos: specs.QosLimits"""
    return ', '.join(filter(None, (
        qos.iops and _('%d IOPS') % qos.iops,
        qos.bandwidth_bytes_s and _('%d MiB/s') % (
            qos.bandwidth_bytes_s // units.Mi)))) or _('nothing')
