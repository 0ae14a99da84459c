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
"""Have the explorer look for faults that the driver had.

usage: python -m tools.explore.faults [--steps N] [--seed N] [ID ...]

Takes one mend back after the other, tells stories until one goes wrong that
does not without the fault, and shrinks it. Writes tests/explorer/found.yaml
and docs/explorer-faults.rst. Without ids it looks for those that were not
found yet. Ends with 1 if a story goes wrong without the fault, too.
"""

import argparse
import dataclasses
import sys

from tests.explorer import fault_table
from tests.explorer import faults
from tests.explorer import found
from tests.explorer import search
from tests.explorer import settings
from tests.explorer import shrinking

STEPS = 1500


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    hunts, others = found.load(), []
    for fault_id in options.ids or [
            each.id for each in faults.FAULTS
            if not (each.id in hunts and hunts[each.id].text)]:
        hunt = _hunted(faults.BY_ID[fault_id], options, others)
        hunts = {**found.load(), fault_id: hunt}
        found.save(hunts)
        fault_table.write()
        print('%-4s %5d steps: %s' % (
            fault_id, hunt.step_count, hunt.text or 'not found'), flush=True)
    for other in others:
        print('\nNOT OF A FAULT: %s\n%s' % (other.text, other.script))
    return int(bool(others))


def _hunted(fault, options, others):
    """:param others: list that gets what goes wrong without it, too

    :returns: found.Hunt
    """
    database = settings.new_database()
    searching = search.Search(options.seed, database)
    while True:
        with fault.applied():
            seen = searching.run(options.steps)
        if not seen:
            return found.Hunt(searching.tally.steps, options.seed)
        told = shrinking.without_end(seen.steps)
        text = shrinking.outcome(seen.setting, told, database)
        if text:
            print('%s: without it, too: %s\n%s' % (
                fault.id, text, shrinking.script(seen.setting, told, text)),
                flush=True)
            others.append(dataclasses.replace(seen, steps=told, text=text))
            continue
        with fault.applied():
            shortest = searching.shrunk(seen)
        return found.Hunt(seen.step_count, options.seed, shortest.text,
                          shortest.setting, tuple(shortest.steps))


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tools.explore.faults')
    parser.add_argument('ids', nargs='*', metavar='ID',
                        help='of a fault; all that were not found otherwise')
    parser.add_argument('--steps', type=int, default=STEPS,
                        help='after which a fault is given up')
    parser.add_argument('--seed', type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == '__main__':
    sys.exit(main())
