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
"""The figure of the driver's wings, drawn from its imports.

One row for each floor, one box for each wing with its modules. An arrow is an
import; one that follows from others is left out, and told in the box.
"""

import dataclasses
import itertools
import textwrap

from tests.compliance import test_wings as wings

WIDTH, BOX_WIDTH, LINE_HEIGHT, GAP, PADDING = 940, 410, 16, 34, 10
LANE = 8
CHARACTERS = 56
BASE = 'base'

STYLE = '''
  text { font: 12px sans-serif; fill: #222 }
  .name { font-weight: bold; font-size: 14px }
  .uses { fill: #777; font-style: italic }
  rect { fill: #f4f7fb; stroke: #5b7fa6 }
  path { stroke: #5b7fa6; fill: none; marker-end: url(#head) }
'''


@dataclasses.dataclass(frozen=True)
class Box:
    """A wing in the figure.

    :ivar lines: list of pairs of a line's class and text
    """

    floor: int
    left: int
    top: int
    height: int
    lines: list

    @property
    def center(self):
        return self.left + BOX_WIDTH // 2

    @property
    def right(self):
        return self.left + BOX_WIDTH

    @property
    def bottom(self):
        return self.top + self.height

    def svg(self):
        yield '<rect x="%d" y="%d" width="%d" height="%d" rx="4"/>' % (
            self.left, self.top, BOX_WIDTH, self.height)
        for number, (style, text) in enumerate(self.lines, 1):
            yield '<text x="%d" y="%d" class="%s">%s</text>' % (
                self.left + PADDING,
                self.top + PADDING + number * LINE_HEIGHT - 4, style, text)


def draw():
    """:returns: the figure as the text of an SVG file"""
    uses = _uses()
    boxes = _boxes(uses)
    height = max(box.bottom for box in boxes.values()) + PADDING
    lanes = itertools.count(WIDTH - LANE, -LANE)
    return '\n'.join([
        '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">' % (
            WIDTH, height),
        '<!-- Made by tools/architecture-figure; a test keeps it current. -->',
        '<style>%s</style>' % STYLE,
        '<defs><marker id="head" markerWidth="8" markerHeight="8" refX="7" '
        'refY="4" orient="auto"><path d="M 1 1 L 7 4 L 1 7" '
        'style="marker-end: none"/></marker></defs>',
        '<rect width="100%" height="100%" style="fill: #fff; stroke: none"/>',
        *itertools.chain.from_iterable(box.svg() for box in boxes.values()),
        *(_arrow(boxes[wing], boxes[used], lanes)
          for wing in uses for used in _drawn(wing, uses)),
        '</svg>', ''])


def _boxes(uses):
    """:returns: dict of wing to Box"""
    boxes, top = {}, PADDING
    for number, wings_ in enumerate(_floors()):
        lines = [_lines(wing, uses[wing]) for wing in wings_]
        height = max(map(len, lines)) * LINE_HEIGHT + 2 * PADDING
        space = (WIDTH - len(wings_) * BOX_WIDTH) // (len(wings_) + 1)
        for column, wing in enumerate(wings_):
            boxes[wing] = Box(number, space + column * (BOX_WIDTH + space),
                              top, height, lines[column])
        top += height + GAP
    return boxes


def _arrow(upper, lower, lanes):
    """From floor to floor straight, past others in a lane at the side."""
    if lower.floor == upper.floor + 1:
        return '<path d="M %d %d L %d %d"/>' % (
            upper.center, upper.bottom, lower.center, lower.top)
    return '<path d="M %d %d H %d V %d H %d"/>' % (
        upper.right, upper.bottom - PADDING, next(lanes),
        lower.top + PADDING, lower.right)


def _floors():
    return [*wings.FLOORS[:-1], (BASE,)]


def _wing_of(module):
    wing = wings.wing_of(module)
    return BASE if wing in wings.FLOORS[-1] else wing


def _modules(wing):
    """Names of the modules of a wing that is more than one."""
    if wing == BASE:
        return sorted(wings.FLOORS[-1])
    prefix = 'pure_cinder.%s.' % wing
    names = [name.removeprefix(prefix) for name in wings.DRIVER
             if name.startswith(prefix)]
    return sorted(name.replace('.', '/') for name in names if not any(
        other.startswith(name + '.') for other in names))


def _uses():
    """:returns: dict of wing to set of the wings that it imports"""
    uses = {wing: set() for floor in _floors() for wing in floor}
    for name in wings.DRIVER:
        if name != 'pure_cinder':
            uses[_wing_of(name)] |= {
                _wing_of(imported) for imported in wings.own_imports(name)}
    return {wing: used - {wing} for wing, used in uses.items()}


def _drawn(wing, uses):
    """The imports of a wing that do not follow from its others."""
    return sorted(used for used in uses[wing] if not any(
        used in _reached(other, uses) for other in uses[wing] - {used}))


def _reached(wing, uses):
    return uses[wing].union(*(_reached(used, uses) for used in uses[wing]))


def _lines(wing, used):
    """:returns: list of pairs of a line's class and text"""
    modules = textwrap.wrap(', '.join(_modules(wing)), CHARACTERS)
    imports = textwrap.wrap('imports %s' % ', '.join(sorted(used)),
                            CHARACTERS) if used else []
    return [('name', wing), *(('modules', line) for line in modules),
            *(('uses', line) for line in imports)]
