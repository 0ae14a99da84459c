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
"""Stories that were written by hand, and what no story can show.

The search has stories of its own (``found.yaml``) for the other faults.

:data STORIES: {id of a fault: (settings.Setting, list of stories.Step)}
:data UNSEEN: {id of a fault: why the explorer does not find it}
"""

from tests.explorer import settings
from tests.explorer import story as stories

Setting = settings.Setting


def told(*lines, **setting):
    """:param lines: texts: a verb, its arguments, maybe ``with`` what"""
    return Setting(**setting), [_step(line) for line in lines]


def _step(line):
    words, _with, during = line.partition(' with ')
    verb, *arguments = words.split(', ')
    return stories.Step(verb, tuple(map(_argument, arguments)), during)


def _argument(word):
    return int(word) if word.isdigit() else {
        'True': True, 'False': False}.get(word, word)


STORIES = {
    'B2': told('create, v1, multiattach', 'attach, v1, m1', 'attach, v1, m1',
               'detach_together, v1'),
    'B3': told('create, v1, plain', 'attach, v1, m1',
               'detach, v1, m1 with away site1 0', 'mend',
               'reset_state, v1', 'attach, v1, m1', 'detach, v1, m1'),
    'B4': told('create, v1, plain', 'attach, v1, m1 with commit 0',
               'delete, v1 with gone site1 2', 'mend', 'delete, v1',
               protocol='FC'),
    'B6': told('create, v1, sync', 'attach, v1, m1',
               'retype, v1, plain, never', 'detach, v1, m1',
               replication='sync uniform'),
    'A11': told('create, v1, plain', 'attach, v1, m1',
                'migrate, v1, other, False'),
    'C6': told('create, v1, async with refused site1 1',
               replication='async'),
    'H5': told('make_foreign, f1, site1, False',
               'manage, v1, f1, gold with kill 6', 'manage, v2, f1, gold'),
    'M1': told('create, v1, async', 'replicate', 'fail_over, site2',
               'fail_over, default with commit 1', 'report',
               'fail_over, default', replication='async', is_cluster=True),
    'M2': told('create, v1, async', 'replicate', 'fail_over, site2',
               'enable', 'snapshot, s1, v1', 'fail_over, default', 'report',
               'replicate', 'fail_over, site2', 'delete_snapshot, s1',
               'report', replication='async'),
    'M3': told('create, v1, async', 'replicate', 'fail_over, site2',
               'enable', 'snapshot, s1, v1', 'fail_over, default', 'report',
               'restart, 0', 'delete_snapshot, s1', 'report',
               replication='async'),
    'M4': told('create, v1, async', 'create, v2, async', 'replicate',
               'fail_over, site2', 'unmanage, v1', 'fail_over, default',
               replication='async'),
    'M5': told('create, v1, plain', 'attach, v1, m1', 'replace_adapter, m1',
               'restart, 0', 'report'),
    'M11': told('create, v1, async', 'replicate', 'fail_over, site2',
                'fail_over, default with commit 1', 'attach, v1, m1',
                replication='async'),
    'M19': told('create, v1, sync', 'attach, v1, m1', 'stop, site2',
                'detach, v1, m1', replication='sync uniform'),
    'M20': told('create, v1, async', 'replicate', 'fail_over, site2',
                'attach, v1, m1', 'write, v1', 'detach, v1, m1',
                'fail_over, default', 'stop, site1', 'fail_over, site2',
                replication='async'),
}
_HEALED = 'the hourly look at all of an array puts it right before it counts'
_WORDS = 'the wording of errors is not judged, but that there is one'
_ONE_KIND = 'all arrays of the stories answer as the simulator does'
_UNMET = 'no story that was tried shows it; it is not known why'
_OPTIONS = 'no story changes that option'
UNSEEN = {
    'A7': 'no array is replaced by another one',
    'A8': _OPTIONS,
    'A10': _OPTIONS,
    'A11': 'Cinder does not migrate attached volumes without Nova',
    'B3': 'the row of the attachment that failed excuses what the machine '
          'has',
    'B4': _UNMET,
    'B6': _HEALED,
    'C2': 'nothing is between the driver and the arrays',
    'C3': 'all time is simulated',
    'C4': 'no answer is well-formed and odd',
    'C5': _WORDS,
    'C7': _WORDS,
    'D1': _ONE_KIND,
    'D2': _ONE_KIND,
    'D3': _ONE_KIND,
    'D4': 'no two operations are done at the same moment',
    'D5': _ONE_KIND,
    'M1': _UNMET,
    'M2': 'no report is made within a failover',
    'M7': 'nobody asks to manage what Cinder has',
    'M8': 'volumes of others are not connected',
    'M12': 'what came home is kept where it was until it has been sent',
    'M14': _OPTIONS,
    'M19': _HEALED,
}
