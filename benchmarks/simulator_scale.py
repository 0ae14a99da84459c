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
"""A simulated array of full size: memory, server time, many clients.

Prints a table, writes it as JSON, and ends with 1 when a bound is missed.
The array runs in a process of its own, with its state on disk. Server time
is what the application takes for a request, without network and client.
"""

import argparse
import json
import multiprocessing
import pathlib
import resource
import statistics
import sys
import tempfile
import threading
import time

import requests

import flasharray_sim
from flasharray_sim.wire import app

VOLUMES = 20_000
SNAPSHOTS_PER_VOLUME = 5
HOSTS = 2_000
CONNECTIONS_PER_HOST = 10
SMALL = 0.01
ROUNDS = 200
CLIENTS = 32
REQUESTS_PER_CLIENT = 100

MEMORY_BOUND_BYTES = 2 << 30
SERVER_TIME_BOUND_S = 0.005
GROWTH_BOUND = 2.0

# '{v}' and '{h}' are objects of the array, '{n}' is new in each round.
OPERATIONS = (
    ('GET', 'volume/{v}', {}),
    ('GET', 'volume/{v}', {'snap': True}),
    ('GET', 'volume/{v}', {'space': True}),
    ('GET', 'volume/{v}/host', {}),
    ('GET', 'host/{h}', {}),
    ('GET', 'host/{h}/volume', {}),
    ('GET', 'volume', {'start': 0, 'limit': 1}),
    ('GET', 'volume', {'snap': True, 'start': 0, 'limit': 1}),
    ('POST', 'volume/{n}', {'size': '1G'}),
    ('PUT', 'volume/{n}', {'size': '2G'}),
    ('POST', 'volume', {'snap': True, 'source': ['{n}'], 'suffix': 's'}),
    ('POST', 'volume/{n}-copy', {'source': '{v}'}),
    ('POST', 'volume/{n}-copy', {'source': '{n}', 'overwrite': True}),
    ('PUT', 'volume/{n}', {'name': '{n}-new'}),
    ('POST', 'host/{n}', {'iqnlist': ['iqn.{n}']}),
    ('POST', 'host/{n}/volume/{n}-new', {}),
    ('DELETE', 'host/{n}/volume/{n}-new', {}),
    ('DELETE', 'host/{n}', {}),
    ('DELETE', 'volume/{n}-new', {}),
    ('PUT', 'volume/{n}-new', {'action': 'recover'}),
    ('DELETE', 'volume/{n}-new', {}),
    ('DELETE', 'volume/{n}-new', {'eradicate': True}),
    ('DELETE', 'volume/{n}-copy', {}),
    ('DELETE', 'volume/{n}-copy', {'eradicate': True}),
)


def serve(pipe, directory: str, scale: float):
    """Run one array; the pipe takes 'report' and 'end'."""
    times_s = []
    answer = app.ArrayApp.__call__

    def timed(self, environ, start_response):
        start = time.perf_counter()
        try:
            return answer(self, environ, start_response)
        finally:
            times_s.append(time.perf_counter() - start)

    app.ArrayApp.__call__ = timed
    config = {'name': 'pure01', 'capacity_bytes': 1 << 50, 'limits': {
        'volumes': 2 * VOLUMES, 'snapshots': 200_000, 'hosts': 2 * HOSTS}}
    with flasharray_sim.Simulator(
            [config], state_dir=directory) as simulator:
        array = simulator.arrays[0]
        fill(array.model, scale)
        pipe.send({'address': array.address, 'api_token': array.api_token,
                   'certificate': simulator.certificate_path})
        while pipe.recv() == 'report':
            pipe.send({
                'times_s': list(times_s),
                'connections': array.connection_count,
                'peak_bytes': 1024 * resource.getrusage(
                    resource.RUSAGE_SELF).ru_maxrss})
            times_s.clear()


def fill(array, scale: float):
    volumes, hosts = int(VOLUMES * scale), int(HOSTS * scale)
    for number in range(volumes):
        with array.transaction():
            array.volumes.create(f'v{number}', '1G')
            for taken in range(SNAPSHOTS_PER_VOLUME):
                array.write(f'v{number}', taken << 20, 1 << 20)
                array.snapshots.create([f'v{number}'], str(taken))
    for number in range(hosts):
        with array.transaction():
            array.hosts.create(f'h{number}')
            array.hosts.set_initiators(
                f'h{number}', 'IQN', {'set': [f'iqn.2020-01.h{number}']})
            for at in range(CONNECTIONS_PER_HOST):
                volume = (number * CONNECTIONS_PER_HOST + at) % volumes
                array.connections.connect_host(f'h{number}', f'v{volume}')


class Client:
    """One connection to the array."""

    def __init__(self, ready: dict):
        self._base = f'https://{ready["address"]}/api/1.19/'
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ready['certificate']
        self.ask('POST', 'auth/session', {'api_token': ready['api_token']})

    def ask(self, method: str, path: str, params: dict):
        reply = self._session.request(
            method, self._base + path, json=params, timeout=60)
        reply.raise_for_status()


class Array:
    """The process that runs the array."""

    def __init__(self, directory: str, scale: float):
        context = multiprocessing.get_context('spawn')
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=serve, args=(other, directory, scale))
        start = time.perf_counter()
        self._process.start()
        other.close()
        self.ready = self._pipe.recv()
        self.fill_s = time.perf_counter() - start

    def report(self) -> dict:
        self._pipe.send('report')
        return self._pipe.recv()

    def end(self):
        self._pipe.send('end')
        self._process.join()


def filled(template, values: dict):
    if isinstance(template, str):
        return template.format(**values)
    if isinstance(template, list):
        return [filled(part, values) for part in template]
    if isinstance(template, dict):
        return {key: filled(part, values)
                for key, part in template.items()}
    return template


