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

// Numbers, times and lists as texts.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const SHOWN = 4;

export function bytes(count) {
  if (count === null || count === undefined) return '';
  let unit = 0;
  while (count >= 1024 && unit < UNITS.length - 1) {
    count /= 1024;
    unit += 1;
  }
  return `${Number(count.toFixed(count < 10 ? 2 : 1))} ${UNITS[unit]}`;
}

export const whole = count => count.toLocaleString('en');
export const day = iso => iso ? iso.slice(0, 19).replace('T', ' ') : '';
export const hour = iso => iso.slice(11, 23);

export const several = (count, one, many = `${one}s`) =>
  `${whole(count)} ${count === 1 ? one : many}`;

// How long: 45 s, 5 min, 2 h 10 min, 3 d 4 h.
export function duration(seconds) {
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0 s';
  const [name, size] = units[first];
  const rest = units[first + 1];
  const more = rest && size > 60
    ? Math.floor(seconds % size / rest[1]) : 0;
  return `${Math.floor(seconds / size)} ${name}`
    + (more ? ` ${more} ${rest[0]}` : '');
}

// total: of a list of which only the first ones are known
export function list(names, total = names ? names.length : 0) {
  if (!names || !names.length) return '';
  const shown = names.slice(0, SHOWN);
  const rest = total - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${whole(rest)} more` : '');
}
