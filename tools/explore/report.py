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
"""What the explorer covered and found."""

import json
import time

from tests.explorer import shrinking
from tests.explorer import tally as tallies


class Gathered:
    """All that the workers told.

    :ivar found: list of search.Found, one of each kind
    :ivar ended: ids of the processes that came to their end
    :ivar is_incomplete: whether one did not
    """

    def __init__(self, directory, seed):
        self._directory = directory
        self._seed = seed
        self._began_s = time.monotonic()
        self._tally = tallies.Tally()
        self.found = []
        self.ended = set()
        self.is_incomplete = False

    def take(self, process_id, message):
        if message is None:
            self.ended.add(process_id)
        elif isinstance(message, tallies.Sent):
            self._tally.add(message)
        else:
            self._take_found(message)

    def _take_found(self, found):
        kind = shrinking.kind(found.text)
        if kind in {shrinking.kind(each.text) for each in self.found}:
            return
        self.found.append(found)
        path = self._directory / ('story-%d.py' % len(self.found))
        path.write_text(found.script)
        print('\nWENT WRONG after %d steps (seed %d): %s\n'
              'the shortest such story: PYTHONPATH=. python %s\n\n%s'
              % (found.step_count, found.seed, found.text, path,
                 found.script), flush=True)

    def tell(self):
        tally = self._tally
        print('%4d s  %6d steps  %5d stories  %5d states  %5d operations x '
              'circumstances  %d went wrong' % (
                  time.monotonic() - self._began_s, tally.steps,
                  tally.stories, len(tally.states), len(tally.cells),
                  len(self.found)), flush=True)

    def write(self):
        self.tell()
        text = '\n'.join(['seed %d' % self._seed, '',
                          *self._tally.table(), '',
                          *(each.script for each in self.found), ''])
        (self._directory / 'report.txt').write_text(text)
        (self._directory / 'report.json').write_text(json.dumps({
            'seed': self._seed, 'steps': self._tally.steps,
            'stories': self._tally.stories,
            'states': len(self._tally.states),
            'cells': [{'verb': verb, 'circumstance': circumstance,
                       **outcomes} for (verb, circumstance), outcomes
                      in sorted(self._tally.cells.items())],
            'found': [each.text for each in self.found]}, indent=1))
