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
"""Let each request of each operation fail, and hold that against a table.

usage: python -m tools.failure_matrix [--driver pure_cinder|in-tree]
           [--operation NAME ...] [--fault NAME ...] [--slice] [--record]
           [--missing]

It runs for half an hour. Prints a line for each operation; what is wrong with
this driver, request by request. Ends with 1 if anything came out otherwise
than the driver's table says.
"""

import argparse
import concurrent.futures
import multiprocessing
import sys

from tests.failure_matrix import faults
from tests.failure_matrix import tables
from tests import operations
from tests import products
from tools.failure_matrix import worker

WORKERS = 2
NAMES = [operation.name for operation in operations.OPERATIONS]


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    found = {}
    for name, cells, wrong in _rehearse(options):
        found.setdefault(name, {}).update(cells)
        print('%s: %s' % (name, cells), flush=True)
        if options.driver == 'pure_cinder':
            print(''.join('    %s\n' % text for text in wrong), end='')
        if options.record:
            tables.save(options.driver, {name: cells})
    if options.record:
        print('recorded in %s' % tables.PATHS[options.driver])
        return 0
    expected = tables.load(options.driver)
    short = [(name, fault, outcome, expected[name][fault])
             for name, cells in found.items()
             for fault, outcome in cells.items()
             if outcome != expected[name][fault]]
    for shortfall in short:
        print('%s, %s: %s, but it should be: %s' % shortfall)
    return int(bool(short))


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tools.failure_matrix')
    parser.add_argument('--driver', choices=tables.PATHS,
                        default='pure_cinder')
    parser.add_argument('--operation', choices=NAMES, action='append',
                        metavar='NAME', help='this one alone')
    parser.add_argument('--fault', choices=faults.FAULTS, action='append',
                        metavar='NAME', help='this one alone')
    parser.add_argument('--slice', action='store_true',
                        help='what `make test` tries alone')
    parser.add_argument('--record', action='store_true',
                        help="put what comes out into the driver's table")
    parser.add_argument('--missing', action='store_true',
                        help='operations that the table has not, alone')
    return parser.parse_args(arguments)


def _rehearse(options):
    """Yields what the worker returns."""
    pairs = [(name, options.fault or list(faults.FAULTS))
             for name in options.operation or NAMES
             if not (options.missing and name in tables.load(
                 options.driver))]
    if options.slice:
        pairs = [(operation.name, [fault]) for operation, fault
                 in products.turns(operations.OPERATIONS,
                                   faults.FAULTS)]
    with concurrent.futures.ProcessPoolExecutor(
            WORKERS, multiprocessing.get_context('spawn'),
            initializer=worker.initialize) as pool:
        try:
            yield from pool.map(worker.rehearse,
                                [options.driver] * len(pairs), *zip(*pairs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


if __name__ == '__main__':
    sys.exit(main())
