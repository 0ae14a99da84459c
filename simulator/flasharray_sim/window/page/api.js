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

// What is asked of the simulator.

const TIMEOUT_MS = 10000;

async function ask(method, path, body) {
  const reply = await fetch(path, {
    method, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body) });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.error);
  return answer;
}

const at = name => `/control/arrays/${encodeURIComponent(name)}`;

export const snapshot = () => ask('GET', '/control/snapshot');

export const objects = (name, kind, query) => ask(
  'GET', `${at(name)}/objects/${kind}?${new URLSearchParams(query)}`);

export const inject = (name, fault) => ask('POST', `${at(name)}/faults`,
  fault);

export const remove = (name, id) => ask('DELETE', `${at(name)}/faults/${id}`);

export const removeAll = name => ask('DELETE', `${at(name)}/faults`);

export const endSessions = name => ask('POST',
  `${at(name)}/sessions/expire`);

export const advance = seconds => ask('POST', '/control/clock/advance',
  { seconds });
