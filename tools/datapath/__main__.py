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
"""Real bytes through the real Cinder, over real iSCSI, on this machine.

usage: python -m tools.datapath --directory DIRECTORY [--only NAME]...

Plays scenarios in which what was written has to be what is read. Ends with 1
at any shortfall, with 2 where the machine has no data path.
"""

import argparse
import pathlib
import sys

from tools.datapath import report
from tools.datapath import runner
from tools.datapath import stack
from tools.demo import console
from tools.initiator import machine


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    missing = machine.missing()
    if missing:
        print('this machine has no data path, it lacks: %s'
              % ', '.join(missing))
        return 2
    console.heed_interrupts()
    printer = console.Console()
    datapath = stack.DataPathStack(options.directory, printer)
    outcomes = []
    try:
        datapath.prepare()
        status = _run(datapath, printer, options.only, outcomes)
    except KeyboardInterrupt:
        printer.say('interrupted')
        status = 130
    finally:
        console.ignore_interrupts()
        datapath.stop()
    report.write(datapath.directory, outcomes, printer.elapsed_s)
    printer.say('report: %s/report.txt and report.json, logs beside them'
                % options.directory)
    return status


def _run(datapath, printer, names, outcomes):
    played = runner.Runner(datapath, printer)
    try:
        played.bring_up()
    except runner.FAILURES as exc:
        printer.say('FAILED: %s' % exc)
        return 1
    for outcome in played.play(names):
        outcomes.append(outcome)
        printer.say('         ' + report.heading(outcome))
    shortfalls = [outcome for outcome in outcomes if outcome.shortfall]
    printer.say('%d scenarios, %d shortfalls, %.0f s' % (
        len(outcomes), len(shortfalls), printer.elapsed_s))
    return int(bool(shortfalls))


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tools.datapath')
    parser.add_argument('--directory', type=pathlib.Path, required=True,
                        help='for the report and the logs; made anew')
    parser.add_argument('--only', choices=runner.SCENARIOS, action='append',
                        help='this scenario alone')
    options = parser.parse_args(arguments)
    options.only = options.only or list(runner.SCENARIOS)
    return options


if __name__ == '__main__':
    sys.exit(main())
