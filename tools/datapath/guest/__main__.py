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
"""Real initiators and multipath devices, in guests of this machine.

usage: python -m tools.datapath.guest --directory DIRECTORY [--only SUITE]...
    [--scenario NAME]...

Each suite has a guest of its own. Ends with 1 at any shortfall, with 2 where
the machine cannot have guests.
"""

import argparse
import json
import pathlib
import shutil
import signal
import sys

from tools.datapath.guest import inside
from tools.datapath.guest import uml
from tools.demo import console

# For each suite, how long its guest may take in seconds.
SUITES = {'iscsi': 600, 'activecluster': 420, 'async': 420}
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    missing = uml.missing()
    if missing:
        print('this machine has no guests, it lacks: %s (Debian has them in '
              'the packages %s)' % (', '.join(missing),
                                    ' '.join(uml.PACKAGES)))
        return 2
    for number in INTERRUPTS:
        signal.signal(number, _interrupt)
    printer = console.Console()
    try:
        results = [_Run(suite, options, printer).play()
                   for suite in options.only]
    except KeyboardInterrupt:
        printer.say('interrupted')
        return 130
    failed = [result for result in results if result]
    printer.say('%d suites, %d failed, %.0f s; logs are in %s' % (
        len(results), len(failed), printer.elapsed_s, options.directory))
    return int(bool(failed))


class _Run:
    """One suite in its guest; tells outcomes when they are known."""

    def __init__(self, suite, options, printer):
        self._suite = suite
        self._printer = printer
        self._scenarios = options.scenario
        self._directory = options.directory / suite
        self._outcomes = self._directory / inside.OUTCOMES
        self._told = 0

    def play(self):
        """:returns: whether anything is not as it should be"""
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        self._printer.say('== %s' % self._suite)
        guest = uml.Guest(self._directory, uml.python(
            'tools.datapath.guest.inside', self._suite,
            str(self._directory.resolve()), *self._scenarios))
        try:
            status = guest.run(SUITES[self._suite], self._tell)
        except uml.GuestFailure as exc:
            self._printer.say('FAILED   %s' % exc)
            return True
        if status and not any(outcome['shortfall']
                              for outcome in self._read()):
            self._printer.say('FAILED   the guest has ended with %d, see %s'
                              % (status, self._directory / 'log'))
        return bool(status)

    def _tell(self):
        outcomes = self._read()
        for outcome in outcomes[self._told:]:
            self._printer.say('%-9s %-16s %5.1f s  %s' % (
                'SHORTFALL' if outcome['shortfall'] else 'ok',
                outcome['name'], outcome['seconds'],
                outcome['shortfall'] or outcome['title']))
        self._told = len(outcomes)

    def _read(self):
        """Outcomes so far; the guest may be writing another one."""
        if not self._outcomes.exists():
            return []
        lines = self._outcomes.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith('\n')]


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tools.datapath.guest')
    parser.add_argument('--directory', type=pathlib.Path, required=True,
                        help='for the logs, each suite in one of its own')
    parser.add_argument('--only', choices=SUITES, action='append',
                        help='this suite alone')
    parser.add_argument('--scenario', action='append', default=[],
                        help='this scenario alone')
    options = parser.parse_args(arguments)
    options.only = options.only or list(SUITES)
    return options


def _interrupt(*_args):
    raise KeyboardInterrupt


if __name__ == '__main__':
    sys.exit(main())
