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
"""What a rehearsal tells its watcher, and what it writes down."""

import dataclasses
import json

_GREEN, _RED, _BOLD, _PLAIN = '\033[32m', '\033[31m', '\033[1m', '\033[0m'
_ABSENT = 'does not come to this'


class Printer:
    """Prints outcomes as they come.

    :param expected: list of Cells that the driver's table holds
    """

    def __init__(self, expected, is_coloured):
        self._expected = expected
        self._is_coloured = is_coloured

    def tell(self, cells):
        """Print one rehearsal, a line for each of its cells."""
        first = cells[0]
        print(self._paint(_BOLD, '\n%s, %s replication' % (
            first.disaster, first.kind)), flush=True)
        wanted = {cell.place: cell.outcome for cell in self._expected}
        for cell in cells:
            is_good = wanted.get(cell.place) == cell.outcome
            print('  %s %-9s %-20s %s' % (
                self._paint(*((_GREEN, 'ok ') if is_good
                              else (_RED, 'NOT'))),
                cell.operation, cell.phase, cell.outcome), flush=True)

    def summarize(self, pairs, shortfalls, seconds):
        """Print how many cells of each rehearsal are as they should be."""
        for line in shortfall_lines(shortfalls):
            print(self._paint(_RED, line))
        kinds = list(dict.fromkeys(kind for _disaster, kind in pairs))
        disasters = list(dict.fromkeys(name for name, _kind in pairs))
        width = max(map(len, disasters))
        print('\n%-*s %s' % (width, '', ' '.join(
            '%-13s' % kind for kind in kinds)))
        for disaster in disasters:
            print('%-*s %s' % (width, disaster, ' '.join(
                self._score(disaster, kind, shortfalls) for kind in kinds)))
        print(self._paint(*(
            (_RED, '\nSHORT of the table in %d places' % len(shortfalls))
            if shortfalls else (_GREEN, '\nOK: all as the table says'))
            ) + ', %.0f s' % seconds)

    def _score(self, disaster, kind, shortfalls):
        wanted = sum((cell.disaster, cell.kind) == (disaster, kind)
                     for cell in self._expected)
        missed = sum((place[0], place[1]) == (disaster, kind)
                     for place, _found, _wanted in map(_told, shortfalls))
        return self._paint(
            _RED if missed else _GREEN,
            '%-13s' % ('%d of %d' % (wanted - missed, wanted)
                       if missed else 'ok (%d)' % wanted))

    def _paint(self, colour, text):
        return colour + text + _PLAIN if self._is_coloured else text


def shortfall_lines(shortfalls):
    """One line for each difference, to be read by itself."""
    return ['%s: %s, but it should be: %s' % (
        ', '.join(place), found, wanted)
        for place, found, wanted in map(_told, shortfalls)]


def write(directory, cells, shortfalls):
    """Write report.txt, for people, and report.json."""
    lines = ['%s: %s' % (', '.join(cell.place), cell.outcome)
             for cell in cells]
    (directory / 'report.txt').write_text('\n'.join([
        *lines, '', '%d shortfalls' % len(shortfalls),
        *shortfall_lines(shortfalls), '']))
    (directory / 'report.json').write_text(json.dumps({
        'cells': [dataclasses.asdict(cell) for cell in cells],
        'shortfalls': [{'place': place, 'found': found, 'wanted': wanted}
                       for place, found, wanted in map(_told, shortfalls)]},
        indent=1))


def _told(shortfall):
    """:returns: place of a shortfall, what came out, what was wanted"""
    found, wanted = shortfall
    return ((found or wanted).place, found.outcome if found else _ABSENT,
            wanted.outcome if wanted else _ABSENT)
