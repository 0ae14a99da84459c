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
"""Snapshots and groups that Cinder has, held against those of the arrays."""

from cinder import exception
from cinder.i18n import _

from pure_cinder.audit import rows
from pure_cinder.findings import Severity
from pure_cinder import naming


def check_snapshots(audit):
    """See that each snapshot is there."""
    missing = []
    for snapshot in audit.database.snapshots:
        if not snapshot.is_settled:
            continue
        try:
            member = audit.snapshot_member(snapshot)
            if member not in audit.contents:
                continue
            name = audit.backend.names.snapshot_name(snapshot)
        except exception.CinderException as error:
            yield audit.unlike('snapshots', snapshot, error)
            continue
        if naming.name_key(name) not in audit.contents[member].snapshots:
            missing.append((snapshot, member, name))
    unchanged = audit.database.unchanged([found[0] for found in missing])
    for snapshot, member, name in audit.confirmed(
            [found for found in missing if found[0].id in unchanged],
            _is_missing):
        yield _missing(audit, snapshot, member, name)


def check_groups(audit):
    """See that each group that is one on the arrays, too, is there."""
    members = {}
    for volume in audit.database.volumes.values():
        if volume.group and volume.is_settled:
            members.setdefault(volume.group_id, []).append(volume)
    for group_id, volumes in members.items():
        try:
            homes = {audit.homes.member(volume) for volume in volumes}
        except exception.CinderException:
            # check_volumes tells it.
            continue
        for home in homes & audit.contents.keys():
            yield from _check_group(audit, volumes, home)


def _check_group(audit, volumes, home):
    """:param volumes: those of the group"""
    group, group_types = volumes[0].group, audit.backend.group_types
    if not group_types.is_consistent(group):
        return
    name = group_types.pgroup(group, home)
    if naming.name_key(name) not in audit.contents[home].pgroups and (
            home.gateway.pgroups.find(name) is None):
        yield audit.finding(
            'groups', home, 'group %s' % group.id,
            _('There is no protection group %s.') % name,
            _('Make it, with the volumes of the group.'), Severity.ERROR,
            'purepgroup create --vollist %s %s' % (','.join(sorted(
                volume.provider_id for volume in volumes)), name))


def _is_missing(candidate):
    _snapshot, member, name = candidate
    return member.gateway.volumes.find_snapshot(name) is None


def _missing(audit, snapshot, member, name):
    contents = audit.contents[member]
    serial = audit.backend.whereabouts.serial(snapshot, member, name)
    elsewhere = next((found for found in contents.snapshots.values()
                      if serial and found.serial == serial), None)
    if elsewhere:
        return audit.finding(
            'names', member, rows.described(snapshot),
            _('Cinder calls it %(name)s, but by its serial it is '
              '%(elsewhere)s.') % {'name': name,
                                   'elsewhere': elsewhere.name},
            repair=lambda: audit.backend.recovery.find_snapshot(
                rows.saved(snapshot)))
    return audit.finding(
        'snapshots', member, rows.described(snapshot),
        _('There is no snapshot %s.') % name,
        _('Take it back if it is destroyed ("purevol recover"). If it is '
          'lost, let Cinder say so, and delete it there.'), Severity.ERROR,
        'cinder snapshot-reset-state --state error %s' % snapshot.id)
