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

// Looks at the simulator again and again, and shows what has changed.

import * as api from './api.js';
import { card } from './arrays.js';
import { $, fill, state } from './dom.js';
import * as faults from './faults.js';
import { day } from './format.js';
import * as objects from './objects.js';
import { flows, picture } from './picture.js';

const INTERVAL_MS = 2000;
const drawn = {};
let seen = null;
let isLooking = false;
let isWanted = false;
let isPressed = false;

// Draws a part of the page if what it shows is not there yet.
function show(part, content, drawing) {
  const found = JSON.stringify(content);
  if (drawn[part] === found) return;
  drawing();
  drawn[part] = found;
}

function choose(name) {
  location.hash = encodeURIComponent(name);
}

const chosen = () => seen.arrays.find(
  array => encodeURIComponent(array.name) === location.hash.slice(1))
  || seen.arrays[0];

function showPicture() {
  show('picture', [seen.arrays.map(
    array => ({ ...array, traffic: null, space: null })),
  seen.links, seen.flows, $('picture').clientWidth], () => {
    picture($('picture'), seen);
    flows($('flows'), seen);
  });
}

function showAll(array, page) {
  const act = seen.may_change ? faults.actor(refresh) : null;
  $('now').textContent = day(seen.now);
  showPicture();
  show('faults', [seen.may_change, seen.arrays.map(
    one => [one.name, one.faults])],
    () => faults.faults($('faults'), seen, act));
  show('forms', [seen.may_change, seen.arrays.map(one => one.name)],
    () => faults.forms(seen));
  show('arrays', [array.name, seen.may_change, seen.arrays], () => fill(
    $('arrays'), ...seen.arrays.map(one => card(
      one, one === array, { choose, act }))));
  show('objects', [array.name, array.totals, objects.wish, page],
    () => objects.show(array, page, refresh));
}

async function look() {
  seen = await api.snapshot();
  const array = chosen();
  const page = await objects.wanted(array);
  // A button that is replaced between press and release is not clicked.
  if (!isPressed) showAll(array, page);
}

// One look at a time; a wish that comes meanwhile is one more look.
async function refresh() {
  isWanted = true;
  if (isLooking) return;
  isLooking = true;
  while (isWanted) {
    isWanted = false;
    let found = ['live', 'good'];
    try {
      await look();
    } catch (error) {
      found = ['not reachable, trying again', 'bad'];
      console.debug(error);
    }
    show('live', found, () => $('live').replaceChildren(state(...found)));
  }
  isLooking = false;
}

addEventListener('hashchange', () => {
  objects.reset();
  refresh();
});
for (const [event, value] of [['pointerdown', true], ['pointerup', false],
  ['pointercancel', false], ['keydown', true], ['keyup', false],
  ['blur', false]]) {
  addEventListener(event, () => { isPressed = value; }, true);
}
addEventListener('resize', () => seen && showPicture());
faults.listen(refresh);
objects.listen(refresh);
setInterval(() => document.hidden || isLooking || refresh(), INTERVAL_MS);
refresh();
