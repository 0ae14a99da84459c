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

// Making elements. Everything that comes from the arrays becomes text or an
// attribute, never markup.

const SVG = 'http://www.w3.org/2000/svg';

export const $ = id => document.getElementById(id);

function fitted(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== null && value !== false) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

// Attributes that are functions listen to the event of that name.
export function make(tag, attributes = {}, ...children) {
  return fitted(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
  return fitted(document.createElementNS(SVG, tag), attributes, children);
}

export const span = (className, ...children) =>
  make('span', { class: className }, ...children);

export function state(text, tone) {
  return span(tone, make('span', { class: 'dot', 'aria-hidden': 'true' }),
    text);
}

// Replaces what is in an element. Who is there with the keyboard stays at
// what has the same id, or at the element when that is gone.
export function fill(element, ...children) {
  const active = document.activeElement;
  const isInside = active !== element && element.contains(active);
  element.replaceChildren(...children);
  if (isInside) ($(active.id) || element).focus({ preventScroll: true });
}

export function bar(part) {
  const inner = make('div');
  inner.style.minWidth = part > 0 ? '2px' : '0';
  inner.style.width = `${Math.min(100, Math.max(0, part * 100))}%`;
  return make('div', { class: 'bar', 'aria-hidden': 'true' }, inner);
}

// A table that a narrow page shows as a list: each cell bears its heading.
// columns: [heading, cell of a row, class of the cells]
export function table(caption, columns, rows, rowClass = () => null) {
  const head = make('tr', { role: 'row' }, ...columns.map(
    ([heading, , className]) => make('th', {
      class: className || null, role: 'columnheader', scope: 'col' },
      heading)));
  const body = rows.map(row => make(
    'tr', { role: 'row', class: rowClass(row) }, ...columns.map(
      ([heading, cell, className]) => make('td', {
        role: 'cell', class: className || null, 'data-heading': heading },
        make('div', {}, cell(row))))));
  return make('table', { role: 'table' },
    make('caption', { class: 'unseen' }, caption),
    make('thead', { role: 'rowgroup' }, head),
    make('tbody', { role: 'rowgroup' }, ...body));
}
