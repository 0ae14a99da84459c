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

// Objects of one array: kinds, search, order, and a page of them.

import * as api from './api.js';
import { $, bar, fill, make, span, state, table } from './dom.js';
import { bytes, day, duration, hour, list, whole } from './format.js';

const LIMIT = 25;
const SEARCH_DELAY_MS = 250;

function life(row) {
  if (row.time_remaining === null || row.time_remaining === undefined) {
    return day(row.created);
  }
  return `destroyed, ${duration(row.time_remaining)} left`;
}

function connections(row) {
  const { total, rows } = row.connections;
  return list(rows.map(one => `${one.to} (LUN ${one.lun}`
    + `${one.is_shared ? ', shared' : ''})`), total);
}

const members = key => row => list(row[key], row[`${key}_total`]);

function groupMembers(row) {
  const key = ['volumes', 'hosts', 'hgroups'].find(one => row[one]);
  return key ? members(key)(row) : '';
}

function initiators(row) {
  const all = [...row.iqn, ...row.wwn, ...(row.nqn || [])];
  return span('code', list(all, row.iqn_total + row.wwn_total
    + (row.nqn_total || 0)));
}

function schedule(row) {
  const parts = [];
  if (row.snap_enabled) {
    parts.push(`snapshot every ${duration(row.snap_frequency)}`);
  }
  if (row.replicate_enabled) {
    parts.push(`replicate every ${duration(row.replicate_frequency)}`);
  }
  return parts.join(', ') || span('soft', 'off');
}

function used(row) {
  return make('div', { class: 'used' },
    row.size ? bar(row.total / row.size) : null,
    span('amount', bytes(row.total)));
}

function progress(row) {
  if (row.progress === null || row.progress === undefined) return '';
  return make('div', { class: 'used' }, bar(row.progress),
    `${Math.round(row.progress * 100)} %, ${bytes(row.data_transferred)}`);
}

function podArrays(row) {
  const cell = span('');
  for (const array of row.arrays) {
    const text = `${array.name} ${array.status}`
      + (array.progress === null || array.progress === undefined
        ? '' : ` ${Math.round(array.progress * 100)} %`)
      + (array.mediator_status === 'unreachable' ? ', no mediator' : '');
    cell.append(state(text, array.status === 'online' ? 'good' : 'warn'), ' ');
  }
  return cell;
}

function status(record) {
  if (record.status === null) return span('bad', 'no answer');
  return span(record.status < 400 ? 'good' : 'bad', String(record.status));
}

const code = key => row => span('code', row[key] || '');
const text = key => row => row[key] || '';

// Kind: title, [heading, cell of a row, class of the cell, key to sort by]
const KINDS = {
  volumes: ['Volumes', [
    ['Name', text('name'), '', 'name'],
    ['Size', row => bytes(row.size), 'number', 'size'],
    ['Used', used, 'number', 'total'],
    ['Connected to', connections], ['Copy of', text('source')],
    ['Serial', code('serial'), 'wide'],
    ['Created (UTC)', life, 'plain', 'created']]],
  snapshots: ['Snapshots', [
    ['Name', text('name'), '', 'name'],
    ['Size', row => bytes(row.size), 'number', 'size'],
    ['Used', used, 'number', 'total'],
    ['Of volume', text('source')],
    ['Created (UTC)', life, 'plain', 'created']]],
  hosts: ['Hosts', [
    ['Name', text('name'), '', 'name'], ['Group', text('hgroup')],
    ['Initiators', initiators], ['Sees', connections]]],
  host_groups: ['Host groups', [
    ['Name', text('name'), '', 'name'], ['Hosts', members('hosts')]]],
  volume_groups: ['Volume groups', [
    ['Name', text('name'), '', 'name'], ['Volumes', members('volumes')]]],
  protection_groups: ['Protection groups', [
    ['Name', text('name'), '', 'name'], ['From', text('source')],
    ['Members', groupMembers],
    ['Targets', row => list((row.targets || []).map(target =>
      `${target.name}${target.allowed ? '' : ' (not allowed)'}`))],
    ['Schedule', schedule]]],
  group_snapshots: ['Group snapshots', [
    ['Name', text('name'), '', 'name'],
    ['Created (UTC)', life, 'plain', 'created'], ['Transfer', progress]]],
  pods: ['Pods', [
    ['Name', text('name'), '', 'name'], ['Arrays', podArrays],
    ['Promotion', text('promotion_status')],
    ['Destroyed', row => row.time_remaining ? life(row) : '']]],
  requests: ['Requests', [
    ['Time (UTC)', row => span('code', hour(row.time)), 'plain'],
    ['Status', status, 'plain'],
    ['Request', row => span('code', `${row.method} ${row.path}`)],
    ['Parameters', row => span('code soft', row.parameters), 'wide'],
    ['REST', text('rest_version'), 'plain'],
    ['Fault', row => span('warn', row.fault || '')],
    ['Client', row => span('soft', row.user_agent), 'wide']]],
};

