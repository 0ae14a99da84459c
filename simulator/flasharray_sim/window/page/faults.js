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

// Faults in force, and the forms that change something.

import * as api from './api.js';
import { $, fill, make, span, table } from './dom.js';
import { several, whole } from './format.js';

const STANDING = ['offline', 'failover', 'link_down', 'mediator_down'];
const TIMED = ['latency', 'slow_body', 'failover'];
const FAILOVER_S = 1;

function matter(fault) {
  const parts = [];
  if (fault.kind === 'link_down') parts.push(`to ${fault.peer}`);
  else if (fault.kind === 'mediator_down') parts.push(`of pods ${fault.pod}`);
  else if (!STANDING.includes(fault.kind)) {
    parts.push(fault.method === '*' && fault.path === '*' ? 'every request'
      : `${fault.method} ${fault.path}`);
  }
  if (fault.kind === 'status') parts.push(`${fault.status} ${fault.text}`);
  if (fault.delay_s) parts.push(`${fault.delay_s} s`);
  if (fault.jitter_s) parts.push(`up to ${fault.jitter_s} s more`);
  return parts.join(', ');
}

const hits = fault => STANDING.includes(fault.kind) ? 'stays'
  : fault.count === null ? whole(fault.hits)
    : `${whole(fault.hits)} of ${whole(fault.count)}`;

// Does what a button says, tells how it went, and looks again.
async function attempt(what, refresh) {
  const told = $('told');
  try {
    told.textContent = await what();
    told.className = 'soft';
  } catch (error) {
    told.textContent = error.message;
    told.className = 'bad';
  }
  refresh();
}

// What the buttons of an array's card do.
export const actor = refresh => (what, array) => attempt(async () => {
  if (what.remove) {
    await api.remove(array.name, what.remove.id);
    return `${array.name}: ${what.remove.kind} is over.`;
  }
  if (what.inject) {
    await api.inject(array.name, { kind: what.inject,
      ...(what.inject === 'failover' ? { delay_s: FAILOVER_S } : {}) });
    return `${array.name}: ${what.inject}.`;
  }
  if (what.removeAll) {
    await api.removeAll(array.name);
    return `${array.name} has no faults any more.`;
  }
  await api.endSessions(array.name);
  return `${array.name}: all sessions have ended.`;
}, refresh);

export function faults(element, seen, act) {
  const rows = seen.arrays.flatMap(array => array.faults.map(
    fault => ({ ...fault, array })));
  const columns = [
    ['Array', fault => fault.array.name, 'plain'],
    ['Fault', fault => make('div', {}, fault.kind, ' ',
      span('soft', matter(fault)))],
    ['Hits', hits, 'number'],
  ];
  if (act) {
    columns.push(['', fault => make('button', {
      id: `remove-${fault.array.name}-${fault.id}`,
      'aria-label': `Remove ${fault.kind} of ${fault.array.name}`,
      click: () => act({ remove: fault }, fault.array) }, 'Remove')]);
  }
  fill(element, rows.length ? table(
    `${several(rows.length, 'fault')} in force`, columns, rows)
    : span('soft', 'None: all arrays do what they should.'));
}

function options(select, values, texts = values) {
  const kept = select.value;
  select.replaceChildren(...values.map((value, place) => make(
    'option', { value }, texts[place])));
  if (values.includes(kept)) select.value = kept;
}

function showFields(form) {
  const kind = form.elements.kind.value;
  const has = { requests: !STANDING.includes(kind) };
  for (const field of form.querySelectorAll('[data-of]')) {
    field.hidden = !field.dataset.of.split(' ').some(
      of => of === kind || has[of]);
  }
}

function wanted(form) {
  const { kind, method, path, count, delay_s, status, text, peer, pod } =
    form.elements;
  const fault = { kind: kind.value };
  if (!STANDING.includes(fault.kind)) {
    Object.assign(fault, { method: method.value, path: path.value || '*' });
    if (count.value) fault.count = Number(count.value);
  }
  if (TIMED.includes(fault.kind)) fault.delay_s = Number(delay_s.value);
  if (fault.kind === 'status') {
    Object.assign(fault, { status: Number(status.value), text: text.value });
  }
  if (fault.kind === 'link_down') fault.peer = peer.value || '*';
  if (fault.kind === 'mediator_down') fault.pod = pod.value || '*';
  return fault;
}

// Fills the lists of the forms when there is something new in them.
export function forms(seen) {
  $('actions').hidden = !seen.may_change;
  $('only-look').hidden = seen.may_change;
  const { array, kind } = $('inject').elements;
  const names = seen.arrays.map(one => one.name);
  options(array, [...names, '*'], [...names, 'all']);
  options(kind, seen.fault_kinds);
  showFields($('inject'));
}

export function listen(refresh) {
  const inject = $('inject');
  inject.elements.kind.addEventListener('change', () => showFields(inject));
  inject.addEventListener('submit', event => {
    event.preventDefault();
    attempt(async () => {
      const fault = wanted(inject);
      const name = inject.elements.array.value;
      await api.inject(name, fault);
      return `${name === '*' ? 'All arrays' : name}: ${fault.kind}.`;
    }, refresh);
  });
  const advance = $('advance');
  advance.addEventListener('submit', event => {
    event.preventDefault();
    attempt(async () => {
      const { amount, unit } = advance.elements;
      await api.advance(Number(amount.value) * Number(unit.value));
      return `The clock has moved on by ${amount.value} `
        + `${unit.selectedOptions[0].textContent}.`;
    }, refresh);
  });
}
