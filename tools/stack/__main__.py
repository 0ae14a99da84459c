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
"""A real OpenStack with this driver, on this machine alone.

usage: python -m tools.stack up|down|status|openrc --directory DIRECTORY
"""

import argparse
import pathlib
import sys

from tools.demo import console
from tools.stack import stack as stacks


def main(arguments=None):
    """:returns: exit status"""
    parser = argparse.ArgumentParser(prog='tools.stack')
    parser.add_argument('action', choices=ACTIONS)
    parser.add_argument('--directory', type=pathlib.Path, required=True,
                        help='for all that the stack has')
    options = parser.parse_args(arguments)
    printer = console.Console()
    stack = stacks.Stack(options.directory, printer)
    return ACTIONS[options.action](stack, printer)


def up(stack, printer):
    """Bring it up, or end with nothing running; a next run goes on there."""
    console.heed_interrupts()
    status = bring_up(stack, printer)
    if status == 0:
        printer.say('up after %.0f s: . %s; cinder type-list      '
                    'to end it: make stack-down' % (
                        printer.elapsed_s,
                        console.shown(stack.layout.openrc)))
    return status


def bring_up(stack, printer):
    """:returns: exit status; if that is not 0, nothing runs"""
    try:
        stack.up()
        return 0
    except stacks.FAILURES as exc:
        printer.say('FAILED: %s' % exc)
        printer.say('Logs: %s' % console.shown(stack.layout.logs))
        status = 1
    except KeyboardInterrupt:
        printer.say('interrupted')
        status = 130
    console.ignore_interrupts()
    printer.say('stopped: %s' % ', '.join(stack.halt()))
    printer.say('`make stack` goes on from here, `make stack-down` removes '
                'what was made')
    return status


def down(stack, printer):
    """End everything and remove what it made, but for the logs."""
    console.ignore_interrupts()
    printer.say('stopped: %s' % (', '.join(stack.down()) or 'nothing ran'))
    return 0


def status(stack, printer):
    """Tell what runs; 1 if nothing does."""
    found = stack.memory_mib()
    for name, (count, size) in sorted(found.items()):
        printer.say('%-18s %2d processes %5d MiB' % (name, count, size))
    printer.say('%d programs, %d MiB' % (
        len(found), sum(size for _count, size in found.values())))
    return 0 if found else 1


def openrc(stack, printer):
    """Print what a shell needs for the clients."""
    if not stack.layout.openrc.exists():
        printer.say('no stack is up in %s: make stack'
                    % console.shown(stack.layout.directory))
        return 1
    print(stack.layout.openrc.read_text(), end='')
    return 0


ACTIONS = {'up': up, 'down': down, 'status': status, 'openrc': openrc}

if __name__ == '__main__':
    sys.exit(main())
