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

// One card for each array: its state, its traffic, and its buttons.

import { bar, draw, make, span, state } from './dom.js';
import { bytes, several, whole } from './format.js';

const WIDTH = 240;
const HEIGHT = 44;
const RECENT = 5;
const COUNTED = { volumes: 'volume', snapshots: 'snapshot', hosts: 'host' };

export const faultOf = (array, kind) =>
  array.faults.find(fault => fault.kind === kind);

export function controllers(array) {
  return array.controllers.map(one => `${one.name} `
    + (one.status === 'ready' ? one.mode : 'away')).join(', ');
}

export function ports(array) {
  return array.ports.map(one => `${one.count} ${one.protocol}`
    + (one.failed_over ? ` (${one.failed_over} failed over)` : ''))
    .join(', ');
}

const sum = numbers => numbers.reduce((one, other) => one + other, 0);

function trafficText(traffic) {
  const requests = sum(traffic.requests);
  if (!requests) return 'no requests in two minutes';
  const recent = traffic.requests.slice(-RECENT);
  const rate = sum(recent) / (RECENT * traffic.sample_s);
  const mean = sum(traffic.mean_ms.map(
    (one, place) => one * traffic.requests[place])) / requests;
  const failed = sum(traffic.failed);
  return `${Number(rate.toFixed(1))} requests/s now; in two minutes `
    + `${whole(requests)}, ${Number(mean.toFixed(1))} ms on average, `
    + `${Number(Math.max(...traffic.slowest_ms).toFixed(1))} ms at most`
    + (failed ? `, ${whole(failed)} failed` : '');
}

// Bars are requests, their red part those that failed; lines are latency.
function graph(traffic) {
  const count = traffic.requests.length;
  const step = WIDTH / count;
  const most = Math.max(1, ...traffic.requests);
  const longest = Math.max(1, ...traffic.mean_ms);
  const bars = [];
  for (const [kind, values] of [['asked', traffic.requests],
    ['failed', traffic.failed]]) {
    values.forEach((value, place) => {
      if (!value) return;
      const height = Math.max(1, value / most * HEIGHT);
      bars.push(draw('rect', { class: kind, x: place * step,
        y: HEIGHT - height, width: step - 1, height }));
    });
  }
  const line = traffic.mean_ms.map((value, place) => value
    ? `M${place * step},${HEIGHT - 2 - value / longest * (HEIGHT - 6)}h${step}`
    : '').join('');
  return draw('svg', { class: 'graph', viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none', role: 'img',
    'aria-label': 'Requests (bars) and latency (line)' },
    ...bars, draw('path', { class: 'latency', d: line || 'M0,0' }));
}

function buttons(array, act) {
  const button = (name, text, what) => make('button', {
    id: `${name}-${array.name}`, click: () => act(what, array) }, text);
  const toggle = (name, kind, on, off) => {
    const fault = faultOf(array, kind);
    return fault ? button(name, off, { remove: fault })
      : button(name, on, { inject: kind });
  };
  return make('div', { class: 'buttons', role: 'group',
    'aria-label': `What to do with ${array.name}` },
    toggle('offline', 'offline', 'Take offline', 'Bring back'),
    toggle('failover', 'failover', 'Fail over', 'Restore controller'),
    toggle('links', 'link_down', 'Cut links', 'Mend links'),
    button('sessions', 'End sessions', { endSessions: true }),
    array.faults.length
      ? button('restore', 'Remove faults', { removeAll: true }) : null);
}

export function card(array, isChosen, { choose, act }) {
  const { space, totals } = array;
  const counted = Object.entries(COUNTED).map(
    ([kind, one]) => several(totals[kind], one)).join(', ');
  return make('article', { class: isChosen ? 'array chosen' : 'array' },
    make('div', { class: 'row' },
      make('button', { class: 'name', id: `array-${array.name}`,
        'aria-pressed': String(isChosen),
        title: `Show the objects of ${array.name}`,
        click: () => choose(array.name) }, array.name),
      array.is_online ? state('online', 'good') : state('offline', 'bad'),
      array.faults.length
        ? span('warn', several(array.faults.length, 'fault')) : null),
    make('div', { class: 'soft' }, `Purity ${array.purity_version}, REST `
      + array.rest_version, ' at ', span('code', array.address)),
    make('div', {}, controllers(array)),
    make('div', { class: 'soft' }, ports(array)),
    bar((space.system + space.total) / space.capacity),
    make('div', {}, `${bytes(space.total)} used of ${bytes(space.capacity)}`
      + (space.provisioned === undefined ? ''
        : `, ${bytes(space.provisioned)} provisioned`)),
    make('div', { class: 'soft' }, `${counted}, `
      + several(array.session_count, 'session')),
    graph(array.traffic),
    make('div', { class: 'soft' }, trafficText(array.traffic)),
    act ? buttons(array, act) : null);
}
