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
"""What operators are told to do after services were killed.

By docs/operators/stuck-states.rst.
"""

import collections
import threading
import time

from tools.chaos import load
from tools.chaos import settings

# Nothing works on a row any more that has been as it is for so long.
QUIET_S = settings.RPC_TIMEOUT_S
POLL_S = 3
PATIENCE_S = 600
ROUNDS = 5
FINAL = ('available', 'in-use')
# What is there, whatever was to be done to it.
WHOLE = ('extending', 'error_extending', 'attaching', 'detaching', 'reserved',
         'retyping', 'maintenance', 'updating')
RETYPING = 'retyping'
ATTACHED = 'attached'
MIGRATING = ('starting', 'migrating', 'completing')
AT_WORK = ('creating', 'deleting', 'extending', 'attaching', 'detaching',
           'retyping', 'updating', 'reserved')


class Operator:
    """Resets what is stuck, deletes what is of no use.

    :ivar actions: Counter of what was done, in words
    :ivar refusals: list of texts, what was refused
    """

    def __init__(self, cinder, say):
        """:param cinder: cinderclient"""
        self._cinder = cinder
        # Nobody ends an operator's waiting before it is over.
        self._settler = load.Settler(threading.Event(), PATIENCE_S)
        self._say = say
        self.actions = collections.Counter()
        self.refusals = []

    def clean_up(self):
        """Until every row is in a final status, or nothing helps.

        :returns: list of texts that tell what is not
        """
        self.wait_until_quiet()
        for _number in range(ROUNDS):
            left = self.unfinished()
            if not left:
                break
            self._say('to reset or delete: %s' % ', '.join(
                '%d %s' % (count, text) for text, count in
                sorted(collections.Counter(
                    '%s %s' % (kind, row.status)
                    for kind, row in left).items())))
            for kind, row in left:
                self._attempt(kind, row)
            self.wait_until_quiet()
        return ['%s %s: %s' % (kind, row.id, row.status)
                for kind, row in self.unfinished()]

    def unfinished(self):
        """:returns: list of pairs of kind and row, in order of care"""
        return [(kind, row) for kind, rows in self._rows().items()
                for row in rows if is_migrating(row) or row.status not in (
                    (ATTACHED,) if kind == 'attachment' else FINAL)]

    def wait_until_quiet(self):
        """Wait until nothing is at work, or no row changes any more."""
        seen, since_s = None, time.monotonic()
        end_s = since_s + PATIENCE_S
        while time.monotonic() < end_s:
            rows = {(kind, row.id): row.status
                    for kind, found in self._rows().items() for row in found}
            if rows != seen:
                seen, since_s = rows, time.monotonic()
            if time.monotonic() - since_s >= QUIET_S or (
                    not set(rows.values()) & set(AT_WORK)):
                return
            time.sleep(POLL_S)

    def follow(self, command):
        """Do what the audit says is to be typed.

        :returns: whether it is something that is done with Cinder's client
        """
        words = command.split()
        if words[:2] != ['cinder', 'extend']:
            return False
        volume, size = words[2:]
        return self._try('audit: cinder extend', volume, lambda: (
            self._cinder.volumes.extend(volume, int(size)),
            self._settle(volume)))

    def delete_all(self):
        """Delete everything that is there.

        :returns: as of ``clean_up``
        """
        for attachment in self._rows()['attachment']:
            self._try('delete attachment', attachment.id,
                      lambda: self._cinder.attachments.delete(attachment.id))
        for snapshot in self._rows()['group snapshot']:
            self._try('delete group snapshot', snapshot.id, lambda:
                      self._cinder.group_snapshots.delete(snapshot.id))
        self.wait_until_quiet()
        for snapshot in self._rows()['snapshot']:
            self._try('delete snapshot', snapshot.id, lambda:
                      self._cinder.volume_snapshots.delete(snapshot.id))
        self.wait_until_quiet()
        for group in self._rows()['group']:
            self._try('delete group', group.id, lambda:
                      self._cinder.groups.delete(
                          group.id, delete_volumes=True))
        for volume in self._rows()['volume']:
            if not volume.group_id:
                self._try('delete volume', volume.id, lambda:
                          self._cinder.volumes.delete(volume.id))
        self.wait_until_quiet()
        return ['%s %s: %s' % (kind, row.id, row.status)
                for kind, rows in self._rows().items() for row in rows]

    def _rows(self):
        cinder = self._cinder
        end_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                return {'attachment': cinder.attachments.list(detailed=True),
                        'group snapshot': cinder.group_snapshots.list(),
                        'snapshot': cinder.volume_snapshots.list(),
                        'group': cinder.groups.list(),
                        'volume': cinder.volumes.list()}
            except load.REFUSALS as exc:
                if time.monotonic() > end_s:
                    raise
                time.sleep(POLL_S)
                self.refusals.append('list: %s' % exc)

    def _attempt(self, kind, row):
        title = '%s %s' % (kind, row.status)
        self._try(title, row.id, lambda: {
            'attachment': self._delete_attachment,
            'snapshot': self._delete_snapshot,
            'group snapshot': self._delete_group_snapshot,
            'group': self._reset_group,
            'volume': self._reset_volume}[kind](row))

    def _try(self, title, row_id, act):
        try:
            act()
        except (*load.REFUSALS, load.Outcome) as exc:
            self.refusals.append('%s %s: %s' % (title, row_id, exc))
            return False
        self.actions[title] += 1
        return True

    def _delete_attachment(self, row):
        self._cinder.attachments.delete(row.id)

    def _delete_snapshot(self, row):
        if getattr(row, 'group_snapshot_id', None):
            return
        self._cinder.volume_snapshots.reset_state(row.id, 'error')
        self._cinder.volume_snapshots.delete(row.id)

    def _delete_group_snapshot(self, row):
        self._cinder.group_snapshots.reset_state(row.id, 'error')
        self._cinder.group_snapshots.delete(row.id)

    def _reset_group(self, row):
        if row.status in WHOLE:
            self._cinder.groups.reset_state(row.id, 'available')
            return
        self._cinder.groups.reset_state(row.id, 'error')
        self._cinder.groups.delete(row.id, delete_volumes=True)

    def _reset_volume(self, row):
        if is_migrating(row):
            self._cinder.volumes.reset_state(
                row.id, None, migration_status='none')
        elif row.status in WHOLE:
            self._cinder.volumes.reset_state(
                row.id, 'in-use' if row.attachments else 'available')
            if row.status == RETYPING:
                self._retype_twice(row)
        else:
            self._give_up(row)

    def _give_up(self, row):
        self._cinder.volumes.reset_state(row.id, 'error')
        if row.group_id:
            self._cinder.groups.update(row.group_id, remove_volumes=row.id)
            self._settler.settle(
                lambda: self._cinder.groups.get(row.group_id), 'available')
        self._cinder.volumes.delete(row.id, cascade=True)

    def _retype_twice(self, row):
        """To another type, and to the one that it is to have."""
        for name in (load.other_type(row.volume_type), row.volume_type):
            self._cinder.volumes.retype(row.id, name, 'never')
            self._settle(row.id)

    def _settle(self, volume):
        self._settler.settle(lambda: self._cinder.volumes.get(volume), *FINAL)


def is_migrating(row):
    """Whether a volume's row says that it is."""
    return getattr(row, 'migration_status', None) in MIGRATING
