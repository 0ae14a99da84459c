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
"""When groups are due, and how long their snapshots are kept.

Pure functions on a group's row. Ranges and the rule for `*_at` are from the
Ansible modules; when a schedule runs first, and which snapshots of a day are
kept, is inferred.
"""

from flasharray_sim import errors
from flasharray_sim.rules import array_connections
from flasharray_sim.state import replication as rows

DAY_S = 86400
SCHEDULE = ('snap_enabled', 'snap_frequency', 'snap_at', 'replicate_enabled',
            'replicate_frequency', 'replicate_at', 'replicate_blackout')
RETENTION = ('all_for', 'per_day', 'days', 'target_all_for',
             'target_per_day', 'target_days')
_LONGEST_S = 34560000
_RANGES = {
    'snap_frequency': (300, _LONGEST_S),
    'replicate_frequency': (300, _LONGEST_S),
    'snap_at': (0, DAY_S - 1), 'replicate_at': (0, DAY_S - 1),
    'all_for': (1, _LONGEST_S), 'per_day': (0, 1440), 'days': (0, 4000),
}
# The fields of a schedule, by what it does.
KINDS = ('snap', 'replicate')


def parse_schedule(changes: dict, pgroup: rows.Pgroup) -> dict:
    """New fields of SCHEDULE as the row has them; None or "" clears.

    :raises PurityError: out of range, or a time of day without whole days
    """
    fields = {}
    for name, value in changes.items():
        if name == 'replicate_blackout':
            fields[name] = array_connections.parse_window(value, name)
        elif name.endswith('_enabled'):
            fields[name] = bool(value)
        elif name.endswith('_at') and value in (None, ''):
            fields[name] = None
        else:
            fields[name] = _in_range(name, value, pgroup.name)
    for kind in KINDS:
        at, frequency = f'{kind}_at', f'{kind}_frequency'
        frequency_s = fields.get(frequency, getattr(pgroup, frequency))
        if not frequency_s % DAY_S:
            continue
        if fields.get(at) is not None:
            raise errors.refuse(
                'schedule_at_invalid', ctx=pgroup.name, field=at)
        # Ansible ends any schedule by the frequency alone: the time of day
        # that it had goes with the whole days (inferred).
        if frequency in fields:
            fields[at] = None
    return fields


def parse_retention(changes: dict, pgroup: rows.Pgroup) -> dict:
    """New fields of RETENTION as the row has them."""
    return {name: _in_range(name, value, pgroup.name)
            for name, value in changes.items()}


def first_due_s(pgroup: rows.Pgroup, kind: str, now_s: int) -> int | None:
    """When an enabled schedule runs first: now, or at its time of day."""
    if not getattr(pgroup, f'{kind}_enabled'):
        return None
    at_s = getattr(pgroup, f'{kind}_at')
    due_s = now_s if at_s is None else now_s + (at_s - now_s) % DAY_S
    return _after_blackout(pgroup, kind, due_s)


def next_due_s(pgroup: rows.Pgroup, kind: str, now_s: int) -> int:
    """When a schedule that has just run will run again."""
    due_s = now_s + getattr(pgroup, f'{kind}_frequency')
    at_s = getattr(pgroup, f'{kind}_at')
    if at_s is not None:
        due_s -= (due_s - at_s) % DAY_S
    return _after_blackout(pgroup, kind, due_s)


def expiry_s(created_s: int, keeps_of_day: bool, policy) -> int:
    """When a snapshot that follows the retention schedule is destroyed.

    :param keeps_of_day: whether it is one of those kept for days
    :param policy: (all_for, per_day, days)
    """
    all_for, _per_day, days = policy
    return created_s + all_for + (days * DAY_S if keeps_of_day else 0)


def slot(created_s: int, policy) -> int | None:
    """The part of a day of which the first snapshot is kept for days."""
    _all_for, per_day, days = policy
    if not per_day or not days:
        return None
    return created_s * per_day // DAY_S


def policy_of(pgroup: rows.Pgroup) -> tuple[int, int, int]:
    """(all_for, per_day, days) that hold where this group is."""
    if pgroup.is_replica:
        return (pgroup.target_all_for, pgroup.target_per_day,
                pgroup.target_days)
    return pgroup.all_for, pgroup.per_day, pgroup.days


def _in_range(name, value, ctx):
    lowest, highest = _RANGES[name.removeprefix('target_')]
    if value is None or not lowest <= value <= highest:
        raise errors.refuse('schedule_invalid', ctx=ctx, field=name,
                            lowest=lowest, highest=highest)
    return value


def _after_blackout(pgroup, kind, due_s):
    if kind != 'replicate' or pgroup.replicate_blackout is None:
        return due_s
    start_s, end_s = pgroup.replicate_blackout
    length_s = (end_s - start_s) % DAY_S
    since_s = (due_s - start_s) % DAY_S
    return due_s - since_s + length_s if since_s < length_s else due_s
