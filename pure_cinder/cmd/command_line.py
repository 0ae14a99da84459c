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
"""What both commands have in common: arguments, answers, exit codes."""

import argparse
import logging
import sys
import traceback

from pure_cinder.cmd import backends
from pure_cinder import findings


class Parser(argparse.ArgumentParser):
    """Arguments that make no sense are no finding."""

    def __init__(self, name, description):
        super().__init__(prog=name, description=description,
                         epilog='The exit code is 0 if all is well, 1 after '
                                'warnings, 2 after errors, and 3 if nothing '
                                'can be said.')
        self.add_argument('--config-file', action='append', default=[],
                          help='cinder.conf; may be given several times')
        self.add_argument('--backend', metavar='NAME',
                          help='only this section of cinder.conf')
        self.add_argument('--json', action='store_true',
                          help='findings as JSON')
        self.add_argument('--debug', action='store_true',
                          help='log each request, without secrets, to '
                               'standard error')

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(findings.UNKNOWN, '%s: %s\n' % (self.prog, message))


def run(parser, find, arguments=None):
    """Do what a command is for, and tell the findings.

    :param find: called with the parsed arguments, yields findings.Finding
    :param arguments: those of the process unless given
    :returns: exit code of the process
    """
    parsed = parser.parse_args(arguments)
    # What the driver would log is told as findings.
    logging.getLogger().setLevel(
        logging.DEBUG if parsed.debug else logging.CRITICAL)
    try:
        backends.configure(parsed.config_file)
        found = list(find(parsed))
    except backends.CommandError as error:
        print('%s: %s' % (parser.prog, error), file=sys.stderr)
        return findings.UNKNOWN
    except Exception:
        traceback.print_exc()
        return findings.UNKNOWN
    print(findings.as_json(found) if parsed.json else findings.as_text(found))
    return findings.exit_code(found)
