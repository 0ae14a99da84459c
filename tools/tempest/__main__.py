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
"""tempest against a stack, and what it came to held against a list.

usage: python -m tools.tempest --directory DIRECTORY --stack DIRECTORY
           [--smoke | --only REGEX] [--concurrency N] [--keep]
"""

import argparse
import pathlib
import sys

from tools.demo import console
from tools.stack import __main__ as stack_main
from tools.stack import stack as stacks
from tools.tempest import expectations
from tools.tempest import results
from tools.tempest import run

STAND_INS = (
    "Stand-ins: Nova's fake driver attaches nothing (what hosts read and "
    'write is for `make datapath`); Neutron is a stub; the bytes of Fibre '
    'Channel and NVMe/TCP travel by iSCSI; os-brick connects by '
    'tools/initiator.')


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    console.heed_interrupts()
    printer = console.Console()
    stack = stacks.Stack(options.stack, printer)
    was_up = bool(stack.running())
    status = stack_main.bring_up(stack, printer)
    if status:
        return status
    try:
        status = _run(stack, printer, options)
    except stacks.FAILURES as exc:
        printer.say('FAILED: %s' % exc)
        status = 1
    except KeyboardInterrupt:
        printer.say('interrupted')
        status = 130
    finally:
        if not (was_up or options.keep):
            console.ignore_interrupts()
            printer.say('stopped: %s' % ', '.join(stack.down()))
    return status


def _run(stack, printer, options):
    expected = expectations.read()
    tempest = run.Tempest(options.directory, printer)
    printer.say()
    printer.say('tempest')
    tempest.prepare(stack.layout)
    began_s = printer.elapsed_s
    tempest.run(options.tests, options.concurrency)
    outcomes = results.read(tempest.junit)
    shortfalls = expectations.shortfalls(
        outcomes, expected, is_whole=options.tests == run.WHOLE)
    summary = results.summary(outcomes, expected, shortfalls, [
        'tempest: %d tests in %.0f s, %d at a time' % (
            len(outcomes), printer.elapsed_s - began_s, options.concurrency),
        STAND_INS])
    report = options.directory / 'report.txt'
    report.write_text(summary)
    printer.say(summary)
    printer.say('report: %s and tempest.xml (JUnit), logs of the services: %s'
                % (report, console.shown(stack.layout.logs)))
    return int(bool(shortfalls))


def _options(arguments):
    parser = argparse.ArgumentParser(prog='make tempest')
    parser.add_argument('--directory', type=pathlib.Path, required=True,
                        help='for the report; made anew')
    parser.add_argument('--stack', type=pathlib.Path, required=True,
                        help='the directory of the stack, which is brought '
                             'up, and taken down if it was not up')
    which = parser.add_mutually_exclusive_group()
    which.add_argument('--smoke', dest='tests', action='store_const',
                       const=run.SMOKE, help='a part, of at most 5 minutes')
    which.add_argument('--only', dest='tests', metavar='REGEX',
                       help='the tests that it finds')
    parser.add_argument('--concurrency', type=int, default=run.CONCURRENCY)
    parser.add_argument('--keep', action='store_true',
                        help='leave the stack up')
    parser.set_defaults(tests=run.WHOLE)
    return parser.parse_args(arguments)


if __name__ == '__main__':
    sys.exit(main())