// What is looked at.
export const wish = { kind: 'volumes', start: 0, search: '', sort: '' };

// Begin anew with what another array or another kind has.
export function reset(kind = 'volumes') {
  Object.assign(wish, { kind, start: 0, search: '', sort: '' });
  $('search').value = '';
}

export const wanted = array => {
  if (!(wish.kind in array.totals)) reset();
  const { kind, ...query } = wish;
  return api.objects(array.name, kind, { limit: LIMIT, ...query });
};

function kindButtons(array, refresh) {
  return Object.entries(KINDS).filter(([kind]) => kind in array.totals)
    .map(([kind, [title]]) => make('button', {
      id: `kind-${kind}`, 'aria-pressed': String(kind === wish.kind),
      click: () => {
        reset(kind);
        refresh();
      } }, title, ' ', span('count', whole(array.totals[kind]))));
}

// Up, down, and back to the newest first.
function turned(key) {
  return { [key]: `-${key}`, [`-${key}`]: '' }[wish.sort] ?? key;
}

function sortButtons(columns, refresh) {
  return columns.filter(([, , , key]) => key).map(([title, , , key]) => {
    const order = { [key]: 'ascending', [`-${key}`]: 'descending' }[wish.sort];
    return make('button', {
      id: `sort-${key}`, 'aria-pressed': String(Boolean(order)),
      'aria-label': `Sort by ${title}${order ? `, now ${order}` : ''}`,
      click: () => {
        Object.assign(wish, { sort: turned(key), start: 0 });
        refresh();
      } }, title.replace(' (UTC)', ''), { ascending: ' ↑',
      descending: ' ↓' }[order] || '');
  });
}

function showPager(page) {
  const end = page.start + page.rows.length;
  const filtered = page.found === page.total ? ''
    : ` (${whole(page.total)} in all)`;
  $('place').textContent = page.found
    ? `${whole(Math.min(page.start + 1, end))}–${whole(end)} of `
      + whole(page.found) + filtered
    : `none${filtered}`;
  const last = Math.max(0, Math.ceil(page.found / LIMIT) - 1) * LIMIT;
  const places = { first: 0, previous: page.start - LIMIT,
    next: page.start + LIMIT, last };
  for (const button of $('pager').querySelectorAll('button')) {
    const place = places[button.dataset.to];
    const isPossible = place !== page.start && place >= 0 && place <= last;
    // Not disabled, as the keyboard would be nowhere then.
    button.setAttribute('aria-disabled', String(!isPossible));
    button.dataset.start = isPossible ? place : '';
  }
}

export function show(array, page, refresh) {
  const [title, columns] = KINDS[wish.kind];
  $('objects-title').textContent = `${title} of ${array.name}`;
  fill($('kinds'), ...kindButtons(array, refresh));
  fill($('sorts'), ...sortButtons(columns, refresh));
  showPager(page);
  fill($('rows'), page.rows.length
    ? table(`${title} of ${array.name}`, columns, page.rows,
      row => row.time_remaining ? 'gone' : null)
    : span('soft', page.total ? 'Nothing is found.'
      : `${array.name} has no ${title.toLowerCase()}.`));
}

export function listen(refresh) {
  // The address tells the array: it is not to tell a place, too.
  $('skip').addEventListener('click', event => {
    event.preventDefault();
    $('objects-title').focus();
  });
  let waiting = 0;
  $('search').addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      Object.assign(wish, { search: $('search').value.trim(), start: 0 });
      refresh();
    }, SEARCH_DELAY_MS);
  });
  $('pager').addEventListener('click', ({ target }) => {
    if (!target.dataset.start) return;
    wish.start = Number(target.dataset.start);
    refresh();
  });
}
