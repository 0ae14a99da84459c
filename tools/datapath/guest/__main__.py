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

usage: python -m tools.datapath.guest --directory DIRECTORY [--deep]
    [--only SUITE]... [--scenario NAME]...

Each suite has a guest of its own; the deep ones have another kernel, and are
skipped where the machine cannot have that. Ends with 1 at any shortfall, with
2 where the machine cannot have guests.
"""

import argparse
import json
import pathlib
import shutil
import sys
import time
import typing

from tools.datapath.guest import inside
from tools.datapath.guest import kernel
from tools.datapath.guest import uml
from tools.demo import console

REPORT = 'report.txt'


class Suite(typing.NamedTuple):
    """Scenarios that play in one guest.

    :ivar deadline_s: that its guest may take without load; with it, longer
    :ivar programs: what it needs besides what all guests need
    :ivar is_deep: whether it needs a kernel that Debian does not have
    """

    module: str
    deadline_s: int
    programs: tuple = ()
    is_deep: bool = False


SUITES = {
    'iscsi': Suite('iscsi_paths', 480),
    'activecluster': Suite('activecluster_failover', 240),
    'async': Suite('async_failover', 240),
    'nvme': Suite('nvme_paths', 300, ('nvme',), is_deep=True),
    'fc': Suite('fc_paths', 480, ('ip',), is_deep=True),
}
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
    printer = _Printer(options.directory)
    try:
        return _main(options, printer)
    except KeyboardInterrupt:
        printer.say('interrupted')
        return 130
    except (uml.GuestFailure, kernel.KernelFailure) as exc:
        printer.say('FAILED: %s' % exc)
        return 1


def _main(options, printer):
    skipped = {suite: reasons for suite, reasons in (
        (suite, _missing(SUITES[suite])) for suite in options.only) if reasons}
    for suite, reasons in skipped.items():
        printer.say('%-13s SKIPPED    this machine lacks: %s'
                    % (suite, ', '.join(reasons)))
    runs = [_Run(suite, options, printer) for suite in options.only
            if suite not in skipped]
    _play([run for run in runs if not run.suite.is_deep])
    console.heed_interrupts()
    deep = [run for run in runs if run.suite.is_deep]
    if deep and kernel.cached() is None:
        kernel.build(options.directory / 'kernel.log', printer.say)
    _play(deep)
    failed = [run for run in runs if run.has_failed]
    printer.say('%d suites, %d failed, %d skipped, %.0f s; report and logs '
                'are in %s' % (len(options.only), len(failed), len(skipped),
                               printer.elapsed_s, options.directory))
    return int(bool(failed))


def _missing(suite):
    """What this machine lacks for a suite, in words."""
    found = [name for name in suite.programs if not uml.which(name)]
    if suite.is_deep and kernel.cached() is None:
        found += kernel.missing()
    return found


class _Printer(console.Console):
    """What it says is in the report, too."""

    def __init__(self, directory):
        super().__init__()
        directory.mkdir(parents=True, exist_ok=True)
        self._report = directory / REPORT
        self._report.write_text('')

    def say(self, text=''):
        super().say(text)
        with self._report.open('a') as stream:
            print(text, file=stream)


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

    :ivar suite: a Suite
    :ivar has_failed: whether anything is not as it should be
    """

    def __init__(self, name, options, printer):
        self.suite = SUITES[name]
        self.has_failed = False
        self._name = name
        self._printer = printer
        self._scenarios = options.scenario
        self._directory = options.directory / name
        self._outcomes = self._directory / inside.OUTCOMES
        self._told = 0
        self._guest = None

    def start(self):
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        self._guest = uml.Guest(
            self._directory, uml.python(
                'tools.datapath.guest.inside', self.suite.module,
                str(self._directory.resolve()), *self._scenarios),
            kernel.cached() if self.suite.is_deep else uml.KERNEL)
        self._guest.start(self.suite.deadline_s * console.patience())

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
            self._printer.say('%-13s FAILED     %s' % (self._name, failure))
        return status is None

    def _tell(self):
        outcomes = self._read()
        for outcome in outcomes[self._told:]:
            self.has_failed |= bool(outcome['shortfall'])
            self._printer.say('%-13s %-9s %-22s %5.1f s  %s' % (
                self._name,
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
    parser.add_argument('--deep', action='store_true',
                        help='also suites for which a kernel is built')
    parser.add_argument('--only', choices=SUITES, action='append',
                        help='this suite alone')
    parser.add_argument('--scenario', action='append', default=[],
                        help='this scenario alone')
    options = parser.parse_args(arguments)
    options.only = options.only or [
        name for name, suite in SUITES.items()
        if options.deep or not suite.is_deep]
    return options


if __name__ == '__main__':
    sys.exit(main())
