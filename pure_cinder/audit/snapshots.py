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
            if audit.home(snapshot.volume) is None:
                continue
            member = audit.backend.whereabouts.snapshot_member(snapshot)
            name = audit.backend.names.snapshot_name(snapshot)
        except exception.CinderException as error:
            yield audit.unlike('snapshots', snapshot, error)
            continue
        contents = audit.contents.get(member)
        if contents and naming.name_key(name) not in contents.snapshots:
            missing.append((snapshot, member, name))
    for snapshot, member, name in audit.confirmed(missing, _is_missing):
        yield _missing(audit, snapshot, member, name)


def check_groups(audit):
    """See that each group that is one on the arrays, too, is there."""
    backend = audit.backend
    owner = {volume.group_id for volume in audit.database.volumes.values()}
    for group in audit.database.groups.values():
        if group.id not in owner or not backend.group_types.is_consistent(
                group):
            continue
        members = [volume for volume in audit.database.volumes.values()
                   if volume.group_id == group.id and volume.is_settled]
        try:
            home = backend.whereabouts.member_of_all(members)
        except exception.CinderException as error:
            yield audit.finding('groups', None, 'group %s' % group.id,
                                str(error), severity=Severity.ERROR)
            continue
        name = backend.group_types.pgroup(group, home)
        contents = audit.contents.get(home)
        if contents and naming.name_key(name) not in contents.pgroups and (
                home.gateway.pgroups.find(name) is None):
            chosen = ' --vollist ' + ','.join(sorted(
                volume.provider_id for volume in members)) if members else ''
            yield audit.finding(
                'groups', home, 'group %s' % group.id,
                _('There is no protection group %s.') % name,
                _('Make it, with the volumes of the group.'), Severity.ERROR,
                'purepgroup create%s %s' % (chosen, name))


def _is_missing(candidate):
    snapshot, member, name = candidate
    try:
        row = rows.saved(snapshot)
    except exception.NotFound:
        return False
    return row.status == snapshot.status and (
        member.gateway.volumes.find_snapshot(name) is None)


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
