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
"""Rehearse disasters on simulated arrays, and hold them against a table.

usage: python -m tools.demo_failover --directory DIRECTORY
           [--driver pure_cinder|in-tree] [--disaster NAME] [--kind NAME]
           [--record]

Prints a line for each operation of each rehearsal, and a summary. Ends with 1
if anything came out otherwise than the driver's table says.
"""

import argparse
import concurrent.futures
import multiprocessing
import pathlib
import shutil
import signal
import sys
import time

from tests.scenarios import disasters
from tests.scenarios import fleet
from tests.scenarios import tables
from tools.demo_failover import report
from tools.demo_failover import worker

WORKERS = 2


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    directory = options.directory.resolve()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    pairs = [(disaster, kind) for disaster in options.disaster
             for kind in options.kind]
    expected = [cell for cell in tables.load(options.driver)
                if (cell.disaster, cell.kind) in pairs]
    printer = report.Printer(expected, sys.stdout.isatty())
    began_s = time.monotonic()
    cells = []
    try:
        for rehearsed in _rehearse(options.driver, pairs, directory):
            printer.tell(rehearsed)
            cells += rehearsed
    except KeyboardInterrupt:
        print('interrupted')
        return 130
    if options.record:
        tables.save(options.driver, cells)
        print('recorded in %s' % tables.PATHS[options.driver])
        return 0
    shortfalls = tables.shortfalls(cells, expected)
    printer.summarize(pairs, shortfalls, time.monotonic() - began_s)
    report.write(directory, cells, shortfalls)
    print('report: %s/report.txt and report.json, logs beside them'
          % options.directory)
    return int(bool(shortfalls))


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tools.demo_failover')
    parser.add_argument('--directory', type=pathlib.Path, required=True,
                        help='for the report and the logs; made anew')
    parser.add_argument('--driver', choices=tables.PATHS,
                        default='pure_cinder')
    parser.add_argument('--disaster', choices=disasters.DISASTERS,
                        action='append', help='this one alone')
    parser.add_argument('--kind', choices=fleet.KINDS, action='append',
                        help='this kind of replication alone')
    parser.add_argument('--record', action='store_true',
                        help="make the driver's table from what comes out")
    options = parser.parse_args(arguments)
    if options.record and (options.disaster or options.kind):
        parser.error('--record is for the whole table')
    options.disaster = options.disaster or list(disasters.DISASTERS)
    options.kind = options.kind or list(fleet.KINDS)
    return options


def _rehearse(driver, pairs, directory):
    """Play each pair of disaster and kind; yields lists of Cells."""
    with concurrent.futures.ProcessPoolExecutor(
            WORKERS, multiprocessing.get_context('spawn'),
            initializer=worker.initialize) as pool:
        try:
            yield from pool.map(
                worker.rehearse, *zip(*pairs), [driver] * len(pairs),
                [directory] * len(pairs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


if __name__ == '__main__':
    sys.exit(main())
