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
"""Explore orders of events; see docs/developers/explorer.rst.

usage: python -m tools.explore --directory DIRECTORY
           [--minutes N | --stories N] [--seed N] [--workers N]

Prints a line now and then, and the shortest story of what went wrong. Ends
with 1 if anything did.
"""

import argparse
import multiprocessing
import pathlib
import queue
import secrets
import shutil
import signal
import sys
import time

from tools.explore import report
from tools.explore import worker

WORKERS = 2
PROGRESS_S = 10
# A story under way is told to its end, and the shortest one is looked for.
GRACE_S = 900
# What is over, or interrupted, removes its files itself.
END_S = 5


def main(arguments=None):
    """:returns: exit status"""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    shutil.rmtree(options.directory, ignore_errors=True)
    options.directory.mkdir(parents=True)
    print('seed: %d (the same stories again: --seed %d)'
          % (options.seed, options.seed), flush=True)
    gathered = report.Gathered(options.directory, options.seed)
    spawn = multiprocessing.get_context('spawn')
    with spawn.Manager() as manager:
        known = manager.dict()
        processes, messages = _start(spawn, known, options)
        try:
            _listen(processes, messages, gathered, options.minutes * 60)
        except KeyboardInterrupt:
            print('interrupted')
            return 130
        finally:
            for process in processes:
                process.join(END_S)
                process.terminate()
                process.join()
    gathered.write()
    print('report: %s/report.txt and report.json, a script for each story '
          'beside them' % options.directory)
    return int(bool(gathered.found) or gathered.is_incomplete)


def _start(spawn, known, options):
    """:param known: dict that all processes share, of what was found"""
    messages = spawn.Queue()
    processes = [spawn.Process(
        target=worker.explore, args=(
            messages, known, options.seed * WORKERS + number,
            options.minutes * 60,
            options.stories and -(-options.stories // options.workers)),
        daemon=True) for number in range(options.workers)]
    for process in processes:
        process.start()
    return processes, messages


def _listen(processes, messages, gathered, limit_s):
    end_s = time.monotonic() + limit_s + GRACE_S
    next_s = 0
    while len(gathered.ended) < len(processes):
        try:
            gathered.take(*messages.get(timeout=1))
        except queue.Empty:
            if not all(process.is_alive() for process in processes
                       if process.pid not in gathered.ended):
                gathered.is_incomplete = True
                print('a worker died; see above')
                return
        now_s = time.monotonic()
        if now_s > next_s:
            gathered.tell()
            next_s = now_s + PROGRESS_S
        if now_s > end_s:
            gathered.is_incomplete = True
            print('the workers do not come to an end')
            return


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tools.explore')
    parser.add_argument('--directory', type=pathlib.Path, required=True,
                        help='for the report; made anew')
    parser.add_argument('--minutes', type=float, default=30)
    parser.add_argument('--stories', type=int,
                        help='so many, the same ones for the same seed, '
                        'however long it takes up to the minutes')
    parser.add_argument('--seed', type=int,
                        default=secrets.randbelow(1_000_000))
    parser.add_argument('--workers', type=int, default=WORKERS)
    return parser.parse_args(arguments)


if __name__ == '__main__':
    sys.exit(main())
