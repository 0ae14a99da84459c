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
"""pure-cinder-audit: Cinder's database against the arrays, both ways.

It changes nothing, unless ``--repair`` is given.
"""

import contextlib
import sys

from cinder import coordination

from pure_cinder.audit import run
from pure_cinder.cmd import backends
from pure_cinder.cmd import command_line


def main(arguments=None):
    """:returns: exit code of the process"""
    parser = command_line.Parser(
        'pure-cinder-audit',
        "Hold Cinder's database against what FlashArrays have, both ways. "
        'Nothing is changed, unless --repair is given.')
    parser.add_argument('--repair', action='store_true',
                        help='put right what is safe to, and tell what is '
                             'left to a person')
    return command_line.run(parser, find, arguments)


def find(arguments):
    """:returns: iterator of findings.Finding"""
    with _coordinating() if arguments.repair else contextlib.nullcontext():
        for section in backends.load(arguments.backend):
            yield from section.findings
            if section.backend:
                yield from run.audit(section.backend, arguments.repair, tell)


def tell(member, what, count):
    """A word of progress, apart from what is found."""
    print('%s: %d %s read' % (member.backend_id, count, what),
          file=sys.stderr, flush=True)


@contextlib.contextmanager
def _coordinating():
    """Hold the locks that the services hold, too."""
    coordination.COORDINATOR.start()
    try:
        yield
    finally:
        coordination.COORDINATOR.stop()
