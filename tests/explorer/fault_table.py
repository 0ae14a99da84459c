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
"""docs/developers/explorer-faults.rst: which faults are found, how soon."""

from tests.compliance import test_wings as wings
from tests.explorer import faults
from tests.explorer import found
from tests.explorer import told

PATH = wings.ROOT / 'docs' / 'developers' / 'explorer-faults.rst'
TOP = '''\
==============================
Faults that the explorer finds
==============================

Each of these faults was in the driver once. Its mend is taken back by a patch
(``tests/explorer/faults.py``), and the explorer tells stories until one goes
wrong that does not without the fault. ``python -m tools.explore.faults ID``
does it again; the record, which this page is made from, is
``tests/explorer/found.yaml``, and ``tests/explorer/test_found.py`` tells each
story with the fault and without it.

Found by search
===============

*Steps* are those of all stories until then, with the seed of the record.

'''
BY_HAND = '''
Told by hand
============

The checks see these faults in a story that was written by hand
(``tests/explorer/told.py``); the search did not come across it in so many
steps.

'''
UNSEEN = '''
Not found
=========

'''


def render():
    hunts = found.load()
    found_ones = {each.id: hunts[each.id] for each in faults.FAULTS
                  if each.id in hunts and hunts[each.id].text}
    by_hand = [each for each in faults.FAULTS
               if each.id in told.STORIES and each.id not in told.UNSEEN]
    unseen = [each for each in faults.FAULTS
              if each.id in told.UNSEEN and each.id not in found_ones]
    return ''.join([
        TOP, *_table(('Fault', 'Steps', 'What it did',
                      'The shortest story'), '6 7 37 50', [
            (each.id, str(found_ones[each.id].step_count), each.text,
             _story(found_ones[each.id].setting, found_ones[each.id].steps))
            for each in faults.FAULTS if each.id in found_ones]),
        BY_HAND, *_table(('Fault', 'Steps', 'What it did', 'Story'),
                         '6 7 37 50', [
            (each.id, str(hunts[each.id].step_count) if each.id in hunts
             else 'none', each.text, _story(*told.STORIES[each.id]))
            for each in by_hand]),
        UNSEEN, *_table(('Fault', 'What it did', 'Why it is not found'),
                        '6 42 52', [
            (each.id, each.text, told.UNSEEN[each.id])
            for each in unseen])])


def write():
    PATH.write_text(render(), encoding='utf-8')


def _story(setting, steps):
    told_setting = ', '.join(
        '%s: %s' % pair for pair in found.changed(setting).items())
    return '%s; %s' % (told_setting or 'the usual setting',
                       ', '.join('``%s``' % step for step in steps))


def _table(head, widths, rows):
    yield '.. list-table::\n   :header-rows: 1\n   :widths: %s\n\n' % widths
    for row in (head, *rows):
        for number, cell in enumerate(row):
            yield '   %s %s\n' % (
                '  -' if number else '* -', cell.replace('*', r'\*'))
