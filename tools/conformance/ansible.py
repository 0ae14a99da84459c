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
"""The FlashArray collection of Ansible's REST 1 era, run by playbooks."""

from concurrent import futures
import json
import os
import pathlib
import subprocess

import purestorage

import flasharray_sim
from tools.conformance import environments
from tools.conformance import outcomes

CLIENT = 'Ansible collection 1.6.2'
_HERE = pathlib.Path(__file__).parent
_SOURCES = pathlib.Path(__file__).parents[2] / 'tests/conformance'
_ARRAYS = ('ansible', 'sync-peer', 'async-peer')
_STEPS = ('create', 'change', 'empty', 'delete')
_READS = ('GET', 'HEAD')
_AT_ONCE = 2
# A login changes nothing on the array.
_LOGINS = ('auth/session', 'auth/apitoken')


def run(directory: pathlib.Path) -> list[outcomes.Outcome]:
    """Run every playbook, each step twice, and look what is left over."""
    interpreter = environments.make_venv(
        directory / 'venv-ansible', _SOURCES / 'requirements-ansible.txt')
    collections = environments.fetch_collection(
        directory / 'collections', interpreter,
        _SOURCES / 'requirements-collection.txt')
    playbooks = sorted((_SOURCES / 'ansible').glob('*.yml'))
    with futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        results = list(pool.map(
            lambda playbook: run_playbook(
                playbook, interpreter, collections, directory), playbooks))
    return [outcome for those in results for outcome in those]


def run_playbook(playbook: pathlib.Path, interpreter: pathlib.Path,
                 collections: pathlib.Path, directory: pathlib.Path
                 ) -> list[outcomes.Outcome]:
    """Run the steps of one playbook against arrays of its own."""
    configs = [{'name': name} for name in _ARRAYS]
    with flasharray_sim.Simulator(arrays=configs, strict=True) as fleet:
        runner = _Runner(fleet, interpreter, collections,
                         directory / f'ansible-{playbook.stem}')
        results = [outcome for step in _STEPS
                   if f'tags: [{step}' in playbook.read_text()
                   for outcome in runner.twice(playbook, step)]
        return results + [_nothing_left(playbook, fleet, array)
                          for array in fleet.arrays]


class _Runner:
    """ansible-playbook with everything that it has to be told."""

    def __init__(self, fleet, interpreter, collections, directory):
        directory.mkdir(exist_ok=True)
        self._fleet = fleet
        self._log = directory / 'tasks.jsonl'
        self._output = directory / 'output.txt'
        self._output.unlink(missing_ok=True)
        self._playbook = interpreter.parent / 'ansible-playbook'
        array, sync, async_ = fleet.arrays
        self._variables = {
            'ansible_python_interpreter': str(interpreter),
            'array_name': array.name,
            'sync_url': sync.address, 'sync_token': sync.api_token,
            'sync_name': sync.name, 'async_url': async_.address,
            'async_token': async_.api_token, 'async_name': async_.name}
        self._environment = {
            **os.environ,
            'ANSIBLE_COLLECTIONS_PATH': str(collections),
            'ANSIBLE_CALLBACK_PLUGINS': str(_HERE / 'callbacks'),
            'ANSIBLE_CALLBACKS_ENABLED': 'task_log',
            'ANSIBLE_HOME': str(directory / 'home'),
            'ANSIBLE_PIPELINING': 'true',
            'ANSIBLE_LOCALHOST_WARNING': 'false',
            'ANSIBLE_INVENTORY_UNPARSED_WARNING': 'false',
            'PUREFA_URL': array.address, 'PUREFA_API': array.api_token,
            # The modules do not verify certificates and cannot be told to.
            'PYTHONWARNINGS': 'ignore',
            'TASK_LOG': str(self._log)}

    def twice(self, playbook: pathlib.Path, step: str
              ) -> list[outcomes.Outcome]:
        """One outcome for each task of a step.

        The first run changes something with every task. The second, which
        leaves out what its module does whenever it runs, changes nothing:
        no module says so, and the array is not asked to.
        """
        print(f'== Ansible: {playbook.stem}, {step}', flush=True)
        first = self._run(playbook, step)
        log = self._fleet.arrays[0].requests
        log.clear()
        second = self._run(playbook, step, '--skip-tags', 'once')
        writes = [f'{record.method} {record.path}' for record in log
                  if record.method not in _READS and record.status == 200
                  and record.path not in _LOGINS]
        reasons = {task: _first_fault(result)
                   for task, result in first.items()}
        for task, result in second.items():
            reasons[task] = reasons.get(task) or _second_fault(result)
        results = [
            outcomes.Outcome(CLIENT, f'{playbook.stem}: {task}', reason)
            for task, reason in reasons.items()]
        again = f'{playbook.stem}: {step} once more'
        return [*results, outcomes.Outcome(
            CLIENT, again, ', '.join(writes) or None)]

    def _run(self, playbook, step, *arguments):
        """{task: its line in the log}; a failed task ends the run."""
        self._log.unlink(missing_ok=True)
        done = subprocess.run(
            [str(self._playbook), '-i', 'localhost,', '--tags', step,
             '-e', json.dumps(self._variables), *arguments, str(playbook)],
            env=self._environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True)
        with open(self._output, 'a', encoding='utf-8') as stream:
            stream.write(done.stdout + done.stderr)
        lines = self._log.read_text().splitlines() if (
            self._log.exists()) else []
        results = {line['task']: line for line in map(json.loads, lines)}
        failed = [line for line in results.values() if line['failure']]
        for line in failed:
            line['failure'] += self._last_refusal()
        if done.returncode and not failed:
            results['run'] = {'failure': done.stderr[-500:]}
        return results

    def _last_refusal(self):
        refused = [
            f' [{record.status} to {record.method} {record.path} '
            f'{record.params}]' for record in self._fleet.arrays[0].requests
            if record.status >= 400]
        return refused[-1] if refused else ''


def _first_fault(result):
    if result['failure']:
        return result['failure']
    return None if result['is_changed'] else 'changed nothing'


def _second_fault(result):
    if result['failure']:
        return f'second run: {result["failure"]}'
    return 'second run: changed again' if result['is_changed'] else None


def _nothing_left(playbook, fleet, array):
    client = purestorage.FlashArray(
        array.address, api_token=array.api_token,
        request_kwargs={'verify': fleet.certificate_path})
    left = [row['name'] for rows in (
        client.list_volumes(pending=True), client.list_hosts(),
        client.list_volumes(snap=True, pending=True), client.list_hgroups(),
        client.list_pgroups(pending=True), client.list_pods(pending=True),
        client.list_vgroups(pending=True)) for row in rows]
    left += [row['array_name'] for row in client.list_array_connections()]
    # A target keeps what it got ('array:group') when the source forgets it.
    left = [name for name in left if ':' not in name.replace('::', '')]
    return outcomes.Outcome(
        CLIENT, f'{playbook.stem}: clean-up of {array.name}',
        f'left over: {left}' if left else None)
