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
"""The demo: real Cinder services on two simulated FlashArrays.

usage: python -m tools.demo run|stop --directory DIRECTORY [--keep]
"""

import argparse
import pathlib
import sys

from cinderclient import exceptions
from keystoneauth1 import exceptions as session_exceptions
import requests

from tools.demo import console
from tools.demo import host
from tools.demo import stack
from tools.demo import story
from tools.initiator import connector

FAILURES = (console.DemoFailure, exceptions.ClientException,
            session_exceptions.ClientException, requests.RequestException,
            *connector.FAILURES)


def main():
    """:returns: exit status"""
    parser = argparse.ArgumentParser(prog='tools.demo')
    parser.add_argument('action', choices=['run', 'stop'])
    parser.add_argument('--directory', type=pathlib.Path, required=True)
    parser.add_argument('--keep', action='store_true',
                        help='leave everything up at the end')
    arguments = parser.parse_args()
    console.heed_interrupts()
    printer = console.Console()
    missing = host.missing(arguments.directory)
    demo = stack.Stack(arguments.directory, printer,
                       serves_bytes=not missing)
    if arguments.action == 'stop':
        printer.say('stopped: %s' % (', '.join(demo.stop()) or 'nothing ran'))
        return 0
    return _run(demo, printer, missing, arguments.keep)


def _run(demo, printer, missing, keep):
    try:
        demo.prepare()
    except console.DemoFailure as exc:
        printer.say('FAILED: %s' % exc)
        return 1
    is_kept = False
    try:
        endpoint = story.tell(demo, printer, missing)
        is_kept = keep
    except FAILURES as exc:
        printer.say('FAILED: %s' % exc)
        printer.say('What led to it: %s, and the logs beside it'
                    % console.shown(printer.log_path))
        return 1
    except KeyboardInterrupt:
        printer.say('interrupted')
        return 130
    finally:
        if not is_kept:
            console.ignore_interrupts()
            printer.say('stopped: %s' % ', '.join(demo.stop()))
    if is_kept:
        demo.write_openrc(endpoint)
        printer.say('left up: . %s; cinder list      to end it: '
                    'make demo-stop' % console.shown(demo.openrc))
    printer.say('OK: everything as it should be, %.1f s' % printer.elapsed_s)
    return 0


if __name__ == '__main__':
    sys.exit(main())
