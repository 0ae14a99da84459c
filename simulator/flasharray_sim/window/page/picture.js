// Licensed under the Apache License, Version 2.0 (the "License"); you may
// not use this file except in compliance with the License. You may obtain
// a copy of the License at
//
//      http://www.apache.org/licenses/LICENSE-2.0
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
// License for the specific language governing permissions and limitations
// under the License.

// The picture of who replicates to whom, and the same as a table.

import { controllers, ports } from './arrays.js';
import { draw, fill, span, state, table } from './dom.js';
import { duration, list, several } from './format.js';

const NODE = { width: 216, height: 92 };
const LABEL = { width: 208, line: 18, pad: 8 };
const NARROW = 700;
const GAP = 26;
const ARROWS = '→↘↓↙←↖↑↗';
const BOTH_WAYS = '↔⤡↕⤢↔⤡↕⤢';
const HOW = { async: 'group', sync: 'pod', link: 'pod link' };
const MEANS = { async: 'snapshots of groups', sync: 'pods on both',
  link: 'pods that follow' };

const lagOf = flow => flow.how === 'sync' ? ''
  : flow.lag_s === null ? 'nothing arrived yet'
    : `lag ${duration(flow.lag_s)}`;

function label(flow) {
  const lag = lagOf(flow);
  return `${several(flow.count, HOW[flow.how])}, `
    + (flow.is_healthy && lag ? lag
      : lag ? `${flow.state}, ${lag}` : flow.state);
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function text(x, y, content, className, anchor = 'start') {
  return draw('text', { x, y, class: className, 'text-anchor': anchor },
    content);
}

function node(array, box) {
  const tone = array.is_online ? 'good' : 'bad';
  const x = box.x + 14;
  return draw('g', {}, draw('title', {}, `${array.name} at `
    + `${array.address}: ${controllers(array)}; ${ports(array)}`),
  draw('rect', { class: `node ${tone}`, rx: 8, x: box.x, y: box.y,
    width: NODE.width, height: NODE.height }),
  draw('circle', { class: tone, cx: x + 4, cy: box.y + 20, r: 4 }),
  text(x + 16, box.y + 25, cut(array.name, 16), 'name'),
  text(box.x + NODE.width - 14, box.y + 25,
    array.is_online ? 'online' : 'offline', tone, 'end'),
  text(x, box.y + 46, cut(controllers(array), 32), 'ink'),
  text(x, box.y + 64, cut(ports(array), 34), 'soft'),
  array.faults.length
    ? text(x, box.y + 82, several(array.faults.length, 'fault'), 'warn')
    : text(x, box.y + 82, 'no faults', 'soft'));
}

// {ends, isUp, flows} of each two arrays that have to do with each other.
function pairs(seen) {
  const found = new Map();
  const at = (one, other) => {
    const key = JSON.stringify([one, other].sort());
    if (!found.has(key)) {
      found.set(key, { ends: [one, other], link: null, flows: [] });
    }
    return found.get(key);
  };
  for (const link of seen.links) at(...link.ends).link = link;
  for (const flow of seen.flows) at(flow.source, flow.target).flows.push(flow);
  return [...found.values()];
}

const centre = box => [box.x + box.width / 2, box.y + box.height / 2];

// angle: of the way from the first end to the second one
function arrow(flow, pair, angle) {
  const turn = flow.source === pair.ends[0] ? 0 : ARROWS.length / 2;
  const place = Math.round(angle / (2 * Math.PI) * ARROWS.length);
  const at = (place + turn + ARROWS.length) % ARROWS.length;
  return (flow.how === 'sync' ? BOTH_WAYS : ARROWS)[at];
}

function labelHeight(pair) {
  const lines = Math.max(1, pair.flows.length);
  return lines * LABEL.line + LABEL.pad * 2;
}

function labelBox(pair, { box, angle }) {
  const isUp = !pair.link || pair.link.is_up;
  const lines = pair.flows.map(flow => [
    `${arrow(flow, pair, angle)} ${label(flow)}`,
    flow.is_healthy ? 'ink' : 'bad']);
  if (!lines.length) {
    lines.push([isUp ? 'connected' : 'not reachable', isUp ? 'soft' : 'bad']);
  }
  return draw('g', {},
    draw('title', {}, pair.flows.map(flow =>
      `${flow.source} to ${flow.target}: ${list(flow.names, flow.count)}, `
      + flow.state).join('; ') || 'no replication'),
    draw('rect', { class: isUp ? 'label' : 'label bad', rx: 6, ...box }),
    ...lines.map(([line, tone], place) => text(
      box.x + box.width / 2, box.y + LABEL.pad + 13 + place * LABEL.line,
      cut(line, 36), tone, 'middle')));
}

// Arrays side by side, or on an ellipse when there are more than two.
function spread(arrays, found, width) {
  const lines = Math.max(1, ...found.map(pair => pair.flows.length));
  const height = arrays.length < 3
    ? Math.max(NODE.height, lines * LABEL.line + LABEL.pad * 2) + 8
    : 330 + Math.max(0, arrays.length - 3) * 60 + lines * LABEL.line;
  const radiusX = Math.min(430, (width - NODE.width) / 2 - 4);
  const radiusY = (height - NODE.height) / 2 - 4;
  const first = arrays.length === 2 ? Math.PI : -Math.PI / 2;
  const boxes = arrays.map((array, place) => {
    const angle = first + place * 2 * Math.PI / arrays.length;
    const isAlone = arrays.length === 1;
    return { width: NODE.width, height: NODE.height,
      x: width / 2 - NODE.width / 2
        + (isAlone ? 0 : radiusX * Math.cos(angle)),
      y: height / 2 - NODE.height / 2
        + (isAlone || arrays.length === 2 ? 0 : radiusY * Math.sin(angle)) };
  });
  const ways = found.map(pair => {
    const [a, b] = pair.places.map(place => centre(boxes[place]));
    const size = { width: LABEL.width, height: labelHeight(pair) };
    return { path: `M${a} L${b}`, angle: Math.atan2(b[1] - a[1], b[0] - a[0]), box: { ...size,
      x: (a[0] + b[0]) / 2 - size.width / 2,
      y: (a[1] + b[1]) / 2 - size.height / 2 } };
  });
  const lowest = Math.max(...[...boxes, ...ways.map(way => way.box)].map(
    box => box.y + box.height));
  return { height: lowest + 4, boxes, ways };
}

// Arrays one below the other, what is between two of them below the lower
// one of them; lines to arrays further up go along the right margin.
function stack(arrays, found, width) {
  const x = Math.max(0, (width - NODE.width) / 2 - 12);
  const ways = [];
  const boxes = [];
  let y = 2;
  arrays.forEach((array, place) => {
    const below = pair => Math.max(...pair.places) === place;
    const isNext = pair => Math.min(...pair.places) === place - 1;
    const put = pair => {
      const box = { x: x + (NODE.width - LABEL.width) / 2, y,
        width: LABEL.width, height: labelHeight(pair) };
      ways[found.indexOf(pair)] = { box,
        angle: isNext(pair) ? Math.PI / 2 : -Math.PI / 2 };
      y += box.height + GAP;
    };
    found.filter(pair => below(pair) && isNext(pair)).forEach(put);
    boxes.push({ x, y, width: NODE.width, height: NODE.height });
    y += NODE.height + GAP;
    found.filter(pair => below(pair) && !isNext(pair)).forEach(put);
  });
  found.forEach((pair, place) => {
    const way = ways[place];
    const [a, b] = [...pair.places].sort().map(at => boxes[at]);
    const far = `H${width - 6 - place * 5} V${centre(way.box)[1]} `
      + `H${way.box.x + way.box.width}`;
    way.path = way.box.y < b.y ? `M${centre(a)} L${centre(b)}`
      : `M${centre(a)} ${far} M${centre(way.box)} L${centre(b)}`;
  });
  return { height: y - GAP + 2, boxes, ways };
}

export function picture(element, seen) {
  const width = Math.max(240, element.clientWidth);
  const names = seen.arrays.map(array => array.name);
  const found = pairs(seen)
    .filter(pair => pair.ends.every(end => names.includes(end)))
    .map(pair => {
      const ends = [...pair.ends].sort(
        (one, other) => names.indexOf(one) - names.indexOf(other));
      return { ...pair, ends, places: ends.map(end => names.indexOf(end)) };
    });
  const { height, boxes, ways } = (width < NARROW ? stack : spread)(
    seen.arrays, found, width);
  const lines = found.map((pair, place) => draw('path', {
    class: !pair.link || pair.link.is_up ? 'way' : 'way bad',
    d: ways[place].path }));
  fill(element, draw('svg', { width, height, role: 'img',
    viewBox: `0 0 ${width} ${height}`,
    'aria-label': 'Arrays and what is replicated between them; '
      + 'the table below says the same' },
  ...lines,
  ...found.map((pair, place) => labelBox(
    pair, ways[place])),
  ...seen.arrays.map((array, place) => node(array, boxes[place]))));
}

const COLUMNS = [
  ['From', flow => flow.source, 'plain'],
  ['To', flow => flow.target, 'plain'],
  ['What', flow => `${MEANS[flow.how]}: ${list(flow.names, flow.count)}`],
  ['State', flow => state(flow.state, flow.is_healthy ? 'good' : 'bad')],
  ['Lag', flow => flow.how === 'sync' ? 'none'
    : flow.lag_s === null ? 'nothing arrived yet' : duration(flow.lag_s),
  'plain'],
];

export function flows(element, seen) {
  const cut = seen.links.filter(link => !link.is_up).map(link =>
    state(`${link.ends.join(' and ')} do not reach each other`, 'bad'));
  fill(element, ...cut, seen.flows.length
    ? table('Replication', COLUMNS, seen.flows)
    : span('soft', seen.links.length ? 'Nothing is replicated.'
      : 'No arrays are connected.'));
}
