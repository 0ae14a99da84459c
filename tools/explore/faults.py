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
"""Look for the faults that the driver had; see docs/developers/explorer.rst.

usage: python -m tools.explore.faults [--steps N] [--seed N] [ID ...]

Takes all mends back at once, and tells stories until one goes wrong that does
not without the faults. Telling it again with half of them, and half of those,
shows which one it is. That one is shrunk, recorded and mended again, and the
search goes on for the others, in the region of one after the other
(tests/explorer/regions.py). Writes tests/explorer/found.yaml and
docs/developers/explorer-faults.rst. Without ids it looks for those that were
not found yet. Ends with 1 if a story goes wrong without any fault, too.
"""

import argparse
import contextlib
import dataclasses
import sys

from tests.explorer import fault_table
from tests.explorer import faults
from tests.explorer import found
from tests.explorer import regions
from tests.explorer import search
from tests.explorer import settings
from tests.explorer import shrinking

STEPS = 12_000


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    known = found.load()
    hunt = _Hunt([faults.BY_ID[each] for each in options.ids] or [
        each for each in faults.FAULTS if each.id in regions.REGIONS
        and not (each.id in known and known[each.id].text)], options)
    hunt.run()
    found.save({**found.load(), **{
        fault.id: found.Hunt(hunt.step_count, options.seed)
        for fault in hunt.hidden}})
    fault_table.write()
    print('not found: %s' % (
        ', '.join(fault.id for fault in hunt.hidden) or 'none'))
    return int(bool(hunt.others))


class _Hunt:
    """The search for several faults at once.

    :ivar hidden: list of Fault that were not found yet
    :ivar others: kinds of what goes wrong without a fault, too
    """

    def __init__(self, wanted, options):
        self.hidden = list(wanted)
        self.others = set()
        self._step_limit = options.steps
        self._seed = options.seed
        self._database = settings.new_database()
        self._searching = search.Search(options.seed, self._database)

    @property
    def step_count(self):
        return self._searching.tally.steps

    def run(self):
        rounds = 0
        while self.hidden and self.step_count < self._step_limit:
            region = regions.of(self.hidden[rounds % len(self.hidden)].id)
            rounds += 1
            with _applied(self.hidden):
                seen = self._searching.tell_some(region)
            if seen:
                self._look_into(dataclasses.replace(
                    seen, steps=shrinking.without_end(seen.steps)))
            print('%6d steps, %d not found' % (
                self.step_count, len(self.hidden)), flush=True)

    def _look_into(self, seen):
        text = self._outcome(seen, [])
        if text:
            self._tell_other(dataclasses.replace(seen, text=text))
            return
        fault = self._guilty(seen)
        if fault is None:
            print('not by one fault alone: %s' % seen.text, flush=True)
            return
        with fault.applied():
            shortest = self._searching.shrunk(seen)
        self.hidden.remove(fault)
        found.save({**found.load(), fault.id: found.Hunt(
            seen.step_count, self._seed, shortest.text, shortest.setting,
            tuple(shortest.steps))})
        fault_table.write()
        print('%s after %d steps: %s' % (
            fault.id, seen.step_count, shortest.text), flush=True)

    def _tell_other(self, seen):
        kind = shrinking.kind(seen.text)
        if kind not in self.others:
            self.others.add(kind)
            print('WITHOUT A FAULT, TOO: %s\n%s' % (seen.text, seen.script),
                  flush=True)

    def _guilty(self, seen):
        """:returns: the Fault that alone makes it go wrong, or None"""
        suspects = list(self.hidden)
        while len(suspects) > 1:
            half = len(suspects) // 2
            for part in suspects[:half], suspects[half:]:
                if self._outcome(seen, part):
                    suspects = part
                    break
            else:
                return None
        return suspects[0]

    def _outcome(self, seen, applied):
        with _applied(applied):
            return shrinking.outcome(seen.setting, seen.steps,
                                     self._database)


@contextlib.contextmanager
def _applied(some):
    with contextlib.ExitStack() as stack:
        for fault in some:
            stack.enter_context(fault.applied())
        yield


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tools.explore.faults')
    parser.add_argument('ids', nargs='*', metavar='ID',
                        help='of a fault; all that were not found otherwise')
    parser.add_argument('--steps', type=int, default=STEPS,
                        help='after which the search is given up')
    parser.add_argument('--seed', type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == '__main__':
    sys.exit(main())
