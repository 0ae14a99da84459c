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
"""The benchmark's figures: as JSON, as a page of the docs, as plots."""

import json
import pathlib
import shutil

DOCS = pathlib.Path(__file__).parent.parent / 'docs' / 'developers'
TIMES, GROWTH = 'performance-times.svg', 'performance-growth.svg'
HEADER = '''\
===========
Performance
===========

.. Written by ``make benchmark``.

Cinder's last driver that speaks REST 1.x, and this one, on one simulator:
they take turns, and both, the arrays and a proxy that delays are processes of
their own. Times are medians, at %(delay)g ms in each direction and, before
the stroke, without delay. ``server`` is what the simulator took for the
requests of this driver, without network; ``floor`` is a round trip for each
request that has to wait for another one. A connection is counted where it was
opened; KiB are with TLS.

.. image:: %(times)s
   :alt: time of each operation, in-tree, here, and the floor

.. image:: %(growth)s
   :alt: time of some operations on arrays of more and more volumes

.. list-table::
   :header-rows: 1

'''
COLUMNS = ('Operation', 'Ratio', 'ms in-tree', 'ms here', 'p99', 'floor',
           'server', 'Requests, connections, KiB in-tree', 'here',
           'CPU ms in-tree, here', 'SQL in-tree, here')


def write(directory, rows, missed):
    """Write all of it, and if the benchmark was whole, the docs.

    :param rows: as benchmarks.drivers.rows_of tells them
    """
    (directory / 'benchmark.json').write_text(json.dumps(
        {'rows': rows, 'missed': missed}, indent=1))
    (directory / 'performance.rst').write_text(page(rows))
    growing = [row for row in rows if row['size']]
    plot_times([row for row in rows if row['delay_s'] and not row['size']],
               directory / TIMES)
    if growing:
        plot_growth(growing, directory / GROWTH)
        for name in ('performance.rst', TIMES, GROWTH):
            shutil.copy(directory / name, DOCS / name)


def page(rows):
    """:returns: text of docs/developers/performance.rst"""
    by_delay = {}
    for row in rows:
        by_delay.setdefault((row['operation'], row['size']), {})[
            bool(row['delay_s'])] = row
    delay_s = max(row['delay_s'] for row in rows)
    return HEADER % {
        'delay': 1000 * delay_s, 'times': TIMES, 'growth': GROWTH} + ''.join(
            _line(cells) for cells in [COLUMNS, *(
                _cells(found[True], found.get(False))
                for found in by_delay.values())])


def _line(cells):
    first, *others = cells
    return ''.join(['   * - %s\n' % first,
                    *('     - %s\n' % cell for cell in others)])


def _cells(late, direct):
    ours, theirs = late['pure_cinder'], late['in-tree']
    name = late['operation'] + (
        ' of %d volumes' % late['size'] if late['size'] else '')

    def both(driver):
        return ' / '.join('%.0f' % (1000 * row[driver]['p50_s'])
                          for row in (direct, late) if row)

    return (name, '%.1f' % (theirs['p50_s'] / ours['p50_s']),
            both('in-tree'), both('pure_cinder'),
            '%.0f' % (1000 * ours['p99_s']),
            '%.0f' % (1000 * late['floor_s']),
            '%.0f' % (1000 * ours['server_s']),
            _traffic(theirs), _traffic(ours),
            '%.0f, %.0f' % (1000 * theirs['cpu_s'], 1000 * ours['cpu_s']),
            '%d, %d' % (theirs['statements'], ours['statements']))


def _traffic(figures):
    return '%d, %d, %.1f' % (figures['requests'], figures['connections'],
                             figures['bytes'] / 1024)


def plot_times(rows, path):
    """Bars for in-tree and here, and a mark for the floor."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(9, 0.32 * len(rows) + 1.5))
    places = range(len(rows))
    for driver, shift, colour in (('in-tree', -0.2, '#b0b0b0'),
                                  ('pure_cinder', 0.2, '#2a6f97')):
        axes.barh([place + shift for place in places],
                  [1000 * row[driver]['p50_s'] for row in rows], 0.38,
                  label=driver, color=colour)
    axes.plot([max(1000 * row['floor_s'], 1) for row in rows], places, 'k|',
              label='floor')
    axes.set_yticks(places, [row['operation'] for row in rows])
    axes.invert_yaxis()
    axes.set_xscale('log')
    axes.set_xlabel('ms')
    axes.legend()
    _save(figure, path)


def plot_growth(rows, path):
    """A line for each driver and operation, over volumes of the array."""
    pyplot = _pyplot()
    names = list(dict.fromkeys(row['operation'] for row in rows))
    figure, all_axes = pyplot.subplots(1, len(names), figsize=(12, 3.2))
    for name, axes in zip(names, all_axes):
        found = [row for row in rows if row['operation'] == name]
        for driver, colour in (('in-tree', '#b0b0b0'),
                               ('pure_cinder', '#2a6f97')):
            axes.plot([row['size'] for row in found],
                      [1000 * row[driver]['p50_s'] for row in found], 'o-',
                      color=colour, label=driver)
        axes.set_title(name.removesuffix(', full array'), fontsize=9)
        axes.set_xlabel('volumes')
        axes.set_ylim(bottom=0)
    all_axes[0].set_ylabel('ms')
    all_axes[0].legend()
    _save(figure, path)


def _pyplot():
    """Imported here, so that the figures can be read without it."""
    import matplotlib
    matplotlib.use('svg')
    matplotlib.rcParams['svg.hashsalt'] = 'benchmark'
    from matplotlib import pyplot
    return pyplot


def _save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={'Date': None})
