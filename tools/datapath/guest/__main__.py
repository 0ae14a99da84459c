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
import sys
import time

from tools.datapath.guest import inside
from tools.datapath.guest import uml
from tools.demo import console

# For each suite, its module, and the seconds that its guest may take without
# load; with it, longer.
SUITES = {'iscsi': ('iscsi_paths', 480),
          'activecluster': ('activecluster_failover', 240),
          'async': ('async_failover', 240)}
INTERVAL_S = 0.2


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    missing = uml.missing()
    if missing:
        print('this machine has no guests, it lacks: %s (Debian has them in '
              'the packages %s)' % (', '.join(missing),
                                    ' '.join(uml.PACKAGES)))
        return 2
    console.heed_interrupts()
    printer = console.Console()
    runs = [_Run(suite, options, printer) for suite in options.only]
    try:
        _play(runs)
    except KeyboardInterrupt:
        printer.say('interrupted')
        return 130
    except uml.GuestFailure as exc:
        printer.say('FAILED: %s' % exc)
        return 1
    failed = [run for run in runs if run.has_failed]
    printer.say('%d suites, %d failed, %.0f s; logs are in %s' % (
        len(runs), len(failed), printer.elapsed_s, options.directory))
    return int(bool(failed))


def _play(runs):
    """Let all run, as many at a time as the machine has room for."""
    waiting, running = list(runs), []
    try:
        while waiting or running:
            while waiting and len(running) < uml.AT_A_TIME:
                running.append(waiting.pop(0))
                running[-1].start()
            time.sleep(INTERVAL_S)
            running = [run for run in running if run.is_going_on()]
    finally:
        console.ignore_interrupts()
        for run in running:
            run.end()


class _Run:
    """One suite in its guest; tells outcomes when they are known.

    :ivar has_failed: whether anything is not as it should be
    """

    def __init__(self, suite, options, printer):
        self.has_failed = False
        self._suite = suite
        self._printer = printer
        self._scenarios = options.scenario
        self._directory = options.directory / suite
        self._outcomes = self._directory / inside.OUTCOMES
        self._told = 0
        self._guest = None

    def start(self):
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        module, deadline_s = SUITES[self._suite]
        self._guest = uml.Guest(self._directory, uml.python(
            'tools.datapath.guest.inside', module,
            str(self._directory.resolve()), *self._scenarios))
        self._guest.start(deadline_s * console.patience())

    def end(self):
        if self._guest is not None:
            self._guest.end()

    def is_going_on(self):
        failure = ''
        try:
            status = self._guest.poll()
        except uml.GuestFailure as exc:
            status, failure = 1, str(exc)
        self._tell()
        if status and not failure and not self.has_failed:
            failure = 'the guest has ended with %d, see %s' % (
                status, self._directory / 'log')
        if failure:
            self.has_failed = True
            self._printer.say('%-13s FAILED     %s' % (self._suite, failure))
        return status is None

    def _tell(self):
        outcomes = self._read()
        for outcome in outcomes[self._told:]:
            self.has_failed |= bool(outcome['shortfall'])
            self._printer.say('%-13s %-9s %-22s %5.1f s  %s' % (
                self._suite,
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


if __name__ == '__main__':
    sys.exit(main())
