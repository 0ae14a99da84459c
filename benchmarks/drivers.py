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
"""Both drivers side by side: ours, and the last one in Cinder that speaks
REST 1.

``make benchmark``. Arrays, a proxy that delays, and each driver are processes
of their own; drivers take turns. Ends with 1 when a line takes longer than
in-tree, or more requests than its budget.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

import yaml

from benchmarks import lines
from benchmarks import report
from tools.conformance import environments

ROOT = pathlib.Path(__file__).parent.parent
# What is not installed beside Cinder 24.
PATH = os.pathsep.join((str(ROOT), str(ROOT / 'simulator')))
BUDGETS = ROOT / 'tests' / 'driver' / 'budgets.yaml'
REQUIREMENTS = ROOT / 'tests' / 'conformance' / 'requirements-cinder24.txt'
DRIVERS = {'pure_cinder': 'pure_cinder.driver',
           'in-tree': 'cinder.volume.drivers.pure'}
DELAYS_S = (0, 0.005)
FULL = 'full'
SIZES = (1_000, 5_000, 20_000)
GROWING = ('report stats', 'list manageable volumes', 'create',
           'attach, iSCSI')
# The arrays that a driver has, by how they replicate.
KINDS = {'': ('alpha',), 'async': ('alpha', 'beta'),
         'sync uniform': ('alpha', 'beta')}
# Their budgets; preparing one takes long.
FAILOVERS = {'fail 100 over, async': [115, 20],
             'fail 100 over again, async': [119, 18]}
NAMES = (
    'create', 'create limited', 'clone', 'clone and grow',
    'create from snapshot', 'extend', 'delete', 'snapshot', 'revert',
    'delete snapshot', 'retype to limits', 'retype to what is the same',
    'manage', 'create, async', 'create, sync', 'delete, sync',
    'retype into, async', 'attach, iSCSI', 'attach to a known machine, iSCSI',
    'detach, iSCSI', 'detach one of two, iSCSI', 'attach, CHAP',
    'attach, Fibre Channel', 'detach, Fibre Channel', 'attach, NVMe',
    'detach, NVMe', 'attach, iSCSI over two arrays',
    'attach to a known machine, iSCSI over two arrays',
    'detach, iSCSI over two arrays',
    'detach one of two, iSCSI over two arrays', 'start again, async',
    'report stats', 'list manageable volumes', 'snapshot group of many',
    'clone group of many', 'create group of many from snapshot',
    'delete group of many', *FAILOVERS)


IMPORT_BOUND_S = 0.3
IMPORT = '''
import time
from cinder import objects
objects.register_all()
from cinder.volume import manager
start_s = time.process_time()
import pure_cinder.driver
print(time.process_time() - start_s)
'''


def import_s(python):
    """CPU seconds that the driver's import takes in Cinder's service."""
    environment = {**os.environ, 'PYTHONPATH': PATH}
    return min(float(subprocess.run(
        [python, '-W', 'ignore', '-c', IMPORT], check=True, text=True,
        capture_output=True, env=environment).stdout)
        for _number in range(3))


class Benchmark:
    """All processes, and what was measured."""

    def __init__(self, python, directory):
        """:param python: with Cinder 24, for both drivers"""
        log = directory / 'processes.log'
        names = [_name_of(driver, kind, name)
                 for driver in DRIVERS for kind, known in KINDS.items()
                 for name in known]
        self._arrays = lines.Child(sys.executable, '-m', 'benchmarks.arrays',
                                   *names, FULL, log=log)
        rows = {row['name']: row for row in self._arrays.ready['arrays']}
        self._proxy = lines.Child(
            sys.executable, '-m', 'benchmarks.proxy',
            *(row['address'] for row in rows.values()), log=log)
        self._drivers = {
            driver: lines.Child(python, '-W', 'ignore', '-m',
                                'benchmarks.driver', module, log=log,
                                PYTHONPATH=PATH)
            for driver, module in DRIVERS.items()}
        for driver, process in self._drivers.items():
            process.ask(
                do='arrays', addresses=self._proxy.ready['addresses'],
                certificate=self._arrays.ready['certificate'],
                control=self._arrays.ready['control'],
                rows={FULL: [rows[FULL]], **{
                    kind: [rows[_name_of(driver, kind, name)]
                           for name in known]
                    for kind, known in KINDS.items()}})
        self.samples = []

    def end(self):
        for process in (*self._drivers.values(), self._proxy, self._arrays):
            process.end()

    def fill(self, count):
        self._arrays.ask(do='fill', name=FULL, count=count)

    def measure(self, name, delay_s, rounds, size=0):
        """Let the drivers take turns; the first round warms up."""
        for number in range(rounds + 1):
            for driver in sorted(self._drivers, reverse=number % 2):
                sample = self._once(driver, name, delay_s)
                if number:
                    self.samples.append({
                        'driver': driver, 'operation': name, 'size': size,
                        'delay_s': delay_s, **sample})

    def _once(self, driver, name, delay_s):
        process = self._drivers[driver]
        process.ask(do='prepare', name=name)
        self._arrays.ask(do='take')
        before = dict(self._proxy.ask(do='counts'))
        self._proxy.ask(do='delay', delay_s=delay_s)
        try:
            sample = process.ask(do='act')
        finally:
            self._proxy.ask(do='delay', delay_s=0)
        after = self._proxy.ask(do='counts')
        return {**sample, **self._arrays.ask(do='take'), **{
            key: after[key] - before[key] for key in after}}


def _name_of(driver, kind, name):
    """What an array is called that only one driver and kind have."""
    return '-'.join((driver, kind or 'one', name)).replace(
        ' ', '-').replace('_', '-')


def rows_of(samples, budgets):
    """One row for each operation, size and delay.

    :returns: list of dicts of figures by driver, with ``budget`` and
        ``floor_s``: what waits for one another, each a round trip
    """
    groups = {}
    for sample in samples:
        key = sample['operation'], sample['size'], sample['delay_s']
        groups.setdefault(key, {}).setdefault(sample['driver'], []).append(
            sample)
    return [{
        'operation': operation, 'size': size, 'delay_s': delay_s,
        'budget': budgets[operation],
        'floor_s': 2 * delay_s * budgets[operation][1],
        **{driver: _figures(found) for driver, found in by_driver.items()}}
        for (operation, size, delay_s), by_driver in groups.items()]


def _figures(samples):
    walls = sorted(sample['wall_s'] for sample in samples)
    return {'p50_s': statistics.median(walls), 'p99_s': walls[-1], **{
        key: statistics.median(sample[key] for sample in samples)
        for key in ('requests', 'connections', 'bytes', 'statements',
                    'cpu_s', 'server_s')}}


def shortfalls(rows):
    """What is slower than in-tree, or above its budget, in words."""
    found = []
    for row in rows:
        ours, theirs = row['pure_cinder'], row['in-tree']
        if row['delay_s'] and ours['p50_s'] > theirs['p50_s']:
            found.append('%s, %d volumes: %.0f ms, in-tree %.0f ms' % (
                row['operation'], row['size'], 1000 * ours['p50_s'],
                1000 * theirs['p50_s']))
        if not row['size'] and ours['requests'] > row['budget'][0]:
            found.append('%s: %d requests, the budget is %d' % (
                row['operation'], ours['requests'], row['budget'][0]))
    return found


def run(benchmark, names, rounds, sizes):
    start_s = time.monotonic()

    def tell(text):
        print('%4.0f s  %s' % (time.monotonic() - start_s, text), flush=True)

    for name in names:
        tell(name)
        if name in FAILOVERS:
            benchmark.measure(name, DELAYS_S[-1], 1)
            continue
        for delay_s in DELAYS_S:
            benchmark.measure(name, delay_s, rounds)
    for size in sizes:
        tell('an array of %d volumes' % size)
        benchmark.fill(size)
        for name in GROWING:
            benchmark.measure(name + ', full array', DELAYS_S[-1], 2, size)
    tell('done')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--directory', type=pathlib.Path,
                        default=ROOT / 'build' / 'benchmark')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--only', action='append', choices=NAMES,
                        help='this operation, and no growing array')
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    python = environments.make_venv(options.directory / 'cinder24',
                                    REQUIREMENTS)
    benchmark = Benchmark(python, options.directory)
    try:
        run(benchmark, options.only or NAMES, options.rounds,
            () if options.only else SIZES)
    finally:
        benchmark.end()
    budgets = yaml.safe_load(BUDGETS.read_text())
    budgets.update({name + ', full array': budgets[name]
                    for name in GROWING}, **FAILOVERS)
    rows = rows_of(benchmark.samples, budgets)
    missed, seconds = shortfalls(rows), import_s(python)
    print('import of the driver: %.2f s of CPU' % seconds)
    if seconds > IMPORT_BOUND_S:
        missed.append('the import takes %.2f s of CPU' % seconds)
    report.write(options.directory, rows, missed)
    for shortfall in missed:
        print('MISSED: %s' % shortfall)
    print('report: %s' % options.directory)
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
