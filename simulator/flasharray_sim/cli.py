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
"""pure-flasharray-sim: simulated FlashArrays as a process of their own."""

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
import threading

from flasharray_sim import control_client
from flasharray_sim.data_plane import plane as planes
from flasharray_sim import fleet


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status.

    `ctl` as the first argument controls a simulator that runs elsewhere.
    """
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ['ctl']:
        return control_client.main(argv[1:])
    options = _parse(argv)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format='%(asctime)s %(levelname)s %(name)s %(message)s')
    if options.ready_file:
        _remove(options.ready_file)
    try:
        with _told_to_end() as is_ended, _simulator(options) as simulator:
            if options.ready_file:
                _write_ready_file(options.ready_file, simulator)
            _announce(simulator, options.ready_file)
            is_ended.wait()
    except (ValueError, OSError) as exc:
        print(f'pure-flasharray-sim: {exc}', file=sys.stderr)
        return 1
    finally:
        if options.ready_file:
            _remove(options.ready_file)
    return 0


@contextlib.contextmanager
def _told_to_end():
    """An event that a signal to end sets."""
    is_ended = threading.Event()
    before = {number: signal.signal(number, lambda *_args: is_ended.set())
              for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield is_ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='pure-flasharray-sim',
        description='Simulate Pure Storage FlashArrays (REST 1.x).',
        epilog='pure-flasharray-sim ctl --help tells how to inject faults '
               'into arrays that are running, and to move their clock.')
    parser.add_argument('--arrays', type=int, default=1, metavar='N')
    parser.add_argument(
        '--state-dir', metavar='DIR',
        help='keep the state here between runs; else it is forgotten')
    parser.add_argument(
        '--seed', metavar='FILE',
        help='JSON file of objects that new arrays start with')
    parser.add_argument('--listen', default='127.0.0.1', metavar='ADDRESS')
    parser.add_argument(
        '--port', type=_port, default=0,
        help='of the first array, the next ones follow; 0 for any')
    parser.add_argument('--control-port', type=_port, default=0,
                        metavar='PORT')
    parser.add_argument(
        '--control-listen', default='127.0.0.1', metavar='ADDRESS',
        help='of the control API; only who is on this machine can change '
             'anything with it')
    parser.add_argument(
        '--ready-file', metavar='FILE',
        help='JSON with addresses and API tokens, there when all listen')
    parser.add_argument(
        '--data-plane', choices=planes.KINDS, default='none',
        help='what serves the volumes to initiators: over iSCSI tgt, for '
             'which tgtd has to be there, or lio, of the kernel; of the '
             'kernel also nvmet, over NVMe/TCP, and tcm_fc')
    parser.add_argument(
        '--data-dir', metavar='DIR',
        help='keep here what is in the volumes, with --state-dir also '
             'between runs')
    parser.add_argument('--purity-version', metavar='VERSION')
    parser.add_argument(
        '--lenient', action='store_true',
        help='ignore parameters that are not known')
    parser.add_argument('--verbose', action='store_true',
                        help='log every request to stderr')
    return parser.parse_args(argv)


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= fleet.HIGHEST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f'{text!r} is no TCP port')


def _simulator(options: argparse.Namespace) -> fleet.Simulator:
    return fleet.Simulator(
        arrays=options.arrays, strict=not options.lenient,
        state_dir=options.state_dir, seed=options.seed,
        listen=options.listen, port=options.port,
        control_port=options.control_port,
        control_listen=options.control_listen,
        purity_version=options.purity_version,
        data_plane=options.data_plane, data_dir=options.data_dir)


def _announce(simulator: fleet.Simulator, ready_file: str | None) -> None:
    """Say all that it takes to log in; tokens in one place only.

    They protect nothing but a simulator, and yet are left out where the
    ready file has them: what is printed then often ends in a log.
    """
    for array in simulator.arrays:
        told = '' if ready_file else f' api_token={array.api_token}'
        print(f'array {array.name} https://{array.address}{told}')
    if ready_file:
        print(f'tokens {ready_file}')
    print(f'control {simulator.control_address}')
    print(f'window {simulator.window_address}')
    print(f'certificate {simulator.certificate_path}', flush=True)


def _write_ready_file(path: str, simulator: fleet.Simulator) -> None:
    content = {
        'control': simulator.control_address,
        'window': simulator.window_address,
        'certificate': simulator.certificate_path,
        'arrays': [{'name': array.name, 'id': array.id,
                    'address': array.address, 'api_token': array.api_token}
                   for array in simulator.arrays]}
    fresh = f'{path}.new'
    _remove(fresh)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, 'w', encoding='utf-8') as stream:
        json.dump(content, stream)
    os.replace(fresh, path)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