def time_operations(array: Array, scale: float) -> list[list[float]]:
    """Server times in seconds, for each of OPERATIONS."""
    client = Client(array.ready)
    array.report()
    for number in range(ROUNDS):
        # All over the array, and never the same twice.
        values = {'v': f'v{number * 97 % int(VOLUMES * scale)}',
                  'h': f'h{number * 7 % int(HOSTS * scale)}',
                  'n': f'n{number}'}
        for method, path, params in OPERATIONS:
            client.ask(method, filled(path, values), filled(params, values))
    times_s = array.report()['times_s']
    if len(times_s) != ROUNDS * len(OPERATIONS):
        raise RuntimeError(f'{len(times_s)} requests were served')
    return [times_s[at::len(OPERATIONS)] for at in range(len(OPERATIONS))]


def ask_at_once(array: Array, scale: float) -> dict:
    """CLIENTS clients, each over one connection, all at the same time."""
    before = array.report()['connections']
    barrier = threading.Barrier(CLIENTS + 1)
    failures = []

    def run(position):
        try:
            client = Client(array.ready)
            barrier.wait()
            for number in range(REQUESTS_PER_CLIENT):
                at = (position * 611 + number) % int(VOLUMES * scale)
                client.ask('GET', f'volume/v{at}', {})
        except (requests.RequestException,
                threading.BrokenBarrierError) as exc:
            failures.append(str(exc))
            barrier.abort()

    threads = [threading.Thread(target=run, args=(position,))
               for position in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        barrier.wait()
    except threading.BrokenBarrierError:
        failures.append('not all clients could log in')
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed_s = time.perf_counter() - start
    report = array.report()
    return {'clients': CLIENTS, 'failures': failures,
            'connections': report['connections'] - before,
            'requests_per_s': CLIENTS * REQUESTS_PER_CLIENT / elapsed_s,
            'median_server_ms': 1000 * statistics.median(
                report['times_s'])}


def measure(scale: float) -> dict:
    with tempfile.TemporaryDirectory(prefix='simulator-scale-') as directory:
        array = Array(directory, scale)
        times_s = time_operations(array, scale)
        at_once = ask_at_once(array, scale)
        peak_bytes = array.report()['peak_bytes']
        array.end()
        return {'scale': scale, 'fill_s': array.fill_s, 'times_s': times_s,
                'at_once': at_once, 'peak_bytes': peak_bytes}


def compare(small: dict, full: dict) -> list[dict]:
    rows = []
    for at, (method, path, params) in enumerate(OPERATIONS):
        few, many = small['times_s'][at], full['times_s'][at]
        rows.append({
            'operation': ' '.join((method, path, *params)),
            'small_ms': 1000 * statistics.median(few),
            'full_ms': 1000 * statistics.median(many),
            'full_p99_ms': 1000 * statistics.quantiles(many, n=100)[-1],
            'growth': statistics.median(many) / statistics.median(few)})
    return rows


def shortfalls(rows: list[dict], full: dict) -> list[str]:
    """What misses its bound, in words."""
    found = []
    if full['peak_bytes'] >= MEMORY_BOUND_BYTES:
        found.append(f'{full["peak_bytes"] >> 20} MiB of memory')
    for row in rows:
        if row['full_ms'] >= 1000 * SERVER_TIME_BOUND_S:
            found.append(f'{row["operation"]}: {row["full_ms"]:.2f} ms')
        if row['growth'] >= GROWTH_BOUND:
            found.append(f'{row["operation"]}: grows {row["growth"]:.2f} x')
    at_once = full['at_once']
    if at_once['connections'] != CLIENTS:
        found.append(f'{CLIENTS} clients needed '
                     f'{at_once["connections"]} connections')
    return [*found, *at_once['failures']]


def show(rows: list[dict], small: dict, full: dict):
    print(f'{"operation":46}{"1 %, ms":>9}{"100 %, ms":>11}{"p99":>8}'
          f'{"growth":>8}')
    for row in rows:
        print(f'{row["operation"]:46}{row["small_ms"]:9.2f}'
              f'{row["full_ms"]:11.2f}{row["full_p99_ms"]:8.2f}'
              f'{row["growth"]:8.2f}')
    for name, run in (('1 %', small), ('100 %', full)):
        at_once = run['at_once']
        print(f'{name}: filled in {run["fill_s"]:.0f} s, '
              f'{run["peak_bytes"] >> 20} MiB at most; '
              f'{at_once["clients"]} clients over '
              f'{at_once["connections"]} connections, '
              f'{at_once["requests_per_s"]:.0f} requests/s, '
              f'{at_once["median_server_ms"]:.2f} ms of server time each')


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--report', type=pathlib.Path,
                        default=pathlib.Path('build/benchmarks'))
    options = parser.parse_args()
    print(f'{VOLUMES} volumes, {VOLUMES * SNAPSHOTS_PER_VOLUME} snapshots, '
          f'{HOSTS} hosts, {HOSTS * CONNECTIONS_PER_HOST} connections',
          flush=True)
    small, full = measure(SMALL), measure(1.0)
    rows = compare(small, full)
    show(rows, small, full)
    missed = shortfalls(rows, full)
    for shortfall in missed:
        print(f'MISSED: {shortfall}')
    options.report.mkdir(parents=True, exist_ok=True)
    path = options.report / 'simulator_scale.json'
    summary = {name: {key: value for key, value in run.items()
                      if key != 'times_s'}
               for name, run in (('small', small), ('full', full))}
    path.write_text(json.dumps(
        {'operations': rows, **summary, 'missed': missed}, indent=1))
    print(f'report: {path}')
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
