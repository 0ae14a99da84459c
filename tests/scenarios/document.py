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
"""docs/developers/disaster-scenarios.rst, made from the tables."""

import textwrap

from tests.scenarios import cells as names
from tests.scenarios import disasters
from tests.scenarios import fleet
from tests.scenarios import tables

DRIVERS = ('pure_cinder', 'in-tree')
_ABSENT = '--'
_WIDTH = 79
_HEAD = """\
==================
Disaster scenarios
==================

.. Written by tools/disaster-scenarios from tests/scenarios/*.yaml.

What becomes of each operation when something goes wrong: with this driver,
and with the in-tree driver of Cinder 24, the last one that speaks REST 1.x.
Both columns are outcomes of runs. Cinder's own volume manager, with its
database, drives the driver, which talks to simulated arrays over HTTPS; what
volumes hold is looked at on the arrays. ``make demo-failover`` runs the first
column, as ``make test-exhaustive`` does, and ``make conformance`` the second
one.

Each rehearsal goes the same way:

1. *Before*: volumes are created, attached, written to and replicated.
2. *During the disaster*: every operation is tried, then the failover
   (``cinder failover-host`` without a target). If that does not succeed, the
   disaster is put right, and it is tried again (*when mended*).
3. *Failed over*: every operation is tried again. The disaster is still there,
   unless it was put right in step 2.
4. *Failback* is tried during the disaster, and if that does not succeed, when
   mended.
5. *Back home*: the disaster is put right, every operation is tried, then
   everything is detached and deleted. After three days on the arrays' clock,
   *clean-up* tells what is left on any of them.

``I/O`` is that of a volume that was attached before the disaster. Outcomes
are in these words:

"""
_WORDS = (
    ('works on ..., works over ...', 'it was done, and each of these arrays '
     'has it: the volume, the snapshot with the data, the path'),
    ('works, ... to be cleaned', 'it was done, and there is something to '
     'remove on that array'),
    ('refused, names ...', "an error of Cinder's kinds; its text names the "
     'array'),
    ('refused, names no array', 'the same, but the text does not tell which '
     'array is the cause'),
    ('fails (...)', 'an error that is none of Cinder\'s kinds'),
    ('claims success: ...', 'no error, but it was not done'),
    ('all data', 'every volume has what was last written to it'),
    ('data of the last replication', 'every volume has that at least'),
    ('in error: ...', 'the volumes of which this is true are in status '
     'error; the others are not'))


def render():
    lines = [_HEAD + _list_table(('Words', 'Meaning'), _WORDS),
             'The replication is one of\n']
    lines += [_list_table(('Replication', 'Replication devices'), [
        (kind.name, '; '.join(map(_device, kind.devices)))
        for kind in fleet.KINDS.values()])]
    outcomes = {driver: {cell.place: cell.outcome
                         for cell in tables.load(driver)}
                for driver in DRIVERS}
    for disaster in disasters.DISASTERS.values():
        title = disaster.name.capitalize()
        lines.append('%s\n%s\n' % (title, '=' * len(title)))
        lines.append(textwrap.fill(
            disaster.meaning.capitalize() + '.', _WIDTH) + '\n')
        lines.append(_list_table(
            ('Operation', 'When', 'Replication', 'pure_cinder', 'Cinder 24'),
            _rows(disaster.name, outcomes)))
    return '\n'.join(lines)


def _device(device):
    return 'type %s%s to the %s array' % (
        device.kind, ', uniform,' * device.is_uniform,
        fleet.ROLES[device.site])


def _rows(disaster, outcomes):
    for operation in names.OPERATIONS:
        for phase in names.PHASES:
            found = {}
            for kind in fleet.KINDS:
                pair = tuple(outcomes[driver].get(
                    (disaster, kind, operation, phase), _ABSENT)
                    for driver in DRIVERS)
                if pair != (_ABSENT, _ABSENT):
                    found.setdefault(pair, []).append(kind)
            for pair, kinds in found.items():
                yield (operation, phase, 'all' if len(kinds) == len(
                    fleet.KINDS) else ', '.join(kinds), *pair)


def _list_table(head, rows):
    lines = ['.. list-table::', '   :header-rows: 1', '']
    for row in (head, *rows):
        for number, field in enumerate(row):
            lines += textwrap.wrap(
                field, _WIDTH, break_on_hyphens=False,
                initial_indent='     - ' if number else '   * - ',
                subsequent_indent='       ')
    return '\n'.join(lines) + '\n'
