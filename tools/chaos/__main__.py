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
"""Operations on real services that are killed meanwhile, and what is left.

usage: python -m tools.chaos run|stop --directory DIRECTORY [--operations N]
           [--minutes N] [--seed N] [--smoke] [--cluster] [--keep]
"""

import argparse
import pathlib
import random
import sys

from tools.chaos import cluster
from tools.chaos import comparison
from tools.chaos import load
from tools.chaos import report
from tools.chaos import run
from tools.chaos import stack as stacks
from tools.demo import console

OPERATIONS, MINUTES = 1000, 14
SMOKE_OPERATIONS, SMOKE_MINUTES = 150, 1.5


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    printer = console.Console()
    stack = stacks.ChaosStack(options.directory, printer)
    if options.action == 'stop':
        console.ignore_interrupts()
        printer.say('stopped: %s' % (
            ', '.join(stack.halt()) or 'nothing ran'))
        return 0
    console.heed_interrupts()
    try:
        return _run(stack, printer, options)
    except (*stacks.FAILURES, comparison.AuditFailure,
            load.Outcome) as exc:
        printer.say('FAILED: %s' % exc)
        printer.say('Logs: %s' % console.shown(stack.layout.logs))
        return 1
    except KeyboardInterrupt:
        printer.say('interrupted')
        return 130
    finally:
        console.ignore_interrupts()
        if not options.keep:
            printer.say('stopped: %s' % ', '.join(stack.halt()))


def _run(stack, printer, options):
    stack.begin_anew()
    if not options.cluster:
        printer.say('SEED=%d repeats what is done and killed' % options.seed)
    stack.up()
    if options.cluster:
        name, result = 'cluster', cluster.Rehearsal(stack, printer).play(
            [options.only] if options.only else cluster.PARTS)
        text = report.cluster_text(result)
    else:
        name, result = 'report', run.play(
            stack, printer, options.seed, options.operations,
            options.minutes * 60)
        text = report.text(result)
    report.write(stack.layout.directory, name, result, text)
    printer.say(text)
    printer.say('%s after %.0f s; report: %s' % (
        'SHORT: %d shortfalls' % len(result.shortfalls)
        if result.shortfalls else 'OK: Cinder and the arrays agree',
        printer.elapsed_s,
        console.shown(stack.layout.directory / (name + '.txt'))))
    return int(bool(result.shortfalls))


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tools.chaos')
    parser.add_argument('action', choices=('run', 'stop'))
    parser.add_argument('--directory', type=pathlib.Path, required=True,
                        help='for all that the run has; made anew')
    parser.add_argument('--operations', type=int)
    parser.add_argument('--minutes', type=float,
                        help='when no more operations begin')
    parser.add_argument('--seed', type=int,
                        default=random.randrange(1 << 16),
                        help='repeats what is done and killed')
    parser.add_argument('--smoke', action='store_true',
                        help='few operations')
    parser.add_argument('--cluster', action='store_true',
                        help='kill one of two in the midst of each kind of '
                             'work instead, and fail over and back')
    parser.add_argument('--only', choices=cluster.PARTS,
                        help='this part of --cluster alone')
    parser.add_argument('--keep', action='store_true',
                        help='leave everything running')
    options = parser.parse_args(arguments)
    operations, minutes = (SMOKE_OPERATIONS, SMOKE_MINUTES) \
        if options.smoke else (OPERATIONS, MINUTES)
    options.operations = options.operations or operations
    options.minutes = options.minutes or minutes
    return options


if __name__ == '__main__':
    sys.exit(main())
